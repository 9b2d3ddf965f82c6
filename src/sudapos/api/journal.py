"""The journal: entries and balances as JSON, and files for accounting programs."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import chart, exports, layouts, ledger, shops
from sudapos.books.exports import Wish
from sudapos.books.ledger import Entry
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, Refusal
from sudapos.ops import exporting
from sudapos.ops.exporting import File

from . import shapes
from .keys import allow, now
from .schemas import before, clamp, one_of

router = Router(tags=["journal"])
STYLES = {"red": "RED_CREDIT", "debit": "DEBIT"}


def day(text: str, name: str) -> date | None:
    """A day of a query string. Raises Invalid wrong_type."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError((name,), "wrong_type")]) from None


@router.get(
    "/journal", summary="Entries by day or business number as JSON, or a file for an accounting program"
)
def entries(
    request: HttpRequest,
    format: str = "json",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    business_no: str = "",
    recipe: str = "",
    store: str = "",
    style: str = "",
    grouping: str = "document",
    file: str = "",
    encoding: str = "",
    limit: int = 50,
    cursor: str = "",
) -> Any:
    """`format` is json or the name of a profile (`GET /journal/profiles`). Files need `export_journal`."""
    first, last = day(since, "from"), day(until, "to")
    if format == "json":
        allow(request, Act.SEE_JOURNAL)
        one_of(style, "style", STYLES)
        wanted = {
            "business_date__gte": first,
            "business_date__lte": last,
            "business_no": business_no,
            "recipe": recipe,
            "store": store,
            "pk__lt": before(cursor),
        }
        return _listed(wanted, style, clamp(limit))
    key = allow(request, Act.EXPORT_JOURNAL)
    profile = next((each for each in layouts.offered() if each.name == format), None)
    if profile is None:
        offered = ", ".join(["json", *(each.name for each in layouts.offered())])
        raise Invalid("format_not_offered", format=format, offered=offered)
    wish = _wish(first, last, store=store, recipe=recipe, business_no=business_no, grouping=grouping)
    return sent(exporting.export(wish, profile, kind=file, encoding=encoding, by=key.name, at=now()))


def _listed(wanted: dict[str, Any], style: str, limit: int) -> dict[str, Any]:
    found = Entry.objects.filter(**{name: value for name, value in wanted.items() if value})
    rows = list(found.prefetch_related("lines").order_by("-id")[: limit + 1])
    look = chart.of(shops.rules_of(shops.merchant()), style=STYLES.get(style, ""))
    batches = exports.batch_of([row.pk for row in rows])
    return shapes.page(rows, limit, [shapes.entry(row, look, batches.get(row.pk)) for row in rows])


def _wish(first: date | None, last: date | None, **narrowed: str) -> Wish:
    """Without `from` or `to` the file reaches to that end of the journal."""
    first, last = first or exports.first_day(), last or exports.last_day()
    if first is None or last is None:
        raise Refusal("nothing_to_export", since="", until="")
    return Wish(since=first, until=last, **narrowed)


def sent(made: File) -> HttpResponse:
    """The file as an answer: its batch, its digest, and how much of it was exported before."""
    response = HttpResponse(made.content, content_type=made.content_type)
    response["Content-Disposition"] = content_disposition_header(True, made.name) or ""
    response["Sudapos-Batch"] = str(made.batch.pk)
    response["Sudapos-Digest"] = made.batch.digest
    response["Sudapos-Exported-Before"] = str(made.repeated)
    return response


@router.get("/journal/balances", summary="Balances by account, debit positive, up to and including a day")
def balances(request: HttpRequest, at: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    found = ledger.balances(until=day(at, "at"))
    look = chart.now()
    return {
        "items": [
            {"account": look.code(b.account), "name": look.name(b.account, b.name), "balance": b.amount}
            for b in found
        ],
        "off": sum(b.amount for b in found),
    }
