"""A customer who wants a message about her refund: the address is typed once, shown masked, and goes by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from sudapos.books import wishes
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.ops import customer_messages

from . import frame, moments, refunds


@frame.page(Act.MAKE_REFUND)
@sensitive_post_parameters("to")
@require_POST
def act(request: HttpRequest, refund_no: str, which: str) -> HttpResponseBase:
    """The customer asks to be told, or does not want it any more."""
    refund, operator, at = refunds.whole(request, refund_no), frame.operator_of(request), moments.now()
    try:
        if which == "forget":
            wishes.forget(refund_no, operator=operator, at=at)
        else:
            typed, offered = request.POST, customer_messages.offered()
            wishes.ask(
                refund_no,
                to=typed.get("to", ""),
                lang=typed.get("lang", "zh"),
                offered=offered,
                operator=operator,
                at=at,
            )
    except Refusal as refusal:
        return refunds.show(request, refund, refusal)
    return redirect("refunds-one", refund_no)
