"""Cases 客诉: somebody looks after a refund until it is settled with the customer; notes and files are only ever added."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, models, transaction
from django.db.models import Q

from sudapos.core import masking
from sudapos.core.authority import Act
from sudapos.core.calendar import SHANGHAI
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal

from . import attachments, audit, decisions, outbox, staff
from .staff import Operator

FILES_AT_MOST = 20
"""Per case."""


class Case(models.Model):
    """One case on one refund; what it is about is never edited."""

    case_no = models.CharField(max_length=24, unique=True)
    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="cases")
    store = models.CharField(max_length=16, blank=True, default="")
    what = models.CharField(max_length=200)
    opened_by = models.CharField(max_length=32)
    opened_at = models.DateTimeField()
    owner = models.CharField(max_length=32)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=32, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["store", "opened_at"], name="case_open", condition=Q(closed_at=None))]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None) | ~Q(reason=""), name="case_is_closed_with_a_reason"
            )
        ]


class CaseNote(models.Model):
    """What somebody wrote, heard or did. Append-only by trigger."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=1000)
    by = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]


class CaseFile(models.Model):
    """A file that belongs to a case, by its digest. Append-only by trigger."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="files")
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=24)
    size = models.IntegerField()
    digest = models.CharField(max_length=64)
    by = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "digest"], name="file_once_per_case")]


def may_work(operator: Operator) -> bool:
    """Whoever makes refunds or mends them looks after cases; who only reads, reads."""
    return operator.may(Act.MAKE_REFUND) or operator.may(Act.RETRY_LEG)


def _require(operator: Operator, case: Case | None = None) -> None:
    if not may_work(operator):
        raise Forbidden("may_not", operator=operator.code, act=Act.MAKE_REFUND)
    if case is not None:
        staff.require_store(operator, case.refund.store_id, case.store)


@transaction.atomic
def open(refund_no: str, *, what: str, operator: Operator, at: datetime) -> Case:
    """A case on a refund; its opener owns it first. Raises NotFound, Forbidden, Refusal case_text_needed."""
    refund = decisions.get(refund_no)
    _require(operator)
    staff.require_store(operator, refund.store_id, refund.store.code)
    case = Case.objects.create(
        case_no=_number(at),
        refund=refund,
        store=refund.store.code,
        what=_text(what)[:200],
        opened_by=operator.code,
        owner=operator.code,
        opened_at=at,
    )
    told = outbox.Draft(
        event="case.opened",
        subject="case",
        subject_no=case.case_no,
        store=case.store,
        facts={"refund_no": refund_no},
    )
    outbox.write([told], at=at)
    _audit("case.opened", case, operator, at)
    return case


@transaction.atomic
def note(case_no: str, *, text: str, operator: Operator, at: datetime) -> Case:
    """Raises NotFound, Forbidden, Conflict case_closed, Refusal case_text_needed."""
    case = _locked(case_no, operator)
    CaseNote.objects.create(case=case, text=_text(text), by=operator.code, at=at)
    _audit("case.noted", case, operator, at)
    return case


@transaction.atomic
def attach(case_no: str, *, name: str, content: bytes, operator: Operator, at: datetime) -> CaseFile:
    """Keep a file with the case; the same one again changes nothing.

    Raises NotFound, Forbidden, Conflict case_closed, Refusal file_empty, file_too_large, file_kind_refused, too_many_files.
    """
    case = _locked(case_no, operator)
    kept = attachments.keep(name, content)
    found = case.files.filter(digest=kept.digest).first()
    if found is not None:
        return found
    if case.files.count() >= FILES_AT_MOST:
        raise Refusal("too_many_files", most=FILES_AT_MOST)
    told = {"name": kept.name, "kind": kept.kind, "size": kept.size, "digest": kept.digest}
    row = CaseFile.objects.create(case=case, **told, by=operator.code, at=at)
    _audit("case.file_added", case, operator, at, name=kept.name, digest=kept.digest[:16])
    return row


@transaction.atomic
def take(case_no: str, *, operator: Operator, at: datetime) -> Case:
    """Somebody else looks after it from now on. Raises NotFound, Forbidden, Conflict case_closed."""
    case = _locked(case_no, operator)
    if case.owner != operator.code:
        before, case.owner = case.owner, operator.code
        case.save(update_fields=["owner"])
        _audit("case.taken", case, operator, at, before=before)
    return case


@transaction.atomic
def close(case_no: str, *, reason: str, operator: Operator, at: datetime) -> Case:
    """Say how it ended. Raises NotFound, Forbidden, Conflict case_closed, Refusal case_text_needed."""
    case = _locked(case_no, operator)
    case.closed_at, case.closed_by, case.reason = at, operator.code, _text(reason)[:200]
    case.save(update_fields=["closed_at", "closed_by", "reason"])
    _audit("case.closed", case, operator, at)
    return case


@transaction.atomic
def file(case_no: str, digest: str, *, operator: Operator, at: datetime) -> tuple[CaseFile, bytes]:
    """One file of a case, opened for one person; every opening is an audit record. Raises NotFound, Forbidden."""
    case = get(case_no, operator=operator)
    row = case.files.filter(digest=digest).first()
    if row is None:
        raise NotFound("file_lost", digest=digest[:12])
    content = attachments.read(digest)
    _audit("case.file_opened", case, operator, at, name=row.name)
    return row, content


def get(case_no: str, *, operator: Operator | None = None) -> Case:
    """With notes and files. Raises NotFound case_not_found, Forbidden."""
    rows = Case.objects.select_related("refund__store").prefetch_related("notes", "files")
    case = rows.filter(case_no=case_no).first()
    if case is None:
        raise NotFound("case_not_found", number=case_no)
    if operator is not None:
        staff.require(operator, Act.LOOK_UP)
        staff.require_store(operator, case.refund.store_id, case.store)
    return case


def of(
    *, state: str = "open", store: str = "", owner: str = "", refund_no: str = "", before: int | None = None,
    limit: int = 50,
) -> list[Case]:  # fmt: skip
    """Newest first; `state` is open, closed or all."""
    rows = Case.objects.select_related("refund")
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    for field, value in (("store", store), ("owner", owner), ("refund__refund_no", refund_no)):
        if value:
            rows = rows.filter(**{field: value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def _locked(case_no: str, operator: Operator) -> Case:
    rows = Case.objects.select_for_update(of=("self",)).select_related("refund__store")
    case = rows.filter(case_no=case_no).first()
    if case is None:
        raise NotFound("case_not_found", number=case_no)
    _require(operator, case)
    if case.closed_at is not None:
        raise Conflict("case_closed", number=case_no)
    return case


def _text(typed: str) -> str:
    """What was written, with numbers of people masked before it is kept."""
    text = masking.scan(typed.strip())[:1000]
    if not text:
        raise Refusal("case_text_needed")
    return text


def _number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_case_number')")
        return f"K{at.astimezone(SHANGHAI):%y%m%d}{cursor.fetchone()[0]:05d}"


def _audit(name: str, case: Case, operator: Operator, at: datetime, /, **facts: object) -> None:
    told = {"refund_no": case.refund.refund_no, **facts}
    act = audit.Act(
        act=name, subject="case", subject_no=case.case_no, by=operator.code, store=case.store, facts=told
    )
    audit.write([act], at=at)
