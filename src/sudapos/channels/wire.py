"""Sends bytes with a deadline, and tells "never left" from "no answer" in this one place."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Deferred, Unknown

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
LONGEST_READ_SECONDS = 30.0
"""A contract may wait this long and no longer: the worker's lease outlasts it (`capability.lease_seconds`)."""
CALL_SECONDS = 50.0
"""From the first try to connect to the last byte of a reply, however slowly it drips."""
STATEMENT_SECONDS = 300.0
REPLY_AT_MOST = 1024 * 1024
"""Bytes; nothing that a channel says about one refund is larger."""
STATEMENT_AT_MOST = 64 * 1024 * 1024
"""Bytes as they come over the wire."""

NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""Certainly before the first byte of the request: may be sent again blindly."""
NO_ANSWER = (httpx.TransportError, httpx.DecodingError, httpx.StreamError, TimeoutError)
"""Something was said, or may have been: a kept connection that the channel closed meanwhile belongs here too."""

# httpx writes every address at INFO, and the address of a statement opens it
logging.getLogger("httpx").setLevel(logging.WARNING)


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
    caller: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    content: bytes = b"",
    at_most: int = REPLY_AT_MOST,
    seconds: float = CALL_SECONDS,
) -> Reply | Deferred | Unknown:
    """One request, one reply of `at_most` bytes within `seconds`, or which kind of silence it was.

    Never raises for what the network does. An error's text is never passed on: it may quote what we sent.
    """
    try:
        request = caller.build_request(method, url, headers=dict(headers), content=content or None)
    except (httpx.InvalidURL, ValueError, TypeError) as error:
        return Deferred(code="never_left", message=type(error).__name__)
    try:
        async with asyncio.timeout(seconds):
            return await _spoken(caller, request, at_most)
    except NEVER_LEFT as error:
        return Deferred(code="never_left", message=type(error).__name__)
    except NO_ANSWER as error:
        return Unknown(code="no_answer", message=type(error).__name__)


async def _spoken(caller: httpx.AsyncClient, request: httpx.Request, at_most: int) -> Reply | Unknown:
    answer = await caller.send(request, stream=True)
    try:
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > at_most:
                return Unknown(code="no_answer", message="reply too large")
        return Reply(answer.status_code, answer.headers, bytes(body))
    finally:
        await answer.aclose()


async def exchange(
    host: str, port: int, content: bytes, *, left: Callable[[], Awaitable[None]], seconds: float
) -> bytes | Deferred | Unknown:
    """One message with two bytes of length in front, one reply without them, over a TCP connection of its own.

    `left` is awaited once connected, before the first byte: what it writes down is on disk when silence begins.
    """
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), CONNECT_SECONDS)
    except (OSError, TimeoutError) as error:
        return Deferred(code="never_left", message=type(error).__name__)
    try:
        await left()
        async with asyncio.timeout(seconds):
            writer.write(len(content).to_bytes(2, "big") + content)
            await writer.drain()
            length = int.from_bytes(await reader.readexactly(2), "big")
            return await reader.readexactly(length)
    except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
        return Unknown(code="no_answer", message=type(error).__name__)
    finally:
        writer.close()


def json_object(text: bytes | str) -> dict[str, Any]:
    """The JSON object in a text; empty for anything else, however malformed. Bare control characters are let pass."""
    try:
        told = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def beijing(text: object, form: str) -> datetime | None:
    """A channel's own time, which is Beijing's: `form` as for strptime. None for anything else."""
    try:
        return datetime.strptime(str(text), form).replace(tzinfo=SHANGHAI)
    except ValueError:
        return None


def form(text: bytes) -> dict[str, str]:
    """The pairs of a URL-encoded form; empty for anything else, and for a form that says a name twice."""
    try:
        pairs = parse_qsl(text.decode(), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        return {}
    said = dict(pairs)
    return said if len(said) == len(pairs) else {}


def address(text: str) -> str:
    """An account's base URL without a slash at the end. Raises ValueError."""
    try:
        parts = urlsplit(text)
        known = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        raise ValueError("not an address") from None
    if not known or not re.fullmatch(r"[A-Za-z0-9.\-_:]+", parts.hostname or "") or "@" in parts.netloc:
        raise ValueError("not an http address of a host alone")
    if parts.query or parts.fragment:
        raise ValueError("an address has no query and no fragment here")
    return text.rstrip("/")


def seconds(text: str) -> float:
    """How long to wait for an answer: above 0, at most LONGEST_READ_SECONDS. Raises ValueError."""
    value = float(text)
    if not 0 < value <= LONGEST_READ_SECONDS:  # false for nan as well
        raise ValueError("out of range")
    return value


def identifier(text: str) -> str:
    """A number or name that stands in a header or a signed text as it is. Raises ValueError."""
    if not re.fullmatch(r"[A-Za-z0-9_\-.]+", text):
        raise ValueError("letters, digits, - _ . only")
    return text


def filled(text: str) -> str:
    """A text that is needed in this combination. Raises ValueError."""
    if not text:
        raise ValueError("missing")
    return text


def one_of(*words: str) -> Callable[[str], str]:
    """A loader for a choice between words."""

    def load(text: str) -> str:
        for word in words:
            if text.lower() == word.lower():
                return word
        raise ValueError(" or ".join(words))

    return load
