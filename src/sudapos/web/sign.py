"""The door: who is here, and at which till; wrong passwords are counted, not argued with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import audit
from sudapos.books.audit import AuditRecord
from sudapos.books.shops import Merchant, Till
from sudapos.books.staff import Operator

from . import frame, language, moments
from .errors import Said

SEAT_COOKIE = "seat"
TRIES = 5
TRIES_WITHIN = timedelta(minutes=10)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Code, password and till; already signed in goes straight on."""
    back = _way_on(request)
    if request.method == "GET":
        return redirect(back) if request.user.is_authenticated else _door(request, back)
    code = request.POST.get("code", "").replace("\x00", "").strip()
    if _too_often(code, _origin(request)):
        hint = _("请等 10 分钟，或请管理员重置密码。")
        return _door(request, back, Said("too_many_tries", _("密码连续输错太多次，这个工号先停一停。"), hint))
    operator = auth.authenticate(request, username=code, password=request.POST.get("password", ""))
    if not isinstance(operator, Operator):
        _note(request, "sign_in.failed", code, result="refused")
        hint = _("看看大写锁定和工号；输错 5 次会停用 10 分钟。")
        return _door(request, back, Said("wrong_password", _("工号或密码不对。"), hint))
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
    _note(request, "sign_in.done", operator.code)
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


def _too_often(code: str, origin: str) -> bool:
    """Counted per person and place, so that nobody can lock a colleague out from elsewhere."""
    tries = AuditRecord.objects.filter(by=code[:64], origin=origin, at__gte=moments.now() - TRIES_WITHIN)
    since = tries.filter(act="sign_in.done").order_by("-at").values_list("at", flat=True).first()
    failed = tries.filter(act="sign_in.failed")
    return (failed.filter(at__gt=since) if since else failed).count() >= TRIES


def _note(request: HttpRequest, act: str, code: str, *, result: str = "done") -> None:
    written = audit.Act(
        act=act,
        subject="operator",
        subject_no=code[:64],
        by=code[:64],
        origin=_origin(request),
        result=result,
    )
    audit.write([written], at=moments.now())
