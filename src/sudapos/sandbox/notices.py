"""Notices leave here: signed at the moment of sending, repeated by sandbox time until somebody has heard them."""

from __future__ import annotations

import asyncio
import logging

import aiohttp

from sudapos.sandbox import ledger
from sudapos.sandbox.world import World

PATIENCE = 5.0
"""Seconds within which a shop must answer (wechatpay §12)."""
log = logging.getLogger(__name__)


class Post:
    """Sends what is due; one send per notice at a time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._under_way: dict[int, asyncio.Task[bool]] = {}
        self._session: aiohttp.ClientSession | None = None

    def start(self) -> None:
        """Open for business; must be called inside the event loop."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE))

    async def stop(self) -> None:
        """Drop what is under way and close."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    def round(self) -> None:
        """Start sending every notice whose hour has come."""
        for waiting in self._world.ledger.due_notices(self._world.clock.now()):
            self._begin(waiting)

    async def send_now(self) -> None:
        """Send what is due and wait for the answers, at most `PATIENCE` seconds."""
        self.round()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)

    def _begin(self, waiting: ledger.Waiting) -> None:
        if waiting.id in self._under_way:
            return
        task = asyncio.create_task(self._deliver(waiting))
        self._under_way[waiting.id] = task
        task.add_done_callback(lambda _: self._under_way.pop(waiting.id, None))

    async def _deliver(self, waiting: ledger.Waiting) -> bool:
        account = self._world.accounts.get(waiting.account)
        if account is None:
            self._world.ledger.tried(waiting.id, heard=False, next_at=None)
            return False
        end = self._world.ends[account.channel]
        letter = end.letter(account, waiting)
        answer = await self._send(waiting.url, letter.headers, letter.body)
        heard = answer is not None and end.heard(*answer)
        again = not heard and not letter.once and waiting.tries < len(end.pauses)
        next_at = self._world.clock.now() + end.pauses[waiting.tries] if again else None
        self._world.ledger.tried(waiting.id, heard=heard, next_at=next_at)
        return heard

    async def _send(self, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes] | None:
        assert self._session is not None, "the post is closed"
        try:
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as answer:
                return answer.status, await answer.content.read(4096)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            log.info("notice to %s failed: %s", url, error)
            return None
