"""报表: each figure as a table with a picture before it; filters stand in the address; a paper and a file as well."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sudapos.books import reports as figures
from sudapos.books import shops, waiting
from sudapos.books.reports import Which
from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core import calendar, masking
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound
from sudapos.core.reports import REPORTS, Column, Kind, Table, Value, percent, pieces, span
from sudapos.core.sheets import Cell, Money
from sudapos.core.wording import notices
from sudapos.core.wording import reports as told_in
from sudapos.core.wording.words import CHANNELS

from . import days, finance, frame, language, moments, spreadsheets, words

USUAL_DAYS = 30
DRAWN_AT_MOST = 31
"""Bars of a picture that can still be told apart; the table has all."""


def _say(table: Any, code: str) -> str:
    return str(table[code][1 if language.current() == "en" else 0])


def _which(request: HttpRequest) -> Which:
    """The last thirty days unless the address says otherwise; days in the wrong order are exchanged."""
    rules = shops.rules_of(shops.merchant())
    today = calendar.business_date(moments.now(), cutover=rules.business_day_cutover)
    until = days.read(request.GET.get("to", "")) or today
    since = days.read(request.GET.get("from", "")) or until - timedelta(days=USUAL_DAYS - 1)
    own = frame.own_store(frame.operator_of(request))
    return Which(
        since=min(since, until),
        until=max(since, until),
        store=own or request.GET.get("store", "").strip(),
        channel=request.GET.get("channel", "").strip(),
        operator=request.GET.get("operator", "").strip(),
    ).bounded()


@frame.page(Act.SEE_REPORTS)
@require_safe
def one(request: HttpRequest, code: str = "rate") -> HttpResponseBase:
    if code not in REPORTS:
        raise NotFound("report_unknown", name=code)
    which = _which(request)
    shape = REPORTS[code]
    by = request.GET.get("by", "")
    table = figures.table(code, by if by in shape.by else shape.by[0], which)
    names = _names(table, which)
    if kind := spreadsheets.wanted(request):
        return _file(kind, table, names, which)
    own = frame.own_store(frame.operator_of(request))
    told: dict[str, Any] = {
        "code": code,
        "title": _say(told_in.REPORTS, code),
        "note": _say(told_in.NOTES, code),
        "reports": [(each, _say(told_in.REPORTS, each), _address(request, each)) for each in REPORTS],
        "splits": [(each, _say(told_in.BY, each)) for each in shape.by] if len(shape.by) > 1 else [],
        "by": table.by,
        "which": which,
        "since": which.since,
        "until": which.until,
        "store": which.store,
        "stores": [] if own else list(Store.objects.order_by("code")),
        "channels": [(each, words.channel(each)) for each in CHANNELS],
        "people": _people(own),
        "heads": [(_head(column, table), column.kind != Kind.TEXT) for column in table.columns],
        "rows": [_row(table, row, names) for row in _newest_first(table)],
        "below": _below(table) if len(table.rows) > 1 else None,
        "picture": _picture(table, names),
        "sentence": _sentence(table, names),
    }
    return render(request, "pages/report.html", told)


def _newest_first(table: Table) -> list[tuple[Value, ...]]:
    return list(reversed(table.rows)) if table.by == "day" else list(table.rows)


def _address(request: HttpRequest, code: str) -> str:
    """Another report about the same days, store, channel and person."""
    kept = request.GET.copy()
    for name in ("by", "file"):
        kept.pop(name, None)
    address = reverse("reports-one", args=[code])
    return f"{address}?{kept.urlencode()}" if kept else address


def _people(own: str) -> list[tuple[str, str]]:
    rows = Operator.objects.filter(roles__overlap=["cashier", "cs", "manager"]).order_by("code")
    if own:
        rows = rows.filter(store__code=own)
    return [(row.code, f"{row.code} {masking.name(row.name)}") for row in rows]


def _names(table: Table, which: Which) -> dict[str, str]:
    """Keys as people read them."""
    keys = [str(row[0] or "") for row in table.rows]
    match table.by:
        case "store":
            known = dict(Store.objects.values_list("code", "name"))
            return {key: f"{known.get(key, '')} {key}".strip() for key in keys}
        case "cashier":
            people = dict(Operator.objects.filter(code__in=keys).values_list("code", "name"))
            return {
                key: f"{key} {masking.name(people[key])}" if key in people else key or "–" for key in keys
            }
        case "channel":
            return {key: words.channel(key) for key in keys}
        case "reason":
            return {key: words.reason(key) for key in keys}
        case "hour":
            return {key: f"{key}:00" for key in keys}
        case _:
            return {key: key for key in keys}


def _head(column: Column, table: Table) -> str:
    return _say(told_in.BY, table.by) if column.code == "key" else _say(told_in.COLUMNS, column.code)


def _shown(column: Column, value: Value) -> str:
    """One cell of the page."""
    if value is None:
        return "–"
    if column.kind is Kind.MONEY:
        assert isinstance(value, int)
        return words.yuan(value)
    if isinstance(value, int):
        return _number(column, value)
    return value


def _number(column: Column, value: int) -> str:
    match column.kind:
        case Kind.RATE:
            return percent(value)
        case Kind.MINUTES:
            return span(value, lang=language.current())
        case Kind.PIECES:
            return pieces(value)
        case _:
            return f"{value:,}"


@dataclass(frozen=True, slots=True)
class Shown:
    """One row: its name, where it leads, its cells."""

    name: str
    link: str
    cells: list[tuple[str, bool]]


def _row(table: Table, row: tuple[Value, ...], names: dict[str, str]) -> Shown:
    key = str(row[0] or "")
    cells = [
        (_shown(column, value), column.kind is not Kind.TEXT)
        for column, value in zip(table.columns[1:], row[1:], strict=True)
    ]
    return Shown(names[key], _link(table.by, key), cells)


def _link(by: str, key: str) -> str:
    """The refunds behind a row, where the list can be narrowed so."""
    asked = {"day": f"from={key}&to={key}", "store": f"store={key}", "channel": f"channel={key}"}.get(by, "")
    return f"{reverse('refunds')}?{asked}" if asked else ""


def _below(table: Table) -> list[tuple[str, bool]]:
    return [
        ("" if value is None else _shown(column, value), column.kind is not Kind.TEXT)
        for column, value in zip(table.columns[1:], table.total()[1:], strict=True)
    ]


def _picture(table: Table, names: dict[str, str]) -> dict[str, Any] | None:
    """What the chart draws: plain numbers in the unit that people read, and what each is called."""
    rows = list(table.rows)[-DRAWN_AT_MOST:] if table.by == "day" else list(table.rows)[:DRAWN_AT_MOST]
    place = {column.code: number for number, column in enumerate(table.columns)}
    drawn = [*table.shape.bars, *([table.shape.line] if table.shape.line else [])]
    if not any(row[place[code]] for row in rows for code in drawn):
        return None
    return {
        "runs": table.by in ("day", "hour"),  # between two shops there is nothing for a line to pass through
        "labels": [_label(table, str(row[0] or ""), row, names) for row in rows],
        "sets": [
            {
                "label": _say(told_in.COLUMNS, code),
                "line": code == table.shape.line,
                "unit": str(table.columns[place[code]].kind),
                "tone": code,
                "values": [_drawn(table.columns[place[code]], row[place[code]]) for row in rows],
                "said": [_shown(table.columns[place[code]], row[place[code]]) for row in rows],
            }
            for code in drawn
        ],
    }


def _label(table: Table, key: str, row: tuple[Value, ...], names: dict[str, str]) -> str:
    if table.by == "day":
        return key[5:]
    if table.by == "goods":
        return str(row[1])[:12]
    return names[key]


def _drawn(column: Column, value: Value) -> float | int | None:
    """Yuan, per cent and hours are what an axis shows; nothing is computed with them."""
    if not isinstance(value, int):
        return None
    match column.kind:
        case Kind.MONEY | Kind.RATE:
            return value / 100
        case Kind.MINUTES:
            return round(value / 60, 2)
        case Kind.PIECES:
            return value / 1000
        case _:
            return value


def _sentence(table: Table, names: dict[str, str]) -> str:
    """What the picture says, for those who do not see it: the highest of what is drawn first."""
    code = table.shape.bars[0]
    place = [column.code for column in table.columns].index(code)
    best = max(table.rows, key=lambda row: row[place] if isinstance(row[place], int) else -1, default=None)  # type: ignore[arg-type,return-value]
    if best is None or not best[place]:
        return _("这段时间没有数据")
    facts = {
        "what": _say(told_in.COLUMNS, code),
        "name": names[str(best[0] or "")] if table.by != "goods" else str(best[1]),
        "value": _shown(table.columns[place], best[place]),
    }
    return _("%(what)s最高：%(name)s，%(value)s") % facts


def _file(kind: str, table: Table, names: dict[str, str], which: Which) -> HttpResponseBase:
    heads = [_head(column, table) for column in table.columns]
    rows = [
        [_cell(column, value) for column, value in zip(table.columns, row, strict=True)] for row in table.rows
    ]
    for row in rows:
        row[0] = names[str(row[0])]
    name = f"{table.shape.code}-{table.by}-{which.since}-{which.until}"
    return spreadsheets.table(kind, name, heads, rows)


def _cell(column: Column, value: Value) -> Cell:
    if value is None:
        return ""
    if column.kind in (Kind.MONEY, Kind.RATE) and isinstance(value, int):
        return Money(value)  # two decimals: yuan, or per cent
    if column.kind is Kind.PIECES and isinstance(value, int):
        return pieces(value)
    return value


@frame.page(Act.SEE_REPORTS)
@require_safe
def day(request: HttpRequest) -> HttpResponseBase:
    """One page a day for the owner's phone: what was sold, what went back, what waits."""
    operator = frame.operator_of(request)
    rules = shops.rules_of(shops.merchant())
    today = calendar.business_date(moments.now(), cutover=rules.business_day_cutover)
    which_day = min(days.read(request.GET.get("day", "")) or today, today)
    store = frame.own_store(operator) or request.GET.get("store", "").strip()
    now = _of_day(which_day, store)
    reasons = figures.table("reasons", "reason", now)
    goods = figures.table("goods", "goods", now)
    hours = figures.table("rate", "hour", now)
    told: dict[str, Any] = {
        "day": which_day,
        "is_today": which_day == today,
        "before": which_day - timedelta(days=1),
        "after": which_day + timedelta(days=1) if which_day < today else None,
        "store": store,
        "stores": [] if frame.own_store(operator) else list(Store.objects.order_by("code")),
        "sums": figures.sums(now),
        "rate": percent(figures.sums(now).rate),
        "week_ago": figures.sums(_of_day(which_day - timedelta(days=7), store)),
        "month_rate": percent(figures.sums(_span(which_day, store)).rate),
        "reasons": [(words.reason(str(row[0])), row[1], row[2]) for row in reasons.rows[:3]],
        "goods": [(row[1], pieces(int(row[2] or 0)), row[3]) for row in goods.rows[:3]],
        "largest": figures.largest(now),
        "picture": _picture(hours, _names(hours, now)),
        "sentence": _sentence(hours, _names(hours, now)),
        "waiting": [finance.shown(section) for section in waiting.desk(operator, at=moments.now())]
        if which_day == today
        else [],
        "next": notices.NEXT,
    }
    return render(request, "pages/report_day.html", told)


def _of_day(which_day: date, store: str) -> Which:
    return Which(since=which_day, until=which_day, store=store)


def _span(last: date, store: str) -> Which:
    return Which(since=last - timedelta(days=USUAL_DAYS - 1), until=last, store=store)
