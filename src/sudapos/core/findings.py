"""Differences between our books and a channel's: their kinds, whose they are, by when, and how they may end (domain §4.3, §10).

A difference is signed as the channel's balance sees it, in fen: above zero the channel holds more for us than our books say
(长款), below zero less (短款). Nothing here changes anything: INV-12 wants a person and an entry for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from . import calendar, journal
from .journal import Draft


class Kind(StrEnum):
    """What is different."""

    EXTERNAL_REFUND = "external_refund"
    """The channel gave money back that we never asked for: made in its own portal (F06, F19)."""
    PAID_TWICE = "paid_twice"
    """One refund stands twice on the statement."""
    UNKNOWN_PAYMENT = "unknown_payment"
    """The channel took a payment that no sale of ours knows."""
    MISSING_PAYMENT = "missing_payment"
    """A payment of ours is on no statement."""
    MISSING_REFUND = "missing_refund"
    """A refund that we count as paid is on no statement (F20)."""
    AMOUNT_DIFFERS = "amount_differs"
    COUPON_DIFFERS = "coupon_differs"
    """The customer got another part of a coupon order than we expected (F18)."""
    STATE_DIFFERS = "state_differs"
    ADJUSTMENT = "adjustment"
    """The channel did something by itself: an error row, a correction."""
    UNREADABLE_ROWS = "unreadable_rows"
    TOTALS_DIFFER = "totals_differ"
    """The file's own totals do not fit its rows."""
    SETTLEMENT_DIFFERS = "settlement_differs"
    """What reached the bank fits no day of the statement."""
    PAYER_DIFFERS = "payer_differs"
    """The settlement was not paid by the licensed institution of the contract (domain §1.3)."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose a difference is, and how many working days it may live (domain §4.4: at most five)."""

    owner: str
    days: int


KINDS: Mapping[Kind, Rule] = {
    Kind.EXTERNAL_REFUND: Rule("finance", 5),
    Kind.PAID_TWICE: Rule("finance", 1),
    Kind.UNKNOWN_PAYMENT: Rule("finance", 5),
    Kind.MISSING_PAYMENT: Rule("finance", 5),
    Kind.MISSING_REFUND: Rule("finance", 2),
    Kind.AMOUNT_DIFFERS: Rule("finance", 5),
    Kind.COUPON_DIFFERS: Rule("finance", 5),
    Kind.STATE_DIFFERS: Rule("finance", 2),
    Kind.ADJUSTMENT: Rule("finance", 5),
    Kind.UNREADABLE_ROWS: Rule("finance", 1),
    Kind.TOTALS_DIFFER: Rule("finance", 1),
    Kind.SETTLEMENT_DIFFERS: Rule("finance", 5),
    Kind.PAYER_DIFFERS: Rule("finance", 1),
}


class Cause(StrEnum):
    """How a difference was explained; the closing entry follows from it."""

    PORTAL_REFUND = "portal_refund"
    MONEY_RETURNED = "money_returned"
    WRITTEN_OFF = "written_off"
    GIVEN_BACK = "given_back"
    SALE_RECORDED = "sale_recorded"
    TAKEN_IN = "taken_in"
    FOUND_LATER = "found_later"
    EXPLAINED = "explained"


SHORT = "J13a"
OVER = "J14a"
_CLOSING: Mapping[Cause, str] = {
    Cause.PORTAL_REFUND: "J13b",
    Cause.MONEY_RETURNED: "J13d",
    Cause.WRITTEN_OFF: "J13c",
    Cause.GIVEN_BACK: "J14b",
    Cause.SALE_RECORDED: "J14c",
    Cause.TAKEN_IN: "J14e",
}
TWO_PEOPLE = frozenset({Cause.WRITTEN_OFF, Cause.TAKEN_IN})
"""Loss and gain are approved by a second person: one puts the difference in suspense, another ends it (INV-07)."""


def causes(kind: Kind, difference: int) -> tuple[Cause, ...]:
    """The ways in which a difference of this kind and sign may end."""
    if not difference:
        return (Cause.EXPLAINED,)
    if difference > 0:
        known = [Cause.GIVEN_BACK, Cause.SALE_RECORDED] if kind is not Kind.MISSING_REFUND else []
        return (*known, Cause.FOUND_LATER, Cause.TAKEN_IN)
    refunded = kind in (Kind.EXTERNAL_REFUND, Kind.AMOUNT_DIFFERS, Kind.ADJUSTMENT)
    first = (Cause.PORTAL_REFUND,) if refunded else ()
    return (*first, Cause.MONEY_RETURNED, Cause.FOUND_LATER, Cause.WRITTEN_OFF)


def due_on(kind: Kind, opened: date) -> date:
    """The day by which somebody must have ended it."""
    return calendar.add_working_days(opened, KINDS[kind].days)


def suspended(number: str, channel: str, difference: int) -> Draft | None:
    """The entry that puts a difference in suspense 挂账 (J13a, J14a); None where no money differs."""
    if not difference:
        return None
    return journal.draft(SHORT if difference < 0 else OVER, number, channel=channel, amount=abs(difference))


def closing(number: str, channel: str, difference: int, cause: Cause, *, tax: int = 0) -> Draft | None:
    """The entry that ends a suspended difference; `tax` is part of a refund that was not recorded (J13b).

    What was found later takes its suspense back in red. None where no money differs.
    """
    entry = suspended(number, channel, difference)
    if entry is None or cause is Cause.EXPLAINED:
        return None
    if cause is Cause.FOUND_LATER:
        return entry.reverse()
    amount = abs(difference)
    if cause is Cause.PORTAL_REFUND:
        return journal.draft("J13b", number, net=amount - tax, tax=tax, amount=amount)
    return journal.draft(_CLOSING[cause], number, channel=channel, amount=amount)
