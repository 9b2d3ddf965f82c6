"""Where files lie below SUDAPOS_HOME: statements as they came, and the folder in which people drop them."""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

from . import database

_UNSAFE = re.compile(r"[^0-9A-Za-z._-]+")


def folder_of(account: str) -> str:
    """An account's name as a folder."""
    return _UNSAFE.sub("_", account).strip(".") or "_"


def keep_statement(account: str, day: date, digest: str, name: str, content: bytes) -> str:
    """Keep a file under its digest; the same content twice is one file. Answers its place below the home."""
    ending = "".join(Path(_UNSAFE.sub("_", name)).suffixes)[-16:]
    place = Path("statements") / folder_of(account) / f"{day:%Y-%m-%d}-{digest[:16]}{ending}"
    whole = database.home() / place
    whole.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not whole.exists():
        part = whole.with_name(f".{whole.name}.part")
        part.write_bytes(content)
        os.replace(part, whole)
    return str(place)


def inbox() -> Path:
    """One folder per account; whatever is dropped there is loaded."""
    return database.home() / "inbox"
