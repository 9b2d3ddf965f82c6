"""Bounced money sent to another account: the forms of the refund's page. A card's number is read once and shown never."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from sudapos.books import reissues
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.ops import reissuing

from . import frame, moments, refunds


@frame.page(Act.APPROVE_TRANSFER, Act.MAKE_TRANSFER)
@sensitive_post_parameters("card_number", "holder")
@require_POST
def act(request: HttpRequest, refund_no: str, leg_no: str, act: str) -> HttpResponseBase:
    """Propose, send, or register what was done in the channel's portal."""
    refund = refunds.whole(request, refund_no)
    if leg_no not in {each.leg_no for each in refund.legs.all()}:
        raise Refusal("leg_not_found", leg_no=leg_no)
    operator, typed, at = frame.operator_of(request), request.POST, moments.now()
    acts: dict[str, Callable[[], object]] = {
        "propose": lambda: reissues.propose(
            leg_no,
            kind=typed.get("kind", ""),
            bank=typed.get("bank", ""),
            card_number=typed.get("card_number", ""),
            evidence=typed.get("evidence", ""),
            operator=operator,
            at=at,
        ),
        "send": lambda: reissuing.send(
            leg_no,
            card_number=typed.get("card_number", ""),
            holder=typed.get("holder", ""),
            operator=operator,
            now=moments.now,
        ),
        "portal": lambda: reissues.portal(
            leg_no, reference=typed.get("reference", ""), operator=operator, at=at
        ),
    }
    return refunds.done(request, refund_no, acts[act])
