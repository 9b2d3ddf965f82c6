"""Who may print one more copy of a proof: the first whoever may look, every later one with a reason and the right to (domain §7.2)."""

from __future__ import annotations

from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import staff
from .staff import Operator


def require(operator: Operator, *, made: int, reason: str, number: str) -> None:
    """`made` copies are counted so far. Raises Forbidden, Refusal reprint_reason_needed."""
    if not made:
        staff.require(operator, Act.LOOK_UP)
        return
    staff.require(operator, Act.REPRINT)
    if not reason.strip():
        raise Refusal("reprint_reason_needed", refund_no=number, copies=made)
