"""What leaves for Allinpay: the sheet's texts, both signatures, both products (allinpay §3–§5)."""

from __future__ import annotations

import asyncio
from datetime import date

import httpx
import pytest

from sudapos import channels
from sudapos.channels.base import StatementMissing
from sudapos.channels.signing import allinpay as seals
from sudapos.channels.signing import sha1
from sudapos.core.refusal import Invalid

from ..recorded import Answer, OtherSide, key, order
from .conversation import connector, done, mapping, reply, say

VECTOR = {
    "appid": "00000099",
    "cusid": "990000000000001",
    "oldreqsn": "T20260405000123",
    "randomstr": "a1b2c3d4e5f6",
    "remark": "退货",
    "reqsn": "R20260405000001",
    "trxamt": "5000",
    "version": "11",
    "orgid": "",
    "sign": "is not part of it",
}
"""Allinpay §4."""


def test_the_sheets_md5_with_the_key_in_its_place() -> None:
    assert seals.md5(VECTOR | {"signtype": "MD5"}, "demo0key0allinpay0") == "936789417252336D6E388A39B0E14766"


def test_the_sheets_text_for_rsa() -> None:
    assert seals.text(VECTOR | {"signtype": "RSA"}).decode() == (
        "appid=00000099&cusid=990000000000001&oldreqsn=T20260405000123&randomstr=a1b2c3d4e5f6&remark=退货"
        "&reqsn=R20260405000001&signtype=RSA&trxamt=5000&version=11"
    )


def test_a_refund_says_exactly_this() -> None:
    _, [(path, asked)] = say("refund", reply(**done()), refund=order(channel_ref="26112"), orgid="5")
    sign = asked.pop("sign")
    assert path == "/apiweb/tranx/refund"
    assert asked == {
        "orgid": "5",
        "cusid": "990000000000001",
        "appid": "00000099",
        "version": "12",
        "randomstr": "a1b2c3d4e5f6",
        "signtype": "RSA",
        "reqsn": "R20261123000123-1",
        "trxamt": "1280",
        "oldreqsn": "POS20261123000123",
        "oldtrxid": "26112",
        "remark": "退货",
    }
    assert sha1.verify(key("shop").public_key(), seals.text(asked), sign)


def test_a_card_is_refunded_over_posol_by_its_flow_number_alone() -> None:
    _, [(path, asked)] = say("refund", reply(**done()), refund=order(channel_ref="26112"), product="posol")
    assert path == "/apiweb/posol/refund"
    assert asked["trxid"] == "26112" and not {"oldreqsn", "oldtrxid"} & set(asked)


def test_md5_signs_and_verifies() -> None:
    told = {"retcode": "SUCCESS", **done()}
    told["sign"] = seals.md5(told, "md5-hunter2").lower()
    config = {"sign_type": "MD5", "md5_key": "md5-hunter2", "private_key": "", "public_key": ""}
    outcome, [(_, asked)] = say("ask", httpx.Response(200, json=told), **config)
    assert type(outcome).__name__ == "Settled"
    sign = asked.pop("sign")
    assert sign == seals.md5(asked, "md5-hunter2")
    outcome, _ = say("ask", httpx.Response(200, json=told | {"trxid": "T2"}), **config)
    assert getattr(outcome, "code", "") == "bad_signature"


@pytest.mark.parametrize(
    "wrong", [{"sign_type": "SM2"}, {"product": "x"}, {"version": "13"}, {"sign_type": "MD5"}]
)
def test_a_contract_that_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        channels.open_account("allinpay", mapping(**wrong))


def fetch(*answers: Answer) -> bytes:
    made = connector(OtherSide(list(answers)))
    return asyncio.run(made.statement(date(2026, 11, 22))).content


def test_a_days_file_comes_from_the_address_in_the_answer() -> None:
    address = reply(url="https://files.allinpay.com/x.csv")
    assert fetch(address, httpx.Response(200, content=b"trxid\r\n")) == b"trxid\r\n"
    for answers, code in (
        ((reply(retcode="FAIL", retmsg="尚未生成"),), "not_ready"),
        ((reply(url="http://elsewhere.example/x.csv"),), "foreign_host"),
        ((reply(url="https://files.allinpay.com/x.csv", signer="stranger"),), "bad_signature"),
        ((address, httpx.Response(403)), "not_ready"),
    ):
        with pytest.raises(StatementMissing) as missing:
            fetch(*answers)
        assert missing.value.code == code
