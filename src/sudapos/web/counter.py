"""The counter, first half: find the sale by whatever the customer brings."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from sudapos.books import lookup
from sudapos.books.refunds import Refund
from sudapos.books.sales import Sale
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import asking, errors, frame, moments
from .deposits import Listed, found

HITS = 20
RECENT = 6


@frame.page(Act.MAKE_REFUND)
@require_safe
def find(request: HttpRequest) -> HttpResponseBase:
    """One field for scanner and keyboard; one hit goes straight on."""
    typed = {name: request.GET.get(name, "").strip() for name in _FACTS}
    asked = any(typed.values())
    own = frame.own_store(frame.operator_of(request))
    told: dict[str, Any] = {
        "typed": typed,
        "asked": asked,
        "by_facts": any(typed[name] for name in _FACTS if name != "q"),
    }
    if not asked:
        told["recent"] = _recent(request)
        return render(request, "pages/counter.html", told)
    try:
        search = _search(typed, own)
        hits = lookup.find(search)
    except Refusal as refusal:
        return render(
            request, "pages/counter.html", told | {"said": errors.say(refusal)}, status=refusal.http_status
        )
    exact = [sale for sale in hits if sale.sale_no == typed["q"]]
    deposits = [] if exact else _deposits(search.q, own)
    exact = exact or hits
    if len(deposits) == 1 and (not hits or deposits[0][0].number == search.q):
        return redirect("deposits-one", deposits[0][0].number)
    if len(exact) == 1 and not deposits:
        lost = told["by_facts"] and frame.operator_of(request).may(Act.MAKE_REFUND_WITHOUT_RECEIPT)
        ask = "?" + urlencode({"receipt": "lost"}) if lost else ""
        return redirect(reverse("counter-sale", args=[exact[0].sale_no]) + ask)
    if not hits and not deposits and Refund.objects.filter(refund_no=typed["q"]).exists():
        return redirect("refunds-one", typed["q"])  # somebody scanned a voucher: it shows the live state
    return render(request, "pages/counter.html", told | {"hits": hits, "deposits": deposits})


def _deposits(q: str, store: str) -> list[Listed]:
    """They are no sales, but whoever holds their paper brings it to the same counter."""
    return found(q, store=store, limit=HITS) if q else []


_FACTS = ("q", "amount", "day", "card_last4", "phone", "sku", "serial")


def _search(typed: dict[str, str], store: str) -> lookup.Search:
    """What was typed as a search; `19.99 11-24` in the one field means an amount and a day."""
    search = lookup.Search(q=typed["q"] or typed["phone"], store=store, limit=HITS)
    amount, day = _amount_and_day(typed["q"])
    if amount is not None:
        search = replace(search, q="")
    elif typed["amount"]:
        amount = asking.fen(typed["amount"])
    day = day or _day(typed["day"])
    if day is not None:
        start = moments.start_of(day)
        search = replace(search, since=start, until=start + timedelta(days=1))
    return replace(
        search, amount=amount, card_last4=typed["card_last4"], sku=typed["sku"], serial=typed["serial"]
    )


def _amount_and_day(text: str) -> tuple[int | None, date | None]:
    match = re.fullmatch(r"[¥￥]?\s*([0-9]+\.[0-9]{1,2})(?:元)?(?:\s+([0-9/.-]+|今天|昨天))?", text)
    if not match:
        return None, None
    return asking.fen(match[1]), _day(match[2] or "")


def _day(text: str) -> date | None:
    """2026-11-24, 11-24, 11/24, 今天, 昨天; a day still to come this year was last year's."""
    today = moments.today()
    named = {"今天": today, "昨天": today - timedelta(days=1)}
    if text in named:
        return named[text]
    numbers = [int(part) for part in re.split(r"[/.-]", text) if part.isdigit()]
    try:
        if len(numbers) == 3:
            return date(*numbers)
        if len(numbers) == 2:
            day = date(today.year, *numbers)
            return day if day <= today else day.replace(year=today.year - 1)
    except ValueError:
        return None
    return None


def _recent(request: HttpRequest) -> list[Sale]:
    """What this till sold last, for the customer who turns round at the door."""
    seat = frame.seat_of(request)
    if not seat.till:
        return []
    rows = Sale.objects.filter(kind="", store__code=seat.store, till=seat.till).prefetch_related(
        "payments", "lines"
    )
    return list(rows.order_by("-sold_at")[:RECENT])
