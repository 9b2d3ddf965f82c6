"""Is the acquirer licensed? What a shop wrote down about it, and what is wrong with that (domain §1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from .rules import Reason, Rules, Weight

EXPIRES_SOON = timedelta(days=30)
BANK = "bank"
"""A business type of its own: banks need no payment licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What is known of the institution behind one account; every text as its papers have it."""

    legal_name: str
    licence_no: str = ""
    business_type: str = ""
    region: str = ""
    valid_to: date | None = None
    checked_at: date | None = None

    @property
    def is_bank(self) -> bool:
        return self.business_type == BANK


def warnings(card: Card | None, rules: Rules, *, today: date) -> tuple[Reason, ...]:
    """What a shop must be warned of; empty when all is in order. Dates are the shop's days."""
    if card is None:
        return (Reason(Weight.NOTE, "licence_unknown"),)
    found: list[Reason] = []
    if not card.is_bank and not card.licence_no:
        found.append(Reason(Weight.NOTE, "licence_missing", {"name": card.legal_name}))
    if card.valid_to is not None and card.valid_to < today:
        found.append(Reason(Weight.NOTE, "licence_expired", {"day": card.valid_to.isoformat()}))
    elif card.valid_to is not None and card.valid_to - today <= EXPIRES_SOON:
        found.append(Reason(Weight.NOTE, "licence_expires", {"day": card.valid_to.isoformat()}))
    oldest = rules.acquirer_check_max_age_days
    if card.checked_at is None or (today - card.checked_at).days > oldest:
        found.append(Reason(Weight.NOTE, "licence_unchecked", {"days": oldest}))
    return tuple(found)


def payer_differs(card: Card | None, payer: str) -> Reason | None:
    """The payer of a settlement is not the institution on the card: the sign of second-level clearing (二清).

    Spaces and the width of brackets do not count.
    """
    if card is None or not payer.strip() or _plain(payer) == _plain(card.legal_name):
        return None
    return Reason(Weight.NOTE, "acquirer_payer_mismatch", {"payer": payer.strip(), "name": card.legal_name})


def _plain(name: str) -> str:
    return "".join(name.split()).translate(str.maketrans("（）", "()")).casefold()
