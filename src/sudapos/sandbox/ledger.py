"""The channels' own books, kept apart from ours so that both can be compared. Amounts in fen, times in Unix seconds."""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROCESSING, SUCCESS, ABNORMAL, CLOSED = "PROCESSING", "SUCCESS", "ABNORMAL", "CLOSED"
PAID, UNPAID, FROZEN, FINISHED, REVOKED = "paid", "unpaid", "frozen", "finished", "revoked"
ORDER_STATES = (PAID, UNPAID, FROZEN, FINISHED, REVOKED)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, order_no TEXT NOT NULL,
  channel_ref TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), paid_at REAL NOT NULL, state TEXT NOT NULL,
  subject TEXT NOT NULL, payer TEXT NOT NULL, funding TEXT NOT NULL, extra TEXT NOT NULL,
  UNIQUE (channel, account, order_no), UNIQUE (channel, account, channel_ref));
CREATE INDEX IF NOT EXISTS orders_by_day ON orders (channel, account, paid_at);
CREATE TABLE IF NOT EXISTS refunds (
  id INTEGER PRIMARY KEY, channel TEXT NOT NULL, account TEXT NOT NULL, order_no TEXT NOT NULL, refund_no TEXT NOT NULL,
  kind TEXT NOT NULL, refund_ref TEXT NOT NULL, amount INTEGER NOT NULL CHECK (amount > 0), terms TEXT NOT NULL,
  reason TEXT NOT NULL, state TEXT NOT NULL, times_asked INTEGER NOT NULL, times_paid INTEGER NOT NULL,
  accepted_at REAL NOT NULL, state_at REAL NOT NULL, success_at REAL, plan TEXT NOT NULL, next_at REAL,
  forever INTEGER NOT NULL, notify_url TEXT NOT NULL, received_account TEXT NOT NULL,
  UNIQUE (channel, account, order_no, refund_no));
