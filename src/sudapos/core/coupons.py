"""How a refund divides between the payer and the coupon of a platform (domain §5.6)."""

from __future__ import annotations

from dataclasses import dataclass

from . import money
from .refusal import Refusal


@dataclass(frozen=True, slots=True)
class CouponSplit:
    """A refund in terms of the order, in fen: what the payer gets, and what falls to the platform's coupon."""

    user: int
    coupon: int


def split_coupon(
    request: int, *, order_total: int, user_paid: int, requested_before: int = 0, user_before: int = 0
) -> CouponSplit:
    """WeChat 代金券: the payer's share is rounded half up; the last part pays exactly the rest (EX08).

    The channel's answer decides; this is what we expect it to be. Raises Refusal over_refund.
    """
    if requested_before + request > order_total:
        raise Refusal("over_refund", asked=request, left=order_total - requested_before)
    rest = user_paid - user_before
    if requested_before + request == order_total:
        return CouponSplit(rest, request - rest)
    user = min(money.round_half_up(request * user_paid, order_total), rest)
    return CouponSplit(user, request - user)
