"""Sales: taken in one by one or up to a thousand at once, looked up again by any number."""

from __future__ import annotations

from typing import Any

from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import intake, lookup, remainders
from sudapos.core.authority import Act

from . import bodies, problems, reference, shapes
from .keys import allow, key_of, now
from .schemas import SaleIn, SalesIn, before, clamp, moment

router = Router(tags=["sales"])


@router.post(
    "/sales",
    summary="Take in one sale, or {items: [...]} up to 1000",
    description="201 with the stored sale, 200 on a repeat; a list answers 200 with results, item by item.",
    openapi_extra=reference.one_or_many("SaleIn", "SalesIn") | reference.answers("200", "201", "409", "413"),
)
def post_sales(request: HttpRequest) -> HttpResponse:
    allow(request, Act.SELL)
    given = bodies.of(request)
    if isinstance(given, dict) and "items" in given:
        return _many(request, SalesIn.model_validate(given).items)
    draft = SaleIn.model_validate(given).draft()
    [taken] = intake.ingest([draft], by=key_of(request).name, at=now())
    if taken.refusal is not None:
        raise taken.refusal
    sale = lookup.get(draft.sale_no)
    return JsonResponse(
        shapes.sale(sale, remainders.of([sale])[sale.pk]), status=201 if taken.status == "created" else 200
    )


def _many(request: HttpRequest, given: list[Any]) -> HttpResponse:
    lang = problems.language(request)
    read = bodies.items(given, SaleIn, most=intake.AT_MOST, lang=lang, named=["sale_no"])
    drafts = [sale.draft() for _, sale in read.good]
    taken = intake.ingest(drafts, by=key_of(request).name, at=now())
    for (index, _), one in zip(read.good, taken, strict=True):
        if one.refusal is not None:
            read.refuse(index, one.refusal)
        else:
            read.results[index]["status"] = one.status
    return JsonResponse({"results": read.results})


@router.get("/sales", summary="Find sales by number, tail, channel number, amount, day and more")
def find_sales(
    request: HttpRequest,
    q: str = "",
    store: str = "",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    amount: int | None = None,
    card_last4: str = "",
    sku: str = "",
    serial: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    rows = lookup.find(
        lookup.Search(
            q=q,
            store=store,
            since=moment(since, "from"),
            until=moment(until, "to", last=True),
            amount=amount,
            card_last4=card_last4,
            sku=sku,
            serial=serial,
            before=before(cursor),
            limit=limit + 1,
        )
    )
    prefetch_related_objects(
        rows, "charges", "payments__account", "points_earned__account", "coupons__returned__refund"
    )  # a page costs the same whatever its length
    return shapes.page(rows, limit, [shapes.sale(row) for row in rows])


@router.get(
    "/sales/{sale_no}",
    summary="One sale and what may still come back of it",
    openapi_extra=reference.answers("404"),
)
def get_sale(request: HttpRequest, sale_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    sale = lookup.get(sale_no)
    return shapes.sale(sale, remainders.of([sale])[sale.pk])
