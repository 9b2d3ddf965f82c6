"""What Alipay hears from us, byte for byte (alipay §2, §3, §8, §9)."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest

from sudapos.channels import alipay, signing

from ..recorded import OtherSide, key, order
from .conversation import QUERY, REFUND, TRADE, answer, done, found, mapping, merged, reply, say


def signed_by_us(request: httpx.Request) -> bool:
    said = merged(request)
    text = "&".join(f"{name}={said[name]}" for name in sorted(said) if name != "sign").encode()
    return signing.rsa_verify(key("shop").public_key(), text, said["sign"])


def test_a_refund_request_is_signed_and_holds_what_the_sheet_asks_for() -> None:
    _, side = say("refund", reply(REFUND, done()), to=order(notify_url="https://pay.example.com/notices/x"))
    (request,) = side.heard
    assert request.method == "POST"
    assert str(request.url) == "https://openapi.alipay.com/gateway.do?charset=utf-8"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded; charset=utf-8"
    said = merged(request)
    biz = json.loads(said.pop("biz_content"))
    assert signed_by_us(request)
    del said["sign"]
    assert said == {
        "app_id": "2014072300007148",
        "method": "alipay.trade.refund",
        "format": "JSON",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": "2026-11-23 08:00:00",
        "version": "1.0",
        "notify_url": "https://pay.example.com/notices/x",
    }
    assert biz == {
        "out_trade_no": "POS20261123000123",
        "refund_amount": "12.80",
        "out_request_no": "R20261123000123-1",
        "refund_reason": "退货",
        "query_options": ["refund_detail_item_list", "deposit_back_info"],
    }


def test_the_signed_text_of_a_refund_is_the_sheets_vector_but_for_the_query_options() -> None:
    at = datetime(2026, 11, 23, 14, 5, 7, tzinfo=ZoneInfo("Asia/Shanghai"))
    side = OtherSide([reply(REFUND, done())])
    shop = alipay.Alipay(alipay.Config.from_mapping(mapping()), client=side.client(), now=lambda: at)
    asyncio.run(shop.refund(order()))
    said = merged(side.heard[0])
    del said["sign"]
    options = ',"query_options":["refund_detail_item_list","deposit_back_info"]'
    assert options in said["biz_content"]
    said["biz_content"] = said["biz_content"].replace(options, "")
    text = signing.alipay_text(said)
    assert len(text) == 268
    assert (
        hashlib.sha256(text).hexdigest() == "3780cd3c8eeb5080752175c0736b18972b074c1a65ff7eab8217502f0d25c155"
    )


def test_a_question_names_the_refund_and_the_order() -> None:
    _, side = say("ask", reply(QUERY, found()))
    (request,) = side.heard
    said = merged(request)
    assert said["method"] == "alipay.trade.fastpay.refund.query"
    assert json.loads(said["biz_content"]) == {
        "out_trade_no": "POS20261123000123",
        "out_request_no": "R20261123000123-1",
        "query_options": ["gmt_refund_pay", "refund_detail_item_list", "deposit_back_info"],
    }
    assert signed_by_us(request)


def test_alipays_own_number_of_the_trade_goes_alone_when_we_know_it() -> None:
    _, side = say("refund", reply(REFUND, done()), to=order(channel_ref=TRADE))
    biz = json.loads(merged(side.heard[0])["biz_content"])
    assert biz["trade_no"] == TRADE
    assert "out_trade_no" not in biz


def test_what_is_empty_is_left_out() -> None:
    _, side = say("refund", reply(REFUND, done()), to=order(reason=""))
    said = merged(side.heard[0])
    assert "notify_url" not in said and "app_auth_token" not in said
    assert "refund_reason" not in json.loads(said["biz_content"])


@pytest.mark.parametrize(
    ("fen", "yuan"), [(1, "0.01"), (10, "0.10"), (1280, "12.80"), (9_999_999_999, "99999999.99")]
)
def test_fen_become_yuan_with_two_decimals(fen: int, yuan: str) -> None:
    _, side = say("refund", reply(REFUND, done()), to=order(amount=fen, paid_amount=fen))
    assert json.loads(merged(side.heard[0])["biz_content"])["refund_amount"] == yuan


def test_a_reason_is_cut_at_256_characters() -> None:
    _, side = say("refund", reply(REFUND, done()), to=order(reason="退" * 300))
    assert json.loads(merged(side.heard[0])["biz_content"])["refund_reason"] == "退" * 256


def test_an_authorisation_token_is_signed_and_stands_in_no_address() -> None:
    _, side = say("refund", reply(REFUND, done()), app_auth_token="201510BBaabdb44d8fd04607abf8d5931ec75D84")
    (request,) = side.heard
    assert merged(request)["app_auth_token"] == "201510BBaabdb44d8fd04607abf8d5931ec75D84"
    assert "201510BB" not in str(request.url)
    assert signed_by_us(request)


@pytest.mark.parametrize(
    ("base_url", "called"),
    [
        ("http://127.0.0.1:9600/alipay", "http://127.0.0.1:9600/alipay/gateway.do?charset=utf-8"),
        ("http://127.0.0.1:9600/alipay/", "http://127.0.0.1:9600/alipay/gateway.do?charset=utf-8"),
        (
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do",
            "https://openapi-sandbox.dl.alipaydev.com/gateway.do?charset=utf-8",
        ),
    ],
)
def test_a_base_url_without_the_gateway_gets_it(base_url: str, called: str) -> None:
    _, side = say("ask", reply(QUERY, found()), base_url=base_url)
    assert str(side.heard[0].url) == called


def test_a_void_is_refused_without_asking_alipay() -> None:
    assert getattr(answer("void"), "code", "") == "void_not_offered"
