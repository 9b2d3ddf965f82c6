"""押金, 定金 and 订金: money that is not ours yet, and what goes back when it ends (domain §5.7, R-09, R-23). Fen.

民法典 Art. 586: of 定金 at most a fifth of the contract's price counts as such, the rest is an advance. Art. 587: kept where the
customer fails, doubled where the merchant does, else given back or counted towards the price.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from . import amounts
from .amounts import Deduction, LinePart, Sold, Worth
from .refusal import FieldError, Invalid, Refusal

SALE_KIND = "deposit"
"""What a deposit is among the documents of the till; a sale has no kind."""
REASON = "deposit"
"""Why its refund is made; no customer chooses it."""
EARNEST_SHARE = 20
"""Per cent of the contract's price that may count as 定金."""
CONFIRMED = ("signed", "message", "phone", "spoken")
"""How a customer said yes to what is kept."""


class Kind(StrEnum):
    """Which of the three it is; they differ in law (R-23)."""

    YAJIN = "DEPOSIT_YAJIN"
    DINGJIN = "EARNEST_DINGJIN"
    ADVANCE = "ADVANCE_DINGJIN2"


class Ending(StrEnum):
    """How it ends."""

    RETURNED = "returned"
    CUSTOMER_FAILED = "customer_failed"
    MERCHANT_FAILED = "merchant_failed"
    APPLIED = "applied"
    """It counts towards the price of a sale (民法典 Art. 587)."""


ENDINGS = {
    Kind.YAJIN: (Ending.RETURNED, Ending.APPLIED),
    Kind.DINGJIN: (Ending.RETURNED, Ending.CUSTOMER_FAILED, Ending.MERCHANT_FAILED, Ending.APPLIED),
    Kind.ADVANCE: (Ending.RETURNED, Ending.APPLIED),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What goes back over the payment, what the shop keeps, and what it pays on top."""

    back: int
    kept: int = 0
    compensation: int = 0


def deposit_refund(deposit: int, *, deduction: int, evidence: bool) -> int:
    """Fen that go back after a deduction, which needs evidence; no VAT on what is returned (EX13). Raises Refusal."""
    if deduction and not evidence:
        raise Refusal("deduction_needs_evidence", amount=deduction)
    if not 0 <= deduction <= deposit:
        raise Refusal("over_refund", asked=deduction, left=deposit)
    return deposit - deduction


def earnest_part(amount: int, price: int) -> int:
    """What of a payment counts as 定金; the rest is an advance (民法典 Art. 586)."""
    return min(amount, price * EARNEST_SHARE // 100)


def settle(
    kind: Kind,
    amount: int,
    *,
    ending: Ending,
    deduction: int = 0,
    price: int = 0,
    evidence: bool = False,
    confirmed: bool = False,
) -> Settled:
    """What an ending comes to. What is kept needs evidence and the customer's yes.

    Raises Invalid, Refusal ending_not_of_this_kind, deduction_not_of_this_kind, deduction_needs_evidence,
    deduction_needs_consent or over_refund.
    """
    if ending not in ENDINGS[kind]:
        raise Refusal("ending_not_of_this_kind", deposit=str(kind))
    if deduction and kind is not Kind.YAJIN:
        raise Refusal("deduction_not_of_this_kind", deposit=str(kind))
    counts = earnest_part(amount, price) if kind is Kind.DINGJIN else 0
    kept = counts if ending is Ending.CUSTOMER_FAILED else deduction
    back = deposit_refund(amount, deduction=kept, evidence=evidence)
    if kept and not confirmed:
        raise Refusal("deduction_needs_consent", amount=kept)
    return Settled(back=back, kept=kept, compensation=counts if ending is Ending.MERCHANT_FAILED else 0)


def check_taken(kind: str, *, amount: int, price: int) -> Kind:
    """The kind of what is taken; 定金 needs its contract's price. Raises Invalid."""
    wrong = []
    if kind not in list(Kind):
        wrong.append(FieldError(("type",), "out_of_range"))
    if amount <= 0:
        wrong.append(FieldError(("amount",), "not_positive"))
    if kind == Kind.DINGJIN and price <= 0:
        wrong.append(FieldError(("contract_price",), "missing"))
    if kind == Kind.DINGJIN and 0 < price < amount:
        wrong.append(FieldError(("contract_price",), "out_of_range"))
    if wrong:
        raise Invalid("input_invalid", errors=wrong)
    return Kind(kind)


def worth(sold: Sold, kept: int) -> Worth:
    """All of it less what is kept, once: whatever went back before leaves nothing to give. Raises Refusal over_refund."""
    [line] = sold.lines
    left = amounts.left(sold).total
    if line.back_milli or line.back_amount or not 0 <= kept < left:
        raise Refusal("over_refund", asked=left - kept, left=0 if line.back_milli else left)
    part = LinePart(line_no=line.line_no, milli=line.milli, amount=line.net - kept, tax=0)
    deductions = (Deduction(kind="deposit", line_no=line.line_no, amount=kept),) if kept else ()
    return Worth(lines=(part,), deductions=deductions, total=part.amount, tax=0)
