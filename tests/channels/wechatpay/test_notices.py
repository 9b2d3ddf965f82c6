"""A refund notice: verified, opened, and for this merchant, or rejected (wechatpay §12)."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sudapos.channels import wechatpay

from ..recorded import AT
from .conversation import mapping, reply

PLAIN: dict[str, Any] = {
    "mchid": "1900009191",
    "out_trade_no": "POS20261123000123",
    "out_refund_no": "R20261123000123-1",
    "refund_id": "50300807092026112300000000001",
    "refund_status": "SUCCESS",
    "amount": {"total": 5980, "refund": 1280, "payer_total": 5980, "payer_refund": 1280},
}


def notice(
    plain: object = PLAIN,
    *,
    apiv3_key: str = "PosRefundDemoApiV3Key0123456789A",
    event: str = "REFUND.SUCCESS",
    associated: str = "refund",
) -> dict[str, Any]:
    sealed = AESGCM(apiv3_key.encode()).encrypt(
        b"fdasflkja484", json.dumps(plain).encode(), associated.encode()
    )
    return {
        "id": "EV-2018022511223320873",
        "resource_type": "encrypt-resource",
        "event_type": event,
        "resource": {
            "algorithm": "AEAD_AES_256_GCM",
            "ciphertext": base64.b64encode(sealed).decode(),
            "nonce": "fdasflkja484",
            "associated_data": associated,
        },
    }


def read(told: object, **how: Any) -> dict[str, Any]:
    sent = reply(200, told, **how)
    config = wechatpay.Config.from_mapping(mapping())
    return wechatpay.read_notice(config, sent.headers, sent.content, at=AT)


@pytest.mark.parametrize("associated", ["refund", ""])
def test_a_genuine_notice_tells_which_refund_it_is_about(associated: str) -> None:
    assert read(notice(associated=associated)) == PLAIN


@pytest.mark.parametrize(
    ("told", "how", "why"),
    [
        (notice(), {"signer": "stranger"}, "signature"),
        (notice(), {"signer": None}, "signature"),
        (notice(), {"stamp": "1795391699"}, "signature"),
        (notice(event="TRANSACTION.SUCCESS"), {}, "shape"),
        ({"event_type": "REFUND.SUCCESS"}, {}, "shape"),
        ([], {}, "shape"),
        (notice(apiv3_key="x" * 32), {}, "encryption"),
        (notice() | {"resource": {"nonce": "", "ciphertext": "////"}}, {}, "encryption"),
        (notice(PLAIN | {"mchid": "1900000000"}), {}, "merchant"),
        (notice([1]), {}, "merchant"),
    ],
)
def test_anything_else_is_rejected_with_the_step_that_failed(
    told: object, how: dict[str, Any], why: str
) -> None:
    with pytest.raises(wechatpay.NoticeRejected, match=why):
        read(told, **how)
