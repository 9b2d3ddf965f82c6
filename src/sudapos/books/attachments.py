"""Files that people hand in, kept once per content below SUDAPOS_HOME/files: bounded in size and kind, named by their digest."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from sudapos.core import masking
from sudapos.core.refusal import NotFound, Refusal

LARGEST = 5 * 1024 * 1024
FOLDER = "files"
STARTS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"%PDF-", "application/pdf"),
)
"""What a file really is: its first bytes, not its name."""
ENDINGS = {"image/png": ".png", "image/jpeg": ".jpg", "application/pdf": ".pdf", "text/plain": ".txt"}


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was taken in; the name is what people read, never where it lies."""

    name: str
    kind: str
    size: int
    digest: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it is handed out."""

    name: str
    kind: str
    content: bytes


def keep(name: str, content: bytes) -> Kept:
    """Write a file, readable by us alone; the same content again is the same file.

    Raises Refusal file_empty, file_too_large, file_kind_refused.
    """
    examined = examine(name, content)
    path = _path(examined.digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    return examined


def examine(name: str, content: bytes) -> Kept:
    """What a file would be kept as; nothing is written. Raises Refusal file_empty, file_too_large, file_kind_refused."""
    if not content:
        raise Refusal("file_empty")
    if len(content) > LARGEST:
        raise Refusal("file_too_large", megabytes=LARGEST // (1024 * 1024))
    kind = _kind(content)
    return Kept(_name(name, kind), kind, len(content), hashlib.sha256(content).hexdigest())


def read(digest: str) -> bytes:
    """The content, as it was taken in. Raises NotFound file_lost where it is gone or is another one."""
    path = _path(digest)
    content = path.read_bytes() if path.exists() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise NotFound("file_lost", digest=digest[:12])
    return content


def shown(name: str, digest: str) -> Shown:
    """A file under the name that was kept with it; its kind is that of its bytes. Raises NotFound file_lost."""
    content = read(digest)
    return Shown(name, _kind(content), content)


def _kind(content: bytes) -> str:
    for start, kind in STARTS:
        if content.startswith(start):
            return kind
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise Refusal("file_kind_refused") from None
    if "\x00" in text or text.lstrip("\ufeff \r\n\t").startswith("<"):
        raise Refusal("file_kind_refused")  # a page would run in whoever opens it
    return "text/plain"


def _name(given: str, kind: str) -> str:
    """The last part of a name, printable, masked, with the ending of what the file is."""
    last = re.split(r"[/\\]", given)[-1]
    stem = last.rpartition(".")[0] or last
    plain = "".join(c for c in unicodedata.normalize("NFC", stem) if c.isprintable() and c not in '<>:"|?*;')
    return f"{masking.scan(plain).strip(' .')[:80] or 'file'}{ENDINGS[kind]}"


def _path(digest: str) -> Path:
    return Path(settings.HOME) / FOLDER / digest[:2] / digest
