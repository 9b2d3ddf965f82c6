"""What was sold, what is asked back of it, and what that is worth: the values that `amounts` counts with.

Amounts in fen, quantities in thousandths (`milli`). `amounts` re-exports all of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldLine:
    """A stored line, and what of it came back or is on its way (`back_…`), a kept fee included."""

    line_no: int
    milli: int
    weighed: bool
    gross: int
    net: int
    vat_bp: int
    back_milli: int = 0
    back_amount: int = 0
    back_tax: int = 0
    undone: int = 0
    """Of what came back by quantity, fen that were asked for and given up again: no deduction, still to be had."""
    gift_of: int | None = None
    marked_value: int = 0
    discount: int = 0
    full: int | None = None
    """What the line would have cost without the sale's promotions; None: its `gross`."""
    back_by_right: int = 0
    """Of `back_milli`, what came back by a right of the law: it counts as kept where a threshold is looked at."""
    fee: int = 0
    """Of `back_amount`, what the shop kept as a published fee."""
    fee_tax: int = 0
    fee_due: int = 0
    """Fee that was kept and given up with money that never reached the customer: due when that is asked for again.

    Negative where more of it was kept again than was given up in the end.
    """

    @property
    def base(self) -> int:
        """What counts towards the threshold of a promotion."""
        return self.gross - self.discount


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldCharge:
    charge_no: int
    amount: int
    vat_bp: int
    follows_lines: bool
    tip: bool = False
    back_amount: int = 0
    back_tax: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sold:
    lines: tuple[SoldLine, ...]
    charges: tuple[SoldCharge, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskLine:
    line_no: int
    milli: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One of lines (with fixed `charges` by number), everything, or an amount in fen without goods."""

    lines: tuple[AskLine, ...] = ()
    charges: tuple[int, ...] = ()
    everything: bool = False
    amount: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePart:
    """`amount` is what the customer gets for it, deductions and fee taken off; `tax` is the VAT inside it."""

    line_no: int
    milli: int
    amount: int
    tax: int
    fee: int = 0
    """What the shop keeps of it: the line gave up `amount` and `fee` together."""
    fee_tax: int = 0
    fee_again: int = 0
    """Of `fee`, what was due from before (`SoldLine.fee_due`)."""
    points: int = 0
    """Of `fee`, what pays for points that were earned and spent: no published fee, never due again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargePart:
    charge_no: int
    amount: int
    tax: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """Why less comes back (kind gift, clawback, restocking or cancellation); already taken off the parts."""

    kind: str
    line_no: int | None
    amount: int
    code: str = ""
    """Which promotion is missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What a request is worth: the parts add up to `total`, to the fen (INV-02)."""

    lines: tuple[LinePart, ...]
    charges: tuple[ChargePart, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    total: int
    tax: int
    waived: int = 0
    """Fee that would have been kept, had nobody let it go."""

    @property
    def fee(self) -> int:
        return sum(part.fee for part in self.lines)

    @property
    def points(self) -> int:
        return sum(part.points for part in self.lines)

    @property
    def fee_tax(self) -> int:
        return sum(part.fee_tax for part in self.lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftLine:
    line_no: int
    milli: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCharge:
    charge_no: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What may still come back."""

    lines: tuple[LeftLine, ...]
    charges: tuple[LeftCharge, ...]
    total: int
