"""What callers may send. Amounts are whole fen, times carry their offset, unknown fields are refused by name."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from datetime import date, datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from sudapos.books import intake
from sudapos.books.drafts import CouponDraft
from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft, PromotionDraft, SaleDraft
from sudapos.books.requests import RefundRequest, RequestLine
from sudapos.core import money
from sudapos.core.refusal import Invalid

from .queries import YEARS
from .queries import before as before
from .queries import clamp as clamp
from .queries import moment as moment
from .queries import one_of as one_of

NUMBER = re.compile(r"[!-.0-~]{1,64}")
"""Printable, no space and no slash: numbers stand in addresses."""
KEY = re.compile(r"[ -~]{1,64}")
"""An idempotency key: printable ASCII."""
DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")
"""No sign, no exponent, no digits of other scripts; `intake.milli` says how many decimals count."""
MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ].+")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""PostgreSQL has no place for NUL, UTF-8 none for half a surrogate pair."""
MOST_PLACES = 2**31 - 1


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise ValueError("bad_number")
    return text


def _key(text: str) -> str:
    if not KEY.fullmatch(text):
        raise ValueError("unusable")
    return text


def _quantity(given: Any) -> int:
    whole = isinstance(given, int) and not isinstance(given, bool)
    if not whole and not (isinstance(given, str) and DECIMAL.fullmatch(given)):
        raise ValueError("quantity_invalid")
    try:
        return intake.milli(given)
    except Invalid:
        raise ValueError("quantity_invalid") from None


def _text(given: Any) -> Any:
    return "" if given is None else given


def _list(given: Any) -> Any:
    return [] if given is None else given


def _storable(text: str) -> str:
    if UNSTORABLE.search(text):
        raise ValueError("unusable")
    return text


def _iso(given: Any) -> Any:
    """Only ISO 8601: pydantic would take seconds since 1970 as well, which carry no offset."""
    if not isinstance(given, str) or not MOMENT.fullmatch(given):
        raise ValueError("wrong_type")
    return given


def _in_calendar(at: datetime) -> datetime:
    if at.year not in YEARS:
        raise ValueError("out_of_range")
    return at


def _once(numbers: Iterable[Hashable]) -> None:
    listed = list(numbers)
    if len(set(listed)) != len(listed):
        raise ValueError("number_twice")


Fen = Annotated[int, Field(strict=True, ge=0, le=money.MOST)]
Place = Annotated[int, Field(strict=True, ge=1, le=MOST_PLACES)]
Points = Annotated[int, Field(strict=True, ge=0, lt=10_000)]
Moment = Annotated[AwareDatetime, BeforeValidator(_iso), AfterValidator(_in_calendar)]
Number = Annotated[StrictStr, AfterValidator(_number)]
Key = Annotated[StrictStr, AfterValidator(_key)]
Quantity = Annotated[int, BeforeValidator(_quantity, json_schema_input_type=int | str)]
Named = Annotated[StrictStr, AfterValidator(_storable)]
"""A text that must be there; below it, texts that may be null."""
Text = Annotated[StrictStr, BeforeValidator(_text), AfterValidator(_storable)]
Operator = Annotated[Named, Field(min_length=1, max_length=32)]
Tiny = Annotated[Text, Field(max_length=12)]
Code = Annotated[Text, Field(max_length=16)]
Short = Annotated[Text, Field(max_length=24)]
Medium = Annotated[Text, Field(max_length=64)]
Long = Annotated[Text, Field(max_length=200)]


class Body(Schema):
    model_config = ConfigDict(extra="forbid")


class LineIn(Body):
    line_no: Place
    sku: Medium = ""
    name: Annotated[Named, Field(min_length=1, max_length=200)]
    category: Medium = ""
    quantity: Quantity
    unit: Code = ""
    unit_price: Fen
    discount: Fen = 0
    vat_bp: Points = 0
    returnable: StrictBool = True
    serial: Medium = ""
    weighed: StrictBool | None = None
    label_amount: Fen | None = None
    override_by: Annotated[Text, Field(max_length=32)] = ""
    gift_of: Place | None = None
    marked_value: Fen = 0
    unit_cost: Fen | None = None

    def draft(self) -> LineDraft:
        given = self.model_dump()
        return LineDraft(milli=given.pop("quantity"), **given)


