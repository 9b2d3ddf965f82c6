"""What the voucher of a card handed back shows, taken once when it is paid (domain §7.1, column stored value), and what is told of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from sudapos.core import calendar, masking

from . import cards, outbox, shops
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

    @property
    def total(self) -> int: ...


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


def waits(row: Paid) -> outbox.Draft:
    """Somebody is to look: told once, and moot as soon as it is decided."""
    return outbox.Draft(
        event="card.hand_back_waits",
        subject="hand_back",
        subject_no=row.number,
        store=row.card.store.code,
        facts={"card": row.card.card_ref, "amount": row.total, "payout": row.payout},
    )


def told(row: Paid) -> outbox.Draft:
    """It was paid."""
    return outbox.Draft(
        event="card.handed_back",
        subject="card",
        subject_no=row.card.card_ref,
        store=row.card.store.code,
        facts={"number": row.number, "amount": row.total, "payout": row.payout},
        again=row.number,
    )
