"""`sudapos import-sales`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import frame
from .wording import language, say

if TYPE_CHECKING:
    from sudapos.ops import importing
    from sudapos.ops.rows import Remark

FORMATS = ("csv", "jsonl", "wechatpay-bill", "alipay-bill")
BY = "import-sales"


@click.command(name="import-sales", help=say("import_sales"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format_",
    type=click.Choice(FORMATS),
    default="csv",
    show_default=True,
    help=say("opt_format"),
)
@click.option("--columns", default="", metavar="MAP", help=say("opt_columns"))
@click.option("--payment", default="", metavar="CHANNEL", help=say("opt_payment"))
@click.option("--account", default="", metavar="NAME", help=say("opt_account"))
@click.option("--store", default="S01", show_default=True, help=say("opt_store"))
@click.option("--dry-run", is_flag=True, help=say("opt_dry_run"))
def import_sales(
    file: Path, format_: str, columns: str, payment: str, account: str, store: str, dry_run: bool
) -> None:
    if not file.is_file():
        raise frame.Misuse(say("file_is_folder" if file.is_dir() else "file_missing", file=file))
    frame.open_books()
    from sudapos.core.capability import TABLE
    from sudapos.ops import importing, reasons, rows, sheets

    if payment and payment not in TABLE:
        raise frame.Misuse(say("payment_unknown", payment=payment, allowed=", ".join(sorted(TABLE))))
    wish = importing.Wish(
        file, format=format_, columns=columns, payment=payment, account=account, store=store, dry_run=dry_run
    )
    try:
        if format_ == "csv" and not payment and not importing.names_payments(wish):
            raise frame.Misuse(say("payment_needed"))
        tally, incomplete = _told(importing.run(wish, by=BY, at=frame.now()), file)
    except sheets.BadColumns as bad:
        raise frame.Misuse(reasons.say(bad.code, language(), bad.facts)) from None
    except rows.UnreadableFile as bad:
        raise frame.Failure(reasons.say(bad.code, language(), bad.facts)) from None
    if dry_run:
        click.echo(say("dry_run"), err=True)
    click.echo(str(tally))
    nothing_came = tally.refused and not tally.imported and not tally.exists
    if incomplete or nothing_came:
        raise SystemExit(frame.FAILED)


def _told(steps: Iterator[importing.Step | Remark], file: Path) -> tuple[importing.Tally, bool]:
    """Print what was refused as it is found; answers the counts, and whether the file seems incomplete."""
    from sudapos.ops import importing, reasons, rows

    tally, incomplete = importing.Tally(), False
    shown = sys.stderr.isatty()
    for step in steps:
        if isinstance(step, rows.Remark):
            incomplete = incomplete or step.code == "summary_differs"
            click.echo(reasons.say(step.code, language(), step.facts), err=True)
            continue
        tally.add(step)
        for problem in step.problems:
            why = reasons.say(problem.code, language(), problem.facts)
            click.echo(
                say("row_refused", line=problem.line, sale_no=step.sale_no, why=why, code=problem.code)
            )
        if shown:
            click.echo(f"\r{file.name} … {step.lines[-1]}\x1b[K\r", err=True, nl=False)
    return tally, incomplete
