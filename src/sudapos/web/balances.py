"""The books of a period: trial balance, one account, the drawers of a day, VAT by rate, what customers are owed.

Filters stand in the address; each page is a file and a paper as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sudapos.books import chart, shops, trial, vat
from sudapos.books.shops import Store
from sudapos.books.trial import ROWS_AT_MOST, SHEET_PAGE, Drawer
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.chart import Chart
from sudapos.core.recipes import RECIPES
from sudapos.core.refusal import Refusal
from sudapos.core.rules import Rules
from sudapos.core.sheets import Cell, Money

from . import days, frame, language, moments, spreadsheets


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: days, both included, and the store; `stores` to choose from, none for people of one."""

    since: date
    until: date
    store: str
    stores: list[Store]
    rules: Rules

    @property
    def told(self) -> dict[str, Any]:
        """For the filters of a page."""
        return {"since": self.since, "until": self.until, "store": self.store, "stores": self.stores}

    @property
    def name(self) -> str:
        """The period and store as they stand in a file's name."""
        return f"{self.since}-{self.until}" + (f"-{self.store}" if self.store else "")


def asked(request: HttpRequest) -> Asked:
    """The period, this month up to today unless it is said; days in the wrong order are exchanged."""
    own = frame.own_store(frame.operator_of(request))
    rules = shops.rules_of(shops.merchant())
    today = calendar.business_date(moments.now(), cutover=rules.business_day_cutover)
    day = days.read(request.GET.get("day", ""))
    until = day or days.read(request.GET.get("to", "")) or today
    since = day or days.read(request.GET.get("from", "")) or min(until, today).replace(day=1)
    stores = [] if own else list(Store.objects.order_by("code"))
    store = own or request.GET.get("store", "").strip()
    return Asked(min(since, until), max(since, until), store, stores, rules)


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the trial balance, in debit and credit columns."""

    code: str
    name: str
    opening: tuple[int, int]
    moved: tuple[int, int]
    closing: tuple[int, int]

    @property
    def amounts(self) -> tuple[int, ...]:
        return (*self.opening, *self.moved, *self.closing)


def _sides(balance: int) -> tuple[int, int]:
    return (balance, 0) if balance >= 0 else (0, -balance)


@frame.page(Act.SEE_JOURNAL)
@require_safe
def balance(request: HttpRequest) -> HttpResponseBase:
    """The trial balance: every pair of columns comes to the same sum."""
    which = asked(request)
    look = chart.of(which.rules)
    rows = _trial_rows(which, look)
    totals = [sum(row.amounts[column] for row in rows) for column in range(6)]
    kind = spreadsheets.wanted(request)
    if kind:
        heads = [
            _("科目代码"),
            _("科目名称"),
            _("期初借方"),
            _("期初贷方"),
            _("本期借方"),
            _("本期贷方"),
            _("期末借方"),
            _("期末贷方"),
        ]
        lines: list[list[Cell]] = [[row.code, row.name, *map(Money, row.amounts)] for row in rows]
        lines.append([_("合计"), "", *map(Money, totals)])
        return spreadsheets.table(kind, f"trial-{which.name}", heads, lines)
    told = which.told | {
        "here": "trial",
        "rows": rows,
        "totals": totals,
        "is_even": totals[0::2] == totals[1::2],
        "flagged": trial.flagged(which.since, which.until, store=which.store),
    }
    return render(request, "pages/trial.html", told)


def _trial_rows(which: Asked, look: Chart) -> list[Row]:
    found = trial.trial(which.since, which.until, store=which.store, style=look.style)
    rows = [
        Row(
            look.code(x.account),
            look.name(x.account, x.name),
            _sides(x.opening),
            (x.debit, x.credit),
            _sides(x.closing),
        )
        for x in found
    ]
    return sorted((row for row in rows if any(row.amounts)), key=lambda row: row.code)


@frame.page(Act.SEE_JOURNAL)
@require_safe
def account(request: HttpRequest, code: str) -> HttpResponseBase:
    """One account's lines with a running balance, a page at a time; the file holds all of them."""
    which = asked(request)
    look = chart.of(which.rules)
    kind = spreadsheets.wanted(request)
    page = min(max(1, days.number(request.GET.get("page", "")) or 1), PAGES_AT_MOST)
    told = trial.sheet(
        look.internal(code),
        which.since,
        which.until,
        store=which.store,
        style=look.style,
        page=1 if kind else page,
        size=ROWS_AT_MOST if kind else SHEET_PAGE,
    )
    name = look.name(told.account, told.name)
    if kind:
        if told.count > ROWS_AT_MOST:
            raise Refusal("export_too_long", most=ROWS_AT_MOST)
        heads = [_("日期"), _("单据号"), _("摘要"), _("门店"), _("收银台"), _("借方"), _("贷方"), _("余额")]
        lines: list[list[Cell]] = [
            [
                x.business_date.isoformat(),
                x.business_no,
                x.memo,
                x.store,
                x.till,
                *map(Money, (x.debit, x.credit, x.balance)),
            ]
            for x in told.postings
        ]
        first: list[Cell] = ["", "", _("期初余额"), "", "", "", "", Money(told.opening)]
        return spreadsheets.table(kind, f"account-{code}-{which.name}", heads, [first, *lines])
    shown = which.told | {
        "here": "trial",
        "code": code,
        "name": name,
        "sheet": told,
        "page": page,
        "last_page": max(1, -(-told.count // SHEET_PAGE)),
    }
    return render(request, "pages/account_sheet.html", shown)


@frame.page(Act.SEE_JOURNAL)
@require_safe
def cash(request: HttpRequest) -> HttpResponseBase:
    """The daily cash report: each drawer, each store, and all of them."""
    which = asked(request)
    drawers = trial.cash(which.until, store=which.store)
    kind = spreadsheets.wanted(request)
    if kind:
        heads = [_("门店"), _("收银台"), *(word for _name, word in _moves())]
        lines: list[list[Cell]] = [[x.store, x.till, *map(Money, _amounts(x))] for x in drawers]
        lines.append([_("合计"), "", *map(Money, _amounts(_together(drawers)))])
        return spreadsheets.table(
            kind, f"cash-{which.until}{f'-{which.store}' if which.store else ''}", heads, lines
        )
    names = dict(Store.objects.values_list("code", "name"))
    by_store = [
        (code, names.get(code, code), list(found)) for code, found in groupby(drawers, lambda x: x.store)
    ]
    told = which.told | {
        "here": "cash",
        "day": which.until,
        "day_before": which.until - timedelta(days=1),
        "day_after": which.until + timedelta(days=1),
        "shops": [(code, name, found, _together(found)) for code, name, found in by_store],
        "total": _together(drawers),
        "look": chart.of(which.rules).code(trial.CASH),
    }
    return render(request, "pages/cash.html", told)


def _moves() -> list[tuple[str, str]]:
    return [
        ("opening", _("期初")),
        ("sales", _("销售")),
        ("refunds", _("退款")),
        ("counts", _("盘点差异")),
        ("other", _("其他")),
        ("closing", _("期末")),
    ]


def _amounts(drawer: Drawer) -> list[int]:
    return [getattr(drawer, name) for name, _word in _moves()]


def _together(drawers: list[Drawer]) -> Drawer:
    names = ("opening", "sales", "refunds", "counts", "other")
    return Drawer("", "", *(sum(getattr(each, name) for each in drawers) for name in names))


@frame.page(Act.SEE_JOURNAL)
@require_safe
def tax(request: HttpRequest) -> HttpResponseBase:
    """VAT by rate from what was sold and given back, and whether the account says the same."""
    which = asked(request)
    report = vat.report(which.since, which.until, store=which.store)
    others = [(recipe, _recipe(recipe), amount) for recipe, amount in report.others]
    kind = spreadsheets.wanted(request)
    if kind:
        heads = [_("税率")]
        for part in (_("销售"), _("退款"), _("退款冲回")):
            heads += [f"{part} {_('不含税')}", f"{part} {_('税额')}"]
        heads += [_("不含税合计"), _("税额合计")]
        lines: list[list[Cell]] = [
            [
                f"{percent(x.vat_bp)}%",
                *(Money(fen) for part in (x.sold, x.back, x.undone, x) for fen in (part.net, part.tax)),
            ]
            for x in report.rates
        ]
        blank: list[Cell] = [""] * 7
        lines += [[word, *blank, Money(amount)] for _no, word, amount in others]
        lines += [
            [_("科目发生额"), *blank, Money(report.movement)],
            [_("差异"), *blank, Money(report.off)],
        ]
        return spreadsheets.table(kind, f"vat-{which.name}", heads, lines)
    told = which.told | {
        "here": "vat",
        "rates": [(percent(rate.vat_bp), rate) for rate in report.rates],
        "report": report,
        "others": others,
        "code": chart.of(which.rules).code(vat.VAT),
    }
    return render(request, "pages/vat.html", told)


def percent(vat_bp: int) -> str:
    """1300 → 13, 150 → 1.5."""
    return f"{vat_bp / 100:g}"


def _recipe(number: str) -> str:
    recipe = RECIPES.get(number)
    if recipe is None:
        return number
    return f"{number} {recipe.title_en if language.current() == 'en' else recipe.title}"


@frame.page(Act.SEE_JOURNAL)
@require_safe
def owed(request: HttpRequest) -> HttpResponseBase:
    """What customers still wait for, oldest first, in three ages (domain §4.4)."""
    which = asked(request)
    at = which.until
    found = [(row, row.days(at)) for row in trial.owed(at, store=which.store)]
    rows = [(row, waited, trial.level(waited, which.rules)) for row, waited in found]
    kind = spreadsheets.wanted(request)
    if kind:
        heads = [_("单据号"), _("门店"), _("起算日"), _("天数"), _("应退金额")]
        lines: list[list[Cell]] = [
            [row.business_no, row.store, row.since.isoformat(), waited, Money(row.amount)]
            for row, waited, _level in rows
        ]
        return spreadsheets.table(kind, f"owed-{at}{f'-{which.store}' if which.store else ''}", heads, lines)
    ages = {level: [row for row, _waited, at_level in rows if at_level == level] for level in TONES}
    told = which.told | {
        "here": "owed",
        "at": at,
        "rows": [(row, waited, TONES[level]) for row, waited, level in rows[:SHOWN]],
        "more": max(0, len(rows) - SHOWN),
        "ages": [(level, len(each), sum(row.amount for row in each)) for level, each in ages.items()],
        "total": sum(row.amount for row, _waited, _level in rows),
        "warn_after": which.rules.due_days["no_reason_refund"],
        "escalate_after": which.rules.due_days["hard_overdue"],
        "code": chart.of(which.rules).code(trial.OWED),
    }
    return render(request, "pages/owed.html", told)


TONES = {"ok": "move", "warn": "wait", "escalate": "bad"}
PAGES_AT_MOST = 1_000_000
SHOWN = 500
"""Rows on the page; the file holds all of them."""
