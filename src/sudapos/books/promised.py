"""What is promised already, read in bulk: the cash of each drawer today, and what each maker cut off each sale."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Sum

from sudapos.core import calendar, policy
from sudapos.core.rules import Rules

from . import remainders
from .refunds import Refund

Drawer = tuple[int, str]
"""A store's id and the till; every till that the shop does not know is one drawer with the empty name."""


def cash_promised(store_ids: Sequence[int], rules: Rules, at: datetime) -> dict[Drawer, int]:
    """Cash that leaves today per drawer, in fen, for its daily cap (domain §8.2): promised today, or still waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH cash AS ("
            " SELECT r.store_id, r.till, l.amount FROM books_leg l JOIN books_refund r ON r.id = l.refund_id"
            " WHERE l.route = 'cash' AND l.state <> 'dropped' AND l.created_at >= %(since)s"
            " AND r.store_id = ANY(%(stores)s)"
            " UNION ALL"
            " SELECT r.store_id, r.till, (part->>'amount')::bigint"
            " FROM books_refund r CROSS JOIN jsonb_array_elements(r.plan) part"
            " WHERE r.state = 'awaiting' AND part->>'route' = 'cash' AND r.store_id = ANY(%(stores)s)"
            ") SELECT cash.store_id, coalesce(t.code, ''), sum(amount) FROM cash"
            " LEFT JOIN books_till t ON t.store_id = cash.store_id AND t.code = cash.till GROUP BY 1, 2",
            {"since": calendar.day_began(at, cutover=rules.business_day_cutover), "stores": list(store_ids)},
        )
        return {(store, till): int(total) for store, till, total in cursor.fetchall()}


def split_promised(sale_ids: Sequence[int], at: datetime) -> dict[tuple[int, int], int]:
    """(sale, maker) → fen of refunds in the last SPLIT_HOURS that stand or wait (FR05)."""
    since = at - timedelta(hours=policy.SPLIT_HOURS)
    rows = Refund.objects.filter(sale_id__in=sale_ids, state__in=remainders.LIVE_STATES, created_at__gt=since)
    sums = rows.values("sale_id", "operator_id").annotate(whole=Sum("total"))
    return {(row["sale_id"], row["operator_id"]): int(row["whole"]) for row in sums}
