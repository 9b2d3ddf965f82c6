"""What leaves for Lakala: the sheet's text, the header, the fields (lakala §2, §4)."""

from __future__ import annotations

import hashlib
import json

from sudapos.channels import signing
from sudapos.channels.signing import lakala as seals
from sudapos.core.outcome import Route

from ..recorded import key, order
from .conversation import NONCE, refund, reply, say


def test_the_sheets_text() -> None:
    body = (
        '{"req_time":"20260405143005","version":"3.0","req_data":{"merchant_no":"822000000000001","term_no":"A0000001",'
        '"out_trade_no":"R20260405000001","refund_amount":"5000","refund_reason":"退货","origin_out_trade_no":"T20260405000123",'
        '"location_info":{"request_ip":"10.0.0.8"}}}'
    )
    text = seals.call_text(("OP00000000demo", "00deadbeef01", "1775370605", "9f86d081884c"), body.encode())
    assert (
        hashlib.sha256(text).hexdigest() == "d1fae2110477b957e56960b19c32c25b2f78f51e4ee23d2ce35147b63aae9797"
    )


def test_a_refund_says_exactly_this() -> None:
    sale = order(channel_ref="2026112366", notify_url="https://shop.example/n")
    _, [request] = say("refund", reply(**refund()), refund=sale, refund_acc_mode="05")
    assert request.url.path == "/api/v3/rfd/refund_front/refund"
    assert json.loads(request.content) == {
        "req_time": "20261123080000",
        "version": "3.0",
        "req_data": {
            "merchant_no": "822000000000001",
            "term_no": "A0000001",
            "out_trade_no": "R20261123000123-1",
            "refund_amount": "1280",
            "refund_reason": "退货",
            "origin_trade_no": "2026112366",
            "origin_out_trade_no": "POS20261123000123",
            "location_info": {"request_ip": "10.0.0.8"},
            "refund_acc_mode": "05",
            "notify_url": "https://shop.example/n",
        },
    }
    parts = seals.read_authorization(request.headers["Authorization"])
    assert (parts["appid"], parts["serial_no"], parts["nonce_str"]) == (
        "OP00000000demo",
        "00deadbeef01",
        NONCE,
    )
    text = seals.call_text(
        (parts[n] for n in ("appid", "serial_no", "timestamp", "nonce_str")), request.content
    )
    assert signing.rsa_verify(key("shop").public_key(), text, parts["signature"])


def test_the_header_is_read_in_any_order_and_other_schemes_are_not() -> None:
    header = 'LKLAPI-SHA256withRSA nonce_str="b", appid="a",signature="x=="'
    assert seals.read_authorization(header) == {"appid": "a", "nonce_str": "b", "signature": "x=="}
    assert seals.read_authorization('WECHATPAY2-SHA256-RSA2048 mchid="1"') == {}


def test_a_void_has_no_amount_and_is_asked_about_elsewhere() -> None:
    void = order(route=Route.VOID, amount=5980)
    _, [request] = say("void", reply("BBS00000", trade_no="T1"), refund=void)
    assert request.url.path == "/api/v3/labs/relation/revoked"
    assert set(json.loads(request.content)["req_data"]) == {
        "merchant_no",
        "term_no",
        "out_trade_no",
        "origin_out_trade_no",
        "location_info",
    }
    assert (
        say("ask", reply("BBS00000", **refund()), refund=void)[1][0].url.path
        == "/api/v3/labs/query/tradequery"
    )
    assert say("ask", reply(**refund()))[1][0].url.path == "/api/v3/rfd/refund_front/refund_query"


def test_api_is_not_said_twice() -> None:
    _, [request] = say("ask", reply(**refund()), base_url="https://s2.lakala.com/api")
    assert str(request.url) == "https://s2.lakala.com/api/v3/rfd/refund_front/refund_query"
