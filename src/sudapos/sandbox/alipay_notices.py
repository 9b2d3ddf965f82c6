"""What Alipay tells a shop by itself: a refund that the customer's bank sent back (alipay §5, §17)."""

from __future__ import annotations

import json
from urllib.parse import urlencode

from sudapos.sandbox import clock, keys, ledger, seals
from sudapos.sandbox.alipay_gate import CHANNEL, signed_text
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import Letter, World, tell

PAUSES = (240, 600, 600, 3600, 7200, 21_600, 54_000)
"""Seconds before each repeat of a notice: 8 sends in all (alipay §16, §17)."""


def deposit_back(refund: ledger.Refund, *, card: bool) -> dict[str, str]:
    """Where a refund to a bank card stands: P on its way, S arrived, F sent back by the bank (alipay §17)."""
    if not refund.times_paid or refund.success_at is None:
        return {}
    said = {
        "dback_amount": seals.money(refund.amount),
        "est_bank_receipt_time": clock.plain(refund.success_at + 3 * clock.DAY),
    }
    if refund.state == ledger.ABNORMAL:
        return said | {"dback_status": "F", "bank_ack_time": clock.plain(refund.state_at)}
    if refund.plan:
        return said | {"dback_status": "P"}
    return said | {"dback_status": "S", "bank_ack_time": clock.plain(refund.success_at)} if card else {}


def announce(at: World, refund: ledger.Refund) -> None:
    """A bank sent a refund back: told to the application gateway, if the shop has set one (alipay §17)."""
    url = at.ledger.setting(f"gateway:{refund.account}")
    if refund.state != ledger.ABNORMAL or not url:
        return
    order = at.ledger.order(CHANNEL, refund.account, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    content = {
        "trade_no": order.channel_ref,
        "out_trade_no": order.order_no,
        "out_request_no": refund.refund_no,
        **deposit_back(refund, card=True),
    }
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    def pile(mode: str, late: float) -> None:
        at.ledger.add_notice(
            account=refund.account, url=url, head=mode, body=body, next_at=at.clock.now() + late
        )

    tell(at, refund, pile, forged=True)


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    """The deposit-back message as a signed form; `notify_id` stays the same on repeats."""
    said = {
        "notify_id": f"sandbox{waiting.id:021d}",
        "utc_timestamp": str(int(clock.real() * 1000)),
        "msg_method": "alipay.trade.refund.depositback.completed",
        "app_id": account.number,
        "version": "1.1",
        "biz_content": waiting.body,
        "charset": "UTF-8",
        "sign_type": "RSA2",
    }
    good = waiting.head in ("good", "damaged")
    key = account.channel_key if good else keys.stranger()
    said["sign"] = seals.sign(key, signed_text(said, without=("sign", "sign_type")).encode())
    if waiting.head == "damaged":
        said["biz_content"] += " "
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "User-Agent": "Mozilla/4.0",
    }
    return Letter(headers, urlencode(said).encode(), once=waiting.head != "good")


def heard(http: int, body: bytes) -> bool:
    """Exactly `success` means received."""
    return http == 200 and body == b"success"
