"""What is late, for machines: listed, and closed by a person with evidence."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, StrictStr

from sudapos.books import overdue
from sudapos.books.overdue import Overdue
from sudapos.core.authority import Act
from sudapos.core.wording import ways

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import before, clamp

router = Router(tags=["overdue"])
DONE = reference.answers("403", "404", "409")


class EndIn(Schema):
    """What came of it: `how` is arrived, channel_proof, agreed or given_up."""

    model_config = ConfigDict(extra="forbid")
    operator: StrictStr
    how: StrictStr
    note: StrictStr


@router.get("/overdue", summary="What is late; state open, closed or all, kind arrival, refund or cash")
def listed(
    request: HttpRequest,
    state: str = "open",
    kind: str = "",
    store: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_STUCK)
    limit = clamp(limit)
    rows = overdue.of(state=state, kind=kind, store=store, before=before(cursor), limit=limit + 1)
    lang = problems.language(request)
    return shapes.page(rows, limit, [shown(row, lang) for row in rows])


@router.post("/overdue/{number}/close", summary="Say what came of it, and what proves it", openapi_extra=DONE)
def close(request: HttpRequest, number: int, body: EndIn) -> dict[str, Any]:
    allow(request, Act.SETTLE_BY_HAND)
    who = operator(body.operator)
    row = overdue.close(number, operator=who, how=body.how, evidence=body.note, at=now())
    return shown(row, problems.language(request))


def shown(row: Overdue, lang: str) -> dict[str, Any]:
    column = 1 if lang == "en" else 0
    return {
        "id": row.pk,
        "kind": row.kind,
        "text": ways.KINDS[row.kind][column],
        "next_step": ways.NEXT[row.kind][column],
        "refund_no": row.refund.refund_no,
        "leg_no": row.leg.leg_no if row.leg is not None else None,
        "channel": row.leg.channel if row.leg is not None else None,
        "amount": row.amount,
        "due_on": row.due_on.isoformat(),
        "store": row.refund.store.code,
        "opened_at": shapes.moment(row.opened_at),
        "late_at": shapes.moment(row.late_at),
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by or None,
        "how": row.how or None,
        "evidence": row.evidence or None,
    }
