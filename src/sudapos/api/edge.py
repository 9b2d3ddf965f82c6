"""What every request below /api/ meets first and last: counted, and never answered with HTML."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from prometheus_client import Counter, Histogram

from . import problems

REQUESTS = Counter("sudapos_http_requests_total", "Requests by room and status", ["room", "status"])
SECONDS = Histogram("sudapos_http_seconds", "Seconds per request by room", ["room"])
CODES = {400: "input_invalid", 404: "path_unknown", 405: "method_not_allowed", 413: "payload_too_large"}


class Middleware:
    """Counts requests, and gives plain errors of the framework the shape of the API's problems."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        room = request.path_info.split("/")[1] or "desk"
        room = room if room in ("api", "notices", "healthz", "readyz", "metrics", "static") else "desk"
        try:
            response = self.get_response(request)
        except RequestDataTooBig:
            response = problems.answer(request, "payload_too_large", 413)
        if room == "api" and response.status_code >= 400:
            response = self._shaped(request, response)
        REQUESTS.labels(room, str(response.status_code)).inc()
        SECONDS.labels(room).observe(time.perf_counter() - began)
        return response

    def _shaped(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.get("Content-Type", "").startswith(problems.CONTENT) or not isinstance(
            response, HttpResponse
        ):
            return response
        code = CODES.get(response.status_code, "bug" if response.status_code >= 500 else "input_invalid")
        shaped = problems.answer(request, code, response.status_code)
        for name in ("Allow", "WWW-Authenticate"):
            if name in response:
                shaped[name] = response[name]
        return shaped
