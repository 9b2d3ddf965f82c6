"""A file that somebody handed in, given out again; and a small paper in the form that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.utils.http import content_disposition_header

from sudapos.printing import papers

from .schemas import one_of


def answer(name: str, kind: str, content: bytes) -> HttpResponse:
    """For keeping, not for showing: whoever opens it decides where."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response


def paper(told: Mapping[str, Any], made: papers.Paper, form: str, lang: str) -> HttpResponse:
    """What it shows as json, or the paper itself as html, pdf, png or escpos. Raises Invalid for another form or language."""
    if form in ("", "json"):
        return JsonResponse(dict(told))
    kind = one_of(form, "format", papers.FORMS)
    written = papers.made(made, kind, lang=one_of(lang, "lang", ("zh", "en")) or "zh")
    return HttpResponse(written, content_type=papers.FORMS[kind])
