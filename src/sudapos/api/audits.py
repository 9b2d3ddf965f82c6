"""Who did what: the audit records, and whether their chain holds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import audit
from sudapos.books.audit import AuditRecord, Seal
from sudapos.core.authority import Act

from . import shapes
from .keys import allow
from .schemas import before, clamp, moment

router = Router(tags=["audit"])


@router.get("/audit", summary="Audit records, newest first")
def records(
    request: HttpRequest,
    by: str = "",
    act: str = "",
    subject: str = "",
    subject_no: str = "",
    store: str = "",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    wanted = {
        "by": by,
        "act": act,
        "subject": subject,
        "subject_no": subject_no,
        "store": store,
        "at__gte": moment(since, "from"),
        "at__lt": moment(until, "to", last=True),
        "pk__lt": before(cursor),
    }
    found = AuditRecord.objects.filter(**{name: value for name, value in wanted.items() if value}).order_by(
        "-id"
    )
    limit = clamp(limit)
    rows = list(found[: limit + 1])
    return shapes.page(rows, limit, [shapes.record(row) for row in rows])


@router.get("/audit/verify", summary="Recompute the sealed chain; with a head that was written down earlier")
def verify(request: HttpRequest, known: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    broken = audit.verify(known=audit.read_head(known) if known else None)
    last = Seal.objects.order_by("-last_id").first()
    return {
        "holds": broken is None,
        "head": last.head if last else audit.GENESIS,
        "sealed_until": last.last_id if last else 0,
        "sealed_at": shapes.moment(last.at) if last else None,
        "break": None
        if broken is None
        else {"first_id": broken.first_id, "last_id": broken.last_id, "kind": broken.kind},
    }


@router.get("/audit/heads", summary="The newest heads of the chain")
def heads(request: HttpRequest, limit: int = 20) -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    found = audit.heads(limit=clamp(limit))
    return {"items": [{"last_id": one.last_id, "head": one.head} for one in found]}


@router.get("/audit/export", summary="Sealed records and seals as JSON lines, for a check by a third party")
def export(request: HttpRequest) -> StreamingHttpResponse:
    allow(request, Act.SEE_AUDIT)
    lines = (f"{line}\n" for line in audit.exported())
    answer = StreamingHttpResponse(lines, content_type="application/x-ndjson; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.jsonl"'
    return answer
