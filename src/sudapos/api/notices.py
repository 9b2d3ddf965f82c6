"""Channels knock here. Whatever they say, however well signed, only means "ask sooner"."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sudapos.books import moves
from sudapos.ops import notices

from . import problems
from .keys import now

AT_MOST = 64 * 1024
"""Bytes. The largest notice of any channel is a few kilobytes; whoever sends more is none."""


@csrf_exempt
@require_POST
def notice(request: HttpRequest, secret: str, leg_no: str | None = None) -> HttpResponse:
    """The address says which leg to ask about. What the body says is checked for its signature, and not believed."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit() or int(length) > AT_MOST:
        return problems.answer(request, "payload_too_large", 413)
    if not notices.genuine(secret, request.headers, request.body, at=now()):
        return problems.answer(request, "notice_not_genuine", 401)
    ack = moves.hasten(secret, leg_no, at=now())
    if ack is None:
        return problems.answer(request, "path_unknown", 404)
    return HttpResponse(ack.body, status=ack.http_status, content_type=ack.content_type)
