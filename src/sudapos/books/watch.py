"""The history that the fraud checks look at: read for a list of requests in a fixed number of statements (domain §6).

What the shop does not record yet (drawers, stored value) is not handed in, and its rules say nothing: docs/fraud.md lists them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from django.db import connection

from sudapos.core import calendar
from sudapos.core.fraud import History
from sudapos.core.outcome import Route
from sudapos.core.plan import PlannedLeg
from sudapos.core.rules import Rules

from . import payers
from .sales import Sale
from .staff import Operator

HOURS_SLACK = timedelta(minutes=30)

_MAKERS = """
SELECT r.operator_id,
    coalesce(sum(r.total), 0)::bigint AS refunds,
    count(*) FILTER (WHERE r.total * 100 >= %(limit)s::bigint * %(near)s AND r.total <= %(limit)s) AS near,
    count(*) FILTER (WHERE r.receipt = 'none' AND r.created_at >= %(today)s) AS bare,
    coalesce(sum(r.total) FILTER (WHERE r.receipt = 'none' AND r.created_at >= %(today)s), 0)::bigint AS bare_fen,
    count(*) FILTER (WHERE r.receipt <> 'present' AND r.total %% 100 = 0) AS round,
    count(*) FILTER (WHERE c.paid_at IS NOT NULL AND r.created_at >= coalesce(f.opened, %(today)s)
        AND extract(epoch FROM r.created_at - c.paid_at) > %(late)s) AS late_cash,
    count(*) FILTER (WHERE c.paid_at IS NOT NULL AND r.created_at >= %(today)s AND s.operator = o.code
        AND extract(epoch FROM r.created_at - c.paid_at) < %(quick)s) AS quick_cash
FROM books_refund r JOIN books_operator o ON o.id = r.operator_id JOIN books_sale s ON s.id = r.sale_id
LEFT JOIN LATERAL (SELECT min(p.paid_at) AS paid_at FROM jsonb_array_elements(r.plan) step
    JOIN books_payment p ON p.id = (step->>'payment_id')::bigint WHERE step->>'route' = 'cash') c ON true
LEFT JOIN (SELECT operator_id, min(opened_at) AS opened FROM books_shift WHERE closed_at IS NULL GROUP BY 1) f
    ON f.operator_id = r.operator_id
WHERE r.operator_id = ANY(%(makers)s) AND r.state IN ('awaiting', 'approved') AND r.created_at >= %(week)s
GROUP BY r.operator_id
"""
_SALES = """
WITH sold AS (SELECT operator, sum(total)::bigint AS fen, count(*) AS count FROM books_sale
        WHERE kind = '' AND sold_at >= %(week)s AND store_id = ANY(%(stores)s) AND operator <> '' GROUP BY operator),
    back AS (SELECT o.code, sum(r.total)::bigint AS fen FROM books_refund r JOIN books_operator o ON o.id = r.operator_id
        WHERE r.reason <> 'deposit' AND r.created_at >= %(week)s AND r.store_id = ANY(%(stores)s) AND r.state IN ('awaiting', 'approved') GROUP BY o.code)
SELECT sold.operator, sold.fen, sold.count,
    (SELECT coalesce(percentile_cont(0.5) WITHIN GROUP (ORDER BY coalesce(b.fen, 0) * 10000.0 / s.fen), 0)::bigint
        FROM sold s LEFT JOIN back b ON b.code = s.operator WHERE s.fen > 0)
FROM sold WHERE sold.operator = ANY(%(codes)s)
"""
_PEOPLE = """
SELECT s.phone_digest, count(DISTINCT s.id) AS orders, coalesce(sum(s.total), 0)::bigint AS spent,
    count(r.id) FILTER (WHERE r.created_at >= %(month)s) AS returns,
    coalesce(sum(r.total) FILTER (WHERE r.created_at >= %(month)s), 0)::bigint AS back,
    count(r.id) FILTER (WHERE r.created_at >= %(month)s AND r.receipt <> 'present') AS bare,
    coalesce(sum(r.total) FILTER (WHERE r.created_at >= %(month)s AND r.receipt <> 'present'), 0)::bigint AS bare_fen
FROM books_sale s LEFT JOIN books_refund r ON r.sale_id = s.id AND r.state IN ('awaiting', 'approved')
WHERE s.phone_digest = ANY(%(digests)s) AND s.phone_digest <> '' AND s.sold_at >= %(year)s GROUP BY s.phone_digest
"""
_PAPER = """
SELECT s.id, count(c.id) FILTER (WHERE c.copy_no > 1) AS reprints, max(c.at) FILTER (WHERE c.copy_no > 1) AS last,
    (SELECT array_agg(DISTINCT a.store) FROM books_auditrecord a WHERE a.subject = 'sale' AND a.subject_no = s.sale_no
        AND a.act = 'refund.refused' AND a.facts->>'code' IN ('refund_denied', 'over_refund') AND a.at >= %(day)s AND a.store <> '') AS refused_at
