"""The business bill: an address that lives thirty seconds, then a zip as it comes (alipay §18); the harmless check."""

from __future__ import annotations

import asyncio
import json
from datetime import date

import httpx
import pytest

from sudapos.channels.base import CheckFailed, StatementFile, StatementMissing

from ..recorded import Answer, OtherSide
from .conversation import BILL, QUERY, connector, failed, found, merged, reply

DAY = date(2026, 11, 22)
URL = "https://dwbillcenter.alipay.com/downloadBillFile.resource?token=t&bizType=trade"
ZIP = b"PK\x03\x04 as it comes"


def announced(url: str = URL) -> httpx.Response:
    return reply(BILL, {"code": "10000", "msg": "Success", "bill_download_url": url})


def fetch(*answers: Answer, **config: str) -> tuple[StatementFile, OtherSide]:
    side = OtherSide(list(answers))
    return asyncio.run(connector(side, **config).statement(DAY)), side


def missing(*answers: Answer) -> str:
    with pytest.raises(StatementMissing) as caught:
        fetch(*answers)
    return caught.value.code


def test_a_bill_is_announced_fetched_plainly_and_kept_as_it_is() -> None:
    told, side = fetch(announced(), httpx.Response(200, content=ZIP))
    assert told == StatementFile("alipay-2014072300007148-20261122.csv.zip", ZIP)
    asked, fetched = side.heard
    assert merged(asked)["method"] == "alipay.data.dataservice.bill.downloadurl.query"
    assert json.loads(merged(asked)["biz_content"]) == {"bill_type": "trade", "bill_date": "2026-11-22"}
    assert (fetched.method, str(fetched.url), fetched.content) == ("GET", URL, b"")
    assert "Authorization" not in fetched.headers


@pytest.mark.parametrize(
    ("sub_code", "expected"),
    [
        ("NO_BILL_DATA", "no_trade"),
        ("ACQ.NO_BILL_DATA", "no_trade"),
        ("BILL_NOT_EXIST", "not_ready"),
        ("isp.bill_not_exist", "not_ready"),
        ("TYPE_NOT_SUPPORTED", "TYPE_NOT_SUPPORTED"),
    ],
)
def test_why_there_is_no_bill_is_told_apart(sub_code: str, expected: str) -> None:
    assert missing(reply(BILL, failed(sub_code))) == expected


def test_an_announcement_that_is_not_signed_is_not_followed() -> None:
    node = {"code": "10000", "bill_download_url": URL}
    assert missing(reply(BILL, node, signer="stranger")) == "bad_signature"
    assert missing(reply(BILL, failed("NO_BILL_DATA"), signer=None)) == "bad_signature"


def test_silence_means_not_ready() -> None:
    assert missing(httpx.ReadTimeout("late")) == "not_ready"
    assert missing(announced(), httpx.ReadTimeout("late")) == "not_ready"
    assert missing(announced(), httpx.Response(404)) == "not_ready"
    assert missing(reply(BILL, {"code": "10000"})) == "not_ready"


def test_a_bill_is_fetched_in_the_open_only_from_the_gateways_own_host() -> None:
    assert missing(announced("http://dwbillcenter.alipay.com/x")) == "foreign_host"
    assert missing(announced("file:///etc/passwd")) == "foreign_host"
    told, _ = fetch(
        announced("http://sandbox:9600/alipay/bill"),
        httpx.Response(200, content=ZIP),
        base_url="http://sandbox:9600/alipay",
    )
    assert told.content == ZIP


def check(*answers: Answer) -> str:
    return asyncio.run(connector(OtherSide(list(answers))).check())


@pytest.mark.parametrize("told", [failed("ACQ.TRADE_NOT_EXIST"), {"code": "10000", "msg": "Success"}])
def test_a_signed_answer_proves_that_an_account_works(told: dict[str, str]) -> None:
    assert check(reply(QUERY, told)) == "app_id 2014072300007148"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(QUERY, failed("isv.invalid-signature", code="40002")), "40002 isv.invalid-signature"),
        (
            reply(QUERY, failed("isv.invalid-app-id", code="40002"), signer=None),
            "isv.invalid-app-id.*not signed",
        ),
        (reply(QUERY, found(), signer="stranger"), "not signed"),
        (httpx.ConnectError("refused"), "never_left ConnectError"),
    ],
    ids=["wrong key of ours", "wrong app", "wrong key of theirs", "nobody there"],
)
def test_an_account_that_does_not_work_says_why(answer: Answer, why: str) -> None:
    with pytest.raises(CheckFailed, match=why):
        check(answer)
