"""Red invoice tasks: opened with the promise of a refund whose sale was invoiced, worked on by finance (R-16).

What a task is about never changes; its moves are append-only. The money does not wait for any of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Q

from sudapos.core import invoices, masking
from sudapos.core.authority import Act
from sudapos.core.invoices import Invoice, Part, Step
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound, Refusal

from . import audit, outbox, shops, staff
from .refunds import Refund, RefundCharge, RefundLine
from .sales import Sale
from .staff import Operator

RED_NUMBER = re.compile(r"[0-9A-Za-z]{8,40}")
AT_MOST = 200
"""Forms that one pass lets lapse."""


class RedInvoice(models.Model):
    """One task. `blue_no` is the invoice that the refund takes back from; `due_at` when somebody must have acted."""

    task_no = models.CharField(max_length=40, unique=True)
    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="red_invoices")
    follows = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    """The task whose form lapsed."""
    store = models.CharField(max_length=16, blank=True, default="")
    blue_no = models.CharField(max_length=40)
    state = models.CharField(max_length=16, choices=[(s.value, s.value) for s in Invoice])
    reason_code = models.CharField(max_length=20)
    special = models.BooleanField(null=True)
    """Whether the blue one is a 专用发票; None until finance says."""
    form_no = models.CharField(max_length=40, blank=True, default="")
    red_no = models.CharField(max_length=40, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["due_at"], name="red_invoice_due", condition=Q(state__in=sorted(invoices.OPEN))
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["red_no"], name="red_number_once", condition=~Q(red_no="")),
            models.CheckConstraint(condition=~Q(red_no=F("blue_no")), name="red_number_is_its_own"),
            models.CheckConstraint(
                condition=~Q(state="red_issued") | ~Q(red_no=""), name="issued_has_a_red_number"
            ),
            models.CheckConstraint(
                condition=~Q(state="waiting_confirm") | Q(due_at__isnull=False), name="a_form_has_its_hour"
            ),
        ]


class RedPart(models.Model):
    """One line of a red invoice. Append-only by trigger."""

    task = models.ForeignKey(RedInvoice, on_delete=models.PROTECT, related_name="parts")
    name = models.CharField(max_length=200)
    vat_bp = models.IntegerField()
    amount = models.BigIntegerField()
    tax = models.BigIntegerField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gte=0, tax__gte=0, tax__lte=F("amount")), name="tax_within_red_part"
            )
        ]


class RedMove(models.Model):
    """One step of a task. Append-only by trigger."""

    task = models.ForeignKey(RedInvoice, on_delete=models.PROTECT, related_name="moves")
    step = models.CharField(max_length=12)
    before = models.CharField(max_length=16, blank=True, default="")
    after = models.CharField(max_length=16)
    by = models.CharField(max_length=32)
    note = models.CharField(max_length=200, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What finance types with a step; each step needs some of it."""

    red_no: str = ""
    form_no: str = ""
    reason_code: str = ""
    special: bool | None = None
    note: str = ""


def open(refunds: Sequence[Refund], *, at: datetime) -> list[audit.Act]:
    """Tasks for refunds of invoiced sales, in the caller's transaction; nothing is asked where no sale was invoiced.

    Money out of kindness leaves revenue alone and has none (J22). Returns the audit acts, which come last in a commit.
    """
    due = [refund for refund in refunds if refund.sale.invoice_no and not refund.is_goodwill]
    if not due:
        return []
    parts, goods = _parts(due)
    tasks = [
        RedInvoice(
            task_no=f"{refund.refund_no}H1",
            refund=refund,
            store=refund.store.code,
            blue_no=refund.sale.invoice_no,
            state=Invoice.BLUE_ISSUED,
            reason_code=invoices.reason_code(refund.reason, goods_back=refund.pk in goods),
            opened_at=at,
            due_at=at + invoices.START_WITHIN,
        )
        for refund in due
    ]
    _write(tasks, [parts[task.refund_id] for task in tasks], step="open", at=at)
    return [_act("invoice.opened", task, task.refund.operator.code) for task in tasks]


def _parts(refunds: Sequence[Refund]) -> tuple[dict[int, list[Part]], set[int]]:
    """Lines and charges of each refund with their rates, and which refunds have goods coming back."""
    parts: dict[int, list[Part]] = {refund.pk: [] for refund in refunds}
    goods: set[int] = set()
    lines = RefundLine.objects.filter(refund__in=refunds).select_related("sale_line").order_by("id")
    for line in lines:
        sold = line.sale_line
        parts[line.refund_id].append(
            Part(sold.name, sold.vat_bp, line.amount + line.fee, line.tax + line.fee_tax)
        )
        goods |= {line.refund_id} if line.milli else set()
    for row in RefundCharge.objects.filter(refund__in=refunds).select_related("charge").order_by("id"):
        parts[row.refund_id].append(Part(row.charge.name, row.charge.vat_bp, row.amount, row.tax))
    return parts, goods


