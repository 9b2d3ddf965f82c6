"""What Shengpay's answers mean: accepted is not refunded, a text that nobody knows is in doubt."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sudapos.channels import shengpay
from sudapos.core.outcome import Outcome

from .conversation import no, reply, say, taken


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


ANSWERS: list[tuple[dict[str, Any], tuple[str, str], tuple[str, str]]] = [
    (taken(), ("Accepted", ""), ("Accepted", "")),
    (taken(refundStatus="REFUND_SUCCESS"), ("Settled", ""), ("Settled", "")),
    (taken(refundStatus="REFUND_PROCESSING"), ("Accepted", ""), ("Accepted", "")),
    (taken(refundStatus="REFUND_FAIL"), ("Unknown", "unknown_code"), ("Unknown", "unknown_code")),
    (
        taken(outRefundNo="R-2"),
        ("Unknown", "answer_for_another_refund"),
        ("Unknown", "answer_for_another_refund"),
    ),
    (
        taken(refundFee=1281),
        ("Unknown", "answer_for_another_refund"),
        ("Unknown", "answer_for_another_refund"),
    ),
    (taken(refundFee="1280"), ("Accepted", ""), ("Accepted", "")),
    (
        {"returnCode": "FAIL", "returnMsg": "签名错误"},
        ("Deferred", "not_taken_in"),
        ("Unknown", "not_taken_in"),
    ),
    (no("商户余额不足"), ("Deferred", "not_enough_balance"), ("Unknown", "not_enough_balance")),
    (no("请求过于频繁，请稍后"), ("Deferred", "rate_limited"), ("Unknown", "rate_limited")),
    (no("系统繁忙"), ("Unknown", "SYSTEM_ERROR"), ("Unknown", "SYSTEM_ERROR")),
    (no("交易超时"), ("Unknown", "SYSTEM_ERROR"), ("Unknown", "SYSTEM_ERROR")),
    (no("退款处理中"), ("Unknown", "in_progress"), ("Unknown", "in_progress")),
    (no("原订单不存在"), ("Refused", "order_unknown"), ("Unknown", "order_unknown")),
    (no("退款单不存在"), ("Absent", "refund_unknown"), ("Absent", "refund_unknown")),
    (no("付款账户已注销"), ("Refused", "account_closed"), ("Unknown", "account_closed")),
    (no("退款金额超过可退金额"), ("Refused", "over_amount"), ("Unknown", "over_amount")),
    (no("天气不好"), ("Unknown", "unknown_code"), ("Unknown", "unknown_code")),
]


@pytest.mark.parametrize(("told", "refund", "ask"), ANSWERS)
def test_every_answer_is_read_for_what_it_says(
    told: dict[str, Any], refund: tuple[str, str], ask: tuple[str, str]
) -> None:
    assert kind(say("ask", reply(told))[0]) == ask
    if refund[0] != "Absent":
        assert kind(say("refund", reply(told))[0]) == refund


@pytest.mark.parametrize("signer", ["", "stranger"])
def test_what_shengpay_did_not_sign_decides_nothing(signer: str) -> None:
    for told in (taken(refundStatus="REFUND_SUCCESS"), no("原订单不存在"), {"returnCode": "FAIL"}):
        assert kind(say("refund", reply(told, signer=signer))[0]) == ("Unknown", "bad_signature")


@pytest.mark.parametrize(
    "answer", [httpx.Response(502, text="<html>"), httpx.Response(200, text="[]"), httpx.ReadTimeout("x")]
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")


def test_every_word_of_the_table_is_tried() -> None:
    tried = " ".join(str(told.get("errorCodeDes", "")) for told, _, _ in ANSWERS)
    assert {word for word in shengpay.ERRORS if word not in tried} == {
        "退款订单不存在",
        "账户异常",
        "金额不一致",
        "已关闭",
    }
