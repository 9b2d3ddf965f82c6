"""The sandbox as a program: one port, every channel below its prefix, and the same in a thread for tests."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import signal
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aiohttp import web

from sudapos.sandbox import (
    alipay,
    allinpay,
    card,
    card_line,
    chinaums,
    control,
    keys,
    lakala,
    shengpay,
    shouqianba,
    unionpay,
    wechatpay,
    world,
)
from sudapos.sandbox.clock import Clock
from sudapos.sandbox.faults import Faults
from sudapos.sandbox.ledger import Ledger
from sudapos.sandbox.notices import Post
from sudapos.sandbox.world import Tempo, World

HOST, PORT = "127.0.0.1", 9600
ENDS = (
    wechatpay.END,
    alipay.END,
    unionpay.END,
    shengpay.END,
    shouqianba.END,
    chinaums.END,
    lakala.END,
    allinpay.END,
    replace(card.END, listen=card_line.listen),
)
"""Adding a channel's server end adds a name here."""
LINE_BELOW = keys.LINE_BELOW
QUIET_PORTS = range(20_000, 32_000)
"""Below those that systems give to outgoing connections."""
TRIES = 50
BEAT = 0.1
"""Seconds between two looks at what is due."""
LARGEST_BODY = 64 * 2**20
"""Bytes."""


def make_world(home: Path | None, *, tempo: Tempo | None = None, seed: int | None = None) -> World:
    """A sandbox without a port: kept below `home`, or in memory."""
    path = None
    if home is not None:
        (home / "sandbox").mkdir(parents=True, exist_ok=True)
        path = home / "sandbox" / "ledger.sqlite"
    book = Ledger(path)
    clock = Clock(float(book.setting("ahead", "0")))
    return World(
        clock=clock,
        ledger=book,
        faults=Faults(seed),
        tempo=tempo or Tempo(),
        ends={end.channel: end for end in ENDS},
        home=home,
    )


def create_app(at: World) -> web.Application:
    """Every path; `open_accounts` must follow once the port is known."""
    app = web.Application(client_max_size=LARGEST_BODY)
    for end in at.ends.values():
        app.add_routes(end.routes(at))
    app.add_routes(control.routes(at))

    async def alive(app: web.Application) -> Any:
        post = Post(at)
        post.start()
        at.send_now = post.send_now
        beat = asyncio.create_task(_beat(at, post))
        yield
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat
        for line in at.lines:
            line.close()
        await post.stop()
        at.ledger.close()

    app.cleanup_ctx.append(alive)
    return app


def open_accounts(at: World, base_url: str, accounts: list[tuple[str, str]] | None = None) -> None:
    """Make or read the contracts for this address."""
    at.base_url = base_url
    keys.ensure(at.home, base_url=base_url, accounts=accounts or [])
    at.accounts = keys.load(at.home, base_url=base_url)


