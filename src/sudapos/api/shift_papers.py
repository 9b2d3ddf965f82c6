"""A shift's X or Z report for machines: as figures, or as the paper that the page prints."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from sudapos.books import drawers
from sudapos.books.shifts import DrawerReport
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound
from sudapos.printing import shifts as paper
from sudapos.printing.slip import Copy

from . import reference
from .drawers import report_of as told
from .keys import allow
from .vouchers import FONT, FORMATS, require_offered

router = Router(tags=["drawers"])


@router.get(
    "/shifts/{shift_no}/report",
    summary="The newest report of a shift, or the one of `kind` and `number`: json, html, pdf, png or escpos",
    openapi_extra=reference.answers("403", "404"),
)
def report(
    request: HttpRequest,
    shift_no: str,
    kind: str = "",
    number: int = 0,
    format: str = "json",
    lang: str = "zh",
    width: int = 80,
) -> HttpResponse:
    allow(request, Act.SEE_DRAWERS)
    require_offered(format, lang, width)
    rows = drawers.shift_of(shift_no).reports.order_by("-id")
    rows = rows.filter(kind=kind) if kind else rows
    row = (rows.filter(number=number) if number else rows).first()
    if row is None:
        raise NotFound("report_not_found", shift_no=shift_no, number=number)
    if format == "json":
        return JsonResponse(told(row))
    return HttpResponse(_paper(row, format, lang, width), content_type=FORMATS[format])


def _paper(row: DrawerReport, format: str, lang: str, width: int) -> bytes | str:
    last = row.copies.order_by("-copy_no").first()
    copy = Copy(copy_no=last.copy_no, printed_at=last.at) if last else Copy()
    match format:
        case "html":
            font = settings.STATIC_URL + FONT
            return paper.html(row.slip, copy, lang=lang, width_mm=width, font_url=font)
        case "pdf":
            return paper.pdf(row.slip, copy, lang=lang, width_mm=width)
        case "png":
            return paper.png(row.slip, copy, lang=lang, width_mm=width)
        case _:
            return paper.escpos(row.slip, copy, lang=lang, width_mm=width)
