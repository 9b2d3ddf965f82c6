"""The demo shop: its people and a week of honest and awkward sales, made by the same verbs as everybody's.

What the sandbox took it can also give back, so every refund here really travelled. One of them is stuck: the channel
paid and its answer was lost, and a day of questions went unanswered.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from sudapos.books import compensations, decisions, intake, remedies, requests, shops, staff
from sudapos.books.compensations import Wish
from sudapos.books.intake import SaleDraft
from sudapos.books.refunds import Refund
from sudapos.books.requests import RefundRequest, RequestLine
from sudapos.books.sales import SaleLine
from sudapos.core.lifecycle import RefundState
from sudapos.sandbox import keys

from . import database, demo_cards, demo_deposits, demo_drawers, demo_sales, demo_statements, logs, worker
from .opening import MERCHANT

PEOPLE = {
    "c01": ("王小明", ["cashier"]),
    "c02": ("李雷", ["cashier"]),
    "m01": ("韩梅梅", ["manager"]),
    "m02": ("欧阳静", ["manager"]),
    "f01": ("赵会计", ["finance"]),
    "s01": ("吴客服", ["cs"]),
    "a01": ("钱审计", ["auditor"]),
    "admin": ("孙管理", ["admin"]),
}
WORDS = [
    "amber",
    "apple",
    "bamboo",
    "birch",
    "cedar",
    "cherry",
    "cloud",
    "coral",
    "daisy",
    "ember",
    "fern",
    "fig",
    "garden",
    "ginger",
    "harbor",
    "hazel",
    "island",
    "ivory",
    "jade",
    "jasmine",
    "lake",
    "lantern",
    "lemon",
    "lotus",
    "maple",
    "meadow",
    "mint",
    "moon",
    "olive",
    "orchid",
    "peach",
    "pearl",
    "pepper",
    "pine",
    "plum",
    "pond",
    "quartz",
    "rain",
    "reed",
    "river",
    "saffron",
    "silk",
    "sparrow",
    "spring",
    "stone",
    "sugar",
    "sun",
    "swan",
    "tea",
    "thyme",
    "tiger",
    "violet",
    "walnut",
    "willow",
]
BY = "demo"
LOST_HOURS_AGO = 26
"""Longer than Alipay is asked in its own rhythm (alipay §15): from then on a person has to look."""


def make(*, url: str, sandbox_url: str) -> dict[str, Any]:
    """Found the shop, sell for a week, refund some of it; answers the content of demo.json."""
    logs.configure("demo")
    at = datetime.now(UTC)
    users = {
        code: {"password": _password(), "name": name, "roles": roles}
        for code, (name, roles) in PEOPLE.items()
    }
    with transaction.atomic():
        merchant = shops.found(MERCHANT, phone="0571-88886666", at=at)
        _found(users, sandbox_url, at)
        demo_cards.open_both(at=at)
        _, secret = staff.create_key("demo", acts=["*"], at=at)
    world = _Sandbox(sandbox_url)
    sales = demo_sales.week(ending=at)
    _sell(sales, world)
    broken = demo_deposits.take(world.orders, ending=at)
    _refund(sales, world)
    demo_deposits.give_back(broken, at=datetime.now(UTC) - timedelta(minutes=1))
    _owe(sales)
    return {
        "url": url,
        "sandbox_url": sandbox_url,
        "api_key": secret,
        "users": users,
        "merchant_tag": merchant.tag,
    }


def _owe(sales: Sequence[demo_sales.Sold]) -> None:
    """An umbrella that leaks and was sold as tight: what is owed beyond its price waits for the manager."""
    sale = next(one.draft for one in reversed(sales) if any(line.name == "雨伞" for line in one.draft.lines))
    price = next(line.unit_price for line in sale.lines if line.name == "雨伞")
    wish = Wish(kind="deceived", price=price, why="标称防水，实测漏水", evidence="检测报告 2026-118")
    at = datetime.now(UTC)
    compensations.ask(sale.sale_no, wish, key="demo-compensation", operator=staff.get("s01"), at=at)


def move(sandbox_url: str) -> None:
    """Give the demo's accounts the sandbox's new address."""
    at = datetime.now(UTC)
    for name, one in keys.ensure(database.home(), base_url=sandbox_url).items():
        shops.put_account(name, one["channel"], one["config"], at=at)
        demo_statements.put({name: one["channel"]}, by=BY, at=at)


def _password() -> str:
    return "-".join([secrets.choice(WORDS), secrets.choice(WORDS), str(secrets.randbelow(900) + 100)])


def _found(users: dict[str, dict[str, Any]], sandbox_url: str, at: datetime) -> None:
    store = shops.Store.objects.create(
        code="S01", name="一号店", address="浙江省杭州市西湖区文三路 1 号", phone="0571-88886666"
    )
    for number in (1, 2):
        shops.Till.objects.create(store=store, code=f"T{number}", name=f"{number} 号收银台")
    for code, user in users.items():
        staff.hire(code, user["name"], user["roles"], at=at, password=user["password"])
    move(sandbox_url)


class _Sandbox:
    """The strings behind the scenes."""

    def __init__(self, url: str) -> None:
        self._url = url

    def orders(self, wanted: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Paid orders to refund against, each with the channel's own number."""
        made: list[dict[str, Any]] = self._call("POST", "orders", list(wanted))
        return made

    def trouble(self, channel: str, verb: str, fault: str, *, times: int | None = 1) -> None:
        self._call("POST", "faults", {"channel": channel, "verb": verb, "fault": fault, "times": times})

    def peace(self) -> None:
        self._call("DELETE", "faults")

    def settle(self) -> None:
        self._call("POST", "advance", {"settle": "all"})

    def _call(self, method: str, path: str, content: object = None) -> Any:
        body = None if content is None else json.dumps(content).encode()
        request = urllib.request.Request(f"{self._url}/_control/{path}", data=body, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


def _sell(sales: Iterable[demo_sales.Sold], world: _Sandbox) -> None:
    """The wallets take the money first, then the tills report the sales, day by day."""
    sales = list(sales)
    wanted = [
        {
            "channel": payment.channel,
            "account": payment.account,
            "order_no": payment.out_trade_no,
            "amount": payment.amount,
            "paid_at": sold.draft.sold_at.isoformat(),
            "subject": "一号店消费",
            "state": sold.order_state,
        }
        for sold in sales
        for payment in sold.draft.payments
        if payment.account
    ]
    wanted.append(_forgotten(max(sold.draft.sold_at for sold in sales)))
    told = {
        order["order_no"]: {"channel_ref": order["channel_ref"], **order["extra"]}
        for order in world.orders(wanted)
    }
    days: dict[object, list[SaleDraft]] = {}
    for sold in sales:
        payments = tuple(replace(p, **told.get(p.out_trade_no, {})) for p in sold.draft.payments)
        days.setdefault(sold.draft.sold_at.date(), []).append(replace(sold.draft, payments=payments))
    for drafts in days.values():
        at = max(draft.sold_at for draft in drafts) + timedelta(minutes=1)
        for taken in intake.ingest(drafts, by=BY, at=at):
            if taken.refusal is not None:
                raise taken.refusal


def _forgotten(week_ended: datetime) -> dict[str, Any]:
    """A payment that was taken and never rung up: the statement of that day shows it, and finance finds it waiting."""
    paid_at = week_ended - timedelta(days=3)
    return {
        "channel": "wechatpay",
        "account": "demo-wechatpay",
        "order_no": f"S01T2{paid_at:%Y%m%d}F001",
        "amount": 3600,
        "paid_at": paid_at.isoformat(),
        "subject": "一号店消费",
        "state": "paid",
    }


def _refund(sales: Sequence[demo_sales.Sold], world: _Sandbox) -> None:
    by_story = {sold.story: sold.draft.sale_no for sold in sales if sold.story}
    now = datetime.now(UTC)
    _lose_an_answer(by_story["lost_answer"], world, sent_at=now - timedelta(hours=LOST_HOURS_AGO))
    demo_drawers.open_tills({"T1": "c01", "T2": "c02"}, manager="m01", at=now - timedelta(minutes=5))
    at = now - timedelta(minutes=3)
    paid = _open(by_story["cash_refunded"], at=at, note="包装破损")
    _hand_over(paid, at=at + timedelta(seconds=20))
    _open(by_story["cash_waiting"], at=at, lines=(1,), note="顾客在柜台等候")
    _open(by_story["too_much_for_a_cashier"], at=at, operator="c02", lines=(1,), reason="no_reason")
    world.trouble("wechatpay", "refund", "closed_account")
    _open(by_story["bounced"], at=at)
    _work(at)
    _open(by_story["wechat_refunded"], at=at, lines=(1,))
    _open(by_story["alipay_refunded"], at=at, lines=(1,))
    _open(by_story["trade_finished"], at=at, reason="wrong_item")
    _work(at + timedelta(seconds=30))
    world.settle()
    _work(at + timedelta(seconds=100))
    world.peace()


def _lose_an_answer(sale_no: str, world: _Sandbox, *, sent_at: datetime) -> None:
    """The channel pays, we do not hear it, and whenever we ask its gateway is out of order."""
    world.trouble("alipay", "refund", "reset_after")
    world.trouble("alipay", "ask", "error_500_before", times=None)
    _open(sale_no, at=sent_at, lines=(1,), note="顾客说还没有收到")
    for seconds in (0, 10, 60, 300, 1800, 7200):
        _work(sent_at + timedelta(seconds=seconds))
    _work(datetime.now(UTC))
    world.peace()


def _open(
    sale_no: str,
    *,
    at: datetime,
    operator: str = "c01",
    lines: tuple[int, ...] = (),
    reason: str = "quality",
    note: str = "",
) -> Refund:
    """One refund of one piece of these lines, or of everything; must be taken."""
    sold = SaleLine.objects.filter(sale__sale_no=sale_no).exclude(serial="")
    asked = RefundRequest(
        sale_no=sale_no,
        operator=operator,
        store="S01",
        till="T1" if operator == "c01" else "T2",
        lines=tuple(RequestLine(line_no=line, milli=1000, restock=reason == "no_reason") for line in lines),
        everything=not lines,
        serials=tuple(sold.values_list("serial", flat=True)),
        reason=reason,
        note=note,
        key=f"demo-{sale_no}",
    )
    [opened] = requests.open([asked], at=at)
    if opened.refusal is not None:
        raise opened.refusal
    assert opened.refund is not None
    return _referred(opened.refund, at) if reason != "no_reason" else opened.refund


def _referred(refund: Refund, at: datetime) -> Refund:
    """In January last week's sales are last year's, and both checkers are asked: here they say yes."""
    for code in ("m01", "f01"):
        if refund.state == RefundState.AWAITING:
            refund = decisions.approve(refund.refund_no, operator=staff.get(code), at=at)
    return refund


def _hand_over(refund: Refund, *, at: datetime) -> None:
    for leg in refund.legs.all():
        remedies.confirm(leg.leg_no, operator=staff.get("c01"), at=at)


def _work(at: datetime) -> None:
    """The real worker, at this hour, until nothing is due."""
    clock: Callable[[], datetime] = lambda: at  # noqa: E731
    asyncio.run(worker.Worker(now=clock).run(once=True))
