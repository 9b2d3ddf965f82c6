"""A notice is believed only if Shengpay signed it for this merchant."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sudapos.channels import shengpay
from sudapos.channels.base import NoticeRejected
from sudapos.channels.signing import sha1
from sudapos.channels.signing import shengpay as seals

from ..recorded import key
from .conversation import mapping


def letter(signer: str = "shengpay", **changes: Any) -> bytes:
    told = {"mchId": "10000099", "refundOrderNo": "R1", "refundStatus": "REFUND_SUCCESS", "refundFee": 1280}
    told |= changes
    return json.dumps(told | {"sign": sha1.sign(key(signer), seals.text(told))}).encode()


def read(body: bytes) -> dict[str, Any]:
    config = shengpay.Config.from_mapping(mapping())
    return shengpay.read_notice(config, {}, body, at=datetime.now(UTC))


def test_a_genuine_notice_is_read() -> None:
    assert read(letter())["refundOrderNo"] == "R1"


@pytest.mark.parametrize(
    "body",
    [
        letter("stranger"),
        letter().replace(b"1280", b"1281"),
        letter(mchId="10000098"),
        b"",
        b"[]",
        b'{"mchId":"10000099"}',
    ],
)
def test_everything_else_is_rejected(body: bytes) -> None:
    with pytest.raises(NoticeRejected):
        read(body)
