"""Too much went back over WeChat Pay: it is corrected, brought back by transfer, and the books say so."""

from __future__ import annotations

from sudapos.books import corrections, ledger
from sudapos.books.refunds import Refund

from .conftest import Afternoon
from .test_ways_out import PAID, PROMISED, entries


def test_three_bottles_refunded_instead_of_one(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    refund: Refund = shop.refund(afternoon.sell("wechatpay", "S-CORR-1"))
    afternoon.work_until_quiet()
    row = corrections.open(
        refund.refund_no, amount=3998, why="应退一瓶", operator=shop.m01, at=shop.at, key="K-STORY"
    )
    corrections.collect(
        row.correction_no, channel="transfer", reference="BANK-1", operator=shop.f01, at=shop.at
    )
    assert entries(refund) == [
        PROMISED,
        PAID,
        ("J26a", [("借", "1221.03", 3998), ("贷", "5001", 3538), ("贷", "2221.01", 460)]),
        ("J26b", [("借", "1002", 3998), ("贷", "1221.03", 3998)]),
    ]
    assert ledger.trial_balance_off() == 0
