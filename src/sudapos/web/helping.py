"""The guide's questions answered, each linked from where it arises."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import frame


@frame.page()
@require_safe
def answers(request: HttpRequest) -> HttpResponseBase:
    return render(request, "pages/help.html", {"open": request.GET.get("open", "")})
