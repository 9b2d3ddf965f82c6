"""Legs on their way: claimed for a call, hastened by a notice, accepted where people move the money.

What a channel answers is in `answers`, what people do to a leg in `remedies`; every change goes through
`Changes.move`, leaves a Move behind, and is booked in the same commit.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, Q, QuerySet

from sudapos.core import capability, sentences
from sudapos.core.capability import NoticeAck
from sudapos.core.lifecycle import OPEN_STATES, Event, LegState
from sudapos.core.outcome import Order, Route, Verb

from .changes import BY_HAND, Changes
from .legs import Attempt, Leg
from .shops import Merchant

ASK_NO_SOONER = timedelta(seconds=1)
ASK_DAILY = timedelta(days=1)
ASK_BOUNCED_FOR = timedelta(days=30)
"""A refund that came back may be paid after all, by the channel or in its portal: it is asked about daily this long."""
HASTEN_AT_MOST = 500
"""Legs that one notice may hurry; the others keep their own rhythm."""
HASTEN_GAP = timedelta(seconds=2)
"""A notice, true or forged, makes us ask sooner, but not more often than this."""


@transaction.atomic
def claim(limit: int, *, at: datetime, background: int | None = None) -> list[Order]:
    """Take up to `limit` due legs and write the attempt down before a byte leaves; of batches no more than `background`.

    What you claimed is yours until the lease ends; then it counts as "no answer". Any number of workers may call.
    """
    changes = Changes(at)
    lost = list(
        Leg.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("payment", "account", "refund__store")
        .defer("account__config")
        .filter(state=LegState.SENDING, lease_until__lte=at)
        .order_by("id")[:limit]
    )
    for leg in lost:
        changes.move(leg, Event.LOSE, by="worker", code="lease_over")
        leg.error_code, leg.error_message = "lease_over", ""
        leg.due_at, leg.lease_until = next_ask(leg, changes), None
    due = list(
        Leg.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("payment__origin", "account", "refund__store")
        .defer("account__config")
        .filter(Q(state__in=OPEN_STATES - {LegState.SENDING}) | Q(recheck=True), due_at__lte=at)
        .exclude(state=LegState.READY, alarm__gt="")
        .exclude(Q(state=LegState.READY), Exists(_stopped()))
        .filter(Q(lease_until=None) | Q(lease_until__lte=at), account__isnull=False)
        .exclude(route__in=BY_HAND)
        .order_by("background", "due_at", "id")[:limit]
    )
    if background is not None:
        counter = [leg for leg in due if not leg.background]
        due = counter + [leg for leg in due if leg.background][:background]
    attempts = [_begin(leg, changes, at) for leg in due]
    Attempt.objects.bulk_create(attempts)
    changes.write(lost + due)
    return [order_of(leg, attempt) for leg, attempt in zip(due, attempts, strict=True)]


def _stopped() -> QuerySet[Merchant]:
    """A row while the books stand on a backup: then we ask about what is on its way, and send nothing."""
    return Merchant.objects.filter(restored_at__isnull=False)


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


def order_of(leg: Leg, attempt: Attempt) -> Order:
    payment, account = leg.payment.source, leg.account
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


def next_ask(leg: Leg, changes: Changes) -> datetime:
    """When to ask about a leg again, at the channel's rhythm or the merchant's (domain §11.1 `poll_seconds`)."""
    row, at = capability.get(leg.channel), changes.at
    sent_at = leg.last_sent_at or at
    if leg.due_at > max(sent_at, leg.asked_at or sent_at):
        return at + ASK_NO_SOONER  # a notice came while we were speaking
    if capability.given_up(row, first_sent_at=leg.first_sent_at or at, at=at):
        return at + ASK_DAILY
    offsets = changes.rules.poll_seconds.get(leg.channel, ())
    return max(capability.ask_at(row, sent_at=sent_at, asked=leg.asked, offsets=offsets), at + ASK_NO_SOONER)


@transaction.atomic
def hasten(secret: str, leg_no: str | None, *, at: datetime) -> NoticeAck | None:
    """A notice came: ask sooner. It settles nothing, however well it is signed; None when the address is not ours.

    Without a leg number the notice stands for everything open on that account. A leg that is settled, bounced or
    failed is asked about once more: what came back later, or was paid after all, is told by notices first.
    """
    legs = Leg.objects.filter(account__notice_secret=secret)
    if leg_no is not None:
        spoken = Attempt.objects.filter(leg_no=leg_no, leg__account__notice_secret=secret).values("leg_id")
        legs = legs.filter(Q(leg_no=leg_no) | Q(pk__in=spoken))
    first = legs.only("channel", "leg_no").first()
    if first is None:
        return None
    if leg_no is None:
        legs = legs.filter(Q(state__in=OPEN_STATES) | Q(recheck=True))
    hurried = list(
        legs.exclude(route__in=BY_HAND)
        .exclude(state=LegState.READY)
        .exclude(last_sent_at=None)
        .select_for_update(skip_locked=True, of=("self",))
        .order_by("id")[:HASTEN_AT_MOST]
    )
    by_kind: dict[bool, list[int]] = {True: [], False: []}
    for leg in hurried:
        by_kind[leg.state in OPEN_STATES].append(leg.pk)
    Leg.objects.filter(pk__in=by_kind[False]).update(recheck=True)
    # while an order is being spoken the notice may overtake the answer: `next_ask` sees that it came
    Leg.objects.filter(pk__in=by_kind[True], state=LegState.SENDING).update(due_at=at)
    waiting = Leg.objects.filter(pk__in=[leg.pk for leg in hurried]).exclude(state=LegState.SENDING)
    waiting.filter(Q(asked_at=None) | Q(asked_at__lte=at - HASTEN_GAP)).update(due_at=at)
    waiting.filter(asked_at__gt=at - HASTEN_GAP).update(due_at=F("asked_at") + HASTEN_GAP)
    return capability.get(first.channel).notice_ack


def accept_by_hand(legs: Iterable[Leg], changes: Changes) -> None:
    """Cash and transfers are accepted at once: from here on a person has the next step."""
    for leg in legs:
        if leg.route in BY_HAND:
            changes.move(leg, Event.SEND, by="system")
            changes.move(leg, Event.ACCEPT, by="system")