def _write(tasks: Sequence[RedInvoice], parts: Sequence[Sequence[Part]], *, step: str, at: datetime) -> None:
    RedInvoice.objects.bulk_create(tasks)
    RedPart.objects.bulk_create(
        RedPart(task=task, name=part.name, vat_bp=part.vat_bp, amount=part.amount, tax=part.tax)
        for task, each in zip(tasks, parts, strict=True)
        for part in each
    )
    RedMove.objects.bulk_create(
        RedMove(task=task, step=step, after=task.state, by="system", at=at) for task in tasks
    )
    _tell(tasks, step, at)


def _tell(tasks: Sequence[RedInvoice], why: str, at: datetime) -> None:
    outbox.write(
        [
            outbox.Draft(
                event="invoice.due",
                subject="invoice",
                subject_no=task.task_no,
                store=task.store,
                facts={"why": why, "state": task.state, "due_at": task.due_at and task.due_at.isoformat()},
                again=why,
            )
            for task in tasks
        ],
        at=at,
    )


@transaction.atomic
def step(task_no: str, which: Step, told: Told, *, operator: Operator, at: datetime) -> RedInvoice:
    """Do one step of finance, by the table of `core.invoices`.

    Raises Forbidden, NotFound, Conflict invoice_step_refused or invoice_form_lapsed, Invalid, Refusal red_number_needed,
    red_number_is_blue, red_number_used, form_number_needed, note_needed.
    """
    staff.require(operator, Act.WORK_INVOICES)
    task = _locked(task_no)
    staff.require_store(operator, task.refund.store_id, task.store)
    if task.state == Invoice.WAITING_CONFIRM and task.due_at and invoices.has_lapsed(task.due_at, at):
        raise Conflict("invoice_form_lapsed", number=task_no)
    if told.reason_code and told.reason_code not in invoices.REASON_CODES:
        raise Invalid("input_invalid", errors=[FieldError(("reason_code",), "not_offered")])
    before = task.state
    after = _after(task, which)
    _fill(task, which, told, at)
    task.state = after
    task.save()
    note = masking.scan(told.note.strip())[:200]
    RedMove.objects.create(
        task=task, step=which, before=before, after=after, by=operator.code, note=note, at=at
    )
    audit.write([_act(f"invoice.{which}", task, operator.code)], at=at)
    return task


def _after(task: RedInvoice, which: Step) -> Invoice:
    try:
        return invoices.advance(Invoice(task.state), which)
    except invoices.IllegalStep:
        raise Conflict("invoice_step_refused", number=task.task_no, invoice_state=task.state) from None


def _fill(task: RedInvoice, which: Step, told: Told, at: datetime) -> None:
    """What each step leaves on the task."""
    task.reason_code = told.reason_code or task.reason_code
    task.special = task.special if told.special is None else told.special
    if which is Step.ASK_BUYER:
        if not told.form_no.strip():
            raise Refusal("form_number_needed")
        hours = shops.rules_of(shops.merchant()).due_days["red_invoice_confirm_hours"]
        task.form_no, task.due_at = masking.scan(told.form_no.strip())[:40], at + timedelta(hours=hours)
    elif which is Step.ISSUE:
        task.red_no, task.due_at = _red_number(task, told.red_no.strip()), None
    elif which is Step.GIVE_UP:
        if not told.note.strip():
            raise Refusal("note_needed", refund_no=task.refund.refund_no)
        task.note, task.due_at = masking.scan(told.note.strip())[:200], None


def _red_number(task: RedInvoice, number: str) -> str:
    """A number of its own: no blue one of ours, and of no other task."""
    if not RED_NUMBER.fullmatch(number):
        raise Refusal("red_number_needed")
    if number == task.blue_no or Sale.objects.filter(invoice_no=number).exists():
        raise Refusal("red_number_is_blue", number=number)
    if RedInvoice.objects.filter(red_no=number).exclude(pk=task.pk).exists():
        raise Refusal("red_number_used", number=number)
    return number


def _locked(task_no: str) -> RedInvoice:
    rows = RedInvoice.objects.select_for_update(of=("self",)).select_related("refund__store")
    task = rows.filter(task_no=task_no).first()
    if task is None:
        raise NotFound("invoice_not_found", number=task_no)
    return task


