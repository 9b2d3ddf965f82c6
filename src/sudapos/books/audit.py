"""What was done, by whom, when and from where. Rows are only ever added; the worker seals them in blocks."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db import connection, models, transaction

from sudapos.core import chain
from sudapos.core.refusal import Refusal

LOG = logging.getLogger("sudapos.audit")
GENESIS = "0" * 64
SEAL_AT_MOST = 5_000
SHORT = 16
SEALING = 0x5EA1
"""One sealer at a time: the number of an advisory lock."""


class AuditRecord(models.Model):
    """One act on one subject. Append-only by trigger."""

    at = models.DateTimeField()
    by = models.CharField(max_length=64)
    act = models.CharField(max_length=48)
    subject = models.CharField(max_length=16)
    subject_no = models.CharField(max_length=64)
    store = models.CharField(max_length=16, blank=True, default="")
    origin = models.CharField(max_length=64, blank=True, default="")
    result = models.CharField(max_length=16, default="done")
    facts = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "subject_no"], name="audit_subject"),
            models.Index(fields=["by", "at"], name="audit_by"),
            models.Index(fields=["at"], name="audit_at"),
        ]


class Seal(models.Model):
    """A block of audit records up to `last_id`, and the head of the chain after it. Append-only by trigger."""

    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField(unique=True)
    count = models.IntegerField()
    head = models.CharField(max_length=64)
    records = models.JSONField(default=list)
    """[number, first 16 hex digits of its seal] of every record in the block: which one is wrong, not only where."""
    at = models.DateTimeField()


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What to write down."""

    act: str
    subject: str
    subject_no: str
    by: str
    store: str = ""
    origin: str = ""
    result: str = "done"
    facts: Mapping[str, Any] = field(default_factory=dict)


through: ContextVar[str] = ContextVar("through", default="")
"""The name of the API key that this request came with; kept with every act, beside the operator whom it names."""


def write(acts: Iterable[Act], *, at: datetime) -> None:
    """Append records, in one statement; what was committed is told to the log."""
    key = through.get()
    made = AuditRecord.objects.bulk_create(
        AuditRecord(
            at=at,
            by=a.by,
            act=a.act,
            subject=a.subject,
            subject_no=a.subject_no,
            store=a.store,
            origin=a.origin,
            result=a.result,
            facts=dict(a.facts) | ({"api_key": key} if key else {}),
        )
        for a in acts
    )
    if LOG.isEnabledFor(logging.INFO):
        transaction.on_commit(lambda: _tell(made))


def _tell(rows: Iterable[AuditRecord]) -> None:
    for row in rows:
        told = {"subject": row.subject, "number": row.subject_no, "by": row.by, "store": row.store}
        LOG.info(row.act, extra={"told": told})


@transaction.atomic
def seal(*, at: datetime) -> Seal | None:
    """Chain the records that no seal covers yet; None when there are none.

    The short lock waits for writers in flight: without it a record with a lower number could commit behind a seal.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEALING])
        if not cursor.fetchone()[0]:
            return None  # another worker is at it
        cursor.execute("LOCK TABLE books_auditrecord IN SHARE MODE")
    last = Seal.objects.order_by("-last_id").first()
    rows = list(AuditRecord.objects.filter(id__gt=last.last_id if last else 0).order_by("id")[:SEAL_AT_MOST])
    if not rows:
        return None
    head = last.head if last else GENESIS
    seals: list[tuple[int, str]] = []
    for row in rows:
        head = chain.seal(head, plain(row))
        seals.append((row.pk, head[:SHORT]))
    return Seal.objects.create(
        first_id=rows[0].id, last_id=rows[-1].id, count=len(rows), head=head, records=seals, at=at
    )


@dataclass(frozen=True, slots=True)
class Break:
    """The first place where the chain does not hold: the record, or the block where the block itself is wrong.

    `kind` is altered, missing, inserted, seal (a block whose own seals do not fit) or head (a head that was handed
    out earlier is not in the chain any more).
    """

    first_id: int
    last_id: int
    kind: str


@dataclass(frozen=True, slots=True)
class Head:
    """The chain's head after one block: printed or mailed, it cannot be taken back."""

    last_id: int
    head: str


def verify(*, known: Head | None = None) -> Break | None:
    """Recompute every sealed block; None when the chain holds. `known` is a head that was handed out before."""
    head, covered, met = GENESIS, 0, known is None
    for block in Seal.objects.order_by("last_id").iterator():
        head, broken = _checked(block, head, covered)
        if broken is not None:
            return broken
        met = met or (known is not None and (known.last_id, known.head) == (block.last_id, block.head))
        covered = block.last_id
    return None if met or known is None else Break(known.last_id, known.last_id, "head")


def _checked(block: Seal, head: str, covered: int) -> tuple[str, Break | None]:
    """The head after one block, or the first record in it that is not as it was sealed."""
    rows = AuditRecord.objects.filter(id__gt=covered, id__lte=block.last_id).order_by("id")
    sealed = iter([(int(number), str(short)) for number, short in block.records])
    for row in rows.iterator():
        number, short = next(sealed, (0, ""))
        if number == 0 or row.pk < number:
            return head, Break(row.pk, row.pk, "inserted")
        if row.pk > number:
            return head, Break(number, number, "missing")
        head = chain.seal(head, plain(row))
        if head[:SHORT] != short:
            return head, Break(row.pk, row.pk, "altered")
    lost = next(sealed, None)
    if lost is not None:
        return head, Break(lost[0], lost[0], "missing")
    if head != block.head or block.count != len(block.records):
        return head, Break(covered + 1, block.last_id, "seal")
    return head, None


def read_head(text: str) -> Head:
    """`number:64 hex digits` as it stands on paper. Raises Refusal head_malformed."""
    number, _, digits = text.strip().lower().partition(":")
    if not (number.isascii() and number.isdigit()) or not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise Refusal("head_malformed")
    return Head(int(number), digits)


def heads(*, until: datetime | None = None, limit: int = 1) -> list[Head]:
    """The newest heads, newest first; with `until` those of seals before that moment."""
    rows = Seal.objects.order_by("-last_id")
    if until is not None:
        rows = rows.filter(at__lt=until)
    return [Head(row.last_id, row.head) for row in rows[:limit]]


def exported() -> Iterator[str]:
    """The sealed records and their blocks as JSON lines, for a check by somebody else (docs/audit.md)."""
    covered = 0
    for block in Seal.objects.order_by("last_id").iterator():
        for row in (
            AuditRecord.objects.filter(id__gt=covered, id__lte=block.last_id).order_by("id").iterator()
        ):
            yield chain.canonical({"record": plain(row)}).decode()
        about = {"last_id": block.last_id, "count": block.count, "head": block.head}
        yield chain.canonical({"seal": about}).decode()
        covered = block.last_id


def plain(row: AuditRecord) -> dict[str, Any]:
    """The record as the chain sees it. These bytes can never change."""
    return {
        "id": row.pk,
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "by": row.by,
        "act": row.act,
        "subject": row.subject,
        "subject_no": row.subject_no,
        "store": row.store,
        "origin": row.origin,
        "result": row.result,
        "facts": row.facts,
    }
