"""The list of a day as a merchant downloads it in an acquirer's portal: columns are the sandbox's own, as no format is public."""

from __future__ import annotations

import csv
import io
from datetime import date

from sudapos.sandbox import clock, world
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import File, World

COLUMNS = (
    "类型",
    "商户订单号",
    "平台流水号",
    "退款单号",
    "退款流水号",
    "金额(分)",
    "手续费(分)",
    "时间",
    "商户号",
)
FEE_BP = 60
"""Hundredths of a per cent; it comes back with the money."""
WORDS = {"sale": "消费", "refund": "退款", "void": "撤销"}


def statement(at: World, account: Account, day: date) -> File:
    """Paid orders and finished refunds of a calendar day."""
    world.turn(at)
    start, end = clock.span(day)
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\r\n")
    table.writerow(COLUMNS)
    for order in at.ledger.orders_between(account.channel, account.name, start, end):
        cells = [order.order_no, order.channel_ref, "", ""]
        table.writerow(_row("sale", cells, order.amount, order.paid_at, account))
    for refund in at.ledger.refunds_between(account.channel, account.name, start, end, by="success_at"):
        original = at.ledger.order(account.channel, account.name, order_no=refund.order_no)
        assert original is not None, "a refund without its order"
        cells = [original.order_no, original.channel_ref, refund.refund_no, ""]
        hour = refund.success_at or refund.accepted_at
        table.writerow(_row(refund.kind, cells, refund.amount, hour, account))
    return File(f"{account.channel}-{account.number}-{day:%Y%m%d}.csv", out.getvalue().encode("utf-8-sig"))


def _row(kind: str, cells: list[str], amount: int, hour: float, account: Account) -> list[str]:
    fee = (amount * FEE_BP + 5_000) // 10_000
    told = [WORDS[kind], *cells, f"{amount}"]
    return [
        *told,
        f"{fee if kind == 'sale' else -fee}",
        f"{clock.beijing(hour):%Y-%m-%d %H:%M:%S}",
        account.number,
    ]
