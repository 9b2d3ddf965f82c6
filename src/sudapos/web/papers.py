"""Small papers to print: a sale's receipt and the label for goods that came back."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from sudapos.books import deposits, goods, lookup, shops
from sudapos.books.exchanges import Exchange
from sudapos.books.intake import quantity
from sudapos.books.sales import Sale
from sudapos.core.authority import Act
from sudapos.printing import papers

from . import frame, language

WIDTHS = (80, 58)


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_safe
def receipt(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The sale's receipt; of an exchange it names the refund."""
    sale = lookup.get(sale_no)
    frame.keep_to_store(request, sale.store)
    if sale.kind:
        return redirect("deposits-one", sale_no)  # nothing was sold, and no paper says so
    return answer(request, of_sale(sale), name=sale.sale_no)


def of_sale(sale: Sale) -> papers.SalePaper:
    made = Exchange.objects.select_related("refund__sale").filter(sale=sale).first()
    return papers.SalePaper(
        merchant=shops.merchant().name,
        store=f"{sale.store.name} {sale.store.code}",
        sale_no=sale.sale_no,
        sold_at=sale.sold_at,
        operator=sale.operator,
        lines=[
            papers.Sold(name=line.name, quantity=f"{quantity(line.milli)}{line.unit}", amount=line.net)
            for line in sale.lines.all()
        ]
        + [papers.Sold(name=charge.name, quantity="", amount=charge.amount) for charge in sale.charges.all()],
        total=sale.total,
        payments=[(payment.channel, payment.amount) for payment in sale.payments.order_by("id")],
        exchange_no=made.exchange_no if made else "",
        refund_no=made.refund.refund_no if made else "",
        from_sale_no=made.refund.sale.sale_no if made else "",
    )


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_safe
def label(request: HttpRequest, number: int) -> HttpResponseBase:
    """What is stuck on goods that came back."""
    move = goods.get(number)
    frame.keep_to_store(request, move.refund.store)
    line = move.line.sale_line
    paper = papers.Label(
        refund_no=move.refund.refund_no,
        sku=line.sku,
        name=line.name,
        quantity=f"{quantity(move.milli)}{line.unit}",
        condition=move.condition,
        at=move.at,
        serial=move.line.serial,
    )
    return answer(request, paper, name=f"{move.refund.refund_no}-{line.line_no}")


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_safe
def deposit(request: HttpRequest, number: str) -> HttpResponseBase:
    """押金收据, 定金收据."""
    row = deposits.get(number)
    frame.keep_to_store(request, row.sale.store)
    return answer(request, papers.DepositPaper(**deposits.receipt(row)), name=row.number)


def answer(request: HttpRequest, paper: papers.Paper, *, name: str) -> HttpResponse:
    """The page with the paper in it; with `format` the paper itself."""
    asked = request.GET.get("width", "")
    width = int(asked) if asked in {str(each) for each in WIDTHS} else WIDTHS[0]
    lang = language.current()
    form = request.GET.get("format", "")
    if form in papers.FORMS:
        font = static("fonts/noto-sans-sc.woff2")
        response = HttpResponse(
            papers.made(paper, form, lang=lang, width_mm=width, font_url=font),
            content_type=papers.FORMS[form],
        )
        if form == "escpos":
            response["Content-Disposition"] = f'attachment; filename="{name}.bin"'
        return response
    told: dict[str, Any] = {
        "title": papers.title(paper, lang),
        "name": name,
        "width": width,
        "widths": WIDTHS,
    }
    told |= {"print_now": request.GET.get("now") == "1", "formats": ("pdf", "png", "escpos")}
    return render(request, "pages/paper.html", told)
