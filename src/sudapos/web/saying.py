"""What several pages say alike: the word for a code in the reader's language, and a page with the refusal on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sudapos.core.refusal import Refusal

from . import errors, language


def word(table: Mapping[Any, tuple[str, str]], code: str) -> str:
    """In Chinese or English, or the code itself when it is new to us."""
    found = table.get(code)
    return found[1 if language.current() == "en" else 0] if found else code


def page(
    request: HttpRequest, template: str, told: dict[str, Any], refusal: Refusal | None = None
) -> HttpResponse:
    """The page; where something was refused, with its sentence and its status."""
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, template, told, status=refusal.http_status if refusal else 200)
