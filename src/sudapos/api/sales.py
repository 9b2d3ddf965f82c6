"""Sales: taken in one by one or up to a thousand at once, looked up again by any number."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import ValidationError

from sudapos.books import intake, lookup, remainders
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, Refusal

from . import problems, shapes
from .keys import allow, key_of, now
from .schemas import SaleIn, SalesIn, moment

router = Router(tags=["sales"])
LIMIT_AT_MOST = 200


def body_of(request: HttpRequest) -> Any:
    """The JSON of a body; a float where an amount belongs is refused later, by its type."""
    try:
        return json.loads(request.body)
    except ValueError:
        raise Invalid("json_malformed") from None


def clamp(limit: int) -> int:
    return max(1, min(limit, LIMIT_AT_MOST))


def before(cursor: str) -> int | None:
    """The id behind a cursor. Raises Invalid for one that we never gave."""
    if not cursor:
        return None
    if not cursor.isdigit():
        raise Invalid("input_invalid", errors=[FieldError(("cursor",), "wrong_type")])
    return int(cursor)


@router.post(
    "/sales",
    summary="Take in one sale, or {items: [...]} up to 1000",
    openapi_extra={"requestBody": {"content": {"application/json": {"schema": SaleIn.model_json_schema()}}}},
)
def post_sales(request: HttpRequest) -> HttpResponse:
    allow(request, Act.SELL)
    given = body_of(request)
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


def _many(request: HttpRequest, items: list[dict[str, Any]]) -> HttpResponse:
    if len(items) > intake.AT_MOST:
        raise Refusal("too_many_items", count=len(items), most=intake.AT_MOST)
    lang = problems.language(request)
    results: list[dict[str, Any]] = []
    drafts, places = [], []
    for index, item in enumerate(items):
        number = item.get("sale_no") if isinstance(item.get("sale_no"), str) else None
        results.append({"sale_no": number})
        try:
            drafts.append(SaleIn.model_validate(item).draft())
            places.append(index)
        except ValidationError as error:
            shape = problems.shape(
                "input_invalid", 422, lang, {}, problems.field_errors(error, ("items", index))
            )
            results[index] |= {"status": "refused", "problem": shape}
    for place, taken in zip(places, intake.ingest(drafts, by=key_of(request).name, at=now()), strict=True):
        results[place]["status"] = taken.status
        if taken.refusal is not None:
            results[place]["problem"] = problems.of_refusal(taken.refusal, lang)
    return JsonResponse({"results": results})


@router.get("/sales", summary="Find sales by number, tail, channel number, amount, day and more")
def find_sales(
    request: HttpRequest,
    q: str = "",
    store: str = "",
    since: str = "",
    until: str = "",
    amount: int | None = None,
    card_last4: str = "",
    sku: str = "",
    serial: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    since, until = request.GET.get("from", since), request.GET.get("to", until)
    limit = clamp(limit)
    rows = lookup.find(
        lookup.Search(
            q=q,
            store=store,
            since=moment(since, "from") if since else None,
            until=moment(until, "to") if until else None,
            amount=amount,
            card_last4=card_last4,
            sku=sku,
            serial=serial,
            before=before(cursor),
            limit=limit + 1,
        )
    )
    return shapes.page(rows, limit, [shapes.sale(row) for row in rows])


@router.get("/sales/{sale_no}", summary="One sale and what may still come back of it")
def get_sale(request: HttpRequest, sale_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    sale = lookup.get(sale_no)
    return shapes.sale(sale, remainders.of([sale])[sale.pk])
