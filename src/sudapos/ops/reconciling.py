"""A channel's statement comes in: read, kept, matched against our books; what differs becomes findings, what it answers is heard.

What a statement says about a refund in doubt walks through the same door as every answer (`answers.hear_statement`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sudapos.books import answers, fees, pairing, shops, statements, terminals
from sudapos.books.findings import Finding
from sudapos.books.shops import Account
from sudapos.books.statements import Kept, LineDraft, Statement
from sudapos.core.calendar import SHANGHAI
from sudapos.core.refusal import Invalid, NotFound
from sudapos.ops import rows
from sudapos.ops import statements as reading
from sudapos.ops.statements import Mapped, Row

from . import differences, homes, matching

FORMATS = {"wechatpay": "wechatpay", "alipay": "alipay", "unionpay": "unionpay"}
"""Channels whose own format is read; the others' columns are mapped."""
STATES = {
    "": "settled",
    "SUCCESS": "settled",
    "PROCESSING": "accepted",
    "CLOSED": "failed",
    "FAIL": "failed",
    "ABNORMAL": "bounced",
    "CHANGE": "bounced",
}
"""WeChat Pay's word for a refund, as it stood when the bill was made (wechatpay §10, §15)."""
EMPTY = hashlib.sha256(b"").hexdigest()
NEIGHBOURS = timedelta(days=1)
"""A row may stand on the day before or after: clocks, cut-overs, refunds that waited (domain §8.3)."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a file: the statement, new, same or changed, and the findings that it opened."""

    statement: Statement
    status: str
    opened: Sequence[Finding]


def account_of(name: str) -> Account:
    """Raises NotFound account_not_found."""
    row = shops.accounts([name]).get(name)
    if row is None:
        raise NotFound("account_not_found", name=name, account=name)
    return row


def load(
    account: Account,
    path: Path,
    *,
    name: str = "",
    day: date | None = None,
    origin: str,
    by: str,
    at: datetime,
) -> Loaded:
    """Read a file, keep it, match it. The same file again changes nothing and is matched again.

    Raises UnreadableFile (and Invalid statement_mapping_missing, statement_day_missing, statement_of_other_account).
    """
    read = _read(account, path, day)
    whose = {row.account for row in read.rows if row.account}
    _refuse_other_account(account, whose)
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    on = day or _day_of(read.rows)
    shown = name or path.name
    kept_as = homes.keep_statement(account.name, on, digest, shown, content)
    draft = statements.Draft(
        account=account,
        day=on,
        digest=digest,
        file_name=shown,
        format=read.format,
        origin=origin,
        lines=_lines(account, read),
        problems=[{"line": p.line, "code": p.code, "facts": _plain(p.facts)} for p in read.problems],
        totals=[{"name": t.name, "said": t.said, "found": t.found} for t in read.totals],
        kept_as=kept_as,
    )
    return _kept(statements.keep(draft, by=by, at=at), at)


def load_empty(account: Account, day: date, *, origin: str, by: str, at: datetime) -> Loaded:
    """A day on which the channel says that there was no trade."""
    draft = statements.Draft(
        account=account, day=day, digest=EMPTY, file_name="", format="none", origin=origin, lines=()
    )
    return _kept(statements.keep(draft, by=by, at=at), at)


def _kept(kept: Kept, at: datetime) -> Loaded:
    statement = statements.get(kept.statement.pk)
    return Loaded(statement, kept.status, reconcile(statement, at=at) if statement.current else [])


def _read(account: Account, path: Path, day: date | None) -> reading.Statement:
    told = statements.readings([account]).get(account.pk)
    format = told.format if told else FORMATS.get(account.channel, "mapped")
    mapping: Mapped | None = None
    if format == "mapped":
        if told is None or not told.mapping:
            raise Invalid("statement_mapping_missing", account=account.name)
        mapping = reading.mapped.from_mapping(told.mapping)
    return reading.read(path, format=format, day=day, mapping=mapping)


