"""Allinpay's server end: signatures of both kinds, its checks, and the two products (allinpay §11)."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from sudapos.channels import signing
from sudapos.channels.signing import allinpay as seals
from sudapos.channels.signing import sha1
from sudapos.sandbox import server

_numbers = itertools.count(1)
Sandbox = server.Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with server.running() as running:
        yield running


@pytest.fixture
def order_no(sandbox: Sandbox) -> str:
    number = f"A{next(_numbers):06d}"
    sandbox.order("allinpay", number, 1000)
    return number


def say(sandbox: Sandbox, path: str, *, sign: str = "", **asked: str) -> dict[str, str]:
    config = sandbox.config("demo-allinpay")
    said = {
        "cusid": config["cusid"],
        "appid": config["appid"],
        "version": "12",
        "randomstr": "x",
        "signtype": "RSA",
        **asked,
    }
    said = {name: value for name, value in said.items() if value}
    said["sign"] = sign or sha1.sign(signing.load_private_key(config["private_key"]), seals.text(said))
    with urllib.request.urlopen(
        config["base_url"] + path, data=urlencode(said).encode(), timeout=10
    ) as answer:
        told: dict[str, str] = json.load(answer)
    return told


def refund(sandbox: Sandbox, order_no: str, number: str = "", amount: str = "400", **more: str) -> str:
    asked = {"reqsn": number or f"R{next(_numbers):06d}", "trxamt": amount, "oldreqsn": order_no} | more
    told = say(sandbox, "/tranx/refund", **asked)
    return told.get("trxstatus") or told["retcode"]


def test_what_the_real_one_refuses(sandbox: Sandbox, order_no: str) -> None:
    assert refund(sandbox, order_no, sign="x") == "SIGNAUTHERR"
    assert refund(sandbox, order_no, sign="x", version="11") == "FAIL"
    assert refund(sandbox, order_no, appid="00000000") == "SIGNAUTHERR"
    assert refund(sandbox, order_no, amount="0400") == "PARAMERR"
    assert refund(sandbox, order_no, colour="red") == "PARAMERR"
    assert refund(sandbox, order_no, randomstr="") == "PARAMERR"
    assert refund(sandbox, "NEVER") == "1001"
    assert refund(sandbox, order_no, amount="1001") == "3045"
    assert refund(sandbox, order_no, "R1") == "2008"
    assert refund(sandbox, order_no, "R1") == "3888"
    assert refund(sandbox, order_no, amount="601") == "3045"


def test_a_cancel_is_for_today_whole_and_once(sandbox: Sandbox, order_no: str) -> None:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    sandbox.order("allinpay", f"{order_no}OLD", 500, paid_at=yesterday)

    def cancel(order_no: str, amount: str) -> str:
        asked = {"reqsn": f"V{next(_numbers):06d}", "trxamt": amount, "oldreqsn": order_no}
        return say(sandbox, "/tranx/cancel", **asked)["trxstatus"]

    assert cancel(f"{order_no}OLD", "500") == "3999"
    assert cancel(order_no, "999") == "3045"
    assert cancel(order_no, "1000") == "0000"
    assert cancel(order_no, "1000") == "3050"
    assert refund(sandbox, order_no) == "3045"


def test_posol_knows_the_flow_number_only(sandbox: Sandbox) -> None:
    reference = sandbox.order("allinpay", "POSOL1", 1000)
    asked = {"reqsn": "RPOSOL1", "trxamt": "400"}
    assert say(sandbox, "/posol/refund", **asked, oldreqsn="POSOL1")["retcode"] == "PARAMERR"
    assert say(sandbox, "/posol/refund", **asked, trxid=reference)["trxstatus"] == "2008"
