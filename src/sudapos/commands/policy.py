"""`sudapos policy`: the versions, and one of them as a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import frame
from .wording import language, say


@click.group(help=say("policy"))
def policy() -> None:
    pass


@policy.command(help=say("policy_show"))
@click.argument("number", type=click.IntRange(min=1), required=False)
def show(number: int | None) -> None:
    frame.open_books()
    from sudapos.books import policies
    from sudapos.core import sentences

    if number is None:
        for row in policies.listed():
            since = row.active_from.isoformat(timespec="minutes") if row.active_from else "-"
            click.echo(f"{row.number}\t{row.state}\t{row.made_by or '-'}\t{since}\t{row.note}")
        return
    for path, value in policies.flat(policies.get(number).rules).items():
        word = sentences.entry_word(path, language())
        click.echo(f"{path}\t{json.dumps(value, ensure_ascii=False)}\t{word}")


@policy.command(name="export", help=say("policy_export"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--number", type=click.IntRange(min=1), help=say("opt_policy_number"))
def export_(file: Path, number: int | None) -> None:
    frame.open_books()
    from sudapos.books import policies

    row = policies.get(number) if number else policies.current()
    file.write_text(json.dumps(policies.exported(row), ensure_ascii=False, indent=2) + "\n", "utf-8")
    click.echo(say("policy_exported", number=row.number, file=file))


@policy.command(name="import", help=say("policy_import"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--operator", "code", required=True, help=say("opt_policy_operator"))
@click.option("--note", default="", help=say("opt_policy_note"))
def import_(file: Path, code: str, note: str) -> None:
    if not file.is_file():
        raise frame.Misuse(say("file_missing", file=file))
    frame.open_books()
    from sudapos.books import policies, staff

    content = policies.imported(file.read_bytes())
    row = policies.propose(content, operator=staff.get(code), note=note, at=frame.now())
    click.echo(say("policy_imported", number=row.number))
