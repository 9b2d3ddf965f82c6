"""Rows set in dots of 1/8 mm: where each word, bar and line stands, for the picture and the PDF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, assert_never

from . import symbols, typeface
from .rows import Barcode, Item, Mark, Pair, Qr, Row, Rule, Sign, Text, Title, Total
from .wrapping import tidy, wrap

DOTS = {58: 384, 80: 576}
"""Printable dots of a paper roll at 203 dpi (escpos §1.3)."""
Anchor = Literal["l", "m", "r"]
Tone = Literal["ink", "soft", "paper"]


@dataclass(frozen=True, slots=True)
class Letters:
    """Text on a base line; `x` is its left end, middle or right end."""

    x: float
    y: float
    text: str
    size: int
    anchor: Anchor = "l"
    strong: bool = False
    tone: Tone = "ink"


@dataclass(frozen=True, slots=True)
class Block:
    """A filled rectangle."""

    x: int
    y: int
    width: int
    height: int
    tone: Tone = "ink"


@dataclass(frozen=True, slots=True)
class Composition:
    """Everything on the paper, in dots from its top left corner. Paper may be parted at `ends`."""

    width: int
    height: int
    letters: tuple[Letters, ...]
    blocks: tuple[Block, ...]
    ends: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """In dots."""

    body: int
    small: int
    title: int
    total: int
    margin: int
    barcode: int
    qr: int


SIZES = {
    58: Sizes(body=22, small=19, title=34, total=38, margin=8, barcode=64, qr=168),
    80: Sizes(body=24, small=20, title=40, total=48, margin=16, barcode=76, qr=192),
}


def compose(rows: Sequence[Row], width_mm: int) -> Composition:
    """Raises ValueError for a width other than 58 or 80 mm."""
    if width_mm not in DOTS:
        raise ValueError(f"no paper of {width_mm} mm")
    stick = _Stick(DOTS[width_mm], SIZES[width_mm])
    for row in rows:
        stick.set(row)
        stick.ends.append(round(stick.y))
    height = round(stick.y) + stick.sizes.margin * 2
    return Composition(stick.width, height, tuple(stick.letters), tuple(stick.blocks), tuple(stick.ends))


@dataclass
class _Stick:
    """The composing stick: a cursor that moves down the paper."""

    width: int
    sizes: Sizes
    y: float = 0
    letters: list[Letters] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.y = self.sizes.margin * 1.5

    @property
    def left(self) -> int:
        return self.sizes.margin

    @property
    def right(self) -> int:
        return self.width - self.sizes.margin

    @property
    def room(self) -> int:
        return self.right - self.left

    def set(self, row: Row) -> None:
        match row:
            case Mark():
                self._mark(row)
            case Title():
                self._title(row)
            case Text():
                self._text(row)
            case Rule():
                self._rule(row)
            case Pair():
                self._pair(row)
            case Item():
                self._item(row)
            case Total():
                self._total(row)
            case Barcode():
                self._barcode(row)
            case Qr():
                self._qr(row)
            case Sign():
                self._sign(row)
            case _:
                assert_never(row)

    def _write(
        self,
        text: str,
        size: int,
        x: float,
        *,
        anchor: Anchor = "l",
        strong: bool = False,
        tone: Tone = "ink",
    ) -> None:
        """On the line that begins at the cursor; the cursor stays."""
        if text:
            baseline = round(self.y + size * 1.12)
            self.letters.append(Letters(x, baseline, typeface.drawable(text), size, anchor, strong, tone))

    def _down(self, size: int, factor: float = 1.42) -> None:
        self.y = round(self.y + size * factor)

    def _bar(self, height: int) -> None:
        self.blocks.append(Block(self.left, round(self.y), self.room, height))

    def _mark(self, row: Mark) -> None:
        self.y += 8
        size = self.sizes.title - 6
        height = round(size * 1.5)
        self.blocks.append(Block(self.left, round(self.y), self.room, height))
        self._write(row.text, size, self.width / 2, anchor="m", strong=True, tone="paper")
        self.y += height + 6

    def _title(self, row: Title) -> None:
        size = self.sizes.title
        while typeface.width(row.text, size) > self.room and size > self.sizes.body:
            size -= 2
        self.y += size * 0.25
        self._write(row.text, size, self.width / 2, anchor="m", strong=True)
        self._down(size, 1.5)

    def _text(self, row: Text) -> None:
        size = self.sizes.small if row.small else self.sizes.body
        x, anchor = (self.width / 2, "m") if row.centred else (self.left, "l")
        for line in wrap(tidy(row.text), self.room, partial(typeface.width, size=size)):
            self._write(line, size, x, anchor="m" if anchor == "m" else "l", strong=row.strong)
            self._down(size)

    def _rule(self, row: Rule) -> None:
        self.y += self.sizes.body * 0.4
        if row.heavy:
            self._bar(3)
        else:
            for x in range(self.left, self.right, 10):
                self.blocks.append(Block(x, round(self.y), min(6, self.right - x), 2))
        self.y = round(self.y + self.sizes.body * 0.45)

    def _pair(self, row: Pair) -> None:
        """Label left, value right; a value that does not fit beside the label takes lines of its own."""
        size = self.sizes.small if row.small else self.sizes.body
        measure = partial(typeface.width, size=size)
        label, value = tidy(row.label), tidy(row.value)
        tone: Tone = "ink" if row.strong else "soft"
        room = self.room - measure(label) - size
        if measure(value) > room and (is_number(value) or measure(label) > self.room / 2):
            for line in wrap(label, self.room, measure):
                self._write(line, size, self.left, strong=row.strong, tone=tone)
                self._down(size, 1.3)
            room = self.room
        else:
            self._write(label, size, self.left, strong=row.strong, tone=tone)
        for line in wrap(value, room, measure):
            self._write(line, size, self.right, anchor="r", strong=row.strong)
            self._down(size)

    def _item(self, row: Item) -> None:
        """The numbers stand beside the last line of the name, below it when that leaves no room for them."""
        size = self.sizes.small if row.heading else self.sizes.body
        measure = partial(typeface.width, size=size)
        tone: Tone = "soft" if row.heading else "ink"
        quantity = tidy(row.quantity)
        amounts = max(self.sizes.body * 4.6, measure(row.amount) + size * 0.8)
        room = self.room - amounts - measure(quantity) - size * 0.8
        lines = wrap(tidy(row.name), self.room, measure)
        for number, line in enumerate(lines, start=1):
            self._write(line, size, self.left, tone=tone)
            if number < len(lines) or measure(line) > room:
                self._down(size, 1.3)
        self._write(quantity, size, self.right - amounts, anchor="r", tone=tone)
        self._write(row.amount, size, self.right, anchor="r", tone=tone)
        self._down(size)

    def _total(self, row: Total) -> None:
        size, label = self.sizes.total, self.sizes.body + 4
        beside = typeface.width(row.label, label) + label
        while typeface.width(row.amount, size) > self.room - beside and size > label:
            size -= 2
        self.y += 2
        self.y += (size - label) * 1.12  # both stand on one base line
        self._write(row.label, label, self.left, strong=True)
        self.y -= (size - label) * 1.12
        self._write(row.amount, size, self.right, anchor="r", strong=True)
        self._down(size, 1.45)

    def _clear(self, width: int, height: int, aside: int, above: int) -> None:
        """White paper under and around a symbol, even where a watermark runs; the cursor goes to its top."""
        left = max(0, (self.width - width) // 2 - aside)
        block = Block(left, round(self.y), self.width - 2 * left, height + 2 * above, "paper")
        self.blocks.append(block)
        self.y = block.y + above

    def _barcode(self, row: Barcode) -> None:
        modules = symbols.bars_width(row.text)
        dot = min(3, self.width // (modules + 2 * symbols.QUIET)) if modules else 0
        if dot:
            left = (self.width - modules * dot) // 2
            self._clear(modules * dot, self.sizes.barcode, symbols.QUIET * dot, 6)
            for start, wide in symbols.bars(row.text):
                block = Block(left + start * dot, round(self.y), wide * dot, self.sizes.barcode)
                self.blocks.append(block)
            self.y += self.sizes.barcode + 2
        self._write(row.text, self.sizes.small, self.width / 2, anchor="m")
        self._down(self.sizes.small, 1.6)

    def _qr(self, row: Qr) -> None:
        matrix = symbols.qr(row.text)
        dot = max(3, self.sizes.qr // len(matrix))
        left = (self.width - len(matrix) * dot) // 2
        self._clear(len(matrix) * dot, len(matrix) * dot, symbols.QR_QUIET * dot, symbols.QR_QUIET * dot)
        for number, line in enumerate(matrix):
            self.blocks.extend(
                Block(left + start * dot, round(self.y) + number * dot, wide * dot, dot)
                for start, wide in _runs(line)
            )
        self.y += len(matrix) * dot + symbols.QR_QUIET
        self._text(Text(row.caption, centred=True, small=True))

    def _sign(self, row: Sign) -> None:
        self.y += self.sizes.body * 1.1
        self._write(row.label, self.sizes.body, self.left)
        start = round(self.left + typeface.width(row.label, self.sizes.body) + 12)
        self.blocks.append(Block(start, round(self.y + self.sizes.body * 1.25), self.right - start, 2))
        self._down(self.sizes.body, 1.6)


def is_number(value: str) -> bool:
    """One unbroken word such as a transaction number: it is read as a whole and not cut beside its label."""
    return value.isascii() and " " not in value


def _runs(line: Sequence[int]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for at, cell in enumerate(line):
        if cell and runs and sum(runs[-1]) == at:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        elif cell:
            runs.append((at, 1))
    return runs
