"""A shift's report on paper: every copy counted, from the second on marked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods

from sudapos.books import shifts
from sudapos.books.shifts import DrawerReport
from sudapos.core.authority import Act
from sudapos.printing import shifts as paper_of
from sudapos.printing.slip import Copy

from . import frame, moments
from .prints import TYPES, WIDTHS, asked_lang, asked_width


@frame.page(Act.WORK_DRAWER, Act.SEE_DRAWERS)
@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, shift_no: str, kind: str, number: str) -> HttpResponseBase:
    """The print page; with `format` the paper itself. Posting counts one more copy and opens the printer."""
    row = shifts.report_of(shift_no, kind, int(number))
    frame.keep_to_store(request, row.shift.drawer.store)
    width, lang = asked_width(request), asked_lang(request)
    if request.method == "POST":
        shifts.record_print(row, operator=frame.operator_of(request), at=moments.now())
        asked = urlencode({"width": f"{width}", "lang": lang, "now": "1"})
        return redirect(f"{reverse('drawers-paper', args=[shift_no, kind, number])}?{asked}")
    form = request.GET.get("format", "")
    if form in TYPES:
        return _paper(row, form, lang, width)
    copies = list(row.copies.select_related("operator"))
    told: dict[str, Any] = {
        "row": row,
        "copies": copies,
        "width": width,
        "widths": WIDTHS,
        "paper_lang": lang,
        "formats": ("pdf", "png", "escpos"),
        "print_now": request.GET.get("now") == "1" and bool(copies),
    }
    return render(request, "pages/shift_paper.html", told)


def copy_of(row: DrawerReport) -> Copy:
    """Which printing the paper shows: the newest that was counted."""
    last = row.copies.order_by("-copy_no").first()
    return Copy(copy_no=last.copy_no, printed_at=last.at) if last else Copy()


def _paper(row: DrawerReport, form: str, lang: str, width: int) -> HttpResponse:
    copy = copy_of(row)
    made: str | bytes
    match form:
        case "html":
            font = static("fonts/noto-sans-sc.woff2")
            made = paper_of.html(row.slip, copy, lang=lang, width_mm=width, font_url=font)
        case "pdf":
            made = paper_of.pdf(row.slip, copy, lang=lang, width_mm=width)
        case "png":
            made = paper_of.png(row.slip, copy, lang=lang, width_mm=width)
        case _:
            made = paper_of.escpos(row.slip, copy, lang=lang, width_mm=width)
    response = HttpResponse(made, content_type=TYPES[form])
    if form != "html":
        ending = "bin" if form == "escpos" else form
        name = f"{row.shift.shift_no}-{row.kind}{row.number}.{ending}"
        response["Content-Disposition"] = f'inline; filename="{name}"'
    return response
