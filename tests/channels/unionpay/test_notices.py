"""A notice is believed only if UnionPay itself signed it for this merchant (unionpay §12)."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from sudapos.channels import unionpay
from sudapos.channels.base import NoticeRejected
from sudapos.channels.signing import unionpay as seals

from ..recorded import AT, key
from .conversation import config, refund, signer


def letter(name: str = "unionpay", *, pem: str = "", **changes: str) -> bytes:
    said = {
        "signMethod": "01",
        "signPubKeyCert": (pem or signer()).replace("\n", "\r\n"),
        **refund(**changes),
    }
    return urlencode(said | {"signature": seals.sign(key(name), said)}).encode()


def read(body: bytes) -> dict[str, str]:
    return unionpay.read_notice(config(), {}, body, at=AT)


def test_a_genuine_notice_is_read() -> None:
    assert read(letter())["orderId"] == "R202611230001231"


@pytest.mark.parametrize(
    "body",
    [
        letter("stranger"),
        letter().replace(b"txnAmt=1280", b"txnAmt=1281"),
        letter(merId="777290058110049"),
        letter(pem=signer("041@8310000000099999@沙箱商户@00000001")),
        b"",
        b"respCode=00",
    ],
)
def test_everything_else_is_rejected(body: bytes) -> None:
    with pytest.raises(NoticeRejected):
        read(body)
