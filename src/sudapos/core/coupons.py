"""How a refund divides between the payer and the coupon of a platform (domain §5.6).

A platform's coupon is part of our revenue: the platform paid it. A refund is asked for in terms of the order, and the
customer gets what she herself paid of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import money
from .refusal import Refusal

PRO_RATA = "pro_rata"
"""Every part of a refund is shared as the order was paid (WeChat 代金券, and wherever nothing else is known)."""
PAYER_FIRST = "payer_first"
"""The payer's own money goes back first, the coupon last (alipay §8, `refund_amount`)."""
RULES: Mapping[str, str] = {"alipay": PAYER_FIRST}
"""Channel → how it shares a refund, where it is not pro rata. What it answers decides; this is what we expect."""


@dataclass(frozen=True, slots=True)
class CouponSplit:
    """A refund in terms of the order, in fen: what the payer gets, and what falls to the platform's coupon."""

    user: int
    coupon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Who paid a payment, in fen, and what its refunds have asked for and given the payer so far."""

    channel: str
    total: int
    coupon: int
    asked: int = 0
    given: int = 0

    def split(self, request: int) -> CouponSplit:
        """The next refund of `request` fen. Raises Refusal over_refund."""
        return split_coupon(
            request,
            order_total=self.total,
            user_paid=self.total - self.coupon,
            requested_before=self.asked,
            user_before=self.given,
            rule=RULES.get(self.channel, PRO_RATA),
        )

    def after(self, request: int) -> Funding:
        """As it stands once `request` fen more were asked for."""
        given = self.given + self.split(request).user
        return Funding(
            channel=self.channel,
            total=self.total,
            coupon=self.coupon,
            asked=self.asked + request,
            given=given,
        )


def split_coupon(
    request: int,
    *,
    order_total: int,
    user_paid: int,
    requested_before: int = 0,
    user_before: int = 0,
    rule: str = PRO_RATA,
) -> CouponSplit:
    """The payer's share is rounded half up, all parts together are exactly what she paid (EX08).

    What parts rounded down have kept from her must fit into what of the order is left: a part that would leave more
    than that gives it to her at once. The channel's answer decides; this is what we expect it to be. Raises Refusal
    over_refund.
    """
    if requested_before + request > order_total:
        raise Refusal("over_refund", asked=request, left=order_total - requested_before)
    rest = max(0, user_paid - user_before)
    left = order_total - requested_before - request
    share = request if rule == PAYER_FIRST else money.round_half_up(request * user_paid, order_total)
    # a channel that gave less than its rule before may leave more than this request can give
    user = min(max(share, rest - left), rest, request)
    return CouponSplit(user, request - user)
