"""The audit chain: each record's seal covers the record and the seal before it. These bytes can never change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any


def canonical(value: Mapping[str, Any]) -> bytes:
    """One spelling of a JSON object: sorted names, no spaces, UTF-8. Floats have no place in it."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def seal(previous: str, record: Mapping[str, Any]) -> str:
    """SHA-256, in hex, over the previous seal and the record."""
    return hashlib.sha256(canonical({"previous": previous, "record": record})).hexdigest()


def first_break(rows: Iterable[tuple[str, Mapping[str, Any]]], *, start: str) -> int | None:
    """The index of the first (seal, record) that does not follow from the one before; None when all do."""
    head = start
    for index, (sealed, record) in enumerate(rows):
        head = seal(head, record)
        if head != sealed:
            return index
    return None
