"""更正: a wrong refund is corrected by a record of its own; what is open is collected, or given up by another person (domain F23)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import corrections
from sudapos.books.corrections import Correction
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.corrections import State
from sudapos.core.refusal import Refusal

from . import asking, days, frame, moments, refunds, saying

PAGE = 40
STATES: dict[str, Promise] = {
    "open": later("待收回"),
    "collected": later("已收回"),
    "given_up": later("放弃收回"),
    "set_off": later("已从退票抵销"),
    "undone": later("未出款，已撤回"),
}


def rows_of(refund: Refund) -> list[tuple[Correction, Promise]]:
    """The corrections of one refund with the word of their state, oldest first; one statement."""
    return [(row, STATES[row.state]) for row in refund.corrections.order_by("id")]


def may_open(operator: Operator, refund: Refund) -> bool:
    """Whoever made it, and whoever approves."""
    return operator.may(Act.MAKE_REFUND if operator.pk == refund.operator_id else Act.APPROVE)


@frame.page(Act.MAKE_REFUND, Act.APPROVE)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """What a correction would do, said before it is done."""
    refund = refunds.whole(request, refund_no)
    if request.method == "GET":
        return _ask(request, refund)
    typed = request.POST
    try:
        corrections.open(
            refund_no,
            amount=asking.fen(typed.get("amount", "")),
            why=typed.get("why", ""),
            operator=frame.operator_of(request),
            at=moments.now(),
            key=typed.get("key", "")[:64],
            expected=next((state for state in corrections.ENDS if typed.get("expected") == state), None),
        )
    except Refusal as refusal:
        return _ask(request, refund, refusal)
    return redirect("refunds-one", refund_no)


def _ask(request: HttpRequest, refund: Refund, refusal: Refusal | None = None) -> HttpResponse:
    told: dict[str, Any] = {
        "refund": refund,
        "typed": request.POST,
        "key": request.POST.get("key") or uuid4().hex,
        "rows": rows_of(refund),
    }
    try:
        state, most = corrections.outlook(refund, frame.operator_of(request))
        told |= {"most": most, "is_whole": state is State.UNDONE}
    except Refusal as wall:
        refusal = refusal or wall
    return saying.page(request, "pages/correct.html", told, refusal)


@frame.page(Act.LOOK_UP)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _list(request)


def _list(request: HttpRequest, refusal: Refusal | None = None, about: str = "") -> HttpResponse:
    operator = frame.operator_of(request)
    state = request.GET.get("state", "open")
    state = state if state in (*STATES, "all") else "open"
    rows = corrections.find(
        state=state,
        store=frame.own_store(operator),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": [(row, STATES[row.state], _may_give_up(operator, row)) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "states": [*STATES.items(), ("all", later("全部"))],
        "may_cash": operator.may(Act.PAY_CASH),
        "may_transfer": operator.may(Act.MAKE_TRANSFER),
        "seat": frame.seat_of(request),
        "about": about,
    }
    return saying.page(request, "pages/corrections.html", told, refusal)


def _may_give_up(operator: Operator, row: Correction) -> bool:
    return row.opened_by != operator.code and operator.may(Act.SETTLE_BY_HAND)


@frame.page(Act.PAY_CASH, Act.MAKE_TRANSFER)
@require_POST
def collect(request: HttpRequest, correction_no: str) -> HttpResponseBase:
    """The customer brought the money back."""
    typed = request.POST
    try:
        corrections.collect(
            correction_no,
            channel=typed.get("channel", ""),
            reference=typed.get("reference", ""),
            till=frame.seat_of(request).till,
            operator=frame.operator_of(request),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _list(request, refusal, correction_no)
    return redirect("corrections")


@frame.page(Act.SETTLE_BY_HAND)
@require_POST
def give_up(request: HttpRequest, correction_no: str) -> HttpResponseBase:
    """It will not come back, says somebody who did not open it."""
    try:
        corrections.give_up(
            correction_no,
            note=request.POST.get("note", ""),
            operator=frame.operator_of(request),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _list(request, refusal, correction_no)
    return redirect("corrections")
