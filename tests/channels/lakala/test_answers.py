"""What Lakala's answers mean (lakala §5, §6)."""

from __future__ import annotations

import httpx
import pytest

from sudapos.channels import lakala
from sudapos.core.outcome import Outcome, Route, Settled

from ..recorded import order
from .conversation import refund, reply, say


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


@pytest.mark.parametrize("verb", ["refund", "ask"])
@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("SUCCESS", ("Settled", "")),
        *((state, ("Accepted", "")) for state in ("INIT", "DEAL", "PROCESSING", "TIMEOUT")),
        ("FAIL", ("Refused", "declined")),
        ("EXCEPTION", ("Refused", "declined")),
        ("UNKNOWN", ("Unknown", "unknown_code")),
        ("", ("Unknown", "unknown_code")),
    ],
)
def test_the_state_decides(verb: str, state: str, expected: tuple[str, str]) -> None:
    assert kind(say(verb, reply(**refund(state)))[0]) == expected


def test_a_success_says_who_and_when() -> None:
    outcome, _ = say("refund", reply(**refund(crd_no="622848******2576", trade_time="20261123080001")))
    assert isinstance(outcome, Settled)
    assert (outcome.received_account, outcome.at and outcome.at.isoformat()) == (
        "622848******2576",
        "2026-11-23T08:00:01+08:00",
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [("RFD00051#商户余额不足", "funds_short_closed"), ("RFD00062#付款账户已注销", "account_closed")],
)
def test_a_failure_says_why(words: str, code: str) -> None:
    assert kind(say("refund", reply(**refund("FAIL", channel_ret_desc=words)))[0]) == ("Refused", code)


@pytest.mark.parametrize("code", sorted(set(lakala.ERRORS) - {"BBS11114"}))
def test_every_code_of_the_sheet(code: str) -> None:
    expected = lakala.ERRORS[code]
    assert kind(say("refund", reply(code))[0]) == (type(expected).__name__, expected.code)
    asked = kind(say("ask", reply(code))[0])
    assert asked[0] == ("Absent" if code in lakala.NOT_FOUND else "Unknown")


@pytest.mark.parametrize(
    ("code", "refund_", "ask"), [("GW0001", "Deferred", "Unknown"), ("RFD55555", "Unknown", "Unknown")]
)
def test_the_gate_and_a_code_that_is_not_on_the_list(code: str, refund_: str, ask: str) -> None:
    assert kind(say("refund", reply(code))[0])[0] == refund_
    assert kind(say("ask", reply(code))[0])[0] == ask


@pytest.mark.parametrize("signer", ["", "stranger"])
def test_what_the_platform_did_not_sign_decides_nothing(signer: str) -> None:
    for answer in (
        reply(signer=signer, **refund()),
        reply("710050", signer=signer),
        reply("GW0001", signer=signer),
    ):
        assert kind(say("refund", answer)[0]) == ("Unknown", "bad_signature")


@pytest.mark.parametrize("wrong", [{"out_trade_no": "R-2"}, {"refund_amount": "1281"}])
def test_an_answer_about_another_refund_decides_nothing(wrong: dict[str, str]) -> None:
    assert kind(say("ask", reply(**refund(**wrong)))[0]) == ("Unknown", "answer_for_another_refund")


def test_a_void_is_done_open_or_too_late() -> None:
    void = order(route=Route.VOID, amount=5980)
    for answer, expected in (
        (reply("BBS00000", trade_no="T1"), ("Settled", "")),
        (reply("BBS11105"), ("Unknown", "in_progress")),
        (reply("BBS00122", "只能撤销当日交易"), ("Refused", "void_window_closed")),
        (reply("BBS77777", "不知道"), ("Unknown", "unknown_code")),
    ):
        assert kind(say("void", answer, refund=void)[0]) == expected
    assert kind(say("ask", reply("BBS00000", **refund(refund_amount="5980")), refund=void)[0]) == (
        "Settled",
        "",
    )
    assert kind(say("ask", reply("BBS11114"), refund=void)[0]) == ("Absent", "refund_unknown")


@pytest.mark.parametrize(
    "answer", [httpx.Response(502), httpx.Response(200, text="<html>"), httpx.ReadTimeout("x")]
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")
