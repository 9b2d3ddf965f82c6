"""Which rules decide on a refund: what the shop promised on the day of the sale, and the limits of today.

A promise binds as it was given (domain R-08: one's own promise binds); a limit protects the shop's money and
counts from the moment it is set (domain §8.2).
"""

from __future__ import annotations

from dataclasses import replace

from .rules import Rules

PROMISED = (
    "promise_days",
    "windows_by_reason",
    "windows_by_category",
    "exchange_days",
    "windows_days",
    "override_not_returnable",
    "no_receipt_limit_fen",
    "promotion_on_partial_return",
    "cash_refund_rounding",
    "kept_fees",
    "points_taken_back",
    "points_per_yuan",
)
"""What the customer could know when she bought; everything else is a limit or a custom of the house."""


def mix(*, of_sale: Rules, now: Rules) -> Rules:
    """The rules that decide: `now`, with what was promised on the day of the sale."""
    if of_sale == now:
        return now
    return replace(now, **{name: getattr(of_sale, name) for name in PROMISED})
