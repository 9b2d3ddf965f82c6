"""Differences that somebody must explain: each with a kind, an owner, a due date, entries and a history (INV-12).

Nothing is fixed silently: a difference is put in suspense by a person's act, ended by a person's act with a cause, and every step
stays. Refunds that were made in the channel's own portal hold their part of the payment, so that nobody pays it again (INV-01).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import F, Q

from sudapos.core import calendar, findings
from sudapos.core.findings import Kind
from sudapos.core.refusal import NotFound

from . import audit, ledger, outbox
from .legs import Leg
from .sales import Payment
from .shops import Account
from .statements import Statement

OPEN = "open"
SUSPENDED = "suspended"
CLOSED = "closed"
SYSTEM = "matching"
"""Who wrote what a statement showed by itself."""


class Finding(models.Model):
    """One difference. `difference` in fen as the channel's balance sees it: below zero it holds less than our books say."""

    finding_no = models.CharField(max_length=24, unique=True)
    key = models.CharField(max_length=160, unique=True)
    """What it is about, so that it is found once."""
    kind = models.CharField(max_length=20, choices=[(kind.value, kind.value) for kind in Kind])
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="findings")
    day = models.DateField()
    statement = models.ForeignKey(Statement, null=True, on_delete=models.PROTECT, related_name="findings")
    payment = models.ForeignKey(Payment, null=True, on_delete=models.PROTECT, related_name="findings")
    leg = models.ForeignKey(Leg, null=True, on_delete=models.PROTECT, related_name="findings")
    number = models.CharField(max_length=64, blank=True, default="")
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    difference = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    """Fen of `payment` that an external refund holds."""
    store = models.CharField(max_length=16, blank=True, default="")
    state = models.CharField(max_length=9, default=OPEN)
    owner = models.CharField(max_length=32)
    due_on = models.DateField()
    cause = models.CharField(max_length=16, blank=True, default="")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["due_on"], name="finding_open", condition=~Q(state="closed")),
            models.Index(fields=["account", "day"], name="finding_day"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=[OPEN, SUSPENDED, CLOSED]), name="finding_state"),
            models.CheckConstraint(
                condition=~Q(state="closed") | ~Q(cause=""), name="finding_ends_with_a_cause"
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="finding_holds_no_less_than_nothing"),
        ]

    def __str__(self) -> str:
        return self.finding_no


