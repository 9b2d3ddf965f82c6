"""What a drawer pays out for what is owed (domain §5.5)."""

from __future__ import annotations

JIAO = 10
"""Fen."""


def round_cash_refund(owed: int, *, tender_left: int, up_to_jiao: bool) -> int:
    """Fen to hand over: exact, or up to the next jiao but never more than the cash tender has left (EX04)."""
    if not up_to_jiao:
        return owed
    return min(-(-owed // JIAO) * JIAO, tender_left)


def handed_over(owed: int, *, tender_left: int, surplus: int, up_to_jiao: bool) -> int:
    """Fen that leave the drawer for `owed`, after earlier roundings of the same payment gave `surplus` too much.

    All refunds of a payment together are rounded as one sum, so the surplus stays below a jiao however often a
    customer comes back; it may be that nothing is left to hand over.
    """
    return round_cash_refund(max(0, owed - surplus), tender_left=tender_left, up_to_jiao=up_to_jiao)
