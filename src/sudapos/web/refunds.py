"""Refunds: the list with its questions in the address, one refund on the move, and what people do to it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import (
    cases,
    coupon_returns,
    decisions,
    doors,
    fee_backs,
    goods,
    overdue,
    remedies,
    set_offs,
    shops,
    wishes,
)
from sudapos.books.refunds import Refund
from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core import capability, kept_fees
from sudapos.core.authority import Act
from sudapos.core.lifecycle import Progress, RefundState
from sudapos.core.refusal import Refusal
from sudapos.ops import customer_messages

from . import (
    customer,
    days,
    errors,
    faces,
    frame,
    invoices,
    moments,
    reasons,
    stories,
    terms,
    ways_out,
    words,
)

PAGE = 40
LOOK_EVERY = {"sending": 1000, "ready": 1000, "accepted": 1500}
"""Milliseconds between two looks at a refund that moves; states not named here are looked at more slowly."""
LOOK_SLOWLY = 2000


@frame.page(Act.LOOK_UP)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """Newest first; every filter stands in the address, so that it can be saved and sent."""
    operator = frame.operator_of(request)
    asked = {
        name: request.GET.get(name, "").strip()
        for name in ("progress", "store", "channel", "q", "from", "to")
    }
    which = decisions.Filter(
        progress=asked["progress"] if asked["progress"] in set(Progress) else "",
        store=frame.own_store(operator) or asked["store"],
        channel=asked["channel"],
        q=asked["q"],
        since=days.start(asked["from"]),
        until=days.end(asked["to"]),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    found = decisions.find(which)
    rows = [
        {"refund": refund, "state": words.state_of(refund), "term": terms.of(refund, today=moments.today())}
        for refund in found[:PAGE]
    ]
    told: dict[str, Any] = {
        "rows": rows,
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "asked": asked,
        "is_filtered": any(asked.values()),
        "progress": words.PROGRESS.items(),
        "channels": list(capability.TABLE),
        "stores": [] if operator.store_id else list(Store.objects.order_by("code")),
    }
    return render(request, "pages/refunds.html", told)


def whole(request: HttpRequest, refund_no: str) -> Refund:
    """The refund with everything on it, if this person may see it."""
    refund = decisions.get(refund_no)
    frame.keep_to_store(request, refund.store)
    return refund


@frame.page(Act.LOOK_UP)
@require_safe
def one(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """One refund: amount, state, what happened, what comes next."""
    return show(request, whole(request, refund_no))


@frame.page(Act.LOOK_UP)
@require_safe
def live(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """The moving part alone; 204 while nothing has changed, so that nothing moves under a finger."""
    told = _told(request, whole(request, refund_no))
    if request.GET.get("seen") == told["stamp"]:
        return HttpResponse(status=204)
    return render(request, "parts/refund.html", told)


def show(request: HttpRequest, refund: Refund, refusal: Refusal | None = None) -> HttpResponse:
    """The page, with what was refused on it."""
    told = _told(request, refund)
    looked_after = cases.of(state="all", refund_no=refund.refund_no, limit=20)
    told["cases"] = {"rows": looked_after, "may_open": cases.may_work(frame.operator_of(request))}
    # imported here: its page stands on this module
    from . import corrections

    told["corrections"] = corrections.rows_of(refund)
    told["may_correct"] = corrections.may_open(frame.operator_of(request), refund) and refund.state in (
        RefundState.AWAITING,
        RefundState.APPROVED,
    )
    if customer_messages.offered():
        living = refund.state in (RefundState.AWAITING, RefundState.APPROVED)
        told["wish"] = wishes.of(refund)
        told["may_ask"] = living and frame.operator_of(request).may(Act.MAKE_REFUND)
    if refusal is None:
        return render(request, "pages/refund.html", told)
    told |= {"said": errors.say(refusal), "typed": request.POST}
    return render(request, "pages/refund.html", told, status=refusal.http_status)


def _told(request: HttpRequest, refund: Refund) -> dict[str, Any]:
    operator = frame.operator_of(request)
    merchant = shops.merchant()
    rules = shops.rules_of(merchant)
    face = faces.of(refund, operator, rules)
    short = ways_out.of(request, refund, rules)
    voucher = getattr(refund, "voucher", None)
    return {
        "refund": refund,
        "face": face,
        "term": terms.of(refund, today=moments.today()),
        "stamp": hashlib.sha256(f"{face.stamp}{bool(short)}".encode()).hexdigest()[:16],
        "short": short,
        "decides_cash": operator.may(Act.APPROVE_DRAWER),
        "on_the_spot": refund.state == RefundState.AWAITING
        and not face.may_decide
        and operator.may(Act.MAKE_REFUND),
        "is_expired": decisions.expired(refund, rules, at=moments.now()),
        "here_qr": _qr(request, refund) if refund.state == RefundState.AWAITING else "",
        "look_every": LOOK_EVERY.get(face.state, LOOK_SLOWLY),
        "invoice": invoices.of_refund(refund),
        "goods_unpaid": sum(
            left.amount
            for left in goods.unpaid([move for row in goods.of(refund).values() for move in row]).values()
        )
        if refund.undone
        else 0,
        "coupons": words.coupons(coupon_returns.of_sale(refund.sale)),
        "tell": customer.tell(request, refund, merchant),
        "story": stories.of(refund),
        "whys": reasons.listed(refund.verdict),
        "kept_fee": sum(each["amount"] for each in kept_fees.listed(refund.deductions)),
        "copies": voucher.copies.count() if voucher else 0,
        **_fees(refund, operator),
        "may_print": face.may_print and (operator.may(Act.REPRINT) or operator.may(Act.MAKE_REFUND)),
    }


def _fees(refund: Refund, operator: Operator) -> dict[str, Any]:
    """The channel's fee that comes back: for those who see statements, never for the counter or the customer."""
    rows = fee_backs.of(refund) if operator.may(Act.SEE_STATEMENTS) else []
    return {"fees_back": rows, "fees_estimated": any(not row.is_told for row in rows)}


