"""退货区: what came back and waits for a look, and where everything else went."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import goods
from sudapos.core.authority import Act
from sudapos.core.goods import RESULTS
from sudapos.core.refusal import Refusal

from . import days, errors, frame, moments, words

PAGE = 40


@frame.page(Act.MAKE_REFUND)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(request: HttpRequest, refusal: Refusal | None = None, about: int = 0) -> HttpResponse:
    store = frame.own_store(frame.operator_of(request)) or frame.seat_of(request).store
    rows = goods.find(
        goods.Which(store=store, before=days.number(request.GET.get("before", "")), limit=PAGE + 1)
    )
    waiting = goods.find(goods.Which(store=store, open=True, limit=PAGE))
    unpaid = goods.unpaid([*waiting, *rows[:PAGE]])
    told: dict[str, Any] = {
        "waiting": [(move, unpaid.get(move.line_id)) for move in waiting],
        "rows": [(move, unpaid.get(move.line_id)) for move in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "results": [(code, words.goods(code)) for code in RESULTS],
        "about": about,
        "typed": request.POST,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/goods.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.MAKE_REFUND)
@require_POST
def judge(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        goods.judge(
            number,
            request.POST.get("result", ""),
            operator=frame.operator_of(request),
            note=request.POST.get("note", ""),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _show(request, refusal, number)
    return redirect("goods")
