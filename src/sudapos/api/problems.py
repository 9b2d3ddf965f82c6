"""One shape for everything that goes wrong: RFC 9457 problem+json with a code, a sentence and a next step."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.translation.trans_real import parse_accept_lang_header
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError
from pydantic import ValidationError as ModelError

from sudapos.core import sentences
from sudapos.core.policy import Reason
from sudapos.core.refusal import FieldError, Refusal

TYPE = "https://sudapos.example/problems/"
CONTENT = "application/problem+json"
CODES = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "timezone_aware": "no_offset",
    "string_too_long": "too_long",
    "too_long": "too_long",
    "string_too_short": "empty",
    "too_short": "empty",
    "literal_error": "out_of_range",
    "greater_than_equal": "out_of_range",
    "less_than_equal": "out_of_range",
    "less_than": "out_of_range",
}
"""What pydantic calls a fault → our word; `value_error` carries our own word, the rest is wrong_type."""
log = logging.getLogger("sudapos.api")


def language(request: HttpRequest) -> str:
    """The one of our two languages that the caller likes better; zh when it names neither."""
    for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "").lower()):
        if tag[:2] in ("zh", "en"):
            return tag[:2]
    return "zh"


def shape(
    code: str, status: int, lang: str, facts: Mapping[str, object], errors: Iterable[FieldError] = ()
) -> dict[str, Any]:
    """The body of a problem."""
    said = sentences.say(code, lang, **facts)
    body: dict[str, Any] = {
        "type": TYPE + code,
        "title": said.text,
        "status": status,
        "code": code,
        "detail": said.text,
        "hint": said.hint,
    }
    listed = [
        {"loc": list(e.loc), "code": e.code, "message": e.message or sentences.field_word(e.code, lang)}
        for e in errors
    ]
    if listed:
        body["errors"] = listed
        body["detail"] = f"{said.text}：" if lang == "zh" else f"{said.text}: "
        body["detail"] += "; ".join(f"{'.'.join(map(str, e['loc']))} {e['message']}" for e in listed[:5])
    if "reasons" in facts:
        body["reasons"] = reasons(facts["reasons"], lang)
        body["detail"] = (
            "; ".join(r["message"] for r in body["reasons"] if r["weight"] == "deny") or said.text
        )
    return body


def reasons(given: object, lang: str) -> list[dict[str, Any]]:
    """Policy's reasons, each with its sentence and its way out."""
    assert isinstance(given, tuple)
    shown = []
    for reason in given:
        assert isinstance(reason, Reason)
        said = sentences.say(reason.code, lang, **dict(reason.facts))
        weight = reason.weight.name.lower()
        shown.append({"code": reason.code, "weight": weight, "message": said.text, "hint": said.hint})
    return shown


def of_refusal(refusal: Refusal, lang: str, prefix: tuple[str | int, ...] = ()) -> dict[str, Any]:
    """A refusal's problem; `prefix` is the place of its item in a list."""
    errors = [FieldError((*prefix, *e.loc), e.code, e.message) for e in refusal.errors]
    return shape(refusal.code, refusal.http_status, lang, refusal.facts, errors)


def answer(
    request: HttpRequest, code: str, status: int, errors: Iterable[FieldError] = (), **facts: object
) -> HttpResponse:
    """A problem as a response."""
    return JsonResponse(
        shape(code, status, language(request), facts, errors),
        status=status,
        content_type=CONTENT,
        json_dumps_params={"ensure_ascii": False},
    )


def field_errors(error: ModelError, prefix: tuple[str | int, ...] = ()) -> list[FieldError]:
    """pydantic's faults in our words."""
    faults = error.errors(include_url=False, include_context=True, include_input=False)
    return [FieldError((*prefix, *fault["loc"]) or ("body",), _word(fault)) for fault in faults]


def _word(fault: Mapping[str, Any]) -> str:
    context = fault.get("ctx", {})
    if fault["type"] == "value_error":
        return str(context["error"])
    if fault["type"] == "greater_than_equal" and context.get("ge") == 0:
        return "negative"
    return CODES.get(fault["type"], "wrong_type")


def _place(loc: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where the caller finds the fault: ninja puts the source first, and before a body's fields its own name."""
    if loc[0] == "body":
        return loc[2:] or ("body",)
    return loc[1:]


def busy(request: HttpRequest, error: Exception) -> HttpResponse:
    """The database does not answer: nothing was done, and the same key may be sent again."""
    log.error("database: %s", str(error).splitlines()[:1])
    response = answer(request, "server_busy", 503)
    response["Retry-After"] = "2"
    return response


def stranger(request: HttpRequest) -> HttpResponse:
    """No key, or none that we know."""
    response = answer(request, "key_invalid", 401)
    response["WWW-Authenticate"] = "Bearer"
    return response


def install(api: NinjaAPI) -> None:
    """Every error of the API leaves in this shape, never as HTML and never with a traceback."""

    @api.exception_handler(Refusal)
    def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
        return answer(request, refusal.code, refusal.http_status, refusal.errors, **refusal.facts)

    @api.exception_handler(ModelError)
    def malformed(request: HttpRequest, error: ModelError) -> HttpResponse:
        return answer(request, "input_invalid", 422, field_errors(error))

    @api.exception_handler(ValidationError)
    def wrong(request: HttpRequest, error: ValidationError) -> HttpResponse:
        errors = [FieldError(_place(tuple(fault["loc"])), _word(fault)) for fault in error.errors]
        return answer(request, "input_invalid", 422, errors)

    @api.exception_handler(AuthenticationError)
    def unknown(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
        return stranger(request)

    @api.exception_handler(RequestDataTooBig)
    def too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
        return answer(request, "payload_too_large", 413)

    @api.exception_handler(Http404)
    def nowhere(request: HttpRequest, error: Http404) -> HttpResponse:
        return answer(request, "path_unknown", 404)

    @api.exception_handler(HttpError)
    def http(request: HttpRequest, error: HttpError) -> HttpResponse:
        code = {413: "payload_too_large", 400: "json_malformed", 405: "method_not_allowed"}.get(
            error.status_code, "input_invalid"
        )
        return answer(request, code, error.status_code)

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    def later(request: HttpRequest, error: Exception) -> HttpResponse:
        return busy(request, error)

    @api.exception_handler(Exception)
    def bug(request: HttpRequest, error: Exception) -> HttpResponse:
        log.exception("unexpected")
        return answer(request, "bug", 500)
