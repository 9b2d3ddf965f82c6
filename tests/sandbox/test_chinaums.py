"""ChinaUMS's server end: its gate, both products, the void's day, notices of 全民付 (chinaums §11)."""

from __future__ import annotations

import itertools
import json
import secrets
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sudapos.channels.signing import chinaums as seals
from sudapos.sandbox import clock, server

_numbers = itertools.count(1)
Sandbox = server.Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with server.running() as running:
        yield running


@pytest.fixture
def order_no(sandbox: Sandbox) -> str:
    number = f"1A2BORDER{next(_numbers):06d}"
    sandbox.order("chinaums", number, 1000)
    return number


def say(sandbox: Sandbox, path: str, asked: dict[str, Any], **head: str) -> dict[str, Any]:
    config = sandbox.config("demo-chinaums")
    body = json.dumps(asked).encode()
    stamp = f"{clock.beijing(datetime.now(UTC).timestamp()):%Y%m%d%H%M%S}"
    parts = {"timestamp": stamp, "nonce": secrets.token_hex(8), "app_key": config["app_key"]} | head
    header = seals.authorization(config["app_id"], parts["app_key"], parts["timestamp"], parts["nonce"], body)
    request = urllib.request.Request(config["base_url"] + path, data=body, headers={"Authorization": header})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def pos(sandbox: Sandbox, what: str, **asked: Any) -> dict[str, Any]:
    config = sandbox.config("demo-chinaums")
    own = {"merchantCode": config["merchant_code"], "terminalCode": config["terminal_code"]}
    return say(sandbox, f"/v2/poslink/transaction/{what}", own | asked)


def refund(sandbox: Sandbox, order_no: str, number: str = "", amount: object = 400, **more: Any) -> str:
    asked = {
        "merchantOrderId": order_no,
        "refundRequestId": number or f"R{next(_numbers):06d}",
        "transactionAmount": amount,
        "transactionCurrencyCode": "156",
    }
    return str(pos(sandbox, "refund", **(asked | more))["errCode"])


def test_the_gate(sandbox: Sandbox) -> None:
    path = "/v2/poslink/transaction/query"
    assert say(sandbox, path, {}, timestamp="20200101000000")["errCode"] == "1000"
    assert say(sandbox, path, {}, app_key="another")["errCode"] == "1000"
    assert say(sandbox, path, {}, nonce="once")["errCode"] == "9001"
    assert say(sandbox, path, {}, nonce="once")["errCode"] == "1000"


def test_what_the_real_one_refuses(sandbox: Sandbox, order_no: str) -> None:
    assert refund(sandbox, order_no, amount="400") == "9001"
    assert refund(sandbox, order_no, colour="red") == "9001"
    assert refund(sandbox, order_no, amount=0) == "13"
    assert refund(sandbox, order_no, merchantCode="898000000000000") == "03"
    assert refund(sandbox, order_no, terminalCode="00000000") == "97"
    assert refund(sandbox, "NEVER") == "25"
    assert refund(sandbox, order_no, originalOrderId="NEVER") == "25"
    assert refund(sandbox, order_no, amount=1001) == "64"
    assert refund(sandbox, order_no, "R1") == "00"
    assert refund(sandbox, order_no, "R1") == "00"
    assert refund(sandbox, order_no, "R1", 401) == "94"
    assert refund(sandbox, order_no, amount=601) == "64"


def test_the_order_query_has_both_spellings_and_knows_no_sums(sandbox: Sandbox, order_no: str) -> None:
    refund(sandbox, order_no)
    told = pos(sandbox, "query", merchantOrderId=order_no)
    assert (told["queryResCode"], told["refundedAmount"], told["refundAmonunt"]) == ("3", 0, 0)
    assert told["origialRetrievalRefNum"] == told["originalRetrievalRefNum"]


def test_a_void_is_for_today_and_before_any_refund(sandbox: Sandbox, order_no: str) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sandbox.order("chinaums", f"{order_no}OLD", 500, paid_at=yesterday)
    assert pos(sandbox, "voidpayment", merchantOrderId=f"{order_no}OLD")["errCode"] == "22"
    assert pos(sandbox, "voidpayment", merchantOrderId=order_no)["errCode"] == "00"
    assert pos(sandbox, "query", merchantOrderId=order_no)["queryResCode"] == "2"
    assert refund(sandbox, order_no) == "22"


def net(sandbox: Sandbox, what: str, **asked: Any) -> dict[str, Any]:
    config = sandbox.config("demo-chinaums")
    common = {
        "requestTimestamp": "2026-11-23 08:00:00",
        "mid": config["merchant_code"],
        "tid": config["terminal_code"],
        "instMid": "QRPAYDEFAULT",
    }
    return say(sandbox, f"/v1/netpay/{what}", common | asked)


def test_netpay_is_idempotent_and_wants_the_source_code(sandbox: Sandbox, order_no: str) -> None:
    number = f"1A2BR{next(_numbers):06d}"
    asked = {"merOrderId": order_no, "refundOrderId": number, "refundAmount": 400}
    assert net(sandbox, "refund", **(asked | {"refundOrderId": "R000001"}))["errCode"] == "BAD_REQUEST"
    first, again = net(sandbox, "refund", **asked), net(sandbox, "refund", **asked)
    assert (first["refundStatus"], again["refundTargetOrderId"]) == (
        "PROCESSING",
        first["refundTargetOrderId"],
    )
    assert net(sandbox, "refund", **(asked | {"refundAmount": 401}))["errCode"] == "DUP_ORDER"
    sandbox.settle()
    assert net(sandbox, "refund-query", merOrderId=number)["refundStatus"] == "SUCCESS"
    assert sandbox.times_paid(number) == 1
    more = {"merOrderId": order_no, "refundOrderId": f"{number}X", "refundAmount": 601}
    assert net(sandbox, "refund", **more)["errCode"] == "OPERATION_NOT_ALLOWED"