def run(
    host: str = HOST,
    port: int = PORT,
    home: Path | None = None,
    *,
    tempo: Tempo | None = None,
    announce: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C or SIGTERM. Raises OSError if the port is taken."""
    asyncio.run(_serve(host, port, home, tempo, announce))


async def _serve(
    host: str, port: int, home: Path | None, tempo: Tempo | None, announce: Callable[[str], None]
) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    at = make_world(home, tempo=tempo)
    runner, url = await _listen(at, host, port)
    announce(f"沙箱已就绪 · sandbox ready: {url}")
    try:
        await stop.wait()
    finally:
        await runner.cleanup()


async def _listen(
    at: World, host: str, port: int, accounts: list[tuple[str, str]] | None = None
) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(create_app(at), access_log=None, shutdown_timeout=0.5)
    await runner.setup()
    try:
        if port:
            await web.TCPSite(runner, host, port).start()
            await _open_lines(at, host, port - LINE_BELOW)
        else:
            await _listen_anywhere(at, runner, host)
    except OSError:
        await runner.cleanup()
        raise
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{runner.addresses[0][1]}"
    open_accounts(at, url, accounts)
    return runner, url


async def _open_lines(at: World, host: str, port: int) -> None:
    """The lines of channels that do not speak HTTP."""
    for end in at.ends.values():
        if end.listen is not None:
            at.lines.append(await end.listen(at, host, port))


async def _listen_anywhere(at: World, runner: web.AppRunner, host: str) -> None:
    """A free port whose neighbour below is free, too. Raises OSError after some tries."""
    for _ in range(TRIES):
        port = secrets.choice(QUIET_PORTS)
        try:
            await _open_lines(at, host, port - LINE_BELOW)
            await web.TCPSite(runner, host, port).start()
            return
        except OSError:
            while at.lines:
                at.lines.pop().close()
    raise OSError("no two free ports")


async def _beat(at: World, post: Post) -> None:
    """Refunds live on and notices leave, whether or not anybody asks."""
    while True:
        world.turn(at)
        post.round()
        await asyncio.sleep(BEAT)


class Running:
    """A sandbox in a thread of its own, with the controls as methods. Made by `running`."""

    def __init__(self, at: World, url: str) -> None:
        self.url = url
        self._world = at

    @property
    def accounts(self) -> dict[str, dict[str, Any]]:
        """`{name: {"channel", "config"}}`, as `keys.ensure` answers."""
        return {
            name: {"channel": one.channel, "config": dict(one.config)}
            for name, one in self._world.accounts.items()
        }

    def config(self, account: str) -> dict[str, str]:
        """What the shop knows of one contract."""
        return dict(self._world.accounts[account].config)

    def ledger(self, **wanted: str) -> list[dict[str, Any]]:
        """The channels' books; filters are columns."""
        rows: list[dict[str, Any]] = self.control("GET", "ledger?" + urllib.parse.urlencode(wanted))
        return rows

    def times_paid(self, refund_no: str) -> int:
        """How often money moved under this number."""
        return sum(row["times_paid"] for row in self.ledger(refund_no=refund_no))

    def order(self, channel: str, order_no: str, amount: int, **more: Any) -> str:
        """A paid order of `amount` fen; answers the channel's number."""
        made = self.control(
            "POST", "orders", {"channel": channel, "order_no": order_no, "amount": amount, **more}
        )
        return str(made["channel_ref"])

    def fault(self, channel: str, verb: str, fault: str, **more: Any) -> None:
        """Plant trouble: times=, probability=, seconds=, account=."""
        self.control("POST", "faults", {"channel": channel, "verb": verb, "fault": fault, **more})

    def clear_faults(self) -> None:
        """All well again."""
        self.control("DELETE", "faults")

    def advance(self, seconds: float) -> None:
        """Time passes."""
        self.control("POST", "advance", {"seconds": seconds})

    def settle(self) -> None:
        """Every waiting refund takes its next step."""
        self.control("POST", "advance", {"settle": "all"})

    def statement(self, channel: str, day: str, account: str = "") -> bytes:
        """The bill of a day (`2026-11-23`) as the channel gives it."""
        query = urllib.parse.urlencode({"channel": channel, "date": day, "account": account})
        with urllib.request.urlopen(f"{self.url}/_control/statement?{query}", timeout=30) as answer:
            content: bytes = answer.read()
        return content

    def control(self, method: str, path: str, content: object = None) -> Any:
        """Any control; RuntimeError with its message if it refuses."""
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self.url}/_control/{path}", data=body, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode()) from error


@contextmanager
def running(
    port: int = 0,
    *,
    home: Path | None = None,
    tempo: Tempo | None = None,
    accounts: list[tuple[str, str]] | None = None,
    seed: int | None = None,
) -> Iterator[Running]:
    """A sandbox on a free port of this machine, in memory unless `home` is given; gone at the end of the block."""
    at = make_world(home, tempo=tempo, seed=seed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox", daemon=True)
    thread.start()
    try:
        listening = asyncio.run_coroutine_threadsafe(_listen(at, HOST, port, accounts), loop)
        runner, url = listening.result(timeout=60)
        try:
            yield Running(at, url)
        finally:
            asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(timeout=30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
