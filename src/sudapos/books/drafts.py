"""What tills, files and our own till page report: sales before they are rows."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, DecimalException
from typing import Any

from django.conf import settings

from sudapos.core import pricing
from sudapos.core.promotions import Promotion
from sudapos.core.refusal import Invalid

BY_WEIGHT = frozenset(["kg", "g", "千克", "公斤", "克", "斤", "两", "lb"])
MILLI = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One line as the till reports it. Prices in fen, `milli` in thousandths of a unit."""

    line_no: int
    name: str
    milli: int
    unit_price: int
    sku: str = ""
    category: str = ""
    unit: str = ""
    discount: int = 0
    vat_bp: int = 0
    weighed: bool | None = None
    returnable: bool = True
    serial: str = ""
    gift_of: int | None = None
    marked_value: int = 0
    eligible: bool = True
    label_amount: int | None = None
    unit_cost: int | None = None
    """What one unit cost us; only then is cost booked."""
    override_by: str = ""

    @property
    def by_weight(self) -> bool:
        """Split by weight rather than by piece: as told, else by unit or a quantity that is not whole."""
        if self.weighed is not None:
            return self.weighed
        return self.unit.strip().lower() in BY_WEIGHT or self.milli % MILLI != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeDraft:
    """A charge on the whole sale, in fen. Without a rate of its own it bears the highest of the lines (VAT law art. 12)."""

    kind: str
    name: str
    amount: int
    rate_bp: int = 0
    follows_lines: bool = False
    vat_bp: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentDraft:
    """One tender, in fen, with the numbers that a refund will need (domain §1.2)."""

    payment_no: str
    channel: str
    amount: int
    account: str = ""
    out_trade_no: str = ""
    channel_ref: str = ""
    paid_at: datetime | None = None
    card_masked: str = ""
    auth_code: str = ""
    reference_no: str = ""
    batch_no: str = ""
    trace_no: str = ""
    payer: str = ""
    """Who paid, as the channel names her: openid, buyer id, card token; only a digest is kept."""
    card_no: str = ""
    """Of a stored-value card or a points account; kept sealed there, never on the sale."""
    principal: int | None = None
    bonus: int | None = None
    """What left each bucket of the card; without them, by what it holds."""
    coupon_amount: int = 0
    """What of the amount a platform's coupon paid (WeChat 代金券, Alipay 红包)."""
    origin: str = ""
    """Id of the payment that an exchange carries over; nobody outside may say it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionDraft:
    """The published terms behind (a part of) the order discount, in fen; without `lines` every eligible line counts."""

    code: str
    threshold: int
    discount: int
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponDraft:
    """A coupon of the shop that (a part of) the discounts came from, in fen; without `face` it took off all of it."""

    code: str
    amount: int
    face: int | None = None
    valid_to: date | None = None
    lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SaleDraft:
    """One sale as a till, a file or our own till page reports it."""

    sale_no: str
    store: str
    sold_at: datetime
    lines: tuple[LineDraft, ...]
    payments: tuple[PaymentDraft, ...]
    charges: tuple[ChargeDraft, ...] = ()
    till: str = ""
    operator: str = ""
    order_discount: int = 0
    rounding_off: int = 0
    phone: str = ""
    name: str = ""
    invoice_no: str = ""
    mode: str = "offline"
    promotions: tuple[PromotionDraft, ...] = ()
    coupons: tuple[CouponDraft, ...] = ()
    points_earned: int = 0
    points_account: str = ""
    """Number of the points account that the sale earned on."""
    kind: str = ""
    """`deposit` where no sale was made; nobody outside may say it."""

    @property
    def terms(self) -> list[Promotion]:
        """The promotions, each with the lines that it was given for."""
        eligible = tuple(n.line_no for n in self.lines if n.eligible)
        return [
            Promotion(threshold=p.threshold, off=p.discount, code=p.code, lines=p.lines or eligible)
            for p in self.promotions
        ]


def milli(text: str | int) -> int:
    """Thousandths of a unit from a decimal quantity. Raises Invalid for anything else."""
    try:
        value = Decimal(str(text).strip()) * MILLI
    except DecimalException:
        raise Invalid("quantity_invalid", quantity=str(text)) from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 < value < 10**12:
        raise Invalid("quantity_invalid", quantity=str(text))
    return int(value)


def quantity(thousandths: int) -> str:
    """Thousandths as a decimal text without trailing zeros: 2000 → "2", 1236 → "1.236"."""
    return format((Decimal(thousandths) / MILLI).normalize(), "f")


def price(draft: SaleDraft) -> pricing.PricedSale:
    """What the customer pays for it, line by line. Raises Invalid."""
    return pricing.price(
        [
            pricing.DraftLine(
                line_no=n.line_no,
                milli=n.milli,
                unit_price=n.unit_price,
                discount=n.discount,
                vat_bp=n.vat_bp,
                weighed=n.by_weight,
                eligible=n.eligible,
                label_amount=n.label_amount,
            )
            for n in draft.lines
        ],
        [
            pricing.DraftCharge(
                charge_no=i, amount=c.amount, vat_bp=charge_vat(c, draft), follows_lines=c.follows_lines
            )
            for i, c in enumerate(draft.charges, 1)
        ],
        order_discount=draft.order_discount,
        rounding_off=draft.rounding_off,
        terms=draft.terms,
    )


def charge_vat(charge: ChargeDraft, draft: SaleDraft) -> int:
    """Its own rate, or the highest of the lines."""
    return charge.vat_bp if charge.vat_bp is not None else max((n.vat_bp for n in draft.lines), default=0)


def content_digest(draft: SaleDraft) -> str:
    """Fingerprint of everything the caller said, so that one number cannot mean two sales."""
    told = asdict(draft)
    told_apart = ((told, "promotions"), (told, "coupons"), (told, "kind"))
    for part, name in (*told_apart, *((n, "override_by") for n in told["lines"])):
        _unless_told(part, name)
    for line in told["lines"]:
        _unless_told(line, "unit_cost")
    if not told["points_earned"]:
        del told["points_earned"], told["points_account"]
    for payment in told["payments"]:
        for name in ("payer", "card_no", "principal", "bonus", "origin"):
            _unless_told(payment, name)
        if not payment["coupon_amount"]:
            del payment["coupon_amount"]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=_plain).encode()).hexdigest()


def _unless_told(part: dict[str, Any], name: str) -> None:
    """What tills did not say when the first sales came in must not make their repeats look like other sales."""
    if part[name] in (None, "", ()):
        del part[name]


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    assert isinstance(value, date)
    return value.isoformat()


def phone_digest(phone: str) -> str:
    """A keyed digest of a phone number: it can be looked up, not read."""
    digits = "".join(c for c in phone if c.isdigit())
    return (
        hmac.new(settings.SECRET_KEY.encode(), digits.encode(), hashlib.sha256).hexdigest() if digits else ""
    )
