"""Alipay's half of a recorded conversation: the exact node text is what is signed (alipay §4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qsl

import httpx

from sudapos.channels import alipay, signing
from sudapos.core.outcome import Order, Outcome

from ..recorded import AT, Answer, OtherSide, key, order, private_pem, public_pem

REFUND = "alipay_trade_refund_response"
QUERY = "alipay_trade_fastpay_refund_query_response"
BILL = "alipay_data_dataservice_bill_downloadurl_query_response"
TRADE = "2026112322001400000000000001"
CONFIG = {"app_id": "2014072300007148", "timeout_seconds": "3"}


def mapping(**changes: str) -> dict[str, str]:
    keys = {"private_key": private_pem("shop"), "alipay_public_key": public_pem("alipay")}
    return CONFIG | keys | changes


def reply(
    node: str,
    told: dict[str, Any] | str,
    *,
    signer: str | None = "alipay",
    signed_text: str | None = None,
    status: int = 200,
) -> httpx.Response:
    """A reply as it comes over the wire; `signed_text` is what was signed if not the node itself."""
    text = told if isinstance(told, str) else json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    body = f'{{"{node}":{text}'
    if signer is not None:
        signature = signing.rsa_sign(key(signer), (text if signed_text is None else signed_text).encode())
        body += f',"sign":"{signature}"'
    return httpx.Response(
        status, headers={"Content-Type": "text/html;charset=utf-8"}, content=(body + "}").encode()
    )


def done(**changes: Any) -> dict[str, Any]:
    """A refund that moved money (alipay §22.2)."""
    return {
        "code": "10000",
        "msg": "Success",
        "buyer_logon_id": "150****8675",
        "fund_change": "Y",
        "gmt_refund_pay": "2026-11-23 14:05:08",
        "out_trade_no": "POS20261123000123",
        "refund_fee": "12.80",
        "send_back_fee": "0.00",
        "trade_no": TRADE,
    } | changes


def found(**changes: Any) -> dict[str, Any]:
    """A refund that was asked about and is there (alipay §9)."""
    return {
        "code": "10000",
        "msg": "Success",
        "out_trade_no": "POS20261123000123",
        "trade_no": TRADE,
        "out_request_no": "R20261123000123-1",
        "refund_status": "REFUND_SUCCESS",
        "refund_amount": "12.80",
        "total_amount": "59.80",
        "gmt_refund_pay": "2026-11-23 14:05:08",
    } | changes


def failed(sub_code: str, *, code: str = "40004", words: str = "") -> dict[str, Any]:
    return {"code": code, "msg": "Business Failed", "sub_code": sub_code, "sub_msg": words or "…"}


def connector(side: OtherSide, **config: str) -> alipay.Alipay:
    return alipay.Alipay(alipay.Config.from_mapping(mapping(**config)), client=side.client(), now=lambda: AT)


def say(verb: str, *answers: Answer, to: Order | None = None, **config: str) -> tuple[Outcome, OtherSide]:
    """What the connector makes of the answers, and what the other side heard."""
    side = OtherSide(list(answers))
    outcome: Outcome = asyncio.run(getattr(connector(side, **config), verb)(to or order(channel="alipay")))
    return outcome, side


def answer(verb: str, *answers: Answer, to: Order | None = None, **config: str) -> Outcome:
    return say(verb, *answers, to=to, **config)[0]


def merged(request: httpx.Request) -> dict[str, str]:
    """Query and form as the gateway merges them; a name that stands twice is a fault (alipay §2, §21)."""
    pairs = parse_qsl(request.url.query.decode()) + parse_qsl(request.content.decode())
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
