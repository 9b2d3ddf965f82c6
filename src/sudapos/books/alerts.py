"""Signs of fraud that somebody should look at: opened with the refund that showed them, closed by a person with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q

from sudapos.core import calendar, fraud, masking
from sudapos.core.authority import Act
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal
from sudapos.core.rules import Rules

from . import audit, staff
from .approvals import Approval
from .staff import Operator

ESCALATES_AFTER = timedelta(hours=4)
"""An alert that nobody closed shows in red from here on (domain §6.2)."""


class Alert(models.Model):
    """One sign on one subject on one day; `times` counts its repeats. What it says is never edited."""

    rule = models.CharField(max_length=4)
    store = models.CharField(max_length=16, blank=True, default="")
    operator = models.CharField(max_length=32)
    """Whose refund showed it."""
    subject = models.CharField(max_length=12)
    subject_no = models.CharField(max_length=64)
    day = models.DateField()
    times = models.IntegerField(default=1)
    facts = models.JSONField(default=dict)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=32, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["store", "opened_at"], name="alert_open", condition=Q(closed_at=None))
        ]
        constraints = [
            models.UniqueConstraint(fields=["rule", "subject", "subject_no", "day"], name="alert_once_a_day"),
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(reason=""), name="alert_is_closed_with_a_reason"
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A sign before it is written down."""

    rule: str
    store: str
    operator: str
    subject: str
    subject_no: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def open(drafts: Iterable[Draft], *, at: datetime) -> None:
    """Write signs down, in one statement whatever their number, none included; one that is there counts once more."""
    whole = list({(d.rule, d.subject, d.subject_no): d for d in drafts}.values())
    told: dict[str, Any] = {
        "day": calendar.business_date(at, cutover="00:00"),
        "at": at,
        "facts": [json.dumps(dict(d.facts)) for d in whole],
        **{name: [getattr(d, name)[:64] for d in whole] for name in ("rule", "store", "operator", "subject")},
        "subject_no": [d.subject_no[:64] for d in whole],
    }
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, told)


_OPEN = """
INSERT INTO books_alert (rule, store, operator, subject, subject_no, facts, day, times, opened_at, closed_by, reason)
SELECT v.rule, v.store, v.operator, v.subject, v.subject_no, v.facts::jsonb, %(day)s, 1, %(at)s, '', ''
FROM unnest(%(rule)s::text[], %(store)s::text[], %(operator)s::text[], %(subject)s::text[], %(subject_no)s::text[],
    %(facts)s::text[]) AS v(rule, store, operator, subject, subject_no, facts)
ON CONFLICT (rule, subject, subject_no, day) DO UPDATE SET times = books_alert.times + 1
"""


def watch_pair(maker: Operator, checker: Operator, *, store: str, rules: Rules, at: datetime) -> None:
    """One checker for nearly everything that one maker asks is worth a look (FR12); one statement."""
    week = Approval.objects.filter(
        refund__operator=maker, decision=Approval.Decision.APPROVE, at__gte=at - timedelta(days=7)
    )
    told = week.aggregate(whole=models.Count("id"), pair=models.Count("id", filter=Q(operator=checker)))
    history = fraud.History(pair_count_7d=told["pair"], pair_of_7d=told["whole"])
    rule = fraud.BY_NUMBER["FR12"]
    if rule.check(history, rules.fraud):
        facts = {name: getattr(history, name) for name in rule.facts}
        pair = f"{maker.code}+{checker.code}"
        open(
            [
                Draft(
                    rule="FR12",
                    store=store,
                    operator=maker.code,
                    subject="operator",
                    subject_no=pair,
                    facts=facts,
                )
            ],
            at=at,
        )


def find(
    *,
    operator: Operator,
    state: str = "open",
    rule: str = "",
    store: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Alert]:
    """As `of`, for one person: who belongs to a store sees her own store's. Raises Forbidden."""
    staff.require(operator, Act.SEE_ALERTS)
    if operator.store_id is not None and operator.store is not None:
        store = operator.store.code
    return of(state=state, rule=rule, store=store, before=before, limit=limit)


def of(*, state: str, rule: str, store: str, before: int | None, limit: int) -> list[Alert]:
    """Newest first; `state` is open, closed or all."""
    rows = Alert.objects.all()
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    for name, value in (("rule", rule), ("store", store)):
        if value:
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def get(number: int) -> Alert:
    """Raises NotFound."""
    row = Alert.objects.filter(pk=number).first()
    if row is None:
        raise NotFound("alert_not_found", number=number)
    return row


@transaction.atomic
def close(number: int, *, reason: str, operator: Operator, at: datetime) -> Alert:
    """Say what came of it. Nobody closes what her own refund showed. Raises NotFound, Forbidden, Conflict, Refusal note_needed."""
    staff.require(operator, Act.CLOSE_ALERT)
    if not reason.strip():
        raise Refusal("note_needed", refund_no=number)
    row = Alert.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NotFound("alert_not_found", number=number)
    staff.require_place(operator, row.store)
    if row.closed_at is not None:
        raise Conflict("alert_closed", number=number)
    if row.operator == operator.code:
        raise Forbidden("maker_is_checker", operator=operator.code)
    row.closed_at, row.closed_by, row.reason = at, operator.code, masking.scan(reason.strip())[:200]
    row.save(update_fields=["closed_at", "closed_by", "reason"])
    facts = {"rule": row.rule, "subject_no": row.subject_no, "reason": row.reason}
    act = audit.Act(
        act="alert.closed",
        subject="alert",
        subject_no=f"{row.pk}",
        by=operator.code,
        store=row.store,
        facts=facts,
    )
    audit.write([act], at=at)
    return row


def overdue(row: Alert, *, at: datetime) -> bool:
    """Whether it has waited too long for a person."""
    return row.closed_at is None and at - row.opened_at > ESCALATES_AFTER
