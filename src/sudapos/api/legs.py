"""What people do to one refund payment: confirm, ask, retry, drop."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import decisions, overdue, remedies
from sudapos.books.legs import Leg
from sudapos.core.authority import Act
from sudapos.core.outcome import Route

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import ConfirmIn, DecisionIn, RetryIn

router = Router(tags=["legs"])
DONE = reference.answers("403", "404", "409")


def _act_to_confirm(leg_no: str) -> Act:
    """A key for the drawer is no key for the bank."""
    route = Leg.objects.filter(leg_no=leg_no).values_list("route", flat=True).first()
    return Act.MAKE_TRANSFER if route == Route.TRANSFER else Act.PAY_CASH


@router.post(
    "/legs/{leg_no}/confirm", summary="Cash was handed over, or the transfer was made", openapi_extra=DONE
)
def confirm(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, _act_to_confirm(leg_no))
    who = operator(body.operator)
    leg = remedies.confirm(leg_no, operator=who, reference=body.reference, till=body.till, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/ask", summary="Have the channel asked now instead of at its next turn", openapi_extra=DONE
)
def ask(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    leg = remedies.ask(leg_no, operator=operator(body.operator), at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/send", summary="Send what was put off again now, under its own number", openapi_extra=DONE
)
def send(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, Act.RETRY_LEG)
    leg = remedies.hurry(leg_no, operator=operator(body.operator), at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post("/legs/{leg_no}/leave", summary="The customer left before she took her cash", openapi_extra=DONE)
def leave(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, Act.PAY_CASH)
    row = overdue.leave(leg_no, operator=operator(body.operator), at=now())
    return shapes.refund(decisions.get(row.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/retry",
    summary="Send a failed payment again under a new number; one that bounced by route transfer or cash, a void by route refund",
    openapi_extra=DONE,
)
def retry(request: HttpRequest, leg_no: str, body: RetryIn) -> dict[str, Any]:
    needed = {"transfer": Act.APPROVE_TRANSFER, "cash": Act.APPROVE_TRANSFER, "refund": Act.MAKE_REFUND}
    allow(request, needed.get(body.route, Act.RETRY_LEG))
    who = operator(body.operator)
    leg = remedies.retry(leg_no, operator=who, note=body.note, route=body.route, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/close-alarm",
    summary="Say what was done about money that moved against the books",
    openapi_extra=DONE,
)
def close_alarm(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.SETTLE_BY_HAND)
    leg = remedies.close_alarm(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/drop", summary="Give up a payment that certainly moved no money", openapi_extra=DONE
)
def drop(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.DROP_LEG)
    leg = remedies.drop(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))
