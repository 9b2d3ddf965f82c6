"""Many refunds under one decision: drafted by a manager, tried without changing anything, approved by others, then run by the worker.

The rows of a batch and what is written down about it; `batch_decisions` tries and decides it, `batch_runs` opens its refunds.
Amounts in fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import Q, QuerySet

from sudapos.core import batches, calendar, masking
from sudapos.core.authority import Act
from sudapos.core.batches import BatchState, ItemState, Kind
from sudapos.core.lifecycle import IllegalMove
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal
from sudapos.core.rules import REASONS

from . import audit, staff
from .approvals import Approval
from .staff import Operator

AT_MOST = 10_000
"""Items of one batch."""


class RefundBatch(models.Model):
    """One batch 批次. `fingerprint` is of its live items as the last dry run found them; `asked` says how it was gathered."""

    batch_no = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=8, choices=[(k.value, k.value) for k in Kind])
    title = models.CharField(max_length=120)
    reason = models.CharField(max_length=20)
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in BatchState])
    store = models.ForeignKey("books.Store", null=True, on_delete=models.PROTECT, related_name="+")
    """The one store that it belongs to; empty: all."""
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    asked = models.JSONField(default=dict)
    count = models.IntegerField(default=0)
    total = models.BigIntegerField(default=0)
    needed = ArrayField(models.CharField(max_length=16), default=list)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    created_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(total__gte=0), name="batch_total_not_negative")
        ]

    def __str__(self) -> str:
        return self.batch_no


class BatchItem(models.Model):
    """One refund to be: what is asked of which sale, what the dry run said, and the refund once it is open."""

    batch = models.ForeignKey(RefundBatch, on_delete=models.PROTECT, related_name="items")
    item_no = models.IntegerField()
    sale_no = models.CharField(max_length=64)
    lines = models.JSONField(default=list)
    """[line_no, thousandths of a unit] each; without lines and amount it is everything."""
    amount = models.BigIntegerField(null=True)
    reason = models.CharField(max_length=20)
    state = models.CharField(max_length=8, choices=[(s.value, s.value) for s in ItemState])
    total = models.BigIntegerField(default=0)
    mark = models.CharField(max_length=64, blank=True, default="")
    """The fingerprint that its refund must have."""
    decision = models.CharField(max_length=8, blank=True, default="")
    reasons = models.JSONField(default=list)
    roles = models.JSONField(default=list)
    legs = models.JSONField(default=list)
    accounts = models.JSONField(default=list)
    by_hand = models.BooleanField(default=False)
    """Somebody has to hand it over: cash waits until the customer comes."""
    code = models.CharField(max_length=64, blank=True, default="")
    facts = models.JSONField(default=dict)
    refund = models.OneToOneField(
        "books.Refund", null=True, on_delete=models.PROTECT, related_name="batch_item"
    )

    class Meta:
        ordering: ClassVar[list[str]] = ["item_no"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["batch", "state", "item_no"], name="batch_item_next")
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["batch", "item_no"], name="item_no_once_per_batch"),
            models.UniqueConstraint(fields=["batch", "sale_no"], name="sale_once_per_batch"),
            models.CheckConstraint(
                condition=Q(state="opened", refund__isnull=False) | ~Q(state="opened") & Q(refund=None),
                name="opened_item_has_its_refund",
            ),
        ]


class BatchApproval(models.Model):
    """One person's yes or no to a batch as it stood. Append-only by trigger."""

    batch = models.ForeignKey(RefundBatch, on_delete=models.PROTECT, related_name="approvals")
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    decision = models.CharField(max_length=8, choices=Approval.Decision.choices)
    note = models.CharField(max_length=200, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["batch", "operator", "fingerprint"],
                condition=Q(decision="approve"),
                name="one_yes_per_person_and_batch",
            ),
            models.UniqueConstraint(
                fields=["batch", "role", "fingerprint"],
                condition=Q(decision="approve"),
                name="one_yes_per_role_and_batch",
            ),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of one sale: lines (number, thousandths), or an amount in fen without goods; neither: everything."""

    sale_no: str
    lines: tuple[tuple[int, int], ...] = ()
    amount: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A batch to be; `asked` is plain JSON: the search, or the file and the rows that could not be read."""

    kind: str
    title: str
    asks: Sequence[Ask]
    reason: str = ""
    asked: Mapping[str, Any] = field(default_factory=dict)


def may_make(operator: Operator) -> bool:
    """A batch is made by a manager: whoever both makes refunds and approves them (domain §8.2)."""
    return operator.may(Act.MAKE_REFUND) and operator.may(Act.APPROVE)


def may_steer(operator: Operator) -> bool:
    """Start, pause, resume and cancel: whoever may make or approve one."""
    return operator.may(Act.APPROVE) or operator.may(Act.APPROVE_HIGH)


def require_maker(operator: Operator) -> None:
    """Raise Forbidden for whoever may not draft, check or drop."""
    staff.require(operator, Act.MAKE_REFUND)
    staff.require(operator, Act.APPROVE)


