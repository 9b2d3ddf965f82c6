"""`sudapos statement`: look into a channel's statement file."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from . import closing, frame
from .wording import language, say

FORMATS = ("wechatpay", "alipay", "unionpay", "mapped")


@click.group(help=say("statement"))
def statement() -> None:
    pass


@statement.command(help=say("statement_check"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), required=True, help=say("opt_statement_format")
)
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help=say("opt_statement_date"))
@click.option("--mapping", type=click.Path(path_type=Path), help=say("opt_mapping"))
def check(file: Path, format_: str, day: object, mapping: Path | None) -> None:
    for given in (file, *([mapping] if mapping else [])):
        if not given.is_file():
            raise frame.Misuse(say("file_is_folder" if given.is_dir() else "file_missing", file=given))
    from sudapos.core import money, sentences
    from sudapos.core.refusal import Invalid
    from sudapos.ops import reasons, rows, statements

    try:
        columns = statements.mapped.from_toml(mapping) if mapping else None
        clearing = date.fromisoformat(str(day)[:10]) if day else None
        read = statements.read(file, format=format_, day=clearing, mapping=columns)
    except rows.UnreadableFile as bad:
        raise frame.Failure(reasons.say(bad.code, language(), bad.facts)) from None
    except Invalid as bad:
        said = sentences.say(bad.code, language(), **bad.facts)
        named = ", ".join(".".join(map(str, fault.loc)) for fault in bad.errors)
        raise frame.Misuse(f"{said.text} {named} — {said.hint}") from None
    for problem in read.problems:
        why = reasons.say(problem.code, language(), problem.facts)
        click.echo(say("statement_row", line=problem.line, why=why, code=problem.code))
    for kind in ("sale", "refund", "void", "other"):
        amounts = [row.amount for row in read.rows if row.kind == kind]
        if amounts:
            click.echo(f"{say(f'kind_{kind}')}\t{len(amounts)}\t{money.show(sum(amounts))}")
    wrong = [total for total in read.totals if not total.agrees]
    for total in wrong:
        click.echo(
            say("statement_total_differs", name=total.name, said=total.said, found=total.found), err=True
        )
    if read.problems or wrong:
        raise SystemExit(frame.FAILED)


@statement.command(help=say("statement_fetch"))
@click.argument("account")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help=say("opt_day"))
def fetch(account: str, day: datetime | None) -> None:
    frame.open_books()
    from sudapos.ops import fetching, reconciling

    on = closing.day_of(day)
    got = fetching.fetch(reconciling.account_of(account), on, by="cli", at=frame.now())
    if got.loaded is None:
        raise frame.Failure(say("not_got", account=account, why=got.why))
    closing.tell(got.loaded)


@statement.command(help=say("statement_columns"))
@click.argument("account")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), default="mapped", help=say("opt_statement_format")
)
@click.option("--mapping", type=click.Path(path_type=Path, exists=False), help=say("opt_mapping"))
@click.option("--expected/--not-expected", default=True, help=say("opt_expected"))
def columns(account: str, format_: str, mapping: Path | None, expected: bool) -> None:
    frame.open_books()
    import tomllib

    from sudapos.books import statements as kept
    from sudapos.core.refusal import Invalid
    from sudapos.ops import reasons, reconciling, rows, statements

    told = {}
    if mapping is not None:
        if not mapping.is_file():
            raise frame.Misuse(say("file_missing", file=mapping))
        try:
            statements.mapped.from_toml(mapping)
            told = tomllib.loads(mapping.read_text("utf-8"))
        except rows.UnreadableFile as bad:
            raise frame.Failure(reasons.say(bad.code, language(), bad.facts)) from None
    elif format_ == "mapped":
        raise Invalid("statement_mapping_missing", account=account)
    row = reconciling.account_of(account)
    kept.put_reading(row, format=format_, mapping=told, expected=expected, by="cli", at=frame.now())
    click.echo(say("reading_put", account=account, format=format_))
