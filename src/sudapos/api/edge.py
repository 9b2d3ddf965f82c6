"""What every request of a machine meets first and last: counted, and never answered with HTML."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import Callable

import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import Counter, Histogram

from sudapos.books import audit
from sudapos.core.refusal import FieldError

from . import problems

REQUESTS = Counter("sudapos_http_requests_total", "Requests by room and status", ["room", "status"])
SECONDS = Histogram("sudapos_http_seconds", "Seconds per request by room", ["room"])
CODES = {400: "input_invalid", 404: "path_unknown", 405: "method_not_allowed", 413: "payload_too_large"}
MACHINES = frozenset(["api", "notices", "healthz", "readyz", "metrics"])
"""Rooms without people: what goes wrong in them is told as a problem."""
QUIET = frozenset(["static", "healthz", "readyz", "metrics"])
"""Rooms whose visits are not worth a line."""
REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
LOG = logging.getLogger("sudapos.web")
KEPT = ("Allow", "WWW-Authenticate", "Retry-After")


def room_of(request: HttpRequest) -> str:
    """Which room a path leads to; few words, because they label counters."""
    first = request.path_info.split("/")[1]
    return first if first in MACHINES or first == "static" else "desk"


def _number_of(request: HttpRequest) -> str:
    """The caller's X-Request-Id where it is one, else a fresh number; it stands in every line of this request."""
    given = request.headers.get("X-Request-Id", "")
    return given if REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _path(request: HttpRequest) -> str:
    """Without the secret part of a notify address or of a customer's page."""
    parts = request.path_info.split("/")
    if parts[1] in ("notices", "s") and len(parts) > 2:
        parts[2] = "•••"
    return "/".join(parts)


class Middleware:
    """Counts requests, and gives plain errors of the framework the shape of the API's problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        audit.through.set("")  # the thread may have served a key's request before
        number = _number_of(request)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=number)
        room = room_of(request)
        response = (_unreadable(request) if room in MACHINES else None) or self._answer(request)
        if room in MACHINES and response.status_code >= 400:
            response = _shaped(request, response)
        REQUESTS.labels(room, str(response.status_code)).inc()
        took = time.perf_counter() - began
        SECONDS.labels(room).observe(took)
        response.headers["X-Request-Id"] = number
        if room not in QUIET:
            told = {"method": request.method, "path": _path(request), "status": response.status_code}
            LOG.info("request", extra={"told": told | {"ms": round(took * 1000, 1)}})
        audit.through.set("")  # the thread goes on to other work
        structlog.contextvars.clear_contextvars()
        return response

    def _answer(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        except RequestDataTooBig:
            return problems.answer(request, "payload_too_large", 413)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """A database that is down is no bug: the caller may simply come again."""
        if room_of(request) in MACHINES and isinstance(error, OperationalError | InterfaceError):
            return problems.busy(request, error)
        return None


def _unreadable(request: HttpRequest) -> HttpResponse | None:
    """NUL stands in no number and no name of ours, and PostgreSQL would choke on it."""
    if "\0" in request.path_info:
        return problems.answer(request, "path_unknown", 404)
    if "%00" in request.META.get("QUERY_STRING", ""):
        errors = [
            FieldError((name,), "unusable")
            for name, texts in request.GET.lists()
            if any("\0" in text for text in [name, *map(str, texts)])
        ]
        return problems.answer(request, "input_invalid", 422, errors) if errors else None
    return None


def _shaped(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.get("Content-Type", "").startswith(problems.CONTENT) or not isinstance(
        response, HttpResponse
    ):
        return response
    code = CODES.get(response.status_code, "bug" if response.status_code >= 500 else "input_invalid")
    shaped = problems.answer(request, code, response.status_code)
    for name in KEPT:
        if name in response:
            shaped[name] = response[name]
    return shaped