@transaction.atomic
def lapse(*, at: datetime) -> int:
    """Forms whose 72 hours are over lapse, each with a task that follows it; how many. A second worker skips the rows."""
    rows = RedInvoice.objects.select_for_update(of=("self",), skip_locked=True).select_related(
        "refund__store"
    )
    over = list(rows.filter(state=Invoice.WAITING_CONFIRM, due_at__lt=at).order_by("id")[:AT_MOST])
    if not over:
        return 0
    parts: dict[int, list[Part]] = {task.pk: [] for task in over}
    for row in RedPart.objects.filter(task__in=over).order_by("id"):
        parts[row.task_id].append(Part(row.name, row.vat_bp, row.amount, row.tax))
    for task in over:
        task.state = invoices.advance(Invoice(task.state), Step.LAPSE)
    RedInvoice.objects.bulk_update(over, ["state"])
    RedMove.objects.bulk_create(
        RedMove(
            task=task, step=Step.LAPSE, before=Invoice.WAITING_CONFIRM, after=task.state, by="worker", at=at
        )
        for task in over
    )
    _tell(over, "lapse", at)
    _write([_follower(task, at) for task in over], [parts[task.pk] for task in over], step="follow", at=at)
    audit.write([_act("invoice.lapse", task, "worker") for task in over], at=at)
    return len(over)


def _follower(task: RedInvoice, at: datetime) -> RedInvoice:
    whole, _, number = task.task_no.rpartition("H")
    return RedInvoice(
        task_no=f"{whole}H{int(number) + 1}",
        refund=task.refund,
        follows=task,
        store=task.store,
        blue_no=task.blue_no,
        state=Invoice.BLUE_ISSUED,
        reason_code=task.reason_code,
        special=task.special,
        opened_at=at,
        due_at=at + invoices.START_WITHIN,
    )


def find(
    *, operator: Operator, which: str = "open", q: str = "", before: int | None = None, limit: int = 50
) -> list[RedInvoice]:
    """As `of`, for one person: who belongs to a store sees her own store's. Raises Forbidden."""
    staff.require(operator, Act.SEE_INVOICES)
    own = operator.store.code if operator.store_id is not None and operator.store is not None else ""
    return of(which=which, q=q, store=own, before=before, limit=limit)


def of(*, which: str, q: str, store: str, before: int | None, limit: int) -> list[RedInvoice]:
    """Newest first, what is open by its due hour; `which` is open, all or a state, `q` a number of task, refund, sale or invoice."""
    rows = RedInvoice.objects.select_related("refund__sale", "refund__store").prefetch_related("parts")
    if which == "open":
        rows = rows.filter(state__in=sorted(invoices.OPEN))
    elif which in set(Invoice):
        rows = rows.filter(state=which)
    if store:
        rows = rows.filter(store=store)
    if q:
        numbers = ("task_no", "blue_no", "red_no", "form_no", "refund__refund_no", "refund__sale__sale_no")
        rows = rows.filter(Q(*((name, q) for name in numbers), _connector=Q.OR))
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def get(task_no: str, *, operator: Operator | None = None) -> RedInvoice:
    """With its parts and moves. Raises NotFound, Forbidden."""
    rows = RedInvoice.objects.select_related("refund__sale", "refund__store", "follows", "followed_by")
    task = rows.prefetch_related("parts", "moves").filter(task_no=task_no).first()
    if task is None:
        raise NotFound("invoice_not_found", number=task_no)
    if operator is not None:
        staff.require(operator, Act.SEE_INVOICES)
        staff.require_store(operator, task.refund.store_id, task.store)
    return task


def parts_of(task: RedInvoice) -> list[Part]:
    """What the red invoice says, less what of the refund was given up since."""
    parts = [Part(row.name, row.vat_bp, row.amount, row.tax) for row in task.parts.all()]
    refund = task.refund
    # the goods came back whole: the fee that stays is a sale of its own, with a blue invoice of its own
    amount = refund.total - refund.undone + refund.fee - refund.undone_fee
    tax = refund.tax - refund.undone_tax + refund.fee_tax - refund.undone_fee_tax
    return invoices.standing(parts, amount, tax)


def last_of(refund: Refund) -> RedInvoice | None:
    """The task in which the refund's red invoice stands now."""
    return RedInvoice.objects.filter(refund=refund).order_by("-id").first()


def is_late(task: RedInvoice, *, at: datetime) -> bool:
    return task.state in invoices.OPEN and task.due_at is not None and at > task.due_at


def _act(name: str, task: RedInvoice, by: str) -> audit.Act:
    facts = {"refund_no": task.refund.refund_no, "state": task.state, "code": task.reason_code}
    return audit.Act(
        act=name, subject="invoice", subject_no=task.task_no, by=by, store=task.store, facts=facts
    )
