"""ChinaUMS's half of a recorded conversation."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from sudapos.channels import chinaums
from sudapos.core.outcome import Order, Outcome

from ..recorded import AT, Answer, OtherSide, order

NONCE = "5f0c1d2e3b4a49586776859403a2b1c0"


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "app_id": "10037e6f0000demo0001",
        "app_key": "demo0appkey0demo0appkey0demo0001",
        "merchant_code": "898000000000001",
        "terminal_code": "10000001",
        "md5_key": "demoMd5Key0001",
        "timeout_seconds": "3",
    }
    return own | changes


NETPAY = {"product": "netpay", "source_code": "1A2B"}


def reply(code: str = "00", status: int = 200, **told: Any) -> httpx.Response:
    return httpx.Response(status, json={"errCode": code, **told})


def say(
    verb: str, *answers: Answer, refund: Order | None = None, **config: str
) -> tuple[Outcome, list[httpx.Request]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    connector = chinaums.ChinaUms(
        chinaums.Config.from_mapping(mapping(**config)),
        client=side.client(),
        now=lambda: AT,
        nonce=lambda: NONCE,
    )
    outcome = asyncio.run(getattr(connector, verb)(refund or order(channel="chinaums")))
    return outcome, side.heard
