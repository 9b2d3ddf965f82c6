"""Signs of fraud for machines: listed, and closed by a person with a reason."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import alerts
from sudapos.books.alerts import Alert
from sudapos.core.authority import Act
from sudapos.core.fraud import BY_NUMBER
from sudapos.core.wording import fraud as words

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import DecisionIn, before, clamp

router = Router(tags=["alerts"])
DONE = reference.answers("403", "404", "409")


@router.get("/alerts", summary="Signs of fraud; state open, closed or all")
def listed(
    request: HttpRequest,
    state: str = "open",
    rule: str = "",
    store: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_ALERTS)
    limit = clamp(limit)
    rows = alerts.of(state=state, rule=rule, store=store, before=before(cursor), limit=limit + 1)
    lang = problems.language(request)
    return shapes.page(rows, limit, [shown(row, lang) for row in rows])


@router.post("/alerts/{number}/close", summary="Say what came of it, in note", openapi_extra=DONE)
def close(request: HttpRequest, number: int, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.CLOSE_ALERT)
    row = alerts.close(number, reason=body.note, operator=operator(body.operator), at=now())
    return shown(row, problems.language(request))


def shown(row: Alert, lang: str) -> dict[str, Any]:
    zh, zh_note, en, en_note = words.SIGNS[row.rule]
    english = lang == "en"
    return {
        "id": row.pk,
        "rule": row.rule,
        "action": str(BY_NUMBER[row.rule].action),
        "text": en if english else zh,
        "may_be": en_note if english else zh_note,
        "store": row.store,
        "operator": row.operator,
        "subject": row.subject,
        "subject_no": row.subject_no,
        "facts": row.facts,
        "times": row.times,
        "opened_at": shapes.moment(row.opened_at),
        "overdue": alerts.overdue(row, at=now()),
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by or None,
        "reason": row.reason or None,
    }
