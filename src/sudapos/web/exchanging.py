"""换货: what comes back, what goes out, the difference, one confirmation; and the exchange's own page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import exchanges, remainders
from sudapos.books.exchanges import Exchange, Given, Swap
from sudapos.books.intake import PaymentDraft
from sudapos.books.sales import Sale
from sudapos.core import goods, policy
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import asking, errors, frame, giving_back, moments, reasons, till, words
from .asking import Form
from .till import Typed


@dataclass(slots=True)
class Both:
    """Both halves as typed; `expected` is the difference that the screen showed."""

    back: Form
    out: Typed
    expected: str = ""


def _read(request: HttpRequest) -> Both:
    key = secrets.token_urlsafe(18)
    back = asking.read(request.POST, key=key)
    back.scope = "lines" if back.scope == "amount" else back.scope
    return Both(back, till.read(request, frame.seat_of(request)), request.POST.get("expected_difference", ""))


@frame.page(Act.MAKE_REFUND)
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """One page: pick, ring up, see the difference, confirm once."""
    sale = giving_back.sale_of(request, sale_no)
    if sale.kind:
        return redirect("deposits-one", sale_no)
    _may(request)
    both = _read(request)
    if request.method == "GET" or request.POST.get("act") == "work_out":
        return _show(request, sale, both)
    try:
        if not both.back.reason:
            raise Refusal("pick_reason")
        row = exchanges.open(_swap(request, sale, both), at=moments.now()).exchange
    except Refusal as refusal:
        if refusal.code == "idempotency_key_reused":
            both.back.key = secrets.token_urlsafe(18)
        if refusal.code == "number_reused":
            both.out.sale_no = till.next_number(frame.seat_of(request))
        return _show(request, sale, both, refusal)
    return redirect("exchange", row.exchange_no)


@frame.page(Act.MAKE_REFUND)
@require_POST
def preview(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The difference alone, for htmx; it changes nothing."""
    sale = giving_back.sale_of(request, sale_no)
    return render(request, "parts/exchange_preview.html", _worked_out(request, sale, _read(request)))


def _may(request: HttpRequest) -> None:
    if not frame.seat_of(request).till:
        raise Refusal("till_needed")


def _swap(request: HttpRequest, sale: Sale, both: Both) -> Swap:
    operator, seat = frame.operator_of(request), frame.seat_of(request)
    back = asking.request_of(both.back, sale_no=sale.sale_no, operator=operator, seat=seat)
    lines = tuple(till.line(number, at, row) for number, (at, row) in enumerate(both.out.filled, 1))
    expected = both.expected
    return Swap(
        back=replace(back, expected_total=None),
        given=Given(sale_no=both.out.sale_no, lines=lines, order_discount=till.discount(both.out)),
        payment=_payment(both.out),
        expected_difference=int(expected) if expected.lstrip("-").isdecimal() else None,
    )


def _payment(out: Typed) -> PaymentDraft:
    return till.payment(out, 1)  # the amount is the difference, and the books work it out


def _show(request: HttpRequest, sale: Sale, both: Both, refusal: Refusal | None = None) -> HttpResponse:
    remainder = remainders.of([sale])[sale.pk]
    told: dict[str, Any] = {
        "sale": sale,
        "form": both.back,
        "typed": both.out,
        "rows": giving_back.rows_of(remainder, both.back),
        "vats": till.VAT_WORDS,
        "left": remainder.left.total,
        "reasons": [(code, words.reason(code)) for code in policy.REASONS if code in REASONS],
        "conditions": [(code, words.goods(code)) for code in goods.CONDITIONS],
        "channels": till.OFFERED,
    }
    status = 200
    if refusal is not None:
        told |= {"said": errors.say(refusal), "wrong": {str(e.loc[0]) for e in refusal.errors if e.loc}}
        status = refusal.http_status
    return render(request, "pages/exchange_ask.html", told | _worked_out(request, sale, both), status=status)


REASONS = frozenset({"quality", "no_reason", "wrong_item", "other"})
"""Why goods are exchanged; the others bring none back."""


def _worked_out(request: HttpRequest, sale: Sale, both: Both) -> dict[str, Any]:
    """The difference, or why there is none yet."""
    told: dict[str, Any] = {"sale": sale, "form": both.back, "typed": both.out}
    if both.back.is_blank or not both.out.filled:
        return told
    draft = Both(replace(both.back, reason=both.back.reason or giving_back.PROVISIONAL), both.out)
    try:
        shown = exchanges.preview(_swap(request, sale, draft), at=moments.now())
    except Refusal as refusal:
        return told | {"preview_said": errors.say(refusal)}
    lines = shown.weighed.remainder.lines
    legs = [leg for leg in shown.weighed.plan.legs if leg.route != "exchange"]
    return told | {
        "shown": shown,
        "verdict": shown.weighed.verdict,
        "parts": [(lines[part.line_no].name, part) for part in shown.weighed.worth.lines],
        "back": -shown.difference,
        "to": words.destination(words.lands(leg.route, leg.channel) for leg in legs),
        "legs": legs,
        "whys": reasons.fresh(shown.weighed.verdict.reasons),
        "approvals": words.roles(shown.weighed.verdict.approvals),
    }


def _seen(request: HttpRequest, exchange_no: str) -> Exchange:
    row = exchanges.get(exchange_no)
    frame.keep_to_store(request, row.refund.store)
    return row


@frame.page(Act.LOOK_UP)
@require_safe
def one(request: HttpRequest, exchange_no: str) -> HttpResponseBase:
    """Both documents, and what is still to do."""
    return _one(request, _seen(request, exchange_no))


def _one(request: HttpRequest, row: Exchange, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    told: dict[str, Any] = {
        "exchange": row,
        "given": exchanges.given_of(row),
        "lines": row.refund.lines.select_related("sale_line"),
        "legs": row.refund.legs.exclude(route="exchange").order_by("id"),
        "back": -row.difference,
        "approvals": words.roles(row.refund.needed),
        "may_finish": row.state == "ready" and operator.may(Act.SELL) and operator.may(Act.MAKE_REFUND),
        "channels": till.OFFERED,
        "typed": till.read(request, frame.seat_of(request)),
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/exchange.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.MAKE_REFUND)
@require_POST
def finish(request: HttpRequest, exchange_no: str) -> HttpResponseBase:
    """The manager said yes: the difference is paid, and both halves are done."""
    row = _seen(request, exchange_no)
    try:
        _may(request)
        out = till.read(request, frame.seat_of(request))
        taken = Sale.objects.filter(sale_no=exchanges.given_of(row).sale_no).exists()
        exchanges.finish(
            exchange_no,
            operator=frame.operator_of(request),
            payment=_payment(out),
            sale_no=till.next_number(frame.seat_of(request)) if taken else "",
            at=moments.now(),
        )
    except Refusal as refusal:
        return _one(request, _seen(request, exchange_no), refusal)
    return redirect("exchange", exchange_no)
