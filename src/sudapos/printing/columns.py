"""Rows set in columns of a character printer: a letter is one wide, an ideograph two (escpos §1.3, §3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import assert_never

from .compose import is_number
from .rows import Barcode, Item, Mark, Pair, Qr, Row, Rule, Sign, Text, Title, Total
from .wrapping import tidy, wrap

COLUMNS = {58: 32, 80: 48}
LOOKALIKES = str.maketrans(
    {"¥": "￥", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "•": "·", "\u00a0": " "}
)
"""What GBK has in another place: U+00A5 itself would print as four bytes of rubbish (escpos §1.2)."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a character printer. `tall` doubles its height, `wide` its width: half as much fits."""

    text: str
    centred: bool = False
    strong: bool = False
    tall: bool = False
    wide: bool = False


Set = Line | Barcode | Qr


def plain(text: str) -> str:
    """As a GBK printer should get it."""
    return tidy(text).translate(LOOKALIKES)


def columns(text: str) -> int:
    """ASCII is one column wide, everything else two: so it is in GBK, whose bytes are its columns."""
    return sum(1 if char.isascii() else 2 for char in text)


def typeset(rows: Sequence[Row], width_mm: int) -> tuple[Set, ...]:
    """Lines, and the two kinds of symbol that need dots. Raises ValueError unless 58 or 80 mm wide."""
    if width_mm not in COLUMNS:
        raise ValueError(f"no paper of {width_mm} mm")
    return tuple(line for row in rows for line in _lines(row, COLUMNS[width_mm]))


def plain_text(rows: Sequence[Row], width_mm: int) -> str:
    """Lines to read: centred by spaces, a QR code as the address in it."""
    lines, read = typeset(rows, width_mm), []
    for line in lines:
        if isinstance(line, Barcode):
            continue  # its number follows as a line
        aside = (
            (COLUMNS[width_mm] - columns(line.text)) // 2 if isinstance(line, Line) and line.centred else 0
        )
        read.append((" " * aside + line.text).rstrip() + "\n")
    return "".join(read)


def _lines(row: Row, width: int) -> Iterator[Set]:
    match row:
        case Mark():
            yield Line(f"** {plain(row.text)} **", centred=True, strong=True, tall=True)
        case Title():
            yield from _title(plain(row.text), width)
        case Text():
            for line in wrap(plain(row.text), width, columns):
                yield Line(line, centred=row.centred, strong=row.strong)
        case Rule():
            yield Line(("=" if row.heavy else "-") * width)
        case Pair():
            yield from _pair(row, width)
        case Item():
            yield from _item(row, width)
        case Total():
            yield from _total(row, width)
        case Barcode():
            yield row
            yield Line(plain(row.text), centred=True)
        case Qr():
            yield row
            yield Line(plain(row.caption), centred=True)
        case Sign():
            yield Line("")
            yield Line(plain(row.label) + " " + "_" * (width - columns(plain(row.label)) - 1))
        case _:
            assert_never(row)


def _title(text: str, width: int) -> Iterator[Line]:
    wide = columns(text) * 2 <= width
    yield Line(text, centred=True, strong=True, tall=True, wide=wide)


def _sides(left: str, right: str, width: int) -> str:
    return left + " " * (width - columns(left) - columns(right)) + right


def _pair(row: Pair, width: int) -> Iterator[Line]:
    label, value = plain(row.label), plain(row.value)
    room = width - columns(label) - 1
    if columns(value) <= room:
        yield Line(_sides(label, value, width), strong=row.strong)
        return
    if columns(label) <= width / 2 and not is_number(value):
        for number, line in enumerate(wrap(value, room, columns)):
            yield Line(_sides("" if number else label, line, width), strong=row.strong)
        return
    for line in wrap(label, width, columns):
        yield Line(line, strong=row.strong)
    for line in wrap(value, width, columns):
        yield Line(_sides("", line, width), strong=row.strong)


def _item(row: Item, width: int) -> Iterator[Line]:
    name, quantity, amount = plain(row.name), plain(row.quantity), plain(row.amount)
    numbers = f"{quantity}{' ' * max(1, 10 - columns(amount))}{amount}"
    *above, last = wrap(name, width, columns)
    for line in above:
        yield Line(line)
    if columns(last) + 1 + columns(numbers) > width:
        yield Line(last)
        last = ""
    yield Line(_sides(last, numbers, width))


def _total(row: Total, width: int) -> Iterator[Line]:
    label, amount = plain(row.label), plain(row.amount)
    yield Line(_sides(label, amount, width), strong=True, tall=True)
