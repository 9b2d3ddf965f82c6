"""What callers may send. Amounts are whole fen, times carry their offset, unknown fields are refused by name."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AfterValidator, AwareDatetime, BeforeValidator, ConfigDict, Field, StrictBool, StrictStr

from sudapos.books import intake
from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft, SaleDraft
from sudapos.books.requests import RefundRequest, RequestLine
from sudapos.core import money
from sudapos.core.refusal import Invalid

NUMBER = re.compile(r"[!-.0-~]{1,64}")
"""Printable, no space and no slash: numbers stand in addresses."""


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise ValueError("bad_number")
    return text


def _quantity(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise ValueError("quantity_invalid")
    try:
        return intake.milli(given)
    except Invalid:
        raise ValueError("quantity_invalid") from None


def _text(given: Any) -> Any:
    return "" if given is None else given


Fen = Annotated[int, Field(strict=True, ge=0, le=money.MOST)]
Count = Annotated[int, Field(strict=True, ge=0)]
Points = Annotated[int, Field(strict=True, ge=0, lt=10_000)]
Number = Annotated[StrictStr, AfterValidator(_number)]
Quantity = Annotated[int, BeforeValidator(_quantity, json_schema_input_type=str)]
Short = Annotated[StrictStr, BeforeValidator(_text), Field(max_length=24)]
Medium = Annotated[StrictStr, BeforeValidator(_text), Field(max_length=64)]
Long = Annotated[StrictStr, BeforeValidator(_text), Field(max_length=200)]


class Body(Schema):
    model_config = ConfigDict(extra="forbid")


class LineIn(Body):
    line_no: Annotated[int, Field(strict=True, ge=1)]
    sku: Medium = ""
    name: Annotated[StrictStr, Field(min_length=1, max_length=200)]
    category: Medium = ""
    quantity: Quantity
    unit: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=16)] = ""
    unit_price: Fen
    discount: Fen = 0
    vat_bp: Points = 0
    returnable: StrictBool = True
    serial: Medium = ""
    weighed: StrictBool | None = None
    label_amount: Fen | None = None
    gift_of: Count | None = None
    marked_value: Fen = 0

    def draft(self) -> LineDraft:
        given = self.model_dump()
        return LineDraft(milli=given.pop("quantity"), **given)


class ChargeIn(Body):
    kind: Annotated[StrictStr, Field(min_length=1, max_length=16)]
    name: Medium = ""
    amount: Fen
    rate_bp: Points = 0
    follows_lines: StrictBool = False
    vat_bp: Points | None = None


class PaymentIn(Body):
    payment_no: Annotated[Number, Field(max_length=32)]
    channel: Annotated[StrictStr, Field(max_length=16)]
    account: Medium = ""
    amount: Fen
    out_trade_no: Medium = ""
    channel_ref: Medium = ""
    paid_at: AwareDatetime | None = None
    card_masked: Short = ""
    auth_code: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=12)] = ""
    reference_no: Short = ""
    batch_no: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=12)] = ""
    trace_no: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=12)] = ""


class CustomerIn(Body):
    phone: Short = ""
    name: Medium = ""


class SaleIn(Body):
    sale_no: Number
    store: Annotated[StrictStr, Field(max_length=16)]
    till: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=16)] = ""
    operator: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=32)] = ""
    sold_at: AwareDatetime
    lines: list[LineIn]
    order_discount: Fen = 0
    rounding_off: Fen = 0
    charges: list[ChargeIn] = []
    payments: list[PaymentIn]
    customer: CustomerIn | None = None
    invoice_no: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=40)] = ""
    mode: Literal["offline", "online"] = "offline"

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
            charges=tuple(ChargeDraft(**charge.model_dump()) for charge in self.charges),
            payments=tuple(PaymentDraft(**payment.model_dump()) for payment in self.payments),
            phone=self.customer.phone if self.customer else "",
            name=self.customer.name if self.customer else "",
            invoice_no=self.invoice_no,
            mode=self.mode,
        )


class SalesIn(Body):
    items: list[dict[str, Any]]


class RefundLineIn(Body):
    line_no: Annotated[int, Field(strict=True, ge=1)]
    quantity: Quantity
    restock: StrictBool = False


class RefundLegIn(Body):
    payment_no: Number
    amount: Fen


def _charge(given: Any) -> Any:
    return (
        given.get("charge_no", given)
        if isinstance(given, dict) and set(given) <= {"charge_no", "amount"}
        else given
    )


ChargeNo = Annotated[int, BeforeValidator(_charge), Field(strict=True, ge=1)]


class RefundIn(Body):
    sale_no: Annotated[StrictStr, Field(max_length=64)]
    lines: list[RefundLineIn] = []
    charges: list[ChargeNo] = []
    everything: StrictBool = False
    amount: Fen | None = None
    reason: StrictStr
    note: Long = ""
    receipt: StrictStr = "present"
    evidence: list[Long] = []
    route: StrictStr = "original"
    legs: list[RefundLegIn] | None = None
    store: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=16)] = ""
    till: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=16)] = ""
    operator: Annotated[StrictStr, Field(min_length=1, max_length=32)]
    expected_total: Fen | None = None

    def request(self, key: str = "") -> RefundRequest:
        """As the books want it."""
        given = self.model_dump(exclude={"lines", "charges", "legs", "evidence"})
        return RefundRequest(
            **given,
            lines=tuple(
                RequestLine(line_no=line.line_no, milli=line.quantity, restock=line.restock)
                for line in self.lines
            ),
            charges=tuple(self.charges),
            evidence=tuple(self.evidence),
            legs=None if self.legs is None else {leg.payment_no: leg.amount for leg in self.legs},
            key=key,
        )


class BatchItemIn(RefundIn):
    idempotency_key: Annotated[StrictStr, Field(min_length=1, max_length=64)]

    def request(self, key: str = "") -> RefundRequest:
        rest = RefundIn.model_construct(**{name: getattr(self, name) for name in RefundIn.model_fields})
        return rest.request(self.idempotency_key)


class BatchIn(Body):
    items: list[dict[str, Any]]


class DecisionIn(Body):
    operator: StrictStr
    note: Long = ""
    fingerprint: StrictStr | None = None


class ConfirmIn(Body):
    operator: StrictStr
    reference: Medium = ""


class PrintIn(Body):
    operator: StrictStr = ""
    reason: Annotated[StrictStr, BeforeValidator(_text), Field(max_length=80)] = ""


def moment(text: str, name: str) -> datetime:
    """A time of a query string; a date alone is its first moment in the shop's time zone."""
    from sudapos.core import calendar
    from sudapos.core.refusal import FieldError

    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped plus arrives as a space
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError((name,), "wrong_type")]) from None
    if at.tzinfo is None:
        return at.replace(tzinfo=calendar.SHANGHAI)
    return at
