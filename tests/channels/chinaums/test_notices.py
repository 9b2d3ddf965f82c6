"""A netpay notice is believed only if the 通讯密钥 made its digest, over every field that came (chinaums §5)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from sudapos.channels import chinaums
from sudapos.channels.base import NoticeRejected
from sudapos.channels.signing import chinaums as seals

from .conversation import mapping


def letter(key: str = "demoMd5Key0001", *, lower: bool = False, **changes: str) -> bytes:
    told = {"mid": "898000000000001", "refundOrderId": "R1", "random": "x9", "signType": "SHA256"} | changes
    sign = seals.notice_digest(told, key)
    return urlencode(told | {"sign": sign.lower() if lower else sign}).encode()


def read(body: bytes, **config: str) -> Any:
    settings = chinaums.Config.from_mapping(mapping(**config))
    return chinaums.read_notice(settings, {}, body, at=datetime.now(UTC))


@pytest.mark.parametrize(
    "body", [letter(), letter(lower=True), letter(signType="MD5"), letter(brand_new="field")]
)
def test_a_genuine_notice_is_read(body: bytes) -> None:
    assert read(body)["refundOrderId"] == "R1"


@pytest.mark.parametrize(
    "body", [letter("another"), letter() + b"&more=1", letter(mid="898000000000002"), b"", b"sign="]
)
def test_everything_else_is_rejected(body: bytes) -> None:
    with pytest.raises(NoticeRejected):
        read(body)


def test_without_a_key_nothing_is_believed() -> None:
    with pytest.raises(NoticeRejected):
        read(letter(""), md5_key="")
