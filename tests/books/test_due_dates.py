"""A refund carries the dates by which it must be paid; a leg the day on which the money is seen."""

from __future__ import annotations

from datetime import UTC, date, datetime

from sudapos.books import answers, decisions, moves
from sudapos.core.outcome import Accepted

EVE = datetime(2026, 9, 30, 7, 0, tzinfo=UTC)
"""15:00 in the shop, the day before the long holiday."""


def accepted(shop, account: str):
    shop.at = EVE
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="quality")
    [order] = moves.claim(1, at=shop.at)
    outcome = Accepted(channel_refund_ref="50300", received_account=account)
    answers.record([answers.Answer(order.attempt, outcome)], at=shop.at)
    [leg] = decisions.get(refund.refund_no).legs.all()
    return refund, leg


def test_a_refund_is_due_on_the_seventh_day_and_late_after_the_fifteenth(shop):
    refund, _ = accepted(shop, "")
    assert (refund.due_on, refund.hard_due_on) == (date(2026, 10, 7), date(2026, 10, 15))


def test_the_wallet_is_promised_until_the_channel_names_a_card(shop):
    assert accepted(shop, "")[1].arrives_by == date(2026, 9, 30)
    assert accepted(shop, "支付用户零钱")[1].arrives_by == date(2026, 9, 30)
    assert accepted(shop, "招商银行信用卡0403")[1].arrives_by == date(2026, 10, 10)
