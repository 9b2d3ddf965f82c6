"""What somebody had typed when her time was over: kept in her browser's session, given back to her alone."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from . import frame, presence

KEPT = "kept"
LONGEST = 20_000
SECRET = frozenset({"csrfmiddlewaretoken", "password", "old", "new", "again", "pin", "digits", "passkey"})


def keep(request: HttpRequest) -> None:
    """Put a form aside that arrived too late. Files and secrets are not kept."""
    over = request.session.get(presence.OVER)
    if request.method != "POST" or not over or request.FILES:
        return
    pairs = [[name, text] for name, texts in request.POST.lists() for text in texts if name not in SECRET]
    if pairs and sum(len(name) + len(text) for name, text in pairs) <= LONGEST:
        request.session[KEPT] = {"of": over[1], "to": request.path, "pairs": pairs}


def waits_for(request: HttpRequest, code: str) -> bool:
    """Whether this person's own form waits; another one's is thrown away."""
    kept = request.session.get(KEPT)
    if kept and kept["of"] != code:
        del request.session[KEPT]
        return False
    return bool(kept)


@frame.page()
@require_http_methods(["GET", "POST"])
def again(request: HttpRequest) -> HttpResponseBase:
    """The form as it was, to be sent once more or thrown away; nothing is sent by itself."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if kept is None or kept["of"] != frame.operator_of(request).code or request.method == "POST":
        request.session.pop(KEPT, None)
        return redirect("desk")
    shown = [(name, text) for name, text in kept["pairs"] if text and name != "fingerprint"]
    return render(request, "pages/kept.html", {"kept": kept, "shown": shown})
