"""Wallets, cards and phones of those who work here, as digests: registered by each for herself, removed by somebody else."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import Field

from sudapos.books import payers, shops
from sudapos.books.payers import StaffPayee
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound

from . import reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Named, Operator

router = Router(tags=["payees"])
DONE = reference.answers("403", "404", "409")


class PayeeIn(Body):
    """`operator` registers for herself; of a card the first six and last four."""

    operator: Operator
    kind: Annotated[Named, Field(max_length=16)]
    number: Annotated[Named, Field(min_length=1, max_length=64)]


class RemovalIn(Body):
    operator: Operator


@router.get("/payees", summary="Registered accounts of those who work here, masked")
def listed(request: HttpRequest, of: str = "", store: str = "") -> dict[str, Any]:
    allow(request, Act.PROPOSE_PEOPLE)
    place = shops.stores([store]).get(store)
    if store and place is None:
        raise NotFound("store_not_found", store=store)
    found = payers.listed(store_id=place.pk if place else None)
    rows = [row for row in found if not of or row.operator.code == of]
    return {"items": [shown(row) for row in rows], "next_cursor": None}


@router.post(
    "/payees",
    summary="Register one's own wallet, card or phone",
    openapi_extra=reference.answers("201", "409"),
)
def register(request: HttpRequest, body: PayeeIn) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    row = payers.register(operator(body.operator), body.kind, body.number, at=now())
    return JsonResponse(shown(row), status=201)


@router.post("/payees/{number}/remove", summary="Remove one; never one's own", openapi_extra=DONE)
def remove(request: HttpRequest, number: int, body: RemovalIn) -> dict[str, Any]:
    allow(request, Act.PROPOSE_PEOPLE)
    return shown(payers.remove(number, operator=operator(body.operator), at=now()))


def shown(row: StaffPayee) -> dict[str, Any]:
    return {
        "id": row.pk,
        "operator": row.operator.code,
        "kind": row.kind,
        "hint": row.hint,
        "at": shapes.moment(row.at),
        "removed_at": shapes.moment(row.removed_at),
        "removed_by": row.removed_by or None,
    }
