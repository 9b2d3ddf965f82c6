"""Everything the simulated channels share, and how accepted refunds live on by themselves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from aiohttp import web

from sudapos.sandbox.clock import Clock, real
from sudapos.sandbox.faults import NOTICE_WIRE, Fault, Faults
from sudapos.sandbox.keys import Account
from sudapos.sandbox.ledger import ABNORMAL, CLOSED, PROCESSING, SUCCESS, Ledger, Order, Refund, Waiting

FIRST_REPEAT = 15.0
"""Seconds after which the genuine notice follows a damaged one."""


@dataclass(frozen=True, slots=True)
class File:
    """A statement: its name and its bytes."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice ready to leave."""

    headers: dict[str, str]
    body: bytes
    once: bool = False
    """Not repeated, heard or not."""


@dataclass(frozen=True, kw_only=True)
class End:
    """The server end of one channel: what a new channel must bring along."""

    channel: str
    routes: Callable[[World], Sequence[web.RouteDef]]
    number_of_order: Callable[[int, float], str]
    """The channel's own number for the n-th payment, paid at."""
    statement: Callable[[World, Account, date], File]
    announce: Callable[[World, Refund], None]
    """Called whenever a refund has taken a step."""
    letter: Callable[[Account, Waiting], Letter]
    heard: Callable[[int, bytes], bool]
    """Whether this answer to a notice means that it was received."""
    pauses: Sequence[float]
    """Seconds before each repeat of a notice."""
    listen: Callable[[World, str, int], Awaitable[asyncio.Server]] | None = None
    """Opens the line of a channel that does not speak HTTP: host and port."""
    extra_of_order: Callable[[Account, int, float], Mapping[str, str]] = lambda account, number, paid_at: {}
    """What else this channel knows of the n-th payment: a terminal's batch, trace and reference numbers, say."""


@dataclass(kw_only=True)
class Tempo:
    """How fast things happen, in seconds of sandbox time."""

    settle_seconds: float = 2.0
    bounce_seconds: float = 30.0
    late_seconds: float = 300.0
    bill_ready_hour: int = 0
    """Hour of the next day at which a day's bill can be fetched; the real channels say 9."""


@dataclass(kw_only=True)
class World:
    """One sandbox. `base_url` is known once the port is."""

    clock: Clock
    ledger: Ledger
    faults: Faults
    tempo: Tempo
    accounts: dict[str, Account] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)
    base_url: str = ""
    lines: list[asyncio.Server] = field(default_factory=list)
    home: Path | None = None
    downloads: dict[str, tuple[float, Account, File]] = field(default_factory=dict)
    send_now: Callable[[], Awaitable[None]] | None = None
    """Sends every notice that is due and waits for the answers."""

    def by_number(self, channel: str, number: str) -> Account | None:
        """The account with this mchid or app_id."""
        for account in self.accounts.values():
            if account.channel == channel and account.number == number:
                return account
        return None

    def offer(self, account: Account, file: File, *, seconds: float) -> str:
        """Keep a file for `seconds` of real time; answers the token that fetches it."""
        now = real()
        self.downloads = {token: one for token, one in self.downloads.items() if one[0] > now}
        token = secrets.token_urlsafe(24)
        self.downloads[token] = (now + seconds, account, file)
        return token

    def offered(self, token: str) -> tuple[Account, File] | None:
        """What a token stands for, None once its time is over."""
        until, *rest = self.downloads.get(token, (0.0,))
        if not rest or until < real():
            return None
        account, file = self.downloads[token][1:]
        return account, file


def plan(world: World, refund: Refund, fate: Fault | None, *, settle_seconds: float) -> None:
    """Write down what will become of a new refund."""
    kind = fate.fault if fate else ""
    end = {"closed_account": ABNORMAL, "closes_later": CLOSED}.get(kind, SUCCESS)
    refund.plan = [(end, settle_seconds)]
    if fate is not None and kind == "bounce_later":
        pause = world.tempo.bounce_seconds if fate.seconds is None else fate.seconds
        refund.plan.append((ABNORMAL, pause))
    refund.forever = kind == "processing_forever"
    refund.next_at = None if refund.forever else refund.accepted_at + settle_seconds
    refund.state_at = refund.accepted_at


def turn(world: World) -> int:
    """Let every refund take the steps whose hour has come; answers how many steps were taken."""
    steps = 0
    now = world.clock.now()
    while due := world.ledger.due(now):
        for refund in due:
            step(world, refund, refund.next_at if refund.next_at is not None else now)
            steps += 1
    return steps


def settle_all(world: World) -> int:
    """Every refund that waits takes its next step now, but those that process for ever."""
    waiting = world.ledger.planned()
    for refund in waiting:
        step(world, refund, world.clock.now())
    return len(waiting)


def step(world: World, refund: Refund, at: float) -> None:
    """One step of a refund's plan at the hour `at`, told to whom it concerns."""
    world.ledger.step(refund, at)
    world.ends[refund.channel].announce(world, refund)


def tell(world: World, refund: Refund, add: Callable[[str, float], None], *, forged: bool = False) -> None:
    """Put a notice on the pile by `add(mode, seconds from now)`, as the faults of this moment want it.

    Modes are good, probe, damaged, and with `forged` also forged; the last three are followed by a good one.
    """
    among = {"duplicate_notice", "late_notice", *NOTICE_WIRE, *({"forged_notice"} if forged else ())}
    fault = world.faults.draw(refund.channel, "notice", among, refund.account)
    late = world.tempo.late_seconds if fault is None or fault.seconds is None else fault.seconds
    match fault.fault if fault else "":
        case "refuse_connection":
            return
        case "late_notice" | "slow":
            add("good", late)
        case "duplicate_notice":
            add("good", 0.0)
            add("good", 0.0)
        case "bad_signature" | "garbage" | "forged_notice" as kind:
            add({"bad_signature": "probe", "garbage": "damaged"}.get(kind, "forged"), 0.0)
            add("good", FIRST_REPEAT)
        case _:
            add("good", 0.0)


def take(
    world: World,
    order: Order,
    refund_no: str,
    amount: int,
    fate: Fault | None,
    *,
    at_once: bool = False,
    **more: str,
) -> Refund:
    """Accept a refund of `amount` fen: it is done `at_once`, or a few seconds later. `more` are texts of the row."""
    refund = Refund(
        channel=order.channel,
        account=order.account,
        order_no=order.order_no,
        refund_no=refund_no,
        amount=amount,
        terms=more.pop("terms", str(amount)),
        state=PROCESSING,
        accepted_at=world.clock.now(),
        **more,  # type: ignore[arg-type]
    )
    plan(world, refund, fate, settle_seconds=0.0 if at_once else world.tempo.settle_seconds)
    world.ledger.accept(refund)
    if at_once and refund.next_at is not None:
        step(world, refund, world.clock.now())
    elif world.faults.draw(refund.channel, "notice", {"out_of_order_notice"}, refund.account):
        world.ends[refund.channel].announce(world, replace(refund, state=SUCCESS))
    return refund


def announce_to_shop(world: World, refund: Refund, body: str) -> None:
    """Put the notice of a refund on the pile, if the shop has given an address."""
    if not refund.notify_url:
        return

    def add(mode: str, late: float) -> None:
        world.ledger.add_notice(
            account=refund.account,
            url=refund.notify_url,
            head=mode,
            body=body,
            next_at=world.clock.now() + late,
        )

    tell(world, refund, add, forged=True)
