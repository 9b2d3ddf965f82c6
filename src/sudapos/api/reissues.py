"""Bounced money sent to another account by its channel: proposed by one person, sent by another, or registered from the portal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import ConfigDict, SecretStr, StrictStr

from sudapos.books import decisions, reissues
from sudapos.core.authority import Act
from sudapos.ops import reissuing

from . import problems, reference, shapes
from .keys import allow, now, operator

router = Router(tags=["legs"])
DONE = reference.answers("403", "404", "409")


class ProposeIn(Schema):
    """`kind` is customer_card (with bank and card_number) or merchant_card; only six and four digits are kept."""

    model_config = ConfigDict(extra="forbid")
    operator: StrictStr
    kind: StrictStr
    evidence: StrictStr
    bank: StrictStr = ""
    card_number: SecretStr = SecretStr("")


class SendIn(Schema):
    """The second person types the number and the holder's name; neither is kept."""

    model_config = ConfigDict(extra="forbid")
    operator: StrictStr
    card_number: SecretStr = SecretStr("")
    holder: SecretStr = SecretStr("")


class PortalIn(Schema):
    """It was done in the channel's own portal."""

    model_config = ConfigDict(extra="forbid")
    operator: StrictStr
    reference: StrictStr


def _shown(request: HttpRequest, leg_no: str) -> dict[str, Any]:
    refund_no = reissues.refund_no_of(leg_no)
    return shapes.refund(decisions.get(refund_no), problems.language(request))


@router.post(
    "/legs/{leg_no}/reissue/propose", summary="Propose another account for bounced money", openapi_extra=DONE
)
def propose(request: HttpRequest, leg_no: str, body: ProposeIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_TRANSFER)
    reissues.propose(
        leg_no,
        kind=body.kind,
        bank=body.bank,
        card_number=body.card_number.get_secret_value(),
        evidence=body.evidence,
        operator=operator(body.operator),
        at=now(),
    )
    return _shown(request, leg_no)


@router.post(
    "/legs/{leg_no}/reissue", summary="A second person has the channel send it there", openapi_extra=DONE
)
def send(request: HttpRequest, leg_no: str, body: SendIn) -> dict[str, Any]:
    allow(request, Act.MAKE_TRANSFER)
    reissuing.send(
        leg_no,
        card_number=body.card_number.get_secret_value(),
        holder=body.holder.get_secret_value(),
        operator=operator(body.operator),
        now=now,
    )
    return _shown(request, leg_no)


@router.post(
    "/legs/{leg_no}/reissue/portal", summary="It was done in the channel's own portal", openapi_extra=DONE
)
def portal(request: HttpRequest, leg_no: str, body: PortalIn) -> dict[str, Any]:
    allow(request, Act.MAKE_TRANSFER)
    reissues.portal(leg_no, reference=body.reference, operator=operator(body.operator), at=now())
    return _shown(request, leg_no)
