"""A draft of the policy on the refunds of last week: their facts are read back, core weighs them both ways.

Requests that were refused on the spot left no refund behind and are not among them. What a drawer had paid and a maker
had cut off before each refund is read from the refunds that stand today.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from sudapos.core import calendar, cash, policy, rehearsing
from sudapos.core.amounts import SoldLine
from sudapos.core.outcome import Route
from sudapos.core.plan import Paid
from sudapos.core.policy import FactLine, RefundFacts, Rules
from sudapos.core.rehearsing import Otherwise, Past, Piece

from . import roundings
from .legs import Leg
from .policies import Terms
from .refunds import Refund, RefundLine
from .sales import Payment

DAYS = 7
AT_MOST = 500


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """How many refunds were looked at, whether there were more, and which would have been decided otherwise."""

    count: int
    is_cut: bool
    found: list[Otherwise]


def rehearse(draft: Rules, *, at: datetime, store_id: int | None = None) -> Rehearsal:
    """The newest refunds of the last DAYS, at most AT_MOST, by the rules that decide on them now and by `draft`.

    With `store_id` only those that a person of this store may see.
    """
    where: dict[str, Any] = {"created_at__gte": at - timedelta(days=DAYS), "created_at__lte": at}
    if store_id is not None:
        where["store_id"] = store_id
    rows = list(
        Refund.objects.filter(**where)
        .select_related("sale", "operator")
        .prefetch_related("lines__sale_line")
        .order_by("-id")[: AT_MOST + 1]
    )
    is_cut, rows = len(rows) > AT_MOST, rows[:AT_MOST]
    return Rehearsal(len(rows), is_cut, rehearsing.otherwise(_pasts(rows), draft))


def _pasts(rows: Sequence[Refund]) -> list[Past]:
    if not rows:
        return []
    terms = Terms.read()
    before = _before(rows, terms.now)
    paid = _paid(rows)
    return [
        Past(
            refund_no=row.refund_no,
            facts=_facts(row, *before[row.pk]),
            paid=tuple(paid[row.pk]),
            at=row.created_at,
            rules=terms.of(row.sale).rules,
            pieces=_pieces(row),
        )
        for row in rows
    ]


def _pieces(row: Refund) -> tuple[Piece, ...]:
    waived = any(reason["code"] == "fee_waived" for reason in row.verdict.get("reasons", []))
    return () if waived or row.carry else tuple(_piece(line) for line in row.lines.all() if line.milli)


def _piece(line: RefundLine) -> Piece:
    sold = line.sale_line
    goods = SoldLine(
        line_no=sold.line_no,
        milli=sold.milli,
        weighed=sold.weighed,
        gross=sold.gross,
        net=sold.net,
        vat_bp=sold.vat_bp,
    )
    return Piece(goods, sold.category, line.milli, line.amount + line.fee)


def _facts(row: Refund, cash_before: int, split_before: int) -> RefundFacts:
    lines = list(row.lines.all())
    return RefundFacts(
        total=row.total,
        reason=row.reason,
        sold_at=row.sale.sold_at,
        receipt=row.receipt,
        route=row.route,
        lines=tuple(
            FactLine(
                line_no=line.sale_line.line_no,
                name=line.sale_line.name,
                amount=line.amount,
                returnable=line.sale_line.returnable,
                category=line.sale_line.category,
            )
            for line in lines
            if line.milli or line.amount
        ),
        sale_mode=row.sale.mode,
        roles=frozenset(row.operator.roles),
        cash_paid_today=cash_before,
        split_before=split_before,
        # an amount comes back without pieces; what came back as goods has them
        without_goods=bool(lines) and not any(line.milli for line in lines),
    )


def _paid(rows: Sequence[Refund]) -> dict[int, list[Paid]]:
    """Refund → its payments, each with exactly what the refund took of it."""
    ids = {part["payment_id"] for row in rows for part in row.plan}
    payments = Payment.objects.in_bulk(list(ids))
    legs: dict[int, list[datetime]] = defaultdict(list)
    spoken = Leg.objects.filter(payment_id__in=ids, route__in=(Route.REFUND, Route.VOID))
    for payment_id, made in spoken.exclude(state="dropped").values_list("payment_id", "refund__created_at"):
        legs[payment_id].append(made)
    return {
        row.pk: [
            Paid(
                payment_no=part["payment_no"],
                channel=part["channel"],
                amount=payments[part["payment_id"]].amount,
                left=roundings.owed(part),
                room=_room(part, payments[part["payment_id"]].amount),
                paid_at=payments[part["payment_id"]].paid_at,
                refunds_made=sum(made < row.created_at for made in legs[part["payment_id"]]),
                voidable=part["route"] == Route.VOID,
            )
            for part in row.plan
        ]
        for row in rows
    }


def _room(part: Mapping[str, Any], paid: int) -> int:
    """What a rounding might have taken beside the refund itself: less than a jiao, and of one payment never more than it brought."""
    return max(0, min(cash.JIAO - 1, paid - roundings.owed(part)))


_BEFORE = """
WITH cash AS (
    SELECT r.id, r.store_id, coalesce(t.code, '') AS drawer,
        ((r.created_at AT TIME ZONE 'Asia/Shanghai') - %(cutover)s::interval)::date AS day,
        CASE WHEN r.state IN ('awaiting', 'approved') THEN coalesce((SELECT sum((part->>'amount')::bigint)
            FROM jsonb_array_elements(r.plan) part WHERE part->>'route' = 'cash'), 0) ELSE 0 END AS cash
    FROM books_refund r LEFT JOIN books_till t ON t.store_id = r.store_id AND t.code = r.till
    WHERE r.created_at >= %(since)s
), summed AS (
    SELECT id, coalesce(sum(cash) OVER (PARTITION BY store_id, drawer, day ORDER BY id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before FROM cash
) SELECT r.id, s.before, (SELECT coalesce(sum(o.total), 0) FROM books_refund o
    WHERE o.sale_id = r.sale_id AND o.operator_id = r.operator_id AND o.id < r.id
    AND o.state IN ('awaiting', 'approved') AND o.created_at > r.created_at - %(hours)s::interval)
FROM books_refund r JOIN summed s ON s.id = r.id WHERE r.id = ANY(%(ids)s)
"""


def _before(rows: Sequence[Refund], now: Rules) -> dict[int, tuple[int, int]]:
    """Refund → fen of cash that its drawer had promised that day, and fen that its maker had cut off the sale."""
    first = min(row.created_at for row in rows)
    ids = [row.pk for row in rows]
    asked: dict[str, Any] = {
        "ids": ids,
        "since": calendar.day_began(first, cutover=now.business_day_cutover),
        "cutover": now.business_day_cutover,
        "hours": f"{policy.SPLIT_HOURS} hours",
    }
    with connection.cursor() as cursor:
        cursor.execute(_BEFORE, asked)
        return {row[0]: (int(row[1]), int(row[2])) for row in cursor.fetchall()}
