"""The counter, second half: pick what comes back, see the preview, press once."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import coupon_returns, intake, lookup, policies, remainders, requests
from sudapos.books.refunds import Refund
from sudapos.books.remainders import Remainder
from sudapos.books.requests import Weighed
from sudapos.books.sales import Charge, Sale, SaleLine
from sudapos.core import goods, kept_fees, policy
from sudapos.core.amounts import Deduction
from sudapos.core.authority import Act
from sudapos.core.outcome import Route
from sudapos.core.refusal import Refusal

from . import asking, errors, frame, moments, reasons, terms, words
from .asking import Form

PROVISIONAL = "other"
"""Until a reason is picked amounts are worked out with this one; only a published fee may depend on it."""


@dataclass(slots=True)
class Row:
    """One line of the sale as the page offers it."""

    line: SaleLine
    left_milli: int
    left_amount: int
    picked: bool
    quantity: str
    key: int
    serial: str = ""

    @property
    def is_open(self) -> bool:
        return self.left_milli > 0 and self.line.milli > 0


@dataclass(slots=True)
class ChargeRow:
    """One charge that may be given back on its own."""

    charge: Charge
    left: int
    picked: bool


def sale_of(request: HttpRequest, sale_no: str) -> Sale:
    sale = lookup.get(sale_no)
    frame.keep_to_store(request, sale.store)
    return sale


@frame.page(Act.MAKE_REFUND)
@require_http_methods(["GET", "POST"])
def sale(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The sale, its lines, the preview and the one button; posting asks for the money back."""
    row = sale_of(request, sale_no)
    if row.kind:
        return redirect("deposits-one", sale_no)  # a deposit is given back on its own page
    if request.method == "POST" and request.POST.get("act") != "work_out":
        return _open(request, row)
    if request.method == "POST":
        return _show(request, row, asking.read(request.POST, key=_new_key()))
    form = asking.read(request.GET, key="")
    form.key = _new_key()  # never one that a link brought along
    return _show(request, row, form)


def _new_key() -> str:
    """One per opened form: a double press, a reload and a lost answer all lead to the same refund."""
    return secrets.token_urlsafe(18)


