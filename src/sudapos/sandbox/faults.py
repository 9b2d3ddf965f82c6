"""Misbehaviour on request: what was asked for, how often it is left, and how a connection goes wrong.

One shared port cannot refuse one channel's connections, so `refuse_connection` resets the TCP connection (RST)
after the request has been read and before anything is done with it.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from aiohttp import web

BEFORE = frozenset({"refuse_connection", "hang_before", "error_500_before", "slow"})
"""Strike before the request is looked at: nothing is done (after `slow` it is done as usual)."""
AFTER = frozenset({"hang_after", "reset_after", "error_500_after", "garbage", "bad_signature"})
"""Strike when all is done: only the answer is lost or damaged."""
INSTEAD = frozenset({"rate_limited", "unknown_code"})
"""A well signed error instead of doing anything."""
FATE = frozenset(
    {"insufficient_balance", "closed_account", "bounce_later", "processing_forever", "closes_later"}
)
"""What becomes of a new refund."""
NOTICE = frozenset({"duplicate_notice", "forged_notice", "late_notice", "out_of_order_notice"})
"""What becomes of a notice."""
NOTICE_WIRE = frozenset({"bad_signature", "garbage", "refuse_connection", "slow"})
"""General faults that make sense for a notice: probe signature, damaged body, never sent, late."""
ON_WIRE = BEFORE | AFTER

VERBS = ("refund", "void", "ask", "statement", "notice", "reissue")
LONGEST_HANG = 120.0
"""Seconds that a hanging connection is held open at most."""
LOOK = 0.05
"""Seconds between two looks whether the other side has left: the server is not told otherwise."""


class BadFault(ValueError):
    """A fault that makes no sense."""


@dataclass
class Fault:
    """One kind of trouble; `times` counts down per request it strikes, None is for ever."""

    number: int
    channel: str
    verb: str
    fault: str
    times: int | None = None
    probability: float = 1.0
    seconds: float | None = None
    account: str | None = None
    struck: int = 0

    def shown(self) -> dict[str, Any]:
        """As the control answers it."""
        return asdict(self)


class Faults:
    """All faults that are switched on, oldest first."""

    def __init__(self, seed: int | None = None) -> None:
        self._active: list[Fault] = []
        self._made = 0
        self._random = random.Random(seed)

    def add(
        self,
        *,
        channel: str,
        verb: str,
        fault: str,
        times: int | None = None,
        probability: float = 1.0,
        seconds: float | None = None,
        account: str | None = None,
    ) -> Fault:
        """Switch one on. Raises BadFault where verb and fault do not go together."""
        if fault in NOTICE and verb == "refund":
            verb = "notice"
        if verb not in VERBS:
            raise BadFault(f"verb must be one of {', '.join(VERBS)}")
        if fault not in _allowed(verb):
            raise BadFault(f"{verb} knows the faults {', '.join(sorted(_allowed(verb)))}")
        if times is not None and times < 1:
            raise BadFault("times must be 1 or more, or null")
        if not 0.0 <= probability <= 1.0 or (seconds is not None and seconds < 0):
            raise BadFault("probability must lie between 0 and 1, seconds must not be negative")
        self._made += 1
        made = Fault(self._made, channel, verb, fault, times, probability, seconds, account)
        self._active.append(made)
        return made

    def clear(self) -> None:
        """All off."""
        self._active.clear()

    def active(self) -> list[Fault]:
        """Those that can still strike."""
        return list(self._active)

    def draw(
        self, channel: str, verb: str, among: Collection[str], account: str | None = None
    ) -> Fault | None:
        """The first fault of `among` that strikes this request, counted down; None when all goes well."""
        for fault in self._active:
            if (fault.channel, fault.verb) != (channel, verb) or fault.fault not in among:
                continue
            if fault.account is not None and fault.account != account:
                continue
            if fault.probability < 1.0 and self._random.random() >= fault.probability:
                continue
            self._strike(fault)
            return fault
        return None

    def _strike(self, fault: Fault) -> None:
        fault.struck += 1
        if fault.times is not None:
            fault.times -= 1
            if fault.times == 0:
                self._active.remove(fault)


def _allowed(verb: str) -> frozenset[str]:
    if verb == "notice":
        return NOTICE | NOTICE_WIRE
    if verb in ("refund", "void", "reissue"):
        return ON_WIRE | INSTEAD | FATE
    return ON_WIRE | INSTEAD


async def reset(request: web.Request) -> web.StreamResponse:
    """Drop the connection with RST, as a dead host does."""
    transport = request.transport
    if transport is not None:
        plug = transport.get_extra_info("socket")
        if plug is not None:
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    return web.Response()


async def hang(request: web.Request, longest: float = LONGEST_HANG) -> web.StreamResponse:
    """Say nothing until the other side leaves, or `longest` seconds are over; then drop the connection."""
    for _ in range(int(longest / LOOK)):
        if left(request):
            break
        await asyncio.sleep(LOOK)
    return await reset(request)


def left(request: web.Request) -> bool:
    """Whether the other side has closed the connection."""
    return request.transport is None or request.transport.is_closing()
