"""Tenders that our own books settle: stored-value cards and points; what of them was money, and its tax.

A card holds principal (money that was paid in) and bonus (a discount given early); points are bonus alone. Only money
makes revenue and tax (domain §4.3 J17b). Amounts in fen; a point stands for one fen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from . import amounts, money
from .refusal import Refusal

OWN = frozenset({"stored_value", "points"})


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount in the buckets of a card."""

    principal: int = 0
    bonus: int = 0

    @property
    def total(self) -> int:
        return self.principal + self.bonus

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.principal + other.principal, self.bonus + other.bonus)

    def __sub__(self, other: Parts) -> Parts:
        return Parts(self.principal - other.principal, self.bonus - other.bonus)


def take(amount: int, held: Parts, *, principal: int | None = None, bonus: int | None = None) -> Parts:
    """What leaves each bucket: as told, else by what the card holds. Raises Refusal card_short or card_parts_differ."""
    if amount > held.total:
        raise Refusal("card_short", held=held.total, wanted=amount)
    if principal is None and bonus is None:
        return Parts(*money.share(amount, [held.principal, held.bonus]))
    told = Parts(
        principal if principal is not None else amount - (bonus or 0),
        bonus if bonus is not None else amount - (principal or 0),
    )
    if told.total != amount or min(told.principal, told.bonus) < 0:
        raise Refusal("card_parts_differ", amount=amount, total=told.total)
    if told.principal > held.principal or told.bonus > held.bonus:
        raise Refusal("card_short", held=held.total, wanted=amount)
    return told


def give_back(amount: int, *, used: Parts, back: Parts) -> Parts:
    """A refund in the buckets that it was paid from, by what is left of them: the last one clears both (EX06, EX16)."""
    rest = used - back
    if amount > rest.total:
        raise Refusal("over_refund", asked=amount, left=rest.total)
    return Parts(*money.share(amount, [rest.principal, rest.bonus]))


def money_lines(rated: Sequence[tuple[int, int]], bonus: int) -> list[tuple[int, int]]:
    """(fen without tax, tax) of each (amount, VAT rate), after what was paid with bonus or points is taken off."""
    paid = [amount for amount, _ in rated]
    if bonus:
        paid = money.share(sum(paid) - bonus, paid)
    taxes = [amounts.tax_of(amount, bp) for amount, (_, bp) in zip(paid, rated, strict=True)]
    return [(amount - tax, tax) for amount, tax in zip(paid, taxes, strict=True)]


def bonus_tax(rated: Sequence[tuple[int, int]], bonuses: Sequence[int]) -> list[int]:
    """The tax that was not booked because of each bonus; a refund lessens the tax by the whole and gives this back."""
    if not sum(bonuses):
        return [0] * len(bonuses)
    whole = sum(amounts.tax_of(amount, bp) for amount, bp in rated)
    booked = sum(tax for _, tax in money_lines(rated, sum(bonuses)))
    return money.share(whole - booked, bonuses)


def tax_back(*, tax: int, bonus: int, before: int, tax_before: int, now: int) -> int:
    """The part of `tax` in `now` fen of bonus, by running totals: all parts together bear exactly the whole."""
    if not bonus:
        return 0
    return tax * (before + now) // bonus - tax_before
