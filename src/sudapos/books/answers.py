"""What channels say: the only way in which an answer changes a leg.

An answer may be late, contradict an earlier one, or belong to a number that was given up. Whatever says that money
moved is believed and never lost; a "no" counts only when nothing else of the same number may have moved money.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from sudapos.core import arrival, capability, journal, lifecycle
from sudapos.core.lifecycle import OPEN_STATES, Event, LegState
from sudapos.core.outcome import (
    NOT_ENOUGH,
    RETURNED,
    Absent,
    Accepted,
    Bounced,
    Outcome,
    Refused,
    Route,
    Settled,
    Verb,
)

from . import bulk, outbox, workdays
from .changes import BY_HAND, Changes
from .legs import Attempt, Leg
from .moves import ASK_BOUNCED_FOR, ASK_DAILY, next_ask

MOVED = ("settled", "accepted", "bounced")
"""Outcomes after which money is, or was, on its way."""
OLD_NUMBER_PAID = "old_number_paid"
PAID_AFTER_DROP = "paid_after_drop"
ASK_REISSUED = timedelta(seconds=60)
"""After a channel was asked to send bounced money elsewhere, whatever it answered."""
ASK_MOVING = timedelta(minutes=10)
"""Between two questions about bounced money that its channel is sending elsewhere."""
STATEMENT = "statement"
"""The code of an answer that no call brought."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel said to one attempt."""

    attempt: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class _Heard:
    """One answer beside everything that was said about the same leg before."""

    leg: Leg
    attempt: Attempt
    outcome: Outcome
    others: Sequence[Attempt]

    @property
    def moved(self) -> bool:
        return isinstance(self.outcome, Settled | Accepted | Bounced)

    @property
    def is_last(self) -> bool:
        return self.attempt.seq == self.leg.sent + self.leg.asked

    def no_is_final(self) -> bool:
        """Whether a "no" to a send proves that this number moved nothing (domain §2.3)."""
        if self.attempt.verb == Verb.ASK:
            return True
        if self.leg.state != LegState.SENDING:
            return False
        return not any(
            other.leg_no == self.leg.leg_no
            and (other.outcome in MOVED or (other.verb != Verb.ASK and other.outcome in ("", "unknown")))
            for other in self.others
        )

    def absent_after_no(self) -> bool:
        """The last send was refused while an earlier one was open; now the number was never seen: so it failed."""
        sends = [o for o in self.others if o.leg_no == self.leg.leg_no and o.verb != Verb.ASK]
        return (
            isinstance(self.outcome, Absent)
            and bool(sends)
            and max(sends, key=lambda other: other.seq).outcome == "refused"
        )


@transaction.atomic
def record(answers: Sequence[Answer], *, at: datetime) -> None:
    """Write down what channels said, in a fixed number of statements whatever the length of the list.

    The same answer twice changes nothing.
    """
    attempts = {a.pk: a for a in Attempt.objects.filter(pk__in=[answer.attempt for answer in answers])}
    rows = (
        Leg.objects.select_for_update(of=("self",))
        .select_related("payment", "account", "refund__store")
        .defer("account__config")
    )
    legs = {leg.pk: leg for leg in rows.filter(pk__in={a.leg_id for a in attempts.values()}).order_by("id")}
    said = _said_before(attempts, legs)
    changes = Changes(at)
    for answer in answers:
        attempt = attempts[answer.attempt]
        if attempt.ended_at is not None:
            continue
        _close(attempt, answer.outcome, at)
        others = [other for other in said[attempt.leg_id] if other.pk != attempt.pk]
        _hear(_Heard(legs[attempt.leg_id], attempt, answer.outcome, others), changes)
    bulk.update(list(attempts.values()), ["ended_at", "outcome", "code", "message"])
    changes.write(list(legs.values()))


@transaction.atomic
def hear_statement(told: Mapping[str, Outcome], *, at: datetime) -> list[str]:
    """What a channel's statement says about refund numbers, as an answer like any other. Answers the numbers heard.

    It is written down as a question whose answer is the statement; a number that never left is nobody's.
    """
    if not told:
        return []
    numbers = dict(Attempt.objects.filter(leg_no__in=list(told)).values_list("leg_no", "leg_id"))
    legs = {
        leg.pk: leg for leg in Leg.objects.select_for_update().filter(pk__in=numbers.values()).order_by("id")
    }
    attempts = []
    for number, leg_id in sorted(numbers.items()):
        leg = legs[leg_id]
        leg.asked += 1
        attempts.append(
            Attempt(
                leg=leg, seq=leg.sent + leg.asked, leg_no=number, verb=Verb.ASK, started_at=at, code=STATEMENT
            )
        )
    bulk.update(list(legs.values()), ["asked"])
    made = Attempt.objects.bulk_create(attempts)
    record([Answer(attempt.pk, told[attempt.leg_no]) for attempt in made], at=at)
    return [attempt.leg_no for attempt in made]


