"""A file that somebody handed in, given out again."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header


def answer(name: str, kind: str, content: bytes) -> HttpResponse:
    """For keeping, not for showing: whoever opens it decides where."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    return response
