"""What people do to one refund payment: confirm, ask, retry, drop."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import decisions, remedies
from sudapos.books.legs import Leg
from sudapos.core.authority import Act
from sudapos.core.outcome import Route

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import ConfirmIn, DecisionIn

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
    leg = remedies.confirm(leg_no, operator=operator(body.operator), reference=body.reference, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/ask", summary="Have the channel asked now instead of at its next turn", openapi_extra=DONE
)
def ask(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    leg = remedies.ask(leg_no, operator=operator(body.operator), at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/retry",
    summary="Send a failed or bounced payment again under a new number",
    openapi_extra=DONE,
)
def retry(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.RETRY_LEG)
    leg = remedies.retry(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/drop", summary="Give up a payment that certainly moved no money", openapi_extra=DONE
)
def drop(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.DROP_LEG)
    leg = remedies.drop(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))
