"""What WeChat Pay tells a shop about its refunds (wechatpay §12)."""

from __future__ import annotations

import json
import secrets

from sudapos.sandbox import clock, ledger, seals
from sudapos.sandbox.keys import Account
from sudapos.sandbox.wechatpay_gate import CHANNEL, signed_headers
from sudapos.sandbox.world import Letter, World, tell

PAUSES = (
    *(15, 15, 30, 180, 600, 1200, 1800, 1800, 1800, 3600),
    *(10_800, 10_800, 10_800, 21_600, 21_600),
)
"""Seconds before each of the 15 repeats: 24 h 4 min in all."""
PROBE = "WECHATPAY/SIGNTEST/"
"""Begins the signature of probe traffic; it must fail verification (wechatpay §4)."""
_SUMMARY = {"SUCCESS": "退款成功", "ABNORMAL": "退款异常", "CLOSED": "退款关闭"}


def refund_id(refund: ledger.Refund) -> str:
    """WeChat's own number of a refund, 29 digits."""
    return f"5030080709{clock.beijing(refund.accepted_at):%Y%m%d}{refund.id:011d}"


def announce(world: World, refund: ledger.Refund) -> None:
    """A refund has taken a step: tell the shop, unless a fault has other plans."""
    if not refund.notify_url:
        return

    def pile(mode: str, late: float) -> None:
        add(world, refund, mode=mode, claim=refund.state, late=late)

    tell(world, refund, pile)


def add(world: World, refund: ledger.Refund, *, mode: str, claim: str, late: float = 0.0) -> None:
    """Put a notice on the pile. `mode` is good, forged, probe or damaged; `claim` the state it reports."""
    order = world.ledger.order(CHANNEL, refund.account, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    account = world.accounts[refund.account]
    plain: dict[str, object] = {
        "mchid": account.number,
        "out_trade_no": order.order_no,
        "transaction_id": order.channel_ref,
        "out_refund_no": refund.refund_no,
        "refund_id": refund_id(refund),
        "refund_status": claim,
        "user_received_account": refund.received_account,
        "amount": {
            "total": order.amount,
            "refund": refund.amount,
            "payer_total": order.amount - order.coupon,
            "payer_refund": refund.payer_part,
        },
    }
    if claim == ledger.SUCCESS:
        plain["success_time"] = clock.rfc3339(refund.success_at or world.clock.now())
    body = _wrapped(account, plain, claim, world.clock.now())
    world.ledger.add_notice(
        account=refund.account, url=refund.notify_url, head=mode, body=body, next_at=world.clock.now() + late
    )


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    """The notice as it leaves: signed now; anything but a good one is sent once."""
    mode = waiting.head
    body = waiting.body.encode()
    headers = {"Content-Type": "application/json", "Accept": "*/*", "User-Agent": "Mozilla/4.0"}
    headers |= signed_headers(account, body, forged=mode == "forged")
    if mode == "probe":
        headers["Wechatpay-Signature"] = PROBE + headers["Wechatpay-Signature"][len(PROBE) :]
    if mode == "damaged":
        body = body.replace(b"REFUND.", b"REFUMD.", 1)
    return Letter(headers, body, once=mode != "good")


def heard(http: int, body: bytes) -> bool:
    """200 or 204 means received, whatever the body says."""
    return http in (200, 204)


def _wrapped(account: Account, plain: dict[str, object], claim: str, now: float) -> str:
    text = json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()
    resource = {
        "original_type": "refund",
        **seals.envelope(account.config["apiv3_key"], text, associated="refund"),
    }
    notice = {
        "id": f"EV-{clock.beijing(now):%Y%m%d%H%M%S}{secrets.randbelow(10**8):08d}",
        "create_time": clock.rfc3339(now),
        "resource_type": "encrypt-resource",
        "event_type": f"REFUND.{claim}",
        "summary": _SUMMARY.get(claim, claim),
        "resource": resource,
    }
    return json.dumps(notice, ensure_ascii=False, separators=(",", ":"))
