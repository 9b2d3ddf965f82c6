"""A whole shop with its doors open: web server, worker and the channels' other side, and a real Chromium to walk in."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sudapos.books import moves, shops
from sudapos.books.legs import Leg
from sudapos.books.sales import Sale
from sudapos.ops.worker import Worker
from sudapos.sandbox import server
from tests.cast import PASSWORD, Shop

KNOWN_AS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = os.environ.get("SUDAPOS_CHROMIUM") or next(
    filter(None, map(shutil.which, KNOWN_AS)), "/usr/bin/chromium"
)
TILL = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
PATIENCE = 15_000
"""Milliseconds that a page may take to show what it should."""


@dataclass
class Live:
    """The running shop. `url` is its address, `sandbox` the channels' end."""

    url: str
    shop: Shop
    sandbox: server.Running
    _context: Callable[..., BrowserContext] = field(repr=False)

    def sell(self, sale_no: str, *, channel: str = "wechatpay", **changes: Any) -> Sale:
        """A sale that the channel knows as a paid order."""
        draft = self.shop.draft(sale_no, channel=channel, **changes)
        payments = tuple(
            replace(p, channel_ref=self.sandbox.order(p.channel, p.out_trade_no, p.amount))
            if p.out_trade_no
            else p
            for p in draft.payments
        )
        return self.shop.sell(sale_no, payments=payments, lines=draft.lines)

    def finish(self) -> None:
        """The channels finish what they took, and tell us to ask sooner."""
        self.sandbox.settle()
        for account in shops.Account.objects.all():
            moves.hasten(account.notice_secret, None, at=datetime.now(UTC))

    def times_paid(self) -> int:
        return sum(self.sandbox.times_paid(leg.leg_no) for leg in Leg.objects.all())

    def person(self, code: str, *, screen: dict[str, int] = TILL, seat: str = "S01/T1", **look: Any) -> Page:
        """A browser of this size with this person signed in."""
        page = self.stranger(screen=screen, **look)
        page.goto(f"{self.url}/sign-in/")
        page.fill("#code", code)
        page.fill("#password", PASSWORD)
        page.select_option("#seat", seat)
        page.press("#password", "Enter")
        page.wait_for_url(f"{self.url}/")
        return page

    def stranger(self, *, screen: dict[str, int] = TILL, **look: Any) -> Page:
        context = self._context(viewport=screen, has_touch=True, is_mobile=screen is PHONE, **look)
        context.set_default_timeout(PATIENCE)
        # paper is counted, not used: in the page and in the frame that holds the voucher
        context.add_init_script("window.print = () => { window.top.papers = (window.top.papers || 0) + 1; };")
        return context.new_page()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="module")
def other_side(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with server.running(home=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def address(committed: None) -> Iterator[str]:
    """Our pages on a free port, one thread per request."""
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

    from sudapos.wsgi import application

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """The tests say what they need to."""

    web = ThreadedWSGIServer(("127.0.0.1", 0), Quiet, allow_reuse_address=False)
    web.set_app(application)
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{web.server_port}"
    web.shutdown()
    web.server_close()
    thread.join(timeout=10)


@pytest.fixture
def worker(committed: None, shop: Shop) -> Iterator[None]:
    """The worker, on its own thread as it would be on its own machine."""
    made: list[Worker] = []
    loop = asyncio.new_event_loop()

    def work() -> None:
        asyncio.set_event_loop(loop)
        made.append(Worker())
        loop.run_until_complete(made[0].run())

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    made[0].stop()
    thread.join(timeout=30)
    loop.close()


_tags = (f"B{a}{b}" for a in "ACDEFGHJKM" for b in "ACDEFGHJKM")


@pytest.fixture
def live(
    committed: None, shop: Shop, address: str, other_side: server.Running, chromium: Browser, worker: None
) -> Iterator[Live]:
    other_side.clear_faults()
    for channel in ("wechatpay", "alipay"):
        config = {**other_side.config(f"demo-{channel}"), "timeout_seconds": "1"}
        shops.put_account(f"demo-{channel}", channel, config, at=datetime.now(UTC))
    shops.Merchant.objects.update(tag=next(_tags))  # the channels of all tests have never seen these numbers
    contexts: list[BrowserContext] = []

    def context(**options: Any) -> BrowserContext:
        contexts.append(chromium.new_context(**options))
        return contexts[-1]

    yield Live(address, shop, other_side, context)
    for each in contexts:
        each.close()
    other_side.clear_faults()


def shown(page: Page) -> str:
    """What stands on the page, spaces made single."""
    return re.sub(r"\s+", " ", page.inner_text("body"))
