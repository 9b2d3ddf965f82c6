"""What leaves for ChinaUMS: the sheet's vectors, both products, versions by operation (chinaums §2–§4)."""

from __future__ import annotations

import hashlib
import json

import pytest

from sudapos import channels
from sudapos.channels.signing import chinaums as seals
from sudapos.core.outcome import Route
from sudapos.core.refusal import Invalid

from ..recorded import order
from .conversation import NETPAY, NONCE, mapping, reply, say

APP_ID, APP_KEY = "10037e6f0000demo0001", "demo0appkey0demo0appkey0demo0001"


def test_the_sheets_signature_over_a_body() -> None:
    body = (
        '{"merchantCode":"898000000000001","terminalCode":"10000001","merchantOrderId":"T20260405000123","refundRequestId":'
        '"R20260405000001","transactionAmount":5000,"transactionCurrencyCode":"156","refundDesc":"退货"}'
    ).encode()
    assert len(body) == 211
    assert (
        hashlib.sha256(body).hexdigest() == "1fcd5497be641cef87b33b01288aaf11f63f2a39f552ec2f3b9c0b8b91bc36d2"
    )
    signature = seals.body_signature(APP_ID, APP_KEY, "20260405143005", NONCE, body)
    assert signature == "BNRBoJK6RrxNQKVG6/clOjYsVZ23S0zgExA5jcLRsS8="


def test_the_same_signature_over_the_content_of_a_form() -> None:
    content = b'{"merOrderId":"1A2B20260405143000000000001"}'
    signature = seals.body_signature(APP_ID, APP_KEY, "20260405143005", NONCE, content)
    assert signature == "7WJyBHGf1h9a/Roh878s6bn3u0rGxvahxmO4lZafvzw="


def test_the_sheets_notice_digest_in_both_algorithms() -> None:
    told = {
        "billNo": "1A2B2026040500000001",
        "billStatus": "PAID",
        "createTime": "2026-04-05 14:30:05",
        "instMid": "QRPAYDEFAULT",
        "mid": "898000000000001",
        "notifyId": "n-0001",
        "random": "x9",
        "signType": "SHA256",
        "tid": "10000001",
        "totalAmount": "12345",
        "sign": "not part of it",
        "empty": "",
    }
    assert seals.notice_digest(told, "demoMd5Key0001") == (
        "D46F262B1CEB81EEA48741FCAF6FCD40F11117D7E9D342F00A694080B2C1BC13"
    )
    same = seals.alipay_text(told) + b"demoMd5Key0001"
    assert hashlib.md5(same, usedforsecurity=False).hexdigest().upper() == "DFB71D660A3AC0AFF859014BFB9695EE"


def test_the_header_has_one_form_and_no_other() -> None:
    header = seals.authorization(APP_ID, APP_KEY, "20260405143005", NONCE, b"{}")
    assert seals.read_authorization(header)["nonce"] == NONCE
    for wrong in (header.replace(", ", ","), header.replace('"', "'"), header.replace("BODY", "FORM"), ""):
        assert seals.read_authorization(wrong) == {}


def test_a_poslink_refund_says_exactly_this() -> None:
    _, [request] = say("refund", reply(), refund=order(channel_ref="20261123UMS"))
    assert request.url.path == "/v2/poslink/transaction/refund"
    assert json.loads(request.content) == {
        "merchantCode": "898000000000001",
        "terminalCode": "10000001",
        "merchantOrderId": "POS20261123000123",
        "originalOrderId": "20261123UMS",
        "refundRequestId": "R20261123000123-1",
        "transactionAmount": 1280,
        "transactionCurrencyCode": "156",
        "refundDesc": "退货",
    }
    expected = seals.authorization(APP_ID, APP_KEY, "20261123080000", NONCE, request.content)
    assert request.headers["Authorization"] == expected


def test_each_operation_has_a_version_of_its_own() -> None:
    versions = {"version_refund": "v6", "version_void": "v4", "version_query": "v2"}
    void = order(route=Route.VOID, amount=5980)
    paths = [
        say(verb, reply(), refund=refund, **versions, refund_query_path="refund-query")[1][0].url.path
        for verb, refund in (("refund", order()), ("void", void), ("ask", order()), ("ask", void))
    ]
    assert paths == [
        "/v6/poslink/transaction/refund",
        "/v4/poslink/transaction/voidpayment",
        "/v2/poslink/transaction/refund-query",
        "/v2/poslink/transaction/query",
    ]


def test_a_netpay_refund_begins_with_the_source_code() -> None:
    _, [request] = say("refund", reply("SUCCESS", refundStatus="SUCCESS"), **NETPAY)
    assert request.url.path == "/v1/netpay/refund"
    assert json.loads(request.content) == {
        "requestTimestamp": "2026-11-23 08:00:00",
        "mid": "898000000000001",
        "tid": "10000001",
        "instMid": "QRPAYDEFAULT",
        "merOrderId": "POS20261123000123",
        "refundOrderId": "1A2BR202611230001231",
        "refundAmount": 1280,
        "refundDesc": "退货",
    }


@pytest.mark.parametrize("name", ["merOrderId", "refundOrderId"])
def test_the_field_of_a_netpay_question_can_be_switched(name: str) -> None:
    answer = reply("SUCCESS", refundStatus="SUCCESS")
    _, [request] = say("ask", answer, **NETPAY, refund_query_by=name)
    assert json.loads(request.content)[name] == "1A2BR202611230001231"


@pytest.mark.parametrize(
    "wrong",
    [
        {"product": "till"},
        {"product": "netpay"},
        {"product": "netpay", "source_code": "12"},
        {"refund_query_by": "x"},
    ],
)
def test_a_contract_that_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        channels.open_account("chinaums", mapping(**wrong))
