"""`sudapos terminal`: what people do at a card terminal beside refunds."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import click

from . import frame
from .wording import say

T = TypeVar("T")


@click.group(help=say("terminal"))
def terminal() -> None:
    pass


@terminal.command(name="sign-on", help=say("terminal_sign_on"))
@click.argument("account")
def sign_on(account: str) -> None:
    frame.open_books()
    from sudapos.ops import terminals

    desk = _done(lambda: terminals.sign_on(account, now=frame.now), account)
    click.echo(say("terminal_signed_on", name=account, batch=desk.batch_no))


@terminal.command(help=say("terminal_sale"))
@click.argument("account")
@click.argument("amount")
@click.option("--number", required=True, help=say("opt_number"))
@click.option("--card", prompt=say("ask_card"), hide_input=True, help=say("opt_card"))
@click.option("--expiry", prompt=say("ask_expiry"), hide_input=True, help=say("opt_expiry"))
def sale(account: str, amount: str, number: str, card: str, expiry: str) -> None:
    from sudapos.core import money

    try:
        fen = money.yuan(amount)
    except money.BadAmount:
        raise frame.Misuse(say("amount_wrong", amount=amount)) from None
    if fen <= 0 or not re.fullmatch(r"\d{13,19}", card) or not re.fullmatch(r"\d{4}", expiry):
        raise frame.Misuse(say("card_wrong"))
    frame.open_books()
    from sudapos.core.outcome import Settled
    from sudapos.ops import terminals

    shown = terminals.Card(pan=card, expiry=expiry)
    outcome, place = _done(lambda: terminals.sell(account, number, fen, shown, now=frame.now), account)
    if not isinstance(outcome, Settled):
        frame.fail("terminal_not_sold", code=getattr(outcome, "code", ""), response=place.response)
    click.echo(
        say(
            "terminal_sold",
            amount=money.show(fen),
            batch=place.batch_no,
            trace=place.trace_no,
            reference=place.reference_no,
            auth=place.auth_code,
            card=place.card_masked,
        )
    )


@terminal.command(help=say("terminal_settle"))
@click.argument("account")
def settle(account: str) -> None:
    frame.open_books()
    from sudapos.ops import terminals

    ended = _done(lambda: terminals.settle(account, by="cli", now=frame.now), account)
    key = "terminal_settled" if ended.balanced else "terminal_uploaded"
    click.echo(say(key, batch=ended.batch_no, count=ended.uploaded))


@terminal.command(help=say("terminal_show"))
@click.argument("account")
def show(account: str) -> None:
    frame.open_books()
    from sudapos.core import money
    from sudapos.core.calendar import SHANGHAI
    from sudapos.ops import terminals

    at, rows = _done(lambda: terminals.shown(account), account)
    signed_on = f"{at.signed_on_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}" if at.signed_on_at else "-"
    click.echo(say("terminal_shown", name=account, batch=at.batch_no, signed_on=signed_on))
    for row in rows:
        click.echo(
            f"{row.trace_no}\t{row.kind}\t{money.show(row.amount)}\t{row.state}\t{row.response}\t{row.reference_no}\t{row.number}"
        )


def _done(verb: Callable[[], T], account: str) -> T:
    """The verb's answer, or a sentence on why there is none."""
    from sudapos.core.refusal import NotFound, Refusal

    try:
        return verb()
    except NotFound:
        frame.fail("account_missing_any", name=account)
    except Refusal as refusal:
        frame.fail("terminal_silent", name=account, said=str(refusal.facts.get("said", "")))
