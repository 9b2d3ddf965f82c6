"""Messages on their way out: claimed with a lease, grouped per recipient, held back in quiet hours, and never about what is over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from sudapos.core import notices
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.refusal import Conflict, NotFound

from . import audit, hand_backs, recipients, staff
from .findings import CLOSED, Finding
from .hand_backs import HandBack
from .legs import Leg
from .outbox import Delivery, Message
from .recipients import MESSAGE, Recipient
from .refunds import Refund
from .staff import Operator

LEASE = timedelta(minutes=2)
TOGETHER = 50
"""Messages in one letter at most."""
LEG_STATES = {
    "leg.in_doubt": LegState.IN_DOUBT,
    "leg.failed": LegState.FAILED,
    "leg.bounced": LegState.BOUNCED,
    "leg.short": LegState.READY,
    "leg.overdue": LegState.ACCEPTED,
}
"""What a leg must still be for its message to be worth telling."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes out at once to one recipient: several messages, or one for a webhook."""

    recipient: Recipient
    deliveries: Sequence[Delivery] = field(default_factory=list)

    @property
    def messages(self) -> list[Message]:
        return [delivery.message for delivery in self.deliveries]


@transaction.atomic
def claim(*, at: datetime, limit: int = 8) -> list[Letter]:
    """Letters that are due, leased to the caller. What somebody has acted on meanwhile is not told (and marked moot)."""
    due = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(Q(lease_until=None) | Q(lease_until__lte=at), state="due", due_at__lte=at)
        .select_related("recipient", "message")
        .order_by("due_at", "id")[: limit * TOGETHER]
    )
    found: dict[int, list[Delivery]] = {}
    for delivery in due:
        found.setdefault(delivery.recipient_id, []).append(delivery)
    letters: list[Letter] = []
    for rows in list(found.values())[:limit]:
        letters += _letters(rows[0].recipient, rows, at)
    for letter in letters:
        Delivery.objects.filter(pk__in=[d.pk for d in letter.deliveries]).update(lease_until=at + LEASE)
    return letters


def _letters(recipient: Recipient, rows: list[Delivery], at: datetime) -> list[Letter]:
    if not recipient.active:
        _end(rows, "moot", at)
        return []
    if recipient.kind != MESSAGE:
        return [Letter(recipient, [row]) for row in rows[:TOGETHER]]
    quiet = notices.quiet_until(at, recipient.quiet_hours)
    if quiet is not None:
        Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=quiet)
        return []
    if recipient.escalate_minutes == 0:
        rows = [*rows, *_following(recipient, rows)]
    over = moot([row.message for row in rows])
    _end([row for row in rows if row.message_id in over], "moot", at)
    left = [row for row in rows if row.message_id not in over][:TOGETHER]
    return [Letter(recipient, left)] if left else []


def _following(recipient: Recipient, rows: Sequence[Delivery]) -> list[Delivery]:
    """What is not due yet but goes into the same letter; one that failed before waits for its own hour."""
    later = (
        Delivery.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(recipient=recipient, state="due", lease_until=None, tries=0)
        .exclude(pk__in=[row.pk for row in rows])
        .select_related("message")
        .order_by("id")
    )
    return list(later[:TOGETHER])


def _end(rows: Sequence[Delivery], state: str, at: datetime) -> None:
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(state=state, done_at=at, lease_until=None)


def moot(messages: Sequence[Message]) -> set[int]:
    """Those whose matter is over: a leg that moved on, a refund that was decided, a finding that was closed."""
    by_subject: dict[str, set[str]] = {}
    for message in messages:
        by_subject.setdefault(message.event, set()).add(message.subject_no)
    live = {event: _live(event, numbers) for event, numbers in by_subject.items()}
    return {m.pk for m in messages if (still := live[m.event]) is not None and m.subject_no not in still}


def _live(event: str, numbers: Collection[str]) -> set[str] | None:
    """The numbers that still wait for somebody; None: the event is a fact that is never over."""
    if event in LEG_STATES:
        legs = Leg.objects.filter(leg_no__in=numbers, state=LEG_STATES[event])
        if event == "leg.short":
            legs = legs.filter(error_code="not_enough_balance")
        return set(legs.values_list("leg_no", flat=True))
    if event == "refund.referred":
        waiting = Refund.objects.filter(refund_no__in=numbers, state=RefundState.AWAITING)
        return set(waiting.values_list("refund_no", flat=True))
    if event == "card.hand_back_waits":
        asked = HandBack.objects.filter(number__in=numbers, state=hand_backs.AWAITING)
        return set(asked.values_list("number", flat=True))
    if event == "finding.opened":
        waiting_findings = Finding.objects.filter(finding_no__in=numbers).exclude(state=CLOSED)
        return set(waiting_findings.values_list("finding_no", flat=True))
    return None


@transaction.atomic
def sent(letter: Letter, *, at: datetime) -> None:
    """The other side took it."""
    _end(letter.deliveries, "sent", at)


@transaction.atomic
def not_sent(letter: Letter, error: str, *, at: datetime, gone: bool = False) -> None:
    """The other side did not take it: tried again later, and in the end left to people. `gone` stops the recipient (410)."""
    for row in letter.deliveries:
        row.tries += 1
        row.error, row.lease_until = error[:64], None
        again = None if gone else notices.again_at(at, tries=row.tries)
        if again is None:
            row.state, row.done_at = "failed", at
        else:
            row.due_at = again
        row.save(update_fields=["tries", "error", "lease_until", "state", "done_at", "due_at"])
    if gone:
        recipients.gone(letter.recipient.pk, at=at)
    failed = [row for row in letter.deliveries if row.state == "failed"]
    if failed:
        facts = {"messages": [row.message.once[:80] for row in failed], "error": error[:64]}
        act = audit.Act(
            act="notice.failed",
            subject="recipient",
            subject_no=letter.recipient.name,
            by="worker",
            result="failed",
            facts=facts,
        )
        audit.write([act], at=at)


def undelivered() -> list[Delivery]:
    """What could not be told to anybody, oldest first; finance's desk shows it."""
    rows = Delivery.objects.filter(state="failed").select_related("message", "recipient")
    return list(rows.order_by("done_at", "id")[:TOGETHER])


@transaction.atomic
def again(number: int, *, operator: Operator, at: datetime) -> Delivery:
    """A person mended the address: try once more. Raises Forbidden, NotFound, Conflict."""
    staff.require(operator, Act.CHANGE_SETTINGS)
    row = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("recipient", "message")
        .filter(pk=number)
        .first()
    )
    if row is None:
        raise NotFound("delivery_not_found", number=number)
    if row.state != "failed":
        raise Conflict("delivery_not_failed", number=number)
    row.state, row.due_at, row.tries, row.done_at = "due", at, 0, None
    row.save(update_fields=["state", "due_at", "tries", "done_at"])
    act = audit.Act(
        act="notice.again",
        subject="recipient",
        subject_no=row.recipient.name,
        by=operator.code,
        facts={"message": row.message.once[:80]},
    )
    audit.write([act], at=at)
    return row


def latest(recipient: Recipient, *, limit: int = 30) -> list[Delivery]:
    """What this recipient was told last, newest first."""
    rows = Delivery.objects.filter(recipient=recipient).select_related("message")
    return list(rows.order_by("-id")[:limit])