def _refuse_other_account(account: Account, whose: set[str]) -> None:
    """A file of another contract must not be matched against this one."""
    own = {str(value) for value in account.config.values()}
    if whose and not whose & own and FORMATS.get(account.channel) in ("wechatpay", "unionpay"):
        raise Invalid("statement_of_other_account", account=account.name, found=", ".join(sorted(whose))[:80])


def _lines(account: Account, read: reading.Statement) -> list[LineDraft]:
    lines = [line(row, read.format) for row in read.rows]
    if account.channel != "card":
        return lines
    # a terminal's list knows our refunds by batch and trace number only
    ours = terminals.numbers_at(account.name, {each.number for each in lines if each.kind != "sale"})
    return [replace(each, number=ours.get(each.number, each.number)) for each in lines]


def _day_of(found: Sequence[Row]) -> date:
    """The day that all rows share. Raises Invalid statement_day_missing where they tell none, or several."""
    days = {row.happened_at.astimezone(SHANGHAI).date() for row in found if row.happened_at}
    if len(days) != 1:
        raise Invalid("statement_day_missing", days=", ".join(f"{day}" for day in sorted(days)[:5]))
    return days.pop()


def _plain(facts: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value)[:120] for name, value in facts.items()}


def line(row: Row, format: str) -> LineDraft:
    """A row as the books keep it: the numbers of the refund where it is one, else of the payment."""
    sold = row.kind == "sale"
    state = STATES.get(row.state, "unknown") if format == "wechatpay" and not sold else "settled"
    return LineDraft(
        line=row.line,
        kind=row.kind,
        amount=row.amount,
        number=(row.order_no or row.refund_no) if sold else row.refund_no,
        ref=(row.channel_ref or row.refund_ref) if sold else row.refund_ref,
        order_no="" if sold else row.order_no,
        order_ref="" if sold else row.channel_ref,
        fee=row.fee,
        net=row.net,
        state="settled" if row.state == "REVOKED" else state,
        happened_at=row.happened_at,
        said={name: text for name, text in row.said.items() if text and name in KEPT_CELLS},
    )


KEPT_CELLS = frozenset(
    {
        "交易类型",
        "付款银行",
        "退款类型",
        "退款状态",
        "业务类型",
        "txnType",
        "traceNo",
        "origTraceNo",
        "origTime",
        "reason",
    }
)
"""Cells worth showing to whoever looks into a difference; names of buyers and goods are not kept (domain R-18)."""


def reconcile(statement: Statement, *, at: datetime) -> list[Finding]:
    """Match one statement, hear what it answers, book its fees, open what differs. Safe to repeat. Answers the new findings."""
    account = statement.account
    heard = answers.hear_statement(pairing.told(statement), at=at)
    with tempfile.TemporaryDirectory(prefix="sudapos-match-") as folder:
        ours, theirs = Path(folder) / "ours.csv", Path(folder) / "theirs.csv"
        since, until = statement.day - NEIGHBOURS, statement.day + NEIGHBOURS
        with ours.open("wb") as out:
            count = pairing.write_ours(account, since, until, out)
        with theirs.open("wb") as out:
            pairing.write_theirs(account, since, until, out)
        found = matching.match(ours, theirs, count=count, day=statement.day)
    fees.book(statement, at=at)
    opened = differences.open(statement, found, at=at)
    result = {"sums": found.sums, "heard": len(heard), "window": [f"{since}", f"{until}"]}
    statements.matched(statement, result, at=at)
    return opened


def check_format(account: Account) -> str:
    """The format in which this account's files are read; empty where its columns are not known yet."""
    told = statements.readings([account]).get(account.pk)
    if told is not None:
        return told.format
    return FORMATS.get(account.channel, "")


__all__ = ["Loaded", "account_of", "check_format", "line", "load", "load_empty", "reconcile", "rows"]
