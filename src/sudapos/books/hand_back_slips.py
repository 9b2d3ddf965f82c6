"""What the voucher of a card handed back shows, taken once when it is paid (domain §7.1, column stored value)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from sudapos.core import calendar, masking

from . import cards, shops
from .cards import StoredCard
from .staff import Operator


class Paid(Protocol):
    """A hand-back as its voucher needs it."""

    number: str
    card: StoredCard
    rescinded_on: date
    paid: int
    bonus: int
    consumed_value: int
    principal_refund: int
    interest: int
    payout: str
    till: str
    person_masked: str
    account_masked: str
    reference: str
    maker: Operator
    checker: Operator | None


def of(row: Paid, *, at: datetime) -> dict[str, Any]:
    """As `printing.papers.HandBackPaper` takes it; names are masked, the card shows its last four."""
    merchant, store = shops.merchant(), row.card.store
    after = cards.held([row.card.pk])[row.card.pk]
    people = [person for person in (row.maker, row.checker) if person is not None]
    return {
        "merchant": merchant.name,
        "store": f"{store.name} {store.code}",
        "number": row.number,
        "card_masked": row.card.number_masked,
        "card_ref": row.card.card_ref,
        "paid_in": row.paid,
        "bonus": row.bonus,
        "consumed": row.consumed_value,
        "principal": row.principal_refund,
        "interest": row.interest,
        "since": row.rescinded_on.isoformat(),
        "after_principal": after.principal,
        "after_bonus": after.bonus,
        "payout": row.payout,
        "till": row.till,
        "person": row.person_masked,
        "account": row.account_masked,
        "reference": row.reference,
        "staff": [f"{person.code} {masking.name(person.name)}" for person in people],
        "at": at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds"),
    }
