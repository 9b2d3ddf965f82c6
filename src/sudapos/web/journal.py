"""The journal: entries of a day or of one document, debit and credit side by side, and the balances they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from sudapos.books import chart, exports, ledger, shops
from sudapos.books.ledger import Balance, Entry
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.chart import Chart
from sudapos.core.journal import Posting
from sudapos.core.recipes import DR

from . import days, frame, moments

PAGE = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as the merchant's books have it, and the first file that held it."""

    memo: str
    business_no: str
    business_date: date
    posted_at: datetime
    store: str
    till: str
    shown: list[Posting]
    batch: int | None


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
    look = chart.of(shops.rules_of(shops.merchant()))
    shown = _shown(found[:PAGE], look)
    told: dict[str, Any] = {
        "here": "entries",
        "entries": shown,
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "q": number,
        "day": day,
        "day_before": day - timedelta(days=1),
        "day_after": day + timedelta(days=1),
        "dr": DR,
        "balances": [_named(each, look) for each in _balances(own, number, day)],
    }
    lines = [line for entry in shown for line in entry.shown]
    told["debit"] = sum(line.amount for line in lines if line.side == DR)
    told["credit"] = sum(line.amount for line in lines if line.side != DR)
    return render(request, "pages/journal.html", told)


def _rows(store: str, number: str, day: date) -> QuerySet[Entry]:
    rows = Entry.objects.prefetch_related("lines").order_by("-id")
    rows = rows.filter(business_no=number) if number else rows.filter(business_date=day)
    return rows.filter(store=store) if store else rows


def _shown(found: list[Entry], look: Chart) -> list[Shown]:
    batches = exports.batch_of([entry.pk for entry in found])
    return [
        Shown(
            entry.memo,
            entry.business_no,
            entry.business_date,
            entry.posted_at,
            entry.store,
            entry.till,
            [
                look.shown(Posting(side=x.side, account=x.account, name=x.name, amount=x.amount))
                for x in entry.lines.all()
            ],
            batches.get(entry.pk),
        )
        for entry in found
    ]


def _named(balance: Balance, look: Chart) -> Balance:
    return replace(balance, account=look.code(balance.account), name=look.name(balance.account, balance.name))


def _balances(store: str, number: str, day: date) -> list[Balance]:
    """Of the document, or of everything up to the day; a person of one store sees no other store's money."""
    if number:
        rows = Entry.objects.filter(business_no=number)
        allowed = rows.filter(store=store).exists() if store else True
        return ledger.balances(business_nos=[number]) if allowed else []
    return [] if store else ledger.balances(until=day)
