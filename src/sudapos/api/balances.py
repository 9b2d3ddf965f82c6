"""Reports on the journal: trial balance, one account, drawers of a day, VAT by rate, what customers are owed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import chart, shops, trial, vat
from sudapos.books.trial import SHEET_PAGE, Drawer
from sudapos.books.vat import Amounts
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.refusal import Invalid
from sudapos.core.rules import Rules

from .journal import STYLES, day
from .keys import allow, now
from .schemas import one_of

router = Router(tags=["journal"])


def period(since: str, until: str, rules: Rules) -> tuple[date, date]:
    """The days asked for; without them this month up to today. Raises Invalid."""
    today = calendar.business_date(now(), cutover=rules.business_day_cutover)
    last = day(until, "to") or today
    first = day(since, "from") or last.replace(day=1)
    if first > last:
        raise Invalid("period_backwards")
    return first, last


@router.get("/journal/trial", summary="Trial balance of a period by account")
def get_trial(
    request: HttpRequest,
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    store: str = "",
    style: str = "",
) -> dict[str, Any]:
    """Opening and closing are debit-positive."""
    allow(request, Act.SEE_JOURNAL)
    rules = shops.rules_of(shops.merchant())
    first, last = period(since, until, rules)
    look = chart.of(rules, style=STYLES.get(one_of(style, "style", STYLES), ""))
    rows = trial.trial(first, last, store=store, style=look.style)
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "items": [
            {
                "account": look.code(row.account),
                "name": look.name(row.account, row.name),
                "opening": row.opening,
                "debit": row.debit,
                "credit": row.credit,
                "closing": row.closing,
            }
            for row in rows
        ],
        "off": sum(row.closing for row in rows),
        "to_confirm": [entry.business_no for entry in trial.flagged(first, last, store=store)],
    }


@router.get("/journal/accounts/{account}", summary="One account's lines with a running balance")
def get_account(
    request: HttpRequest,
    account: str,
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    store: str = "",
    style: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """`account` is the merchant's code. Pages of 100 lines, oldest first."""
    allow(request, Act.SEE_JOURNAL)
    rules = shops.rules_of(shops.merchant())
    first, last = period(since, until, rules)
    look = chart.of(rules, style=STYLES.get(one_of(style, "style", STYLES), ""))
    page = max(1, min(page, 1_000_000))
    told = trial.sheet(look.internal(account), first, last, store=store, style=look.style, page=page)
    return {
        "account": account,
        "name": look.name(told.account, told.name),
        "opening": told.opening,
        "debit": told.debit,
        "credit": told.credit,
        "closing": told.closing,
        "count": told.count,
        "items": [
            {
                "entry_no": x.entry,
                "business_date": x.business_date.isoformat(),
                "business_no": x.business_no,
                "recipe": x.recipe,
                "memo": x.memo,
                "store": x.store,
                "till": x.till,
                "debit": x.debit,
                "credit": x.credit,
                "balance": x.balance,
            }
            for x in told.postings
        ],
        "next_page": page + 1 if page * SHEET_PAGE < told.count else None,
    }


@router.get("/journal/cash", summary="Daily cash report by store and till")
def get_cash(request: HttpRequest, on: str = Query("", alias="day"), store: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    _, last = period("", on, shops.rules_of(shops.merchant()))
    return {"day": last.isoformat(), "items": [_drawer(each) for each in trial.cash(last, store=store)]}


def _drawer(each: Drawer) -> dict[str, Any]:
    names = ("store", "till", "opening", "sales", "refunds", "counts", "other", "closing")
    return {name: getattr(each, name) for name in names}


@router.get("/journal/vat", summary="VAT of a period by rate, compared with the VAT account")
def get_vat(
    request: HttpRequest,
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    store: str = "",
) -> dict[str, Any]:
    """`off` is what nobody can explain: anything but 0 needs a person."""
    allow(request, Act.SEE_JOURNAL)
    first, last = period(since, until, shops.rules_of(shops.merchant()))
    told = vat.report(first, last, store=store)
    return {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "items": [
            {
                "vat_bp": rate.vat_bp,
                "sold": _amounts(rate.sold),
                "refunded": _amounts(rate.back),
                "undone": _amounts(rate.undone),
                "net": rate.net,
                "tax": rate.tax,
            }
            for rate in told.rates
        ],
        "net": told.net,
        "tax": told.tax,
        "others": [{"recipe": recipe, "tax": tax} for recipe, tax in told.others],
        "movement": told.movement,
        "off": told.off,
    }


def _amounts(of: Amounts) -> dict[str, int]:
    return {"net": of.net, "tax": of.tax}


@router.get("/journal/owed", summary="What customers are still owed, by refund and age")
def get_owed(request: HttpRequest, at: str = "", store: str = "") -> dict[str, Any]:
    """`level` is ok, warn or escalate, by the rules' due days (domain §4.4)."""
    allow(request, Act.SEE_JOURNAL)
    rules = shops.rules_of(shops.merchant())
    _, last = period("", at, rules)
    rows = trial.owed(last, store=store)
    return {
        "at": last.isoformat(),
        "items": [
            {
                "business_no": row.business_no,
                "store": row.store,
                "since": row.since.isoformat(),
                "days": row.days(last),
                "level": trial.level(row.days(last), rules),
                "amount": row.amount,
            }
            for row in rows
        ],
        "total": sum(row.amount for row in rows),
    }
