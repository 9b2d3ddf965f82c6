"""更正: a wrong refund is corrected by a record of its own; what is open is collected, or given up by another person (domain F23)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import corrections, set_offs
from sudapos.books.corrections import Correction
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.corrections import State
from sudapos.core.refusal import Refusal

from . import asking, days, frame, moments, refunds, saying

PAGE = 40


@dataclass(frozen=True, slots=True)
class Look:
    """How a state looks: colour, icon and word, each of them its own."""

    tone: str
    icon: str
    word: Promise


LOOKS: dict[str, Look] = {
    State.OPEN: Look("wait", "clock", later("待收回")),
    State.COLLECTED: Look("done", "check", later("已收回")),
    State.SET_OFF: Look("move", "return", later("已从退票抵销")),
    State.GIVEN_UP: Look("bad", "cross", later("放弃收回")),
    State.UNDONE: Look("shut", "undo", later("未出款，已撤回")),
}


def rows_of(refund: Refund) -> list[tuple[Correction, Look]]:
    """The corrections of one refund as their states look, oldest first; one statement."""
    return [(row, LOOKS[row.state]) for row in refund.corrections.order_by("id")]


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
    state = request.GET.get("state", "open")
    state = state if state in (*LOOKS, "all") else "open"
    rows = corrections.find(
        state=state,
        store=frame.own_store(frame.operator_of(request)),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": [(row, LOOKS[row.state]) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "states": [*((code, look.word) for code, look in LOOKS.items()), ("all", later("全部"))],
    }
    return saying.page(request, "pages/corrections.html", told)


@frame.page(Act.LOOK_UP)
@require_safe
def one(request: HttpRequest, correction_no: str) -> HttpResponseBase:
    """One correction, and the one step that closes it."""
    return _one(request, correction_no)


def _one(request: HttpRequest, correction_no: str, refusal: Refusal | None = None) -> HttpResponse:
    row, operator = corrections.get(correction_no), frame.operator_of(request)
    frame.keep_to_store(request, row.refund.store)
    is_open, seat = row.state == State.OPEN, frame.seat_of(request)
    told: dict[str, Any] = {
        "row": row,
        "look": LOOKS[row.state],
        "cash_till": seat.till if is_open and operator.may(Act.PAY_CASH) else "",
        "may_transfer": is_open and operator.may(Act.MAKE_TRANSFER),
        "may_give_up": is_open and operator.may(Act.SETTLE_BY_HAND) and row.opened_by != operator.code,
        "bounced": bool(row.left) and any(set_offs.claimed(leg) for leg in row.refund.legs.all()),
        "typed": request.POST,
    }
    return saying.page(request, "pages/correction.html", told, refusal)


def _done(request: HttpRequest, correction_no: str, act: Callable[[], object]) -> HttpResponseBase:
    try:
        act()
    except Refusal as refusal:
        return _one(request, correction_no, refusal)
    return redirect("corrections-one", correction_no)


@frame.page(Act.PAY_CASH, Act.MAKE_TRANSFER)
@require_POST
def collect(request: HttpRequest, correction_no: str) -> HttpResponseBase:
    """The customer brought the money back."""
    typed = request.POST
    return _done(
        request,
        correction_no,
        lambda: corrections.collect(
            correction_no,
            channel=typed.get("channel", ""),
            reference=typed.get("reference", ""),
            till=frame.seat_of(request).till,
            operator=frame.operator_of(request),
            at=moments.now(),
        ),
    )


@frame.page(Act.SETTLE_BY_HAND)
@require_POST
def give_up(request: HttpRequest, correction_no: str) -> HttpResponseBase:
    """It will not come back, says finance that did not open it."""
    return _done(
        request,
        correction_no,
        lambda: corrections.give_up(
            correction_no,
            note=request.POST.get("note", ""),
            operator=frame.operator_of(request),
            at=moments.now(),
        ),
    )
