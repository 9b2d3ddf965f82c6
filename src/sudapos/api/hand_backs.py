"""退卡 for machines: what a card is worth today, asked for by one, paid or rejected by another."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header

from sudapos.books import cards, hand_backs
from sudapos.books.hand_backs import HandBack, Wish
from sudapos.core.authority import Act
from sudapos.core.handing_back import Worth

from . import reference
from .keys import allow, now, operator
from .refunds import KEY_HEADER, REPLAYED, required_key
from .schemas import Body, Code, Long, Medium, Named, Operator

router = Router(tags=["cards"])
DONE = reference.answers("403", "404", "409")
MADE = reference.answers("200", "201", "403", "404", "409")


class TermsIn(Body):
    """`cause` MERCHANT or CONSUMER; `history` false where the shop cannot show what was consumed."""

    cause: Named
    rescinded_on: date
    history: bool = True
    experienced: bool = False


class HandBackIn(TermsIn):
    operator: Operator
    payout: Named = "transfer"
    person: Medium
    id_number: Medium
    payee: Medium = ""
    account: Medium = ""
    till: Code = ""
    note: Long = ""


class PayIn(Body):
    operator: Operator
    till: Code = ""
    reference: Medium = ""
    note: Long = ""


class RejectIn(Body):
    operator: Operator
    note: Long


@router.post(
    "/cards/{card_ref}/hand-backs/preview",
    summary="What handing a card back would come to, step by step; changes nothing",
    openapi_extra=DONE,
)
def preview(request: HttpRequest, card_ref: str, body: TermsIn) -> dict[str, Any]:
    allow(request, Act.MAKE_PREPAID_REFUND)
    return _worth(hand_backs.preview(cards.get(card_ref), Wish(**body.model_dump()), at=now()))


@router.post("/cards/{card_ref}/hand-backs", summary="Ask for a card to be handed back", openapi_extra=MADE)
def post_hand_back(
    request: HttpRequest, card_ref: str, body: HandBackIn, key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_PREPAID_REFUND)
    wish = Wish(**body.model_dump(exclude={"operator"}))
    row, again = hand_backs.ask(
        card_ref, wish, key=required_key(key), operator=operator(body.operator), at=now()
    )
    answer = JsonResponse(_row(row), status=200 if again else 201)
    if again:
        answer[REPLAYED] = "true"
    return answer


@router.get("/hand-backs", summary="What waits for a second person, oldest first")
def waiting(request: HttpRequest, store: str = "") -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return {"items": [_row(row) for row in hand_backs.waiting(store)]}


@router.get("/hand-backs/{number}", summary="One hand-back", openapi_extra=DONE)
def one(request: HttpRequest, number: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return _row(hand_backs.get(number))


@router.post(
    "/hand-backs/{number}/pay", summary="A second person agrees, and the money goes", openapi_extra=DONE
)
def pay(request: HttpRequest, number: str, body: PayIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_PREPAID_REFUND)
    told = body.model_dump(exclude={"operator"})
    return _row(hand_backs.pay(number, operator=operator(body.operator), at=now(), **told))


@router.post("/hand-backs/{number}/reject", summary="A second person says no, and why", openapi_extra=DONE)
def reject(request: HttpRequest, number: str, body: RejectIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_PREPAID_REFUND)
    return _row(hand_backs.reject(number, operator=operator(body.operator), note=body.note, at=now()))


def _worth(worth: Worth) -> dict[str, Any]:
    lpr, deposit = hand_backs.newest_rates()
    rates = {"lpr": lpr, "deposit": deposit, "to_confirm": True}
    return {**asdict(worth), "total": worth.total, "newest_rates": rates}


def _row(row: HandBack) -> dict[str, Any]:
    """Numbers of people are masked."""
    plain = (
        "number state cause history experienced paid bonus consumed_face consumed_value cooling_off"
        " principal_refund interest total rule payout till person_masked id_masked account_masked note reference"
        " decision_note held till"
    )
    return {name: getattr(row, name) for name in plain.split()} | {
        "card_ref": row.card.card_ref,
        "shift_no": row.shift.shift_no if row.shift else None,
        "rescinded_on": row.rescinded_on.isoformat(),
        "maker": row.maker.code,
        "checker": row.checker.code if row.checker else "",
        "asked_at": row.asked_at.isoformat(),
        "decided_at": row.decided_at.isoformat() if row.decided_at else None,
    }
