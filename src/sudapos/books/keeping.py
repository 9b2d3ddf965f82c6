"""The fee that a request leaves with the shop: by which terms, said to whom, and who may let it go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from sudapos.core import kept_fees
from sudapos.core.amounts import Worth
from sudapos.core.authority import Act
from sudapos.core.kept_fees import Terms
from sudapos.core.policy import Reason, Rules, Weight
from sudapos.core.refusal import FieldError, Invalid

from .sales import SaleLine
from .staff import Operator


class Asked(Protocol):
    """What a refund request says that a fee depends on."""

    @property
    def reason(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def carry(self) -> int: ...
    @property
    def waive_fee(self) -> bool: ...


def terms(request: Asked, lines: Iterable[SaleLine], *, mode: str, rules: Rules) -> Terms:
    """By the policy of the day of the sale; an exchange costs none. Raises Invalid where a fee is let go without a note."""
    if request.waive_fee and not request.note.strip():
        raise Invalid("input_invalid", errors=[FieldError(("note",), "missing")])
    return kept_fees.terms(
        rules.kept_fees,
        {line.line_no: line.category for line in lines},
        reason=request.reason,
        mode=mode,
        exchange=bool(request.carry),
        waived=request.waive_fee,
    )


def said(request: Asked, worth: Worth, *, operator: Operator, rules: Rules) -> Iterator[Reason]:
    """What the verdict says of a fee. Today's policy says whether one may be let go; who does not approve asks a manager."""
    if fee := worth.fee - worth.points:
        yield Reason(Weight.NOTE, "fee_kept", {"amount": fee})
    if not worth.waived:
        return
    told = {"amount": worth.waived}
    if not rules.kept_fee_waiver:
        yield Reason(Weight.DENY, "fee_waiver_off", told)
    elif operator.may(Act.APPROVE):
        yield Reason(Weight.NOTE, "fee_waived", told)
    else:
        yield Reason(Weight.REFER, "fee_waived", told, ("manager",))
