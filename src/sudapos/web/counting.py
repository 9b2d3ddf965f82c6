"""抵作货款: what is bought is rung up, the deposit pays its part, and the rest is collected; a look first, then one press."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from sudapos.books import counting, deposits
from sudapos.books.counting import Purchase
from sudapos.books.deposits import Deposit
from sudapos.books.exchanges import Given, Shown
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.core.wording import deposits as wording

from . import frame, moments, reasons, saying, till, words
from .till import Typed


@frame.page(Act.SELL)
@require_http_methods(["GET", "POST"])
def count(request: HttpRequest, number: str) -> HttpResponseBase:
    """The first press says what is left to pay, the second does it."""
    row, seat, who = deposits.get(number), frame.seat_of(request), frame.operator_of(request)
    frame.keep_to_store(request, row.sale.store)
    if not seat.till:
        raise Refusal("till_needed")
    typed = till.read(request, seat)
    if request.method == "GET":
        return _show(request, row, typed)
    try:
        wish, at = _purchase(request, typed, seat), moments.now()
        if request.POST.get("go") != "count":
            return _show(request, row, typed, shown=counting.preview(number, wish, operator=who, at=at)[1])
        key = request.POST.get("key", "")[:64]
        _, exchange, _ = counting.count(number, wish, key=key, operator=who, at=at)
    except Refusal as refusal:
        if refusal.code == "number_reused":
            typed.sale_no = till.next_number(seat)
        return _show(request, row, typed, refusal=refusal)
    return redirect("exchange", exchange.exchange_no)


def _purchase(request: HttpRequest, typed: Typed, seat: frame.Seat) -> Purchase:
    """Raises Invalid with the field that is wrong."""
    lines = tuple(till.line(number, at, row) for number, (at, row) in enumerate(typed.filled, 1))
    expected = request.POST.get("expected_difference", "")
    return Purchase(
        given=Given(sale_no=typed.sale_no, lines=lines, order_discount=till.discount(typed)),
        payment=till.payment(typed, 1),  # the amount is the difference, and the books work it out
        expected_difference=int(expected) if expected.isdecimal() and len(expected) <= 12 else None,
        store=seat.store,
        till=seat.till,
    )


def _show(
    request: HttpRequest,
    row: Deposit,
    typed: Typed,
    *,
    shown: Shown | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    told: dict[str, Any] = {
        "deposit": row,
        "kind": saying.word(wording.KINDS, row.kind),
        "typed": typed,
        "vats": till.VAT_WORDS,
        "channels": till.OFFERED,
        "key": request.POST.get("key") or uuid4().hex,
        "shown": shown,
    }
    if shown is not None:
        verdict = shown.weighed.verdict
        told |= {
            "verdict": verdict,
            "whys": reasons.fresh(verdict.reasons),
            "approvals": words.roles(verdict.approvals),
        }
    return saying.page(request, "pages/deposit_count.html", told, refusal)
