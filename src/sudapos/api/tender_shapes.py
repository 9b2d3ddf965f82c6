"""Payments as JSON, and what of a refund is asked in terms of the order and what the customer gets of it (domain §5.6)."""

from __future__ import annotations

from typing import Any

from sudapos.books.coupons import SaleCoupon
from sudapos.books.refunds import Refund
from sudapos.books.requests import Weighed
from sudapos.books.sales import Payment, Sale
from sudapos.core import calendar

PAYMENT_NUMBERS = (
    "out_trade_no",
    "channel_ref",
    "card_masked",
    "auth_code",
    "reference_no",
    "batch_no",
    "trace_no",
)


def payment(row: Payment) -> dict[str, Any]:
    return {
        "payment_no": row.payment_no,
        "channel": row.channel,
        "account": row.account.name if row.account else None,
        "amount": row.amount,
        "coupon_amount": row.coupon_amount,
        "user_paid": row.amount - row.coupon_amount,
        "paid_at": row.paid_at.astimezone(calendar.SHANGHAI).isoformat(),
        **{name: getattr(row, name) or None for name in PAYMENT_NUMBERS},
        "origin": _origin(row.origin),
    }


def _origin(row: Payment | None) -> dict[str, Any] | None:
    """The payment that an exchange carried over, and the sale that it was made for."""
    if row is None:
        return None
    return {"sale_no": row.sale.sale_no, "payment_no": row.payment_no, "channel": row.channel}


def coupons(sale: Sale) -> list[dict[str, Any]]:
    """The shop's coupons on a sale, and what became of them."""
    return [_coupon(row) for row in sale.coupons.all()]


def returned(refund: Refund) -> list[dict[str, Any]]:
    """The coupons whose whole sale this refund brought back."""
    return [_coupon(back.coupon) for back in refund.coupons_returned.all()]


def _coupon(row: SaleCoupon) -> dict[str, Any]:
    back = getattr(row, "returned", None)
    return {
        "code": row.code,
        "amount": row.amount,
        "face": row.face,
        "valid_to": row.valid_to.isoformat() if row.valid_to else None,
        "lines": row.lines,
        "state": back.state if back else "used",
        "refund_no": back.refund.refund_no if back else None,
        "at": back.at.astimezone(calendar.SHANGHAI).isoformat() if back else None,
    }


def earned(sale: Sale) -> dict[str, Any] | None:
    """Points that a sale earned, and on which account."""
    row = getattr(sale, "points_earned", None)
    if row is None:
        return None
    return {"earned": row.points, "account": row.account.number_masked, "card_ref": row.account.card_ref}


def taken_back(points: int, deducted: int, fen: int, account: str) -> dict[str, Any] | None:
    """Points that a refund takes back: of them from the account, and of them paid for out of the refund."""
    if not points:
        return None
    return {
        "taken_back": points,
        "from_account": points - deducted,
        "deducted": deducted,
        "deducted_amount": fen,
        "account": account,
    }


def of_refund(refund: Refund) -> dict[str, Any] | None:
    row = getattr(refund, "points_back", None)
    return taken_back(row.points, row.deducted, row.fen, row.account.number_masked) if row else None


def of_preview(weighed: Weighed) -> dict[str, Any] | None:
    back, account = weighed.points, weighed.points_of
    return taken_back(back.points, back.deducted, back.fen, account.masked) if account else None


def both(asked: int, ours: int | None, theirs: int | None = None) -> dict[str, Any]:
    """The two figures of one leg. What the channel said counts; ours stays beside it (F18)."""
    expected = asked if ours is None else ours
    return {
        "refund_order_amount": asked,
        "refund_cash_amount": expected if theirs is None else theirs,
        "expected_cash_amount": expected,
    }