class ChargeIn(Body):
    kind: Annotated[Named, Field(min_length=1, max_length=16)]
    name: Medium = ""
    amount: Fen
    rate_bp: Points = 0
    follows_lines: StrictBool = False
    vat_bp: Points | None = None


class PaymentIn(Body):
    payment_no: Annotated[Number, Field(max_length=32)]
    channel: Annotated[Named, Field(max_length=16)]
    account: Medium = ""
    amount: Fen
    out_trade_no: Medium = ""
    channel_ref: Medium = ""
    paid_at: Moment | None = None
    card_masked: Short = ""
    auth_code: Tiny = ""
    reference_no: Short = ""
    batch_no: Tiny = ""
    trace_no: Tiny = ""
    payer: Medium = ""
    card_no: Medium = ""
    principal: Fen | None = None
    bonus: Fen | None = None
    coupon_amount: Fen | None = None
    user_paid: Fen | None = None
    """The same told the other way round: what is left of the amount without the platform's coupon."""

    def draft(self) -> PaymentDraft:
        """Raises Invalid where both are told and do not add up."""
        given = self.model_dump(exclude={"user_paid"})
        paid, coupon = self.user_paid, self.coupon_amount
        told = coupon if coupon is not None else max(0, self.amount - paid) if paid is not None else 0
        if paid is not None and told + paid != self.amount:
            raise Invalid("coupon_does_not_add_up", payment_no=self.payment_no)
        return PaymentDraft(**given | {"coupon_amount": told})


class PromotionIn(Body):
    code: Annotated[Named, Field(min_length=1, max_length=40)]
    threshold: Fen
    discount: Fen
    lines: Annotated[list[Place], BeforeValidator(_list)] = []

    def draft(self) -> PromotionDraft:
        return PromotionDraft(**self.model_dump() | {"lines": tuple(self.lines)})


class CouponIn(Body):
    code: Annotated[Named, Field(min_length=1, max_length=40)]
    amount: Fen
    face: Fen | None = None
    valid_to: date | None = None
    lines: Annotated[list[Place], BeforeValidator(_list)] = []

    def draft(self) -> CouponDraft:
        return CouponDraft(**self.model_dump() | {"lines": tuple(self.lines)})


class CustomerIn(Body):
    phone: Short = ""
    name: Medium = ""


class SaleIn(Body):
    sale_no: Number
    store: Annotated[Named, Field(max_length=16)]
    till: Code = ""
    operator: Annotated[Text, Field(max_length=32)] = ""
    sold_at: Moment
    lines: list[LineIn]
    order_discount: Fen = 0
    rounding_off: Fen = 0
    promotions: Annotated[list[PromotionIn], BeforeValidator(_list)] = []
    charges: Annotated[list[ChargeIn], BeforeValidator(_list)] = []
    payments: list[PaymentIn]
    customer: CustomerIn | None = None
    invoice_no: Annotated[Text, Field(max_length=40)] = ""
    mode: Literal["offline", "online"] = "offline"
    coupons: Annotated[list[CouponIn], BeforeValidator(_list)] = []
    points_earned: Fen = 0
    points_account: Medium = ""

    def draft(self) -> SaleDraft:
        """As the books want it."""
        return SaleDraft(
            sale_no=self.sale_no,
            store=self.store,
            till=self.till,
            operator=self.operator,
            sold_at=self.sold_at,
            lines=tuple(line.draft() for line in self.lines),
            order_discount=self.order_discount,
            rounding_off=self.rounding_off,
            promotions=tuple(each.draft() for each in self.promotions),
            charges=tuple(ChargeDraft(**charge.model_dump()) for charge in self.charges),
            payments=tuple(payment.draft() for payment in self.payments),
            phone=self.customer.phone if self.customer else "",
            name=self.customer.name if self.customer else "",
            invoice_no=self.invoice_no,
            mode=self.mode,
            coupons=tuple(each.draft() for each in self.coupons),
            points_earned=self.points_earned,
            points_account=self.points_account,
        )


