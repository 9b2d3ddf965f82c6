"""What the world should hear: one row per thing that happened, written with the act itself and delivered later by `ops`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, models

from .recipients import Recipient

EVENTS = (
    "sale.ingested",
    "deposit.taken",
    "deposit.ended",
    "refund.opened",
    "refund.referred",
    "refund.approved",
    "refund.rejected",
    "refund.done",
    "leg.accepted",
    "leg.settled",
    "leg.failed",
    "leg.bounced",
    "leg.in_doubt",
    "leg.short",
    "leg.overdue",
    "refund.overdue",
    "cash.left",
    "finding.opened",
    "drawer.short",
    "period.closed",
    "invoice.due",
    "batch.done",
    "case.opened",
    "coupon.returned",
    "card.hand_back_waits",
    "card.handed_back",
    "compensation.asked",
    "compensation.paid",
)
"""Everything that may be told, by name; the names are stable, because webhooks carry them."""


class Message(models.Model):
    """One thing that happened. `once` makes it the only message about that thing, however often it is noticed."""

    event = models.CharField(max_length=32)
    subject = models.CharField(max_length=16)
    subject_no = models.CharField(max_length=64)
    store = models.CharField(max_length=16, blank=True, default="")
    facts = models.JSONField(default=dict)
    once = models.CharField(max_length=160, unique=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "subject_no"], name="messages_of_a_subject")]

    def __str__(self) -> str:
        return self.once


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be; `subject` is the kind of row (refund, leg, finding …) and `subject_no` its number.

    `again` tells a second occurrence of the same thing apart (the number of a move, say); empty: once for ever.
    Facts are plain JSON without anybody's name or number: amounts in fen, moments ISO 8601.
    """

    event: str
    subject: str
    subject_no: str
    store: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    again: str = ""


class Delivery(models.Model):
    """One message on its way to one recipient; the row is the queue (architecture §5.5)."""

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    recipient = models.ForeignKey(Recipient, on_delete=models.PROTECT, related_name="deliveries")
    state = models.CharField(max_length=6, default="due")
    """due, sent, moot (somebody had acted before it went out) or failed."""
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    error = models.CharField(max_length=64, blank=True, default="")
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "recipient"], name="told_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["due", "sent", "moot", "failed"]), name="delivery_state"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="deliveries_due", condition=models.Q(state="due")),
            models.Index(fields=["done_at"], name="deliveries_failed", condition=models.Q(state="failed")),
        ]


def write(drafts: Sequence[Draft], *, at: datetime) -> None:
    """Keep the messages in the caller's transaction: what is rolled back was never said. A repeat is none.

    One statement, whatever the number: it also puts each new message into the queue of everybody who wants it.
    """
    for draft in drafts:
        if draft.event not in EVENTS:
            raise ValueError(f"no such event: {draft.event}")
    if not drafts:
        return
    told: dict[str, Any] = {
        "at": at,
        "facts": [json.dumps(dict(d.facts)) for d in drafts],
        "once": [f"{d.event}:{d.subject_no}:{d.again}" for d in drafts],
        **{name: [getattr(d, name) for d in drafts] for name in ("event", "subject", "subject_no", "store")},
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, told)


_WRITE = """
WITH fresh AS (
    INSERT INTO books_message (event, subject, subject_no, store, facts, once, at)
    SELECT v.event, v.subject, v.subject_no, v.store, v.facts::jsonb, v.once, %(at)s
    FROM unnest(%(event)s::text[], %(subject)s::text[], %(subject_no)s::text[], %(store)s::text[], %(facts)s::text[],
        %(once)s::text[]) AS v(event, subject, subject_no, store, facts, once)
    ON CONFLICT (once) DO NOTHING
    RETURNING id, event, store
)
INSERT INTO books_delivery (message_id, recipient_id, state, due_at, tries, error)
SELECT f.id, r.id, 'due',
    %(at)s::timestamptz + make_interval(mins => CASE WHEN r.kind = 'webhook' THEN 0
        WHEN r.escalate_minutes > 0 THEN r.escalate_minutes ELSE r.group_minutes END), 0, ''
FROM fresh f JOIN books_recipient r ON r.active AND f.event = ANY(r.events) AND r.store IN ('', f.store)
"""


def wanted(event: str) -> bool:
    """Whether anybody asked to hear of this; for what happens too often to be kept for nobody (a sale)."""
    return Recipient.objects.filter(active=True, events__contains=[event]).exists()
