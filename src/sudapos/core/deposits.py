"""押金: money that was never ours, given back less the damage (domain §5.7, R-09)."""

from __future__ import annotations

from .refusal import Refusal


def deposit_refund(deposit: int, *, deduction: int, evidence: bool) -> int:
    """Fen that go back after a deduction, which needs evidence; no VAT on what is returned (EX13). Raises Refusal."""
    if deduction and not evidence:
        raise Refusal("deduction_needs_evidence", amount=deduction)
    if not 0 <= deduction <= deposit:
        raise Refusal("over_refund", asked=deduction, left=deposit)
    return deposit - deduction
