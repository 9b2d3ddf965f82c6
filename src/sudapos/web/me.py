"""我的账户: one's own password, second factor, PIN, and where one is signed in."""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import doors, factors, visits
from sudapos.books.staff import Operator
from sudapos.core import entry
from sudapos.core.refusal import Refusal

from . import days, errors, frame, moments, passkeys, presence
from .sign import origin_of

SECRET = "new_secret"
"""Where in the session the secret of an authenticator stands until its first digits prove it."""


def is_required() -> bool:
    return str(settings.SECOND_FACTOR) != "offered"


@frame.page()
@require_safe
def account(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(request: HttpRequest, refusal: Refusal | None = None, about: str = "") -> HttpResponse:
    operator = frame.operator_of(request)
    told: dict[str, Any] = {
        "me": operator,
        "held": factors.held(operator),
        "needs_factor": entry.needs_factor(operator.roles),
        "is_required": is_required(),
        "may_pin": entry.may_use_pin(operator.roles),
        "visits": visits.alive(operator, idle_minutes=settings.IDLE_MINUTES, at=moments.now()),
        "here": request.session.get(presence.VISIT, ""),
        "about": about,
        "done": request.GET.get("done", ""),
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/me.html", told, status=refusal.http_status if refusal else 200)


@frame.page()
@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponseBase:
    """Her own new password; every other sign-in of hers ends."""
    operator, said, status = frame.operator_of(request), None, 200
    if request.method == "POST":
        try:
            old, new, again = (request.POST.get(name, "") for name in ("old", "new", "again"))
            doors.set_password(operator, old, new, again, origin=origin_of(request), at=moments.now())
        except Refusal as refusal:
            said, status = errors.say(refusal), refusal.http_status
            operator.refresh_from_db()
        else:
            _others_end(request, operator, "password")
            auth.update_session_auth_hash(request, operator)
            return redirect("/me/?done=password" if not _owes(operator) else "desk")
    told = {"said": said, "must": operator.must_change}
    return render(request, "pages/me_password.html", told, status=status)


def _owes(operator: Operator) -> bool:
    return factors.is_missing(operator, required=is_required())


def _others_end(request: HttpRequest, operator: Operator, why: str) -> int:
    return visits.end_all(operator, why=why, at=moments.now(), but=request.session.get(presence.VISIT, ""))


@frame.page()
@sensitive_post_parameters("digits")
@require_http_methods(["GET", "POST"])
def factor(request: HttpRequest) -> HttpResponseBase:
    """The authenticator: scan, type what it shows, keep the codes for the paper."""
    operator, said = frame.operator_of(request), None
    held = factors.held(operator)
    if held.totp:
        return redirect("me")
    secret = request.session.setdefault(SECRET, factors.new_secret())
    if request.method == "POST":
        try:
            _prove_again(request, operator, held)
            typed = request.POST.get("digits", "")
            codes = factors.enrol(operator, secret, typed, origin=origin_of(request), at=moments.now())
        except Refusal as refusal:
            said = errors.say(refusal)
        else:
            del request.session[SECRET]
            return _paper(request, codes)
    told = {
        "said": said,
        "must": _owes(operator),
        "held": held,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "qr": _qr(factors.address(operator, secret)),
        "options": passkeys.invite(operator),
    }
    return render(request, "pages/me_factor.html", told, status=422 if said else 200)


def _prove_again(request: HttpRequest, operator: Operator, held: factors.Held) -> None:
    """Whoever has a factor and changes it gives her password once more: an open page is not enough."""
    if held:
        origin = origin_of(request)
        doors.authenticate(operator.code, request.POST.get("password", ""), origin=origin, at=moments.now())


def _qr(address: str) -> str:
    drawn: str = segno.make(address, error="m").svg_inline(scale=4, border=2, dark="#111", light="#fff")
    return mark_safe(drawn)


def _paper(request: HttpRequest, codes: list[str]) -> HttpResponse:
    """The codes, once: they are not shown again."""
    request.session[presence.HAS_FACTOR] = True
    return render(request, "pages/me_codes.html", {"codes": codes})


@frame.page()
@sensitive_post_parameters("password", "passkey")
@require_POST
def passkey(request: HttpRequest) -> HttpResponseBase:
    """One more passkey."""
    operator = frame.operator_of(request)
    try:
        _prove_again(request, operator, factors.held(operator))
        answer, name = request.POST.get("passkey", ""), request.POST.get("name", "")
        codes = passkeys.add(operator, answer, name, origin=origin_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal, "passkey")
    return _paper(request, codes) if codes else redirect("/me/?done=passkey")


@frame.page()
@sensitive_post_parameters("password")
@require_POST
def act(request: HttpRequest, what: str) -> HttpResponseBase:
    """Fresh codes, a factor less, a PIN, or everywhere else signed out; `what` is in the address."""
    operator, origin, at = frame.operator_of(request), origin_of(request), moments.now()
    try:
        if what == "others":
            _others_end(request, operator, "others")
            doors.note("sign_in.others_ended", operator.code, origin=origin, at=at)
            return redirect("/me/?done=others")
        if what == "pin":
            own, pin = request.POST.get("password", ""), request.POST.get("pin", "").strip()
            doors.set_pin(operator, own, pin, origin=origin, at=at)
            return redirect("/me/?done=pin")
        doors.authenticate(operator.code, request.POST.get("password", ""), origin=origin, at=at)
        if what == "codes":
            return _paper(request, factors.fresh_codes(operator, origin=origin, at=at))
        number = days.number(request.POST.get("number", ""))
        factors.drop(operator, number, required=is_required(), origin=origin, at=at)
    except Refusal as refusal:
        return _show(request, refusal, what)
    request.session.pop(presence.HAS_FACTOR, None)
    return redirect("/me/?done=dropped")
