"""Cash drawers: what a count says, whether one can pay a refund, and the four ways out when it cannot (domain §8.4).

What a drawer should hold is the balance of its journal account; amounts in fen. The safe of a store is a drawer, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .authority import Role
from .refusal import FieldError, Invalid
from .rules import Rules

SAFE = "SAFE"
"""The code of a store's safe, where a till's code would stand."""
NOTES = (10_000, 5_000, 2_000, 1_000, 500, 100, 50, 10)
"""What notes and coins there are, largest first."""
TWO_OFFICES_FROM = 5_000
"""Above this an unexplained difference needs a manager and finance (domain §8.4)."""


class Kind(StrEnum):
    """How cash moves without a sale or a refund."""

    DROP = "drop"
    TOP_UP = "top_up"
    TRANSFER = "transfer"
    PAY_IN = "pay_in"
    PAY_OUT = "pay_out"
    TO_BANK = "to_bank"
    FROM_BANK = "from_bank"


OUT: Mapping[Kind, str] = {
    Kind.DROP: "J23a",
    Kind.TOP_UP: "J23a",
    Kind.TRANSFER: "J23a",
    Kind.PAY_OUT: "J25a",
    Kind.TO_BANK: "J24a",
}
"""The recipe of the drawer that gives."""
IN: Mapping[Kind, str] = {
    Kind.DROP: "J23b",
    Kind.TOP_UP: "J23b",
    Kind.TRANSFER: "J23b",
    Kind.PAY_IN: "J25b",
    Kind.FROM_BANK: "J24b",
}
"""The recipe of the drawer that takes."""

GROUPS: Mapping[str, frozenset[str]] = {
    "sales": frozenset(["J01", "J02", "J18a", "J19a"]),
    "refunds": frozenset(["J04", "J05b", "J09", "J12a", "J19b", "J20a", "J20b", "J21", "J22", "J17f"]),
    "moved_in": frozenset(IN.values()),
    "moved_out": frozenset(OUT.values()),
    "counts": frozenset(["J15a", "J16a"]),
}
"""Lines of a report → the recipes that they sum; whatever is in none is `other`."""
LINES = (*GROUPS, "other")


def grouped(totals: Mapping[str, int], began: Mapping[str, int]) -> dict[str, int]:
    """What each kind of entry moved since `began`; both are fen by recipe since the drawer exists."""
    told = dict.fromkeys(LINES, 0)
    for recipe in {*totals, *began}:
        name = next((name for name, recipes in GROUPS.items() if recipe in recipes), "other")
        told[name] += totals.get(recipe, 0) - began.get(recipe, 0)
    return told


def added_up(notes: Mapping[int, int], *, loose: int = 0) -> int:
    """Fen of counted notes and coins, and what was counted otherwise. Raises Invalid for a note that does not exist."""
    wrong = [
        FieldError(("notes", str(note)), "out_of_range")
        for note, count in notes.items()
        if note not in NOTES or count < 0
    ]
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    return sum(note * count for note, count in notes.items()) + loose


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a count says: over is positive, short negative."""

    expected: int
    counted: int
    tolerance: int

    @property
    def difference(self) -> int:
        return self.counted - self.expected

    @property
    def is_small(self) -> bool:
        """Nobody is asked about it."""
        return abs(self.difference) <= self.tolerance

    @property
    def roles(self) -> tuple[str, ...]:
        """Who must explain it, each another person than the one who counted."""
        if self.is_small:
            return ()
        if abs(self.difference) > TWO_OFFICES_FROM:
            return (Role.MANAGER, Role.FINANCE)
        return (Role.MANAGER,)


def judge(expected: int, counted: int, rules: Rules) -> Verdict:
    return Verdict(expected, counted, rules.drawer_tolerance_fen)


class Why(StrEnum):
    """What an unexplained difference comes to in the end."""

    CASHIER = "cashier"
    LOSS = "loss"
    GAIN = "gain"


ENDS: Mapping[Why, str] = {Why.CASHIER: "J15b", Why.LOSS: "J15c", Why.GAIN: "J16b"}


def endings(difference: int) -> tuple[Why, ...]:
    """What may become of it: a short is made good or written off, an over is taken in."""
    return (Why.CASHIER, Why.LOSS) if difference < 0 else (Why.GAIN,)


@dataclass(frozen=True, slots=True)
class Holding:
    """What one drawer has: all of it, what is promised to customers, and what must stay for change."""

    held: int
    reserved: int
    stays: int

    @property
    def free(self) -> int:
        """What a refund may take; never negative."""
        return max(0, self.held - self.reserved - self.stays)

    def missing(self, amount: int) -> int:
        """How much more there must be before `amount` can be paid; 0 when it can (domain §8.4)."""
        return max(0, amount + self.stays + self.reserved - self.held)


WAYS = ("other_drawer", "from_safe", "by_transfer", "wait")
"""The ways out of a drawer that is short, in the order in which they are offered."""


def ways_out(amount: int, missing: int, *, others: Iterable[Holding], safe: int) -> tuple[str, ...]:
    """Which ways are open now: a transfer with the customer's consent, and waiting, always are."""
    open_ways = {"by_transfer", "wait"}
    if any(other.free >= missing for other in others):
        open_ways.add("other_drawer")
    if safe >= missing:
        open_ways.add("from_safe")
    return tuple(way for way in WAYS if way in open_ways)
