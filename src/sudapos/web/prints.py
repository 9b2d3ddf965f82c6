"""The voucher on paper: printed with every copy counted, looked at again, or taken away as a file."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST

from sudapos import printing
from sudapos.books import links, vouchers
from sudapos.books.hand_back_prints import HandBackCopy
from sudapos.books.vouchers import PrintCopy, Voucher
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.printing import Copy, VoucherSlip
from sudapos.printing.slip import Person

from . import errors, frame, language, moments, words
from .refunds import show, whole

WIDTHS = (80, 58)
TYPES = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "escpos": "application/octet-stream",
}


@frame.page(Act.LOOK_UP)
@xframe_options_sameorigin
@require_http_methods(["GET", "POST"])
def voucher(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """The print page; with `format` the paper itself. Posting counts one more copy and opens the printer."""
    whole(request, refund_no)
    if request.method == "POST":
        return _print(request, refund_no)
    paper = Voucher.objects.filter(refund__refund_no=refund_no).first()
    if paper is not None and request.GET.get("format") in TYPES:
        return _paper(request, refund_no, paper, request.GET["format"])
    return _show(request, refund_no, paper)


def _print(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """Record the copy first: paper that left the printer uncounted would be worth a second refund."""
    operator, why = frame.operator_of(request), request.POST.get("reason", "")
    known = why if why in vouchers.REPRINT_REASONS else ""
    try:
        vouchers.record_print(refund_no, operator=operator, reason=known, at=moments.now())
    except Refusal as refusal:
        paper = Voucher.objects.filter(refund__refund_no=refund_no).first()
        return _show(request, refund_no, paper, refusal)
    asked: dict[str, str | int] = {"width": asked_width(request), "lang": asked_lang(request), "now": 1}
    return redirect(f"{reverse('refunds-voucher', args=[refund_no])}?{urlencode(asked)}")


def _show(
    request: HttpRequest, refund_no: str, paper: Voucher | None, refusal: Refusal | None = None
) -> HttpResponse:
    copies = list(paper.copies.select_related("operator").order_by("copy_no")) if paper else []
    told: dict[str, Any] = {
        "refund_no": refund_no,
        "paper": paper,
        "copies": copies,
        "width": asked_width(request),
        "widths": WIDTHS,
        "paper_lang": asked_lang(request),
        "reasons": words.REPRINTS.items(),
        "print_now": request.GET.get("now") == "1" and bool(copies),
        "said": errors.say(refusal) if refusal else None,
        "formats": ("pdf", "png", "escpos"),
    }
    return render(request, "pages/voucher.html", told, status=refusal.http_status if refusal else 200)


def _paper(request: HttpRequest, refund_no: str, paper: Voucher, form: str) -> HttpResponse:
    lang, width = asked_lang(request), asked_width(request)
    slip, copy = (
        VoucherSlip.from_mapping(vouchers.paper(paper, at=moments.now())),
        copy_of(vouchers.last_copy(paper), lang),
    )
    made: str | bytes
    match form:
        case "html":
            made = printing.html(
                slip, copy, lang=lang, width_mm=width, font_url=static("fonts/noto-sans-sc.woff2")
            )
        case "pdf":
            made = printing.pdf(slip, copy, lang=lang, width_mm=width)
        case "png":
            made = printing.png(slip, copy, lang=lang, width_mm=width)
        case _:
            made = printing.escpos(slip, copy, lang=lang, width_mm=width)
    response = HttpResponse(made, content_type=TYPES[form])
    if form != "html":
        ending = "bin" if form == "escpos" else form
        response["Content-Disposition"] = f'inline; filename="{refund_no}.{ending}"'
    return response


def copy_of(last: PrintCopy | HandBackCopy | None, lang: str) -> Copy:
    """Which printing the paper shows: the newest that was counted; its reason in the customer's language."""
    if last is None:
        return Copy()
    who = Person(code=last.operator.code, name=last.operator.name)
    with translation.override(language.CODES[lang]):
        why = words.word(words.REPRINTS, last.reason)
    return Copy(copy_no=last.copy_no, printed_at=last.at, operator=who, reason=why)


def asked_width(request: HttpRequest) -> int:
    asked = request.POST.get("width") or request.GET.get("width", "")
    return int(asked) if asked in {str(width) for width in WIDTHS} else WIDTHS[0]


def asked_lang(request: HttpRequest) -> str:
    asked = request.POST.get("lang") or request.GET.get("lang", "")
    return asked if asked in language.CODES else language.current()


@frame.page(Act.REPRINT)
@require_POST
def take_back(request: HttpRequest, refund_no: str, act: str) -> HttpResponseBase:
    """The voucher went astray: its code leads nowhere from now on; with `renew` a new one takes its place."""
    refund, operator = whole(request, refund_no), frame.operator_of(request)
    note, renew = request.POST.get("note", ""), act == "renew"
    try:
        links.revoke(refund_no, operator=operator, note=note, renew=renew, at=moments.now())
    except Refusal as refusal:
        return show(request, refund, refusal)
    return redirect("refunds-one", refund_no)
