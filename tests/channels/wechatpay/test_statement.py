"""The trade bill: announced signed, fetched with our signature, checked by its hash (wechatpay §15)."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from datetime import date
from typing import Any

import httpx
import pytest

from sudapos.channels import signing
from sudapos.channels.base import CheckFailed, StatementFile, StatementMissing

from ..recorded import Answer, OtherSide, key
from .conversation import NONCE, connector, reply

DAY = date(2026, 11, 22)
BILL = "﻿交易时间,公众账号ID\r\n`2026-11-22 05:01:46,`wxab8acd895ab1638a\r\n".encode()
HOST = "https://api.mch.weixin.qq.com"


def announced(url: str = f"{HOST}/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd", **changes: str) -> Any:
    told = {"hash_type": "SHA1", "hash_value": hashlib.sha1(BILL).hexdigest(), "download_url": url}
    return told | changes


def fetch(*answers: Answer, **config: str) -> tuple[StatementFile, OtherSide]:
    side = OtherSide(list(answers))
    return asyncio.run(connector(side, **config).statement(DAY)), side


def missing(*answers: Answer, **config: str) -> str:
    with pytest.raises(StatementMissing) as caught:
        fetch(*answers, **config)
    return caught.value.code


def test_a_bill_is_announced_fetched_unpacked_and_named() -> None:
    found, side = fetch(reply(200, announced()), httpx.Response(200, content=gzip.compress(BILL)))
    assert found == StatementFile("wechatpay-1900009191-20261122.csv", BILL)
    asked, fetched = side.heard
    assert asked.url.raw_path == b"/v3/bill/tradebill?bill_date=2026-11-22&bill_type=ALL&tar_type=GZIP"
    assert str(fetched.url) == f"{HOST}/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd"
    text = f"GET\n/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd\n1795392000\n{NONCE}\n\n".encode()
    assert f'signature="{signing.rsa_sign(key("shop"), text)}"' in fetched.headers["Authorization"]


def test_a_bill_that_came_unpacked_is_taken_as_it_is() -> None:
    found, _ = fetch(reply(200, announced()), httpx.Response(200, content=BILL))
    assert found.content == BILL


def test_below_a_mount_point_the_bill_is_fetched_and_signed_like_everything_else() -> None:
    base = "http://127.0.0.1:9600/wechatpay"
    _, side = fetch(
        reply(200, announced(f"{base}/v3/billdownload/file?token=t")),
        httpx.Response(200, content=BILL),
        base_url=base,
    )
    fetched = side.heard[1]
    assert str(fetched.url) == f"{base}/v3/billdownload/file?token=t"
    text = f"GET\n/v3/billdownload/file?token=t\n1795392000\n{NONCE}\n\n".encode()
    assert f'signature="{signing.rsa_sign(key("shop"), text)}"' in fetched.headers["Authorization"]


@pytest.mark.parametrize(
    "url", ["https://evil.example/v3/x", "https://api.mch.weixin.qq.com.evil.example/x", "//evil/x"]
)
def test_our_signature_never_goes_to_a_foreign_host(url: str) -> None:
    side = OtherSide([reply(200, announced(url))])
    with pytest.raises(StatementMissing, match="foreign_host"):
        asyncio.run(connector(side).statement(DAY))
    assert len(side.heard) == 1


def test_a_named_second_host_of_wechat_is_fetched_from_the_configured_one() -> None:
    _, side = fetch(
        reply(200, announced("https://api2.mch.weixin.qq.com/v3/billdownload/file?token=t")),
        httpx.Response(200, content=BILL),
    )
    assert str(side.heard[1].url) == f"{HOST}/v3/billdownload/file?token=t"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("NO_STATEMENT_EXIST", "no_trade"),
        ("STATEMENT_CREATING", "not_ready"),
        ("INVALID_REQUEST", "INVALID_REQUEST"),
    ],
)
def test_why_there_is_no_bill_is_told_apart(code: str, expected: str) -> None:
    assert missing(reply(400, {"code": code, "message": "…"})) == expected


def test_an_announcement_that_is_not_signed_is_not_followed() -> None:
    assert missing(reply(200, announced(), signer="stranger")) == "bad_signature"


def test_silence_means_not_ready() -> None:
    assert missing(httpx.ReadTimeout("late")) == "not_ready"
    assert missing(reply(200, announced()), httpx.ConnectError("refused")) == "not_ready"
    assert missing(reply(200, announced()), httpx.Response(403)) == "not_ready"


@pytest.mark.parametrize(
    "content",
    [BILL + b"x", gzip.compress(BILL)[:-9], b"\x1f\x8b" + b"no gzip", b""],
    ids=["one byte more", "cut off", "garbage", "empty"],
)
def test_a_damaged_bill_is_not_taken(content: bytes) -> None:
    assert missing(reply(200, announced()), httpx.Response(200, content=content)) == "damaged"


def test_a_bill_that_unpacks_without_end_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sudapos.channels.wechatpay.BILL_AT_MOST", 1000)
    packed = gzip.compress(b"0" * 1001)
    assert missing(reply(200, announced()), httpx.Response(200, content=packed)) == "damaged"


def check(*answers: Answer) -> str:
    return asyncio.run(connector(OtherSide(list(answers))).check())


def test_a_signed_not_found_proves_that_an_account_works() -> None:
    assert check(reply(404, {"code": "RESOURCE_NOT_EXISTS"})) == "mchid 1900009191"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (reply(401, {"code": "SIGN_ERROR"}), "HTTP 401 SIGN_ERROR"),
        (reply(404, {"code": "RESOURCE_NOT_EXISTS"}, signer="stranger"), "not signed"),
        (httpx.ConnectError("refused"), "never_left ConnectError"),
    ],
    ids=["wrong key of ours", "wrong key of theirs", "nobody there"],
)
def test_an_account_that_does_not_work_says_why(answer: Answer, why: str) -> None:
    with pytest.raises(CheckFailed, match=why):
        check(answer)
