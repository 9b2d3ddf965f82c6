"""The command `sudapos`. Each command's module is loaded when it is called: nothing waits for Django that need not."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

from sudapos.commands import frame
from sudapos.commands.wording import say

COMMANDS: Mapping[str, str] = {
    "demo": "programs:demo",
    "up": "programs:up",
    "serve": "programs:serve",
    "work": "programs:work",
    "sandbox": "programs:sandbox",
    "init": "setup:init",
    "apikey": "setup:apikey",
    "account": "accounts:account",
    "policy": "policy:policy",
    "terminal": "terminals:terminal",
    "import-sales": "sales:import_sales",
    "statement": "statements:statement",
    "load-statement": "closing:load_statement",
    "load-settlement": "closing:load_settlement",
    "findings": "closing:findings",
    "close-day": "closing:close_day",
    "close-month": "closing:close_month",
    "export-journal": "journal:export_journal",
    "verify": "checks:verify",
    "audit": "keeping:audit",
    "keys": "keeping:keys",
    "purge": "keeping:purge",
    "backup": "backups:backup",
    "restore": "backups:restore",
    "doctor": "checks:doctor",
    "support-bundle": "support:support_bundle",
}
"""Command → module below `commands` and the name in it, in the order of the help."""


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command = getattr(importlib.import_module(f"sudapos.commands.{module}"), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        with frame.guarded():
            from sudapos.ops import toml

            toml.load()
            return super().invoke(ctx)


def _version(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    if value:
        from importlib.metadata import version

        click.echo(f"sudapos {version('sudapos')}")
        ctx.exit()


@click.group(cls=_Commands, help=say("about"), context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="")
def root() -> None:
    pass


def main() -> None:
    """Run the command that was typed."""
    root(prog_name="sudapos")


if __name__ == "__main__":
    main()
