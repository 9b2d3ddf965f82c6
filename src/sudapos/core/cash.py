"""What a drawer pays out for what is owed (domain §5.5)."""

from __future__ import annotations

JIAO = 10
"""Fen."""


def round_cash_refund(owed: int, *, tender_left: int, up_to_jiao: bool) -> int:
    """Fen to hand over: exact, or up to the next jiao but never more than the cash tender has left (EX04)."""
    if not up_to_jiao:
        return owed
    return min(-(-owed // JIAO) * JIAO, tender_left)
