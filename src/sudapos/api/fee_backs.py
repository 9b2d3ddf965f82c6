"""What channels give back of their fee with one refund, for whoever may see statements."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import decisions, fee_backs
from sudapos.core.authority import Act

from . import reference
from .keys import allow

router = Router(tags=["statements"])


@router.get(
    "/refunds/{refund_no}/channel-fees",
    summary="What each channel gives back of its fee with this refund; an estimate until the statement says",
    openapi_extra=reference.answers("403", "404"),
)
def of_refund(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.SEE_STATEMENTS)
    items = [
        {
            "leg_no": row.leg.leg_no,
            "channel": row.leg.channel,
            "amount": row.leg.amount,
            "fee_charged": row.charged,
            "fee_returned": row.back,
            "is_estimate": not row.is_told,
        }
        for row in fee_backs.of(decisions.get(refund_no))
    ]
    return {"items": items}
