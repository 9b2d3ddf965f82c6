"""Bounced money sent elsewhere by its channel, at once and in memory: a card's number has no place in a queue."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from sudapos import channels
from sudapos.books import answers, reissues, shops
from sudapos.books.staff import Operator
from sudapos.channels.base import Destination
from sudapos.channels.signing import Secret
from sudapos.core.outcome import Order, Outcome, Refused, Unknown
from sudapos.core.refusal import Refusal

log = structlog.get_logger("sudapos.reissuing")

SECONDS = 30


def send(
    leg_no: str, *, card_number: str, holder: str, operator: Operator, now: Callable[[], datetime]
) -> Outcome:
    """Write, speak, write: the second person's yes, the call, and what the channel said to it.

    Raises what `reissues.begin` raises; whatever the channel says comes back as an outcome and is recorded.
    """
    order, wish = reissues.begin(leg_no, card_number=card_number, operator=operator, at=now())
    digits = "".join(character for character in card_number if character.isdigit())
    to = Destination(kind=wish.kind, bank=wish.bank, number=Secret(digits), holder=Secret(holder.strip()))
    outcome = _spoken(order, to)
    answers.record([answers.Answer(order.attempt, outcome)], at=now())
    log.info("reissue", leg_no=leg_no, outcome=type(outcome).__name__, code=getattr(outcome, "code", ""))
    return outcome


def _spoken(order: Order, to: Destination) -> Outcome:
    try:
        account = shops.accounts([order.account])[order.account]
        return asyncio.run(_speak(account.channel, dict(account.config), order, to))
    except Refusal as refusal:
        return Refused(code=refusal.code)
    except Exception as error:
        # a bug must not be read as a "no": what was said may have been heard; its text may quote the card
        log.error("reissue_failed", error=type(error).__name__)
        return Unknown(code="connector_failed", message=type(error).__name__)


async def _speak(channel: str, config: dict[str, str], order: Order, to: Destination) -> Outcome:
    opened = channels.open_account(channel, config)
    try:
        reissue = getattr(opened, "reissue", None)
        if reissue is None:
            return Refused(code="reissue_not_offered")
        async with asyncio.timeout(SECONDS):
            outcome: Outcome = await reissue(order, to)
            return outcome
    except TimeoutError:
        return Unknown(code="no_answer", message=f"{SECONDS} s")
    finally:
        await opened.aclose()