FROM books_sale s LEFT JOIN books_refund r ON r.sale_id = s.id LEFT JOIN books_voucher v ON v.refund_id = r.id
LEFT JOIN books_printcopy c ON c.voucher_id = v.id
WHERE s.id = ANY(%(sales)s) GROUP BY s.id
"""
_PAYEES = """
SELECT r.operator_id, p.payer_digest, count(DISTINCT r.id) AS month,
    count(DISTINCT r.id) FILTER (WHERE r.created_at >= %(week)s) AS week
FROM books_refund r CROSS JOIN LATERAL jsonb_array_elements(r.plan) step
JOIN books_payment p ON p.id = (step->>'payment_id')::bigint
WHERE r.operator_id = ANY(%(makers)s) AND r.state IN ('awaiting', 'approved') AND r.created_at >= %(month)s
    AND p.payer_digest IN (SELECT payer_digest FROM books_payment WHERE sale_id = ANY(%(sales)s) AND payer_digest <> '')
GROUP BY r.operator_id, p.payer_digest
"""
_QUEUES = """
SELECT s.code, r.till, count(*) AS waiting FROM books_refund r JOIN books_store s ON s.id = r.store_id
WHERE r.queued_at IS NOT NULL AND r.created_at >= %(lately)s GROUP BY s.code, r.till
"""
QUEUE_DRAINS = timedelta(minutes=10)
"""Offline refunds that came in so lately belong to the same queue (FR19)."""
_SHUT = """
SELECT s.code, d.code AS till FROM books_drawer d JOIN books_store s ON s.id = d.store_id
WHERE EXISTS (SELECT 1 FROM books_shift f WHERE f.drawer_id = d.id)
    AND NOT EXISTS (SELECT 1 FROM books_shift f WHERE f.drawer_id = d.id AND f.closed_at IS NULL)
"""
"""Tills whose shift is closed."""
_CLOCKS = """
SELECT s.code, t.code AS till, last.till_time FROM books_till t JOIN books_store s ON s.id = t.store_id
CROSS JOIN LATERAL (SELECT r.till_time FROM books_refund r WHERE r.store_id = t.store_id AND r.till = t.code
    AND r.till_time IS NOT NULL ORDER BY r.id DESC LIMIT 1) last
"""
"""What each till's clock said last."""
Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request says of itself and its payments, beside what it asks for."""

    total: int = 0
    receipt: str = "present"
    legs: tuple[PlannedLeg, ...] = ()
    payees: frozenset[str] = frozenset()
    """Digests of those who paid what would go back, and of the customer's phone."""
    till: str = ""
    till_time: datetime | None = None
    queued_at: datetime | None = None
    overridden_by: frozenset[str] = frozenset()
    """Who set the price of a line that comes back by hand."""


