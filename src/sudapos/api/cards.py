"""Stored-value cards and points for machines: opened, topped up, looked at. Payments by card come with the sale."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header
from pydantic import Field

from sudapos.books import cards, top_ups
from sudapos.books.cards import CardMove, Lot, StoredCard
from sudapos.books.drafts import phone_digest
from sudapos.core.authority import Act
from sudapos.core.tenders import Parts

from . import reference, shapes
from .keys import allow, now, operator
from .refunds import KEY_HEADER, required_key
from .schemas import Body, Code, Fen, Medium, Named, Operator, Short, before, clamp

router = Router(tags=["cards"])
DONE = reference.answers("403", "404")
MADE = reference.answers("201", "403", "404", "409")
MOVES = 100


class CardIn(Body):
    operator: Operator
    number: Annotated[Named, Field(min_length=4, max_length=64)]
    store: Named
    kind: Named = "stored_value"
    holder: Medium = ""
    phone: Short = ""


class TopUpIn(Body):
    """`paid` came in by `channel`; `bonus` is given with it. Fen."""

    operator: Operator
    paid: Fen
    bonus: Fen = 0
    channel: Named
    till: Code = ""
    payer: Medium = ""


class EarnIn(Body):
    operator: Operator
    points: Fen
    sale_no: Medium = ""


@router.get("/cards", summary="Cards and points accounts: by number, last four digits or the holder's phone")
def listed(
    request: HttpRequest, q: str = "", phone: str = "", store: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit, below = clamp(limit), before(cursor)
    rows = cards.find(q, phone=phone_digest(phone) if phone else "", store=store)
    rows = rows.filter(pk__lt=below) if below is not None else rows
    found = list(rows[: limit + 1])
    holds = cards.held(row.pk for row in found)
    return shapes.page(found, limit, [card(row, holds[row.pk]) for row in found])


@router.post("/cards", summary="Open a card or a points account", openapi_extra=MADE)
def post_card(request: HttpRequest, body: CardIn) -> HttpResponse:
    allow(request, Act.SELL)
    told = body.model_dump(exclude={"operator", "number"})
    row = top_ups.open_card(body.number, operator=operator(body.operator), at=now(), **told)
    return JsonResponse(card(row, Parts()), status=201)


@router.get(
    "/cards/{card_ref}", summary="One card: what it holds, its lots and its moves", openapi_extra=DONE
)
def one(request: HttpRequest, card_ref: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    row = cards.get(card_ref)
    moves = row.moves.order_by("-id")[:MOVES]
    return card(row, cards.held([row.pk])[row.pk]) | {
        "lots": [lot(each) for each in row.lots.all()],
        "moves": [move(each) for each in moves],
    }


@router.post(
    "/cards/{card_ref}/top-ups",
    summary="Money onto a card; the key makes a repeat harmless",
    openapi_extra=MADE,
)
def post_top_up(
    request: HttpRequest, card_ref: str, body: TopUpIn, key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.SELL)
    told = body.model_dump(exclude={"operator"})
    made, again = top_ups.top_up(
        card_ref, key=required_key(key), operator=operator(body.operator), at=now(), **told
    )
    answer = JsonResponse(
        lot(made) | {"card": card(made.card, _held(made.card))}, status=200 if again else 201
    )
    if again:
        answer["Idempotent-Replayed"] = "true"
    return answer


@router.post("/cards/{card_ref}/points", summary="Points that were earned", openapi_extra=MADE)
def post_points(request: HttpRequest, card_ref: str, body: EarnIn) -> HttpResponse:
    allow(request, Act.SELL)
    made = top_ups.grant_points(
        card_ref, body.points, operator=operator(body.operator), subject_no=body.sale_no, at=now()
    )
    return JsonResponse(move(made) | {"card": card(made.card, _held(made.card))}, status=201)


def _held(row: StoredCard) -> Parts:
    return cards.held([row.pk])[row.pk]


def card(row: StoredCard, holds: Parts) -> dict[str, Any]:
    """A card as machines see it: never its number."""
    return {
        "card_ref": row.card_ref,
        "kind": row.kind,
        "number_masked": row.number_masked,
        "holder_masked": row.holder_masked,
        "phone_masked": row.phone_masked,
        "store": row.store.code,
        "principal": holds.principal,
        "bonus": holds.bonus,
        "balance": holds.total,
        "opened_at": row.opened_at.isoformat(),
    }


def lot(row: Lot) -> dict[str, Any]:
    return {
        "paid": row.paid,
        "bonus": row.bonus,
        "channel": row.channel,
        "lpr_bp": row.lpr_bp,
        "deposit_bp": row.deposit_bp,
        "at": row.at.isoformat(),
        "operator": row.by,
    }


def move(row: CardMove) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "principal": row.principal,
        "bonus": row.bonus,
        "subject_no": row.subject_no,
        "at": row.at.isoformat(),
        "operator": row.by,
    }
