"""Reports: read from rows, one or two statements each; nothing is kept beside them that could drift.

Sales count on the business date of the sale, refunds on that of the refund; money back is what legs carry that were not
given up. A rate is refunds of a period over sales of the same period, whatever day the goods were bought.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from sudapos.core import reports
from sudapos.core.refusal import NotFound
from sudapos.core.reports import REPORTS, Table, Value, basis_points

DAYS_AT_MOST = 366
GOODS_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Which:
    """What to look at: days, both included; empty words narrow nothing."""

    since: date
    until: date
    store: str = ""
    channel: str = ""
    operator: str = ""

    def bounded(self) -> Which:
        """At most a year, its end kept."""
        first = max(self.since, self.until - timedelta(days=DAYS_AT_MOST - 1))
        return Which(
            since=first, until=self.until, store=self.store, channel=self.channel, operator=self.operator
        )


_SOLD = {
    "day": "s.business_date::text",
    "store": "st.code",
    "channel": "p.channel",
    "cashier": "s.operator",
    "hour": "to_char(s.sold_at AT TIME ZONE 'Asia/Shanghai', 'HH24')",
}
_BACK = {
    "day": "r.business_date::text",
    "store": "st.code",
    "channel": "l.channel",
    "cashier": "o.code",
    "hour": "to_char(r.created_at AT TIME ZONE 'Asia/Shanghai', 'HH24')",
    "reason": "r.reason",
}
_SALES = """FROM books_payment p JOIN books_sale s ON s.id = p.sale_id JOIN books_store st ON st.id = s.store_id
WHERE s.kind = '' AND s.business_date BETWEEN %(since)s AND %(until)s AND (%(store)s = '' OR st.code = %(store)s)
AND (%(channel)s = '' OR p.channel = %(channel)s) AND (%(operator)s = '' OR s.operator = %(operator)s)"""
_LEGS = """FROM books_leg l JOIN books_refund r ON r.id = l.refund_id JOIN books_store st ON st.id = r.store_id
JOIN books_operator o ON o.id = r.operator_id
WHERE r.reason <> 'deposit' AND r.business_date BETWEEN %(since)s AND %(until)s AND (%(store)s = '' OR st.code = %(store)s)
AND (%(channel)s = '' OR l.channel = %(channel)s) AND (%(operator)s = '' OR o.code = %(operator)s)"""


def table(code: str, by: str, which: Which) -> Table:
    """A filled report. Raises NotFound report_unknown for a report, or a split, that there is not."""
    shape = REPORTS.get(code)
    if shape is None or by not in shape.by:
        raise NotFound("report_unknown", name=code, by=by)
    rows = _FILLED[code](by, which.bounded())
    return Table(shape, by, rows)


def _ask(sql: str, which: Which) -> list[tuple[Any, ...]]:
    told: dict[str, Any] = {
        "since": which.since,
        "until": which.until,
        "store": which.store,
        "channel": which.channel,
        "operator": which.operator,
        "most": GOODS_AT_MOST,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        return list(cursor.fetchall())


def _keys(by: str, which: Which, *found: Iterable[str]) -> list[str]:
    """Every day and hour stands in its report, also an empty one; other keys as they were found."""
    if by == "day":
        days = (which.until - which.since).days + 1
        return [f"{which.since + timedelta(days=n)}" for n in range(days)]
    seen = set().union(*map(set, found))
    if by == "hour" and seen:
        return [f"{hour:02d}" for hour in range(int(min(seen)), int(max(seen)) + 1)]
    return sorted(seen)


def _rate(by: str, which: Which) -> list[tuple[Value, ...]]:
    sold = {
        key: (int(count), int(amount))
        for key, count, amount in _ask(
            f"SELECT {_SOLD[by]}, count(DISTINCT s.id), sum(p.amount) {_SALES} GROUP BY 1", which
        )
    }
    back = _back(by, which)
    rows: list[tuple[Value, ...]] = []
    for key in _keys(by, which, sold, back):
        sales, amount = sold.get(key, (0, 0))
        refunds, refunded = back.get(key, (0, 0))
        rows.append((key, sales, amount, refunds, refunded, basis_points(refunded, amount)))
    return rows


def _back(by: str, which: Which) -> dict[str, tuple[int, int]]:
    asked = _ask(
        f"SELECT {_BACK[by]}, count(DISTINCT r.id), sum(l.amount) {_LEGS} AND l.state <> 'dropped' GROUP BY 1",
        which,
    )
    return {key: (int(count), int(amount)) for key, count, amount in asked}


def _reasons(by: str, which: Which) -> list[tuple[Value, ...]]:
    found = _back("reason", which)
    whole = sum(amount for _, amount in found.values())
    ranked = sorted(found.items(), key=lambda item: (-item[1][1], item[0]))
    return [(key, count, amount, basis_points(amount, whole)) for key, (count, amount) in ranked]


def _goods(by: str, which: Which) -> list[tuple[Value, ...]]:
    """Goods by SKU, or by name where they have none; the channel and person narrow what came back only."""
    found = _ask(_GOODS, which)
    return [
        (key, name, int(back), int(refunded), int(gone), basis_points(int(back), int(gone)))
        for key, name, back, refunded, gone in found
    ]


_GOODS = """
WITH back AS (
    SELECT COALESCE(NULLIF(sl.sku, ''), sl.name) AS key, max(sl.name) AS name, sum(rl.milli) AS milli, sum(rl.amount) AS amount
    FROM books_refundline rl JOIN books_saleline sl ON sl.id = rl.sale_line_id JOIN books_refund r ON r.id = rl.refund_id
    JOIN books_store st ON st.id = r.store_id JOIN books_operator o ON o.id = r.operator_id
    WHERE r.state = 'approved' AND r.reason <> 'deposit' AND r.undone < r.total AND r.business_date BETWEEN %(since)s AND %(until)s
    AND (%(store)s = '' OR st.code = %(store)s) AND (%(operator)s = '' OR o.code = %(operator)s)
    AND (%(channel)s = '' OR EXISTS (SELECT 1 FROM books_leg l WHERE l.refund_id = r.id AND l.channel = %(channel)s))
    GROUP BY 1 ORDER BY amount DESC, key LIMIT %(most)s
), gone AS (
    SELECT COALESCE(NULLIF(sl.sku, ''), sl.name) AS key, sum(sl.milli) AS milli
    FROM books_saleline sl JOIN books_sale s ON s.id = sl.sale_id JOIN books_store st ON st.id = s.store_id
    WHERE s.business_date BETWEEN %(since)s AND %(until)s AND (%(store)s = '' OR st.code = %(store)s)
    AND COALESCE(NULLIF(sl.sku, ''), sl.name) IN (SELECT key FROM back) GROUP BY 1
)
SELECT back.key, back.name, back.milli, back.amount, COALESCE(gone.milli, 0)
FROM back LEFT JOIN gone ON gone.key = back.key ORDER BY back.amount DESC, back.key
"""


def _middle(expression: str, share: str) -> str:
    return f"percentile_disc({share}) WITHIN GROUP (ORDER BY extract(epoch FROM {expression}))"


def _times(by: str, which: Which) -> list[tuple[Value, ...]]:
    """Median and ninth decile, in whole minutes. What nobody had to approve is no decision; cash is no arrival."""
    decided = _ask(
        f"SELECT {_BACK[by]}, count(DISTINCT r.id), {_middle('r.decided_at - r.created_at', '0.5')},"
        f" {_middle('r.decided_at - r.created_at', '0.9')} {_LEGS} AND r.decided_by <> '' GROUP BY 1",
        which,
    )
    arrived = _ask(
        f"SELECT {_BACK[by]}, count(*), {_middle('l.settled_at - l.created_at', '0.5')},"
        f" {_middle('l.settled_at - l.created_at', '0.9')} {_LEGS} AND l.state = 'settled' AND l.route <> 'cash'"
        " AND l.settled_at IS NOT NULL GROUP BY 1",
        which,
    )
    first = {key: (int(count), _minutes(half), _minutes(most)) for key, count, half, most in decided}
    second = {key: (int(count), _minutes(half), _minutes(most)) for key, count, half, most in arrived}
    none = (0, None, None)
    return [(key, *first.get(key, none), *second.get(key, none)) for key in _keys(by, which, first, second)]


def _minutes(seconds: Any) -> int:
    return max(0, int(seconds / 60 + Decimal("0.5")))


def _trouble(by: str, which: Which) -> list[tuple[Value, ...]]:
    """Legs that were sent, and those that were once in doubt, refused or bounced, whatever became of them."""
    went = "bool_or(m.after = '{}')"
    found = _ask(
        f"SELECT key, count(*) FILTER (WHERE sent), count(*) FILTER (WHERE doubt), count(*) FILTER (WHERE failed),"
        f" count(*) FILTER (WHERE bounced), count(*) FILTER (WHERE doubt OR failed OR bounced) FROM (SELECT {_BACK[by]} AS key,"
        f" {went.format('sending')} AS sent, {went.format('in_doubt')} AS doubt, {went.format('failed')} AS failed,"
        f" {went.format('bounced')} AS bounced"
        f" {_LEGS.replace('JOIN books_refund', 'JOIN books_move m ON m.leg_id = l.id JOIN books_refund', 1)}"
        " AND l.account_id IS NOT NULL GROUP BY 1, l.id) AS legs GROUP BY 1",
        which,
    )
    told = {key: tuple(map(int, rest)) for key, *rest in found}
    rows: list[tuple[Value, ...]] = []
    for key in _keys(by, which, told):
        sent, doubt, failed, bounced, any_of = told.get(key, (0, 0, 0, 0, 0))
        rows.append((key, sent, doubt, failed, bounced, basis_points(any_of, sent)))
    return rows


_FILLED = {"rate": _rate, "reasons": _reasons, "goods": _goods, "times": _times, "trouble": _trouble}
assert set(_FILLED) == set(reports.REPORTS)


@dataclass(frozen=True, slots=True)
class Sums:
    """A day or a span in five figures; amounts in fen, the rate in basis points."""

    sales: int
    sold: int
    refunds: int
    refunded: int
    rate: int | None


def sums(which: Which) -> Sums:
    """What was sold and what went back."""
    [(sales, sold)] = _ask(f"SELECT count(DISTINCT s.id), COALESCE(sum(p.amount), 0) {_SALES}", which)
    [(refunds, refunded)] = _ask(
        f"SELECT count(DISTINCT r.id), COALESCE(sum(l.amount), 0) {_LEGS} AND l.state <> 'dropped'", which
    )
    return Sums(int(sales), int(sold), int(refunds), int(refunded), basis_points(int(refunded), int(sold)))


def largest(which: Which, *, most: int = 3) -> list[tuple[str, int]]:
    """The refunds of the period with the most money, number and fen."""
    found = _ask(
        f"SELECT r.refund_no, sum(l.amount) AS amount {_LEGS} AND l.state <> 'dropped' GROUP BY r.id, r.refund_no"
        " ORDER BY amount DESC, r.refund_no",
        which,
    )
    return [(number, int(amount)) for number, amount in found[:most]]
