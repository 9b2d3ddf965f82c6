"""What became of the goods: their condition, the serial number that must match, and the cost that comes back with them.

Money and goods are two things (domain §1.1): each may come back without the other. Costs in fen, quantities in
thousandths of a unit.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from .rules import Reason, Weight

CONDITIONS = ("restock", "damaged", "inspect")
"""Saleable, broken, or somebody looks later."""
RESULTS = ("restock", "damaged", "claim")
"""What a later look may find; a claim is pursued apart, and the refund stands (domain F24)."""
NOT_BROUGHT = frozenset({"not_delivered", "wrong_charge", "duplicate_charge", "goodwill"})
"""Refunds for these reasons bring no goods back, so there is no serial number to read."""
RECIPES = {"restock": "J07", "damaged": "J07b", "claim": "J07b"}
"""Only what can be sold again goes back into stock; the rest waits for a decision in 1901 (domain §4.2 rule 4)."""


def plain(serial: str) -> str:
    """A serial number as it is compared: full-width letters, case and spaces do not matter."""
    return "".join(unicodedata.normalize("NFKC", serial).upper().split())


def unproven(sold: Iterable[tuple[str, str]], shown: Collection[str]) -> list[Reason]:
    """Of (name, serial number as sold) those that what was scanned does not prove to be the ones we sold.

    Another number is a no; none at all is a manager's look at the article (a label wears off).
    """
    given = {plain(each) for each in shown} - {""}
    wanted = [(name, serial) for name, serial in sold if plain(serial)]
    strange = given - {plain(serial) for _, serial in wanted}
    code, weight = ("serial_differs", Weight.DENY) if strange else ("serial_needed", Weight.REFER)
    return [
        Reason(weight, code, {"name": name, "scanned": tuple(sorted(strange))}, ("manager",))
        for name, serial in wanted
        if plain(serial) not in given
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What one refund says of one line of a sale: `milli` refunded, `received` of them with it; whether its money stands,
    and whether it was made for goods at all.
    """

    milli: int
    received: int
    stands: bool
    brought: bool = True
    serial: str = ""


def unpaid(sold: int, backs: Sequence[Back]) -> list[int]:
    """Of each refund of a line, oldest first: how much of its goods is in the shop while nobody has the money for it.

    A later refund that stands pays first for the goods that it names by serial number, else for the oldest that lie here
    and that it did not bring itself. One that was made without goods pays for those that the customer kept, as long as
    she can have kept any.
    """
    left = [0 if back.stands else back.received for back in backs]
    outside = max(0, sold - sum(back.received for back in backs))
    for number, back in enumerate(backs):
        if not back.stands:
            continue
        pays, named = back.milli - back.received, plain(back.serial)
        earlier = [n for n in range(number) if left[n]]
        same = [n for n in earlier if named and plain(backs[n].serial) == named]
        if not back.brought and not same:
            kept = min(pays, outside)
            pays, outside = pays - kept, outside - kept
        others = [n for n in earlier if not named or not plain(backs[n].serial)]
        for n in dict.fromkeys([*same, *others]):
            paid = min(pays, left[n])
            left[n], pays = left[n] - paid, pays - paid
    return left


def cost(unit_cost: int, *, before: int, milli: int) -> int:
    """Fen of cost for `milli` after `before` have come back; parts of any size add up to the cost of all."""
    return _rounded(unit_cost * (before + milli)) - _rounded(unit_cost * before)


def _rounded(thousandths: int) -> int:
    return (thousandths + 500) // 1000
