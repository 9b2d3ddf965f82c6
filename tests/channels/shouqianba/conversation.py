"""Shouqianba's half of a recorded conversation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from sudapos.channels import shouqianba
from sudapos.core.outcome import Order, Outcome

from ..recorded import Answer, OtherSide, order, public_pem


def mapping(**changes: str) -> dict[str, str]:
    own = {
        "terminal_sn": "100000000000000001",
        "terminal_key": "demo0terminal0key0000000000000001",
        "device_id": "sudapos-01",
        "public_key": public_pem("shouqianba"),
        "timeout_seconds": "3",
    }
    return own | changes


def business(result: str, error: str = "", **shown: str) -> httpx.Response:
    inner: dict[str, Any] = {"result_code": result}
    if error:
        inner["error_code"] = error
    else:
        inner["data"] = data() | shown
    return httpx.Response(200, json={"result_code": "200", "biz_response": inner})


def data(**changes: str) -> dict[str, str]:
    """What is shown of the standard order after the standard refund (shouqianba §5)."""
    told = {
        "sn": "7895000000000001",
        "client_sn": "POS20261123000123",
        "client_tsn": "R20261123000123-1",
        "status": "SUCCESS",
        "order_status": "PARTIAL_REFUNDED",
        "trade_no": "T1",
        "total_amount": "5980",
        "net_amount": "4700",
        "channel_finish_time": "1795392000000",
    }
    return told | changes


def call_failed(http: int, code: str) -> httpx.Response:
    return httpx.Response(200, json={"result_code": str(http), "error_code": code, "error_message": ""})


def say(verb: str, *answers: Answer, refund: Order | None = None) -> tuple[Outcome, list[httpx.Request]]:
    """What the connector makes of the answers, and what it asked."""
    side = OtherSide(list(answers))
    connector = shouqianba.Shouqianba(shouqianba.Config.from_mapping(mapping()), client=side.client())
    outcome = asyncio.run(getattr(connector, verb)(refund or order(channel="shouqianba")))
    return outcome, side.heard


def asked(request: httpx.Request) -> dict[str, str]:
    told: dict[str, str] = json.loads(request.content)
    return told
