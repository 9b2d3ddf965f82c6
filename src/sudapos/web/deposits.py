"""押金与定金: taken at the till, found again, and given back after a look at what that comes to; what is kept is proven and agreed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods, require_safe

from sudapos.books import attachments, compensations, deposits, endings, laid_by, proofs, staff
from sudapos.books.deposits import Deposit, Taking
from sudapos.books.drafts import PaymentDraft
from sudapos.books.endings import Shown, Wish
from sudapos.books.shops import Account
from sudapos.core import calendar
from sudapos.core import deposits as law
from sudapos.core.authority import Act
from sudapos.core.deposits import Ending, Kind
from sudapos.core.refusal import Refusal
from sudapos.core.wording import deposits as wording

from . import asking, days, downloads, frame, moments, reasons, saying, terms, till, words
from . import compensations as beyond

PAGE = 40
Listed = tuple[Deposit, str, str]
"""A deposit with the words for its kind and its state."""
STATES = {"held": later("没有退的"), "ended": later("了结的"), "all": later("全部")}


@frame.page(Act.LOOK_UP)
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponseBase:
    """What is held, and what has ended; taking one is at the bottom."""
    if request.method == "GET":
        return _list(request)
    try:
        row, _ = deposits.take(_taking(request), operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("deposits-one", row.number)


def _taking(request: HttpRequest) -> Taking:
    """Her number comes from the form's key, so that a second press takes nothing. Raises Invalid amount_invalid."""
    typed, seat, at = request.POST, frame.seat_of(request), moments.now()
    day = at.astimezone(calendar.SHANGHAI).date()
    channel = typed.get("channel", "cash")
    far = channel != "cash"
    price = typed.get("contract_price", "").strip()
    account = (
        Account.objects.filter(channel=channel).order_by("name").values_list("name", flat=True).first()
        if far
        else None
    )
    return Taking(
        number=f"D{day:%y%m%d}-{typed.get('key', '')[:12].upper()}",
        store=seat.store,
        till=seat.till,
        kind=typed.get("type", ""),
        amount=asking.fen(typed.get("amount", "")),
        purpose=typed.get("purpose", ""),
        contract_no=typed.get("contract_no", ""),
        price=asking.fen(price) if price else 0,
        payment=PaymentDraft(
            payment_no="P1",
            channel=channel,
            amount=0,
            account=account or "",
            out_trade_no=typed.get("out_trade_no", "").strip()[:64] if far else "",
            channel_ref=typed.get("channel_ref", "").strip()[:64] if far else "",
        ),
        taken_at=at,
        phone=typed.get("phone", "").strip(),
        name=typed.get("name", "").strip(),
    )


def _list(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    operator, seat = frame.operator_of(request), frame.seat_of(request)
    state = request.GET.get("state", "held")
    state = state if state in STATES else "held"
    q = request.GET.get("q", "").strip()[:64]
    rows = deposits.find(
        state="all" if q else state,
        store=frame.own_store(operator),
        q=q,
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": [_listed(row) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "q": q,
        "states": STATES.items(),
        "kinds": [(str(kind), saying.word(wording.KINDS, kind)) for kind in Kind],
        "channels": till.OFFERED,
        "key": request.POST.get("key") or uuid4().hex,
        "typed": request.POST,
        "may_take": operator.may(Act.SELL) and bool(seat.store),
    }
    return saying.page(request, "pages/deposits.html", told, refusal)


def found(q: str, *, store: str, limit: int) -> list[Listed]:
    """Deposits that a number typed at the counter leads to, as a page lists them."""
    return [_listed(row) for row in deposits.find(state="all", store=store, q=q[:64], limit=limit)]


def _listed(row: Deposit) -> Listed:
    return row, _kind(row), saying.word(wording.STATES, row.state)


@frame.page(Act.LOOK_UP)
@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, number: str) -> HttpResponseBase:
    """One deposit. The first press shows what giving it back comes to, the second asks for it."""
    row = deposits.get(number)
    frame.keep_to_store(request, row.sale.store)
    if request.method == "GET":
        return _one(request, row)
    operator, at, chosen = frame.operator_of(request), moments.now(), None
    try:
        chosen = _chosen(request, number)
        wish = _wish(request, chosen)
        if request.POST.get("go") != "ask" or not _as_seen(request.POST):
            return _one(request, row, endings.preview(number, wish, operator=operator, at=at), chosen=chosen)
        made, _ = endings.give_back(
            number, wish, key=request.POST.get("key", "")[:64], operator=operator, at=at
        )
    except Refusal as refusal:
        return _one(request, row, refusal=refusal, chosen=chosen)
    return redirect("refunds-one", made.refund.refund_no) if made.refund else redirect("deposits-one", number)


