"""Which language this page speaks: asked for in the address, remembered in a cookie, else the operator's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

CODES = {"zh": "zh-hans", "en": "en"}
DEFAULT = "zh"
COOKIE = "lang"
ONE_YEAR = 365 * 24 * 3600
OTHER_READERS = ("/api/", "/voucher/")
"""Here `lang` is the language of a machine's answer or of the customer's paper, not of the person at the till."""
STRANGERS = "/s/"
"""Customers' pages are read without a cookie: the language comes with each request."""


def current() -> str:
    """`zh` or `en`, as the page being made speaks."""
    return "en" if (translation.get_language() or "").startswith("en") else DEFAULT


def use(request: HttpRequest, code: str) -> None:
    """Speak `code` for the rest of this request."""
    translation.activate(CODES[code])
    request.LANGUAGE_CODE = CODES[code]


def remember(response: HttpResponseBase, code: str) -> None:
    """Keep the choice on this machine for a year."""
    response.set_cookie(COOKIE, code, max_age=ONE_YEAR, samesite="Lax", httponly=True)


class Middleware:
    """Activates the language before the page is made, and keeps a choice made in the address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        asked = _asked(request)
        use(request, asked or _kept(request) or DEFAULT)
        response = self.get_response(request)
        if asked:
            remember(response, asked)
            _tell_operator(request, asked)
        patch_vary_headers(response, ["Cookie"])
        translation.activate(CODES[DEFAULT])
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """A person without a cookie is spoken to in the language of her account."""
        if not _asked(request) and not _kept(request):
            own = getattr(getattr(request, "user", None), "language", "")
            if own in CODES:
                use(request, own)


def _asked(request: HttpRequest) -> str:
    code = request.GET.get("lang", "")
    if code not in CODES or any(part in request.path for part in OTHER_READERS):
        return ""
    if request.path.startswith(STRANGERS):
        return ""
    return code


def _kept(request: HttpRequest) -> str:
    code = request.COOKIES.get(COOKIE, "")
    return code if code in CODES else ""


def of_stranger(request: HttpRequest) -> str:
    """`zh` or `en` for somebody who never signed in: what the address asks for, else what the browser prefers."""
    asked = request.GET.get("lang", "")
    if asked in CODES:
        return asked
    for part in request.headers.get("Accept-Language", "").split(","):
        code = part.partition(";")[0].strip().lower()[:2]
        if code in CODES:
            return code
    return DEFAULT


def _tell_operator(request: HttpRequest, code: str) -> None:
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and getattr(user, "language", code) != code:
        user.language = code
        user.save(update_fields=["language"])
