"""Small sums around a refund: platform coupons, the channel's fee, cash rounding, deposits, exchanges (domain §5)."""

from __future__ import annotations

from dataclasses import dataclass

from . import money
from .refusal import Refusal

JIAO = 10
"""Fen."""


@dataclass(frozen=True, slots=True)
class CouponSplit:
    """A refund in terms of the order, in fen: what the payer gets, and what falls to the platform's coupon."""

    user: int
    coupon: int


def split_coupon(
    request: int, *, order_total: int, user_paid: int, requested_before: int = 0, user_before: int = 0
) -> CouponSplit:
    """WeChat 代金券: the payer's share is rounded half up; the last part pays exactly the rest (domain §5.6, EX08).

    The channel's answer decides; this is what we expect it to be.
    """
    if requested_before + request > order_total:
        raise Refusal("over_refund", asked=request, left=order_total - requested_before)
    if requested_before + request == order_total:
        user = user_paid - user_before
    else:
        user = money.round_half_up(request * user_paid, order_total)
    return CouponSplit(user, request - user)


def fee_returned(
    refund: int, *, paid: int, fee: int, refunded_before: int = 0, returned_before: int = 0
) -> int:
    """The channel's fee that comes back with a refund, an estimate until the statement says (EX15)."""
    if refunded_before + refund == paid:
        return fee - returned_before
    return money.round_half_up(refund * fee, paid)


def cash_payout(owed: int, *, tender_left: int, up_to_jiao: bool) -> int:
    """Fen to hand over: exact, or up to the next jiao but never more than the cash tender has left (domain §5.5)."""
    if not up_to_jiao:
        return owed
    return min(-(-owed // JIAO) * JIAO, tender_left)


def deposit_refund(deposit: int, *, deduction: int, evidence: bool) -> int:
    """押金: what goes back after a deduction, which needs evidence (domain §5.7, R-09). No VAT on what is returned."""
    if deduction and not evidence:
        raise Refusal("deduction_needs_evidence", amount=deduction)
    if not 0 <= deduction <= deposit:
        raise Refusal("over_refund", asked=deduction, left=deposit)
    return deposit - deduction


@dataclass(frozen=True, slots=True)
class Exchange:
    """Two documents and one difference, in fen; negative means that the customer gets money (domain §1.1, EX18)."""

    refund_doc: int
    sale_doc: int

    @property
    def customer_pays(self) -> int:
        return self.sale_doc - self.refund_doc
