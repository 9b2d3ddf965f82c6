"""How a channel shares a refund between its payer and its own coupon: wechatpay §6 pro rata, alipay §8 the payer first.

Told apart from the shop's own arithmetic on purpose: both must come to the same fen by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from sudapos.sandbox.ledger import CLOSED, Order, Refund


def pro_rata(order: Order, earlier: Sequence[Refund], amount: int) -> int:
    """What the payer gets of `amount` fen, half a fen rounded up; never more than is hers is left to the order's rest."""
    rest, taken = _rest(order, earlier)
    share = (2 * amount * (order.amount - order.coupon) + order.amount) // (2 * order.amount)
    still_owed = rest - (order.amount - taken - amount)
    return min(rest, max(share, still_owed))


def payer_first(order: Order, earlier: Sequence[Refund], amount: int) -> int:
    """The payer's own money goes before any coupon."""
    return min(amount, _rest(order, earlier)[0])


def _rest(order: Order, earlier: Sequence[Refund]) -> tuple[int, int]:
    living = [refund for refund in earlier if refund.state != CLOSED]
    return order.amount - order.coupon - sum(r.payer_part for r in living), sum(r.amount for r in living)


def wechat_amount(order: Order, refund: Refund) -> dict[str, object]:
    """`amount` of the refund object; the shop's account takes the whole, whoever paid (a prepaid coupon)."""
    return {
        "total": order.amount,
        "refund": refund.amount,
        "payer_total": order.amount - order.coupon,
        "payer_refund": refund.payer_part,
        "settlement_refund": refund.amount,
        "settlement_total": order.amount,
        "discount_refund": refund.amount - refund.payer_part,
        "currency": "CNY",
    }


def wechat_promotions(order: Order, refund: Refund) -> dict[str, object]:
    """`promotion_detail` of the refund object, where a coupon paid."""
    if not order.coupon:
        return {}
    coupon = {
        "promotion_id": "109519",
        "scope": "GLOBAL",
        "type": "COUPON",
        "amount": order.coupon,
        "refund_amount": refund.amount - refund.payer_part,
    }
    return {"promotion_detail": [coupon]}
