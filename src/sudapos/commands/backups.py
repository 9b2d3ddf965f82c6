"""`sudapos backup` and `sudapos restore`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import frame
from .wording import say

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

    from sudapos.ops.backup import Tell

BY = "cli"


@contextmanager
def _steps() -> Iterator[Tell]:
    """A bar where a terminal watches, one plain line for each step where none does."""
    if not sys.stderr.isatty():
        yield lambda key, _share: click.echo(say(key), err=True)
        return
    shown: ProgressBar[str] = click.progressbar(
        length=100, file=sys.stderr, item_show_func=lambda key: say(key) if key else ""
    )
    with shown as bar:

        def tell(key: str, share: int) -> None:
            bar.update(max(0, share - bar.pos), key)

        yield tell
        bar.update(100 - bar.pos)


@click.command(help=say("backup"))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    frame.open_books()
    from sudapos.ops import backup as shop

    with _steps() as tell:
        made = shop.make(folder.absolute(), by=BY, at=frame.now(), tell=tell)
    counts = made.counts
    facts = {
        "sales": counts["sale"],
        "refunds": counts["refund"],
        "files": len(made.files),
        "head": made.head,
    }
    click.echo(say("backup_done", folder=folder, **facts))
    if made.keys_elsewhere:
        click.echo(say("backup_keys_elsewhere"), err=True)


@click.command(help=say("restore"))
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), required=False)
@click.option("--replace", is_flag=True, help=say("opt_replace"))
@click.option("--yes", is_flag=True, help=say("opt_yes"))
@click.option("--reopen", is_flag=True, help=say("opt_reopen"))
@click.option("--even-so", default="", help=say("opt_even_so"))
def restore(folder: Path | None, replace: bool, yes: bool, reopen: bool, even_so: str) -> None:
    if (folder is None) is not reopen:
        raise frame.Misuse(say("restore_needs"))
    if even_so and not reopen:
        raise frame.Misuse(say("even_so_needs"))
    if folder is None:
        _reopen(even_so)
    else:
        _restore(folder.absolute(), replace=replace, yes=yes)


def _reopen(even_so: str) -> None:
    frame.open_books()
    from sudapos.books import restores

    restores.reopen(even_so=even_so, by=BY, at=frame.now())
    click.echo(say("reopened"))


def _restore(folder: Path, *, replace: bool, yes: bool) -> None:
    from sudapos.ops import restore as shop

    with _steps() as tell:
        tell("restore_check", 2)
        manifest = shop.check(folder)
        here = shop.shop_here()
    if here and replace and not yes:
        click.confirm(say("restore_sure", name=here, taken=manifest.taken_at[:16]), abort=True, err=True)
    with _steps() as tell:
        done = shop.take_in(folder, manifest, replace=replace, by=BY, at=frame.now(), tell=tell)
    from sudapos.books import restores

    counts = manifest.counts
    facts = {"taken": manifest.taken_at[:16], "sales": counts["sale"], "refunds": counts["refund"]}
    click.echo(say("restore_done", legs=restores.left().legs, **facts))
    for found in done.broken:
        told = {"place": found.place, "expected": found.expected, "found": found.found}
        click.echo(say("check_broken", check=say(f"check_{found.check}"), **told))
    click.echo(say("restore_next"))
    if done.broken:
        raise SystemExit(frame.FAILED)
