"""The door: who is here, and at which till; wrong passwords are counted, not argued with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from sudapos.books import devices, doors, factors, tries, visits
from sudapos.books.devices import Device
from sudapos.books.shops import Merchant, Till
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal

from . import errors, frame, kept, language, moments, passkeys, presence
from .errors import Said

SEAT_COOKIE = "seat"
TILL_COOKIE = "till"
HALF = "half"
"""Where in the session a person stands between her password and her second factor."""
HALF_LASTS = timedelta(minutes=5)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Code, password and till; already signed in goes straight on."""
    back = _way_on(request)
    if request.method == "GET":
        return redirect(back) if request.user.is_authenticated else _door(request, back)
    code, at = request.POST.get("code", ""), moments.now()
    seat = request.POST.get("seat", "")
    try:
        operator = doors.authenticate(
            code, request.POST.get("password", ""), origin=origin_of(request), at=at
        )
    except Refusal as refusal:
        return _door(request, back, errors.say(refusal))
    if said := _wrong_till(operator, seat):
        return _door(request, back, said)
    if factors.has(operator):
        request.session[HALF] = {"id": operator.pk, "next": back, "seat": seat, "at": at.isoformat()}
        return redirect("sign-in-second")
    return enter(request, operator, back, seat=seat, how="password")


@never_cache
@sensitive_post_parameters("pin")
@require_POST
def with_pin(request: HttpRequest) -> HttpResponseBase:
    """Code and PIN, where this machine is bound to a till."""
    back, device = _way_on(request), device_of(request)
    try:
        if device is None:
            raise Refusal("till_not_bound")
        operator = doors.with_pin(
            request.POST.get("code", ""),
            request.POST.get("pin", ""),
            device=device,
            origin=origin_of(request),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _door(request, back, errors.say(refusal))
    return enter(request, operator, back, seat=_seat_of(device), how="pin")


@never_cache
@sensitive_post_parameters("digits", "passkey")
@require_http_methods(["GET", "POST"])
def second(request: HttpRequest) -> HttpResponseBase:
    """Six digits, a passkey or a code from the paper, within five minutes of the password."""
    half = request.session.get(HALF)
    operator = _half_in(half)
    if half is None or operator is None:
        request.session.pop(HALF, None)
        return redirect("sign-in")
    if request.method == "GET":
        return _second(request, operator)
    at, origin = moments.now(), origin_of(request)
    try:
        if request.POST.get("passkey"):
            how = passkeys.prove(operator, request.POST["passkey"], origin=origin, at=at)
        else:
            how = doors.second(operator, request.POST.get("digits", ""), origin=origin, at=at)
    except Refusal as refusal:
        return _second(request, operator, errors.say(refusal))
    request.session.pop(HALF, None)
    return enter(request, operator, half["next"], seat=half["seat"], how=how)


def _half_in(half: dict[str, Any] | None) -> Operator | None:
    if not half or moments.now() - datetime.fromisoformat(half["at"]) > HALF_LASTS:
        return None
    return Operator.objects.filter(pk=half["id"], is_active=True).first()


def _second(request: HttpRequest, operator: Operator, said: Said | None = None) -> HttpResponse:
    held = factors.held(operator)
    told: dict[str, Any] = {"said": said, "held": held, "who": operator}
    if held.passkeys:
        told["options"] = passkeys.ask(operator)
    return render(request, "pages/second.html", told, status=422 if said else 200)


def enter(request: HttpRequest, operator: Operator, back: str, *, seat: str, how: str) -> HttpResponseBase:
    """She is in: a visit begins, the till is remembered, and whatever she had typed before is given back."""
    till, at, origin = _till(seat), moments.now(), origin_of(request)
    auth.login(request, operator)
    store = till.store if till else operator.store
    request.session[frame.SEAT] = {
        "store": store.code if store else "",
        "store_name": store.name if store else "",
        "till": till.code if till else "",
    }
    tries.worked(operator.code, origin=origin)
    visit = visits.begin(
        operator,
        how=how,
        origin=origin,
        browser=request.headers.get("User-Agent", ""),
        store=store.code if store else "",
        till=till.code if till else "",
        at=at,
    )
    request.session[presence.VISIT] = visit.key
    request.session.pop(presence.OVER, None)
    doors.note("sign_in.done", operator.code, origin=origin, at=at)
    response = redirect("kept" if kept.waits_for(request, operator.code) else back)
    if language.COOKIE not in request.COOKIES:
        language.remember(response, operator.language)
    response.set_cookie(SEAT_COOKIE, seat, max_age=language.ONE_YEAR, samesite="Lax", httponly=True)
    return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponseBase:
    visits.end(request.session.get(presence.VISIT, ""), why="out", at=moments.now())
    auth.logout(request)
    return redirect("sign-in")


def _wrong_till(operator: Operator, seat: str) -> Said | None:
    till = _till(seat)
    if till is None or operator.store_id in (None, till.store_id):
        return None
    return Said("other_store", _("这个收银台不属于您的门店。"), _("请选择本店的收银台。"))


def _door(request: HttpRequest, back: str, said: Said | None = None) -> HttpResponse:
    tills = list(Till.objects.select_related("store").order_by("store__code", "code"))
    device = device_of(request)
    over = request.session.get(presence.OVER) if said is None else None
    told: dict[str, Any] = {
        "said": said,
        "over": over,
        "over_minutes": settings.IDLE_MINUTES,
        "is_kept": bool(over and request.session.get(kept.KEPT)),
        "next": back,
        "code": request.POST.get("code", over[1] if over else ""),
        "device": device,
        "tills": [
            {
                "key": f"{till.store.code}/{till.code}",
                "store": till.store,
                "code": till.code,
                "name": till.name,
            }
            for till in tills
        ],
        "seat_key": request.POST.get("seat", request.COOKIES.get(SEAT_COOKIE, _seat_of(device))),
        "merchant": Merchant.objects.filter(id=1).first(),
        "is_offered": settings.SECOND_FACTOR == "offered",
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


def device_of(request: HttpRequest) -> Device | None:
    """The till that this machine is bound to."""
    token = request.get_signed_cookie(TILL_COOKIE, default="", salt=TILL_COOKIE)
    return devices.known(token or "")


def _seat_of(device: Device | None) -> str:
    return f"{device.till.store.code}/{device.till.code}" if device else ""


def origin_of(request: HttpRequest) -> str:
    """Where a request comes from, as it is counted and written down."""
    return str(request.META.get("REMOTE_ADDR", ""))[:64]
