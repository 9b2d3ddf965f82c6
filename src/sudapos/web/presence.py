"""Between a cookie and a page: a visit that is over ends here, and what must come first comes first."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib import auth
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from sudapos.books import factors, visits
from sudapos.books.staff import Operator
from sudapos.core import entry

from . import moments

VISIT = "visit"
"""Where in the session the key of the visit stands."""
OVER = "over"
"""Why the last visit in this browser ended, and whose it was: told at the door."""
HAS_FACTOR = "has_factor"
MACHINES = ("/api/", "/static/", "/s/", "/notices/", "/healthz", "/readyz", "/metrics")
FIRST = ("/me/", "/sign-out/", "/favicon.ico")
"""What is open to a person who still owes a password of her own or a second factor."""


class Middleware:
    """Behind Django's own, which says whose cookie it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path.startswith(MACHINES):
            return self.get_response(request)
        user = request.user
        if isinstance(user, Operator):
            key = request.session.get(VISIT, "")
            quiet = request.path.endswith("/live/")
            why = visits.look(key, user, idle_minutes=settings.IDLE_MINUTES, at=moments.now(), quiet=quiet)
            if why:
                auth.logout(request)
                request.session[OVER] = [why, user.code]
            elif first := _comes_first(request, user):
                return _lead(request, first)
        return self.get_response(request)


def _comes_first(request: HttpRequest, operator: Operator) -> str:
    """The page that this person must see before any other; nothing for most people."""
    if operator.must_change:
        return "" if request.path in (reverse("me-password"), reverse("sign-out")) else "me-password"
    if request.path.startswith(FIRST):
        return ""
    if request.session.get(HAS_FACTOR):
        return ""
    if settings.SECOND_FACTOR == "offered" or not entry.needs_factor(operator.roles):
        return ""
    if not factors.has(operator):
        return "me-factor"
    request.session[HAS_FACTOR] = True  # a reset ends the visit, and this with it
    return ""


def _lead(request: HttpRequest, name: str) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": reverse(name)})
    return redirect(name)
