"""What every entrance of a simulated channel does alike: faults on the wire strike before or after the work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web

from sudapos.sandbox import faults
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import World

Say = Callable[[bool], web.StreamResponse]
"""Answers: the reply as it leaves, signed by a stranger where the argument is true."""
Work = Callable[[World, web.Request, bytes, Account | None], Say]
"""Does what was asked, and answers how to say so. The account is whom the request claims to be; nothing is proven yet."""
Claim = Callable[[web.Request, bytes], str]
"""The number (mchid, app id, …) under which a request claims to come; never raises."""


class Nonces:
    """Numbers that may be used once; a replayed request carries a known one."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def again(self, nonce: str) -> bool:
        """Whether it was used before; from now on it was."""
        known = nonce in self._seen
        self._seen.add(nonce)
        return known


def entrance(
    at: World, channel: str, verb: str | None, work: Work, *, claim: Claim
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A handler for one path. A `verb` of None is never struck by a fault."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        account = at.by_number(channel, claim(request, body))
        drawn = None
        if verb is not None:
            drawn = at.faults.draw(channel, verb, faults.ON_WIRE, account.name if account else None)
        kind = drawn.fault if drawn else ""
        match kind:
            case "refuse_connection":
                return await faults.reset(request)
            case "hang_before":
                return await faults.hang(request)
            case "error_500_before":
                return web.Response(status=500)
            case "slow":
                await asyncio.sleep(1.0 if drawn is None or drawn.seconds is None else drawn.seconds)
        say = work(at, request, body, account)
        match kind:
            case "reset_after":
                return await faults.reset(request)
            case "hang_after":
                return await faults.hang(request)
            case "error_500_after":
                return web.Response(status=500)
            case "garbage":
                return web.Response(
                    body=b"<html><body>502 \xe7\xbd\x91\xe5</body></html>", content_type="text/html"
                )
        return say(kind == "bad_signature")

    return answer
