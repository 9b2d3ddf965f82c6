"""Alipay's amounts: yuan as text, and what of a refund is the payer's own money (alipay §8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sudapos.core import money
from sudapos.core.outcome import Order

MARKETING = frozenset({"COUPON", "DISCOUNT", "POINT", "MCOUPON", "MDISCOUNT"})
"""`fund_channel`s whose money the payer never had: red packets, discounts, Alipay's points (alipay §8)."""


def payer(told: Mapping[str, Any], order: Order) -> int | None:
    """What the payer herself gets of this refund: all ways but Alipay's and the shop's own marketing; None unsaid."""
    items = told.get("refund_detail_item_list")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items) or not items:
        return None
    parts = [(str(item.get("fund_channel", "")), fen(item.get("amount"), -1)) for item in items]
    if any(part is None or part < 0 for _, part in parts):
        return None
    if sum(part for _, part in parts if part is not None) != order.amount:
        return None  # it tells of something else than this refund
    return sum(part for way, part in parts if way not in MARKETING and part is not None)


def fen(text: object, otherwise: int) -> int | None:
    """Fen of an amount in yuan, `otherwise` where there is none; None is no amount."""
    if text is None or text == "":
        return otherwise
    try:
        return money.yuan(str(text))
    except money.BadAmount:
        return None
