"""The drawer: open it with a count, move cash, count blind, close or hand over; a manager sees all of the store's, and explains what is off."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import cashmoves, counts, doors, drawers, shifts, shops
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money
from sudapos.books.drawers import Drawer, Shift
from sudapos.books.staff import Operator
from sudapos.core import drawers as law
from sudapos.core import money
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, Refusal
from sudapos.core.wording import drawers as wording
from sudapos.printing import shifts as paper

from . import errors, frame, language, moments

PAST = 12
PIECES_AT_MOST = 100_000
MOVES = (law.Kind.DROP, law.Kind.TOP_UP, law.Kind.TRANSFER, law.Kind.PAY_OUT, law.Kind.PAY_IN)
SAFE_MOVES = (law.Kind.FROM_BANK, law.Kind.TO_BANK)


@frame.page(Act.WORK_DRAWER, Act.SEE_DRAWERS)
@require_safe
def desk(request: HttpRequest) -> HttpResponseBase:
    """My shift at this till; below it, for who may see them, all drawers of the store."""
    return _show(request)


@frame.page(Act.WORK_DRAWER)
@require_safe
def summed(request: HttpRequest) -> HttpResponseBase:
    """What the notes typed so far come to, for htmx."""
    return render(request, "parts/drawer_sum.html", {"sum": _sum(request.GET)})


@frame.page(Act.WORK_DRAWER)
@sensitive_post_parameters("password")
@require_POST
def open(request: HttpRequest) -> HttpResponseBase:
    if _only_adds(request):
        return _show(request)
    seat, at = frame.seat_of(request), moments.now()
    till = law.SAFE if request.POST.get("till") == law.SAFE else seat.till
    store = seat.store or frame.own_store(frame.operator_of(request))

    def act() -> None:
        if not (store and till):
            raise Refusal("till_needed")
        found, float_fen = _money(request.POST), _fen(request.POST, "float")
        beside = _beside(request, at) if float_fen else None
        who = frame.operator_of(request)
        shifts.open(store, till, found, operator=who, float_fen=float_fen, beside=beside, at=at)

    return _done(request, act)


@frame.page(Act.WORK_DRAWER)
@sensitive_post_parameters("password")
@require_POST
def work(request: HttpRequest, shift_no: str, act: str) -> HttpResponseBase:
    """Count, close, hand over, take an X report, open the drawer for nothing; `act` is in the address."""
    if act == "count" and _only_adds(request):
        return _show(request)
    who, at, typed = frame.operator_of(request), moments.now(), request.POST
    reason = typed.get("reason", "")
    acts: dict[str, Callable[[], object]] = {
        "count": lambda: counts.count(shift_no, _money(typed), operator=who, at=at),
        "close": lambda: shifts.close(
            shift_no, operator=who, reason=reason, to_safe=_fen(typed, "to_safe"), at=at
        ),
        "hand-over": lambda: shifts.hand_over(
            shift_no, operator=who, to=_person(request, at), reason=reason, at=at
        ),
        "x": lambda: shifts.take_x(shift_no, operator=who, at=at),
        "kick": lambda: cashmoves.kick(shift_no, operator=who, reason=reason, at=at),
    }
    if act == "kick":
        return _done(request, acts[act], _kicked(shift_no, typed))
    there = redirect("drawers-shift", shift_no) if act in ("close", "hand-over", "x") else redirect("drawers")
    return _done(request, acts[act], there)


def _kicked(shift_no: str, typed: QueryDict) -> HttpResponseBase:
    """What opens the drawer is handed out once, with the row that says why; without it the key opens."""
    if typed.get("form") == "escpos":
        bytes_of = HttpResponse(paper.pulse(), content_type="application/octet-stream")
        bytes_of["Content-Disposition"] = f'inline; filename="{shift_no}-open.bin"'
        return bytes_of
    return redirect("drawers-shift", shift_no) if typed.get("back") == "shift" else redirect("drawers")


@frame.page(Act.WORK_DRAWER)
@sensitive_post_parameters("password")
@require_POST
def move(request: HttpRequest) -> HttpResponseBase:
    """Cash without a sale; from a refund that waits for it the way leads back there."""
    seat, at, typed = frame.seat_of(request), moments.now(), request.POST
    source = typed.get("source", "")
    kind = typed.get("kind", "")
    till, other = seat.till, typed.get("other", "")
    if source:  # a refund that waits: its till takes, whatever gives
        kind = law.Kind.TOP_UP if source == law.SAFE else law.Kind.TRANSFER
        till, other = (seat.till, "") if source == law.SAFE else (source, seat.till)
    if kind in SAFE_MOVES:
        till = law.SAFE

    def act() -> None:
        store = seat.store or frame.own_store(frame.operator_of(request)) or typed.get("store", "")
        wish = Wish(
            kind=kind,
            store=store,
            till=till,
            other=other,
            amount=_fen(typed, "amount"),
            reason=typed.get("reason", ""),
            key=typed.get("key", "")[:64] or secrets.token_urlsafe(18),
        )
        cashmoves.move(wish, operator=frame.operator_of(request), beside=_beside(request, at), at=at)

    return _done(request, act, redirect(_back(request)))


@frame.page(Act.APPROVE_DRAWER)
@require_POST
def explain(request: HttpRequest, count_no: str) -> HttpResponseBase:
    how, note, who = request.POST.get("how", ""), request.POST.get("note", ""), frame.operator_of(request)
    return _done(
        request, lambda: counts.explain(count_no, how=how, note=note, operator=who, at=moments.now())
    )


@frame.page(Act.WORK_DRAWER, Act.SEE_DRAWERS)
@require_safe
def shift(request: HttpRequest, shift_no: str) -> HttpResponseBase:
    """One shift: its reports, its counts, what moved and what is still open."""
    row = drawers.shift_of(shift_no)
    who = frame.operator_of(request)
    frame.keep_to_store(request, row.drawer.store)
    place = language.current() == "en"
    blind = _is_blind(row, who)
    told = {
        "row": row,
        "reports": row.reports.select_related("operator").order_by("-id"),
        "counts": [] if blind else _counts(row),
        "moves": [] if blind else [(m, wording.KINDS[m.kind][place]) for m in cashmoves.moves_of(row)],
        "kicks": row.kicks.select_related("operator"),
        "left_over": _left_over(row.drawer) if row.is_open else [],
        "may_kick": row.is_open
        and who.may(Act.WORK_DRAWER)
        and (row.operator_id == who.pk or who.may(Act.APPROVE_DRAWER)),
    }
    return render(request, "pages/shift.html", told)


def _counts(row: Shift) -> list[dict[str, Any]]:
    place = language.current() == "en"
    return [
        {"row": each, "how": wording.ENDS[each.how][place] if each.how else "", "steps": each.steps.all()}
        for each in row.counts.select_related("operator").prefetch_related("steps__operator")
    ]


def _left_over(drawer: Drawer) -> list[tuple[str, list[str]]]:
    return [(name, numbers) for name, numbers in shifts.left_over(drawer).items() if numbers]


def _is_blind(row: Shift, who: Operator) -> bool:
    return shifts.is_blind(row, who) and who.may(Act.WORK_DRAWER)


def _done(
    request: HttpRequest, act: Callable[[], object], there: HttpResponseBase | None = None
) -> HttpResponseBase:
    """Do what a button says and go on; a refusal is said on the page, with what was typed."""
    try:
        act()
    except Refusal as refusal:
        return _show(request, refusal)
    return there or redirect("drawers")


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("back", "")
    safe = asked and url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()})
    return asked if safe else "/drawers/"


def _only_adds(request: HttpRequest) -> bool:
    return request.POST.get("do") == "add"


def _show(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    who, seat = frame.operator_of(request), frame.seat_of(request)
    store = seat.store or frame.own_store(who)
    rules = shops.rules_of(shops.merchant())
    mine = _shift_at(store, seat.till)
    decides = who.may(Act.APPROVE_DRAWER)
    sees = decides or not who.may(Act.WORK_DRAWER)
    told: dict[str, Any] = {
        "typed": request.POST,
        "has_till": bool(seat.till) and who.may(Act.WORK_DRAWER),
        "mine": mine,
        "may_work": mine is not None and (mine.operator_id == who.pk or decides) and who.may(Act.WORK_DRAWER),
        "decides": decides,
        "sees": sees,
        "notes": _notes(request.POST),
        "sum": _sum(request.POST),
        "key": secrets.token_urlsafe(18),
        "float": money.show(rules.cash_payout_fen["float"]),
        "kinds": _kinds(MOVES),
        "safe_kinds": _kinds(SAFE_MOVES),
        "rows": _rows(store, rules) if sees else [],
        "unexplained": _waiting(store, who, rules) if who.may(Act.SEE_DRAWERS) else [],
        "past": shifts.listed(store, limit=PAST) if sees else _own_past(who),
        "others": _others(store, seat.till),
    }
    if mine is not None and told["may_work"]:
        told |= _counted(mine, who, rules)
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/drawers.html", told, status=refusal.http_status if refusal else 200)


def _counted(mine: Shift, who: Operator, rules: Any) -> dict[str, Any]:
    """What the last count says; nothing of what is expected before there is one."""
    last = counts.last_of(mine)
    there = drawers.held(mine.drawer)
    told: dict[str, Any] = {"count": last, "left_over": _left_over(mine.drawer)}
    if not shifts.is_blind(mine, who):
        told["held"] = there
    if last is not None:
        told["verdict"] = counts.verdict_of(last, rules)
        told["is_stale"] = last.expected != there
    return told


def _shift_at(store: str, till: str) -> Shift | None:
    row = Drawer.objects.filter(store__code=store, code=till).first() if till else None
    return drawers.open_shift(row) if row else None


def _others(store: str, till: str) -> list[str]:
    rows = Shift.objects.filter(closed_at=None, drawer__store__code=store)
    codes = rows.exclude(drawer__code__in=[till, law.SAFE]).values_list("drawer__code", flat=True)
    return sorted(codes)


def _own_past(who: Operator) -> list[Shift]:
    rows = Shift.objects.select_related("drawer__store", "operator")
    return list(rows.filter(operator=who)[:PAST])


def _rows(store: str, rules: Any) -> list[dict[str, Any]]:
    rows = Drawer.objects.select_related("store")
    rows = rows.filter(store__code=store) if store else rows
    found = drawers.holdings(list(rows), rules)
    running = {s.drawer_id: s for s in Shift.objects.filter(closed_at=None).select_related("operator")}
    return [{"drawer": row, "holding": found[row.pk], "shift": running.get(row.pk)} for row in rows]


def _waiting(store: str, who: Operator, rules: Any) -> list[dict[str, Any]]:
    place = language.current() == "en"
    return [
        {
            "row": row,
            "needs": counts.missing_roles(row, rules),
            "may": bool(counts.role_open_to(row, who, rules)),
            "ends": [(str(end), wording.ENDS[end][place]) for end in law.endings(row.difference)],
        }
        for row in counts.waiting(store)
    ]


def _kinds(kinds: tuple[law.Kind, ...]) -> list[tuple[str, str]]:
    place = language.current() == "en"
    return [(str(kind), wording.KINDS[kind][place]) for kind in kinds]


def _notes(typed: QueryDict) -> list[tuple[int, str, str]]:
    return [(note, money.show(note).removesuffix(".00"), typed.get(f"n_{note}", "")) for note in law.NOTES]


def _sum(typed: QueryDict) -> int | None:
    """What is typed comes to; None where some of it cannot be read."""
    try:
        return _money(typed).counted
    except Refusal:
        return None


def _money(typed: QueryDict) -> Money:
    """Raises Invalid with the field that is wrong."""
    notes = {note: _pieces(typed, note) for note in law.NOTES}
    return Money(
        sum=_fen(typed, "sum"),
        notes={note: pieces for note, pieces in notes.items() if pieces},
        false_notes=_fen(typed, "false"),
    )


def _pieces(typed: QueryDict, note: int) -> int:
    text = typed.get(f"n_{note}", "").strip()
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= PIECES_AT_MOST):
        raise Invalid("amount_invalid", errors=[FieldError((f"n_{note}",), "amount_invalid")])
    return int(text)


def _fen(typed: QueryDict, name: str) -> int:
    """Fen of an amount that may be empty or nothing. Raises Invalid."""
    text = typed.get(name, "").strip()
    try:
        return money.yuan(text) if text else 0
    except money.BadAmount:
        raise Invalid("amount_invalid", errors=[FieldError((name,), "amount_invalid")]) from None


def _beside(request: HttpRequest, at: datetime) -> Operator | None:
    """The manager who came to this till and typed her own code and password; nobody when none was typed."""
    if not request.POST.get("code", "").strip():
        return None
    return _person(request, at)


def _person(request: HttpRequest, at: datetime) -> Operator:
    """Raises Refusal wrong_password or too_many_tries."""
    origin = str(request.META.get("REMOTE_ADDR", ""))[:64]
    person = doors.authenticate(
        request.POST.get("code", ""), request.POST.get("password", ""), origin=origin, at=at
    )
    doors.note("sign_in.on_the_spot", person.code, origin=origin, at=at)
    return person
