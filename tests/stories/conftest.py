"""Whole afternoons: a shop with real rows, a worker, and the sandbox on the other side of real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sudapos.books import decisions, shops
from sudapos.books.intake import PaymentDraft
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Sale
from sudapos.core.lifecycle import LegState
from sudapos.ops.contracts import CONNECTED
from sudapos.ops.worker import Worker
from sudapos.sandbox import server
from tests.cast import Shop

PATIENT = "15"
"""Seconds that a story waits for an answer that comes: a busy machine is no fault of the channel."""
HURRIED = "2"
"""And for one that, as it planted itself, never comes."""


@dataclass
class Afternoon:
    """A shop, its worker and the other side; time passes only when the story says so."""

    shop: Shop
    sandbox: server.Running
    terminal: str = ""
    """The sandbox's name of this story's card terminal: a host remembers every trace number of a batch."""
    turns: int = field(default=0)
    hurried: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    """Channel → the sandbox's name of the account, where it is not demo-<channel>."""

    def fresh(self, channel: str) -> str:
        """A contract of this story alone, so that its statements hold nothing of other stories."""
        name = f"{channel}-{shops.merchant().tag.lower()}"
        self.sandbox.control("POST", "accounts", {"channel": channel, "account": name})
        config = {**self.sandbox.config(name), "timeout_seconds": PATIENT}
        shops.put_account(f"demo-{channel}", channel, config, at=self.shop.at)
        self.names[channel] = name
        return name

    def sell(self, channel: str, sale_no: str, **changes: Any) -> Sale:
        """A sale that the channel knows as a paid order."""
        draft = self.shop.draft(sale_no, channel=channel, **changes)
        payments = []
        for payment in draft.payments:
            if payment.channel in CONNECTED:
                payment = self._taken(payment, sale_no)
            payments.append(payment)
        return self.shop.sell(sale_no, payments=payments, lines=draft.lines)

    def _taken(self, payment: PaymentDraft, sale_no: str) -> PaymentDraft:
        """As the channel took it, with every number that it gave."""
        # the channels serve all stories of a worker: what another story's S-1 has paid is not this one's
        number = shops.merchant().tag + (
            payment.out_trade_no or f"{sale_no}{payment.payment_no}".replace("-", "")
        )
        wish = {"channel": payment.channel, "order_no": number, "amount": payment.amount}
        own = self.terminal if payment.channel == "card" else f"demo-{payment.channel}"
        wish["account"] = self.names.get(payment.channel, own)
        made = self.sandbox.control("POST", "orders", wish)
        return replace(
            payment,
            account=f"demo-{payment.channel}",
            out_trade_no=number,
            channel_ref=made["channel_ref"],
            **made["extra"],
        )

    def fault(self, channel: str, verb: str, fault: str, **more: Any) -> None:
        """Plant trouble once. Where no answer comes nobody waits long for it; whatever is asked afterwards has its time again."""
        if fault.startswith("hang"):
            self._wait_for(channel, HURRIED)
            self.hurried.add(channel)
        self.sandbox.fault(channel, verb, fault, times=1, **more)

    def _wait_for(self, channel: str, seconds: str) -> None:
        config = shops.accounts([f"demo-{channel}"])[f"demo-{channel}"].config
        shops.put_account(f"demo-{channel}", channel, {**config, "timeout_seconds": seconds}, at=self.shop.at)

    def work(self, *, turns: int = 1) -> None:
        """Let the worker claim, speak and record what is due at this moment."""
        sent = Leg.objects.filter(channel__in=self.hurried).values_list("channel", "sent")
        before = set(sent) if self.hurried else set()
        self._work(turns)
        for channel in {channel for channel, _ in set(sent) - before} if self.hurried else ():
            self.hurried.discard(channel)
            self._wait_for(channel, PATIENT)

    def _work(self, turns: int) -> None:

        async def go() -> None:
            worker = Worker(now=lambda: self.shop.at)
            for _ in range(turns):
                await worker.turn()
                if worker._calls:
                    await asyncio.wait(worker._calls)
            await worker.turn()
            worker.stop()
            await worker._finish()
            await worker.aclose()

        asyncio.run(go())

    def work_until_quiet(self, *, hours: float = 12) -> None:
        """Jump from one due moment to the next until nothing is open, or the hours are over."""
        end = self.shop.at + timedelta(hours=hours)
        while self.shop.at < end:
            self.sandbox.settle()
            self.work()
            due = (
                Leg.objects.filter(state__in=["ready", "sending", "accepted", "in_doubt"])
                .exclude(route__in=["cash", "transfer"])
                .values_list("due_at", "lease_until", "state")
            )
            moments = [lease if state == LegState.SENDING and lease else at for at, lease, state in due]
            if not moments:
                return
            self.shop.at = max(self.shop.at + timedelta(milliseconds=1), min(moments))

    def again(self, refund: Refund) -> Refund:
        return decisions.get(refund.refund_no)

    def leg(self, refund: Refund) -> Leg:
        [leg] = self.again(refund).legs.all()
        return leg

    def times_paid(self, refund: Refund) -> int:
        return self.sandbox.times_paid(self.leg(refund).leg_no)


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with server.running(home=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture
def afternoon(committed: None, shop: Shop, running_sandbox: server.Running) -> Iterator[Afternoon]:
    running_sandbox.clear_faults()
    running_sandbox.advance(120)  # the last story's refunds are long ago
    told = running_sandbox.control("POST", "advance", {"seconds": 0})
    shop.at = datetime.fromisoformat(told["now"])  # another story may have pushed the channels' clock
    tag = _next_tag()
    terminal = f"terminal-{tag}"
    running_sandbox.control("POST", "accounts", {"channel": "card", "account": terminal})
    for channel in CONNECTED:
        name = terminal if channel == "card" else f"demo-{channel}"
        config = {**running_sandbox.config(name), "timeout_seconds": PATIENT}
        shops.put_account(f"demo-{channel}", channel, config, at=datetime.now(UTC))
    # numbers of one story must be new to the channels of all stories
    shops.Merchant.objects.update(tag=tag)
    yield Afternoon(shop, running_sandbox, terminal)
    running_sandbox.clear_faults()


_tags = iter(f"{a}{b}{c}" for a in "ACDEFGH" for b in "ACDEFGH" for c in "ACDEFGH")


def _next_tag() -> str:
    return next(_tags)
