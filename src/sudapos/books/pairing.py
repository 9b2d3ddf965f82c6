"""Our side and theirs as plain files for matching, and what a statement tells about refunds that are not settled yet."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.db import connection

from sudapos.core import capability
from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Accepted, Bounced, Outcome, Refused, Settled

from .shops import Account
from .statements import Statement, StatementLine

_SALES = """
SELECT 'in', p.id, nullif(p.out_trade_no, ''), coalesce(nullif(p.channel_ref, ''), nullif(p.reference_no, '')),
    NULL, NULL, p.id, p.amount, 1, true, extract(epoch FROM p.paid_at)::bigint,
    ((p.paid_at AT TIME ZONE 'Asia/Shanghai') + %(ahead)s)::date
FROM books_payment p WHERE p.account_id = %(account)s AND {where}
"""
_LEGS = """
SELECT 'out', l.id, n.number, CASE WHEN n.number = l.leg_no THEN nullif(l.channel_refund_ref, '') END,
    nullif(p.out_trade_no, ''), coalesce(nullif(p.channel_ref, ''), nullif(p.reference_no, '')), p.id, l.amount,
    CASE WHEN n.number <> l.leg_no THEN -1 WHEN l.state IN ('settled', 'bounced') OR l.replaced THEN 1
        WHEN l.state IN ('failed', 'dropped') THEN -1 ELSE 0 END,
    n.number = l.leg_no AND l.state = 'settled', extract(epoch FROM {moment})::bigint,
    (({moment} AT TIME ZONE 'Asia/Shanghai') + %(ahead)s)::date
FROM books_leg l JOIN books_payment x ON x.id = l.payment_id JOIN books_payment p ON p.id = coalesce(x.origin_id, x.id)
JOIN LATERAL (SELECT l.leg_no AS number UNION SELECT a.leg_no FROM books_attempt a WHERE a.leg_id = l.id) n ON true
WHERE l.account_id = %(account)s AND l.route IN ('refund', 'void') AND l.first_sent_at IS NOT NULL AND {where}
"""
_MOMENT = {"wechatpay": "l.first_sent_at"}
"""A refund stands on the day on which the channel finished it; WeChat Pay's on the day on which it was accepted (domain §1.4)."""
_PAID_THEN = "p.paid_at >= %(since)s AND p.paid_at < %(until)s"
_PAID_NAMED = "(p.out_trade_no IN (SELECT number FROM sold) OR p.channel_ref IN (SELECT ref FROM sold))"
_SENT_THEN = "{moment} >= %(since)s AND {moment} < %(until)s"
_SENT_NAMED = (
    "(n.number IN (SELECT number FROM back) OR l.channel_refund_ref IN (SELECT ref FROM back)"
    " OR p.id IN (SELECT q.id FROM books_payment q WHERE q.account_id = %(account)s AND"
    " (q.out_trade_no IN (SELECT order_no FROM bare) OR q.channel_ref IN (SELECT order_ref FROM bare))))"
)
_THEIRS = """
SELECT CASE s.kind WHEN 'sale' THEN 'in' ELSE 'out' END AS side, s.id, nullif(s.number, '') AS number, nullif(s.ref, '') AS ref,
    nullif(s.order_no, '') AS order_no, nullif(s.order_ref, '') AS order_ref, s.amount,
    CASE s.state WHEN 'settled' THEN 1 WHEN 'failed' THEN -1 ELSE 0 END AS done,
    extract(epoch FROM s.happened_at)::bigint AS moment, t.day
FROM books_statementline s JOIN books_statement t ON t.id = s.statement_id
WHERE t.account_id = %(account)s AND t.current AND t.day >= %(first)s AND t.day <= %(last)s AND s.kind <> 'other'
"""
_COLUMNS = "side, id, number, ref, order_no, order_ref, payment, amount, done, expected, moment, day"


def bounds(account: Account, day: date) -> tuple[datetime, datetime]:
    """The channel's own day: from the clearing hour of the evening before, or from midnight."""
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI) - _ahead(account)
    return start, start + timedelta(days=1)


def _ahead(account: Account) -> timedelta:
    hour = capability.get(account.channel).clearing_hour
    return timedelta(hours=24 - hour) if hour else timedelta()


def write_ours(account: Account, first: date, last: date, out: io.BufferedIOBase) -> int:
    """Payments and refunds of these days, and whatever their statements name besides. Answers how many rows."""
    moment = _MOMENT.get(account.channel, "coalesce(l.settled_at, l.last_sent_at)")
    sent_then = _SENT_THEN.format(moment=moment)
    query = (
        f"WITH theirs AS ({_THEIRS}),"
        " sold AS (SELECT number, ref FROM theirs WHERE side = 'in'),"
        " back AS (SELECT number, ref FROM theirs WHERE side = 'out'),"
        " bare AS (SELECT order_no, order_ref FROM theirs WHERE side = 'out' AND number IS NULL),"
        f" ours ({_COLUMNS}) AS ({_SALES.format(where=_PAID_THEN)}"
        f" UNION {_SALES.format(where=_PAID_NAMED)}"
        f" UNION {_LEGS.format(moment=moment, where=sent_then)}"
        f" UNION {_LEGS.format(moment=moment, where=_SENT_NAMED)}) SELECT * FROM ours"
    )
    told = {
        "account": account.pk,
        "ahead": _ahead(account),
        "since": bounds(account, first)[0],
        "until": bounds(account, last)[1],
        "first": first,
        "last": last,
    }
    return _copy(query, told, out)


def write_theirs(account: Account, first: date, last: date, out: io.BufferedIOBase) -> int:
    """The rows of the current statements of these days. Answers how many."""
    return _copy(_THEIRS, {"account": account.pk, "first": first, "last": last}, out)


def _copy(query: str, values: Mapping[str, object], out: io.BufferedIOBase) -> int:
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", values) as copy:
            for piece in copy:
                out.write(piece)
        return int(cursor.rowcount)


def told(statement: Statement) -> dict[str, Outcome]:
    """Refund number → what the statement says of it, for numbers whose refund is not settled here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT ON (a.leg_no) a.leg_no, s.id FROM books_statementline s"
            " JOIN books_attempt a ON a.leg_no = s.number JOIN books_leg l ON l.id = a.leg_id"
            " WHERE s.statement_id = %s AND s.kind IN ('refund', 'void') AND s.number <> ''"
            " AND l.account_id = %s AND NOT l.replaced AND (l.state NOT IN ('settled', 'bounced') OR l.leg_no <> a.leg_no)"
            " AND l.amount = s.amount ORDER BY a.leg_no, s.line",
            [statement.pk, statement.account_id],
        )
        found: dict[str, int] = dict(cursor.fetchall())
    lines = StatementLine.objects.in_bulk(found.values())
    said = {number: _outcome(lines[row]) for number, row in found.items()}
    return {number: outcome for number, outcome in said.items() if outcome is not None}


def _outcome(row: StatementLine) -> Outcome | None:
    """A word that is not on the list says nothing."""
    match row.state:
        case "settled":
            return Settled(channel_refund_ref=row.ref, at=row.happened_at)
        case "accepted":
            return Accepted(channel_refund_ref=row.ref)
        case "bounced":
            return Bounced(code="statement", channel_refund_ref=row.ref)
        case "failed":
            return Refused(code="statement")
    return None
