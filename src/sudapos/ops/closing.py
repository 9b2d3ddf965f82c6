"""The end of a day: statements in, matched, fees booked, books verified, a report; whatever is missing keeps the day open.

Day D closes on D+1 or later (domain §8.3). A missing statement is asked for every hour and told about from noon on (F12); nothing is
assumed in its place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any

import structlog
from django.db import close_old_connections, connection

from sudapos.books import (
    audit,
    coupon_differences,
    days,
    invoices,
    laid_by,
    ledger,
    overdue,
    shifts,
    shops,
    staff,
    statements,
)
from sudapos.books.days import Day
from sudapos.books.findings import Finding
from sudapos.books.legs import Leg
from sudapos.books.sales import Payment
from sudapos.books.shops import Account
from sudapos.books.staff import Operator
from sudapos.books.statements import Statement
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.calendar import SHANGHAI
from sudapos.core.recipes import SMALL_ENTERPRISE
from sudapos.core.refusal import Refusal

from . import customer_messages, fetching, reconciling, verifying

log = structlog.get_logger("sudapos.closing")

READY_FROM = clock(10, 0)
"""From here on channels have yesterday's file (wechatpay §15)."""
NAG_FROM = clock(12, 0)
LOOK_BACK = 30
"""Days that are still asked for by themselves; older ones want a person, and WeChat Pay keeps three months (F12)."""
FETCH_EVERY = timedelta(hours=1)
SWEEP_EVERY = timedelta(minutes=5)
"""Between two looks for what should have arrived by now."""
INBOX_EVERY = timedelta(seconds=30)
ONE_ROUND = 0x5EA2
"""The number of an advisory lock."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a day stands now, and what was found on the way."""

    day: Day
    missing: Sequence[Mapping[str, Any]]
    opened: Sequence[Finding]


def close(day: date, *, by: str, at: datetime, fetch: bool = True) -> Closed:
    """Do everything that a day's end needs, and close it if nothing is missing. Safe to repeat. Raises Refusal day_not_over."""
    today = calendar.business_date(at, cutover=shops.rules_of(shops.merchant()).business_day_cutover)
    if day >= today:
        raise Refusal("day_not_over", day=f"{day}")
    before = days.get(day)
    if before is not None and before.state == days.CLOSED:
        return Closed(before, (), ())
    accounts = everyone()
    opened: list[Finding] = []
    for dropped in fetching.empty_inbox(accounts, at=at):
        opened += dropped.loaded.opened if dropped.loaded else ()
    expected = due(accounts.values(), day)
    have = statements.current(expected, [day])
    missing: list[dict[str, Any]] = []
    for account in expected:
        statement = have.get((account.pk, day))
        if statement is not None:
            if statement.matched_at != at:  # not a moment ago
                opened += reconciling.reconcile(statement, at=at)
            continue
        got = fetching.fetch(account, day, by=by, at=at) if fetch else fetching.Got(why="no_statement")
        if got.loaded is None:
            missing.append({"account": account.name, "channel": account.channel, "why": got.why})
        else:
            opened += got.loaded.opened
    missing += [
        {"check": check, "place": broken.place, "expected": broken.expected, "found": broken.found}
        for check, broken in verifying.run()
        if broken is not None
    ]
    missing += [
        {"shift": row.shift_no, "operator": row.operator.code, "why": "shift_open"}
        for row in shifts.open_on(day)
    ]
    audit.seal(at=at)
    told = report(day, expected, opened)
    return Closed(days.put(day, missing=missing, report=told, by=by, at=at), missing, opened)


def require(operator: Operator) -> None:
    """Ending a day is finance's (domain §8.2). Raises Forbidden."""
    staff.require(operator, Act.LOAD_STATEMENT)


def everyone() -> dict[str, Account]:
    return {row.name: row for row in Account.objects.order_by("name")}


def due(accounts: Iterable[Account], day: date) -> list[Account]:
    """Accounts whose file a day needs: those that hand it out, those that are said to be expected, those that traded."""
    rows = list(accounts)
    told = statements.readings(rows)
    start, end = calendar.day_bounds(day)
    traded = set(
        Payment.objects.filter(paid_at__gte=start, paid_at__lt=end).values_list("account_id", flat=True)
    )
    traded |= set(
        Leg.objects.filter(last_sent_at__gte=start, last_sent_at__lt=end).values_list("account_id", flat=True)
    )
    wanted = []
    for row in rows:
        reading = told.get(row.pk)
        every_day = reading.expected if reading is not None else row.channel in reconciling.FORMATS
        existed = row.created_at.astimezone(SHANGHAI).date() <= day
        if row.pk in traded or (every_day and existed):
            wanted.append(row)
    return wanted


