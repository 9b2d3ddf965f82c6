"""The only door through which a leg changes: claim, record, confirm, retry, drop, hasten.

Every change walks the table of `lifecycle`, leaves a Move behind, and is booked in the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from sudapos.core import calendar, capability, journal, lifecycle, sentences
from sudapos.core.capability import NoticeAck
from sudapos.core.lifecycle import Event, LegState
from sudapos.core.outcome import Accepted, Bounced, Order, Outcome, Route, Settled, Verb

from . import audit, bulk, ledger
from .legs import Attempt, Leg, Move

BY_HAND = (Route.CASH, Route.TRANSFER)
ASK_NO_SOONER = timedelta(seconds=1)
ASK_DAILY = timedelta(days=1)
HASTEN_GAP = timedelta(seconds=2)
"""A notice, true or forged, makes us ask sooner, but not more often than this."""
LEG_FIELDS = [
    "state", "due_at", "lease_until", "sent", "asked", "first_sent_at", "last_sent_at", "asked_at", "channel_refund_ref",
    "received_account", "paid_amount", "settled_at", "error_code", "error_message", "confirmed_by", "leg_no",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a channel said to one attempt."""

    attempt: int
    outcome: Outcome


@dataclass(slots=True)
class Changes:
    """What one commit will write: moved legs, their moves, journal drafts and audit acts."""

    at: datetime
    moves: list[Move] = field(default_factory=list)
    posted: list[ledger.Posted] = field(default_factory=list)
    acts: list[audit.Act] = field(default_factory=list)

    def move(self, leg: Leg, event: Event, *, by: str, code: str = "") -> None:
        """Walk one step of the table. Raises IllegalMove."""
        before = LegState(leg.state)
        after = lifecycle.advance(before, event)
        leg.state = after
        self.moves.append(
            Move(leg=leg, event=event, before=before, after=after, at=self.at, by=by, code=code[:64])
        )
        self._book(leg, before, event)
        if after is not LegState.SENDING:
            self.acts.append(
                audit.Act(
                    act=f"leg.{after}",
                    subject="refund",
                    subject_no=leg.refund.refund_no,
                    by=by,
                    store=leg.refund.store.code,
                    facts={"leg_no": leg.leg_no, "amount": leg.amount, "event": str(event), "code": code},
                )
            )

    def _book(self, leg: Leg, before: LegState, event: Event) -> None:
        number = leg.refund.refund_no
        route = Route(leg.route)
        if event is Event.SETTLE:
            self.post(leg, journal.refund_settled(number, leg.channel, leg.amount, route=route))
        elif event is Event.BOUNCE and before is LegState.SETTLED:
            self.post(leg, journal.refund_bounced(number, leg.channel, leg.amount, route=route))
        elif event is Event.DROP:
            undone = journal.refund_undone(number, leg.amount, leg.tax, goodwill=leg.refund.is_goodwill)
            self.post(leg, undone)

    def post(self, leg: Leg, draft: journal.Draft) -> None:
        today = calendar.business_date(self.at)
        self.posted.append(ledger.Posted(draft, today, leg.refund.store.code))

    def write(self, legs: Sequence[Leg]) -> None:
        """One statement per kind of row."""
        bulk.update(legs, LEG_FIELDS)
        Move.objects.bulk_create(self.moves)
        ledger.post(self.posted, at=self.at)
        audit.write(self.acts, at=self.at)


def _locked(legs: Q, **order: int) -> list[Leg]:
    rows = Leg.objects.select_for_update(of=("self",)).select_related("payment", "account", "refund__store")
    return list(rows.filter(legs).order_by("id"))


