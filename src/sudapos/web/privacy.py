"""People and what is kept of them: opened for a minute with a reason, copied, corrected, erased, held, purged."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from sudapos.books import contacts, lookup, retention, shops
from sudapos.books.retention import Hold
from sudapos.core import sentences
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import errors, frame, language, moments

FOR_EVER = ("erase", "purge")
"""What cannot be undone is ticked before it is pressed."""


@frame.page(Act.UNMASK)
@require_http_methods(["GET", "POST"])
def person(request: HttpRequest, sale_no: str) -> HttpResponseBase:
    """The fragment with the customer of one sale: masked, or open for a minute after a reason was given."""
    sale = lookup.get(sale_no)
    frame.keep_to_store(request, sale.store)
    told: dict[str, Any] = {"sale": sale}
    if request.method == "POST":
        try:
            told["open"] = contacts.unmask(
                sale_no,
                operator=frame.operator_of(request),
                reason=request.POST.get("why", ""),
                at=moments.now(),
            )
            told["seconds"] = shops.rules_of(shops.merchant()).unmask_seconds
        except Refusal as refusal:
            told["said"] = errors.say(refusal)
    return render(request, "parts/person.html", told)


@frame.page(Act.CHANGE_SETTINGS)
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest) -> HttpResponseBase:
    """One page, one form per act; the answer stands beside what was typed. A phone number never enters an address."""
    told: dict[str, Any] = {
        "typed": {
            name: request.POST.get(name, "")
            for name in ("phone", "new_phone", "new_name", "sale_no", "reason")
        }
    }
    status = 200
    if request.method == "POST":
        try:
            told |= _done(request, told["typed"])
        except Refusal as refusal:
            told["said"], status = errors.say(refusal), refusal.http_status
    told["holds"] = list(Hold.objects.filter(released_at=None).select_related("sale").order_by("-id")[:50])
    return render(request, "pages/privacy.html", told, status=status)


def _done(request: HttpRequest, typed: dict[str, str]) -> dict[str, Any]:
    """What the button that was pressed has done."""
    who, at = frame.operator_of(request), moments.now()
    pressed = request.POST.get("act", "")
    if pressed in FOR_EVER and not request.POST.get("sure"):
        raise Refusal("tick_first")
    match pressed:
        case "copy":
            return {"copy": retention.person(typed["phone"], operator=who, at=at)}
        case "correct":
            count = contacts.correct(
                typed["phone"], to_phone=typed["new_phone"], to_name=typed["new_name"], operator=who, at=at
            )
            return {"corrected": count}
        case "erase":
            done = retention.erase(typed["phone"], operator=who, at=at)
            lang = language.current()
            return {"erased": done, "kept": [(no, sentences.say(why, lang).text) for no, why in done.kept]}
        case "hold":
            return {"held": retention.hold(typed["sale_no"], reason=typed["reason"], operator=who, at=at)}
        case "release":
            retention.release(typed["sale_no"], operator=who, at=at)
            return {"released": typed["sale_no"]}
        case "count" | "purge" as act:
            return {"purge": retention.purge(at=at, dry_run=act == "count", by=who.code)}
    raise Refusal("bad_request")
