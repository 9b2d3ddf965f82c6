"""小票丢了: the questions first, then the evidence; nothing of a sale is shown before exactly one is proven."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from sudapos.books import lost
from sudapos.books.lost import Case, Found, Proof
from sudapos.books.shops import Store
from sudapos.core import evidence
from sudapos.core.authority import Act
from sudapos.core.calendar import SHANGHAI
from sudapos.core.evidence import Answers
from sudapos.core.refusal import Refusal
from sudapos.core.wording import lost as wording
from sudapos.core.wording import words as core_words

from . import asking, days, errors, frame, language, moments

PROOFS = 2
"""Pieces of evidence that the form takes at once."""


@frame.page(Act.MAKE_REFUND_WITHOUT_RECEIPT)
@require_http_methods(["GET", "POST"])
def look(request: HttpRequest) -> HttpResponseBase:
    if request.method == "GET":
        return _show(request)
    try:
        found = lost.look(_case(request), operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, refusal=refusal)
    if found.sale is None:
        return _show(request, found)
    told = "; ".join(f"{each['kind']}: {each['reference']}".strip(": ") for each in found.record.evidence)
    asked = urlencode({"receipt": "lost", "evidence": f"#{found.record.pk} {told}"})
    return redirect(f"{reverse('counter-sale', args=[found.sale.sale_no])}?{asked}")


def _case(request: HttpRequest) -> Case:
    typed = {name: value.strip() for name, value in request.POST.items() if isinstance(value, str)}
    day = days.read(typed.get("day", ""))
    proofs = [
        Proof(kind, typed.get(f"reference{n}", ""))
        for n in range(1, PROOFS + 1)
        if (kind := typed.get(f"kind{n}", ""))
    ]
    by_time = any(proof.kind == "amount_and_time" for proof in proofs)
    moment = None
    if by_time and day is not None and typed.get("hour"):
        try:
            moment = datetime.combine(day, time.fromisoformat(typed["hour"]), SHANGHAI)
        except ValueError:
            moment = None
    about = asking.fen(typed["about"]) if typed.get("about") else None
    yes = {"yes": True, "no": False}
    return Case(
        answers=Answers(
            store=typed.get("store", ""),
            day=f"{day}" if day else "",
            hour=typed.get("hour", ""),
            paid_with=typed.get("paid_with", ""),
            about=about,
            also_bought=typed.get("also_bought", ""),
            discount=yes.get(typed.get("discount", "")),
            till=typed.get("till", ""),
            invoice=yes.get(typed.get("invoice", "")),
        ),
        proofs=tuple(proofs),
        amount=about if by_time else None,
        moment=moment,
    )


def _show(request: HttpRequest, found: Found | None = None, refusal: Refusal | None = None) -> HttpResponse:
    place = 1 if language.current() == "en" else 0
    told: dict[str, Any] = {
        "typed": request.POST,
        "stores": Store.objects.order_by("code"),
        "channels": list(core_words.CHANNELS),
        "kinds": [
            (kind, f"{evidence.CLASSES[kind]} · {text[place]}") for kind, text in wording.EVIDENCE.items()
        ],
        "proofs": [
            (n, request.POST.get(f"kind{n}", ""), request.POST.get(f"reference{n}", ""))
            for n in range(1, PROOFS + 1)
        ],
    }
    if found is not None:
        told |= {
            "candidates": found.record.candidates,
            "many": found.record.candidates > lost.AT_MOST,
            "wanted": [wording.WANTED[code][place] for code in found.wanted],
        }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/lost.html", told, status=refusal.http_status if refusal else 200)
