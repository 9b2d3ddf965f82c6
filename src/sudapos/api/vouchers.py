"""The printed proof, in every form, and the count of its copies."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from sudapos import printing
from sudapos.books import decisions, vouchers
from sudapos.books.hand_back_prints import HandBackCopy
from sudapos.books.vouchers import PrintCopy, Voucher
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid
from sudapos.printing import Copy, VoucherSlip, shifts, tenders
from sudapos.printing.slip import Person

from . import reference, shapes
from .keys import allow, now, operator
from .schemas import PrintIn

router = Router(tags=["vouchers"])
FORMATS = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "escpos": "application/octet-stream",
}
FONT = "fonts/noto-sans-sc.woff2"
WIDTHS = (58, 80)


@router.get(
    "/refunds/{refund_no}/voucher",
    summary="The voucher: json, html, pdf, png or escpos",
    openapi_extra=reference.answers("404"),
)
def voucher(
    request: HttpRequest, refund_no: str, format: str = "json", lang: str = "zh", width: int = 80
) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    require_offered(format, lang, width)
    row = vouchers.issue(refund_no, at=now())
    copies = list(PrintCopy.objects.filter(voucher=row).select_related("operator"))
    if format == "json":
        return JsonResponse(
            {
                "refund_no": refund_no,
                "code": row.code,
                "created_at": shapes.moment(row.created_at),
                "slip": row.slip,
                "prints": [told(copy) for copy in copies],
            }
        )
    slip, copy = (
        VoucherSlip.from_mapping(vouchers.paper(row, at=now())),
        paper_copy(row, copies[-1] if copies else None),
    )
    return HttpResponse(render(slip, copy, format, lang, width), content_type=FORMATS[format])


def require_offered(format: str, lang: str, width: int) -> None:
    """Raises Invalid for a form of paper that there is not."""
    if format != "json" and format not in FORMATS:
        raise Invalid("format_not_offered", format=format, offered="json, html, pdf, png, escpos")
    if width not in WIDTHS or lang not in ("zh", "en"):
        name = "width" if width not in WIDTHS else "lang"
        raise Invalid("input_invalid", errors=[FieldError((name,), "out_of_range")])


def render(slip: VoucherSlip, copy: Copy, format: str, lang: str, width: int) -> bytes | str:
    """One copy in one form."""
    match format:
        case "html":
            return printing.html(slip, copy, lang=lang, width_mm=width, font_url=settings.STATIC_URL + FONT)
        case "pdf":
            return printing.pdf(slip, copy, lang=lang, width_mm=width)
        case "png":
            return printing.png(slip, copy, lang=lang, width_mm=width)
        case _:
            return printing.escpos(slip, copy, lang=lang, width_mm=width)


def paper_copy(row: Voucher, copy: PrintCopy | None) -> Copy:
    """Which copy the paper says it is: the newest one counted, or the original before any was."""
    return Copy(copy_no=1, printed_at=row.created_at) if copy is None else copy_of(copy)


def copy_of(copy: PrintCopy | HandBackCopy) -> Copy:
    """A counted copy as the paper says it."""
    person = Person(code=copy.operator.code, name=copy.operator.name)
    return Copy(copy_no=copy.copy_no, printed_at=copy.at, operator=person, reason=copy.reason)


def told(copy: PrintCopy | HandBackCopy) -> dict[str, Any]:
    return {
        "copy_no": copy.copy_no,
        "reprint": copy.copy_no > 1,
        "operator": copy.operator.code,
        "reason": copy.reason,
        "at": shapes.moment(copy.at),
    }


@router.post(
    "/refunds/{refund_no}/voucher/prints",
    summary="Count one more printed copy",
    openapi_extra=reference.answers("201", "404"),
)
def post_print(request: HttpRequest, refund_no: str, body: PrintIn) -> HttpResponse:
    key = allow(request, Act.LOOK_UP)
    refund = decisions.get(refund_no)
    if vouchers.last_copy_no(refund_no):
        allow(request, Act.REPRINT)
    person = operator(body.operator) if body.operator else refund.operator
    copy = vouchers.record_print(refund_no, operator=person, reason=body.reason, at=now(), origin=key.name)
    row = Voucher.objects.get(refund__refund_no=refund_no)
    return JsonResponse(told(copy) | {"drawer": _pulse(row, copy)}, status=201)


def _pulse(row: Voucher, copy: PrintCopy) -> str | None:
    """What opens the drawer (base64), once: with the first copy of a cash refund, never with a reprint (INV-11)."""
    slip = VoucherSlip.from_mapping(row.slip)
    if copy.copy_no > 1 or not any(map(tenders.needs_drawer, slip.tenders)):
        return None
    return b64encode(shifts.pulse()).decode()