@transaction.atomic
def draft(wanted: Draft, *, operator: Operator, at: datetime) -> RefundBatch:
    """Write a batch down. Raises Forbidden, Invalid for its words, Refusal batch_empty, batch_too_big or sale_twice."""
    require_maker(operator)
    _check_words(wanted)
    sales = [ask.sale_no for ask in wanted.asks]
    if not sales:
        raise Refusal("batch_empty")
    if len(sales) > AT_MOST:
        raise Refusal("batch_too_big", count=len(sales), most=AT_MOST)
    if len(set(sales)) != len(sales):
        raise Refusal("sale_twice", sale_no=next(n for n in sales if sales.count(n) > 1))
    reason = wanted.reason or batches.REASON_OF[wanted.kind]
    batch = RefundBatch.objects.create(
        batch_no=_number(at),
        kind=wanted.kind,
        title=masking.scan(wanted.title.strip())[:120],
        reason=reason,
        state=BatchState.DRAFT,
        store_id=operator.store_id,
        operator=operator,
        asked=dict(wanted.asked),
        count=len(sales),
        created_at=at,
    )
    BatchItem.objects.bulk_create(
        BatchItem(
            batch=batch,
            item_no=number,
            sale_no=ask.sale_no[:64],
            lines=[list(line) for line in ask.lines],
            amount=ask.amount,
            reason=ask.reason or reason,
            state=ItemState.NEW,
        )
        for number, ask in enumerate(wanted.asks, 1)
    )
    audit.write([act("batch.drafted", batch, operator.code, kind=wanted.kind, count=len(sales))], at=at)
    return batch


def _check_words(wanted: Draft) -> None:
    errors = []
    if wanted.kind not in set(Kind):
        errors.append(FieldError(("kind",), "not_offered"))
    if not wanted.title.strip():
        errors.append(FieldError(("title",), "missing"))
    if any(reason and reason not in REASONS for reason in {wanted.reason, *(a.reason for a in wanted.asks)}):
        errors.append(FieldError(("reason",), "unknown_reason"))
    if errors:
        raise Invalid("input_invalid", errors=errors)


def _number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_batch_number')")
        return f"B{at.astimezone(calendar.SHANGHAI):%y%m%d}{cursor.fetchone()[0]:04d}"


def refuse_again(digest: str) -> None:
    """The same file or list becomes one batch, unless that was cancelled. Raises Conflict batch_file_known."""
    rows = RefundBatch.objects.filter(asked__digest=digest).exclude(state=BatchState.CANCELLED)
    known = rows.values_list("batch_no", flat=True).first()
    if known is not None:
        raise Conflict("batch_file_known", batch_no=known)


def get(batch_no: str, *, operator: Operator | None = None) -> RefundBatch:
    """One batch, if this person may see it. Raises NotFound, Forbidden other_store."""
    return _seen(_rows().filter(batch_no=batch_no).first(), batch_no, operator)


def _seen(batch: RefundBatch | None, batch_no: str, operator: Operator | None) -> RefundBatch:
    if batch is None:
        raise NotFound("batch_not_found", batch_no=batch_no)
    if operator is not None and operator.store_id is not None and operator.store_id != batch.store_id:
        raise Forbidden("other_store", operator=operator.code, store=batch.store.code if batch.store else "*")
    return batch


def find(
    *, operator: Operator | None = None, store: str = "", before: int | None = None, limit: int = 50
) -> list[RefundBatch]:
    """Newest first; who belongs to a store sees her own store's."""
    rows = _rows().filter(store__code=store) if store else _rows()
    if operator is not None and operator.store_id is not None:
        rows = rows.filter(store_id=operator.store_id)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def _rows() -> QuerySet[RefundBatch]:
    return RefundBatch.objects.select_related("store", "operator").prefetch_related("approvals__operator")


def lock(batch_no: str, operator: Operator | None = None) -> RefundBatch:
    """The batch, nobody else's until the commit. Raises NotFound, Forbidden other_store."""
    rows = RefundBatch.objects.select_for_update(of=("self",)).select_related("store", "operator")
    return _seen(rows.filter(batch_no=batch_no).first(), batch_no, operator)


def move(batch: RefundBatch, name: str) -> None:
    """Walk one step of the table. Raises Conflict batch_state."""
    try:
        after = batches.advance(BatchState(batch.state), name)
    except IllegalMove:
        raise Conflict("batch_state", batch_no=batch.batch_no, batch_state=batch.state) from None
    RefundBatch.objects.filter(pk=batch.pk).update(state=after)
    batch.refresh_from_db(fields=["state"])


def act(name: str, batch: RefundBatch, by: str, **facts: Any) -> audit.Act:
    """What was done to a batch, for the audit log."""
    return audit.Act(
        act=name,
        subject="batch",
        subject_no=batch.batch_no,
        by=by,
        store=batch.store.code if batch.store else "",
        facts=facts,
    )
