"""Corrections of wrong refunds for machines."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Header

from sudapos.books import corrections, decisions, set_offs
from sudapos.books.corrections import Correction
from sudapos.core.authority import Act
from sudapos.core.corrections import State

from . import problems, reference, shapes
from .keys import allow, now, operator
from .keys import operator as person
from .refunds import KEY_HEADER, required_key
from .schemas import Body, Code, Long, Medium, Named, Operator, before, clamp

router = Router(tags=["corrections"])
DONE = reference.answers("403", "404", "409")


class CorrectionIn(Body):
    """`amount` in fen. `expected` is what the caller saw that it would do; where it would do the other, nothing is done."""

    operator: Operator
    amount: int
    why: Long
    expected: Literal["undone", "open"] | None = None


class CollectIn(Body):
    """`channel` cash (into the drawer of `till`) or transfer (with its `reference`)."""

    operator: Operator
    channel: Named
    reference: Medium = ""
    till: Code = ""


class GiveUpIn(Body):
    operator: Operator
    note: Long


@router.post("/refunds/{refund_no}/corrections", summary="Correct a wrong refund", openapi_extra=DONE)
def opened(
    request: HttpRequest,
    refund_no: str,
    body: CorrectionIn,
    idempotency_key: str = Header("", alias=KEY_HEADER),
) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    key, who = required_key(idempotency_key), operator(body.operator)
    row = corrections.open(
        refund_no,
        amount=body.amount,
        why=body.why,
        operator=who,
        at=now(),
        key=key,
        expected=State(body.expected) if body.expected else None,
    )
    return shown(row)


@router.get(
    "/refunds/{refund_no}/corrections/outlook",
    summary="What a correction by this operator would do now, and at most over how much",
    openapi_extra=DONE,
)
def outlook(request: HttpRequest, refund_no: str, operator: str) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    refund, who = decisions.get(refund_no), person(operator)
    corrections.require_opener(refund, who)
    state, most = corrections.outlook(refund, who)
    return {"expected": str(state), "most": most}


@router.get("/corrections", summary="Corrections; state open, collected, given_up, set_off, undone or all")
def listed(
    request: HttpRequest, state: str = "open", store: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    rows = corrections.find(state=state, store=store, before=before(cursor), limit=limit + 1)
    return shapes.page(rows, limit, [shown(row) for row in rows])


@router.get("/corrections/{correction_no}", summary="One correction", openapi_extra=reference.answers("404"))
def one(request: HttpRequest, correction_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shown(corrections.get(correction_no))


@router.post("/corrections/{correction_no}/collect", summary="It was brought back", openapi_extra=DONE)
def collected(request: HttpRequest, correction_no: str, body: CollectIn) -> dict[str, Any]:
    allow(request, Act.MAKE_TRANSFER if body.channel == "transfer" else Act.PAY_CASH)
    row = corrections.collect(
        correction_no,
        channel=body.channel,
        reference=body.reference,
        till=body.till,
        operator=operator(body.operator),
        at=now(),
    )
    return shown(row)


@router.post("/corrections/{correction_no}/give-up", summary="It is lost, in note", openapi_extra=DONE)
def given_up(request: HttpRequest, correction_no: str, body: GiveUpIn) -> dict[str, Any]:
    allow(request, Act.SETTLE_BY_HAND)
    row = corrections.give_up(correction_no, note=body.note, operator=operator(body.operator), at=now())
    return shown(row)


class SetOffIn(Body):
    """`amount` in fen, as it was seen; where it is given and is another now, nothing is done."""

    operator: Operator
    amount: int | None = None


@router.post(
    "/legs/{leg_no}/set-off",
    summary="Set what bounced off against the corrections of its refund",
    openapi_extra=DONE,
)
def set_off(request: HttpRequest, leg_no: str, body: SetOffIn) -> dict[str, Any]:
    allow(request, Act.SETTLE_BY_HAND)
    leg = set_offs.set_off(leg_no, amount=body.amount, operator=operator(body.operator), at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


def shown(row: Correction) -> dict[str, Any]:
    return {
        "correction_no": row.correction_no,
        "refund_no": row.refund.refund_no,
        "state": str(row.state),
        "amount": row.amount,
        "set_off": row.set_off,
        "left": row.left,
        "tax": row.tax,
        "why": row.why,
        "opened_by": row.opened_by,
        "opened_at": shapes.moment(row.opened_at),
        "closed_by": row.closed_by or None,
        "closed_at": shapes.moment(row.closed_at),
        "channel": row.channel or None,
        "till": row.till or None,
        "reference": row.reference or None,
        "note": row.note or None,
    }