class SalesIn(Body):
    items: list[Any]


class RefundLineIn(Body):
    line_no: Place
    quantity: Quantity
    restock: StrictBool = False
    goods: Code = ""
    serial: Medium = ""


class RefundLegIn(Body):
    payment_no: Number
    amount: Fen


class ChargeRefIn(Body):
    charge_no: Place


def _charge_ref(given: Any) -> Any:
    return {"charge_no": given} if isinstance(given, int) else given


ChargeRef = Annotated[ChargeRefIn, BeforeValidator(_charge_ref, json_schema_input_type=int | ChargeRefIn)]


def _charges_once(charges: list[ChargeRefIn]) -> list[ChargeRefIn]:
    _once(charge.charge_no for charge in charges)
    return charges


def _payments_once(legs: list[RefundLegIn]) -> list[RefundLegIn]:
    """Two parts for one payment would silently become the last one."""
    _once(leg.payment_no for leg in legs)
    return legs


class RefundIn(Body):
    sale_no: Annotated[Named, Field(max_length=64)]
    lines: Annotated[list[RefundLineIn], BeforeValidator(_list)] = []
    charges: Annotated[list[ChargeRef], BeforeValidator(_list), AfterValidator(_charges_once)] = []
    everything: StrictBool = False
    amount: Fen | None = None
    reason: Named
    note: Long = ""
    receipt: Named = "present"
    evidence: Annotated[list[Long], BeforeValidator(_list)] = []
    route: Named = "original"
    legs: Annotated[list[RefundLegIn], AfterValidator(_payments_once)] | None = None
    store: Code = ""
    till: Code = ""
    operator: Operator
    expected_total: Fen | None = None
    goods: Code = ""
    serials: Annotated[list[Medium], BeforeValidator(_list)] = []
    till_time: Moment | None = None
    queued_at: Moment | None = None
    waive_fee: StrictBool = False

    def request(self, key: str = "") -> RefundRequest:
        """As the books want it."""
        given = self.model_dump(exclude={"lines", "charges", "legs", "evidence", "serials"})
        return RefundRequest(
            **given,
            lines=tuple(
                RequestLine(milli=given.pop("quantity"), **given)
                for given in (line.model_dump() for line in self.lines)
            ),
            serials=tuple(self.serials),
            charges=tuple(charge.charge_no for charge in self.charges),
            evidence=tuple(self.evidence),
            legs=None if self.legs is None else {leg.payment_no: leg.amount for leg in self.legs},
            key=key,
        )


class BatchItemIn(RefundIn):
    idempotency_key: Key

    def request(self, key: str = "") -> RefundRequest:
        rest = RefundIn.model_construct(**{name: getattr(self, name) for name in RefundIn.model_fields})
        return rest.request(self.idempotency_key)


class BatchIn(Body):
    items: list[Any]


class DecisionIn(Body):
    """`password` is the checker's own, typed at the till: where it is given it must be right."""

    operator: Operator
    note: Long = ""
    fingerprint: Named | None = None
    password: str | None = Field(default=None, max_length=128)
    digits: str = Field(default="", max_length=16)


class RetryIn(Body):
    operator: Operator
    note: Long = ""
    route: Annotated[Text, Field(max_length=16)] = ""


class ConfirmIn(Body):
    """`till` is the drawer that pays cash; the refund's own where it is not named."""

    operator: Operator
    reference: Medium = ""
    till: Code = ""


class PrintIn(Body):
    operator: Annotated[Text, Field(max_length=32)] = ""
    reason: Annotated[Text, Field(max_length=80)] = ""
