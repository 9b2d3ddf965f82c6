"""Encryption at rest: a ring of keys, newest first, and fields that are written sealed and read plain.

Fernet (AES-128-CBC with HMAC-SHA256, package `cryptography`). The first key seals; every key of the ring opens. The
ring is read again when its file changes, so keys are rotated while programs run (R-18, R-19).
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from sudapos.core.refusal import Refusal

ENVIRONMENT = "SUDAPOS_KEYRING"
"""Keys separated by commas, newest first; instead of the file, where several machines share one database."""


@dataclass
class Ring:
    """The keys of this installation, from the environment or from a file that only we may read."""

    path: Path
    _read: tuple[int, int] = (0, 0)
    _keys: list[str] = field(default_factory=list)

    def keys(self) -> list[str]:
        """Newest first; the first call makes the file. Raises Refusal keyring_unusable."""
        named = os.environ.get(ENVIRONMENT, "")
        if named:
            return [key.strip() for key in named.split(",") if key.strip()]
        if not self.path.exists():
            self.write([Fernet.generate_key().decode()])
        about = self.path.stat()
        seen = (about.st_mtime_ns, about.st_ino)
        if seen != self._read:
            self._keys = self.path.read_text("utf-8").split()
            self._read = seen
        if not self._keys:
            raise Refusal("keyring_unusable", path=str(self.path))
        return self._keys

    def is_elsewhere(self) -> bool:
        """Whether the keys come from the environment, where only its owner can change them."""
        return bool(os.environ.get(ENVIRONMENT))

    def write(self, keys: list[str]) -> None:
        """Replace the file in one step, readable by its owner alone."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write("\n".join(keys) + "\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.path)

    def box(self) -> MultiFernet:
        try:
            return MultiFernet([Fernet(key.encode()) for key in self.keys()])
        except ValueError:
            raise Refusal("keyring_unusable", path=str(self.path)) from None


ring = Ring(Path(settings.HOME) / "keyring")


def seal(text: str) -> str:
    """A text that only the ring opens; empty stays empty."""
    return ring.box().encrypt(text.encode()).decode() if text else ""


def unseal(sealed: str) -> str:
    """The plain text. Raises Refusal not_openable where no key of the ring fits."""
    if not sealed:
        return ""
    try:
        return ring.box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Refusal("not_openable") from None


def sealed_by_newest(sealed: str) -> bool:
    """Whether the first key of the ring sealed this."""
    try:
        Fernet(ring.keys()[0].encode()).decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


if TYPE_CHECKING:
    _Text = models.TextField[Any, Any]
else:
    _Text = models.TextField


class Sealed(_Text):
    """A text column that holds sealed values only; it cannot be searched, which is the point."""

    shown: Callable[[str], Any] = staticmethod(lambda text: text)
    kept: Callable[[Any], str] = staticmethod(lambda value: value)

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return None if value is None else self.shown(unseal(value))

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return None if value is None else seal(self.kept(value))

    def get_prep_value(self, value: Any) -> Any:
        return value


class SealedText(Sealed):
    """A text that is encrypted on its way into the database."""


class SealedJson(Sealed):
    """A JSON value that is encrypted on its way into the database."""

    shown = staticmethod(lambda text: json.loads(text) if text else {})
    kept = staticmethod(lambda value: json.dumps(value, ensure_ascii=False, sort_keys=True))
