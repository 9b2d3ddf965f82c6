"""储值卡: found by number or phone, topped up, looked at; handed back step by step and paid by a second person."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import cards, hand_backs, top_ups
from sudapos.books.cards import StoredCard
from sudapos.books.drafts import phone_digest
from sudapos.books.hand_backs import HandBack, Wish
from sudapos.core import calendar, recipes, tenders
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.core.wording import cards as wording

from . import asking, days, frame, moments, saying

PAGE = 40
CHANNELS = [name for name in recipes.CHANNELS if name not in tenders.OWN]


@frame.page(Act.LOOK_UP)
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponseBase:
    """Cards by number, last four or phone; opening a new one is at the bottom."""
    if request.method == "GET":
        return _list(request)
    typed = request.POST
    try:
        row = top_ups.open_card(
            typed.get("number", ""),
            store=frame.seat_of(request).store,
            operator=frame.operator_of(request),
            kind=typed.get("kind", ""),
            holder=typed.get("holder", ""),
            phone=typed.get("phone", ""),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("cards-one", row.card_ref)


def _list(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    q = request.GET.get("q", "").strip()
    digits = "".join(c for c in q if c.isdigit())
    own = frame.own_store(operator)
    rows = list(cards.find(q, store=own)[:PAGE])
    if not rows and len(digits) == 11:
        rows = list(cards.find(phone=phone_digest(digits), store=own)[:PAGE])
    holds = cards.held(row.pk for row in rows)
    told: dict[str, Any] = {
        "q": q,
        "rows": [(row, holds[row.pk]) for row in rows],
        "waiting": hand_backs.waiting(own),
        "typed": request.POST,
        "may_open": operator.may(Act.SELL) and bool(frame.seat_of(request).store),
    }
    return saying.page(request, "pages/cards.html", told, refusal)


@frame.page(Act.LOOK_UP)
@require_safe
def one(request: HttpRequest, card_ref: str) -> HttpResponseBase:
    return _one(request, _card(request, card_ref))


def _one(request: HttpRequest, row: StoredCard, refusal: Refusal | None = None, **more: Any) -> HttpResponse:
    operator = frame.operator_of(request)
    told: dict[str, Any] = {
        "card": row,
        "holds": cards.held([row.pk])[row.pk],
        "lots": row.lots.order_by("-id"),
        "moves": [(move, saying.word(wording.KINDS, move.kind)) for move in row.moves.order_by("-id")[:PAGE]],
        "hand_backs": [
            (each, saying.word(wording.STATES, each.state)) for each in HandBack.objects.filter(card=row)
        ],
        "channels": CHANNELS,
        "causes": [(code, saying.word(wording.CAUSES, code)) for code in wording.CAUSES],
        "may_top_up": operator.may(Act.SELL) and row.kind == "stored_value",
        "may_hand_back": operator.may(Act.MAKE_PREPAID_REFUND) and row.kind == "stored_value",
        "key": request.POST.get("key") or uuid4().hex,
        "today": moments.now().astimezone(calendar.SHANGHAI).date().isoformat(),
        "typed": request.POST,
        **more,
    }
    return saying.page(request, "pages/card.html", told, refusal)


@frame.page(Act.SELL)
@require_POST
def top_up(request: HttpRequest, card_ref: str) -> HttpResponseBase:
    row, typed = _card(request, card_ref), request.POST
    try:
        top_ups.top_up(
            row.card_ref,
            paid=asking.fen(typed.get("paid", "")),
            bonus=asking.fen(typed["bonus"]) if typed.get("bonus", "").strip() not in ("", "0") else 0,
            channel=typed.get("channel", ""),
            key=typed.get("key", "")[:64],
            operator=frame.operator_of(request),
            till=frame.seat_of(request).till,
            at=moments.now(),
        )
    except Refusal as refusal:
        return _one(request, row, refusal)
    return redirect("cards-one", row.card_ref)


@frame.page(Act.MAKE_PREPAID_REFUND)
@require_POST
def hand_back(request: HttpRequest, card_ref: str) -> HttpResponseBase:
    """First shows what it comes to; the second press asks for it."""
    row = _card(request, card_ref)
    try:
        wish = _wish(request)
        if request.POST.get("go") != "ask":
            worth = hand_backs.preview(row, wish, at=moments.now())
            rates = hand_backs.newest_rates()
            return _one(request, row, worth=worth, rule=saying.word(wording.RULES, worth.rule), rates=rates)
        made, _ = hand_backs.ask(
            row.card_ref,
            wish,
            key=request.POST.get("key", "")[:64],
            operator=frame.operator_of(request),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _one(request, row, refusal)
    return redirect("cards-hand-back", made.number)


def _wish(request: HttpRequest) -> Wish:
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    return Wish(
        cause=typed.get("cause", ""),
        rescinded_on=days.read(typed.get("rescinded_on", "")) or date.max,
        history=typed.get("history", "yes") == "yes",
        experienced=typed.get("experienced") == "yes",
        payout=typed.get("payout", ""),
        person=typed.get("person", "")[:40],
        id_number=typed.get("id_number", ""),
        payee=typed.get("payee", ""),
        account=typed.get("account", ""),
        till=frame.seat_of(request).till,
        note=typed.get("note", ""),
    )


@frame.page(Act.LOOK_UP)
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, number: str) -> HttpResponseBase:
    """One hand-back as a paper: its steps, who is paid, and the second person's answer."""
    row = hand_backs.get(number)
    frame.keep_to_store(request, row.card.store)
    refusal = None
    if request.method == "POST":
        typed, who, at = request.POST, frame.operator_of(request), moments.now()
        try:
            if typed.get("go") == "reject":
                hand_backs.reject(number, operator=who, note=typed.get("note", ""), at=at)
            else:
                hand_backs.pay(
                    number,
                    operator=who,
                    reference=typed.get("reference", ""),
                    note=typed.get("note", ""),
                    till=frame.seat_of(request).till,
                    at=at,
                )
            return redirect("cards-hand-back", number)
        except Refusal as refused:
            refusal = refused
    operator = frame.operator_of(request)
    told = {
        "row": row,
        "state": saying.word(wording.STATES, row.state),
        "rule": saying.word(wording.RULES, row.rule),
        "cause": saying.word(wording.CAUSES, row.cause),
        "may_decide": row.state == hand_backs.AWAITING
        and operator.may(Act.APPROVE_PREPAID_REFUND)
        and operator.pk != row.maker_id,
        "typed": request.POST,
    }
    return saying.page(request, "pages/hand_back.html", told, refusal)


def _card(request: HttpRequest, card_ref: str) -> StoredCard:
    row = cards.get(card_ref)
    frame.keep_to_store(request, row.store)
    return row
