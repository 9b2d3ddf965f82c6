"""Too much went back over WeChat Pay: it is corrected, brought back by transfer, and the books say so."""

from __future__ import annotations

import pytest

from sudapos.books import corrections, ledger, remedies, set_offs
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.core.refusal import Refusal
from sudapos.ops import verifying

from .conftest import Afternoon
from .test_ways_out import BOUNCED, PAID, PROMISED, bounced, entries


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


def test_what_was_wrong_comes_back_by_itself_and_only_the_rest_is_paid_again(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    refund, number = bounced(afternoon, "S-CORR-2")
    row = corrections.open(
        refund.refund_no, amount=3998, why="应退一瓶", operator=shop.m01, at=shop.at, key="K-STORY-2"
    )
    with pytest.raises(Refusal, match="correction_open"):
        remedies.retry(number, operator=shop.m02, route="transfer", note="同名账户已核实", at=shop.at)
    set_offs.set_off(number, amount=3998, operator=shop.f01, at=shop.at)
    rest = refund.legs.get(state="bounced")
    remedies.retry(rest.leg_no, operator=shop.m02, route="transfer", note="同名账户已核实", at=shop.at)
    rest.refresh_from_db()
    remedies.confirm(rest.leg_no, operator=shop.f01, reference="BANK-2", at=shop.at)
    afternoon.work_until_quiet(hours=24)
    row.refresh_from_db()
    assert (row.state, row.left) == ("set_off", 0)
    assert entries(refund) == [
        PROMISED,
        PAID,
        BOUNCED,
        ("J26a", [("借", "1221.03", 3998), ("贷", "5001", 3538), ("贷", "2221.01", 460)]),
        ("J26d", [("借", "2241.01", 3998), ("贷", "1221.03", 3998)]),
        ("J12b", [("借", "2241.01", 1999), ("贷", "1002", 1999)]),
    ]
    assert afternoon.sandbox.times_paid(number) == 1
    assert [leg.alarm for leg in Leg.objects.filter(refund=refund)] == ["", "", ""]
    assert [fault for _, fault in verifying.run() if fault] == []
