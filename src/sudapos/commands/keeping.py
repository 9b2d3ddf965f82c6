"""`sudapos keys`, `purge` and `audit`: keys, people and the chain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from . import frame
from .wording import language, say

BY = "cli"
T = TypeVar("T")


@click.group(help=say("keys"))
def keys() -> None:
    pass


@keys.command(help=say("keys_rotate"))
def rotate() -> None:
    frame.open_books()
    from sudapos.books import keyring

    count = _done(lambda: keyring.rotate(by=BY, at=frame.now()))
    click.echo(say("keys_rotated", rows=count))


@keys.command(help=say("keys_reseal"))
def reseal() -> None:
    frame.open_books()
    from sudapos.books import keyring

    click.echo(say("keys_resealed", rows=_done(keyring.reseal)))


@keys.command(help=say("keys_forget"))
def forget() -> None:
    frame.open_books()
    from sudapos.books import keyring

    count = _done(lambda: keyring.forget(by=BY, at=frame.now()))
    click.echo(say("keys_forgotten", keys=count))


@keys.command(help=say("keys_show"))
def show() -> None:
    frame.open_books()
    from sudapos.books import keyring

    count, left = _done(keyring.state)
    click.echo(say("keys_shown", keys=count, rows=left))


@click.command(help=say("purge"))
@click.option("--dry-run", is_flag=True, help=say("opt_purge_dry_run"))
def purge(dry_run: bool) -> None:
    frame.open_books()
    from sudapos.books import retention

    found = _done(lambda: retention.purge(at=frame.now(), dry_run=dry_run, by=BY))
    key = "purge_would" if dry_run else "purge_did"
    click.echo(say(key, contacts=found.contacts, words=found.words, held=found.held))


@click.group(help=say("audit"))
def audit() -> None:
    pass


@audit.command(help=say("audit_export"))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export(file: Path) -> None:
    frame.open_books()
    from sudapos.books import audit as chain

    chain.seal(at=frame.now())
    with file.open("w", encoding="utf-8") as out:
        count = sum(out.write(line + "\n") > 0 for line in chain.exported())
    click.echo(say("audit_exported", lines=count, file=file))


@audit.command(help=say("audit_head"))
def head() -> None:
    frame.open_books()
    from sudapos.books import audit as chain

    chain.seal(at=frame.now())
    for one in chain.heads():
        click.echo(f"{one.last_id}:{one.head}")


@audit.command(name="check", help=say("audit_check"))
@click.argument("known")
def check_head(known: str) -> None:
    frame.open_books()
    from sudapos.books import audit as chain

    wanted = _done(lambda: chain.read_head(known))
    broken = chain.verify(known=wanted)
    if broken is None:
        click.echo(say("head_holds", head=known))
        return
    frame.fail("head_broken", kind=say(f"break_{broken.kind}"), first=broken.first_id, last=broken.last_id)


def _done(verb: Callable[[], T]) -> T:
    from sudapos.core import sentences
    from sudapos.core.refusal import Refusal

    try:
        return verb()
    except Refusal as refusal:
        said = sentences.say(refusal.code, language(), **refusal.facts)
        frame.fail("refused", text=said.text, hint=said.hint)
