"""A file to read as text, as often as needed: its encoding found once, a zip opened, one piece at a time."""

from __future__ import annotations

import codecs
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

from .rows import UnreadableFile

ENCODINGS = ("utf-8-sig", "gb18030")
PIECE = 1 << 20
"""Bytes read at a time."""
LARGEST = 4 << 30
"""Bytes; a file that unpacks to more is not a bill."""
GZIP = "\0gzip"
"""Stands for the one member of a gzip file; no entry of a zip is called so."""


@dataclass(frozen=True, slots=True)
class Source:
    """One text. `member` is the entry to read where the file is a zip."""

    path: Path
    encoding: str
    member: str = ""

    @contextmanager
    def lines(self) -> Iterator[TextIO]:
        """The text from its start; line ends as they stand in the file."""
        with _bytes(self.path, self.member) as raw, io.TextIOWrapper(raw, self.encoding, newline="") as text:
            yield text


def find(path: Path, *, not_named: str = "") -> Source:
    """The text in `path`; in a zip the first entry whose name does not hold `not_named`.

    Raises UnreadableFile, OSError.
    """
    member = _member(path, not_named) if zipfile.is_zipfile(path) else GZIP if _is_gzip(path) else ""
    for encoding in ENCODINGS:
        if _decodes(path, member, encoding):
            return Source(path, encoding, member)
    raise UnreadableFile("file_encoding", file=path.name)


def _is_gzip(path: Path) -> bool:
    with path.open("rb") as raw:
        return raw.read(2) == b"\x1f\x8b"


def _member(path: Path, not_named: str) -> str:
    """As it is known to the archive: names without the UTF-8 flag were read as cp437 and are GBK."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.filename
            if not entry.flag_bits & 0x800:
                name = name.encode("cp437").decode("gb18030", "replace")
            if entry.is_dir() or (not_named and not_named in name):
                continue
            if entry.file_size > LARGEST or entry.flag_bits & 0x1:
                raise UnreadableFile("zip_not_readable", file=path.name)
            return entry.filename
    raise UnreadableFile("zip_without_bill", file=path.name)


@contextmanager
def _bytes(path: Path, member: str) -> Iterator[IO[bytes]]:
    if not member:
        with path.open("rb") as raw:
            yield raw
        return
    try:
        if member == GZIP:
            with gzip.open(path) as unpacked:
                yield cast(IO[bytes], unpacked)
            return
        with zipfile.ZipFile(path) as archive, archive.open(member) as inner:
            yield inner
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        NotImplementedError,
        gzip.BadGzipFile,
        EOFError,
        zlib.error,
    ) as error:
        raise UnreadableFile("zip_not_readable", file=path.name) from error


def _decodes(path: Path, member: str, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with _bytes(path, member) as raw:
        try:
            read = 0
            while piece := raw.read(PIECE):
                read += len(piece)
                if read > LARGEST:
                    raise UnreadableFile("zip_not_readable", file=path.name)
                if b"\0" in piece:
                    raise UnreadableFile("file_not_text", file=path.name)
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
