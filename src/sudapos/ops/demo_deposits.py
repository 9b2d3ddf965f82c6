"""The demo's deposits: one that lies here, one that secures a contract, and one that went back less what was broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sudapos.books import deposits, endings, remedies, staff
from sudapos.books.deposits import Taking
from sudapos.books.drafts import PaymentDraft
from sudapos.books.endings import Wish
from sudapos.core.calendar import SHANGHAI
from sudapos.core.deposits import Kind

STORE, TILL, CASHIER = "S01", "T1", "c01"
QUOTE = """五金维修部 报价单

品名    八寸烤盘（借用品，磕裂一处）
修补    30.00 元
"""
"""What proves the deduction: a text, so that whoever looks needs nothing to open it."""

Orders = Callable[[Sequence[dict[str, Any]]], list[dict[str, Any]]]


def take(orders: Orders, *, ending: datetime) -> str:
    """Take them, days and hours before `ending`; what came over a channel is an order there too. The number of the last."""
    takings = _takings(ending)
    wanted = [_order(taking) for taking in takings if taking.payment.account]
    told = {
        order["order_no"]: {"channel_ref": order["channel_ref"], **order["extra"]} for order in orders(wanted)
    }
    for taking in takings:
        payment = replace(taking.payment, **told.get(taking.payment.out_trade_no, {}))
        deposits.take(replace(taking, payment=payment), operator=staff.get(CASHIER), at=taking.taken_at)
    return takings[-1].number


def give_back(number: str, *, at: datetime) -> None:
    """The tray came back with a crack: thirty yuan stay, seventy are handed over."""
    wish = Wish(
        deduction=3_000,
        why="烤盘磕裂一处",
        evidence="五金维修部报价单",
        confirmed="signed",
        confirmed_by="王芳",
        file=("烤盘报价单.txt", QUOTE.encode()),
        store=STORE,
        till=TILL,
    )
    cashier = staff.get(CASHIER)
    made, _ = endings.give_back(number, wish, key="demo-deposit", operator=cashier, at=at)
    assert made.refund is not None
    for leg in made.refund.legs.all():
        remedies.confirm(leg.leg_no, operator=cashier, at=at + timedelta(seconds=20))


def _takings(ending: datetime) -> list[Taking]:
    here, signed, broken = (
        ending - span for span in (timedelta(hours=2), timedelta(days=3), timedelta(days=2))
    )
    return [
        _taking(
            1, here, Kind.YAJIN, 20_000, "烤箱套装租借", "wechatpay", name="李小兰", phone="13800138000"
        ),
        _taking(
            2, signed, Kind.DINGJIN, 50_000, "婚礼甜品台", "alipay", name="陈先生", phone="13900139000",
            contract_no="HT-2026-018", price=360_000,
        ),
        _taking(3, broken, Kind.YAJIN, 10_000, "八寸烤盘租借", "cash", name="王芳", phone="13700137000"),
    ]  # fmt: skip


def _taking(
    count: int, at: datetime, kind: Kind, amount: int, purpose: str, channel: str, **more: Any
) -> Taking:
    number = f"D{at.astimezone(SHANGHAI):%y%m%d}-{count:04d}"
    far = channel != "cash"
    payment = PaymentDraft(
        payment_no="P1",
        channel=channel,
        amount=amount,
        account=f"demo-{channel}" if far else "",
        out_trade_no=f"{number.replace('-', '')}P1" if far else "",
    )
    return Taking(
        number=number, store=STORE, till=TILL, kind=kind, amount=amount, purpose=purpose, payment=payment,
        taken_at=at, **more,
    )  # fmt: skip


def _order(taking: Taking) -> dict[str, Any]:
    payment = taking.payment
    return {
        "channel": payment.channel,
        "account": payment.account,
        "order_no": payment.out_trade_no,
        "amount": taking.amount,
        "paid_at": taking.taken_at.isoformat(),
        "subject": taking.purpose,
        "state": "paid",
    }
