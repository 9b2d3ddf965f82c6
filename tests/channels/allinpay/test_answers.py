"""What Allinpay's answers mean (allinpay §6, §8)."""

from __future__ import annotations

import httpx
import pytest

from sudapos.channels import allinpay
from sudapos.core.outcome import Outcome

from .conversation import done, reply, say


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


@pytest.mark.parametrize("verb", ["refund", "void", "ask"])
def test_0000_is_done(verb: str) -> None:
    assert kind(say(verb, reply(**done()))[0]) == ("Settled", "")


@pytest.mark.parametrize("status", sorted(allinpay.ERRORS))
def test_every_state_of_the_sheet(status: str) -> None:
    expected = allinpay.ERRORS[status]
    told = kind(say("refund", reply(**done(status)))[0])
    assert told == (type(expected).__name__, getattr(expected, "code", ""))
    if status == "1001":
        assert kind(say("ask", reply(trxstatus="1001"))[0]) == ("Absent", "refund_unknown")


@pytest.mark.parametrize(
    ("status", "text", "expected"),
    [
        ("3777", "别的原因", ("Refused", "declined")),
        ("3999", "商户余额不足", ("Refused", "funds_short_closed")),
        ("5999", "", ("Unknown", "unknown_code")),
        ("", "", ("Unknown", "unknown_code")),
    ],
)
def test_other_states(status: str, text: str, expected: tuple[str, str]) -> None:
    assert kind(say("refund", reply(**done(status, errmsg=text)))[0]) == expected


@pytest.mark.parametrize("retcode", sorted(allinpay.CALLS))
def test_a_call_that_failed(retcode: str) -> None:
    expected = allinpay.CALLS[retcode]
    assert kind(say("refund", reply(retcode=retcode))[0]) == (type(expected).__name__, expected.code)
    assert kind(say("ask", reply(retcode=retcode))[0])[0] == "Unknown"
    assert kind(say("refund", reply(retcode=retcode, signer=""))[0]) == ("Unknown", "unverified_refusal")


@pytest.mark.parametrize("signer", ["", "stranger"])
def test_a_success_that_allinpay_did_not_sign_is_none(signer: str) -> None:
    assert kind(say("refund", reply(signer=signer, **done()))[0]) == ("Unknown", "bad_signature")


@pytest.mark.parametrize("wrong", [{"reqsn": "R-2"}, {"trxamt": "1281"}])
def test_an_answer_about_another_refund_decides_nothing(wrong: dict[str, str]) -> None:
    assert kind(say("ask", reply(**done(**wrong)))[0]) == ("Unknown", "answer_for_another_refund")


def test_a_cancel_after_the_day_is_refused_as_such() -> None:
    late = reply(**done("3999", errmsg="只能撤销当日交易"))
    assert kind(say("void", late)[0]) == ("Refused", "void_window_closed")


@pytest.mark.parametrize(
    "answer", [httpx.Response(502), httpx.Response(200, text="<html>"), httpx.ReadTimeout("x")]
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")
