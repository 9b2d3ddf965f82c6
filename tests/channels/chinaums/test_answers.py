"""What ChinaUMS's answers mean, by product (chinaums §6, §7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sudapos.channels import chinaums_codes
from sudapos.core.outcome import Outcome, Route, Settled

from ..recorded import order
from .conversation import NETPAY, reply, say

VOID = order(route=Route.VOID, amount=5980)


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


def test_a_poslink_refund_is_done_or_taken_in() -> None:
    done = reply(refundOrderId="3194", refundInvoiceAmount="1270", transactionAmount=1280)
    assert say("refund", done)[0] == Settled(channel_refund_ref="3194", amount=1270)
    for code in ("0000", "SUCCESS"):
        assert kind(say("refund", reply(code))[0]) == ("Accepted", "")
    assert kind(say("refund", reply(transactionAmount=1281))[0]) == ("Unknown", "answer_for_another_refund")


@pytest.mark.parametrize("code", sorted(chinaums_codes.ERRORS))
def test_every_code_of_the_sheet(code: str) -> None:
    expected = chinaums_codes.ERRORS[code]
    for config in ({}, NETPAY):
        assert kind(say("refund", reply(code), **config)[0]) == (type(expected).__name__, expected.code)
        asked = kind(say("ask", reply(code), **config)[0])[0]
        assert asked == ("Absent" if expected.code == "order_unknown" else "Unknown")


def test_an_order_that_is_locked_may_be_locked_by_our_own_send() -> None:
    locked = reply("ORDER_PROCESSING", errMsg="订单处理中")
    assert kind(say("refund", locked, **NETPAY)[0]) == ("Unknown", "in_progress")


def test_a_code_that_is_not_on_the_list_is_in_doubt() -> None:
    for config in ({}, NETPAY):
        assert kind(say("refund", reply("Q7"), **config)[0]) == ("Unknown", "unknown_code")


@pytest.mark.parametrize("code", ["ER", "TARGET_FAIL"])
def test_two_codes_say_it_in_their_text(code: str) -> None:
    short = reply(code, errInfo="商户余额不足")
    assert kind(say("refund", short)[0]) == ("Deferred", "not_enough_balance")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"queryResCode": "00", "refundRequestId": "R20261123000123-1"}, ("Settled", "")),
        ({"queryResCode": "00"}, ("Settled", "")),
        ({"queryResCode": "01"}, ("Unknown", "in_progress")),
        ({}, ("Unknown", "in_progress")),
        ({"queryResCode": "00", "refundRequestId": "R-2"}, ("Unknown", "answer_for_another_refund")),
        ({"queryResCode": "00", "transactionAmount": 1281}, ("Unknown", "answer_for_another_refund")),
    ],
)
def test_only_00_answers_a_question(told: dict[str, object], expected: tuple[str, str]) -> None:
    assert kind(say("ask", reply(**told))[0]) == expected


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("2", ("Settled", "")),
        ("0", ("Absent", "refund_unknown")),
        ("3", ("Unknown", "order_closed")),
        *((code, ("Unknown", "in_progress")) for code in ("1", "4", "5", "FF")),
    ],
)
def test_the_order_answers_for_a_void(code: str, expected: tuple[str, str]) -> None:
    assert kind(say("ask", reply(queryResCode=code), refund=VOID)[0]) == expected


def test_a_void_too_late_and_a_product_without_one() -> None:
    assert kind(say("void", reply(transactionAmount=5980), refund=VOID)[0]) == ("Settled", "")
    yesterday = replace(VOID, paid_at=VOID.paid_at - timedelta(days=1))
    for code, today in (("22", "order_closed"), ("57", "not_permitted")):
        assert kind(say("void", reply(code), refund=yesterday)[0]) == ("Refused", "void_window_closed")
        assert kind(say("void", reply(code), refund=VOID)[0]) == ("Refused", today)
    assert kind(say("void", refund=VOID, **NETPAY)[0]) == ("Refused", "void_not_offered")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("SUCCESS", ("Settled", "")),
        ("PROCESSING", ("Accepted", "")),
        ("UNKNOWN", ("Unknown", "in_progress")),
        ("FAIL", ("Refused", "declined")),
        ("WHATEVER", ("Unknown", "unknown_code")),
    ],
)
def test_refund_status_is_the_money(status: str, expected: tuple[str, str]) -> None:
    told = reply("SUCCESS", refundStatus=status, refundAmount=1280)
    assert kind(say("refund", told, **NETPAY)[0]) == expected
    assert kind(say("ask", told, **NETPAY)[0]) == expected
    other = reply("SUCCESS", refundStatus=status, refundAmount=1281)
    assert kind(say("refund", other, **NETPAY)[0]) == ("Unknown", "answer_for_another_refund")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(412, json={"errCode": "9200"}),
        httpx.Response(200, text="<html>"),
        httpx.ReadTimeout("x"),
    ],
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")
