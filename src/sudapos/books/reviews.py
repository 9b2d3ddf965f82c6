"""What one person did alone and another looks at afterwards: opened with the act, closed with a note by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.db import models, transaction
from django.db.models import F, Q

from sudapos.core import masking
from sudapos.core.authority import Role
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound

from . import audit, staff
from .staff import Operator

REVIEWERS = frozenset({Role.OWNER, Role.AUDITOR})
"""Whoever looks afterwards has no part in the business of the day (domain §8.1)."""


class Review(models.Model):
    """One act that waits to be looked at. What was done is never edited; a review is closed once."""

    subject = models.CharField(max_length=16)
    subject_no = models.CharField(max_length=64)
    store = models.CharField(max_length=16, blank=True, default="")
    by = models.CharField(max_length=32)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=32, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["subject", "subject_no"], name="review_once"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | (~Q(note="") & ~Q(closed_by=F("by"))),
                name="review_is_closed_by_another",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What was done alone."""

    subject: str
    subject_no: str
    by: str
    store: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def open(draft: Draft, *, at: datetime) -> Review:
    """Put it on the list; the caller's transaction carries it."""
    return Review.objects.create(
        subject=draft.subject,
        subject_no=draft.subject_no,
        store=draft.store,
        by=draft.by,
        facts=dict(draft.facts),
        opened_at=at,
    )


def may_close(operator: Operator) -> bool:
    """Whether this person looks at what others did alone."""
    return operator.is_active and any(role in REVIEWERS for role in operator.roles)


def listed(*, state: str = "open", store: str = "", limit: int = 100) -> list[Review]:
    """Newest first; `state` is open, closed or all."""
    rows = Review.objects.filter(store=store) if store else Review.objects.all()
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    return list(rows[:limit])


@transaction.atomic
def close(number: int, *, operator: Operator, note: str, at: datetime) -> Review:
    """Say what was found. Raises Forbidden may_not or maker_is_checker, NotFound, Conflict review_closed, Invalid."""
    if not may_close(operator):
        raise Forbidden("may_not", operator=operator.code, act="review")
    if not note.strip():
        raise Invalid("input_invalid", errors=[FieldError(("note",), "missing")])
    row = Review.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NotFound("review_not_found", number=number)
    staff.require_place(operator, row.store)
    if row.closed_at is not None:
        raise Conflict("review_closed", number=number, by=row.closed_by)
    if row.by == operator.code:
        raise Forbidden("maker_is_checker", operator=operator.code)
    row.closed_at, row.closed_by, row.note = at, operator.code, masking.scan(note.strip())[:200]
    row.save(update_fields=["closed_at", "closed_by", "note"])
    facts = {"of": row.subject_no, "made_by": row.by, "note": row.note}
    act = audit.Act(
        act="review.closed",
        subject="review",
        subject_no=str(row.pk),
        by=operator.code,
        store=row.store,
        facts=facts,
    )
    audit.write([act], at=at)
    return row
