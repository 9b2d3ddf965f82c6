"""Allinpay's half of a recorded conversation."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qsl

import httpx

from sudapos.channels import allinpay
from sudapos.channels.signing import allinpay as seals
from sudapos.channels.signing import sha1
from sudapos.core.outcome import Order, Outcome

from ..recorded import Answer, OtherSide, key, order, private_pem, public_pem


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "cusid": "990000000000001",
        "appid": "00000099",
        "private_key": private_pem("shop"),
        "public_key": public_pem("allinpay"),
        "timeout_seconds": "3",
    }
    return own | changes


def reply(*, signer: str = "allinpay", status: int = 200, **told: str) -> httpx.Response:
    said = {"retcode": "SUCCESS", "cusid": "990000000000001", "appid": "00000099", "randomstr": "x", **told}
    if signer:
        said["sign"] = sha1.sign(key(signer), seals.text(said))
    return httpx.Response(status, json=said)


def done(trxstatus: str = "0000", **changes: str) -> dict[str, str]:
    told = {"trxstatus": trxstatus, "reqsn": "R20261123000123-1", "trxid": "T1", "trxamt": "1280"}
    return told | changes


def connector(side: OtherSide, **config: str) -> allinpay.Allinpay:
    return allinpay.Allinpay(
        allinpay.Config.from_mapping(mapping(**config)), client=side.client(), nonce=lambda: "a1b2c3d4e5f6"
    )


def say(
    verb: str, *answers: Answer, refund: Order | None = None, **config: str
) -> tuple[Outcome, list[tuple[str, dict[str, str]]]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    made = connector(side, **config)
    outcome = asyncio.run(getattr(made, verb)(refund or order(channel="allinpay")))
    return outcome, [(r.url.path, dict(parse_qsl(r.content.decode()))) for r in side.heard]
