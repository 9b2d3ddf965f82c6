"""Two tables: how a refund is decided, how a leg moves. One function reads each; no state is set anywhere else."""

from __future__ import annotations

from enum import StrEnum
from typing import assert_never

from .outcome import Absent, Accepted, Bounced, Deferred, Outcome, Refused, Settled, Unknown


class RefundState(StrEnum):
    AWAITING = "awaiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class LegState(StrEnum):
    READY = "ready"
    SENDING = "sending"
    ACCEPTED = "accepted"
    IN_DOUBT = "in_doubt"
    SETTLED = "settled"
    BOUNCED = "bounced"
    FAILED = "failed"
    DROPPED = "dropped"


class Event(StrEnum):
    SEND = "send"
    SETTLE = "settle"
    ACCEPT = "accept"
    REFUSE = "refuse"
    DEFER = "defer"
    LOSE = "lose"
    MISS = "miss"
    BOUNCE = "bounce"
    RETRY = "retry"
    DROP = "drop"


class Progress(StrEnum):
    """A refund in one word for lists: waiting for people, moving, done, needs attention, closed."""

    WAITING = "waiting"
    MOVING = "moving"
    DONE = "done"
    ATTENTION = "attention"
    CLOSED = "closed"


_S = LegState
LEG_TABLE: dict[tuple[LegState, Event], LegState] = {
    (_S.READY, Event.SEND): _S.SENDING,
    (_S.READY, Event.DROP): _S.DROPPED,
    # a late answer to an earlier send of the same number: the money is where it is, whatever we believed
    (_S.READY, Event.SETTLE): _S.SETTLED,
    (_S.READY, Event.ACCEPT): _S.ACCEPTED,
    (_S.READY, Event.BOUNCE): _S.BOUNCED,
    (_S.FAILED, Event.SETTLE): _S.SETTLED,
    (_S.FAILED, Event.ACCEPT): _S.ACCEPTED,
    (_S.FAILED, Event.BOUNCE): _S.BOUNCED,
    (_S.SENDING, Event.SETTLE): _S.SETTLED,
    (_S.SENDING, Event.ACCEPT): _S.ACCEPTED,
    (_S.SENDING, Event.REFUSE): _S.FAILED,
    (_S.SENDING, Event.DEFER): _S.READY,
    (_S.SENDING, Event.LOSE): _S.IN_DOUBT,
    (_S.ACCEPTED, Event.SETTLE): _S.SETTLED,
    (_S.ACCEPTED, Event.REFUSE): _S.FAILED,
    (_S.ACCEPTED, Event.BOUNCE): _S.BOUNCED,
    (_S.IN_DOUBT, Event.SETTLE): _S.SETTLED,
    (_S.IN_DOUBT, Event.ACCEPT): _S.ACCEPTED,
    (_S.IN_DOUBT, Event.REFUSE): _S.FAILED,
    (_S.IN_DOUBT, Event.BOUNCE): _S.BOUNCED,
    (_S.IN_DOUBT, Event.MISS): _S.READY,
    (_S.SETTLED, Event.BOUNCE): _S.BOUNCED,
    (_S.BOUNCED, Event.SETTLE): _S.SETTLED,
    (_S.BOUNCED, Event.RETRY): _S.READY,
    (_S.FAILED, Event.RETRY): _S.READY,
    (_S.FAILED, Event.DROP): _S.DROPPED,
}

REFUND_TABLE: dict[tuple[RefundState, str], RefundState] = {
    (RefundState.AWAITING, "approve"): RefundState.APPROVED,
    (RefundState.AWAITING, "reject"): RefundState.REJECTED,
    (RefundState.AWAITING, "withdraw"): RefundState.WITHDRAWN,
}

OPEN_STATES = frozenset({_S.READY, _S.SENDING, _S.ACCEPTED, _S.IN_DOUBT})
"""The worker still has something to do for these."""
ATTENTION_STATES = frozenset({_S.IN_DOUBT, _S.BOUNCED, _S.FAILED})
"""A person should look at these."""
HELD_STATES = frozenset(_S) - {_S.DROPPED}
"""The payment's promise stands while a leg is in one of these (INV-05)."""


class IllegalMove(Exception):
    """The table has no such move; the caller's picture of the leg is stale."""

    def __init__(self, state: str, event: str) -> None:
        super().__init__(f"no move {str(event)!r} from {str(state)!r}")
        self.state, self.event = state, event


def advance(state: LegState, event: Event) -> LegState:
    """The state after `event`. Raises IllegalMove."""
    try:
        return LEG_TABLE[state, event]
    except KeyError:
        raise IllegalMove(state, event) from None


def decide(state: RefundState, act: str) -> RefundState:
    """The refund's state after approve, reject or withdraw. Raises IllegalMove."""
    try:
        return REFUND_TABLE[state, act]
    except KeyError:
        raise IllegalMove(state, act) from None


def heard(state: LegState, outcome: Outcome, *, absence_counts: bool) -> Event | None:
    """What an answer means for a leg in `state`; None leaves it where it is, to be asked again later.

    `absence_counts` says that the channel's books have had time since the last send, so that "never seen"
    may be believed. An answer that the table does not know for this state changes nothing: final states
    never move backwards, except a settled leg that bounced (domain §2.3).
    """
    event = _event_of(state, outcome, absence_counts)
    if event is None or (state, event) not in LEG_TABLE:
        return None
    return event


def _event_of(state: LegState, outcome: Outcome, absence_counts: bool) -> Event | None:
    match outcome:
        case Settled():
            return Event.SETTLE
        case Accepted():
            return Event.ACCEPT
        case Refused():
            return Event.REFUSE
        case Bounced():
            return (
                Event.LOSE if state is LegState.SENDING else Event.BOUNCE
            )  # asked again, it will say so again
        case Deferred():
            return Event.DEFER
        case Unknown():
            return Event.LOSE
        case Absent():
            if state is LegState.IN_DOUBT and absence_counts:
                return Event.MISS
            return Event.LOSE if state is LegState.SENDING else None
        case _:  # pragma: no cover
            assert_never(outcome)


def progress(state: RefundState, legs: list[LegState], *, alarmed: bool = False) -> Progress:
    """One word for a refund and its legs; `alarmed` when money moved against the books on one of them."""
    if state is RefundState.AWAITING:
        return Progress.WAITING
    if alarmed:
        return Progress.ATTENTION
    if state is not RefundState.APPROVED or (legs and all(leg is LegState.DROPPED for leg in legs)):
        return Progress.CLOSED
    if any(leg in ATTENTION_STATES for leg in legs):
        return Progress.ATTENTION
    if all(leg in (LegState.SETTLED, LegState.DROPPED) for leg in legs):
        return Progress.DONE
    return Progress.MOVING
