"""The journal: entries of a day or of one document, debit and credit side by side, and the balances they make."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sudapos.books import ledger
from sudapos.books.ledger import Balance, Entry
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.recipes import DR

from . import days, frame, moments

PAGE = 100


@frame.page(Act.SEE_JOURNAL)
@require_safe
def entries(request: HttpRequest) -> HttpResponseBase:
    """By day, or by the number of a sale or refund; balances beside it."""
    own = frame.own_store(frame.operator_of(request))
    number = request.GET.get("q", "").strip()
    day = days.read(request.GET.get("day", "")) or calendar.business_date(moments.now())
    rows = _rows(own, number, day)
    before = days.number(request.GET.get("before", ""))
    found = list((rows.filter(pk__lt=before) if before else rows)[: PAGE + 1])
    told: dict[str, Any] = {
        "entries": found[:PAGE],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "q": number,
        "day": day,
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
        "dr": DR,
        "balances": _balances(own, number, day),
    }
    told["debit"] = sum(line.amount for line in _lines(told["entries"]) if line.side == DR)
    told["credit"] = sum(line.amount for line in _lines(told["entries"]) if line.side != DR)
    return render(request, "pages/journal.html", told)


def _rows(store: str, number: str, day: date) -> QuerySet[Entry]:
    rows = Entry.objects.prefetch_related("lines").order_by("-id")
    rows = rows.filter(business_no=number) if number else rows.filter(business_date=day)
    return rows.filter(store=store) if store else rows


def _lines(found: list[Entry]) -> list[ledger.Line]:
    return [line for entry in found for line in entry.lines.all()]


def _balances(store: str, number: str, day: date) -> list[Balance]:
    """Of the document, or of everything up to the day; a person of one store sees no other store's money."""
    if number:
        rows = Entry.objects.filter(business_no=number)
        allowed = rows.filter(store=store).exists() if store else True
        return ledger.balances(business_nos=[number]) if allowed else []
    return [] if store else ledger.balances(until=day)