@transaction.atomic
def claim(limit: int, *, at: datetime) -> list[Order]:
    """Take up to `limit` due legs and write the attempt down before a byte leaves.

    What you claimed is yours until the lease ends; then it counts as "no answer". Any number of workers may call.
    """
    changes = Changes(at)
    lost = list(
        Leg.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("payment", "account", "refund__store")
        .filter(state=LegState.SENDING, lease_until__lte=at)
        .order_by("id")[:limit]
    )
    for leg in lost:
        changes.move(leg, Event.LOSE, by="worker", code="lease_over")
        leg.error_code, leg.error_message = "lease_over", ""
        leg.due_at, leg.lease_until = _next_ask(leg, at), None
    due = list(
        Leg.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("payment", "account", "refund__store")
        .filter(state__in=[LegState.READY, LegState.ACCEPTED, LegState.IN_DOUBT], due_at__lte=at)
        .filter(Q(lease_until=None) | Q(lease_until__lte=at), account__isnull=False)
        .exclude(route__in=BY_HAND)
        .order_by("due_at", "id")[:limit]
    )
    attempts = [_begin(leg, changes, at) for leg in due]
    Attempt.objects.bulk_create(attempts)
    changes.write(lost + due)
    return [_order(leg, attempt) for leg, attempt in zip(due, attempts, strict=True)]


def _begin(leg: Leg, changes: Changes, at: datetime) -> Attempt:
    row = capability.get(leg.channel)
    if leg.state == LegState.READY:
        verb = Verb.VOID if leg.route == Route.VOID else Verb.REFUND
        changes.move(leg, Event.SEND, by="worker")
        leg.sent += 1
        leg.first_sent_at = leg.first_sent_at or at
        leg.last_sent_at = at
    else:
        verb = Verb.ASK
        leg.asked += 1
        leg.asked_at = at
    leg.lease_until = at + timedelta(seconds=row.lease_seconds)
    return Attempt(leg=leg, seq=leg.sent + leg.asked, leg_no=leg.leg_no, verb=verb, started_at=at)


def _order(leg: Leg, attempt: Attempt) -> Order:
    payment, account = leg.payment, leg.account
    assert account is not None
    return Order(
        number=leg.leg_no,
        verb=Verb(attempt.verb),
        route=Route(leg.route),
        channel=leg.channel,
        account=account.name,
        amount=leg.amount,
        paid_amount=payment.amount,
        out_trade_no=payment.out_trade_no,
        channel_ref=payment.channel_ref,
        paid_at=payment.paid_at,
        reason=sentences.reason_word(leg.refund.reason, "zh"),
        first_sent_at=leg.first_sent_at,
        channel_refund_ref=leg.channel_refund_ref,
        notify_url=f"{settings.PUBLIC_URL}/notices/{account.notice_secret}/{leg.leg_no}"
        if settings.PUBLIC_URL
        else "",
        attempt=attempt.pk,
        extra={
            "reference_no": payment.reference_no,
            "batch_no": payment.batch_no,
            "trace_no": payment.trace_no,
            "auth_code": payment.auth_code,
            "card_masked": payment.card_masked,
            "store": leg.refund.store.code,
            "till": leg.refund.till,
        },
    )


@transaction.atomic
def record(answers: Sequence[Answer], *, at: datetime) -> None:
    """Write down what channels said; the only way in which an answer changes a leg.

    An answer to an attempt that is no longer the leg's last one is evidence, not a decision: only "the money
    moved" is taken from it, everything else merely makes us ask sooner.
    """
    attempts = {a.pk: a for a in Attempt.objects.filter(pk__in=[answer.attempt for answer in answers])}
    legs = {leg.pk: leg for leg in _locked(Q(pk__in={a.leg_id for a in attempts.values()}))}
    changes = Changes(at)
    for answer in answers:
        attempt = attempts[answer.attempt]
        if attempt.ended_at is not None:
            continue  # recorded before: the same answer twice changes nothing
        _close(attempt, answer.outcome, at)
        _hear(legs[attempt.leg_id], attempt, answer.outcome, changes)
    bulk.update(list(attempts.values()), ["ended_at", "outcome", "code", "message"])
    changes.write(list(legs.values()))


def _close(attempt: Attempt, outcome: Outcome, at: datetime) -> None:
    attempt.ended_at = at
    attempt.outcome = type(outcome).__name__.lower()
    attempt.code = str(getattr(outcome, "code", ""))[:64]
    attempt.message = str(getattr(outcome, "message", ""))[:200]


