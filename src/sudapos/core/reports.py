"""What a report is: a table with named columns, a picture of some of them, and the sum below. Pure; the books fill it.

Amounts in fen, rates in basis points (1 % = 100), times in minutes, pieces in thousandths.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from . import money

Value = str | int | None


class Kind(StrEnum):
    """How a column's values read."""

    TEXT = "text"
    COUNT = "count"
    MONEY = "money"
    RATE = "rate"
    MINUTES = "minutes"
    PIECES = "pieces"


@dataclass(frozen=True, slots=True)
class Column:
    """One column; `adds` when its values add up to a sum, `of` names (part, whole) where the sum is a ratio."""

    code: str
    kind: Kind
    adds: bool = False
    of: tuple[str, str] | None = None


KEY = Column("key", Kind.TEXT)

DIMENSIONS = ("day", "store", "channel", "cashier", "hour")
"""What a report may be split by."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One report: what it is split by (the first is usual), its columns after the key, and which of them are drawn."""

    code: str
    by: tuple[str, ...]
    columns: tuple[Column, ...]
    bars: tuple[str, ...]
    line: str = ""


def _count(code: str) -> Column:
    return Column(code, Kind.COUNT, adds=True)


def _money(code: str) -> Column:
    return Column(code, Kind.MONEY, adds=True)


REPORTS: Mapping[str, Shape] = {
    shape.code: shape
    for shape in (
        Shape(
            "rate",
            DIMENSIONS,
            (
                _count("sales"),
                _money("sold"),
                _count("refunds"),
                _money("refunded"),
                Column("rate", Kind.RATE, of=("refunded", "sold")),
            ),
            bars=("refunded",),
            line="rate",
        ),
        Shape(
            "reasons",
            ("reason",),
            (_count("refunds"), _money("refunded"), Column("share", Kind.RATE)),
            bars=("refunded",),
        ),
        Shape(
            "goods",
            ("goods",),
            (
                Column("name", Kind.TEXT),
                Column("back", Kind.PIECES, adds=True),
                _money("refunded"),
                Column("gone", Kind.PIECES, adds=True),
                Column("rate", Kind.RATE, of=("back", "gone")),
            ),
            bars=("refunded",),
        ),
        Shape(
            "times",
            DIMENSIONS,
            (
                _count("decided"),
                Column("decision", Kind.MINUTES),
                Column("decision_most", Kind.MINUTES),
                _count("arrived"),
                Column("arrival", Kind.MINUTES),
                Column("arrival_most", Kind.MINUTES),
            ),
            bars=("decision", "arrival"),
        ),
        Shape(
            "trouble",
            ("day", "store", "channel", "cashier", "hour"),
            (
                _count("sent"),
                _count("in_doubt"),
                _count("failed"),
                _count("bounced"),
                Column("rate", Kind.RATE),
            ),
            bars=("in_doubt", "failed", "bounced"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Table:
    """A report that is filled: rows are key first, then the shape's columns."""

    shape: Shape
    by: str
    rows: Sequence[tuple[Value, ...]]

    @property
    def columns(self) -> tuple[Column, ...]:
        return (KEY, *self.shape.columns)

    def total(self) -> tuple[Value, ...]:
        """The line below: sums where a column adds up, a ratio of sums where it is one, else nothing."""
        sums: dict[str, int] = {
            column.code: sum(row[place] for row in self.rows if isinstance(row[place], int))  # type: ignore[misc]
            for place, column in enumerate(self.columns)
            if column.adds
        }
        return tuple(self._below(column, sums) for column in self.columns)

    def _below(self, column: Column, sums: Mapping[str, int]) -> Value:
        if column.adds:
            return sums[column.code]
        if column.of is not None:
            return basis_points(sums[column.of[0]], sums[column.of[1]])
        return None


def basis_points(part: int, whole: int) -> int | None:
    """The share of a whole, 10 000 for all of it; nothing of nothing has no share."""
    return money.round_half_up(part * 10_000, whole) if whole > 0 and part >= 0 else None


def percent(points: int | None) -> str:
    """Basis points as people read them: 1250 → 12.5 %."""
    return "–" if points is None else f"{money.show(points)}".rstrip("0").rstrip(".") + " %"


def span(minutes: int | None, *, lang: str) -> str:
    """A time as people say it, in its two largest units."""
    if minutes is None:
        return "–"
    days, rest = divmod(minutes, 1440)
    hours, left = divmod(rest, 60)
    words = (("天", " d"), ("小时", " h"), ("分钟", " min"))
    column = 1 if lang == "en" else 0
    parts = [
        f"{number}{word[column]}" for number, word in zip((days, hours, left), words, strict=True) if number
    ]
    return " ".join(parts[:2]) or f"0{words[2][column]}"


def pieces(milli: int) -> str:
    """Thousandths of a unit: 2000 → 2, 1236 → 1.236."""
    whole, part = divmod(milli, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else f"{whole}"