@frame.page(Act.LOOK_UP)
@require_safe
def file(request: HttpRequest, number: str, digest: str) -> HttpResponseBase:
    """What proves a deduction, as a download."""
    shown = proofs.file(number, digest, operator=frame.operator_of(request), at=moments.now())
    return downloads.answer(shown.name, shown.kind, shown.content)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The file of this form, sent with it or laid by when it was sent before."""

    name: str
    digest: str
    content: bytes


def _chosen(request: HttpRequest, number: str) -> Chosen | None:
    """Raises Forbidden, Refusal file_choose_again and what a file is refused for."""
    given, typed, operator = request.FILES.get("file"), request.POST, frame.operator_of(request)
    about = f"deposit {number}"
    if isinstance(given, UploadedFile):
        staff.require(operator, Act.MAKE_REFUND)
        content = given.read(attachments.LARGEST + 1)
        kept = laid_by.lay(about, given.name or "", content, operator=operator, at=moments.now())
        return Chosen(kept.name, kept.digest, content)
    digest = typed.get("chosen", "")
    if not digest or typed.get("unchosen"):
        return None
    return Chosen(
        typed.get("chosen_name", "")[:120], digest, laid_by.pick_up(about, digest, operator=operator)
    )


def _as_seen(typed: QueryDict) -> bool:
    """Whether the button was worked out for what is typed now; the page that shows it says for what."""
    return "seen" not in typed or typed["seen"] == f"{typed.get('ending', '')}|{typed.get('deduction', '')}"


def _wish(request: HttpRequest, chosen: Chosen | None) -> Wish:
    """Raises Invalid amount_invalid."""
    typed, seat = request.POST, frame.seat_of(request)
    deduction, expected = typed.get("deduction", "").strip(), typed.get("expected_total", "")
    return Wish(
        ending=typed.get("ending", "returned"),
        deduction=asking.fen(deduction) if deduction not in ("", "0") else 0,
        why=typed.get("why", "")[:200],
        evidence=typed.get("evidence", "")[:200],
        confirmed=typed.get("confirmed", ""),
        confirmed_by=typed.get("confirmed_by", "")[:64],
        file=(chosen.name, chosen.content) if chosen else None,
        store=seat.store,
        till=seat.till,
        expected_total=int(expected) if expected.isdecimal() and len(expected) <= 12 else None,
    )


def _one(
    request: HttpRequest,
    row: Deposit,
    shown: Shown | None = None,
    refusal: Refusal | None = None,
    chosen: Chosen | None = None,
) -> HttpResponse:
    operator = frame.operator_of(request)
    [payment] = row.sale.payments.all()
    kind = Kind(row.kind)
    told: dict[str, Any] = {
        "deposit": row,
        "kind": _kind(row),
        "state": saying.word(wording.STATES, row.state),
        "payment": payment,
        "endings": [
            (each, saying.word(wording.ENDINGS, each.ending), saying.word(wording.CONFIRMED, each.confirmed))
            for each in row.endings.all()
        ],
        "may_count": operator.may(Act.MAKE_REFUND) and operator.may(Act.SELL) and row.state == "held",
        "may_end": operator.may(Act.MAKE_REFUND) and row.state == "held",
        "ways": [
            (str(each), saying.word(wording.ENDINGS, each))
            for each in law.ENDINGS[kind]
            if each is not Ending.APPLIED
        ],
        "compensations": beyond.worded(compensations.of(row.sale)),
        "takes_deduction": kind is Kind.YAJIN,
        "confirmations": [(code, saying.word(wording.CONFIRMED, code)) for code in law.CONFIRMED],
        "key": request.POST.get("key") or uuid4().hex,
        "typed": request.POST,
        "chosen": chosen,
    }
    if shown is not None:
        told |= _shown(shown) | {"changed": request.POST.get("go") == "ask"}
    return saying.page(request, "pages/deposit.html", told, refusal)


def _shown(shown: Shown) -> dict[str, Any]:
    told: dict[str, Any] = {"shown": shown, "wanted": shown.wanted}
    weighed = shown.weighed
    if weighed is None:
        return told
    return told | {
        "weighed": weighed,
        "legs": terms.planned(weighed.plan.legs, weighed.spoken.rules, at=moments.now()),
        "whys": reasons.fresh(weighed.verdict.reasons),
        "approvals": words.roles(weighed.verdict.approvals),
    }


def _kind(row: Deposit) -> str:
    return saying.word(wording.KINDS, row.kind)
