"""Goods that came back, for the stock system: moves to be fetched, and what a later look found."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from sudapos.books import goods
from sudapos.books.goods import GoodsMove
from sudapos.books.intake import quantity
from sudapos.core import sentences
from sudapos.core.authority import Act

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Long, Named, Operator, before, clamp, moment

router = Router(tags=["goods"])


class JudgeIn(Body):
    operator: Operator
    result: Named
    note: Long = ""


@router.get(
    "/goods", summary="Moves of goods that came back, newest first; open: what still waits for a look"
)
def listed(
    request: HttpRequest,
    store: str = "",
    open: bool = False,
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    which = goods.Which(
        store=store,
        open=open,
        since=moment(since, "from"),
        until=moment(until, "to", last=True),
        before=before(cursor),
        limit=limit + 1,
    )
    rows = goods.find(which)
    lang, unpaid = problems.language(request), goods.unpaid(rows)
    return shapes.page(rows, limit, [shown(row, lang) | _unpaid(unpaid.get(row.line_id)) for row in rows])


@router.post(
    "/goods/{number}/judge",
    summary="What a later look found: restock, damaged or claim; the refund stays",
    openapi_extra=reference.answers("403", "404", "409"),
)
def judge(request: HttpRequest, number: int, body: JudgeIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    row = goods.judge(number, body.result, operator=operator(body.operator), note=body.note, at=now())
    return shown(row, problems.language(request))


def _unpaid(left: goods.Unpaid | None) -> dict[str, Any]:
    """Goods that are here while their money was given up, as the page says it."""
    return {"unpaid": {"quantity": quantity(left.milli), "amount": left.amount} if left else None}


def shown(row: GoodsMove, lang: str) -> dict[str, Any]:
    line = row.line.sale_line
    return {
        "id": row.pk,
        "kind": row.kind,
        "condition": row.condition,
        "text": sentences.goods_word(row.condition, lang),
        "refund_no": row.refund.refund_no,
        "sale_no": row.refund.sale.sale_no,
        "store": row.refund.store.code,
        "line_no": line.line_no,
        "sku": line.sku,
        "name": line.name,
        "quantity": quantity(row.milli),
        "unit": line.unit,
        "serial": row.line.serial or None,
        "cost": row.cost,
        "by": row.by,
        "note": row.note or None,
        "at": shapes.moment(row.at),
    }
