"""What leaves for Shouqianba: the sheet's vector, the fields, the key of the day."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sudapos.channels import shouqianba
from sudapos.channels.base import CheckFailed
from sudapos.channels.signing import shouqianba as seals
from sudapos.core.outcome import Route

from ..recorded import OtherSide, order
from .conversation import asked, business, call_failed, mapping, say


def test_the_sheets_vector() -> None:
    body = (
        b'{"terminal_sn":"100000000000000001","client_sn":"T20260405000123","refund_request_no":"R0001",'
        b'"operator":"01","refund_amount":"5000"}'
    )
    header = seals.authorization("100000000000000001", body, "demo0terminal0key0000000000000001")
    assert header == "100000000000000001 2408597800866c6fb7b67e56cf3f14dd"


def test_a_refund_names_the_order_twice_and_itself_once() -> None:
    _, [request] = say("refund", business("REFUND_SUCCESS"), refund=order(channel_ref="7895000000000001"))
    assert request.url.path == "/upay/v2/refund"
    assert asked(request) == {
        "terminal_sn": "100000000000000001",
        "sn": "7895000000000001",
        "client_sn": "POS20261123000123",
        "client_tsn": "R20261123000123-1",
        "refund_request_no": "R20261123000123-1",
        "operator": "sudapos",
        "refund_amount": "1280",
        "refund_reason": "退货",
    }
    key = mapping()["terminal_key"]
    assert request.headers["Authorization"] == seals.authorization("100000000000000001", request.content, key)


def test_a_revoke_and_a_question_name_the_order_only() -> None:
    about = {"terminal_sn": "100000000000000001", "client_sn": "POS20261123000123"}
    _, [revoked] = say("void", business("CANCEL_SUCCESS"), refund=order(route=Route.VOID))
    _, [question] = say("ask", business("SUCCESS"))
    assert (revoked.url.path, asked(revoked)) == ("/upay/v2/revoke", about)
    assert (question.url.path, asked(question)) == ("/upay/v2/query", about)


def check_in(answer: httpx.Response) -> str:
    connector = shouqianba.Shouqianba(
        shouqianba.Config.from_mapping(mapping()), client=OtherSide([answer]).client()
    )
    return asyncio.run(connector.check_in())


def test_a_check_in_answers_the_key_of_the_day() -> None:
    fresh = {"result_code": "200", "biz_response": {"terminal_sn": "1", "terminal_key": "new"}}
    assert check_in(httpx.Response(200, json=fresh)) == "new"
    with pytest.raises(CheckFailed, match="ILLEGAL_SIGN"):
        check_in(call_failed(400, "ILLEGAL_SIGN"))
    with pytest.raises(CheckFailed, match="no_answer"):
        check_in(httpx.Response(500))
