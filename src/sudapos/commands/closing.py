"""`sudapos load-statement`, `findings`, `close-day`, `close-month`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import frame
from .wording import language, say

if TYPE_CHECKING:
    from sudapos.books.findings import Finding
    from sudapos.ops.reconciling import Loaded

DAY = click.DateTime(["%Y-%m-%d"])
LISTED = 200


def day_of(given: datetime | None) -> date:
    """The day that was named, else yesterday in the shop's time zone."""
    if given is not None:
        return given.date()
    from sudapos.core.calendar import SHANGHAI

    return frame.now().astimezone(SHANGHAI).date() - timedelta(days=1)


@click.command(name="load-statement", help=say("load_statement"))
@click.argument("account")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--date", "day", type=DAY, help=say("opt_day"))
def load_statement(account: str, file: Path, day: datetime | None) -> None:
    if not file.is_file():
        raise frame.Misuse(say("file_is_folder" if file.is_dir() else "file_missing", file=file))
    frame.open_books()
    from sudapos.ops import reasons, reconciling, rows

    try:
        loaded = reconciling.load(
            reconciling.account_of(account),
            file,
            day=day.date() if day else None,
            origin="command",
            by="cli",
            at=frame.now(),
        )
    except rows.UnreadableFile as bad:
        raise frame.Failure(reasons.say(bad.code, language(), bad.facts)) from None
    tell(loaded)


def tell(loaded: Loaded) -> None:
    """What became of a file, what matching made of it, and what differs."""
    row = loaded.statement
    status = say(f"loaded_{loaded.status}", **row.changes)
    click.echo(say("loaded", account=row.account.name, day=row.day, rows=row.count, status=status))
    from sudapos.core import money

    for name, told in row.result.get("sums", {}).items():
        click.echo(
            f"{say(f'class_{name}')}\t{told['count']}\t{money.show(max(told['ours'], told['theirs']))}"
        )
    _list(loaded.opened)


def _list(rows: Iterable[Finding]) -> None:
    from sudapos.core import money
    from sudapos.core.wording import closing as words

    for row in rows:
        zh, _, en, _ = words.KINDS[row.kind]
        told = {"number": row.finding_no, "account": row.account.name, "day": row.day, "due": row.due_on}
        kind = en if language() == "en" else zh
        click.echo(say("finding_line", kind=kind, amount=money.show(row.difference), **told))


@click.command(name="load-settlement", help=say("load_settlement"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--columns", default="", metavar="MAP", help=say("opt_bank_columns"))
def load_settlement(file: Path, columns: str) -> None:
    if not file.is_file():
        raise frame.Misuse(say("file_is_folder" if file.is_dir() else "file_missing", file=file))
    frame.open_books()
    from sudapos.core import money
    from sudapos.ops import reasons, rows, settling

    try:
        told, read = settling.load(file, columns=settling.columns_of(columns), by="cli", at=frame.now())
    except rows.UnreadableFile as bad:
        raise frame.Failure(reasons.say(bad.code, language(), bad.facts)) from None
    for problem in read.problems:
        why = reasons.say(problem.code, language(), problem.facts)
        click.echo(say("statement_row", line=problem.line, why=why, code=problem.code), err=True)
    for row in told.booked:
        days = ", ".join(row.days) or say("settlement_no_day")
        amount = money.show(row.amount)
        click.echo(
            say("settlement_row", account=row.account.name, amount=amount, day=row.value_day, days=days)
        )
    _list(told.opened)
    click.echo(say("settlement_told", booked=len(told.booked), known=told.known, foreign=told.foreign))
    if read.problems:
        raise SystemExit(frame.FAILED)


@click.command(help=say("findings"))
@click.option("--kind", default="", help=say("opt_kind"))
@click.option("--account", default="", help=say("opt_account"))
def findings(kind: str, account: str) -> None:
    frame.open_books()
    from sudapos.books import findings as found
    from sudapos.core.calendar import SHANGHAI

    which = found.Filter(state="open", kind=kind, account=account, limit=LISTED)
    rows = found.find(which, today=frame.now().astimezone(SHANGHAI).date())
    if not rows:
        click.echo(say("no_findings"))
    _list(sorted(rows, key=lambda row: (row.due_on, row.pk)))


@click.command(name="close-day", help=say("close_day"))
@click.option("--date", "day", type=DAY, help=say("opt_day"))
@click.option("--no-fetch", is_flag=True, help=say("opt_no_fetch"))
def close_day(day: datetime | None, no_fetch: bool) -> None:
    frame.open_books()
    from sudapos.books import days
    from sudapos.ops import closing

    on = day_of(day)
    before = days.get(on)
    if before is not None and before.state == days.CLOSED:
        click.echo(say("day_was_closed", day=on))
        return
    told = closing.close(on, by="cli", at=frame.now(), fetch=not no_fetch)
    _list(told.opened)
    for one in told.missing:
        key = "day_open_shift" if "shift" in one else "day_broken_check"
        key = "day_missing_statement" if "account" in one else key
        click.echo(say(key, **one), err=True)
    if told.missing:
        raise frame.Failure(say("day_stays_open", day=on))
    head = str(told.day.report.get("head", ""))
    click.echo(say("day_closed", day=on, findings=len(told.opened), head=head[:24]))


@click.command(name="close-month", help=say("close_month"))
@click.argument("month", type=click.DateTime(["%Y-%m"]))
@click.option("--operator", required=True, help=say("opt_by_operator"))
def close_month(month: datetime, operator: str) -> None:
    frame.open_books()
    from sudapos.books import days, staff
    from sudapos.core.calendar import SHANGHAI

    at = frame.now()
    row = days.close_month(
        month.date(), operator=staff.get(operator), today=at.astimezone(SHANGHAI).date(), at=at
    )
    click.echo(say("month_closed", month=f"{row.month:%Y-%m}", until=row.until))
