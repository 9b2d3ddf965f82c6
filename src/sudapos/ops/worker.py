"""One loop of bounded passes: claim what is due, speak to the channels side by side, record what they say, seal.

The books are the queue; the loop holds nothing that may not be lost. Killed between any two lines it leaves rows
from which the next worker carries on: a leg that was claimed and not recorded counts as "no answer" when its lease
ends, and is asked about, never blindly sent again.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import structlog
from django.db import DataError, OperationalError, close_old_connections, connections

from sudapos import channels
from sudapos.books import answers, audit, coupon_differences, moves, shops
from sudapos.channels.base import Channel
from sudapos.core import capability
from sudapos.core.outcome import Deferred, Order, Outcome, Unknown, Verb
from sudapos.core.refusal import Refusal

from . import batching, closing, deliver, logs, terminals

log = structlog.get_logger("sudapos.worker")

SEATS = 16
"""Calls under way at once."""
COUNTER_SEATS = 4
"""Seats that batches leave to whoever stands at a counter, however slow a channel is."""
IDLE_SECONDS = 0.25
SEAL_EVERY = timedelta(seconds=10)
DATABASE_BACK_OFF = 1.0
CALL_MARGIN_SECONDS = 5
"""A call is cut off this long before its lease ends, so that nobody else owns the leg while we still speak."""
MISCONFIGURED_AFTER = 300

T = TypeVar("T")


def wall() -> datetime:
    return datetime.now(UTC)


@dataclass
class Worker:
    """Claims, speaks and records. `now` is the only clock; tests hand in their own."""

    seats: int = SEATS
    now: Callable[[], datetime] = wall
    _open: dict[str, tuple[datetime, Channel]] = field(default_factory=dict)
    _calls: dict[asyncio.Task[Outcome], Order] = field(default_factory=dict)
    _sealed_at: datetime | None = None
    _batches: batching.Rounds = field(default_factory=batching.Rounds)
    _stopping: bool = False
    _database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "books"))

    async def run(self, *, once: bool = False) -> None:
        """Work until `stop` is called; with `once`, until nothing is due and nothing is under way."""
        try:
            while not self._stopping:
                try:
                    moved = await self.turn()
                except OperationalError as error:
                    log.warning("database_unreachable", error=str(error).splitlines()[0])
                    await asyncio.sleep(DATABASE_BACK_OFF)
                    continue
                if once and not moved and not self._calls:
                    break
                if not moved:
                    await self._rest()
            await self._finish()
        finally:
            await self.aclose()

    async def turn(self) -> int:
        """One pass: record answers that are in, start calls for legs that are due, open more of a batch, seal. Returns how much moved."""
        recorded = await self._record()
        started = await self._start()
        opened = 0 if self._stopping else await self._books(lambda: self._batches.turn(at=self.now()))
        await self._seal()
        return recorded + started + opened

    def stop(self) -> None:
        """Claim nothing more; calls under way are waited for and recorded."""
        self._stopping = True

    async def _start(self) -> int:
        free = self.seats - len(self._calls)
        if free <= 0 or self._stopping:
            return 0
        spare = max(0, free - min(COUNTER_SEATS, self.seats // 4))
        orders = await self._books(lambda: moves.claim(free, at=self.now(), background=spare))
        missing = {order.account for order in orders}
        if missing:
            await self._open_accounts(missing)
        for order in orders:
            self._calls[asyncio.create_task(self._speak(order))] = order
        return len(orders)

    async def _speak(self, order: Order) -> Outcome:
        entry = self._open.get(order.account)
        if entry is None:
            return Deferred(code="account_unusable", after=MISCONFIGURED_AFTER)
        channel = entry[1]
        say = {Verb.REFUND: channel.refund, Verb.VOID: channel.void, Verb.ASK: channel.ask}[order.verb]
        deadline = capability.get(order.channel).lease_seconds - CALL_MARGIN_SECONDS
        bound = log.bind(leg_no=order.number, channel=order.channel, verb=str(order.verb))
        try:
            async with asyncio.timeout(deadline):
                outcome = await say(order)
        except TimeoutError:
            outcome = Unknown(code="no_answer", message=f"{deadline} s")
        except Exception as error:
            # a bug in a connector must not be read as a "no": what was said may have been heard
            bound.exception("connector_failed", error=type(error).__name__)
            outcome = Unknown(code="connector_failed", message=type(error).__name__)
        bound.info("answer", outcome=type(outcome).__name__, code=getattr(outcome, "code", ""))
        return outcome

    async def _record(self) -> int:
        done = [task for task in self._calls if task.done()]
        if not done:
            return 0
        heard = [answers.Answer(self._calls[task].attempt, task.result()) for task in done]
        await self._books(lambda: self._written(heard))
        for task in done:
            del self._calls[task]  # only now: an answer that could not be written is tried again
        return len(done)

    def _written(self, heard: Sequence[answers.Answer]) -> None:
        """All in one commit; if the database will not have them so, one by one, so that one stops no other."""
        try:
            answers.record(heard, at=self.now())
            coupon_differences.of_attempts([one.attempt for one in heard], at=self.now())
        except DataError as error:
            if len(heard) > 1:
                for one in heard:
                    self._written([one])
                return
            log.error("answer_not_storable", attempt=heard[0].attempt, error=type(error).__name__)
            answers.record([answers.Answer(heard[0].attempt, Unknown(code="not_storable"))], at=self.now())

    async def _rest(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls, timeout=IDLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(IDLE_SECONDS)

    async def _finish(self) -> None:
        if self._calls:
            await asyncio.wait(self._calls)
            await self._record()
        await self._seal(force=True)

    async def _seal(self, *, force: bool = False) -> None:
        at = self.now()
        if force or self._sealed_at is None or at - self._sealed_at >= SEAL_EVERY:
            self._sealed_at = at
            await self._books(lambda: audit.seal(at=at))

    async def _open_accounts(self, names: Iterable[str]) -> None:
        """Open what is new, and open again what was configured anew since."""
        rows = await self._books(lambda: shops.accounts(names))
        for name, row in rows.items():
            opened = self._open.get(name)
            if opened and opened[0] == row.changed_at:
                continue
            if opened:
                await opened[1].aclose()
                del self._open[name]
            try:
                kept = terminals.memory_of(row.channel, name, run=self._books, now=self.now)
                self._open[name] = (
                    row.changed_at,
                    channels.open_account(row.channel, row.config, memory=kept),
                )
            except Refusal as refusal:
                log.error("account_unusable", account=name, code=refusal.code)

    async def _books(self, verb: Callable[[], T]) -> T:
        """A books verb in the one thread that owns the database connection."""

        def call() -> T:
            close_old_connections()
            return verb()

        return await asyncio.get_running_loop().run_in_executor(self._database, call)

    async def aclose(self) -> None:
        for _, channel in self._open.values():
            await channel.aclose()
        self._open.clear()
        self._database.submit(connections.close_all).result()
        self._database.shutdown()


def run(*, concurrency: int = SEATS, once: bool = False) -> None:
    """Work in this process until SIGTERM or SIGINT, or, with `once`, until nothing is due; statements come in beside it."""
    logs.configure("worker")

    async def main() -> None:
        worker = Worker(seats=concurrency)
        rounds, postman = closing.Rounds(wall), deliver.Postman(wall)
        loop = asyncio.get_running_loop()

        def stop() -> None:
            worker.stop()
            rounds.stop()
            postman.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        beside = [] if once else [loop.run_in_executor(None, each.run) for each in (rounds, postman)]
        try:
            await worker.run(once=once)
        finally:
            rounds.stop()
            postman.stop()
            await asyncio.gather(*beside)

    asyncio.run(main())
