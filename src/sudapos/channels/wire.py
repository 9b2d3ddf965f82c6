"""Sends bytes with a deadline, and tells "never left" from "no answer" in this one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from sudapos.core.outcome import Deferred, Unknown

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
REPLY_AT_MOST = 64 * 1024 * 1024
"""A statement may be large; nothing that a channel says is larger."""

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Certainly before the first byte of the request: may be sent again blindly."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, before anybody believed it."""

    status: int
    headers: httpx.Headers
    body: bytes


def client(*, read_seconds: float = READ_SECONDS) -> httpx.AsyncClient:
    """A client for one account: bounded waiting, no redirects, no proxies from the environment."""
    timeout = httpx.Timeout(read_seconds, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS)
    return httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False)


async def send(
    caller: httpx.AsyncClient, method: str, url: str, *, headers: Mapping[str, str], content: bytes = b""
) -> Reply | Deferred | Unknown:
    """One request, one reply, or which kind of silence it was. Never raises for what the network does.

    An error's text is never passed on: it may quote what we sent.
    """
    try:
        async with caller.stream(method, url, headers=dict(headers), content=content or None) as answer:
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > REPLY_AT_MOST:
                    return Unknown(code="no_answer", message="reply too large")
            return Reply(answer.status_code, answer.headers, bytes(body))
    except NEVER_LEFT as error:
        return Deferred(code="never_left", message=type(error).__name__)
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
        return Unknown(code="no_answer", message=type(error).__name__)
