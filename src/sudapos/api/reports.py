"""Reports for machines: the same tables as the pages, as JSON or as a file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import reports as figures
from sudapos.books import shops
from sudapos.books.reports import Which
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.refusal import Invalid, NotFound
from sudapos.core.reports import REPORTS
from sudapos.core.wording import reports as words

from . import problems
from .journal import day
from .keys import allow, now

router = Router(tags=["reports"])
USUAL_DAYS = 30


@router.get("/reports", summary="Which reports there are, and by what each may be split")
def listed(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_REPORTS)
    column = 1 if problems.language(request) == "en" else 0
    return {
        "items": [
            {"code": code, "name": words.REPORTS[code][column], "by": list(shape.by)}
            for code, shape in REPORTS.items()
        ],
        "next_cursor": None,
    }


@router.get("/reports/{code}", summary="One report; amounts in fen, rates in basis points, times in minutes")
def one(
    request: HttpRequest,
    code: str,
    by: str = "",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    store: str = "",
    channel: str = "",
    operator: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_REPORTS)
    if code not in REPORTS:
        raise NotFound("report_unknown", name=code)
    rules = shops.rules_of(shops.merchant())
    last = day(until, "to") or calendar.business_date(now(), cutover=rules.business_day_cutover)
    first = day(since, "from") or last - timedelta(days=USUAL_DAYS - 1)
    if first > last:
        raise Invalid("period_backwards")
    which = Which(since=first, until=last, store=store, channel=channel, operator=operator).bounded()
    table = figures.table(code, by or REPORTS[code].by[0], which)
    names = [column.code for column in table.columns]
    return {
        "code": code,
        "by": table.by,
        "from": which.since.isoformat(),
        "to": which.until.isoformat(),
        "columns": [{"code": column.code, "kind": str(column.kind)} for column in table.columns],
        "items": [dict(zip(names, row, strict=True)) for row in table.rows],
        "total": dict(zip(names[1:], table.total()[1:], strict=True)),
    }
