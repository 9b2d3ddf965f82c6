"""Many refunds under one decision: the states of a batch as a table, who must agree to its sum, and how fast it may go (domain F13).

A batch decides once and then opens ordinary refunds; what happens to the money of each is told by `lifecycle`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from . import money
from .lifecycle import IllegalMove
from .policy import LADDER
from .rules import Rules

MILLI = 1000


class BatchState(StrEnum):
    DRAFT = "draft"
    CHECKED = "checked"
    APPROVED = "approved"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    CANCELLED = "cancelled"


class ItemState(StrEnum):
    """What the batch itself did with an item; how its money fares is told by its refund."""

    NEW = "new"
    READY = "ready"
    DENIED = "denied"
    DROPPED = "dropped"
    OPENED = "opened"
    REFUSED = "refused"


class Kind(StrEnum):
    """Why many get money back at once."""

    RECALL = "recall"
    EVENT = "event"
    PRICE = "price"
    FILE = "file"


REASON_OF: Mapping[str, str] = {
    Kind.RECALL: "quality",
    Kind.EVENT: "not_delivered",
    Kind.PRICE: "wrong_charge",
    Kind.FILE: "other",
}
"""The reason of the refunds where nothing else is said."""

_S = BatchState
BATCH_TABLE: Mapping[tuple[BatchState, str], BatchState] = {
    (_S.DRAFT, "check"): _S.CHECKED,
    (_S.CHECKED, "check"): _S.CHECKED,
    (_S.APPROVED, "check"): _S.CHECKED,  # what was approved is void, and must be approved anew
    (_S.CHECKED, "change"): _S.CHECKED,
    (_S.DRAFT, "change"): _S.DRAFT,
    (_S.CHECKED, "approve"): _S.APPROVED,
    (_S.CHECKED, "reject"): _S.DRAFT,
    (_S.APPROVED, "start"): _S.RUNNING,
    (_S.RUNNING, "pause"): _S.PAUSED,
    (_S.PAUSED, "resume"): _S.RUNNING,
    (_S.RUNNING, "finish"): _S.DONE,
    (_S.DRAFT, "cancel"): _S.CANCELLED,
    (_S.CHECKED, "cancel"): _S.CANCELLED,
    (_S.APPROVED, "cancel"): _S.CANCELLED,
    (_S.RUNNING, "cancel"): _S.CANCELLED,
    (_S.PAUSED, "cancel"): _S.CANCELLED,
}


def advance(state: BatchState, act: str) -> BatchState:
    """The state after an act. Raises IllegalMove."""
    try:
        return BATCH_TABLE[state, act]
    except KeyError:
        raise IllegalMove(state, act) from None


def approvals(total: int, asked: Iterable[str], rules: Rules) -> tuple[str, ...]:
    """Roles that must agree: a second person always, more by the sum of the batch, and whoever any single refund asks for.

    The sum counts, not the largest item: a batch is one decision, and cutting it into small refunds changes nothing (FR05).
    """
    steps = ("manager", "manager_finance")
    count = 1 + sum(total > rules.approval_fen[step] for step in steps)
    wanted = {*LADDER[:count], *asked}
    return tuple(sorted(wanted, key=lambda role: LADDER.index(role) if role in LADDER else len(LADDER)))


def overcharge(*, charged: int, right: int, milli: int, net: int, gross: int) -> int:
    """Fen to give back for `milli` thousandths sold at `charged` instead of `right` per unit.

    A discount that the customer had shrinks the difference in its proportion: she gets back what she paid too much,
    never more than she paid. 25.90 instead of 19.90, three pieces: 18.00.
    """
    if charged <= right or gross <= 0:
        return 0
    return min(net, money.round_half_up((charged - right) * milli * net, MILLI * gross))


def fingerprint(marks: Iterable[tuple[int, str]]) -> str:
    """Of every live item and what its refund would be: what the second person says yes to."""
    whole = "\n".join(f"{number}:{mark}" for number, mark in sorted(marks))
    return hashlib.sha256(whole.encode()).hexdigest()


class Pace(NamedTuple):
    """At most `most` refunds within any `seconds`."""

    seconds: int
    most: int


def pace(per_minute: int) -> Pace:
    """A tenth of a minute's share every six seconds, so that an account is not hit by all of it at once."""
    return Pace(6, per_minute // 10) if per_minute >= 60 else Pace(60, per_minute)


def room(pace: Pace, *, lately: int, waiting: int, most_waiting: int) -> int:
    """How many more refunds may be opened on one account: `lately` were opened within the pace's seconds, `waiting` have not left."""
    return max(0, min(pace.most - lately, most_waiting - waiting))


class Part(NamedTuple):
    """Some of a batch's items: how many, how many fen."""

    number: int = 0
    total: int = 0


OUTCOMES = (
    "new", "ready", "denied", "dropped", "refused",
    "awaiting", "moving", "customer", "attention", "done", "closed",
)  # fmt: skip
"""Where an item can stand: not opened yet (first five), or what its refund came to."""
PENDING = frozenset({"new", "ready", "awaiting", "moving", "customer"})
FAILED = frozenset({"attention"})
OUT = frozenset({"denied", "dropped", "refused", "closed"})


def summed(parts: Mapping[str, Part], names: Iterable[str]) -> Part:
    """Several outcomes as one number: done, pending, failed (domain F13)."""
    found = [parts[name] for name in names if name in parts]
    return Part(sum(part.number for part in found), sum(part.total for part in found))
