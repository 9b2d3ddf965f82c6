"""The till: ring up a small sale by hand, so that a shop without another system can start."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from sudapos.books import intake
from sudapos.books.intake import LineDraft, PaymentDraft, SaleDraft
from sudapos.books.sales import Sale
from sudapos.books.shops import Account
from sudapos.core import pricing
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, Refusal

from . import asking, errors, frame, moments

ROWS = 12
VAT_RATES = (1300, 900, 600, 300, 100, 0)
"""In basis points. Whoever leaves the field open books no VAT of that line, as before."""
VAT_WORDS = [(f"{rate}", f"{rate // 100}%") for rate in VAT_RATES]
OFFERED = ("cash", "wechatpay", "alipay", "card")


@dataclass(slots=True)
class Typed:
    """The till's form as typed; shown again whatever is refused."""

    sale_no: str
    rows: list[dict[str, str]] = field(default_factory=list)
    discount: str = ""
    channel: str = "cash"
    out_trade_no: str = ""
    channel_ref: str = ""

    @property
    def filled(self) -> list[tuple[int, dict[str, str]]]:
        return [(at, row) for at, row in enumerate(self.rows) if row["name"] or row["price"]]


@frame.page(Act.SELL)
@require_http_methods(["GET", "POST"])
def ring_up(request: HttpRequest) -> HttpResponseBase:
    """Rows of name, price and quantity, a discount, how it was paid; posting makes the sale."""
    seat = frame.seat_of(request)
    if not seat.till:
        return errors.refused(request, Refusal("till_needed"))
    if request.method == "GET":
        return _show(request, Typed(sale_no=next_number(seat), rows=rows_of(request)))
    typed = read(request, seat)
    try:
        draft = _draft(typed, request)
        known = Sale.objects.filter(sale_no=draft.sale_no, operator=draft.operator, till=draft.till).first()
        if known is not None and known.total == total(draft):
            return redirect("till-done", known.sale_no)  # a double press: the sale is there
        taken = intake.ingest([draft], by=draft.operator, at=moments.now())[0]
        if taken.refusal is not None:
            raise taken.refusal
    except Refusal as refusal:
        if refusal.code == "number_reused":
            typed.sale_no = next_number(seat)
        return _show(request, typed, refusal)
    return redirect("till-done", draft.sale_no)


@frame.page(Act.SELL)
def done(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The sale as it was written, and the next one."""
    sale = (
        Sale.objects.select_related("store")
        .prefetch_related("lines", "payments")
        .filter(sale_no=sale_no)
        .first()
    )
    if sale is None:
        raise Refusal("sale_not_found", sale_no=sale_no)
    frame.keep_to_store(request, sale.store)
    if sale.kind:
        return redirect("deposits-one", sale_no)
    return render(request, "pages/till_done.html", {"sale": sale})


def _show(request: HttpRequest, typed: Typed, refusal: Refusal | None = None) -> HttpResponse:
    told: dict[str, Any] = {"typed": typed, "channels": OFFERED, "vats": VAT_WORDS}
    if refusal is None:
        return render(request, "pages/till.html", told)
    told |= {"said": errors.say(refusal), "wrong": {str(e.loc[0]) for e in refusal.errors if e.loc}}
    return render(request, "pages/till.html", told, status=refusal.http_status)


def next_number(seat: frame.Seat) -> str:
    """S01-T1-20261124-0001: the next number of this till today."""
    stem = f"{seat.store}-{seat.till}-{timezone.localdate(moments.now()):%Y%m%d}-"
    last = (
        Sale.objects.filter(sale_no__startswith=stem)
        .order_by("-sale_no")
        .values_list("sale_no", flat=True)
        .first()
    )
    tail = last.removeprefix(stem) if last else ""
    return f"{stem}{int(tail) + 1 if tail.isdigit() else 1:04d}"


def rows_of(request: HttpRequest) -> list[dict[str, str]]:
    post = request.POST
    return [
        {
            "name": post.get(f"name_{at}", "").strip()[:200],
            "price": post.get(f"price_{at}", "").strip(),
            "quantity": post.get(f"quantity_{at}", "1").strip(),
            "vat": post.get(f"vat_{at}", "").strip(),
        }
        for at in range(ROWS)
    ]


def read(request: HttpRequest, seat: frame.Seat) -> Typed:
    asked = request.POST.get("sale_no", "")
    own = asked.startswith(f"{seat.store}-{seat.till}-") and len(asked) <= 64
    channel = request.POST.get("channel", "")
    return Typed(
        sale_no=asked if own else next_number(seat),
        rows=rows_of(request),
        discount=request.POST.get("discount", "").strip(),
        channel=channel if channel in OFFERED else "cash",
        out_trade_no=request.POST.get("out_trade_no", "").strip()[:64],
        channel_ref=request.POST.get("channel_ref", "").strip()[:64],
    )


def _draft(typed: Typed, request: HttpRequest) -> SaleDraft:
    """The sale as `intake` wants it. Raises Invalid with the field that is wrong."""
    seat, operator = frame.seat_of(request), frame.operator_of(request)
    lines = tuple(line(number, at, row) for number, (at, row) in enumerate(typed.filled, 1))
    if not lines:
        raise Refusal("sale_of_nothing")
    bare = SaleDraft(
        sale_no=typed.sale_no,
        store=seat.store,
        till=seat.till,
        operator=operator.code,
        sold_at=moments.now(),
        lines=lines,
        payments=(),
        order_discount=discount(typed),
    )
    return replace(bare, payments=(payment(typed, total(bare)),))


def discount(typed: Typed) -> int:
    """Fen off the whole. Raises Invalid."""
    return _fen("discount", typed.discount) if typed.discount else 0


def line(number: int, at: int, row: dict[str, str]) -> LineDraft:
    if not row["name"]:
        raise Invalid("name_needed", errors=[FieldError((f"name_{at}",), "name_needed")])
    try:
        milli = intake.milli(row["quantity"] or "1")
    except Invalid as error:
        error.errors = (FieldError((f"quantity_{at}",), error.code),)
        raise
    return LineDraft(
        line_no=number,
        name=row["name"],
        milli=milli,
        unit_price=_fen(f"price_{at}", row["price"]),
        vat_bp=_vat(f"vat_{at}", row["vat"]),
    )


def _vat(name: str, text: str) -> int:
    if text and text not in map(str, VAT_RATES):
        raise Invalid("input_invalid", errors=[FieldError((name,), "not_offered")])
    return int(text or 0)


def _fen(name: str, text: str) -> int:
    try:
        return asking.fen(text)
    except Invalid as error:
        error.errors = (FieldError((name,), error.code),)
        raise


def total(draft: SaleDraft) -> int:
    """What the customer pays, in fen."""
    lines = [
        pricing.DraftLine(line_no=n.line_no, milli=n.milli, unit_price=n.unit_price, weighed=n.by_weight)
        for n in draft.lines
    ]
    return pricing.price(lines, order_discount=draft.order_discount).total


def payment(typed: Typed, total: int) -> PaymentDraft:
    account = ""
    if typed.channel != "cash":
        account = (
            Account.objects.filter(channel=typed.channel)
            .order_by("id")
            .values_list("name", flat=True)
            .first()
            or ""
        )
    return PaymentDraft(
        payment_no="P1",
        channel=typed.channel,
        amount=total,
        account=account,
        out_trade_no=typed.out_trade_no if typed.channel != "cash" else "",
        channel_ref=typed.channel_ref if typed.channel != "cash" else "",
    )
