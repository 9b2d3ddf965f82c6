"""The chart of accounts, column profiles and batches of files for accounting programs."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sudapos.books import chart, exports, layouts, shops
from sudapos.books.exports import Batch
from sudapos.core import chart as charts
from sudapos.core.authority import Act
from sudapos.core.profiles import BUILT_IN, FILLS, Column, Profile

from . import reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Named, Operator, Text

router = Router(tags=["journal"])
DONE = reference.answers("403", "404", "409")


class CodeIn(Body):
    key: Annotated[Named, Field(max_length=16)]
    code: Annotated[Named, Field(max_length=15)]
    name: Annotated[Named, Field(max_length=40)]


class ChartIn(Body):
    operator: Operator
    items: list[CodeIn]


class ColumnIn(Body):
    heading: Annotated[Named, Field(max_length=40)]
    fills: Annotated[Named, Field(max_length=80)]


class ProfileIn(Body):
    operator: Operator
    title: Annotated[Named, Field(max_length=40)]
    base: Named
    kind: Text = ""
    columns: list[ColumnIn]


@router.get("/journal/chart", summary="What the merchant calls each account")
def get_chart(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    return _chart()


def _chart() -> dict[str, Any]:
    rules = shops.rules_of(shops.merchant())
    standard, look, own = charts.standard(rules), chart.of(rules), chart.overridden()
    items = [
        {
            "key": key,
            "internal": charts.INTERNAL[key],
            "code": code,
            "name": name,
            "standard_code": standard[key][0],
            "standard_name": standard[key][1],
            "own": key in own,
        }
        for key, (code, name) in look.codes.items()
    ]
    return {"account_set": rules.account_set, "journal_style": rules.journal_style, "items": items}


@router.put("/journal/chart", summary="Give accounts other codes and names", openapi_extra=DONE)
def put_chart(request: HttpRequest, body: ChartIn) -> dict[str, Any]:
    """Accounts that are not named stay; the standard's own code and name take a change back."""
    allow(request, Act.EXPORT_JOURNAL)
    wanted = {each.key: (each.code, each.name) for each in body.items}
    chart.put(wanted, operator=operator(body.operator), at=now())
    return _chart()


@router.get(
    "/journal/profiles", summary="Column profiles for accounting programs, and what may fill a column"
)
def get_profiles(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    fills = [{"name": name, "zh": fill.zh, "en": fill.en} for name, fill in FILLS.items()]
    return {"items": [_profile(each) for each in layouts.offered()], "fills": fills}


@router.put("/journal/profiles/{name}", summary="A column profile of one's own", openapi_extra=DONE)
def put_profile(request: HttpRequest, name: str, body: ProfileIn) -> dict[str, Any]:
    allow(request, Act.EXPORT_JOURNAL)
    columns = [Column(column.heading, column.fills) for column in body.columns]
    made = layouts.put_profile(
        name,
        title=body.title,
        base=body.base,
        kind=body.kind,
        columns=columns,
        operator=operator(body.operator),
        at=now(),
    )
    return _profile(made)


def _profile(each: Profile) -> dict[str, Any]:
    return {
        "name": each.name,
        "zh": each.zh,
        "en": each.en,
        "own": each.name not in BUILT_IN,
        "files": list(each.kinds),
        "encodings": list(each.encodings),
        "columns": [{"heading": column.heading, "fills": column.fills} for column in each.columns],
    }


@router.get("/journal/batches", summary="Files that were given away, newest first")
def get_batches(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_JOURNAL)
    return {"items": [_batch(each) for each in exports.batches()], "next_cursor": None}


def _batch(each: Batch) -> dict[str, Any]:
    return {
        "batch": each.pk,
        "profile": each.profile,
        "from": each.since.isoformat(),
        "to": each.until.isoformat(),
        "options": each.options,
        "digest": each.digest,
        "vouchers": each.vouchers,
        "entries": each.entries,
        "exported_before": each.repeated,
        "by": each.by,
        "at": shapes.moment(each.at),
    }
