"""Coupon orders at WeChat Pay and Alipay: both sides come to the same fen by themselves."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sudapos.books.findings import Finding
from sudapos.books.intake import LineDraft, PaymentDraft
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import bills, rows, sources, verifying

from .conftest import Afternoon
from .test_statements import load


def sell(afternoon: Afternoon, channel: str, number: str, *, theirs: int = 300, ours: int = 300) -> Any:
    """An order of 10.00 of which the platform paid `theirs`, and our till says `ours`."""
    plain = number.replace("-", "") + "P1"
    account = afternoon.names[channel]
    wish = {
        "channel": channel,
        "account": account,
        "order_no": plain,
        "amount": 1_000,
        "coupon_amount": theirs,
    }
    made = afternoon.sandbox.control("POST", "orders", wish)
    assert made["coupon_amount"] == theirs
    paid = PaymentDraft(
        payment_no="P1",
        channel=channel,
        account=f"demo-{channel}",
        amount=1_000,
        coupon_amount=ours,
        out_trade_no=plain,
        channel_ref=made["channel_ref"],
    )
    line = LineDraft(line_no=1, name="咖啡", milli=1000, unit_price=1_000, vat_bp=1300)
    return afternoon.shop.sell(number, lines=(line,), payments=(paid,))


@pytest.mark.parametrize(
    ("channel", "expected"), [("wechatpay", [630, 70]), ("alipay", [700, 0])], ids=["pro_rata", "payer_first"]
)
def test_ex08_two_refunds_of_a_coupon_order_and_the_day_matches(
    afternoon: Afternoon, tmp_path: Path, channel: str, expected: list[int]
) -> None:
    name = afternoon.fresh(channel)
    sale = sell(afternoon, channel, f"CP-{channel[:2].upper()}-1")
    got = []
    for part in (900, 100):
        refund = afternoon.shop.refund(sale, amount=part)
        afternoon.work_until_quiet()
        leg = afternoon.leg(refund)
        assert leg.state == "settled"
        got.append(leg.paid_amount)
        assert leg.user_amount == leg.paid_amount
        afternoon.sandbox.advance(90)
        afternoon.shop.later(minutes=2)
    assert got == expected
    ledger = [
        row for row in afternoon.sandbox.control("GET", f"ledger?channel={channel}") if row["account"] == name
    ]
    assert [(row["kind"], row["amount"], row["user_amount"]) for row in ledger] == [
        ("sale", 1_000, 700),
        ("refund", 900, expected[0]),
        ("refund", 100, expected[1]),
    ]
    loaded = load(afternoon, channel, tmp_path)
    assert (loaded.status, Finding.objects.count()) == ("new", 0)
    assert [finding for _, finding in verifying.run() if finding] == []


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
def test_a_coupon_that_our_till_did_not_tell_is_found_from_the_channels_answer(
    afternoon: Afternoon, channel: str
) -> None:
    afternoon.fresh(channel)
    sale = sell(afternoon, channel, f"CP-{channel[:2].upper()}-2", ours=0)
    refund = afternoon.shop.refund(sale)
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.amount, leg.user_amount, leg.paid_amount) == ("settled", 1_000, None, 700)
    [found] = Finding.objects.all()
    assert (found.kind, found.theirs["refund_cash_amount"]) == ("coupon_differs", 700)


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
def test_a_bill_tells_what_the_platform_paid(afternoon: Afternoon, tmp_path: Path, channel: str) -> None:
    name = afternoon.fresh(channel)
    sell(afternoon, channel, f"CP-{channel[:2].upper()}-3")
    day = afternoon.shop.at.astimezone(SHANGHAI).date()
    path = tmp_path / ("bill.csv" if channel == "wechatpay" else "bill.csv.zip")
    path.write_bytes(afternoon.sandbox.statement(channel, f"{day}", account=name))
    assert isinstance(day, date)
    read = {"wechatpay": bills.wechatpay, "alipay": bills.alipay}[channel]
    found = [
        each
        for each in read(sources.find(path, not_named="汇总"), rows.Defaults(store="S01"))
        if isinstance(each, rows.Found)
    ]
    [payment] = found[0].draft.payments
    assert (payment.amount, payment.coupon_amount) == (1_000, 300)