def _said_before(attempts: Mapping[int, Attempt], legs: Mapping[int, Leg]) -> Mapping[int, list[Attempt]]:
    """Every send of these legs, and every answer that spoke of money, oldest first."""
    said: dict[int, list[Attempt]] = defaultdict(list)
    telling = ~Q(verb=Verb.ASK) | Q(outcome__in=MOVED)
    for row in Attempt.objects.filter(telling, leg_id__in=legs).order_by("seq"):
        said[row.leg_id].append(attempts.get(row.pk, row))
    return said


def _close(attempt: Attempt, outcome: Outcome, at: datetime) -> None:
    attempt.ended_at = at
    attempt.outcome = type(outcome).__name__.lower()
    attempt.code = storable(getattr(outcome, "code", ""), 64) or attempt.code
    attempt.message = storable(getattr(outcome, "message", ""), 200)


def storable(text: object, most: int) -> str:
    """At most `most` characters, without those that no database keeps: NUL, and halves of a surrogate pair."""
    return str(text).replace("\x00", "").encode("utf-8", "ignore").decode()[:most]


def _hear(heard: _Heard, changes: Changes) -> None:
    leg = heard.leg
    if heard.attempt.leg_no != leg.leg_no:
        _hear_old_number(heard, changes)
        return
    if not heard.is_last and not heard.moved:
        _hear_late(heard, changes)
        return
    event, was = _event(heard, changes), leg.error_code
    again = leg.came_back and isinstance(heard.outcome, Bounced)
    if event is None and leg.state not in OPEN_STATES and not again:
        _hear_after_the_end(heard, changes)
    else:
        _note(leg, heard.outcome, changes)
    if event is not None:
        changes.move(leg, event, by="worker", code=heard.attempt.code)
    if leg.came_back and leg.error_code == RETURNED and (event is Event.BOUNCE or was != RETURNED):
        # the channel owes us this no longer: it lies in our own bank account, and the customer waits (J03 without a fee)
        changes.post(
            leg.refund, journal.channel_settled(leg.refund.refund_no, leg.channel, amount=leg.amount, fee=0)
        )
    if event is Event.DEFER and leg.error_code == NOT_ENOUGH != was:
        _tell_short(heard, changes)
    _heed_alarm(heard, changes)
    leg.lease_until = None
    leg.due_at = _next_due(leg, event, heard.outcome, changes)
    # one that came back is asked about daily, for a while: the channel may pay it after all
    since = leg.last_sent_at or changes.at
    reissued = heard.attempt.verb == Verb.REISSUE and leg.state == LegState.BOUNCED
    if reissued:
        leg.due_at = changes.at + ASK_REISSUED
    moving = reissued or isinstance(heard.outcome, Accepted)  # sent elsewhere by its channel, not there yet
    over = isinstance(heard.outcome, Settled)  # what was replaced is paid after all: one alarm is enough
    leg.recheck = leg.came_back and not over and (moving or changes.at - since < ASK_BOUNCED_FOR)


def _tell_short(heard: _Heard, changes: Changes) -> None:
    """The merchant's balance is short: one message for as long as it stays so (domain F03)."""
    leg = heard.leg
    facts = {
        "refund_no": leg.refund.refund_no,
        "channel": leg.channel,
        "amount": leg.amount,
        "code": NOT_ENOUGH,
    }
    changes.messages.append(
        outbox.Draft(
            event="leg.short",
            subject="leg",
            subject_no=leg.leg_no,
            store=leg.refund.store.code,
            facts=facts,
            again=f"{heard.attempt.seq}",
        )
    )


def _event(heard: _Heard, changes: Changes) -> Event | None:
    leg, state = heard.leg, LegState(heard.leg.state)
    if isinstance(heard.outcome, Refused) and not heard.no_is_final():
        # an earlier send of this number may have been heard: the channel is asked before anything is released
        return Event.LOSE if state is LegState.SENDING else None
    row = capability.get(leg.channel)
    counts = leg.last_sent_at is not None and capability.absence_counts(
        row, sent_at=leg.last_sent_at, at=changes.at
    )
    event = lifecycle.heard(state, heard.outcome, absence_counts=counts)
    return Event.REFUSE if event is Event.MISS and heard.absent_after_no() else event


def _hear_late(heard: _Heard, changes: Changes) -> None:
    """Evidence, not a decision: it is kept, and makes us ask sooner."""
    leg, attempt = heard.leg, heard.attempt
    if leg.state in (LegState.ACCEPTED, LegState.IN_DOUBT):
        leg.due_at = min(leg.due_at, changes.at)
    changes.tell(
        leg,
        "leg.late_answer",
        by="worker",
        number=attempt.leg_no,
        outcome=attempt.outcome,
        code=attempt.code,
    )


