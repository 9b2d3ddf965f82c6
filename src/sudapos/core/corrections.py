"""Correction of a wrong refund: a record of its own, linked to the refund; nothing is edited (domain §9 F23, INV-08)."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from .refusal import Conflict, Refusal


class State(StrEnum):
    OPEN = "open"
    """The customer owes us this much."""
    COLLECTED = "collected"
    GIVEN_UP = "given_up"
    UNDONE = "undone"
    """No money had left: it never will."""
    SET_OFF = "set_off"
    """The money itself came back, and the rest of it only goes out again."""


class Event(StrEnum):
    COLLECT = "collect"
    GIVE_UP = "give_up"
    SET_OFF = "set_off"


TABLE: dict[tuple[State, Event], State] = {
    (State.OPEN, Event.COLLECT): State.COLLECTED,
    (State.OPEN, Event.GIVE_UP): State.GIVEN_UP,
    (State.OPEN, Event.SET_OFF): State.SET_OFF,
    # a loss that was no loss: what was given up came back by itself
    (State.GIVEN_UP, Event.SET_OFF): State.SET_OFF,
}


def after(state: State, event: Event) -> State:
    """Where a correction stands after it. Raises Conflict correction_closed."""
    try:
        return TABLE[state, event]
    except KeyError:
        raise Conflict("correction_closed", state=str(state)) from None


def check_amount(amount: int, *, settled: int, corrected: int) -> None:
    """At most what was settled and not yet corrected, and more than nothing. Raises Refusal correction_too_much."""
    if not 0 < amount <= settled - corrected:
        raise Refusal("correction_too_much", amount=amount, left=max(0, settled - corrected))


def tax_of(amount: int, *, corrected: int, corrected_tax: int, settled: int, tax: int) -> int:
    """This correction's part of the tax that was settled, by running totals: all of them together are the whole."""
    whole = (2 * tax * (corrected + amount) + settled) // (2 * settled)
    return min(max(whole - corrected_tax, 0), amount)


def set_off(back: int, claims: Sequence[int]) -> list[int]:
    """How much of each claim, oldest first, money that came back covers: never more than the claim, nor than came back."""
    parts = []
    for claim in claims:
        part = min(claim, back)
        parts.append(part)
        back -= part
    return parts