@dataclass
class Watch:
    """What nine statements found, and what the same list has added since."""

    at: datetime
    rules: Rules
    makers: Mapping[int, Row]
    sold: Mapping[str, Row]
    people: Mapping[str, Row]
    paper: Mapping[int, Row]
    staff: Mapping[str, str]
    payees: Mapping[tuple[int, str], Row]
    queues: dict[tuple[str, str], int]
    shut: frozenset[tuple[str, str]]
    clocks: dict[tuple[str, str], datetime]
    more: dict[int, list[int]] = field(default_factory=dict)
    paid_to: Counter[tuple[int, str]] = field(default_factory=Counter)

    @classmethod
    def of(cls, sales: Iterable[Sale], operators: Iterable[Operator], rules: Rules, *, at: datetime) -> Watch:
        """Read it."""
        sales, operators = list(sales), list(operators)
        limits = rules.fraud
        told = {
            "makers": [o.pk for o in operators],
            "codes": [o.code for o in operators],
            "stores": sorted({sale.store_id for sale in sales}),
            "digests": sorted({sale.phone_digest for sale in sales if sale.phone_digest}),
            "sales": [sale.pk for sale in sales],
            "limit": rules.approval_fen["cashier"],
            "near": limits["fr06_from_percent"],
            "late": limits["fr08_after"],
            "quick": limits["fr09_within"],
            "today": calendar.day_began(at, cutover=rules.business_day_cutover),
            "day": at - timedelta(days=1),
            "week": at - timedelta(days=7),
            "month": at - timedelta(days=30),
            "year": at - timedelta(days=365),
            "lately": at - QUEUE_DRAINS,
        }
        return cls(
            at,
            rules,
            {row["operator_id"]: row for row in _rows(_MAKERS, told)},
            {row["operator"]: row for row in _rows(_SALES, told, ("operator", "fen", "count", "median"))},
            {row["phone_digest"]: row for row in _rows(_PEOPLE, told)},
            {row["id"]: row for row in _rows(_PAPER, told)},
            payers.works_here(),
            {(row["operator_id"], row["payer_digest"]): row for row in _rows(_PAYEES, told)},
            {(row["code"], row["till"]): row["waiting"] for row in _rows(_QUEUES, told)},
            frozenset((row["code"], row["till"]) for row in _rows(_SHUT, told)),
            {(row["code"], row["till"]): row["till_time"] for row in _rows(_CLOCKS, told)},
        )

    def add(self, operator: Operator, asked: Asked, *, store: str) -> None:
        """One more of the same list."""
        self.more.setdefault(operator.pk, []).append(asked.total)
        self.paid_to.update((operator.pk, payee) for payee in asked.payees)
        place = (store, asked.till)
        if asked.till_time is not None:
            self.clocks[place] = asked.till_time
        if asked.queued_at is not None:
            self.queues[place] = self.queues.get(place, 0) + 1

    def history(
        self,
        sale: Sale,
        operator: Operator,
        asked: Asked,
        *,
        store: str,
        paid_at: datetime | None,
    ) -> History:
        """One request as the checks look at it; `paid_at` is of the cash that comes back."""
        maker, sold = self.makers.get(operator.pk, {}), self.sold.get(operator.code, {})
        person = self.people.get(sale.phone_digest, {}) if sale.phone_digest else {}
        paper = self.paper.get(sale.pk, {})
        earlier = self.more.get(operator.pk, [])
        cash = paid_at if any(leg.route is Route.CASH for leg in asked.legs) else None
        last = paper.get("last")
        return History(
            total=asked.total,
            receipt=asked.receipt,
            limit=self.rules.approval_fen["cashier"],
            no_receipt_today=maker.get("bare", 0),
            no_receipt_today_fen=maker.get("bare_fen", 0),
            near_limit_7d=maker.get("near", 0) + self._near(earlier),
            outside_hours=self._outside() or (store, asked.till) in self.shut,
            cash_sale_age=max(0, int((self.at - cash).total_seconds())) if cash else None,
            late_cash_today=maker.get("late_cash", 0),
            own_sale=bool(sale.operator) and sale.operator == operator.code,
            quick_cash_today=maker.get("quick_cash", 0),
            maker_refunds_7d=maker.get("refunds", 0) + sum(earlier),
            maker_sales_7d=sold.get("fen", 0),
            maker_sale_count_7d=sold.get("count", 0),
            store_median_bp=sold.get("median", 0),
            tried_elsewhere=bool(set(paper.get("refused_at") or ()) - {store}),
            customer_returns_30d=person.get("returns", 0),
            customer_orders=person.get("orders", 0),
            customer_return_bp=(person.get("back", 0) + asked.total) * 10_000 // person["spent"]
            if person.get("spent")
            else 0,
            person_no_receipt_30d=person.get("bare", 0),
            person_no_receipt_fen=person.get("bare_fen", 0),
            reprints=paper.get("reprints", 0),
            reprint_age=max(0, int((self.at - last).total_seconds())) if last else None,
            round_no_receipt_7d=maker.get("round", 0),
            price_changed_by_maker=operator.code in asked.overridden_by,
            **self._payee(operator, asked),
            **self._till(asked, store),
        )

    def _payee(self, operator: Operator, asked: Asked) -> dict[str, Any]:
        """Whether somebody who works here gets the money, and how often this maker sent some to the same payee."""
        here = sorted(self.staff[payee] for payee in asked.payees if payee in self.staff)
        pairs = [(operator.pk, payee) for payee in asked.payees]
        return {
            "payee_is_staff": bool(here),
            "payee_works_as": here[0] if here else "",
            **{
                f"same_payee_{days}": max(
                    (self.payees.get(pair, {}).get(name, 0) + self.paid_to[pair] for pair in pairs), default=0
                )
                for days, name in (("7d", "week"), ("30d", "month"))
            },
        }

    def _till(self, asked: Asked, store: str) -> dict[str, Any]:
        """How far the till's clock is off or went back, and how long its queue was while it could not reach us."""
        off = int((asked.till_time - self.at).total_seconds()) if asked.till_time else 0
        last = self.clocks.get((store, asked.till))
        back = asked.till_time is not None and last is not None and asked.till_time < last
        clock = {"clock_off": off, "clock_went_back": back}
        if asked.queued_at is None:
            return clock
        return {
            **clock,
            "offline_waiting": self.queues.get((store, asked.till), 0) + 1,
            "offline_oldest": max(0, int((self.at - asked.queued_at).total_seconds())),
        }

    def _near(self, totals: Iterable[int]) -> int:
        limit = self.rules.approval_fen["cashier"]
        return sum(limit * self.rules.fraud["fr06_from_percent"] <= n * 100 <= limit * 100 for n in totals)

    def _outside(self) -> bool:
        """Half an hour before opening and after closing is still business (FR07)."""
        if not self.rules.opening_hours:
            return False
        local = self.at.astimezone(calendar.SHANGHAI)
        first, last = (
            datetime.combine(local.date(), time.fromisoformat(part), calendar.SHANGHAI)
            for part in self.rules.opening_hours.split("-")
        )
        if last <= first:  # over midnight
            return last + HOURS_SLACK < local < first - HOURS_SLACK
        return not first - HOURS_SLACK <= local <= last + HOURS_SLACK


def _rows(query: str, values: Mapping[str, Any], names: Sequence[str] = ()) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        columns = names or [column.name for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
