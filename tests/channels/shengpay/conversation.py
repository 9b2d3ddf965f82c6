"""Shengpay's half of a recorded conversation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from sudapos.channels import shengpay
from sudapos.channels.signing import sha1
from sudapos.channels.signing import shengpay as seals
from sudapos.core.outcome import Order, Outcome

from ..recorded import Answer, OtherSide, key, order, private_pem, public_pem


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "mch_id": "10000099",
        "private_key": private_pem("shop"),
        "public_key": public_pem("shengpay"),
        "timeout_seconds": "3",
    }
    return own | changes


def reply(told: dict[str, Any], *, signer: str = "shengpay", status: int = 200) -> httpx.Response:
    said = {"mchId": "10000099", "nonceStr": "n", "signType": "RSA", **told}
    if signer:
        said["sign"] = sha1.sign(key(signer), seals.text(said))
    return httpx.Response(status, json=said)


def taken(**changes: Any) -> dict[str, Any]:
    """The answer to the standard refund (shengpay §4)."""
    told = {
        "returnCode": "SUCCESS",
        "resultCode": "SUCCESS",
        "outTradeNo": "POS20261123000123",
        "outRefundNo": "R20261123000123-1",
        "refundId": "SR1",
        "totalFee": 5980,
        "refundFee": 1280,
    }
    return told | changes


def no(text: str, code: str = "X1") -> dict[str, Any]:
    return {"returnCode": "SUCCESS", "resultCode": "FAIL", "errorCode": code, "errorCodeDes": text}


def say(verb: str, *answers: Answer, refund: Order | None = None, **config: str) -> tuple[Outcome, list[Any]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    connector = shengpay.Shengpay(
        shengpay.Config.from_mapping(mapping(**config)), client=side.client(), nonce=lambda: "a1b2c3d4e5f6"
    )
    outcome = asyncio.run(getattr(connector, verb)(refund or order(channel="shengpay")))
    return outcome, [(request.url.path, json.loads(request.content)) for request in side.heard]
