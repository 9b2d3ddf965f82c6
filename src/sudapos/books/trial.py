"""What the journal says of a period: the trial balance, one account's sheet, the drawers of a day, what is owed.

Read by set, a fixed number of statements each. Amounts in fen; days are business dates and include both ends. An
empty `store` means all stores. Accounts are our own codes; `core.chart` says what the merchant calls them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from django.db import connection

from sudapos.core.chart import INTERNAL
from sudapos.core.drawers import GROUPS
from sudapos.core.journal import TO_CONFIRM
from sudapos.core.rules import Rules

from .ledger import Entry

CASH, OWED = INTERNAL["cash"], INTERNAL["owed"]
SHEET_PAGE = 100
ROWS_AT_MOST = 50_000
"""Rows of one file; a longer period is asked for in parts."""
T = TypeVar("T")

SALES, REFUNDS, COUNTS = (sorted(GROUPS[name]) for name in ("sales", "refunds", "counts"))
"""Recipes by what they do to a drawer; everything else is `other`."""

SIGNED = "CASE WHEN l.side = '借' THEN l.amount ELSE -l.amount END"
_RED = "(%(debit_style)s AND l.amount < 0)"
_OWN = f"CASE WHEN {_RED} THEN -l.amount ELSE l.amount END"
DEBIT = f"CASE WHEN (l.side = '借') <> {_RED} THEN {_OWN} ELSE 0 END"
CREDIT = f"CASE WHEN (l.side = '贷') <> {_RED} THEN {_OWN} ELSE 0 END"
"""The amount on one side: as posted, or with red letters positive on the other side."""


@dataclass(frozen=True, slots=True)
class Account:
    """One row of the trial balance. Opening and closing are debit-positive."""

    account: str
    name: str
    opening: int
    debit: int
    credit: int

    @property
    def closing(self) -> int:
        return self.opening + self.movement

    @property
    def movement(self) -> int:
        return self.debit - self.credit


def trial(since: date, until: date, *, store: str = "", style: str = "RED_CREDIT") -> list[Account]:
    """Every account that was ever used up to `until`, by our code."""
    return _rows(
        Account,
        f"""
        SELECT l.account, max(l.name),
               coalesce(sum({SIGNED}) FILTER (WHERE e.business_date < %(since)s), 0),
               coalesce(sum({DEBIT}) FILTER (WHERE e.business_date >= %(since)s), 0),
               coalesce(sum({CREDIT}) FILTER (WHERE e.business_date >= %(since)s), 0)
        FROM books_line l JOIN books_entry e ON e.id = l.entry_id
        WHERE e.business_date <= %(until)s AND (%(store)s = '' OR e.store = %(store)s)
        GROUP BY l.account ORDER BY l.account
        """,
        _asked(since, until, store, style),
    )


def flagged(since: date, until: date, *, store: str = "") -> list[Entry]:
    """Entries of the period that the accountant must look at (domain §4.2 rule 2), oldest first."""
    rows = Entry.objects.filter(
        recipe__in=("J08", "J30y"),
        memo__startswith=TO_CONFIRM,
        business_date__gte=since,
        business_date__lte=until,
    )
    rows = rows.filter(store=store) if store else rows
    return list(rows.prefetch_related("lines").order_by("business_date", "id")[:SHEET_PAGE])


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an account's sheet, with the account's balance after it."""

    entry: int
    business_date: date
    business_no: str
    recipe: str
    memo: str
    store: str
    till: str
    debit: int
    credit: int
    balance: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """An account in a period: what it began with, its lines (a page of them), and what they come to."""

    account: str
    name: str
    opening: int
    debit: int
    credit: int
    count: int
    postings: Sequence[Posting]

    @property
    def closing(self) -> int:
        return self.opening + self.debit - self.credit


def sheet(
    account: str,
    since: date,
    until: date,
    *,
    store: str = "",
    style: str = "RED_CREDIT",
    page: int = 1,
    size: int = SHEET_PAGE,
) -> Sheet:
    """One account's lines, oldest first, with a running balance, in two statements."""
    asked = _asked(since, until, store, style) | {
        "account": account,
        "size": size,
        "skip": (max(1, page) - 1) * size,
    }
    within = "l.account = %(account)s AND (%(store)s = '' OR e.store = %(store)s)"
    [(name, opening, debit, credit, count)] = _fetched(
        f"""
        SELECT coalesce(max(l.name), ''), coalesce(sum({SIGNED}) FILTER (WHERE e.business_date < %(since)s), 0),
               coalesce(sum({DEBIT}) FILTER (WHERE e.business_date >= %(since)s), 0),
               coalesce(sum({CREDIT}) FILTER (WHERE e.business_date >= %(since)s), 0),
               count(*) FILTER (WHERE e.business_date >= %(since)s)
        FROM books_line l JOIN books_entry e ON e.id = l.entry_id
        WHERE {within} AND e.business_date <= %(until)s
        """,
        asked,
    )
    postings = _rows(
        Posting,
        f"""
        SELECT e.id, e.business_date, e.business_no, e.recipe, e.memo, e.store, e.till, {DEBIT}, {CREDIT},
               %(opening)s + sum({SIGNED}) OVER (ORDER BY e.business_date, e.id, l.position)
        FROM books_line l JOIN books_entry e ON e.id = l.entry_id
        WHERE {within} AND e.business_date BETWEEN %(since)s AND %(until)s
        ORDER BY e.business_date, e.id, l.position LIMIT %(size)s OFFSET %(skip)s
        """,
        asked | {"opening": int(opening)},
    )
    return Sheet(account, str(name), int(opening), int(debit), int(credit), int(count), postings)


