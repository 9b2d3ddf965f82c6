"""By when a customer must have her money: the terms of the law, and the shop's own for everything else (domain §3).

Days are calendar days counted from the day after the goods, or the wish, came in; the last one counts to midnight.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from .rules import Rules


class Term(StrEnum):
    """Which rule sets the date."""

    NO_REASON = "no_reason_refund"
    """Distance sale, returned without a reason: R-08."""
    QUALITY = "quality_refund"
    """Goods below quality: R-07, and the same fifteen days before it counts as deliberate delay."""
    PREPAID = "prepaid_no_agreement"
    """Paid in advance and not delivered: R-12."""
    COOLING_OFF = "prepaid_cooling_off"
    """A prepaid card given back within its first days: R-12."""
    OWN = "own_promise"
    """No law names a day; the ageing of what is owed does (domain §4.4)."""


class Level(StrEnum):
    """How a refund stands to its dates."""

    IN_TIME = "in_time"
    OVERDUE = "overdue"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Due:
    """Two dates: after the first it is overdue, after the second it counts as deliberate delay."""

    term: Term
    on: date
    hard: date

    @property
    def is_statutory(self) -> bool:
        return self.term is not Term.OWN


def of(reason: str, sale_mode: str, received: date, rules: Rules) -> Due:
    """The dates of a refund whose goods (or wish, where there are none) came in on `received`."""
    term = _term(reason, sale_mode)
    hard = rules.due_days["hard_overdue"]
    first = rules.due_days.get(term, rules.due_days["no_reason_refund"])
    return Due(term, received + timedelta(days=first), received + timedelta(days=max(first, hard)))


def _term(reason: str, sale_mode: str) -> Term:
    if reason == "not_delivered":
        return Term.PREPAID
    if reason == "quality":
        return Term.QUALITY
    if reason == "no_reason" and sale_mode == "online":
        return Term.NO_REASON
    return Term.OWN


def cooling_off(paid: date, rules: Rules) -> Due:
    """A prepaid card may be given back whole until this day, whatever the contract says (法释〔2025〕4号 art. 14)."""
    last = paid + timedelta(days=rules.due_days["prepaid_cooling_off"])
    return Due(Term.COOLING_OFF, last, last)


def red_invoice(asked: datetime, rules: Rules) -> datetime:
    """When the buyer's confirmation of a red invoice lapses."""
    return asked + timedelta(hours=rules.due_days["red_invoice_confirm_hours"])


def level(on: date, hard: date, *, today: date) -> Level:
    """Overdue from the day after `on`, late from the day after `hard`: day 8 and day 16 by default."""
    if today > hard:
        return Level.LATE
    return Level.OVERDUE if today > on else Level.IN_TIME