@frame.page(Act.MAKE_REFUND)
@require_POST
def preview(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The preview alone, for htmx; it changes nothing."""
    row = sale_of(request, sale_no)
    form = asking.read(request.POST, key="")
    return render(request, "parts/preview.html", _worked_out(request, row, form))


def _open(request: HttpRequest, row: Sale) -> HttpResponseBase:
    form = asking.read(request.POST, key=_new_key())
    operator = frame.operator_of(request)
    try:
        if not form.reason:
            raise Refusal("pick_reason")
        ask = asking.request_of(form, sale_no=row.sale_no, operator=operator, seat=frame.seat_of(request))
        opened = requests.open([ask], at=moments.now())[0]
    except Refusal as refusal:
        return _show(request, row, form, refusal)
    if opened.refund is None:
        assert opened.refusal is not None
        return _show(request, row, form, opened.refusal)
    return redirect("refunds-one", opened.refund.refund_no)


def _show(request: HttpRequest, row: Sale, form: Form, refusal: Refusal | None = None) -> HttpResponse:
    remainder = remainders.of([row])[row.pk]
    earlier = Refund.objects.filter(sale=row).prefetch_related("legs")
    told = {
        "sale": row,
        "form": form,
        "rows": rows_of(remainder, form),
        "charges": _charges(remainder, form),
        "tenders": remainder.tenders,
        "coupons": words.coupons(coupon_returns.of_sale(row)),
        "left": remainder.left_but_tips.total,
        "earlier": [(refund, words.state_of(refund)) for refund in earlier.order_by("id")],
        "may_without_receipt": frame.operator_of(request).may(Act.MAKE_REFUND_WITHOUT_RECEIPT),
        "ways": _ways(remainder),
        "reasons": [(code, words.reason(code)) for code in policy.REASONS],
        "conditions": [(code, words.goods(code)) for code in ("", *goods.CONDITIONS)],
        "receipts": words.RECEIPTS.items(),
        "may_waive": _may_waive(row),
    }
    status = 200
    if refusal is not None:
        told |= _refused(form, refusal)
        status = refusal.http_status
    told |= _worked_out(request, row, form)
    return render(request, "pages/sale.html", told, status=status)


def _may_waive(row: Sale) -> bool:
    """A fee was published on the day of the sale, and today's policy lets it go."""
    terms = policies.Terms.read()
    return bool(terms.of(row).rules.kept_fees) and terms.now.kept_fee_waiver


def _refused(form: Form, refusal: Refusal) -> dict[str, Any]:
    """Where the way out is a fresh key or a fresh total, the form gets it; what was typed stays."""
    if refusal.code == "idempotency_key_reused":
        form.key = _new_key()
    return {"said": errors.say(refusal), "wrong": {str(e.loc[0]) for e in refusal.errors if e.loc}}


def rows_of(remainder: Remainder, form: Form) -> list[Row]:
    """The lines of the sale as a page offers them."""
    return [_row(remainder, line, form, number) for number, line in enumerate(remainder.lines.values(), 1)]


def _row(remainder: Remainder, line: SaleLine, form: Form, number: int) -> Row:
    left = {each.line_no: each for each in remainder.left.lines}.get(line.line_no)
    left_milli, left_amount = (left.milli, left.amount) if left else (0, 0)
    one = min(left_milli, 1000) if not line.weighed else left_milli
    return Row(
        line=line,
        left_milli=left_milli,
        left_amount=left_amount,
        picked=line.line_no in form.picked,
        quantity=form.quantities.get(line.line_no) or (intake.quantity(one) if one else "0"),
        key=number,
        serial=form.serials.get(line.line_no, ""),
    )


def _charges(remainder: Remainder, form: Form) -> list[ChargeRow]:
    left = {each.charge_no: each.amount for each in remainder.left.charges}
    return [
        ChargeRow(charge, left.get(charge.charge_no, 0), charge.charge_no in form.charges)
        for charge in remainder.charges.values()
        if not charge.follows_lines
    ]


def _ways(remainder: Remainder) -> dict[str, Any]:
    channels = [tender.payment.channel for tender in remainder.tenders]
    cash = bool(channels) and all(channel == "cash" for channel in channels)
    return {"original": words.destination(channels), "all_cash": cash, "others": _not_cash(remainder.tenders)}


def _not_cash(tenders: list[remainders.Tender]) -> str:
    return words.destination(t.payment.channel for t in tenders if t.payment.channel != "cash")


def _worked_out(request: HttpRequest, row: Sale, form: Form) -> dict[str, Any]:
    """The preview, or why there is none."""
    told: dict[str, Any] = {"sale": row, "form": form}
    if form.is_blank:
        return told
    draft = replace(form, reason=form.reason or PROVISIONAL, expected="")
    operator, seat = frame.operator_of(request), frame.seat_of(request)
    try:
        ask = asking.request_of(draft, sale_no=row.sale_no, operator=operator, seat=seat)
        return told | _shown(requests.preview(ask, at=moments.now()))
    except Refusal as refusal:
        return told | {"preview_said": errors.say(refusal)}


def _shown(weighed: Weighed) -> dict[str, Any]:
    """The preview as the page shows it; every part has its name beside it."""
    lines, charges = weighed.remainder.lines, weighed.remainder.charges
    legs = weighed.plan.legs
    return {
        "shown": weighed,
        "parts": [(lines[part.line_no].name, part) for part in weighed.worth.lines],
        "charge_parts": [(charges[part.charge_no].name, part) for part in weighed.worth.charges],
        "deductions": [(_deducted(each), each.amount) for each in weighed.worth.deductions],
        "fee": sum(each.amount for each in weighed.worth.deductions if each.kind in kept_fees.KINDS),
        "legs": terms.planned(legs, weighed.spoken.rules, at=moments.now()),
        "handed": sum(leg.amount for leg in legs),
        "cash_total": weighed.total
        - sum(leg.amount - leg.user_amount for leg in legs if leg.user_amount is not None),
        "all_cash_out": all(leg.route == Route.CASH for leg in legs),
        "to": words.destination(words.lands(leg.route, leg.channel) for leg in legs),
        "whys": reasons.fresh(weighed.verdict.reasons),
        "approvals": words.roles(weighed.verdict.approvals),
    }


def _deducted(each: Deduction) -> str:
    named = words.word(words.DEDUCTIONS, each.kind)
    return f"{named} {kept_fees.category(each.kind, each.code)}".strip()
