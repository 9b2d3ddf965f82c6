"""What the world should hear: one row per thing that happened, written with the act itself and delivered later by `ops`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models

EVENTS = (
    "sale.ingested",
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
    "finding.opened",
    "drawer.short",
    "period.closed",
    "invoice.due",
    "batch.done",
    "case.opened",
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


def write(drafts: Sequence[Draft], *, at: datetime) -> None:
    """Keep the messages in the caller's transaction: what is rolled back was never said. One statement; a repeat is none."""
    for draft in drafts:
        if draft.event not in EVENTS:
            raise ValueError(f"no such event: {draft.event}")
    rows = [
        Message(
            event=draft.event,
            subject=draft.subject,
            subject_no=draft.subject_no,
            store=draft.store,
            facts=dict(draft.facts),
            once=f"{draft.event}:{draft.subject_no}:{draft.again}",
            at=at,
        )
        for draft in drafts
    ]
    if rows:
        Message.objects.bulk_create(rows, ignore_conflicts=True)
