"""What a reported sale must be before its amounts are looked at: known channels and accounts, texts that fit."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Model

from sudapos.core import capability, masking, tenders
from sudapos.core.refusal import FieldError

from . import shops
from .drafts import PaymentDraft, SaleDraft
from .sales import Charge, Payment, Sale, SaleLine

COUPONLESS = tenders.OWN | {"cash", "transfer"}
"""Where no platform stands between the customer and us."""


def too_long(draft: SaleDraft) -> Iterator[FieldError]:
    """Texts that the rows have no room for; said here by name, and in the database for the truth."""
    parts: list[tuple[tuple[str | int, ...], object, type[Model], tuple[str, ...]]] = [
        ((), draft, Sale, ("sale_no", "till", "operator", "invoice_no"))
    ]
    parts += [
        (("lines", i), x, SaleLine, ("name", "sku", "category", "unit", "serial", "override_by"))
        for i, x in enumerate(draft.lines)
    ]
    parts += [(("charges", i), x, Charge, ("kind", "name")) for i, x in enumerate(draft.charges)]
    numbers = (
        "payment_no",
        "out_trade_no",
        "channel_ref",
        "card_masked",
        "auth_code",
        "reference_no",
        "batch_no",
        "trace_no",
    )
    parts += [(("payments", i), x, Payment, numbers) for i, x in enumerate(draft.payments)]
    for loc, part, row, names in parts:
        for name in names:
            room = getattr(row._meta.get_field(name), "max_length", None)
            if room is not None and len(getattr(part, name)) > room:
                yield FieldError((*loc, name), "too_long")


def check_payment(index: int, payment: PaymentDraft, accounts: dict[str, shops.Account]) -> list[FieldError]:
    def wrong(name: str, code: str) -> FieldError:
        return FieldError(("payments", index, name), code)

    errors = []
    if payment.channel not in capability.TABLE and not payment.origin:
        errors.append(wrong("channel", "unknown_channel"))
    if payment.channel in tenders.OWN and not payment.card_no:
        errors.append(wrong("card_no", "missing"))
    if not 0 <= payment.coupon_amount <= payment.amount:
        errors.append(wrong("coupon_amount", "out_of_range"))
    elif payment.coupon_amount and payment.channel in COUPONLESS:
        errors.append(wrong("coupon_amount", "not_offered"))
    if payment.amount <= 0:
        errors.append(wrong("amount", "not_positive"))
    if payment.account and payment.account not in accounts:
        errors.append(wrong("account", "account_not_found"))
    elif payment.account and accounts[payment.account].channel != payment.channel:
        errors.append(wrong("account", "account_has_other_channel"))
    if masking.looks_like_card(payment.card_masked):
        errors.append(wrong("card_masked", "full_card_number"))
    return errors
