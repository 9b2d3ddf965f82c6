"""本人账户: everybody registers her own wallets, cards and phone, so that no refund of hers goes through her own hands (FR03)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import payers
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import errors, frame, moments, words


def kind_word(kind: str) -> str:
    """What a kind of account is called."""
    return {payers.CARD: _("银行卡"), payers.PHONE: _("手机号")}.get(kind) or words.channel(kind)


@frame.page()
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest) -> HttpResponseBase:
    """One's own accounts, and a form for one more; who looks after people sees her colleagues' as well."""
    if request.method == "GET":
        return _show(request)
    kind, number = request.POST.get("kind", ""), request.POST.get("number", "")
    try:
        payers.register(frame.operator_of(request), kind, number, at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal)
    return redirect("payees")


@frame.page(Act.PROPOSE_PEOPLE, Act.CHANGE_PEOPLE)
@require_POST
def remove(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        payers.remove(number, operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal)
    return redirect("payees")


def _show(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    may_remove = operator.may(Act.PROPOSE_PEOPLE) or operator.may(Act.CHANGE_PEOPLE)
    others = payers.listed(store_id=operator.store_id) if may_remove else []
    told: dict[str, Any] = {
        "rows": [(row, kind_word(row.kind)) for row in payers.of(operator)],
        "others": [(row, kind_word(row.kind)) for row in others if row.operator_id != operator.pk],
        "may_remove": may_remove,
        "kinds": [(kind, kind_word(kind)) for kind in payers.KINDS],
        "typed": request.POST,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/payees.html", told, status=refusal.http_status if refusal else 200)
