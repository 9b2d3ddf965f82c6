"""Lakala's server end: its gate, its checks of the original payment, and that a void is for today (lakala §11)."""

from __future__ import annotations

import itertools
import json
import secrets
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sudapos.channels import signing
from sudapos.channels.signing import lakala as seals
from sudapos.sandbox import server

_numbers = itertools.count(1)
Sandbox = server.Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with server.running() as running:
        yield running


@pytest.fixture
def order_no(sandbox: Sandbox) -> str:
    number = f"L{next(_numbers):06d}"
    sandbox.order("lakala", number, 1000)
    return number


def say(sandbox: Sandbox, path: str, asked: dict[str, Any], **head: str) -> dict[str, Any]:
    config = sandbox.config("demo-lakala")
    asked = {"merchant_no": config["merchant_no"], "term_no": config["term_no"], **asked}
    body = json.dumps({"req_time": "20261123080000", "version": "3.0", "req_data": asked}).encode()
    parts = {
        "appid": config["appid"],
        "serial_no": config["serial_no"],
        "timestamp": str(int(time.time())),
        "nonce_str": secrets.token_hex(8),
    } | head
    text = seals.call_text((parts[n] for n in ("appid", "serial_no", "timestamp", "nonce_str")), body)
    parts["signature"] = signing.rsa_sign(signing.load_private_key(config["private_key"]), text)
    headers = {"Authorization": seals.authorization(parts), "Content-Type": "application/json"}
    request = urllib.request.Request(f"{config['base_url']}/api/v3/{path}", data=body, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def refund(sandbox: Sandbox, order_no: str, number: str = "", amount: str = "400", **more: Any) -> str:
    asked: dict[str, Any] = {
        "out_trade_no": number or f"R{next(_numbers):06d}",
        "refund_amount": amount,
        "location_info": {"request_ip": "10.0.0.8"},
        "origin_out_trade_no": order_no,
    }
    told = say(sandbox, "rfd/refund_front/refund", {k: v for k, v in (asked | more).items() if v})
    return str(told.get("resp_data", {}).get("trade_state") or told["code"])


def test_the_gate(sandbox: Sandbox) -> None:
    for head in ({"serial_no": "00"}, {"timestamp": "1"}, {"timestamp": "x"}, {"nonce_str": "short"}):
        assert say(sandbox, "rfd/refund_front/refund_query", {}, **head)["code"].startswith("GW")
    nonce = secrets.token_hex(8)
    codes = [say(sandbox, "rfd/refund_front/refund_query", {}, nonce_str=nonce)["code"] for _ in range(2)]
    assert codes == ["710050", "GW0004"]


def test_what_the_real_one_refuses(sandbox: Sandbox, order_no: str) -> None:
    assert refund(sandbox, order_no, refund_amount="0400") == "RFD00002"
    assert refund(sandbox, order_no, location_info="") == "RFD00002"
    assert refund(sandbox, order_no, colour="red") == "RFD00002"
    assert refund(sandbox, order_no, term_no="A9999999") == "RFD00003"
    assert refund(sandbox, "NEVER") == "710050"
    assert refund(sandbox, order_no, origin_out_trade_no="") == "710052"
    assert refund(sandbox, order_no, amount="1001") == "FAIL"
    assert refund(sandbox, order_no, "R1") == "PROCESSING"
    assert refund(sandbox, order_no, "R1", "401") == "RFD00094"
    assert refund(sandbox, order_no, amount="601") == "FAIL"


def test_lakalas_number_comes_first(sandbox: Sandbox, order_no: str) -> None:
    assert refund(sandbox, order_no, origin_trade_no="2026NEVER") == "710050"


def test_a_void_is_for_today_and_before_any_refund(sandbox: Sandbox, order_no: str) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sandbox.order("lakala", f"{order_no}OLD", 500, paid_at=yesterday)

    def void(order_no: str) -> str:
        asked = {
            "out_trade_no": f"V{next(_numbers):06d}",
            "origin_out_trade_no": order_no,
            "location_info": {"request_ip": "10.0.0.8"},
        }
        return str(say(sandbox, "labs/relation/revoked", asked)["code"])

    assert void(f"{order_no}OLD") == "BBS00122"
    assert void(order_no) == "BBS00000"
    assert void(order_no) == "710034"
    assert refund(sandbox, order_no) == "FAIL"
