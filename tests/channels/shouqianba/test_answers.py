"""What Shouqianba's answers mean (shouqianba §5, §6)."""

from __future__ import annotations

import httpx
import pytest

from sudapos.channels import shouqianba
from sudapos.core.outcome import Outcome, Route, Settled

from ..recorded import AT, order
from .conversation import business, call_failed, say


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


REFUNDS = [
    ("REFUND_SUCCESS", "Settled"),
    ("REFUND_IN_PROGRESS", "Accepted"),
    ("REFUND_ERROR", "Unknown"),
    ("REFUND_FAIL_ERROR", "Unknown"),
    ("PAY_SUCCESS", "Unknown"),
    ("SUCCESS", "Unknown"),
    ("", "Unknown"),
]


@pytest.mark.parametrize(("result", "expected"), REFUNDS)
def test_the_business_result_decides(result: str, expected: str) -> None:
    assert kind(say("refund", business(result))[0])[0] == expected


def test_a_success_says_when_and_under_which_number() -> None:
    assert say("refund", business("REFUND_SUCCESS"))[0] == Settled(channel_refund_ref="T1", at=AT)


@pytest.mark.parametrize("code", sorted(set(shouqianba.ERRORS) - {"UPAY_REFUND_ORDER_NOOP"}))
def test_every_code_of_the_sheet_has_its_meaning(code: str) -> None:
    expected = shouqianba.ERRORS[code]
    for result in ("FAIL", "REFUND_FAIL"):
        assert kind(say("refund", business(result, code))[0]) == (type(expected).__name__, expected.code)
    assert kind(say("refund", call_failed(400, code))[0]) == (type(expected).__name__, expected.code)
    assert kind(say("ask", call_failed(400, code))[0])[0] == "Unknown"


def test_a_code_that_is_not_on_the_list_is_in_doubt() -> None:
    assert kind(say("refund", business("FAIL", "NEVER_HEARD"))[0]) == ("Unknown", "unknown_code")
    assert kind(say("refund", call_failed(500, "NEVER_HEARD"))[0]) == ("Unknown", "unknown_code")
    assert kind(say("refund", business("REFUND_FAIL", "NEVER_HEARD"))[0]) == (
        "Unknown",
        "answer_for_another_refund",
    )


@pytest.mark.parametrize(
    "wrong", [{"client_sn": "POS2"}, {"client_tsn": "R-2"}, {"sn": "1", "client_sn": "POS2"}]
)
def test_an_answer_about_another_refund_decides_nothing(wrong: dict[str, str]) -> None:
    outcome, _ = say("refund", business("REFUND_SUCCESS", **wrong))
    assert kind(outcome) == ("Unknown", "answer_for_another_refund")


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, "Settled"),
        ({"order_status": "PAID"}, "Unknown"),
        ({"net_amount": "4701"}, "Unknown"),
        ({"net_amount": "x"}, "Unknown"),
        ({"client_sn": "POS2"}, "Unknown"),
    ],
)
def test_already_done_is_believed_when_the_order_shows_it(shown: dict[str, str], expected: str) -> None:
    noop = business("FAIL", "UPAY_REFUND_ORDER_NOOP")
    outcome, heard = say("refund", noop, business("SUCCESS", **shown))
    assert kind(outcome)[0] == expected
    assert [request.url.path for request in heard] == ["/upay/v2/refund", "/upay/v2/query"]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ({}, ("Settled", "")),
        ({"status": "IN_PROGRESS"}, ("Accepted", "")),
        ({"status": "FAIL_CANCELED"}, ("Refused", "declined")),
        ({"status": "REFUND_ERROR"}, ("Unknown", "ask_the_acquirer")),
        ({"status": "FAIL_IO_1"}, ("Unknown", "unknown_code")),
        ({"client_tsn": "POS20261123000123"}, ("Absent", "refund_unknown")),
        ({"client_tsn": "POS20261123000123-R20261123000123-1"}, ("Settled", "")),
        ({"client_sn": "POS2"}, ("Unknown", "answer_for_another_refund")),
    ],
)
def test_the_latest_flow_answers_a_question(shown: dict[str, str], expected: tuple[str, str]) -> None:
    assert kind(say("ask", business("SUCCESS", **shown))[0]) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("CANCELED", ("Settled", "")),
        ("CANCEL_INPROGRESS", ("Accepted", "")),
        ("PAID", ("Absent", "refund_unknown")),
        ("CANCEL_ERROR", ("Unknown", "ask_the_acquirer")),
        ("REFUNDED", ("Unknown", "unknown_code")),
    ],
)
def test_the_orders_state_answers_for_a_void(status: str, expected: tuple[str, str]) -> None:
    void = order(route=Route.VOID, amount=5980)
    assert kind(say("ask", business("SUCCESS", order_status=status), refund=void)[0]) == expected
    noop = business("FAIL", "UPAY_CANCEL_ORDER_NOOP")
    assert kind(say("void", noop, business("SUCCESS", order_status=status), refund=void)[0]) == expected


def test_a_void_after_the_day_is_refused_as_such() -> None:
    late = business("FAIL", "UPAY_CANCEL_INVALID_ORDER_STATE")
    assert kind(say("void", late, refund=order(route=Route.VOID))[0]) == ("Refused", "void_window_closed")


@pytest.mark.parametrize(
    "answer", [httpx.Response(429), httpx.Response(502, text="<html>"), httpx.ReadTimeout("x")]
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")
    assert kind(say("ask", answer)[0]) == ("Unknown", "no_answer")
