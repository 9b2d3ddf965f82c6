"""The door: who is here, and at which till; wrong passwords are counted, not argued with."""

from __future__ import annotations

from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import doors
from sudapos.books.shops import Merchant, Till
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal

from . import errors, frame, language, moments
from .errors import Said

SEAT_COOKIE = "seat"


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Code, password and till; already signed in goes straight on."""
    back = _way_on(request)
    if request.method == "GET":
        return redirect(back) if request.user.is_authenticated else _door(request, back)
    code = request.POST.get("code", "")
    try:
        operator = doors.authenticate(
            code, request.POST.get("password", ""), origin=_origin(request), at=moments.now()
        )
    except Refusal as refusal:
        return _door(request, back, errors.say(refusal))
    return _enter(request, operator, back)


def _enter(request: HttpRequest, operator: Operator, back: str) -> HttpResponseBase:
    till = _till(request.POST.get("seat", ""))
    if till is not None and operator.store_id not in (None, till.store_id):
        hint = _("请选择本店的收银台。")
        return _door(request, back, Said("other_store", _("这个收银台不属于您的门店。"), hint))
    auth.login(request, operator)
    store = till.store if till else operator.store
    request.session[frame.SEAT] = {
        "store": store.code if store else "",
        "store_name": store.name if store else "",
        "till": till.code if till else "",
    }
    doors.note("sign_in.done", operator.code, origin=_origin(request), at=moments.now())
    response = redirect(back)
    if language.COOKIE not in request.COOKIES:
        language.remember(response, operator.language)
    response.set_cookie(
        SEAT_COOKIE, request.POST.get("seat", ""), max_age=language.ONE_YEAR, samesite="Lax", httponly=True
    )
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    auth.logout(request)
    return redirect("sign-in")


def _door(request: HttpRequest, back: str, said: Said | None = None) -> HttpResponse:
    tills = list(Till.objects.select_related("store").order_by("store__code", "code"))
    told: dict[str, Any] = {
        "said": said,
        "next": back,
        "code": request.POST.get("code", ""),
        "tills": [
            {
                "key": f"{till.store.code}/{till.code}",
                "store": till.store,
                "code": till.code,
                "name": till.name,
            }
            for till in tills
        ],
        "seat_key": request.POST.get("seat", request.COOKIES.get(SEAT_COOKIE, "")),
        "merchant": Merchant.objects.filter(id=1).first(),
    }
    return render(request, "pages/sign_in.html", told, status=422 if said else 200)


def _way_on(request: HttpRequest) -> str:
    asked = request.POST.get("next") or request.GET.get("next") or "/"
    safe = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if safe else "/"


def _till(key: str) -> Till | None:
    store, _slash, code = key.replace("\x00", "").partition("/")
    return Till.objects.select_related("store").filter(store__code=store, code=code).first() if code else None


def _origin(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