CREATE INDEX IF NOT EXISTS refunds_by_number ON refunds (channel, account, refund_no);
CREATE INDEX IF NOT EXISTS refunds_by_day ON refunds (channel, account, accepted_at);
CREATE INDEX IF NOT EXISTS refunds_by_success ON refunds (channel, account, success_at);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS notices (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, url TEXT NOT NULL, head TEXT NOT NULL, body TEXT NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, next_at REAL, heard INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS notices_due ON notices (next_at) WHERE next_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


COUPON = "coupon_amount"
"""Where an order keeps what the platform paid of it."""


class OrderDiffers(Exception):
    """The order number is taken by another amount or another payment."""

    def __init__(self, order_no: str) -> None:
        super().__init__(order_no)
        self.order_no = order_no


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A payment that the channel took. `funding` is `balance` or `card`; `extra` holds what only some channels have."""

    channel: str
    account: str
    order_no: str
    channel_ref: str
    amount: int
    paid_at: float
    state: str = PAID
    subject: str = "门店消费"
    payer: str = ""
    funding: str = "balance"
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def coupon(self) -> int:
        """Fen that the platform paid of it."""
        return int(self.extra.get(COUPON, "0"))


@dataclass(slots=True, kw_only=True)
class Refund:
    """A refund that the channel accepted. `plan` is what comes next: (state, seconds after the step before)."""

    channel: str
    account: str
    order_no: str
    refund_no: str
    amount: int
    terms: str
    state: str
    accepted_at: float
    refund_ref: str = ""
    kind: str = "refund"
    reason: str = ""
    times_asked: int = 1
    times_paid: int = 0
    state_at: float = 0.0
    success_at: float | None = None
    plan: list[tuple[str, float]] = field(default_factory=list)
    next_at: float | None = None
    forever: bool = False
    notify_url: str = ""
    received_account: str = ""
    user_part: int | None = None
    """Fen of it that go to the payer, where a coupon of the platform paid a part; None: all."""
    id: int = 0

    @property
    def payer_part(self) -> int:
        return self.amount if self.user_part is None else self.user_part

    @property
    def holds(self) -> int:
        """Fen of the order that this refund takes away: a closed one takes nothing."""
        return 0 if self.state == CLOSED else self.amount


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that is due: `head` and `body` are the channel's affair."""

    id: int
    account: str
    url: str
    head: str
    body: str
    tries: int


LOG = logging.getLogger("sudapos.sandbox")


def _tell(event: str, refund: Refund) -> None:
    told = {
        "channel": refund.channel,
        "account": refund.account,
        "number": refund.refund_no,
        "paid": refund.times_paid,
    }
    LOG.info(event, extra={"told": told})


_ORDER = "channel, account, order_no, channel_ref, amount, paid_at, state, subject, payer, funding, extra"


class Ledger:
    """One sqlite file, or memory. Used from one thread at a time."""

    def __init__(self, path: Path | None) -> None:
        self._db = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.executescript(_SCHEMA)
        if "user_part" not in [row["name"] for row in self._db.execute("PRAGMA table_info(refunds)")]:
            self._db.execute("ALTER TABLE refunds ADD COLUMN user_part INTEGER")

    def close(self) -> None:
        """No further use."""
        self._db.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """All or nothing."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def setting(self, name: str, default: str = "") -> str:
        """A remembered value."""
        row = self._db.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return default if row is None else str(row["value"])

    def remember(self, name: str, value: str) -> None:
        """Keep a value over a restart."""
        self._db.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (name, value))

    # orders ---------------------------------------------------------------------------------------------------

    def next_number(self, table: str) -> int:
        """The row number that comes next in `orders` or `refunds`: the tail of the channel's own numbers."""
        row = self._db.execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}").fetchone()
        return int(row[0])

    def add_order(self, order: Order) -> None:
        """Keep a payment. Raises OrderDiffers where a number is taken by something else."""
        try:
            self._db.execute(
                f"INSERT INTO orders ({_ORDER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*(getattr(order, name) for name in _ORDER.split(", ")[:-1]), json.dumps(dict(order.extra))],
            )
        except sqlite3.IntegrityError as taken:
            raise OrderDiffers(order.order_no) from taken

    def order(self, channel: str, account: str, *, order_no: str = "", channel_ref: str = "") -> Order | None:
        """A payment by the channel's number if there is one, else by the shop's."""
        column, value = ("channel_ref", channel_ref) if channel_ref else ("order_no", order_no)
        row = self._db.execute(
            f"SELECT {_ORDER} FROM orders WHERE channel = ? AND account = ? AND {column} = ?",
            (channel, account, value),
        ).fetchone()
        return None if row is None else _an_order(row)

    def orders_between(self, channel: str, account: str, start: float, end: float) -> list[Order]:
        """Payments of a day, oldest first; unpaid ones are not on any statement."""
        rows = self._db.execute(
            f"SELECT {_ORDER} FROM orders WHERE channel = ? AND account = ? AND paid_at >= ? AND paid_at < ?"
            " AND state <> ? ORDER BY paid_at, id",
            (channel, account, start, end, UNPAID),
        )
        return [_an_order(row) for row in rows]

    # refunds --------------------------------------------------------------------------------------------------

    def refund(
        self, channel: str, account: str, refund_no: str, order_no: str | None = None
    ) -> Refund | None:
        """A refund by its number, within one order where numbers are unique per order only."""
        sql = "SELECT * FROM refunds WHERE channel = ? AND account = ? AND refund_no = ?"
        values: list[str] = [channel, account, refund_no]
        if order_no is not None:
            sql, values = sql + " AND order_no = ?", [*values, order_no]
        return next(self._refunds(sql, values), None)

    def refunds_of(self, order: Order) -> list[Refund]:
        """All refunds of a payment, oldest first."""
        sql = "SELECT * FROM refunds WHERE channel = ? AND account = ? AND order_no = ? ORDER BY id"
        return list(self._refunds(sql, [order.channel, order.account, order.order_no]))

    def refunds_between(
        self, channel: str, account: str, start: float, end: float, *, by: str = "accepted_at"
    ) -> list[Refund]:
        """Refunds of a day, oldest first; `by` says which hour counts: accepted_at or success_at."""
        if by not in ("accepted_at", "success_at"):
            raise ValueError(by)
        sql = f"SELECT * FROM refunds WHERE channel = ? AND account = ? AND {by} >= ? AND {by} < ?"
        return list(self._refunds(f"{sql} ORDER BY {by}, id", [channel, account, start, end]))

    def accept(self, refund: Refund) -> None:
        """Keep a new refund; it gets its row number."""
        names = [name for name in Refund.__dataclass_fields__ if name != "id"]
        marks = ", ".join("?" * len(names))
        row = self._db.execute(
            f"INSERT INTO refunds ({', '.join(names)}) VALUES ({marks}) RETURNING id",
            [json.dumps(refund.plan) if name == "plan" else getattr(refund, name) for name in names],
        ).fetchone()
        refund.id = int(row[0])
        _tell("accepted", refund)

    def asked_again(self, refund: Refund) -> None:
        """Count a repeat of the same request."""
        refund.times_asked += 1
        _tell("asked_again", refund)
        self._db.execute("UPDATE refunds SET times_asked = ? WHERE id = ?", (refund.times_asked, refund.id))

    def due(self, now: float) -> list[Refund]:
        """Refunds whose next step has come, in the order of their hours."""
        sql = "SELECT * FROM refunds WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, id"
        return list(self._refunds(sql, [now]))

    def planned(self) -> list[Refund]:
        """Refunds that have a step before them, whenever it comes."""
        return list(self._refunds("SELECT * FROM refunds WHERE next_at IS NOT NULL ORDER BY id", []))

    def step(self, refund: Refund, at: float) -> None:
        """Take the next step of the plan at the hour `at`."""
        (state, _), *rest = refund.plan
        refund.state, refund.state_at, refund.plan = state, at, [(name, seconds) for name, seconds in rest]
        if state == SUCCESS:
            paid = not refund.received_account.startswith("商户")  # to the merchant itself is paid to nobody
            refund.success_at, refund.times_paid = at, refund.times_paid + paid
        refund.next_at = at + rest[0][1] if rest else None
        _tell(state.lower(), refund)
        self._db.execute(
            "UPDATE refunds SET state = ?, state_at = ?, success_at = ?, times_paid = ?, plan = ?, next_at = ?"
            " WHERE id = ?",
            (
                refund.state,
                refund.state_at,
                refund.success_at,
                refund.times_paid,
                json.dumps(refund.plan),
                refund.next_at,
                refund.id,
            ),
        )

    def go_on(self, refund: Refund, account: str, end: str, *, at: float, seconds: float) -> None:
        """A refund that came back is on its way again, to `account`; what was paid before is back."""
        refund.state, refund.state_at, refund.received_account = PROCESSING, at, account
        refund.plan, refund.next_at, refund.times_paid, refund.success_at = (
            [(end, seconds)],
            at + seconds,
            0,
            None,
        )
        _tell("reissued", refund)
        self._db.execute(
            "UPDATE refunds SET state = ?, state_at = ?, received_account = ?, plan = ?, next_at = ?, times_paid = 0,"
            " success_at = NULL WHERE id = ?",
            (PROCESSING, at, account, json.dumps(refund.plan), refund.next_at, refund.id),
        )

    def reverse(self, refund: Refund, at: float) -> None:
        """It is as if this refund had never been: nothing of it comes any more."""
        self._db.execute(
            "UPDATE refunds SET state = ?, state_at = ?, times_paid = 0, success_at = NULL, plan = '[]', next_at = NULL"
            " WHERE id = ?",
            (CLOSED, at, refund.id),
        )

    def revoke(self, order: Order) -> None:
        """It is as if this payment had never been."""
        self._db.execute(
            "UPDATE orders SET state = ? WHERE channel = ? AND account = ? AND order_no = ?",
            (REVOKED, order.channel, order.account, order.order_no),
        )

    def release(self, next_at: float) -> int:
        """Refunds that were to process for ever go on at `next_at`; answers how many."""
        done = self._db.execute("UPDATE refunds SET forever = 0, next_at = ? WHERE forever = 1", (next_at,))
        return done.rowcount

    def _refunds(self, sql: str, values: Sequence[object]) -> Iterator[Refund]:
        for row in self._db.execute(sql, values).fetchall():
            kept = dict(row)
            kept["plan"] = [(state, seconds) for state, seconds in json.loads(kept["plan"])]
            kept["forever"] = bool(kept["forever"])
            yield Refund(**kept)

    # notices --------------------------------------------------------------------------------------------------

    def add_notice(self, *, account: str, url: str, head: str, body: str, next_at: float) -> int:
        """Something to tell a shop."""
        row = self._db.execute(
            "INSERT INTO notices (account, url, head, body, next_at) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (account, url, head, body, next_at),
        ).fetchone()
        return int(row[0])

    def due_notices(self, now: float, limit: int = 50) -> list[Waiting]:
        """Notices whose hour has come."""
        rows = self._db.execute(
            "SELECT id, account, url, head, body, tries FROM notices"
            " WHERE next_at IS NOT NULL AND next_at <= ? ORDER BY next_at, id LIMIT ?",
            (now, limit),
        )
        return [Waiting(**dict(row)) for row in rows]

    def tried(self, notice: int, *, heard: bool, next_at: float | None) -> None:
        """One more try; `next_at` None ends the story."""
        self._db.execute(
            "UPDATE notices SET tries = tries + 1, heard = ?, next_at = ? WHERE id = ?",
            (heard, next_at, notice),
        )

    # the control's view ---------------------------------------------------------------------------------------

    def rows(self, **wanted: str) -> list[dict[str, Any]]:
        """Everything as `GET /_control/ledger` answers it; `wanted` holds columns that must match."""
        columns = "channel, account, order_no, refund_no, amount, kind, times_asked, times_paid, state"
        coupon = f"coalesce(json_extract(extra, '$.{COUPON}'), 0)"
        where = "".join(f" AND {_known(name)} = ?" for name in wanted)
        sql = (
            f"SELECT {columns}, user_amount FROM ("
            " SELECT id, 0 AS part, channel, account, order_no, '' AS refund_no, amount, 'sale' AS kind,"
            "  1 AS times_asked, (state <> 'unpaid') AS times_paid, state,"
            f"  amount - CAST({coupon} AS INTEGER) AS user_amount FROM orders"
            f" UNION ALL SELECT id, 1, {columns}, coalesce(user_part, amount) FROM refunds) WHERE 1{where} ORDER BY part, id"
        )
        return [dict(row) for row in self._db.execute(sql, list(wanted.values()))]


def _known(name: str) -> str:
    if name not in ("channel", "account", "order_no", "refund_no", "kind", "state"):
        raise ValueError(name)
    return name


def taken(refunds: Iterable[Refund]) -> int:
    """Fen of an order that its refunds hold."""
    return sum(refund.holds for refund in refunds)


def _an_order(row: sqlite3.Row) -> Order:
    return Order(**{**dict(row), "extra": json.loads(row["extra"])})