def _hear(leg: Leg, attempt: Attempt, outcome: Outcome, changes: Changes) -> None:
    at, row, state = changes.at, capability.get(leg.channel), LegState(leg.state)
    money_moved = isinstance(outcome, Settled | Accepted | Bounced) and attempt.leg_no == leg.leg_no
    if attempt.seq != leg.sent + leg.asked and not money_moved:
        _hear_late(leg, attempt, outcome, changes)
        return
    counts = leg.last_sent_at is not None and capability.absence_counts(row, sent_at=leg.last_sent_at, at=at)
    event = lifecycle.heard(state, outcome, absence_counts=counts)
    _note(leg, outcome, at)
    if event is not None:
        changes.move(leg, event, by="worker", code=attempt.code)
    leg.lease_until = None
    leg.due_at = _next_due(leg, event, outcome, at)


def _hear_late(leg: Leg, attempt: Attempt, outcome: Outcome, changes: Changes) -> None:
    if leg.state in (LegState.ACCEPTED, LegState.IN_DOUBT):
        leg.due_at = min(leg.due_at, changes.at)
    changes.acts.append(
        audit.Act(
            act="leg.late_answer",
            subject="refund",
            subject_no=leg.refund.refund_no,
            by="worker",
            store=leg.refund.store.code,
            facts={
                "leg_no": attempt.leg_no,
                "now": leg.leg_no,
                "outcome": attempt.outcome,
                "code": attempt.code,
            },
        )
    )


def _note(leg: Leg, outcome: Outcome, at: datetime) -> None:
    """Keep what the channel told about the money; a later silence never wipes it out."""
    ref = getattr(outcome, "channel_refund_ref", "")
    leg.channel_refund_ref = ref[:64] or leg.channel_refund_ref
    leg.received_account = getattr(outcome, "received_account", "")[:64] or leg.received_account
    leg.error_code = str(getattr(outcome, "code", ""))[:64]
    leg.error_message = str(getattr(outcome, "message", ""))[:200]
    if isinstance(outcome, Settled):
        leg.paid_amount = leg.amount if outcome.amount is None else outcome.amount
        leg.settled_at = outcome.at or at


def _next_due(leg: Leg, event: Event | None, outcome: Outcome, at: datetime) -> datetime:
    row = capability.get(leg.channel)
    if event is Event.DEFER:
        after = getattr(outcome, "after", None)
        return at + timedelta(seconds=capability.resend_after(row, leg.sent) if after is None else after)
    if leg.state in (LegState.ACCEPTED, LegState.IN_DOUBT):
        return _next_ask(leg, at)
    return at


def _next_ask(leg: Leg, at: datetime) -> datetime:
    row = capability.get(leg.channel)
    sent_at = leg.last_sent_at or at
    if leg.due_at > max(sent_at, leg.asked_at or sent_at):
        return at + ASK_NO_SOONER  # a notice came while we were speaking
    if capability.given_up(row, first_sent_at=leg.first_sent_at or at, at=at):
        return at + ASK_DAILY
    return max(capability.ask_at(row, sent_at=sent_at, asked=leg.asked), at + ASK_NO_SOONER)


def hasten(secret: str, leg_no: str | None, *, at: datetime) -> NoticeAck | None:
    """A notice came: ask sooner. It settles nothing, however well it is signed; None when the address is not ours.

    Without a leg number the notice stands for everything open on that account.
    """
    legs = Leg.objects.filter(account__notice_secret=secret)
    if leg_no is not None:
        legs = legs.filter(leg_no=leg_no)
    first = legs.only("channel", "leg_no").first()
    if first is None:
        return None
    # while an order is being spoken the notice may overtake the answer: `_next_ask` sees that it came
    legs.filter(state=LegState.SENDING).update(due_at=at)
    open_legs = legs.filter(state__in=[LegState.ACCEPTED, LegState.IN_DOUBT], due_at__gt=at)
    open_legs.filter(Q(asked_at=None) | Q(asked_at__lte=at - HASTEN_GAP)).update(due_at=at)
    open_legs.filter(asked_at__gt=at - HASTEN_GAP).update(due_at=F("asked_at") + HASTEN_GAP)
    return capability.get(first.channel).notice_ack


def accept_by_hand(legs: Iterable[Leg], changes: Changes) -> None:
    """Cash and transfers are accepted at once: from here on a person has the next step."""
    for leg in legs:
        if leg.route in BY_HAND:
            changes.move(leg, Event.SEND, by="system")
            changes.move(leg, Event.ACCEPT, by="system")
