"""Five thousand refunds over three channels that misbehave, killed, paused and resumed: each customer is paid exactly once."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import Case, F, Min, When

from sudapos.books import (
    batch_decisions,
    batch_runs,
    batch_stands,
    batches,
    gathering,
    intake,
    ledger,
    shops,
    staff,
)
from sudapos.books.batches import Draft, RefundBatch
from sudapos.books.gathering import Wish
from sudapos.books.intake import SaleDraft
from sudapos.books.legs import Leg
from sudapos.books.outbox import Message
from sudapos.books.refunds import Refund
from sudapos.core.batches import Part
from sudapos.core.lifecycle import OPEN_STATES
from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Settled, Unknown
from sudapos.ops.worker import Worker
from sudapos.sandbox.faults import Faults
from sudapos.sandbox.ledger import PROCESSING, SUCCESS, Ledger, taken
from sudapos.sandbox.ledger import Order as Paid
from sudapos.sandbox.ledger import Refund as Theirs
from tests.cast import Shop

from .conftest import Afternoon

CHANNELS = ("wechatpay", "alipay", "unionpay")
PIECES = 3_998
"""Fen of the two yoghurts that come back from every sale."""
FAULTS = ("hang_after", "error_500_after", "rate_limited", "insufficient_balance")
QUICKER = 20
"""Seconds that pass in the shop for each of ours."""
SEATS = 128
TURNS_AT_MOST = 100_000


@dataclass
class Clock:
    """Runs faster than ours, and jumps over the hours in which nothing is due."""

    began: datetime
    jumped: timedelta = timedelta(0)
    _started: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.began + self.jumped + timedelta(seconds=(time.monotonic() - self._started) * QUICKER)

    def jump_to(self, moment: datetime) -> None:
        self.jumped += max(timedelta(0), moment - self())


class ShortWire:
    """The other side without sockets and signatures: the sandbox's books and faults, for numbers that no socket takes in a minute.

    A refund that is there already is answered and never paid again; what a fault swallows has happened all the same.
    """

    def __init__(self, books: Ledger, faults: Faults) -> None:
        self.books, self.faults = books, faults

    async def refund(self, order: Order) -> Outcome:
        fault = self.faults.draw(order.channel, "refund", FAULTS)
        kind = fault.fault if fault else ""
        if kind in ("rate_limited", "insufficient_balance"):
            return Deferred(code=kind)
        known = self.books.refund(order.channel, order.account, order.number)
        if known is not None:
            self.books.asked_again(known)
        else:
            known = self._accept(order)
        if kind:
            return Unknown(code=kind)
        return Settled(amount=known.amount) if known.state == SUCCESS else Accepted()

    def _accept(self, order: Order) -> Theirs:
        paid = self.books.order(order.channel, order.account, channel_ref=order.channel_ref)
        assert paid is not None and taken(self.books.refunds_of(paid)) + order.amount <= paid.amount
        made = Theirs(
            channel=order.channel,
            account=order.account,
            order_no=paid.order_no,
            refund_no=order.number,
            amount=order.amount,
            terms="",
            state=PROCESSING,
            accepted_at=0.0,
            plan=[(SUCCESS, 0.0)],
            next_at=0.0,
        )
        self.books.accept(made)
        if order.channel == "alipay":
            self.books.step(made, 0.0)
        return made

    async def ask(self, order: Order) -> Outcome:
        known = self.books.refund(order.channel, order.account, order.number)
        if known is None:
            return Absent()
        if known.plan:
            self.books.step(known, 1.0)
        return Settled(amount=known.amount)

    void = refund

    async def aclose(self) -> None:
        """There is nothing to close."""


@dataclass
class Sockets:
    """The sandbox as every other story knows it."""

    afternoon: Afternoon

    def sell(self, wishes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = self.afternoon.sandbox.control("POST", "orders", list(wishes))
        return made

    def fault(self, channel: str, fault: str, times: int, probability: float) -> None:
        self.afternoon.sandbox.fault(channel, "refund", fault, times=times, probability=probability)

    def settle(self) -> None:
        self.afternoon.sandbox.settle()

    def rows(self) -> list[dict[str, Any]]:
        return self.afternoon.sandbox.ledger()


class Short(Sockets):
    """The same through the short wire."""

    def __init__(self, afternoon: Afternoon, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(afternoon)
        self.books, self.faults = Ledger(None), Faults(seed=5)
        monkeypatch.setattr(
            "sudapos.channels.open_account", lambda *given, **more: ShortWire(self.books, self.faults)
        )

    def sell(self, wishes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        for wish in wishes:
            self.books.add_order(Paid(**wish, channel_ref=f"ref-{wish['order_no']}", paid_at=0.0))
        return [{"channel_ref": f"ref-{wish['order_no']}", "extra": {}} for wish in wishes]

    def fault(self, channel: str, fault: str, times: int, probability: float) -> None:
        self.faults.add(channel=channel, verb="refund", fault=fault, times=times, probability=probability)

    def settle(self) -> None:
        """Theirs settle when they are asked."""

    def rows(self) -> list[dict[str, Any]]:
        return self.books.rows()


def sell_many(shop: Shop, other_side: Sockets, count: int) -> None:
    """As the tills took them: the channels know each order."""
    tag = shops.merchant().tag
    for start in range(0, count, 1000):
        drafts = [_draft(shop, n, tag) for n in range(start, min(start + 1000, count))]
        paid = [draft.payments[0] for draft in drafts]
        wishes = [
            {"channel": p.channel, "account": p.account, "order_no": p.out_trade_no, "amount": p.amount}
            for p in paid
        ]
        made = other_side.sell(wishes)
        known = [
            replace(d, payments=(replace(p, channel_ref=m["channel_ref"], **m["extra"]),))
            for d, p, m in zip(drafts, paid, made, strict=True)
        ]
        assert {each.status for each in intake.ingest(known, by="test", at=shop.at)} == {"created"}


def _draft(shop: Shop, n: int, tag: str) -> SaleDraft:
    draft = shop.draft(f"S-K{n:05d}", channel=CHANNELS[n % 3])
    [payment] = draft.payments
    number = f"K{tag}{n:05d}"
    return replace(
        draft,
        payments=(replace(payment, account=f"demo-{payment.channel}", out_trade_no=number),),
    )


def decided(shop: Shop) -> RefundBatch:
    """From the search to the start, by as many people as the sum asks for."""
    staff.hire("o01", "吴老板", ["owner"], at=shop.at, password=None)
    found = gathering.gather(Wish(kind="recall", sku="6901"), operator=shop.m01)
    batch = batches.draft(
        Draft(kind="recall", title="红枣酸奶召回", asks=found.asks), operator=shop.m01, at=shop.at
    )
    batch = batch_decisions.check(batch.batch_no, operator=shop.m01, at=shop.at)
    for who in ("m02", "f01", "o01")[: len(batch.needed)]:
        batch = batch_decisions.approve(
            batch.batch_no, operator=staff.get(who), fingerprint=batch.fingerprint, at=shop.at
        )
    return batch_decisions.steer(batch.batch_no, "start", operator=shop.m02, at=shop.at)


class Shift:
    """One worker on the quick clock; `until` is asked between two passes."""

    def __init__(self, other_side: Sockets, clock: Clock) -> None:
        self.other_side, self.clock = other_side, clock

    def work(self, until: Callable[[], bool], *, killed: bool = False) -> None:
        asyncio.run(self._work(until, killed))

    async def _work(self, until: Callable[[], bool], killed: bool) -> None:
        worker = Worker(seats=SEATS, now=self.clock)
        for _ in range(TURNS_AT_MOST):
            moved = await worker.turn()
            if worker._calls:
                await asyncio.wait(worker._calls, timeout=1.5)
                self.other_side.settle()
            elif not moved:
                self.clock.jump_to(await worker._books(self._next))
            if await worker._books(until):
                break
        else:
            raise AssertionError("it does not come to an end")
        if killed:  # the power goes: nobody writes down what the channels say
            for call in worker._calls:
                call.cancel()
            worker._calls.clear()
        worker.stop()
        await worker._finish()
        await worker.aclose()

    def _next(self) -> datetime:
        """When the next leg is due, or its lease over; soon, while the batch waits for its pace."""
        legs = Leg.objects.filter(state__in=OPEN_STATES)
        when = Case(When(state="sending", then=F("lease_until")), default=F("due_at"))
        soon = self.clock() + timedelta(seconds=6)
        return min(
            soon if batch_runs.running() else datetime.max.replace(tzinfo=UTC),
            legs.aggregate(at=Min(when))["at"] or soon,
        )


def opened() -> int:
    return Refund.objects.count()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("wire", "count"), [(Sockets, 90), (Short, 5_000)])
def test_a_recall_of_thousands_pays_each_customer_once(
    afternoon: Afternoon, monkeypatch: pytest.MonkeyPatch, wire: type[Sockets], count: int
) -> None:
    shop = afternoon.shop
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "batch_per_minute": dict.fromkeys(CHANNELS, count)}
    merchant.save()
    other_side = Short(afternoon, monkeypatch) if wire is Short else Sockets(afternoon)
    sell_many(shop, other_side, count)
    batch = decided(shop)
    assert (batch.count, batch.total) == (count, count * PIECES)
    for sale_no in ("S-K00001", "S-K00002"):  # two customers were at the counter before us
        shop.refund(sale_no, lines={1: 2})
    for channel in CHANNELS:
        for fault in FAULTS:
            other_side.fault(channel, fault, times=count // 30, probability=0.1)
    clock = Clock(shop.at)
    shift = Shift(other_side, clock)

    shift.work(lambda: opened() >= count // 4, killed=True)
    before = opened()
    with monkeypatch.context() as patch:
        patch.setattr(batch_runs, "_approve", _power_cut)
        patch.setattr(batch_runs, "MOST_WAITING", count)  # whatever waits to be sent: a portion is opened
        with pytest.raises(PowerCut):  # all of a portion is there, and nothing is committed
            batch_runs.turn(batch.batch_no, at=clock() + timedelta(minutes=1))
    assert opened() == before

    shift.work(lambda: opened() >= count // 2)
    batch_decisions.steer(batch.batch_no, "pause", operator=shop.f01, at=clock())
    before = opened()
    shift.work(lambda: not Leg.objects.filter(state__in=OPEN_STATES).exists())
    assert (opened(), batches.get(batch.batch_no).state) == (before, "paused")

    batch_decisions.steer(batch.batch_no, "resume", operator=shop.m02, at=clock())
    shift.work(lambda: batches.get(batch.batch_no).state == "done")

    paid = count - 2
    assert batch_stands.outcomes(batch) == {
        "refused": Part(2, 2 * PIECES),
        "done": Part(paid, paid * PIECES),
    }
    theirs = {
        row["refund_no"]: (row["times_paid"], row["amount"])
        for row in other_side.rows()
        if row["order_no"].startswith(f"K{merchant.tag}") and row["kind"] == "refund"
    }
    ours = dict(Leg.objects.values_list("leg_no", "amount"))
    assert len(ours) == count
    assert theirs == {number: (1, amount) for number, amount in ours.items()}
    assert {leg.state for leg in Leg.objects.all()} == {"settled"}
    assert {b.account: b.amount for b in ledger.balances()}["2241.01"] == 0
    assert ledger.trial_balance_off() == 0
    told = Message.objects.get(event="batch.done")
    assert told.facts["outcomes"] == {"refused": [2, 2 * PIECES], "done": [paid, paid * PIECES]}


class PowerCut(Exception):
    """Between opening a portion and writing down that it is open."""


def _power_cut(*args: Any) -> None:
    raise PowerCut
