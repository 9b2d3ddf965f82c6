"""Who did what: the audit records, and whether their chain holds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
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


@router.get("/audit/verify", summary="Recompute the sealed chain")
def verify(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    broken = audit.verify()
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
