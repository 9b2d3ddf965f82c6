"""What leaves for Shengpay: the sheet's vector, the fields, both signatures."""

from __future__ import annotations

import httpx

from sudapos.channels.signing import sha1
from sudapos.channels.signing import shengpay as seals

from ..recorded import key, order
from .conversation import reply, say, taken

VECTOR = {
    "mchId": "10000099",
    "nonceStr": "a1b2c3d4e5f6",
    "notifyUrl": "https://pos.example.com/cb/shengpay",
    "outRefundNo": "R20260405000001",
    "outTradeNo": "T20260405000123",
    "refundDesc": "退货",
    "refundFee": 5000,
    "signType": "MD5",
    "empty": "",
    "listed": ["is not signed"],
    "sign": "is not signed",
}
"""Shengpay §3."""


def test_the_sheets_text_and_its_md5() -> None:
    text = seals.text(VECTOR)
    assert text.decode() == (
        "mchId=10000099&nonceStr=a1b2c3d4e5f6&notifyUrl=https://pos.example.com/cb/shengpay&outRefundNo=R20260405000001"
        "&outTradeNo=T20260405000123&refundDesc=退货&refundFee=5000&signType=MD5"
    )
    assert seals.md5(text, "demoShengKey01") == "5ecda810135bb7f4d23058f927b74515"


def test_a_refund_says_what_the_sheet_lists_and_signs_it() -> None:
    _, [(path, asked)] = say(
        "refund", reply(taken()), refund=order(notify_url="https://shop.example/n", channel_ref="SP1")
    )
    sign = asked.pop("sign")
    assert path == "/refund/orderRefund"
    assert asked == {
        "mchId": "10000099",
        "nonceStr": "a1b2c3d4e5f6",
        "signType": "RSA",
        "transactionId": "SP1",
        "outTradeNo": "POS20261123000123",
        "outRefundNo": "R20261123000123-1",
        "refundFee": 1280,
        "totalFee": 5980,
        "refundDesc": "退货",
        "notifyUrl": "https://shop.example/n",
    }
    assert sha1.verify(key("shop").public_key(), seals.text(asked), sign)


def test_total_and_sub_merchant_follow_the_contract() -> None:
    _, [(_, asked)] = say("refund", reply(taken()), send_total="no", sub_mch_id="77")
    assert "totalFee" not in asked and asked["subMchId"] == "77"


def test_md5_is_signed_and_verified_with_the_key_behind() -> None:
    said = {"mchId": "10000099", "signType": "MD5", **taken(refundStatus="REFUND_SUCCESS")}
    said["sign"] = seals.md5(seals.text(said), "md5-hunter2").upper()

    config = {"sign_type": "md5", "md5_key": "md5-hunter2", "private_key": "", "public_key": ""}
    outcome, [(_, asked)] = say("ask", httpx.Response(200, json=said), **config)
    assert type(outcome).__name__ == "Settled"
    sign = asked.pop("sign")
    assert sign == seals.md5(seals.text(asked), "md5-hunter2") and asked["signType"] == "MD5"
    outcome, _ = say("ask", httpx.Response(200, json=said | {"refundFee": 1281}), **config)
    assert getattr(outcome, "code", "") == "bad_signature"
