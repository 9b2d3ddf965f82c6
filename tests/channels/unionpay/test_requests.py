"""What leaves for UnionPay, and every vector of the sheet (unionpay §18)."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from pathlib import Path

from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509 import load_pem_x509_certificate

from sudapos.channels.signing import unionpay as seals
from sudapos.core.outcome import Route

from ..recorded import key
from .conversation import refund, reply, say, signer, the_order

REFUND = {
    "accessType": "0",
    "backUrl": "https://pay.example.com/unionpay/back",
    "bizType": "000201",
    "certId": "68759663125",
    "channelType": "07",
    "encoding": "UTF-8",
    "merId": "777290058110048",
    "orderId": "R202611230001231",
    "origQryId": "202611231200001234568",
    "signMethod": "01",
    "txnAmt": "1280",
    "txnSubType": "00",
    "txnTime": "20261123140507",
    "txnType": "04",
    "version": "5.1.0",
}
"""The refund of §18.1."""


def test_the_text_and_both_hashes_of_a_refund() -> None:
    text = seals.text(REFUND)
    assert len(text) == 289 and text.startswith(
        b"accessType=0&backUrl=https://pay.example.com/unionpay/back&"
    )
    first = seals.first_hash(REFUND)
    assert first == b"e35b9eda3dfc62bc6dc27bd1b406d6fd2ab70767b926c78d05883d7e5ee0aa19"
    assert hashlib.sha256(first).hexdigest() == (
        "f446dd611e04282d4dd9784c22f709df3efe7760a7d9c718fa284adb5cd647fa"
    )


def test_sign_method_11() -> None:
    said = {name: value for name, value in REFUND.items() if name != "certId"} | {"signMethod": "11"}
    assert seals.keyed(said, "88888888") == (
        "bbd6130b12483554b75fe6654586402c49808b3d6d1414df6d212ff3313abc4c"
    )


def test_a_recorded_reply_of_the_real_test_gateway_verifies() -> None:
    """Of 2024-01-05, from the tests of yansongda/pay (MIT)."""
    raw = (Path(__file__).parent / "recorded_reply.txt").read_text("utf-8")
    told = seals.parse(raw.replace("\n", "\r\n"))
    assert len(seals.text(told)) == 1901
    assert seals.first_hash(told) == b"e48da059a3baee5367050c84375bc1eeaa2666a3647f257b49d96604f71fa367"
    certificate = seals.certificate(told["signPubKeyCert"])
    assert seals.holds(seals.public_key(certificate), told)
    assert seals.speaks_for_unionpay(certificate)
    assert not seals.holds(seals.public_key(certificate), told | {"txnAmt": "2"})


def test_replies_are_split_at_depth_zero_and_at_the_first_equals_sign() -> None:
    fields = seals.parse(
        "accessType=0&bizType=000000&certId=68759585097&encoding=utf-8&merId=777290058110097&orderId=20160417104527"
        "&respCode=34&respMsg=查无此交易[2600000]&signMethod=01&txnSubType=00&txnTime=20160417104527&txnType=00&version=5.0.0"
    )
    assert len(fields) == 13 and fields["respMsg"] == "查无此交易[2600000]"
    assert seals.parse("merId=888888888888888&sysReserved={aaa=a&bbb=b}&transType=01") == {
        "merId": "888888888888888",
        "sysReserved": "{aaa=a&bbb=b}",
        "transType": "01",
    }
    assert seals.parse("signature=c++/=&a=") == {"signature": "c++/=", "a": ""}


def test_a_refund_says_exactly_this() -> None:
    order = replace(the_order(), notify_url="https://pay.example.com/unionpay/back")
    _, [(url, asked)] = say("refund", reply(refund()), refund=order)
    signature = asked.pop("signature")
    assert url == "https://gateway.95516.com/gateway/api/backTransReq.do"
    assert asked == REFUND
    assert seals.holds(key("shop").public_key(), asked | {"signature": signature})


def test_a_void_is_31_and_a_question_names_number_and_hour() -> None:
    void = replace(the_order(), route=Route.VOID, amount=5980)
    _, [(_, asked)] = say("void", reply(refund(txnType="31", txnAmt="5980")), refund=void)
    assert (asked["txnType"], asked["txnAmt"], asked["backUrl"]) == (
        "31",
        "5980",
        "http://www.specialUrl.com",
    )
    _, [(url, asked)] = say("ask", reply(refund(origRespCode="00")))
    assert url.endswith("/gateway/api/queryTrans.do")
    assert (asked["txnType"], asked["orderId"], asked["txnTime"]) == (
        "00",
        "R202611230001231",
        "20261123140507",
    )


def test_the_qr_product_names_the_original_by_number_and_hour() -> None:
    order = replace(the_order(), channel_ref="")
    _, [(_, asked)] = say("refund", reply(refund()), refund=order, biz_type="000000")
    assert "origQryId" not in asked
    assert (asked["origOrderId"], asked["origTxnTime"]) == ("POS20261123000123", "20261123080000")


def test_a_pfx_gives_key_and_number() -> None:
    certificate = load_pem_x509_certificate(signer(name="shop").encode())
    packed = pkcs12.serialize_key_and_certificates(
        b"shop", key("shop"), certificate, None, BestAvailableEncryption(b"000000")
    )
    pfx = base64.b64encode(packed).decode()
    outcome, [(_, asked)] = say(
        "refund", reply(refund()), private_key="", cert_id="", pfx=pfx, pfx_password="000000"
    )
    assert asked["certId"] == "7" and type(outcome).__name__ == "Accepted"
    assert seals.holds(key("shop").public_key(), asked)
