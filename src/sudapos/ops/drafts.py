"""The last steps from a file's words to a sale: line numbers, tenders, accounts; and which row a refusal means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sudapos.books.intake import LineDraft, PaymentDraft, SaleDraft
from sudapos.core import pricing
from sudapos.core.refusal import Refusal

from .rows import BadCell, Defaults


def numbered(lines: Sequence[LineDraft]) -> tuple[LineDraft, ...]:
    """The lines with their own numbers where these are usable, else 1..n."""
    own = {line.line_no for line in lines}
    if len(own) == len(lines) and min(own) > 0:
        return tuple(lines)
    return tuple(replace(line, line_no=number) for number, line in enumerate(lines, 1))


def total(draft: SaleDraft) -> int:
    """Fen that the payments of a sale must add up to. Raises Invalid."""
    lines = [
        pricing.DraftLine(
            line_no=line.line_no,
            milli=line.milli,
            unit_price=line.unit_price,
            discount=line.discount,
            vat_bp=line.vat_bp,
            weighed=line.by_weight,
            eligible=line.eligible,
            label_amount=line.label_amount,
        )
        for line in draft.lines
    ]
    charges = [pricing.DraftCharge(charge_no=i, amount=c.amount) for i, c in enumerate(draft.charges, 1)]
    priced = pricing.price(
        lines, charges, order_discount=draft.order_discount, rounding_off=draft.rounding_off
    )
    return priced.total


def paid(draft: SaleDraft, tenders: Sequence[PaymentDraft], defaults: Defaults) -> SaleDraft:
    """The sale with its payments: those of the file, or one of the default channel over the whole amount.

    Raises BadCell payment_missing or payment_amount_missing, Invalid where the sale itself does not add up.
    """
    whole = total(draft)
    if not tenders:
        if not defaults.payment:
            raise BadCell("payment_missing")
        tenders = [PaymentDraft(payment_no="", channel=defaults.payment, amount=0)]
    if len(tenders) > 1 and not all(p.amount for p in tenders):
        raise BadCell("payment_amount_missing")
    payments = tuple(
        replace(
            payment,
            payment_no=payment.payment_no or f"P{number}",
            amount=payment.amount or whole,
            account=payment.account or defaults.account_for(payment.channel, ""),
        )
        for number, payment in enumerate(tenders, 1)
    )
    return replace(draft, payments=payments)


def fault(refusal: Refusal) -> tuple[int | None, str, dict[str, object]]:
    """Which line (from 0) a refusal means, None for the whole sale; its code and its facts."""
    if not refusal.errors:
        return None, refusal.code, dict(refusal.facts)
    error = refusal.errors[0]
    index = error.loc[1] if len(error.loc) > 1 and error.loc[0] == "lines" else None
    place = ".".join(str(part) for part in error.loc)
    return (index if isinstance(index, int) else None), "field_wrong", {"field": place, "wrong": error.code}
