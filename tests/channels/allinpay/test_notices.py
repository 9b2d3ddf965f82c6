"""A notice is believed only if Allinpay signed its fields for this merchant (allinpay §7)."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from sudapos.channels import allinpay
from sudapos.channels.base import NoticeRejected
from sudapos.channels.signing import allinpay as seals
from sudapos.channels.signing import sha1

from ..recorded import key
from .conversation import mapping


def letter(signer: str = "allinpay", **changes: str) -> bytes:
    told = {
        "cusid": "990000000000001",
        "trxid": "T2",
        "srctrxid": "T1",
        "trxstatus": "0000",
        "signtype": "RSA",
    }
    told |= changes
    return urlencode(told | {"sign": sha1.sign(key(signer), seals.text(told))}).encode()


def read(body: bytes) -> dict[str, str]:
    config = allinpay.Config.from_mapping(mapping())
    return allinpay.read_notice(config, {}, body, at=datetime.now(UTC))


def test_a_genuine_notice_is_read() -> None:
    assert read(letter(termtraceno="000123"))["srctrxid"] == "T1"


@pytest.mark.parametrize(
    "body", [letter("stranger"), letter() + b"&more=1", letter(cusid="990000000000002"), b"", b"sign=x"]
)
def test_everything_else_is_rejected(body: bytes) -> None:
    with pytest.raises(NoticeRejected):
        read(body)
