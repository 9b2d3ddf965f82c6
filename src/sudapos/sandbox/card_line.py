"""The line of the POS host: length in front, messages over segments, and lines that break on request (iso8583 §1)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Mapping

from sudapos.channels.iso8583 import fields
from sudapos.channels.signing import iso8583 as seals
from sudapos.sandbox import card, faults
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import World

LONGEST = 4096
"""Bytes of a message."""
IDLE = 120.0
"""Seconds after which a silent line is closed."""

Sides = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def listen(at: World, host: str, port: int) -> asyncio.Server:
    """Serve terminals at this address. Raises OSError where it is taken."""

    async def line(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
            await _serve(at, reader, writer)
        writer.close()

    return await asyncio.start_server(line, host, port)


async def _serve(at: World, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        length = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), IDLE), "big")
        if not 0 < length <= LONGEST:
            return
        raw = await asyncio.wait_for(reader.readexactly(length), IDLE)
        if not await _answered(at, raw, (reader, writer)):
            return


async def _answered(at: World, raw: bytes, sides: Sides) -> bool:
    """Answer one message; False ends the line."""
    reader, writer = sides
    try:
        asked = fields.decode(raw)
    except fields.BadMessage:
        return False
    account = card.terminal_of(at, asked)
    verb = card.verb_of(asked)
    drawn = (
        at.faults.draw(card.CHANNEL, verb, faults.ON_WIRE, account.name if account else None)
        if verb
        else None
    )
    kind = drawn.fault if drawn else ""
    if kind in ("refuse_connection", "error_500_before"):
        return _reset(writer)
    if kind == "hang_before":
        return await _hang(reader)
    if kind == "slow":
        await asyncio.sleep(1.0 if drawn is None or drawn.seconds is None else drawn.seconds)
    told = card.answer(at, account, asked, raw)
    if kind in ("reset_after", "error_500_after"):
        return _reset(writer)
    if kind == "hang_after":
        return await _hang(reader)
    content = (
        b"\x60\x00garbage" if kind == "garbage" else _sealed(told, account, forged=kind == "bad_signature")
    )
    writer.write(fields.framed(content))
    await writer.drain()
    return True


def _sealed(told: Mapping[str, str], account: Account | None, *, forged: bool) -> bytes:
    """With a MAC, unless it is a sign-on or the terminal has no keys that we know."""
    if told["t"] == "0810" or account is None or told["39"] in ("03", "77", "97", "A0"):
        return fields.encode(told)
    raw = fields.encode({**told, "64": "0" * 16})
    key = bytes(16) if forged else card.MAC_KEY
    return raw[: -fields.MAC_BYTES] + seals.mac(fields.sealed(raw), key)


def _reset(writer: asyncio.StreamWriter) -> bool:
    """RST, as a dead host does."""
    plug = writer.get_extra_info("socket")
    if plug is not None:
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
    return False


async def _hang(reader: asyncio.StreamReader) -> bool:
    """Say nothing until the other side leaves."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reader.read(1), faults.LONGEST_HANG)
    return False
