"""What a channel gives back of its fee; an estimate until its statement says (domain §1.4)."""

from __future__ import annotations

from . import money


def fee_returned(
    refund: int, *, paid: int, fee: int, refunded_before: int = 0, returned_before: int = 0
) -> int:
    """Fen of the fee that come back with a refund; the last refund brings the rest of it (EX15)."""
    rest = fee - returned_before
    if refunded_before + refund == paid:
        return rest
    return min(money.round_half_up(refund * fee, paid), rest)
