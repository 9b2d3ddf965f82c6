"""储值卡退款凭证: printed with every copy counted, looked at again, or taken away as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods

from sudapos.books import hand_back_prints, vouchers
from sudapos.books.hand_backs import HandBack
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.printing import papers

from . import frame, moments, saying, words
from .prints import TYPES, WIDTHS, asked_lang, asked_width, copy_of


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def paper(request: HttpRequest, number: str) -> HttpResponseBase:
    """The print page; with `format` the paper itself. Posting counts one more copy and opens the printer."""
    row = hand_back_prints.paid(number)
    frame.keep_to_store(request, row.card.store)
    if request.method == "POST":
        return _print(request, row)
    if request.GET.get("format") in TYPES:
        return _paper(request, row, request.GET["format"])
    return _show(request, row)


def _print(request: HttpRequest, row: HandBack) -> HttpResponseBase:
    operator, why = frame.operator_of(request), request.POST.get("reason", "")
    known = why if why in vouchers.REPRINT_REASONS else ""
    try:
        hand_back_prints.record_print(row.number, operator=operator, reason=known, at=moments.now())
    except Refusal as refusal:
        return _show(request, row, refusal)
    asked: dict[str, str | int] = {"width": asked_width(request), "lang": asked_lang(request), "now": 1}
    return redirect(f"{reverse('cards-paper', args=[row.number])}?{urlencode(asked)}")


def _show(request: HttpRequest, row: HandBack, refusal: Refusal | None = None) -> HttpResponse:
    copies = hand_back_prints.copies(row)
    told: dict[str, Any] = {
        "row": row,
        "copies": copies,
        "width": asked_width(request),
        "widths": WIDTHS,
        "paper_lang": asked_lang(request),
        "reasons": words.REPRINTS.items(),
        "may_print": not copies or frame.operator_of(request).may(Act.REPRINT),
        "print_now": request.GET.get("now") == "1" and bool(copies),
        "formats": ("pdf", "png", "escpos"),
    }
    return saying.page(request, "pages/hand_back_paper.html", told, refusal)


def _paper(request: HttpRequest, row: HandBack, form: str) -> HttpResponse:
    lang = asked_lang(request)
    last = hand_back_prints.copies(row)[-1:]
    made = papers.made(
        papers.HandBackPaper(**row.slip),
        form,
        lang=lang,
        width_mm=asked_width(request),
        font_url=static("fonts/noto-sans-sc.woff2"),
        copy=copy_of(last[0] if last else None, lang),
    )
    response = HttpResponse(made, content_type=TYPES[form])
    if form != "html":
        ending = "bin" if form == "escpos" else form
        response["Content-Disposition"] = f'inline; filename="{row.number}.{ending}"'
    return response
