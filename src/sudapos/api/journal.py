"""The journal and its balances, as JSON or as a plain table."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import ledger
from sudapos.books.ledger import Entry
from sudapos.core import money
from sudapos.core.authority import Act
from sudapos.core.recipes import DR
from sudapos.core.refusal import FieldError, Invalid

from . import shapes
from .keys import allow
from .schemas import before, clamp

router = Router(tags=["journal"])
COLUMNS = [
    "凭证日期",
    "凭证字",
    "凭证号",
    "附件数",
    "摘要",
    "科目代码",
    "科目名称",
    "借方金额",
    "贷方金额",
    "核算项目",
]
EXPORT_AT_MOST = 50_000
FORMULA = ("=", "+", "-", "@")


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError((name,), "wrong_type")]) from None


@router.get("/journal", summary="Entries by day or business number; format json or generic_csv")
def entries(
    request: HttpRequest,
    format: str = "json",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    business_no: str = "",
    recipe: str = "",
    store: str = "",
    limit: int = 50,
    cursor: str = "",
) -> Any:
    allow(request, Act.SEE_JOURNAL)
    if format not in ("json", "generic_csv"):
        raise Invalid("format_not_offered", format=format, offered="json, generic_csv")
    wanted = {
        "business_date__gte": _day(since, "from"),
        "business_date__lte": _day(until, "to"),
        "business_no": business_no,
        "recipe": recipe,
        "store": store,
        "pk__lt": before(cursor),
    }
    found = Entry.objects.filter(**{name: value for name, value in wanted.items() if value}).prefetch_related(
        "lines"
    )
    if format == "generic_csv":
        return _table(list(found.order_by("id")[:EXPORT_AT_MOST]))
    limit = clamp(limit)
    rows = list(found.order_by("-id")[: limit + 1])
    return shapes.page(rows, limit, [shapes.entry(row) for row in rows])


def _table(rows: list[Entry]) -> HttpResponse:
    """UTF-8 with BOM, red amounts negative, texts that look like formulas made harmless (domain §4.5)."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for row in rows:
        for line in row.lines.all():
            amount = money.show(line.amount)
            debit, credit = (amount, "") if line.side == DR else ("", amount)
            memo = f"'{row.memo}" if row.memo.startswith(FORMULA) else row.memo
            day = row.business_date.isoformat()
            table.writerow([day, "记", row.pk, 0, memo, line.account, line.name, debit, credit, row.store])
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="journal.csv"'
    return response


@router.get("/journal/balances", summary="Balances by account, debit positive, up to and including a day")
def balances(request: HttpRequest, at: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    found = ledger.balances(until=_day(at, "at"))
    return {
        "items": [{"account": b.account, "name": b.name, "balance": b.amount} for b in found],
        "off": sum(b.amount for b in found),
    }
