"""What a channel's statement says, in one shape for all channels. Amounts in fen, times Beijing's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation

from sudapos.ops import rows
from sudapos.ops.rows import BadCell, Problem

KINDS = ("sale", "refund", "void", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One transaction as the channel books it."""

    line: int
    kind: str
    """sale, refund, void; other is what the channel does by itself: errors, adjustments, fees."""
    amount: int
    """Without a sign; the kind tells the direction."""
    order_no: str = ""
    """The shop's number of the payment."""
    channel_ref: str = ""
    """The channel's number of the payment."""
    refund_no: str = ""
    refund_ref: str = ""
    fee: int | None = None
    """What it cost; below zero when a fee came back. None where the file does not say."""
    net: int | None = None
    """What reaches the merchant; below zero when it leaves."""
    state: str = ""
    happened_at: datetime | None = None
    account: str = ""
    """The merchant's number in the file."""
    said: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)
    """The row as it stood, by heading."""


@dataclass(frozen=True, slots=True)
class Total:
    """Something the file says about its own rows, beside what they add up to."""

    name: str
    said: int
    found: int

    @property
    def agrees(self) -> bool:
        return self.said == self.found


@dataclass(frozen=True, slots=True)
class Statement:
    """A file that was read: good rows, and each bad one with its line and reason."""

    format: str
    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    totals: tuple[Total, ...] = ()


def gathered(format: str, found: Iterable[Row | Problem | Total]) -> Statement:
    """What a reader came across, sorted by what it is."""
    parts = list(found)
    return Statement(
        format,
        tuple(part for part in parts if isinstance(part, Row)),
        tuple(part for part in parts if isinstance(part, Problem)),
        tuple(part for part in parts if isinstance(part, Total)),
    )


def fen(name: str, cell: str, *, in_yuan: bool) -> int:
    """Fen with a sign from a cell. Raises BadCell."""
    plain = cell.strip().lstrip("¥￥").replace(",", "")
    try:
        value = Decimal(plain) * (100 if in_yuan else 1)
        if not value.is_finite() or value != value.to_integral_value() or abs(value) > rows.LARGEST:
            raise InvalidOperation
    except InvalidOperation:
        raise BadCell("amount_invalid" if in_yuan else "fen_invalid", field=name, text=plain[:40]) from None
    return int(value)