def report(day: date, accounts: Sequence[Account], opened: Sequence[Finding]) -> dict[str, Any]:
    """What the day came to, in fen; the same figures for page, paper and API."""
    codes = SMALL_ENTERPRISE.codes
    balances = {b.account: b.amount for b in ledger.balances(until=day)}
    have = statements.current(accounts, [day])
    rows = [_statement(row) for (_, _), row in sorted(have.items(), key=lambda item: item[1].account.name)]
    start, end = calendar.day_bounds(day)
    doubtful = Leg.objects.filter(state="in_doubt", first_sent_at__gte=start, first_sent_at__lt=end).count()
    counted: dict[str, int] = {}
    for finding in opened:
        counted[finding.kind] = counted.get(finding.kind, 0) + 1
    sealed = audit.heads()
    return days.sums(day) | {
        "statements": rows,
        "findings": counted,
        "open_findings": days.open_findings(day),
        "in_doubt": doubtful,
        "owed": -balances.get(codes["owed"][0], 0),
        "cash": balances.get(codes["cash"][0], 0),
        "clearing": {
            channel: balances.get(codes[key][0], 0)
            for channel, key in SMALL_ENTERPRISE.channels.items()
            if codes[key][0].startswith("1122.") and balances.get(codes[key][0], 0)
        },
        "off": sum(balances.values()),
        "open_drawers": [
            {"shift_no": row.shift_no, "operator": row.operator.code} for row in shifts.open_on(day)
        ],
        "head": f"{sealed[0].last_id}:{sealed[0].head}" if sealed else "",
    }


def _statement(row: Statement) -> dict[str, Any]:
    return {
        "id": row.pk,
        "account": row.account.name,
        "channel": row.account.channel,
        "version": row.version,
        "rows": row.count,
        "sums": row.sums,
        "classes": row.result.get("sums", {}),
    }


@dataclass
class Rounds:
    """What happens to statements by itself, beside the worker: the folder, the hourly question, the reminder."""

    now: Callable[[], datetime]
    by: str = "worker"
    _fetched_at: datetime | None = None
    _swept_at: datetime | None = None
    _stopped: bool = field(default=False)

    def turn(self) -> None:
        """One look at the folder; once an hour the days that are not closed yet. One worker at a time."""
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [ONE_ROUND])
            if not cursor.fetchall()[0][0]:
                return
            try:
                self._turn(self.now())
            finally:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [ONE_ROUND])

    def _turn(self, at: datetime) -> None:
        invoices.lapse(at=at)
        customer_messages.turn(at=at)
        accounts = everyone()
        for _ in fetching.empty_inbox(accounts, at=at):
            pass
        if self._swept_at is None or at - self._swept_at >= SWEEP_EVERY:
            self._swept_at = at
            overdue.sweep(at=at)
            coupon_differences.sweep(at=at)
            laid_by.sweep(at=at)
        if self._fetched_at is None or at - self._fetched_at >= FETCH_EVERY:
            self._fetched_at = at
            self._ask(accounts, at)

    def _ask(self, accounts: Mapping[str, Account], at: datetime) -> None:
        local = at.astimezone(SHANGHAI)
        for day in open_days(local.date(), at=at):
            if local.date() == day + timedelta(days=1) and local.time() < READY_FROM:
                continue
            expected = due(accounts.values(), day)
            have = statements.current(expected, [day])
            missing = []
            for account in expected:
                if (account.pk, day) in have:
                    continue
                got = fetching.fetch(account, day, by=self.by, at=at)
                if got.loaded is None:
                    missing.append({"account": account.name, "channel": account.channel, "why": got.why})
            noon = local.date() > day + timedelta(days=1) or local.time() >= NAG_FROM
            if missing and noon and days.nag(day, missing, today=local.date(), at=at):
                log.warning("statement_missing", day=f"{day}", accounts=[one["account"] for one in missing])

    def run(self) -> None:
        """Until `stop`; a round that fails is told and does not end the others."""
        while not self._stopped:
            try:
                close_old_connections()
                self.turn()
            except Exception as error:
                log.exception("round_failed", error=type(error).__name__)
            finally:
                connection.close()
            waited = 0.0
            while waited < INBOX_EVERY.total_seconds() and not self._stopped:
                time.sleep(0.5)
                waited += 0.5

    def stop(self) -> None:
        self._stopped = True


def open_days(today: date, *, at: datetime) -> list[date]:
    """Days since the first trade, at most LOOK_BACK, that are over and not closed; oldest first."""
    first = Payment.objects.order_by("paid_at").values_list("paid_at", flat=True).first()
    if first is None:
        return []
    since = max(first.astimezone(SHANGHAI).date(), today - timedelta(days=LOOK_BACK))
    known = days.known(since, today)
    whole = [since + timedelta(days=n) for n in range((today - since).days)]
    return [day for day in whole if day not in known or known[day].state != days.CLOSED]
