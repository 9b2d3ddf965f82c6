"""`sudapos account`: contracts with channels."""

from __future__ import annotations

import json
from pathlib import Path

import click

from . import frame
from .wording import language, say

BY = "cli"


@click.group(help=say("account"))
def account() -> None:
    pass


@account.command(help=say("account_add"))
@click.argument("channel")
@click.argument("name")
@click.option("--config", "file", required=True, type=click.Path(path_type=Path), help=say("opt_config"))
def add(channel: str, name: str, file: Path) -> None:
    config = _config(file)
    frame.open_books()
    from sudapos.ops import contracts

    contracts.put(name, channel, config, by=BY, at=frame.now())
    click.echo(say("account_added", name=name, channel=channel))


@account.command(name="list", help=say("account_list"))
def list_() -> None:
    frame.open_books()
    from sudapos.books import shops

    rows = list(shops.Account.objects.order_by("name"))
    for row in rows:
        click.echo(f"{row.name}\t{row.channel}\t{row.config.get('base_url', '-')}")
    if not rows:
        click.echo(say("none_yet"), err=True)


@account.command(help=say("account_check"))
@click.argument("name")
def check(name: str) -> None:
    frame.open_books()
    from sudapos.core.refusal import NotFound
    from sudapos.ops import contracts

    try:
        worked, said = contracts.check(name, by=BY, at=frame.now())
    except NotFound:
        frame.fail("account_missing_any", name=name)
    if not worked:
        frame.fail("account_not_working", name=name, why=said)
    click.echo(say("account_fine", name=name, said=said))


@account.command(name="check-in", help=say("account_check_in"))
@click.argument("name")
def check_in(name: str) -> None:
    frame.open_books()
    from sudapos.core import sentences
    from sudapos.core.refusal import NotFound, Refusal
    from sudapos.ops import contracts

    try:
        contracts.check_in(name, by=BY, at=frame.now())
    except NotFound:
        frame.fail("account_missing_any", name=name)
    except Refusal as refusal:
        said = sentences.say(refusal.code, language(), **refusal.facts)
        frame.fail("refused", text=said.text, hint=said.hint)
    click.echo(say("account_checked_in", name=name))


def _config(file: Path) -> dict[str, str]:
    if not file.is_file():
        raise frame.Misuse(say("file_missing", file=file))
    try:
        config = json.loads(file.read_text("utf-8"))
    except ValueError:
        frame.fail("config_not_json", file=file)
    if not isinstance(config, dict) or not all(isinstance(value, str) for value in config.values()):
        frame.fail("config_not_json", file=file)
    return config
