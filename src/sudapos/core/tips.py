"""小费: what was given to the staff stays out of the goods' totals and comes back as a line of its own or not at all (domain §5.7, EX19).

Amounts in fen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from . import amounts
from .refusal import Refusal
from .rules import Reason, Weight
from .sold import Sold, Worth

KIND = "tip"
"""The kind of charge that is one."""
WHOLE = frozenset({"duplicate_charge"})
"""A charge that was made twice comes back with everything in it (domain §1.1)."""


def apart(sold: Sold, *, named: Collection[int] = ()) -> Sold:
    """The sale without its tips, but for those that were named."""
    return replace(sold, charges=tuple(c for c in sold.charges if not c.tip or c.charge_no in named))


def of(sold: Sold, charges: Sequence[int], *, whole: bool, reason: str) -> tuple[Sold, tuple[int, ...]]:
    """What a request may take from, and the charges that are left to name.

    A `whole` one (everything, or an amount) leaves tips out unless `charges` names them; by lines a tip is a charge like
    any other that is asked for. Raises Refusal only_tip_left.
    """
    if not whole:
        return sold, tuple(charges)
    tips = {c.charge_no: c.amount - c.back_amount for c in sold.charges if c.tip}
    named = tips.keys() if reason in WHOLE else tips.keys() & set(charges)
    rest = apart(sold, named=named)
    staying = sum(left for number, left in tips.items() if number not in named)
    if staying and amounts.left(rest).total <= 0:
        raise Refusal("only_tip_left", amount=staying)
    return rest, tuple(number for number in charges if number not in tips)


def said(sold: Sold, worth: Worth, *, whole: bool) -> Iterator[Reason]:
    """A tip that a whole refund leaves out is named before anybody confirms."""
    back = {part.charge_no for part in worth.charges}
    staying = sum(c.amount - c.back_amount for c in sold.charges if c.tip and c.charge_no not in back)
    if whole and staying:
        yield Reason(Weight.NOTE, "tip_stays", {"amount": staying})
