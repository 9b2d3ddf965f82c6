"""储值卡退款凭证 for machines: in every form, and the count of its copies."""

from __future__ import annotations

from base64 import b64encode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router

from sudapos.books import hand_back_prints
from sudapos.core.authority import Act
from sudapos.printing import papers, shifts
from sudapos.printing.slip import Copy

from . import reference, vouchers
from .keys import allow, now, operator
from .schemas import PrintIn

router = Router(tags=["cards"])


@router.get(
    "/hand-backs/{number}/voucher",
    summary="The voucher of a card that was handed back: json, html, pdf, png or escpos",
    openapi_extra=reference.answers("403", "404", "409"),
)
def voucher(
    request: HttpRequest, number: str, format: str = "json", lang: str = "zh", width: int = 80
) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    form = format or "json"
    vouchers.require_offered(form, lang, width)
    row = hand_back_prints.paid(number)
    copies = hand_back_prints.copies(row)
    if form == "json":
        return JsonResponse({**row.slip, "prints": [vouchers.told(copy) for copy in copies]})
    assert row.decided_at is not None
    made = papers.made(
        papers.HandBackPaper(**row.slip),
        form,
        lang=lang,
        width_mm=width,
        font_url=settings.STATIC_URL + vouchers.FONT,
        copy=vouchers.copy_of(copies[-1]) if copies else Copy(printed_at=row.decided_at),
    )
    return HttpResponse(made, content_type=papers.FORMS[form])


@router.post(
    "/hand-backs/{number}/voucher/prints",
    summary="Count one more printed copy of the voucher",
    openapi_extra=reference.answers("201", "403", "404"),
)
def post_print(request: HttpRequest, number: str, body: PrintIn) -> HttpResponse:
    """The first copy of what was paid in cash opens the drawer (`drawer`, base64), a reprint never does (INV-11)."""
    key = allow(request, Act.LOOK_UP)
    row = hand_back_prints.paid(number)
    if hand_back_prints.copies(row):
        allow(request, Act.REPRINT)
    person = operator(body.operator) if body.operator else row.checker or row.maker
    copy = hand_back_prints.record_print(
        number, operator=person, reason=body.reason, at=now(), origin=key.name
    )
    opens = copy.copy_no == 1 and row.payout == "cash" and row.total > 0
    pulse = b64encode(shifts.pulse()).decode() if opens else None
    return JsonResponse(vouchers.told(copy) | {"drawer": pulse}, status=201)