def _hear_after_the_end(heard: _Heard, changes: Changes) -> None:
    """An answer that moves nothing any more; money that went out although it was given up raises an alarm."""
    if heard.moved and heard.leg.state == LegState.DROPPED:
        heard.leg.alarm = PAID_AFTER_DROP
        changes.tell(
            heard.leg, "leg.alarm", by="worker", alarm=PAID_AFTER_DROP, outcome=heard.attempt.outcome
        )


def _hear_old_number(heard: _Heard, changes: Changes) -> None:
    """An answer about a number that was given up for a new one.

    If money moved under it and the new number certainly moved none, the old number is the leg's again; if both may
    have, a person is alarmed.
    """
    leg = heard.leg
    _hear_late(heard, changes)
    if not heard.moved:
        return
    if leg.state == LegState.DROPPED:
        leg.alarm = PAID_AFTER_DROP
    elif _nothing_sent_since(leg, heard.outcome):
        _take_back(leg, heard.attempt.leg_no, heard.outcome, changes)
        return
    elif not isinstance(heard.outcome, Bounced):
        leg.alarm = OLD_NUMBER_PAID
    if leg.alarm:
        changes.tell(leg, "leg.alarm", by="worker", alarm=leg.alarm, number=heard.attempt.leg_no)


def _nothing_sent_since(leg: Leg, outcome: Outcome) -> bool:
    if leg.route in BY_HAND:
        return leg.state == LegState.ACCEPTED and isinstance(outcome, Settled)
    return leg.state in (LegState.READY, LegState.FAILED)


def _take_back(leg: Leg, number: str, outcome: Outcome, changes: Changes) -> None:
    if leg.route in BY_HAND:
        leg.route = Route.REFUND
    leg.leg_no, leg.alarm = number, ""
    event = lifecycle.heard(LegState(leg.state), outcome, absence_counts=False)
    assert event is not None, "the table knows what to do with moved money in READY and FAILED"
    _note(leg, outcome, changes)
    changes.move(leg, event, by="worker", code="old_number")
    leg.lease_until = None
    leg.due_at = _next_due(leg, event, outcome, changes)


def _heed_alarm(heard: _Heard, changes: Changes) -> None:
    """The new number came to nothing, and money had moved under an old one: that one is the leg's again."""
    leg = heard.leg
    if leg.alarm != OLD_NUMBER_PAID or leg.state not in (LegState.READY, LegState.FAILED):
        return
    paid = [o for o in heard.others if o.leg_no != leg.leg_no and o.outcome in ("settled", "accepted")]
    if paid:
        _take_back(leg, paid[-1].leg_no, Accepted(), changes)


def _note(leg: Leg, outcome: Outcome, changes: Changes) -> None:
    """Keep what the channel told about the money; a later silence never wipes it out."""
    leg.channel_refund_ref = (
        storable(getattr(outcome, "channel_refund_ref", ""), 64) or leg.channel_refund_ref
    )
    leg.received_account = storable(getattr(outcome, "received_account", ""), 64) or leg.received_account
    leg.error_code = storable(getattr(outcome, "code", ""), 64)
    leg.error_message = storable(getattr(outcome, "message", ""), 200)
    if isinstance(outcome, Settled):
        leg.paid_amount = leg.to_customer if outcome.amount is None else outcome.amount
        leg.settled_at = outcome.at or changes.at
    if kind := arrival.kind_of(leg.channel, getattr(outcome, "received_account", "")):
        # only now the channel says what kind of account it is
        left = leg.last_sent_at or changes.at
        days = workdays.at(left.date())
        leg.arrives_by = arrival.latest(
            leg.channel, Route(leg.route), changes.rules, at=left, kind=kind, days=days
        )


def _next_due(leg: Leg, event: Event | None, outcome: Outcome, changes: Changes) -> datetime:
    row, at = capability.get(leg.channel), changes.at
    if event is Event.DEFER:
        after = getattr(outcome, "after", None)
        pause = capability.resend_after(row, leg.sent)
        if after is not None:  # what the channel wants; without funds we come ever more seldom
            pause = max(after, pause) if leg.error_code == NOT_ENOUGH else after
        return at + timedelta(seconds=pause)
    if leg.state in (LegState.ACCEPTED, LegState.IN_DOUBT):
        return next_ask(leg, changes)
    if leg.state == LegState.BOUNCED and isinstance(outcome, Accepted):
        return at + ASK_MOVING
    return at + ASK_DAILY if leg.came_back else at
