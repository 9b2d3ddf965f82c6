"""What people do to one refund payment: confirm, retry, drop."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import decisions, remedies
from sudapos.core.authority import Act

from . import problems, shapes
from .keys import allow, now, operator
from .schemas import ConfirmIn, DecisionIn

router = Router(tags=["legs"])


@router.post("/legs/{leg_no}/confirm", summary="Cash was handed over, or the transfer was made")
def confirm(request: HttpRequest, leg_no: str, body: ConfirmIn) -> dict[str, Any]:
    allow(request, Act.PAY_CASH)
    leg = remedies.confirm(leg_no, operator=operator(body.operator), reference=body.reference, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post("/legs/{leg_no}/retry", summary="Send a failed or bounced payment again under a new number")
def retry(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.RETRY_LEG)
    leg = remedies.retry(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


@router.post("/legs/{leg_no}/drop", summary="Give up a payment that certainly moved no money")
def drop(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.DROP_LEG)
    leg = remedies.drop(leg_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))