class FindingStep(models.Model):
    """What happened to a finding, by whom. Append-only by trigger."""

    finding = models.ForeignKey(Finding, on_delete=models.PROTECT, related_name="steps")
    at = models.DateTimeField()
    by = models.CharField(max_length=32)
    act = models.CharField(max_length=12)
    """opened, taken, noted, suspended, closed, reopened."""
    note = models.CharField(max_length=400, blank=True, default="")
    facts = models.JSONField(default=dict)
    entry = models.ForeignKey(ledger.Entry, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A difference as matching found it."""

    kind: Kind
    account: Account
    day: date
    key: str
    difference: int = 0
    number: str = ""
    ours: Mapping[str, Any] = field(default_factory=dict)
    theirs: Mapping[str, Any] = field(default_factory=dict)
    statement: Statement | None = None
    payment: Payment | None = None
    leg: Leg | None = None
    store: str = ""


@transaction.atomic
def open(drafts: Sequence[Draft], *, at: datetime) -> list[Finding]:
    """Write down what is new; what is known by its key stays as it is. Answers the new ones."""
    owners = {d.account.pk for d in drafts}
    list(Account.objects.select_for_update(of=("self",)).filter(pk__in=owners).order_by("pk"))
    known = set(Finding.objects.filter(key__in=[d.key for d in drafts]).values_list("key", flat=True))
    fresh = [d for d in {d.key: d for d in drafts}.values() if d.key not in known]
    if not fresh:
        return []
    today = calendar.business_date(at, cutover="00:00")
    rows = Finding.objects.bulk_create(
        _row(draft, number, today, at) for draft, number in zip(fresh, _numbers(len(fresh)), strict=True)
    )
    _hold(rows)
    FindingStep.objects.bulk_create(
        FindingStep(finding=row, at=at, by=SYSTEM, act="opened", facts={"difference": row.difference})
        for row in rows
    )
    outbox.write([_message(row) for row in rows], at=at)
    audit.write([act("finding.opened", row, SYSTEM) for row in rows], at=at)
    return rows


def _message(row: Finding) -> outbox.Draft:
    facts = {"kind": str(row.kind), "amount": abs(row.difference), "account": row.account.name}
    return outbox.Draft(
        event="finding.opened", subject="finding", subject_no=row.finding_no, store=row.store, facts=facts
    )


def _numbers(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_finding_number') FROM generate_series(1, %s)", [count])
        return [int(row[0]) for row in cursor.fetchall()]


def _row(draft: Draft, number: int, today: date, at: datetime) -> Finding:
    return Finding(
        finding_no=f"D{draft.day:%Y%m%d}{number:05d}",
        key=draft.key[:160],
        kind=draft.kind,
        account=draft.account,
        day=draft.day,
        statement=draft.statement,
        payment=draft.payment,
        leg=draft.leg,
        number=draft.number[:64],
        ours=dict(draft.ours),
        theirs=dict(draft.theirs),
        difference=draft.difference,
        store=draft.store,
        owner=findings.KINDS[draft.kind].owner,
        due_on=findings.due_on(draft.kind, today),
        opened_at=at,
    )


def _hold(rows: Iterable[Finding]) -> None:
    """Money that the channel already gave back cannot be promised again; as far as anything is left."""
    kinds = (Kind.EXTERNAL_REFUND, Kind.PAID_TWICE)
    away = [(r.payment.pk, r) for r in rows if r.kind in kinds and r.payment is not None]
    for number, row in sorted(away, key=lambda pair: pair[0]):
        payment = Payment.objects.select_for_update().get(pk=number)
        row.held = min(-row.difference, payment.amount - payment.promised)
        if row.held > 0:
            Payment.objects.filter(pk=payment.pk).update(promised=F("promised") + row.held)
            row.save(update_fields=["held"])


def get(finding_no: str) -> Finding:
    """Raises NotFound."""
    row = _whole().filter(finding_no=finding_no).first()
    if row is None:
        raise NotFound("finding_not_found", number=finding_no)
    return row


def _whole() -> models.QuerySet[Finding]:
    return Finding.objects.select_related(
        "account", "statement", "payment__sale", "leg__refund"
    ).prefetch_related("steps__entry__lines")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which findings to list; empty fields narrow nothing."""

    state: str = ""
    """open (not closed), suspended, closed or late."""
    kind: str = ""
    account: str = ""
    day: date | None = None
    store: str = ""
    before: int | None = None
    limit: int = 50


def find(which: Filter, *, today: date) -> list[Finding]:
    """Newest first; what is open comes in the order in which it is due."""
    rows = _whole()
    if which.state == OPEN:
        rows = rows.exclude(state=CLOSED)
    elif which.state == "late":
        rows = rows.exclude(state=CLOSED).filter(due_on__lt=today)
    elif which.state:
        rows = rows.filter(state=which.state)
    if which.kind:
        rows = rows.filter(kind=which.kind)
    if which.account:
        rows = rows.filter(account__name=which.account)
    if which.store:
        rows = rows.filter(store=which.store)
    if which.day:
        rows = rows.filter(day=which.day)
    if which.before is not None:
        rows = rows.filter(pk__lt=which.before)
    return list(rows[: which.limit])


def missing(account: Account, *, since: date) -> list[Finding]:
    """What no statement has shown so far."""
    kinds = (Kind.MISSING_PAYMENT, Kind.MISSING_REFUND)
    rows = Finding.objects.filter(account=account, kind__in=kinds, day__gte=since).exclude(state=CLOSED)
    return list(rows.select_related("payment", "leg"))


def act(name: str, row: Finding, by: str) -> audit.Act:
    facts = {"kind": row.kind, "account": row.account.name, "difference": row.difference, "state": row.state}
    return audit.Act(
        act=name,
        subject="finding",
        subject_no=row.finding_no,
        by=by,
        store=row.store,
        facts=facts | ({"cause": row.cause} if row.cause else {}),
    )
