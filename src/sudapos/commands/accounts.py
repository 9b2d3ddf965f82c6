"""`sudapos account`: contracts with channels."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from . import frame
from .wording import say

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
    from django.db import transaction

    from sudapos.books import audit, shops

    try_open(channel, config)
    at = frame.now()
    with transaction.atomic():
        shops.put_account(name, channel, config, at=at)
        facts = {"channel": channel, "keys": sorted(config)}
        audit.write(
            [audit.Act(act="account.put", subject="account", subject_no=name, by=BY, facts=facts)], at=at
        )
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
    from sudapos.books import shops
    from sudapos.channels.base import CheckFailed

    row = shops.accounts([name]).get(name)
    if row is None:
        frame.fail("account_missing_any", name=name)
    try:
        said = asyncio.run(_asked(row.channel, row.config))
    except CheckFailed as failed:
        frame.fail("account_not_working", name=name, why=failed)
    click.echo(say("account_fine", name=name, said=said))


async def _asked(channel: str, config: dict[str, str]) -> str:
    from sudapos import channels

    connector = channels.open_account(channel, config)
    try:
        return await connector.check()
    finally:
        await connector.aclose()


def try_open(channel: str, config: dict[str, str]) -> None:
    """Refuse what no connector could be made from, before it is kept."""
    from sudapos import channels

    async def made() -> None:
        await channels.open_account(channel, config).aclose()

    asyncio.run(made())


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
