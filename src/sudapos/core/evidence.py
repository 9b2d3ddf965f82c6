"""Proof of a purchase without its receipt: which evidence is enough, and which answers fit (domain §9). Pure.

One piece of class A is enough, else two different pieces of class B; class C never counts. Of the questions that the customer answers before anything
is read to her, at least three must fit the one sale that was found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calendar import SHANGHAI

CLASSES: Mapping[str, str] = {
    "channel_bill": "A",
    "invoice": "A",
    "card_and_reference": "A",
    "serial": "A",
    "amount_and_time": "B",
    "item": "B",
    "card_tail": "B",
    "member_phone": "B",
    "delivery_slip": "B",
    "receipt_photo": "B",
    "cctv": "B",
    "said": "C",
    "price_tag": "C",
}
"""Kind of evidence → class. A member's phone is class B here: no one-time password is sent (that would make it A)."""
ANSWERS_NEEDED = 3
CLOSE_BY = timedelta(minutes=30)
ABOUT = 10
"""Per cent by which "about how much" may be off."""


def enough(kinds: Collection[str]) -> bool:
    """One of class A, or two different ones of class B. Raises KeyError for a kind that is not on the list."""
    classes = {kind: CLASSES[kind] for kind in kinds}
    return "A" in classes.values() or sum(of == "B" for of in classes.values()) >= 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What the customer said; empty where she does not know."""

    store: str = ""
    day: str = ""
    hour: str = ""
    paid_with: str = ""
    about: int | None = None
    """Fen."""
    also_bought: str = ""
    discount: bool | None = None
    till: str = ""
    invoice: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the one sale says."""

    store: str
    sold_at: datetime
    channels: Collection[str]
    total: int
    names: Collection[str]
    discounted: bool
    till: str
    operator: str
    has_invoice: bool


def fitting(said: Answers, known: Known) -> tuple[str, ...]:
    """The answers that fit, by name."""
    local = known.sold_at.astimezone(SHANGHAI)
    fits = {
        "store": said.store != "" and said.store == known.store,
        "day": said.day != "" and said.day == f"{local:%Y-%m-%d}",
        "hour": _near(said.hour, local),
        "paid_with": said.paid_with in known.channels,
        "about": said.about is not None and abs(said.about - known.total) * 100 <= known.total * ABOUT,
        "also_bought": len(said.also_bought) > 1 and any(said.also_bought in name for name in known.names),
        "discount": said.discount is not None and said.discount == known.discounted,
        "till": said.till != "" and said.till in (known.till, known.operator),
        "invoice": said.invoice is not None and said.invoice == known.has_invoice,
    }
    return tuple(name for name, fit in fits.items() if fit)


def _near(hour: str, local: datetime) -> bool:
    try:
        told = datetime.strptime(hour, "%H:%M").replace(
            year=local.year, month=local.month, day=local.day, tzinfo=local.tzinfo
        )
    except ValueError:
        return False
    return abs(told - local) <= CLOSE_BY
