"""收银台设备: which machine is which till; only there a PIN is enough for a cashier."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import devices
from sudapos.books.shops import Till
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import errors, frame, language, moments
from .sign import TILL_COOKIE, device_of


@frame.page(Act.SEE_PEOPLE)
@require_http_methods(["GET", "POST"])
def listed(request: HttpRequest) -> HttpResponseBase:
    """The machines at tills; POST binds this very one."""
    if request.method == "GET":
        return _show(request)
    store, _slash, till = request.POST.get("till", "").partition("/")
    try:
        _row, token = devices.bind(store, till, operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal)
    response = redirect("machines")
    response.set_signed_cookie(
        TILL_COOKIE,
        token,
        salt=TILL_COOKIE,
        max_age=language.ONE_YEAR,
        samesite="Lax",
        httponly=True,
        secure=request.is_secure(),
    )
    return response


def _show(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    tills = Till.objects.select_related("store").order_by("store__code", "code")
    if operator.store_id:
        tills = tills.filter(store_id=operator.store_id)
    told = {
        "rows": devices.listed(operator),
        "here": device_of(request),
        "tills": list(tills),
        "may_bind": devices.may_bind(operator),
        "said": errors.say(refusal) if refusal else None,
    }
    return render(request, "pages/machines.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.SEE_PEOPLE)
@require_POST
def revoke(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        devices.revoke(number, operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal)
    return redirect("machines")
