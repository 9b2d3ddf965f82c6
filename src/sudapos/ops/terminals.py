"""Terminals at work: their memory is in the books, and what people do at one beside refunds: sign on, sell, settle."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from sudapos import channels
from sudapos.books import shops, terminals
from sudapos.books.terminals import TerminalRecord
from sudapos.channels.iso8583 import Terminal, memory
from sudapos.channels.iso8583.memory import Desk, Place
from sudapos.channels.iso8583.messages import Card
from sudapos.channels.iso8583.terminal import Balance
from sudapos.core.outcome import Deferred, Outcome, Unknown
from sudapos.core.refusal import NotFound, Refusal

CHANNEL = "card"
T = TypeVar("T")
Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a books verb where the database connection lives."""


async def in_thread(verb: Callable[[], Any]) -> Any:
    """For programs that do one thing: any thread will do."""
    return await asyncio.to_thread(verb)


@dataclass(frozen=True)
class Kept:
    """`memory.Memory` over the books of one account."""

    account: str
    run: Run
    now: Callable[[], datetime]

    async def desk(self) -> Desk:
        row = await self.run(lambda: terminals.of(self.account))
        return Desk(row.batch_no, row.key_block)

    async def signed_on(self, *, batch_no: str, key_block: str) -> None:
        verb = partial(terminals.sign_on, self.account, batch_no=batch_no, key_block=key_block, at=self.now())
        await self.run(verb)

    async def trace(self) -> str:
        number: str = await self.run(lambda: terminals.next_trace(self.account))
        return number

    async def place(self, number: str, *, kind: str, amount: int) -> Place:
        at = self.now()
        return _place(
            await self.run(lambda: terminals.place(self.account, number, kind=kind, amount=amount, at=at))
        )

    async def found(self, number: str) -> Place | None:
        row = await self.run(lambda: terminals.found(self.account, number))
        return None if row is None else _place(row)

    async def mark(self, place: Place, state: str, **facts: object) -> None:
        at = self.now()
        await self.run(
            lambda: terminals.mark(self.account, place.batch_no, place.trace_no, state, facts, at=at)
        )

    async def owed(self) -> Sequence[Place]:
        at = self.now()
        return [_place(row) for row in await self.run(lambda: terminals.owed(self.account, at=at))]

    async def batch(self, batch_no: str) -> Sequence[Place]:
        return [_place(row) for row in await self.run(lambda: terminals.batch(self.account, batch_no))]


def _place(row: TerminalRecord) -> Place:
    return Place(
        kind=row.kind,
        number=row.number,
        batch_no=row.batch_no,
        trace_no=row.trace_no,
        amount=row.amount,
        state=row.state,
        reference_no=row.reference_no,
        auth_code=row.auth_code,
        response=row.response,
        card_masked=row.card_masked,
        reversal=row.reversal,
        tries=row.tries,
    )


def memory_of(channel: str, account: str, *, run: Run, now: Callable[[], datetime]) -> Kept | None:
    """What a connector of this channel is opened with; None for channels that forget."""
    return Kept(account, run, now) if channel == CHANNEL else None


def sign_on(account: str, *, now: Callable[[], datetime]) -> Desk:
    """签到. Raises NotFound, Refusal terminal_not_answering."""
    said = _at(account, now, lambda terminal: terminal.sign_on())
    if not isinstance(said, Desk):
        raise Refusal("terminal_not_answering", account=account, said=_said(said))
    return said


def sell(
    account: str, number: str, amount: int, card: Card, *, now: Callable[[], datetime]
) -> tuple[Outcome, Place]:
    """消费 of `amount` fen under a number of ours; nothing of the card is kept but its masked number. Raises NotFound."""
    masked = f"{card.pan[:6]}******{card.pan[-4:]}"

    async def sold(terminal: Terminal) -> tuple[Outcome, Place | None]:
        outcome = await terminal.sale(number, amount, card)
        kept = Kept(account, in_thread, now)
        place = await kept.found(number)
        if place is not None and not place.card_masked:
            await kept.mark(place, place.state, card_masked=masked)
        return outcome, await kept.found(number)

    outcome, place = _at(account, now, sold)
    if place is None:
        raise Refusal("terminal_not_answering", account=account, said=_said(outcome))
    return outcome, place


def settle(account: str, *, by: str, now: Callable[[], datetime]) -> Balance:
    """批结算, with 批上送 where the sums differ. Raises NotFound, Refusal terminal_not_answering."""
    said = _at(account, now, lambda terminal: terminal.settle())
    if not isinstance(said, Balance):
        raise Refusal("terminal_not_answering", account=account, said=_said(said))
    terminals.settled(
        account, batch_no=said.batch_no, balanced=said.balanced, uploaded=said.uploaded, by=by, at=now()
    )
    return said


def shown(account: str) -> tuple[terminals.Terminal, list[TerminalRecord]]:
    """The terminal and what its open batch holds. Raises NotFound."""
    _known(account)
    terminal = terminals.of(account)
    rows = TerminalRecord.objects.filter(terminal=terminal, batch_no=terminal.batch_no).order_by("trace_no")
    return terminal, list(rows)


def _known(account: str) -> shops.Account:
    row = shops.accounts([account]).get(account)
    if row is None or row.channel != CHANNEL:
        raise NotFound("account_not_found", name=account, account=account)
    return row


def _at(account: str, now: Callable[[], datetime], verb: Callable[[Terminal], Awaitable[T]]) -> T:
    row = _known(account)

    async def once() -> T:
        kept = Kept(account, in_thread, now)
        terminal = channels.open_account(row.channel, row.config, memory=kept)
        assert isinstance(terminal, Terminal)
        return await verb(terminal)

    return asyncio.run(once())


def _said(outcome: object) -> str:
    if isinstance(outcome, Deferred | Unknown):
        return f"{outcome.code} {outcome.message}".strip()
    return type(outcome).__name__


__all__ = ["Card", "Kept", "memory", "memory_of", "sell", "settle", "shown", "sign_on"]
