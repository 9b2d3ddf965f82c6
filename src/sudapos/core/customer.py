"""What a customer is told of her money: one word per leg that never claims more than we know (domain §2.2, F01)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from .lifecycle import LegState
from .outcome import Route


class Told(StrEnum):
    """Where the money is, in a customer's terms."""

    TAKEN = "taken"
    """受理中: asked for, the channel has not said yes; a lost answer looks the same from outside."""
    MOVING = "moving"
    """退款处理中: the channel has it."""
    COUNTER = "counter"
    """Cash that waits to be handed over."""
    TRANSFER = "transfer"
    """The shop will send it to a bank account."""
    ARRIVED = "arrived"
    """退款成功."""
    TROUBLE = "trouble"
    """退款异常: the customer should get in touch."""
    CLOSED = "closed"
    """退款关闭: this part is not coming."""


LOUDEST_FIRST = (
    Told.TROUBLE,
    Told.TAKEN,
    Told.COUNTER,
    Told.TRANSFER,
    Told.MOVING,
    Told.ARRIVED,
    Told.CLOSED,
)
"""A refund that goes several ways says first what concerns the customer most."""
FINAL = frozenset({Told.ARRIVED, Told.CLOSED})


def of_leg(state: str, route: str) -> Told:
    """The word for one leg."""
    match LegState(state):
        case LegState.ACCEPTED if route == Route.CASH:
            return Told.COUNTER
        case LegState.ACCEPTED if route == Route.TRANSFER:
            return Told.TRANSFER
        case LegState.READY | LegState.SENDING | LegState.IN_DOUBT:
            return Told.TAKEN
        case LegState.ACCEPTED:
            return Told.MOVING
        case LegState.SETTLED:
            return Told.ARRIVED
        case LegState.FAILED | LegState.BOUNCED:
            return Told.TROUBLE
        case LegState.DROPPED:
            return Told.CLOSED


def of_all(told: Iterable[Told]) -> Told:
    """The one word for the whole refund; without legs it was only taken."""
    seen = set(told)
    return next((each for each in LOUDEST_FIRST if each in seen), Told.TAKEN)


def is_late(told: Told, arrives_by: date | None, *, today: date) -> bool:
    """Whether the day that we named has passed without the money."""
    return told not in FINAL and arrives_by is not None and today > arrives_by


def ends(closed_at: datetime | None, days: int) -> datetime | None:
    """When the page goes: some days after the last thing that happened; while money moves, it stays."""
    return None if closed_at is None else closed_at + timedelta(days=days)
