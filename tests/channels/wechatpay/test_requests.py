"""What WeChat hears from us, byte for byte (wechatpay §2, §3, §6, §7)."""

from __future__ import annotations

import hashlib
import json
import re

import httpx
import pytest

from sudapos.channels import signing

from ..recorded import key, order, private_pem, public_pem
from .conversation import CONFIG, KEY_ID, NONCE, refund, reply, say

BODY = (
    '{"out_trade_no":"POS20261123000123","out_refund_no":"R20261123000123-1","reason":"退货",'
    '"notify_url":"https://pay.example.com/wechat/refund","amount":{"refund":1280,"total":5980,"currency":"CNY"}}'
).encode()


def signature_of(request: httpx.Request) -> str:
    found = re.search(r'signature="([^"]+)"', request.headers["Authorization"])
    assert found is not None
    return found[1]


def test_a_refund_request_is_the_sheets_vector_byte_for_byte() -> None:
    _, side = say(
        "refund",
        reply(200, refund()),
        to=order(notify_url="https://pay.example.com/wechat/refund"),
    )
    (request,) = side.heard
    assert request.method == "POST"
    assert str(request.url) == "https://api.mch.weixin.qq.com/v3/refund/domestic/refunds"
    assert request.content == BODY
    text = f"POST\n/v3/refund/domestic/refunds\n1795392000\n{NONCE}\n".encode() + BODY + b"\n"
    assert len(text) == 276
    assert (
        hashlib.sha256(text).hexdigest() == "07d27b439076008fd777a0f89fc0a328152310a7c11301fc3bb02d2077a2a966"
    )
    assert request.headers["Authorization"] == (
        f'WECHATPAY2-SHA256-RSA2048 mchid="1900009191",nonce_str="{NONCE}",timestamp="1795392000",'
        f'serial_no="{CONFIG["serial_no"]}",signature="{signing.rsa_sign(key("shop"), text)}"'
    )


def test_every_request_carries_the_headers_that_wechat_asks_for() -> None:
    _, side = say("refund", reply(200, refund()))
    headers = side.heard[0].headers
    assert headers["Accept"] == "application/json"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == "sudapos"
    assert headers["Wechatpay-Serial"] == KEY_ID


def test_a_number_with_special_characters_is_signed_as_it_stands_on_the_wire() -> None:
    _, side = say("ask", reply(404, {"code": "RESOURCE_NOT_EXISTS"}), to=order(number="R|2026@1*_-"))
    (request,) = side.heard
    assert request.url.raw_path == b"/v3/refund/domestic/refunds/R%7C2026%401%2A_-"
    assert "Content-Type" not in request.headers
    text = f"GET\n/v3/refund/domestic/refunds/R%7C2026%401%2A_-\n1795392000\n{NONCE}\n\n".encode()
    assert (
        hashlib.sha256(text).hexdigest() == "61d16926bb83b0662446e6565b170e19b7d1f8848c1bc98a278fbaed0176eec0"
    )
    assert signature_of(request) == signing.rsa_sign(key("shop"), text)


def test_the_path_of_the_base_url_is_sent_and_never_signed() -> None:
    _, side = say("ask", reply(200, refund()), base_url="http://127.0.0.1:9600/wechatpay/")
    (request,) = side.heard
    assert request.url.path == "/wechatpay/v3/refund/domestic/refunds/R20261123000123-1"
    text = f"GET\n/v3/refund/domestic/refunds/R20261123000123-1\n1795392000\n{NONCE}\n\n".encode()
    assert signature_of(request) == signing.rsa_sign(key("shop"), text)


def test_wechats_own_number_of_the_order_goes_alone_when_we_know_it() -> None:
    _, side = say("refund", reply(200, refund()), to=order(channel_ref="4200002026112300000000000001"))
    body = json.loads(side.heard[0].content)
    assert body["transaction_id"] == "4200002026112300000000000001"
    assert "out_trade_no" not in body


def test_what_is_empty_is_left_out() -> None:
    _, side = say("refund", reply(200, refund()), to=order(reason=""))
    assert set(json.loads(side.heard[0].content)) == {"out_trade_no", "out_refund_no", "amount"}


def test_a_configured_source_of_funds_is_named() -> None:
    _, side = say("refund", reply(200, refund()), funds_account="AVAILABLE")
    assert json.loads(side.heard[0].content)["funds_account"] == "AVAILABLE"


@pytest.mark.parametrize(
    ("reason", "sent"),
    [("退" * 40, "退" * 26), ("质量问题😀不要了", "质量问题不要了"), ("a" * 81, "a" * 80)],
    ids=["cut between characters", "without emoji", "cut at 80 bytes"],
)
def test_a_reason_is_what_wechat_can_take(reason: str, sent: str) -> None:
    _, side = say("refund", reply(200, refund()), to=order(reason=reason))
    assert json.loads(side.heard[0].content)["reason"] == sent


def test_a_reason_of_emoji_alone_is_left_out() -> None:
    _, side = say("refund", reply(200, refund()), to=order(reason="😀"))
    assert "reason" not in json.loads(side.heard[0].content)


def test_the_same_order_is_sent_in_the_same_bytes_every_time() -> None:
    _, first = say("refund", reply(200, refund()))
    _, again = say("refund", reply(200, refund()), to=order(attempt=7))
    assert first.heard[0].content == again.heard[0].content


def test_during_rotation_requests_name_the_new_key() -> None:
    _, side = say(
        "refund", reply(200, refund()), previous_key_id="OLD", previous_key=public_pem("old wechat")
    )
    assert side.heard[0].headers["Wechatpay-Serial"] == KEY_ID


def test_bare_base64_from_the_portal_is_a_key_too() -> None:
    bare = "".join(line for line in private_pem("shop").splitlines() if "-----" not in line)
    _, side = say("refund", reply(200, refund()), private_key=bare)
    assert len(side.heard) == 1


def test_a_void_is_refused_without_asking_wechat() -> None:
    outcome, side = say("void")
    assert getattr(outcome, "code", "") == "void_not_offered"
    assert side.heard == []
