"""Lakala's half of a recorded conversation: replies signed in five headers."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from sudapos.channels import lakala, signing
from sudapos.channels.signing import lakala as seals
from sudapos.core.outcome import Order, Outcome

from ..recorded import AT, Answer, OtherSide, key, order, private_pem, public_pem

NONCE = "9f86d081884c"


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "appid": "OP00000000demo",
        "serial_no": "00deadbeef01",
        "private_key": private_pem("shop"),
        "platform_cert": public_pem("lakala"),
        "merchant_no": "822000000000001",
        "term_no": "A0000001",
        "request_ip": "10.0.0.8",
        "timeout_seconds": "3",
    }
    return own | changes


def signed_headers(body: bytes, signer: str = "lakala") -> dict[str, str]:
    head = {
        "Lklapi-Appid": "OP00000000demo",
        "Lklapi-Serial": "plat01",
        "Lklapi-Timestamp": "1795392000",
        "Lklapi-Nonce": "abcdef123456",
    }
    return head | {"Lklapi-Signature": signing.rsa_sign(key(signer), seals.call_text(head.values(), body))}


def reply(
    code: str = "000000", msg: str = "", *, signer: str = "lakala", status: int = 200, **inner: Any
) -> httpx.Response:
    told: dict[str, Any] = {"code": code, "msg": msg}
    if inner:
        told["resp_data"] = inner
    body = json.dumps(told, ensure_ascii=False).encode()
    return httpx.Response(status, content=body, headers=signed_headers(body, signer) if signer else {})


def refund(state: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    told = {
        "out_trade_no": "R20261123000123-1",
        "refund_amount": "1280",
        "trade_state": state,
        "trade_no": "T1",
    }
    return told | changes


def say(
    verb: str, *answers: Answer, refund: Order | None = None, **config: str
) -> tuple[Outcome, list[httpx.Request]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    connector = lakala.Lakala(
        lakala.Config.from_mapping(mapping(**config)),
        client=side.client(),
        now=lambda: AT,
        nonce=lambda: NONCE,
    )
    outcome = asyncio.run(getattr(connector, verb)(refund or order(channel="lakala")))
    return outcome, side.heard
