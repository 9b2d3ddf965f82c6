"""The other side refuses what the real one refuses, asked by a signing client that shares nothing with the connectors."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding

from sudapos.sandbox import server

REFUNDS = "/v3/refund/domestic/refunds"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Running]:
    with server.running(home=tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(autouse=True)
def well_again(sandbox: server.Running) -> Iterator[None]:
    yield
    sandbox.clear_faults()


def sign(pem: str, text: str) -> str:
    key: Any = serialization.load_pem_private_key(pem.encode(), password=None)
    return base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()


def verify(pem: str, text: str, signature: str) -> None:
    key: Any = serialization.load_pem_public_key(pem.encode())
    key.verify(base64.b64decode(signature), text.encode(), padding.PKCS1v15(), hashes.SHA256())


@dataclass
class WeChat:
    """Signs by wechatpay §3; every part of a call can be bent."""

    sandbox: server.Running
    config: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.sandbox.config("demo-wechatpay")

    def call(self, method: str, target: str, body: Any = None, **bent: Any) -> httpx.Response:
        content = "" if body is None else json.dumps(body, ensure_ascii=False)
        stamp, nonce = (
            str(int(bent.get("at", time.time()))),
            bent.get("nonce", "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"),
        )
        text = f"{method}\n{target}\n{stamp}\n{nonce}\n{bent.get('signed_body', content)}\n"
        pairs = {
            "mchid": self.config["mchid"],
            "nonce_str": nonce,
            "timestamp": stamp,
            "serial_no": bent.get("serial_no", self.config["serial_no"]),
            "signature": sign(self.config["private_key"], text),
        }
        scheme = bent.get("scheme", "WECHATPAY2-SHA256-RSA2048")
        headers = {
            "Authorization": f"{scheme} " + ",".join(f'{k}="{v}"' for k, v in pairs.items()),
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "test",
        }
        if bent.get("anonymous"):
            del headers["Authorization"]
        return httpx.request(
            method, self.config["base_url"] + target, headers=headers, content=content.encode()
        )

    def refund(
        self, order: str, number: str, amount: int = 100, total: int = 1000, **more: Any
    ) -> httpx.Response:
        body = {
            "out_trade_no": order,
            "out_refund_no": number,
            "amount": {"refund": amount, "total": total, "currency": "CNY"},
            **more,
        }
        return self.call("POST", REFUNDS, {k: v for k, v in body.items() if v is not None})

    def paid(self, number: str, amount: int = 1000, **more: Any) -> str:
        self.sandbox.order("wechatpay", number, amount, **more)
        return number


@pytest.fixture(scope="module")
def wechat(sandbox: server.Running) -> WeChat:
    return WeChat(sandbox)


def no(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_wechat_answers_are_signed_over_their_raw_body_errors_too(wechat: WeChat) -> None:
    for answer in (wechat.refund(wechat.paid("WSIG0001"), "RSIG1"), wechat.refund("WNOWHERE1", "RSIG2")):
        head = answer.headers
        assert head["Wechatpay-Serial"] == wechat.config["public_key_id"]
        text = f"{head['Wechatpay-Timestamp']}\n{head['Wechatpay-Nonce']}\n{answer.text}\n"
        verify(wechat.config["public_key"], text, head["Wechatpay-Signature"])


@pytest.mark.parametrize(
    "bent",
    [
        {"anonymous": True},
        {"scheme": "WECHATPAY2-SHA1"},
        {"serial_no": "00"},
        {"at": 1_700_000_000},
        {"signed_body": "something else"},
    ],
    ids=lambda bent: next(iter(bent)),
)
def test_wechat_refuses_what_is_not_signed_as_it_should_be(wechat: WeChat, bent: dict[str, Any]) -> None:
    body = {"out_trade_no": "W", "out_refund_no": "R", "amount": {"refund": 1, "total": 1, "currency": "CNY"}}
    answer = wechat.call("POST", REFUNDS, body, **bent)
    assert no(answer) == (401, "SIGN_ERROR")


def test_wechat_tells_what_it_signed(wechat: WeChat) -> None:
    answer = wechat.call("GET", f"{REFUNDS}/R1", signed_body="x")
    told = answer.json()["detail"]["sign_information"]
    assert told["method"] == "GET" and told["url"] == f"{REFUNDS}/R1"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"number": "R#1"}, (400, "PARAM_ERROR")),
        ({"number": "R" * 65}, (400, "PARAM_ERROR")),
        ({"amount": 0}, (400, "PARAM_ERROR")),
        ({"amount": "100"}, (400, "PARAM_ERROR")),
        ({"sub_mchid": "1"}, (400, "*")),
        ({"surprise": 1}, (400, "PARAM_ERROR")),
        ({"total": 999}, (400, "INVALID_REQUEST")),
        ({"amount": 1001}, (400, "INVALID_REQUEST")),
        ({"order": "WUNHEARDOF"}, (404, "RESOURCE_NOT_EXISTS")),
    ],
    ids=str,
)
def test_wechat_checks_every_field(wechat: WeChat, change: dict[str, Any], expected: tuple[int, str]) -> None:
    given = {"order": wechat.paid("WFIELD01"), "number": "RFIELD1", **change}
    answer = wechat.refund(given.pop("order"), given.pop("number"), **given)
    assert answer.status_code == expected[0]
    assert expected[1] in ("*", answer.json()["code"])
    assert wechat.sandbox.times_paid("RFIELD1") == 0


def test_wechat_pays_one_number_once_and_compares_its_content(wechat: WeChat) -> None:
    order = wechat.paid("WONCE001")
    first = wechat.refund(order, "RONCE1")
    assert (first.status_code, first.json()["status"]) == (200, "PROCESSING")
    assert wechat.refund(order, "RONCE1").json()["refund_id"] == first.json()["refund_id"]
    assert no(wechat.refund(order, "RONCE1", amount=101)) == (400, "INVALID_REQUEST")
    wechat.sandbox.settle()
    told = wechat.call("GET", f"{REFUNDS}/RONCE1").json()
    assert (told["status"], told["amount"]["refund"], told["user_received_account"]) == (
        "SUCCESS",
        100,
        "支付用户零钱",
    )
    [row] = wechat.sandbox.ledger(refund_no="RONCE1")
    assert (row["times_asked"], row["times_paid"], row["amount"]) == (2, 1, 100)


def test_wechat_wants_a_minute_between_two_refunds_of_an_order(wechat: WeChat) -> None:
    order = wechat.paid("WMINUTE1")
    assert wechat.refund(order, "RMIN1").status_code == 200
    assert wechat.refund(order, "RMIN2").status_code in (400, 429)
    wechat.sandbox.advance(61)
    assert wechat.refund(order, "RMIN2").status_code == 200
    wechat.sandbox.advance(61)
    assert no(wechat.refund(order, "RMIN3", amount=801)) == (400, "INVALID_REQUEST")


def test_wechat_closes_its_window_after_a_year(wechat: WeChat) -> None:
    order = wechat.paid("WYEAR001", paid_at="2024-01-01T00:00:00+08:00")
    assert no(wechat.refund(order, "RYEAR1")) == (400, "INVALID_REQUEST")


def test_wechat_knows_numbers_with_awkward_characters(wechat: WeChat) -> None:
    number = "R|2026@1*_-"
    assert wechat.refund(wechat.paid("WCHAR001"), number).status_code == 200
    assert wechat.call("GET", f"{REFUNDS}/{quote(number, safe='')}").json()["out_refund_no"] == number


@dataclass
class Alipay:
    """Signs by alipay §3."""

    sandbox: server.Running
    config: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.config = self.sandbox.config("demo-alipay")

    def call(
        self, method: str, content: dict[str, Any], **bent: str
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600))
        given = {
            "app_id": self.config["app_id"],
            "method": method,
            "format": "JSON",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": now,
            "version": "1.0",
            "biz_content": json.dumps(content, ensure_ascii=False),
            **bent,
        }
        text = "&".join(f"{k}={v}" for k, v in sorted(given.items()) if v and k != "sign")
        given.setdefault("sign", sign(self.config["private_key"], text))
        answer = httpx.post(
            self.config["base_url"].rstrip("/")
            + ("" if "gateway" in self.config["base_url"] else "/gateway.do"),
            data=given,
        )
        assert answer.status_code == 200
        whole = answer.json()
        node = next(v for k, v in whole.items() if k.endswith("_response"))
        return node, whole

    def refund(self, order: str, number: str, amount: str = "1.00", **more: Any) -> dict[str, Any]:
        content = {"out_trade_no": order, "refund_amount": amount, "out_request_no": number, **more}
        return self.call("alipay.trade.refund", {k: v for k, v in content.items() if v is not None})[0]

    def paid(self, number: str, amount: int = 1000) -> str:
        self.sandbox.order("alipay", number, amount)
        return number


@pytest.fixture(scope="module")
def alipay(sandbox: server.Running) -> Alipay:
    return Alipay(sandbox)


def test_alipay_moves_money_once_and_says_n_to_a_repeat(alipay: Alipay) -> None:
    order = alipay.paid("AONCE001")
    first = alipay.refund(order, "QONCE1")
    assert (first["code"], first["fund_change"], first["refund_fee"]) == ("10000", "Y", "1.00")
    again = alipay.refund(order, "QONCE1")
    assert (again["code"], again["fund_change"]) == ("10000", "N")
    other = alipay.refund(order, "QONCE1", amount="1.01")
    assert other["sub_code"] == "ACQ.DISCORDANT_REPEAT_REQUEST"
    assert alipay.sandbox.times_paid("QONCE1") == 1


def test_alipay_adds_refunds_up_and_stops_at_the_total(alipay: Alipay) -> None:
    order = alipay.paid("ASUM0001")
    alipay.refund(order, "QSUM1", amount="4.00")
    alipay.sandbox.advance(4)
    assert alipay.refund(order, "QSUM2", amount="3.50")["refund_fee"] == "7.50"
    alipay.sandbox.advance(4)
    assert alipay.refund(order, "QSUM3", amount="2.51")["code"] == "40004"


@pytest.mark.parametrize(
    ("change", "sub_code"),
    [
        ({"amount": "0.00"}, "ACQ.INVALID_PARAMETER"),
        ({"amount": "1.001"}, "ACQ.INVALID_PARAMETER"),
        ({"amount": "abc"}, "ACQ.INVALID_PARAMETER"),
        ({"order": "ANOWHERE"}, "ACQ.TRADE_NOT_EXIST"),
        ({"number": None}, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"),
    ],
    ids=str,
)
def test_alipay_checks_every_field(alipay: Alipay, change: dict[str, Any], sub_code: str) -> None:
    given = {"order": alipay.paid("AFIELD01"), "number": "QFIELD1", **change}
    node = alipay.refund(given.pop("order"), given.pop("number"), **given)
    assert (node["code"], node["sub_code"]) == ("40004", sub_code)


@pytest.mark.parametrize(
    ("bent", "sub_code"),
    [
        ({"app_id": "1"}, "isv.invalid-app-id"),
        ({"sign": "AAAA"}, "isv.invalid-signature"),
        ({"timestamp": "yesterday"}, "isv.invalid-timestamp"),
    ],
    ids=str,
)
def test_alipay_refuses_strangers_without_a_signature_of_its_own(
    alipay: Alipay, bent: dict[str, str], sub_code: str
) -> None:
    node, whole = alipay.call("alipay.trade.refund", {"out_trade_no": "A"}, **bent)
    assert (node["code"][:1], node["sub_code"]) == ("4", sub_code)
    if "app_id" in bent:
        assert "sign" not in whole


def test_alipay_says_nothing_about_a_refund_that_it_never_saw(alipay: Alipay) -> None:
    order = alipay.paid("AASK0001")
    node, _ = alipay.call(
        "alipay.trade.fastpay.refund.query", {"out_trade_no": order, "out_request_no": "QNEVER"}
    )
    assert node["code"] == "10000" and "refund_status" not in node
    alipay.refund(order, "QASK1")
    node, _ = alipay.call(
        "alipay.trade.fastpay.refund.query", {"out_trade_no": order, "out_request_no": "QASK1"}
    )
    assert (node["refund_status"], node["refund_amount"]) == ("REFUND_SUCCESS", "1.00")


def test_controls_name_what_is_wrong(sandbox: server.Running) -> None:
    for body in (
        {"channel": "pigeon", "verb": "refund", "fault": "slow"},
        {"channel": "alipay", "verb": "refund", "fault": "sneeze"},
    ):
        answer = httpx.post(f"{sandbox.url}/_control/faults", json=body)
        assert 400 <= answer.status_code < 500
        assert {"error", "message"} <= set(answer.json())
    order = {"channel": "alipay", "account": "demo-alipay", "order_no": "ACTRL001", "amount": 5}
    assert httpx.post(f"{sandbox.url}/_control/orders", json=order).status_code in (200, 201)
    assert httpx.post(f"{sandbox.url}/_control/orders", json=order).status_code == 200
    assert httpx.post(f"{sandbox.url}/_control/orders", json={**order, "amount": 6}).status_code == 409


def test_keys_stay_the_same_over_a_restart(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("kept")
    with server.running(home=home) as first:
        before = first.config("demo-wechatpay")["private_key"]
        first.order("wechatpay", "WKEPT001", 100)
    with server.running(home=home) as second:
        assert second.config("demo-wechatpay")["private_key"] == before
        assert [row["order_no"] for row in second.ledger(order_no="WKEPT001")] == ["WKEPT001"]
