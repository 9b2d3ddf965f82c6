"""`sudapos export-journal`: a file of vouchers for the accounting program."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from . import frame
from .wording import say

BY = "cli"
DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="export-journal", help=say("export_journal"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--from", "since", type=DAY, required=True, help=say("opt_from"))
@click.option("--to", "until", type=DAY, required=True, help=say("opt_to"))
@click.option("--profile", default="generic_csv", show_default=True, help=say("opt_profile"))
@click.option(
    "--grouping",
    type=click.Choice(["document", "day"]),
    default="document",
    show_default=True,
    help=say("opt_grouping"),
)
@click.option("--store", default="", metavar="CODE", help=say("opt_export_store"))
@click.option("--encoding", type=click.Choice(["utf-8", "gbk"]), help=say("opt_encoding"))
def export_journal(
    file: Path,
    since: datetime,
    until: datetime,
    profile: str,
    grouping: str,
    store: str,
    encoding: str | None,
) -> None:
    """The kind of file is what its name ends with, where the profile offers it."""
    frame.open_books()
    from sudapos.books import layouts
    from sudapos.books.exports import Wish
    from sudapos.core.profiles import KINDS
    from sudapos.ops import exporting

    ending = file.suffix.removeprefix(".").lower()
    made = exporting.export(
        Wish(since=_day(since), until=_day(until), grouping=grouping, store=store),
        layouts.profile(profile),
        kind=ending if ending in KINDS else "",
        encoding=encoding or "",
        by=BY,
        at=frame.now(),
    )
    file.write_bytes(made.content)
    batch = made.batch
    click.echo(
        say("journal_exported", batch=batch.pk, vouchers=batch.vouchers, file=file, digest=batch.digest)
    )
    if made.repeated:
        click.echo(say("journal_exported_before", repeated=made.repeated, entries=batch.entries), err=True)


def _day(typed: datetime) -> date:
    return typed.date()