@dataclass(frozen=True, slots=True)
class Drawer:
    """1001 of one store and till on one day; what came in is positive."""

    store: str
    till: str
    opening: int
    sales: int
    refunds: int
    counts: int
    other: int

    @property
    def closing(self) -> int:
        return self.opening + self.sales + self.refunds + self.counts + self.other


def cash(day: date, *, store: str = "") -> list[Drawer]:
    """The daily cash report: drawers that hold or moved money, by store and till."""
    named = (*SALES, *REFUNDS, *COUNTS)
    today = "FILTER (WHERE e.business_date = %(until)s AND e.recipe"
    found = _rows(
        Drawer,
        f"""
        SELECT e.store, e.till,
               coalesce(sum({SIGNED}) FILTER (WHERE e.business_date < %(until)s), 0),
               coalesce(sum({SIGNED}) {today} = ANY(%(sales)s)), 0),
               coalesce(sum({SIGNED}) {today} = ANY(%(refunds)s)), 0),
               coalesce(sum({SIGNED}) {today} = ANY(%(counts)s)), 0),
               coalesce(sum({SIGNED}) {today} <> ALL(%(named)s)), 0)
        FROM books_line l JOIN books_entry e ON e.id = l.entry_id
        WHERE l.account = %(account)s AND e.business_date <= %(until)s AND (%(store)s = '' OR e.store = %(store)s)
        GROUP BY e.store, e.till ORDER BY e.store, e.till
        """,
        _asked(day, day, store, "")
        | {
            "account": CASH,
            "sales": list(SALES),
            "refunds": list(REFUNDS),
            "counts": list(COUNTS),
            "named": list(named),
        },
    )
    moved = ("opening", "sales", "refunds", "counts", "other")
    return [drawer for drawer in found if any(getattr(drawer, name) for name in moved)]


@dataclass(frozen=True, slots=True)
class Due:
    """What one refund still owes its customer, and since when it has owed anything."""

    business_no: str
    store: str
    since: date
    amount: int
    is_refund: bool

    def days(self, at: date) -> int:
        return (at - self.since).days


def owed(at: date, *, store: str = "") -> list[Due]:
    """2241.01 by document up to and including a day, oldest first; a claim's age begins when it last stood at zero.

    What is owed is positive here.
    """
    return _rows(
        Due,
        f"""
        WITH lines AS (
            SELECT e.id, e.business_no, e.business_date, e.store, -({SIGNED}) AS amount
            FROM books_line l JOIN books_entry e ON e.id = l.entry_id
            WHERE l.account = %(account)s AND e.business_date <= %(until)s
              AND (%(store)s = '' OR e.store = %(store)s)
        ), opened AS (
            SELECT business_no FROM lines GROUP BY business_no HAVING sum(amount) <> 0
        ), run AS (
            SELECT lines.*, sum(amount) OVER (PARTITION BY business_no ORDER BY id) - amount AS before
            FROM lines JOIN opened USING (business_no)
        )
        SELECT run.business_no, max(run.store), max(run.business_date) FILTER (WHERE run.before = 0),
               sum(run.amount), bool_or(r.id IS NOT NULL)
        FROM run LEFT JOIN books_refund r ON r.refund_no = run.business_no
        GROUP BY run.business_no ORDER BY 3, 1 LIMIT %(limit)s
        """,
        _asked(at, at, store, "") | {"account": OWED, "limit": ROWS_AT_MOST},
    )


def level(days: int, rules: Rules) -> str:
    """How loud a claim of this age is: ok, warn, escalate (domain §4.4, R-08)."""
    if days > rules.due_days["hard_overdue"]:
        return "escalate"
    return "warn" if days > rules.due_days["no_reason_refund"] else "ok"


def _asked(since: date, until: date, store: str, style: str) -> dict[str, Any]:
    return {"since": since, "until": until, "store": store, "debit_style": style == "DEBIT"}


def _fetched(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _rows(kind: type[T], query: str, values: dict[str, Any]) -> list[T]:
    """One `kind` per row; sums come as decimals and leave as whole fen."""
    whole = [each.type == "int" for each in fields(kind)]  # type: ignore[arg-type]
    return [kind(*_plain(row, whole)) for row in _fetched(query, values)]


def _plain(row: Iterable[Any], whole: Sequence[bool]) -> list[Any]:
    return [int(value) if number else value for value, number in zip(row, whole, strict=True)]
