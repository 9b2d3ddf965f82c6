"""Compensation for machines: what is owed beyond the price, asked for by one, agreed by another, paid once (domain R-24)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header

from sudapos.books import compensations
from sudapos.books.compensations import Compensation, Wish
from sudapos.core.authority import Act
from sudapos.core.compensation import State
from sudapos.core.refusal import NotFound
from sudapos.printing import papers

from . import files, reference, shapes
from .keys import allow, now, operator
from .refunds import KEY_HEADER, REPLAYED, required_key
from .schemas import Body, Code, Long, Medium, Named, Operator, before, clamp, one_of

router = Router(tags=["compensations"])
STATES = ("open", "all", *State)
DONE = reference.answers("403", "404", "409")
MADE = reference.answers("200", "201", "403", "404", "409")


class CompensationIn(Body):
    """`kind` deceived or unsafe_food with the `price` of the goods, or agreed with the `amount`; both in fen."""

    operator: Operator
    kind: Named
    price: int = 0
    amount: int = 0
    why: Long
    evidence: Long = ""


class NoteIn(Body):
    operator: Operator
    note: Long


class ByIn(Body):
    operator: Operator


class PayIn(Body):
    """`channel` cash (out of the drawer of `till`) or transfer (with its `reference`); `person` took it."""

    operator: Operator
    channel: Named
    person: Medium
    reference: Medium = ""
    till: Code = ""


def _wish(body: CompensationIn) -> Wish:
    return Wish(**body.model_dump(exclude={"operator"}))


@router.post(
    "/sales/{sale_no}/compensations/preview",
    summary="What it would come to; changes nothing",
    openapi_extra=DONE,
)
def preview(request: HttpRequest, sale_no: str, body: CompensationIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    # what proves it may still be on its way when somebody only wants to know the sum
    wish = replace(_wish(body), evidence=body.evidence or "-")
    _, due = compensations.preview(sale_no, wish, operator=operator(body.operator))
    return {"amount": due}


@router.post("/sales/{sale_no}/compensations", summary="Ask for a compensation", openapi_extra=MADE)
def asked(
    request: HttpRequest, sale_no: str, body: CompensationIn, key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    row, again = compensations.ask(
        sale_no, _wish(body), key=required_key(key), operator=operator(body.operator), at=now()
    )
    answer = JsonResponse(shown(row), status=200 if again else 201)
    if again:
        answer[REPLAYED] = "true"
    return answer


@router.get(
    "/compensations", summary="Compensations; state open (somebody must act), one of the states, or all"
)
def listed(
    request: HttpRequest, state: str = "open", store: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    state = one_of(state, "state", STATES) or "open"
    rows = compensations.find(state=state, store=store, before=before(cursor), limit=limit + 1)
    return shapes.page(rows, limit, [shown(row) for row in rows])


@router.get("/compensations/{number}", summary="One compensation", openapi_extra=DONE)
def one(request: HttpRequest, number: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shown(compensations.get(number))


@router.get(
    "/compensations/{number}/receipt", summary="What the customer signs, once it is paid", openapi_extra=DONE
)
def receipt(request: HttpRequest, number: str, format: str = "json", lang: str = "zh") -> HttpResponse:
    """`format` json, html, pdf, png or escpos."""
    allow(request, Act.LOOK_UP)
    row = compensations.get(number)
    if not row.slip:
        raise NotFound("compensation_not_paid", number=number)
    return files.paper(row.slip, papers.CompensationPaper(**row.slip), format, lang)


@router.post(
    "/compensations/{number}/approve", summary="Another person agrees: it is owed", openapi_extra=DONE
)
def approved(request: HttpRequest, number: str, body: ByIn) -> dict[str, Any]:
    allow(request, Act.APPROVE)
    return shown(compensations.approve(number, operator=operator(body.operator), at=now()))


@router.post("/compensations/{number}/reject", summary="Another person says no, and why", openapi_extra=DONE)
def rejected(request: HttpRequest, number: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.APPROVE)
    return shown(compensations.reject(number, note=body.note, operator=operator(body.operator), at=now()))


@router.post(
    "/compensations/{number}/withdraw", summary="It is not owed after all, and why", openapi_extra=DONE
)
def withdrawn(request: HttpRequest, number: str, body: NoteIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    return shown(compensations.withdraw(number, note=body.note, operator=operator(body.operator), at=now()))


@router.post("/compensations/{number}/pay", summary="The money goes, once", openapi_extra=DONE)
def paid(request: HttpRequest, number: str, body: PayIn) -> dict[str, Any]:
    allow(request, Act.MAKE_TRANSFER if body.channel == "transfer" else Act.PAY_CASH)
    told = body.model_dump(exclude={"operator"})
    return shown(compensations.pay(number, operator=operator(body.operator), at=now(), **told))


def shown(row: Compensation) -> dict[str, Any]:
    return {
        "number": row.number,
        "sale_no": row.sale.sale_no,
        "store": row.sale.store.code,
        "kind": row.kind,
        "price": row.price or None,
        "amount": row.amount,
        "why": row.why,
        "evidence": row.evidence or None,
        "state": str(row.state),
        "maker": row.maker.code,
        "asked_at": shapes.moment(row.asked_at),
        "decider": row.decider.code if row.decider else None,
        "decided_at": shapes.moment(row.decided_at),
        "note": row.note or None,
        "channel": row.channel or None,
        "till": row.till or None,
        "shift_no": row.shift.shift_no if row.shift else None,
        "reference": row.reference or None,
        "person": row.person_masked or None,
        "payer": row.payer.code if row.payer else None,
        "paid_at": shapes.moment(row.paid_at),
    }
