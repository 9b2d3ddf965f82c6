"""逾期: what should have reached the customer by now, each with its one next step."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import overdue
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.core.wording import ways

from . import days, errors, frame, moments, saying

PAGE = 40


@frame.page(Act.SEE_STUCK)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(request: HttpRequest, refusal: Refusal | None = None, about: int = 0) -> HttpResponse:
    operator = frame.operator_of(request)
    state, kind = request.GET.get("state", "open"), request.GET.get("kind", "")
    rows = overdue.of(
        state=state,
        kind=kind,
        store=frame.own_store(operator),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": [
            {
                "row": row,
                "what": saying.word(ways.KINDS, row.kind),
                "next": saying.word(ways.NEXT, row.kind),
                "how": saying.word(ways.HOW, row.how) if row.how else "",
                "may_close": row.closed_at is None
                and operator.may(Act.SETTLE_BY_HAND)
                and row.refund.operator_id != operator.pk,
            }
            for row in rows[:PAGE]
        ],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "states": [("open", _("要跟进的")), ("closed", _("已了结的")), ("all", _("全部"))],
        "kind": kind,
        "kinds": [(code, saying.word(ways.KINDS, code)) for code in overdue.KINDS],
        "ways": [(code, saying.word(ways.HOW, code)) for code in overdue.HOW],
        "about": about,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/overdue.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.SETTLE_BY_HAND)
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        overdue.close(
            number,
            operator=frame.operator_of(request),
            how=request.POST.get("how", ""),
            evidence=request.POST.get("evidence", ""),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _show(request, refusal, number)
    return redirect("overdue")
