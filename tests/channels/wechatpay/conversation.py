"""WeChat's half of a recorded conversation: replies signed as the real ones are (wechatpay §4)."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from sudapos.channels import signing, wechatpay
from sudapos.core.outcome import Order, Outcome

from ..recorded import AT, Answer, OtherSide, key, order, private_pem, public_pem

NONCE = "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
KEY_ID = "PUB_KEY_ID_0000000001"
OLD_ID = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
CONFIG = {
    "mchid": "1900009191",
    "serial_no": "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C",
    "apiv3_key": "PosRefundDemoApiV3Key0123456789A",
    "public_key_id": KEY_ID,
    "timeout_seconds": "3",
}


def mapping(**changes: str) -> dict[str, str]:
    keys = {"private_key": private_pem("shop"), "public_key": public_pem("wechat")}
    return CONFIG | keys | changes


def reply(
    status: int = 200,
    told: object = None,
    *,
    raw: bytes | None = None,
    signer: str | None = "wechat",
    serial: str = KEY_ID,
    stamp: str = str(int(AT.timestamp())),
) -> httpx.Response:
    """A reply as it comes over the wire; `signer` None leaves the signature out."""
    body = json.dumps(told, ensure_ascii=False).encode() if raw is None else raw
    headers = {"Content-Type": "application/json"}
    if signer is not None:
        text = signing.wechat_reply_text(stamp, "c5ac7061", body)
        headers |= {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": "c5ac7061",
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature": signing.rsa_sign(key(signer), text),
        }
    return httpx.Response(status, headers=headers, content=body)


def refund(status: str = "PROCESSING", **changes: Any) -> dict[str, Any]:
    """A refund object for the standard order (wechatpay §6)."""
    told: dict[str, Any] = {
        "refund_id": "50300807092026112300000000001",
        "out_refund_no": "R20261123000123-1",
        "out_trade_no": "POS20261123000123",
        "channel": "ORIGINAL",
        "user_received_account": "招商银行信用卡0403",
        "create_time": "2026-11-23T14:05:07+08:00",
        "status": status,
        "amount": {"total": 5980, "refund": 1280, "payer_total": 5980, "payer_refund": 1280},
    }
    if status == "SUCCESS":
        told["success_time"] = "2026-11-23T14:05:09+08:00"
    return told | changes


def connector(side: OtherSide, **config: str) -> wechatpay.WeChatPay:
    return wechatpay.WeChatPay(
        wechatpay.Config.from_mapping(mapping(**config)),
        client=side.client(),
        now=lambda: AT,
        nonce=lambda: NONCE,
    )


def say(verb: str, *answers: Answer, to: Order | None = None, **config: str) -> tuple[Outcome, OtherSide]:
    """What the connector makes of the answers, and what the other side heard."""
    side = OtherSide(list(answers))
    outcome: Outcome = asyncio.run(getattr(connector(side, **config), verb)(to or order()))
    return outcome, side


def answer(verb: str, *answers: Answer, to: Order | None = None, **config: str) -> Outcome:
    return say(verb, *answers, to=to, **config)[0]
