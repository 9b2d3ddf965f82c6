"""Barcode and QR code as plain matrices, so that every renderer draws the same bars."""

from __future__ import annotations

from functools import lru_cache

import segno
from barcode.codex import Code128

QUIET = 10
"""Modules of white on both sides of a Code 128 (ISO/IEC 15417)."""
QR_QUIET = 4
"""Modules of white around a QR code (ISO/IEC 18004)."""


@lru_cache(maxsize=64)
def bars(text: str) -> tuple[tuple[int, int], ...]:
    """Start and width of each black bar in modules from the left; none for what Code 128 cannot say."""
    if not text or not all("!" <= char <= "~" for char in text):
        return ()
    modules: str = Code128(text).build()[0]
    found: list[tuple[int, int]] = []
    for at, module in enumerate(modules):
        if module == "1" and found and sum(found[-1]) == at:
            found[-1] = (found[-1][0], found[-1][1] + 1)
        elif module == "1":
            found.append((at, 1))
    return tuple(found)


def bars_width(text: str) -> int:
    """In modules, without the quiet zones."""
    return sum(bars(text)[-1]) if bars(text) else 0


@lru_cache(maxsize=64)
def qr(text: str) -> tuple[tuple[int, ...], ...]:
    """Rows of 1 (black) and 0, without the quiet zone; error correction M."""
    return tuple(tuple(row) for row in segno.make(text, error="m", micro=False, boost_error=False).matrix)
