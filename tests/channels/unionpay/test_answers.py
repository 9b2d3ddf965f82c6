"""What UnionPay's answers mean, and whom we believe (unionpay §4, §8–§10)."""

from __future__ import annotations

import asyncio
import base64
import zlib
from dataclasses import replace
from datetime import date

import httpx
import pytest

from sudapos.channels import unionpay, unionpay_codes
from sudapos.channels.base import StatementMissing
from sudapos.core.outcome import Outcome, Route

from ..recorded import AT, OtherSide
from .conversation import config, refund, reply, say, signer, the_order


def kind(outcome: Outcome) -> tuple[str, str]:
    return type(outcome).__name__, str(getattr(outcome, "code", ""))


def test_00_is_taken_in_and_a_query_settles() -> None:
    assert kind(say("refund", reply(refund()))[0]) == ("Accepted", "")
    assert kind(say("refund", reply(refund(respCode="A6")))[0]) == ("Accepted", "")
    for result in ("00", "A6"):
        assert kind(say("ask", reply(refund(origRespCode=result)))[0]) == ("Settled", "")
    for result in ("03", "04", "05"):
        assert kind(say("ask", reply(refund(origRespCode=result)))[0]) == ("Accepted", "")


@pytest.mark.parametrize("code", sorted(unionpay_codes.ERRORS))
def test_every_code_of_the_sheet(code: str) -> None:
    expected = unionpay_codes.ERRORS[code]
    told = refund(respCode=code, respMsg="不成功[9999999]")
    assert kind(say("refund", reply(told))[0]) == (type(expected).__name__, expected.code)
    if code != "34":
        assert kind(say("ask", reply(told))[0])[0] == "Unknown"


@pytest.mark.parametrize("long", sorted(unionpay_codes.LONG_CODES))
def test_the_long_code_says_more(long: str) -> None:
    expected = unionpay_codes.LONG_CODES[long]
    told = refund(respCode="35", respMsg=f"原因[{long}]")
    assert kind(say("refund", reply(told))[0]) == (type(expected).__name__, expected.code)


def test_no_such_transaction_is_absent_and_never_a_no() -> None:
    told = refund(respCode="34", respMsg="查无此交易[2600000]")
    assert kind(say("ask", reply(told))[0]) == ("Absent", "refund_unknown")


@pytest.mark.parametrize(
    ("result", "gateway", "qr"),
    [
        ("01", ("Refused", "declined"), ("Unknown", "in_progress")),
        ("60", ("Refused", "declined"), ("Unknown", "in_progress")),
        ("12", ("Unknown", "duplicate_number"), ("Unknown", "in_progress")),
        ("63", ("Refused", "account_closed"), ("Refused", "account_closed")),
        ("64", ("Refused", "funds_short_closed"), ("Refused", "funds_short_closed")),
        ("ZZ", ("Unknown", "unknown_code"), ("Unknown", "unknown_code")),
    ],
)
def test_the_result_of_the_refund_itself_is_final(
    result: str, gateway: tuple[str, str], qr: tuple[str, str]
) -> None:
    told = refund(origRespCode=result, origRespMsg="x[0000000]")
    assert kind(say("ask", reply(told))[0]) == gateway
    assert kind(say("ask", reply(told), biz_type="000000")[0]) == qr


@pytest.mark.parametrize(
    "wrong",
    [{"orderId": "R9"}, {"txnAmt": "1281"}, {"txnTime": "20261123140508"}, {"txnType": "31"}],
)
def test_an_answer_about_something_else_decides_nothing(wrong: dict[str, str]) -> None:
    outcome, _ = say("ask", reply(refund(origRespCode="00", **wrong)))
    assert kind(outcome) == ("Unknown", "answer_for_another_refund")


def test_a_void_is_asked_about_as_a_void() -> None:
    void = replace(the_order(), route=Route.VOID)
    assert kind(say("ask", reply(refund(origRespCode="00", txnType="31")), refund=void)[0]) == ("Settled", "")
    late = refund(respCode="35", respMsg="原交易不可撤销[2040006]")
    assert kind(say("void", reply(late), refund=void)[0]) == ("Refused", "void_window_closed")


@pytest.mark.parametrize(
    ("pem", "name"),
    [
        (signer("041@8310000000099999@沙箱商户@00000001"), "unionpay"),
        (signer(by="stranger"), "unionpay"),
        (signer(days=-1), "unionpay"),
        (signer(), "stranger"),
        ("not a certificate", "unionpay"),
    ],
    ids=["a merchant of the same authority", "another authority", "expired", "another key", "no certificate"],
)
def test_whom_we_do_not_believe(pem: str, name: str) -> None:
    assert kind(say("ask", reply(refund(origRespCode="00"), pem=pem, name=name))[0]) == (
        "Unknown",
        "bad_signature",
    )


def test_the_test_environment_may_sign_under_its_own_name() -> None:
    pem = signer("test@00040000:SIGN")
    assert kind(say("refund", reply(refund(), pem=pem))[0]) == ("Unknown", "bad_signature")
    assert kind(say("refund", reply(refund(), pem=pem), test_environment="yes")[0]) == ("Accepted", "")


@pytest.mark.parametrize(
    "answer", [httpx.Response(502), httpx.Response(200, text="<html>"), httpx.ReadTimeout("x")]
)
def test_silence_is_not_a_no(answer: httpx.Response | Exception) -> None:
    assert kind(say("refund", answer)[0]) == ("Unknown", "no_answer")


def test_a_file_is_inflated_and_a_missing_one_is_named() -> None:
    packed = base64.b64encode(zlib.compress(b"PK...")).decode()
    told = {"respCode": "00", "fileName": "a.zip", "fileContent": packed}

    def fetch(answer: dict[str, str]) -> bytes:
        side = OtherSide([reply(answer)])
        account = unionpay.UnionPay(config(), client=side.client(), now=lambda: AT)
        return asyncio.run(account.statement(date(2026, 11, 22))).content

    assert fetch(told) == b"PK..."
    for answer, code in (
        ({"respCode": "98"}, "not_ready"),
        ({"respCode": "99"}, "respCode 99"),
        (told | {"fileContent": packed[:-8]}, "not_ready"),
        (told | {"fileContent": "!"}, "not_ready"),
    ):
        with pytest.raises(StatementMissing) as missing:
            fetch(answer)
        assert missing.value.code == code
