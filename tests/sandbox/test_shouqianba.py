"""Shouqianba's server end: what it refuses, the key of the day, and notices to the shop's gateway."""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from sudapos import channels
from sudapos.channels.signing import shouqianba as seals
from sudapos.sandbox import server

_numbers = itertools.count(1)
Sandbox = server.Running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with server.running() as running:
        yield running


@pytest.fixture
def order_no(sandbox: Sandbox) -> str:
    number = f"S{next(_numbers):06d}"
    sandbox.order("shouqianba", number, 1000)
    return number


def say(sandbox: Sandbox, path: str, *, key: str = "", **asked: Any) -> dict[str, Any]:
    config = sandbox.config("demo-shouqianba")
    body = json.dumps({"terminal_sn": config["terminal_sn"], **asked}).encode()
    header = seals.authorization(config["terminal_sn"], body, key or config["terminal_key"])
    request = urllib.request.Request(config["base_url"] + path, data=body, headers={"Authorization": header})
    with urllib.request.urlopen(request, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return told


def refund(sandbox: Sandbox, order_no: str, number: str = "R1", amount: str = "400", **more: Any) -> str:
    asked = {"client_sn": order_no, "refund_request_no": number, "operator": "01", "refund_amount": amount}
    told = say(sandbox, "/upay/v2/refund", **(asked | more))
    inner = told.get("biz_response", {})
    return str(told.get("error_code") or inner.get("error_code") or inner.get("result_code"))


def test_what_the_real_one_refuses(sandbox: Sandbox, order_no: str) -> None:
    assert refund(sandbox, order_no, amount="0400") == "INVALID_PARAMS"
    assert refund(sandbox, order_no, colour="red") == "INVALID_PARAMS"
    assert refund(sandbox, order_no, refund_amount=400) == "INVALID_PARAMS"
    assert refund(sandbox, order_no, terminal_sn="1") == "INVALID_TERMINAL"
    assert refund(sandbox, order_no, number="R" * 21) == "INVALID_PARAMS"
    assert refund(sandbox, "NEVER") == "UPAY_ORDER_NOT_EXISTS"
    assert refund(sandbox, order_no, amount="1001") == "REFUNDABLE_AMOUNT_NOT_ENOUGH"
    assert refund(sandbox, order_no) == "REFUND_SUCCESS"
    assert refund(sandbox, order_no) == "REFUND_SUCCESS"
    assert refund(sandbox, order_no, amount="401") == "CLIENT_SN_CONFLICT"
    assert refund(sandbox, order_no, "R2", "601") == "REFUNDABLE_AMOUNT_NOT_ENOUGH"
    rows = [row for row in sandbox.ledger(order_no=order_no) if row["kind"] == "refund"]
    assert [(row["times_asked"], row["times_paid"]) for row in rows] == [(2, 1)]


def test_sn_comes_before_client_sn(sandbox: Sandbox, order_no: str) -> None:
    other = sandbox.order("shouqianba", f"{order_no}X", 300)
    assert refund(sandbox, order_no, sn=other) == "REFUNDABLE_AMOUNT_NOT_ENOUGH"


def test_a_revoke_is_for_the_same_day_and_before_any_refund(sandbox: Sandbox, order_no: str) -> None:
    other = f"{order_no}X"
    sandbox.order("shouqianba", other, 300)
    refund(sandbox, order_no)
    revoked = say(sandbox, "/upay/v2/revoke", client_sn=order_no)["biz_response"]
    assert revoked["error_code"] == "UPAY_CANCEL_INVALID_ORDER_STATE"
    assert say(sandbox, "/upay/v2/revoke", client_sn=other)["biz_response"]["result_code"] == "CANCEL_SUCCESS"
    again = say(sandbox, "/upay/v2/revoke", client_sn=other)["biz_response"]
    assert again["error_code"] == "UPAY_CANCEL_ORDER_NOOP"
    assert refund(sandbox, other, amount="1") == "UPAY_REFUND_INVALID_ORDER_STATE"


def test_a_check_in_changes_the_key_and_may_be_repeated_with_the_old_one() -> None:
    with server.running() as own:
        config = own.config("demo-shouqianba")

        def check_in(key: str) -> str:
            async def once() -> str:
                account = channels.open_account("shouqianba", config | {"terminal_key": key})
                try:
                    fresh: str = await account.check_in()  # type: ignore[attr-defined]
                    return fresh
                finally:
                    await account.aclose()

            return asyncio.run(once())

        old = config["terminal_key"]
        lost = check_in(old)
        assert lost != old
        fresh = check_in(old)  # the answer was lost: the old key signs on once more
        assert say(own, "/upay/v2/query", key=old, client_sn="X")["error_code"] == "ILLEGAL_SIGN"
        told = say(own, "/upay/v2/query", key=fresh, client_sn="X")
        assert told["biz_response"]["error_code"] == "UPAY_ORDER_NOT_EXISTS"
