"""赔偿: what is owed beyond the price, asked for on a sale, agreed by another person, paid and signed for (domain R-24)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as later
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_safe

from sudapos.books import compensations, lookup, shops
from sudapos.books.compensations import Compensation, Wish
from sudapos.books.sales import Sale
from sudapos.core import compensation as law
from sudapos.core.authority import Act
from sudapos.core.compensation import Kind, State
from sudapos.core.refusal import NotFound, Refusal
from sudapos.core.wording import compensations as wording
from sudapos.printing import papers as printed

from . import asking, days, frame, moments, papers, saying, words

PAGE = 40
CHIPS: dict[str, Promise] = {"open": later("要处理的"), "paid": later("已支付"), "all": later("全部")}


@frame.page(Act.LOOK_UP)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    state = request.GET.get("state", "open")
    state = state if state in CHIPS else "open"
    rows = compensations.find(
        state=state,
        store=frame.own_store(frame.operator_of(request)),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": worded(rows[:PAGE]),
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "states": CHIPS.items(),
    }
    return render(request, "pages/compensations.html", told)


def worded(rows: list[Compensation]) -> list[tuple[Compensation, str, str]]:
    """Each with the words of its kind and its state."""
    return [
        (row, saying.word(wording.KINDS, row.kind), saying.word(wording.STATES, row.state)) for row in rows
    ]


@frame.page(Act.MAKE_REFUND)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The first press says what it comes to, the second one asks for it."""
    sale, typed, who = lookup.get(sale_no), request.POST, frame.operator_of(request)
    frame.keep_to_store(request, sale.store)
    if request.method == "GET":
        return _ask(request, sale)
    try:
        wish = _wish(request)
        if typed.get("go") != "ask":
            return _ask(request, sale, due=compensations.preview(sale_no, wish, operator=who)[1])
        row, _ = compensations.ask(
            sale_no, wish, key=typed.get("key", "")[:64], operator=who, at=moments.now()
        )
    except Refusal as refusal:
        return _ask(request, sale, refusal)
    return redirect("compensations-one", row.number)


def _wish(request: HttpRequest) -> Wish:
    """Raises Invalid amount_invalid."""
    typed = request.POST
    kind, sum_ = typed.get("kind", ""), asking.fen(typed.get("sum", ""))
    agreed = kind == Kind.AGREED
    return Wish(
        kind=kind,
        why=typed.get("why", ""),
        evidence=typed.get("evidence", ""),
        price=0 if agreed else sum_,
        amount=sum_ if agreed else 0,
    )


def _ask(request: HttpRequest, sale: Sale, refusal: Refusal | None = None, due: int = 0) -> HttpResponse:
    kinds = [kind for kind in Kind if kind is not Kind.EARNEST and (not sale.kind or kind is Kind.AGREED)]
    told: dict[str, Any] = {
        "sale": sale,
        "kinds": [
            (str(kind), saying.word(wording.KINDS, kind), saying.word(wording.LAWS, kind)) for kind in kinds
        ],
        "due": due,
        "typed": request.POST,
        "key": request.POST.get("key") or uuid4().hex,
        "rows": worded(compensations.of(sale)),
    }
    return saying.page(request, "pages/compensate.html", told, refusal)


@frame.page(Act.LOOK_UP)
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: str) -> HttpResponseBase:
    """One compensation, its way so far, and what may be done now."""
    row = compensations.get(number)
    frame.keep_to_store(request, row.sale.store)
    if request.method == "GET":
        return _one(request, row)
    try:
        _act(request, number)
    except Refusal as refusal:
        return _one(request, compensations.get(number), refusal)
    return redirect("compensations-one", number)


def _act(request: HttpRequest, number: str) -> None:
    typed = request.POST
    who, at, note = frame.operator_of(request), moments.now(), typed.get("note", "")
    match typed.get("go"):
        case "approve":
            compensations.approve(number, operator=who, at=at)
        case "reject":
            compensations.reject(number, note=note, operator=who, at=at)
        case "withdraw":
            compensations.withdraw(number, note=note, operator=who, at=at)
        case _:
            compensations.pay(
                number,
                channel=typed.get("channel", ""),
                person=typed.get("person", ""),
                reference=typed.get("reference", ""),
                till=frame.seat_of(request).till,
                operator=who,
                at=at,
            )


def _one(request: HttpRequest, row: Compensation, refusal: Refusal | None = None) -> HttpResponse:
    operator, rules = frame.operator_of(request), shops.rules_of(shops.merchant())
    decides, owed = compensations.may_decide(row, operator, rules), row.state == State.APPROVED
    waits = row.state == State.AWAITING
    told: dict[str, Any] = {
        "row": row,
        "kind": saying.word(wording.KINDS, row.kind),
        "law": saying.word(wording.LAWS, row.kind),
        "state": saying.word(wording.STATES, row.state),
        "may_decide": waits and decides,
        "ways": compensations.ways(row, operator, rules),
        "may_withdraw": waits and operator.pk == row.maker_id or owed and decides,
        "offices": words.any_role(law.deciders(row.amount, rules)) if waits else "",
        "typed": request.POST,
    }
    return saying.page(request, "pages/compensation.html", told, refusal)


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_safe
def receipt(request: HttpRequest, number: str) -> HttpResponseBase:
    """赔偿收据: as it was when it was paid."""
    row = compensations.get(number)
    frame.keep_to_store(request, row.sale.store)
    if not row.slip:
        raise NotFound("compensation_not_paid", number=number)
    return papers.answer(request, printed.CompensationPaper(**row.slip), name=row.number)