def _qr(request: HttpRequest, refund: Refund) -> str:
    """This page's address for a checker's own phone, as a picture; she signs in there with her own account."""
    address = request.build_absolute_uri(reverse("refunds-one", args=[refund.refund_no]))
    drawn: str = segno.make(address, error="m").svg_inline(scale=3, border=2, dark="#111", light="#fff")
    return mark_safe(drawn)


def done(request: HttpRequest, refund_no: str, act: Callable[[], object]) -> HttpResponseBase:
    """Do what a button says and come back; a refusal is said on the same page, with what was typed."""
    try:
        act()
    except Refusal as refusal:
        return show(request, whole(request, refund_no), refusal)
    return redirect("refunds-one", refund_no)


@frame.page(Act.MAKE_REFUND, Act.APPROVE)
@require_POST
def withdraw(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    whole(request, refund_no)
    note, operator = request.POST.get("note", ""), frame.operator_of(request)
    return done(
        request,
        refund_no,
        lambda: decisions.withdraw(refund_no, operator=operator, note=note, at=moments.now()),
    )


@frame.page(Act.MAKE_REFUND)
@sensitive_post_parameters("password", "digits")
@require_POST
def on_the_spot(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """A checker came to this till and gives her own password; the cashier stays signed in (domain §8.2)."""
    whole(request, refund_no)
    cashier, at = frame.operator_of(request), moments.now()
    act = decisions.reject if request.POST.get("act") == "reject" else decisions.approve

    def decide() -> None:
        origin = str(request.META.get("REMOTE_ADDR", ""))[:64]
        checker = doors.on_the_spot(
            *(request.POST.get(name, "") for name in ("code", "password", "digits")),
            required=settings.SECOND_FACTOR != "offered",
            origin=origin,
            at=at,
        )
        doors.note("sign_in.on_the_spot", checker.code, origin=origin, at=at)
        act(
            refund_no,
            operator=checker,
            note=request.POST.get("note", "").strip(),
            fingerprint=request.POST.get("fingerprint", ""),
            beside=cashier,
            at=at,
        )

    return done(request, refund_no, decide)


@frame.page(Act.LOOK_UP)
@require_POST
def leg(request: HttpRequest, refund_no: str, leg_no: str, act: str) -> HttpResponseBase:
    """Confirm that money was handed over, send again under a new number, or give up; `act` is in the address."""
    refund = whole(request, refund_no)
    if leg_no not in {each.leg_no for each in refund.legs.all()}:
        return show(request, refund, Refusal("leg_not_found", leg_no=leg_no))
    operator, at = frame.operator_of(request), moments.now()
    note = request.POST.get("note", "")
    reference = request.POST.get("reference", "")
    here = ways_out.till_of(request, refund)
    acts: dict[str, Callable[[], object]] = {
        "confirm": lambda: remedies.confirm(leg_no, operator=operator, reference=reference, till=here, at=at),
        "ask": lambda: remedies.ask(leg_no, operator=operator, at=at),
        "send": lambda: remedies.hurry(leg_no, operator=operator, at=at),
        "leave": lambda: overdue.leave(leg_no, operator=operator, at=at),
        "retry": lambda: remedies.retry(leg_no, operator=operator, note=note, at=at),
        "by-transfer": lambda: remedies.pay_by_transfer(leg_no, operator=operator, consent=note, at=at),
        "transfer": lambda: remedies.retry(leg_no, operator=operator, note=note, route="transfer", at=at),
        "by-cash": lambda: remedies.retry(leg_no, operator=operator, note=note, route="cash", at=at),
        "refund": lambda: remedies.retry(leg_no, operator=operator, note=note, route="refund", at=at),
        "close-alarm": lambda: remedies.close_alarm(leg_no, operator=operator, note=note, at=at),
        "drop": lambda: remedies.drop(leg_no, operator=operator, note=note, at=at),
        "set-off": lambda: set_offs.set_off(
            leg_no, amount=days.number(request.POST.get("amount", "")), operator=operator, at=at
        ),
    }
    return done(request, refund_no, acts[act])
