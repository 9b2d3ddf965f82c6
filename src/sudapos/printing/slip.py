"""The facts of one voucher 退款凭证, taken once when it is issued and never looked up again (domain §7.1, §7.2).

Amounts are fen, times carry an offset. `to_mapping` gives what JSON can hold, `from_mapping` takes it
back; neither knows of language: words are chosen when a copy is made.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, Self, TypeVar, get_args, get_origin, get_type_hints

from sudapos.core import masking

T = TypeVar("T")


class BadSlip(ValueError):
    """The mapping is not a slip: the text names the field."""


class Kind(StrEnum):
    """Which of the papers of domain §7.1 this is."""

    REFUND = "refund_voucher"
    CARD_REFUND = "card_refund_slip"
    CARD_VOID = "card_void_slip"
    CASH = "cash_refund_voucher"
    STORED_VALUE = "stored_value_voucher"
    DEPOSIT = "deposit_voucher"


SIGNATURES: Mapping[str, tuple[str, ...]] = {
    Kind.REFUND: (),
    Kind.CARD_REFUND: ("cardholder",),
    Kind.CARD_VOID: ("cardholder",),
    Kind.CASH: ("customer", "cashier"),
    Kind.STORED_VALUE: ("customer",),
    Kind.DEPOSIT: ("customer", "cashier"),
}
"""Who signs when the slip itself does not say (domain §7.1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merchant:
    """Who pays back: the name as on the licence."""

    name: str
    store: str = ""
    address: str = ""
    phone: str = ""
    merchant_no_tail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One of the staff. The name is masked here, whoever hands it in."""

    code: str = ""
    name: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", masking.name(self.name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """The sale that is given back, wholly or in part. `paid` is what the customer paid, in fen."""

    no: str
    sold_at: datetime | None = None
    paid: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Goods that came back. `amount` is before `deductions` and already less by the share `discount`."""

    name: str
    quantity: str
    amount: int
    discount: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """A fee or deposit that came back."""

    name: str
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """Taken off: kind gift, clawback or fee. Lines and charges less deductions are the total."""

    kind: str
    amount: int
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """The shop's own coupon on the sale: returned, expired, due (with the last money) or used (a part came back)."""

    code: str
    face: int
    state: str = "used"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tender:
    """Money back over one payment. `amount` was asked for; `paid_amount` is what came, where it is known."""

    channel: str
    amount: int
    route: str = "refund"
    state: str = "accepted"
    paid_amount: int | None = None
    account_hint: str = ""
    """Masked card, or 零钱, or bank and tail, as the channel told it."""
    arrives_by: date | None = None
    settled_at: datetime | None = None
    leg_no: str = ""
    channel_order_no: str = ""
    channel_trade_no: str = ""
    channel_refund_no: str = ""
    merchant_no: str = ""
    terminal_no: str = ""
    acquirer: str = ""
    issuer: str = ""
    batch_no: str = ""
    trace_no: str = ""
    reference_no: str = ""
    auth_code: str = ""
    original_date: date | None = None
    original_trace_no: str = ""
    original_reference_no: str = ""
    drawer_no: str = ""
    balance_principal: int | None = None
    balance_bonus: int | None = None

    def __post_init__(self) -> None:
        # INV-10: a full card number cannot get onto paper, whatever the channel or a caller hands us
        object.__setattr__(self, "account_hint", masking.scan(self.account_hint))


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherSlip:
    """Everything that every copy of one voucher shows."""

    kind: str
    merchant: Merchant
    refund_no: str
    created_at: datetime
    total: int
    reason: str
    sale: Sale
    tenders: tuple[Tender, ...] = ()
    lines: tuple[Line, ...] = ()
    charges: tuple[Charge, ...] = ()
    deductions: tuple[Deduction, ...] = ()
    decided_at: datetime | None = None
    operator: Person = Person()
    approvers: tuple[Person, ...] = ()
    till: str = ""
    shift: str = ""
    exchange_no: str = ""
    new_sale_no: str = ""
    """What an exchange handed out instead."""
    coupons: tuple[Coupon, ...] = ()
    points_back: int = 0
    """Points earned on the sale that were taken back, and from which account, masked."""
    points_account: str = ""
    receipt_lost: bool = False
    invoice_state: str = ""
    """blue_issued, red_requested, waiting_confirm, red_issued, lapsed; empty without one (domain R-16)."""
    signatures: tuple[str, ...] | None = None
    """customer, cashier, cardholder, manager; None means what the kind of paper needs."""
    signature_ref: str = ""
    """Number of the electronic signature, where one was taken."""
    code: str = ""
    """Verification code."""
    url: str = ""
    """Where the customer sees the live state; printed as a QR code."""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind not in set(Kind):
            raise BadSlip(f"kind: {self.kind}")
        object.__setattr__(self, "notes", tuple(masking.scan(note) for note in self.notes))

    @property
    def signers(self) -> tuple[str, ...]:
        return SIGNATURES[self.kind] if self.signatures is None else self.signatures

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> Self:
        """The slip as it was stored. Raises BadSlip for a field missing, unknown or of another type."""
        return _read(cls, mapping, "slip")

    def to_mapping(self) -> dict[str, Any]:
        """Strings, whole numbers, booleans, null, lists and objects only."""
        mapping: dict[str, Any] = _plain(self)
        return mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One printing of a slip: copy 1 is the original, later ones are reprints and say so (domain §7.2)."""

    copy_no: int = 1
    printed_at: datetime | None = None
    operator: Person = Person()
    reason: str = ""
    label: str = "customer"
    """customer 客户联 or merchant 商户联."""

    def __post_init__(self) -> None:
        if self.copy_no < 1 or self.label not in ("customer", "merchant"):
            raise BadSlip(f"copy {self.copy_no} {self.label}")
        if self.is_reprint and self.printed_at is None:
            raise BadSlip("printed_at: a reprint carries its hour")

    @property
    def is_reprint(self) -> bool:
        return self.copy_no > 1

    @property
    def reprint_no(self) -> int:
        """第 n 次重印: 0 for the original."""
        return self.copy_no - 1


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):  # a datetime is one, too
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    return get_type_hints(cls)


def _read(cls: type[T], mapping: object, where: str) -> T:
    if not isinstance(mapping, Mapping):
        raise BadSlip(f"{where}: an object is wanted")
    kind: Any = cls  # a class is hashable, but the type checker does not know that of every T
    hints = _hints(kind)
    unknown = sorted(set(mapping) - set(hints))
    if unknown:
        raise BadSlip(f"{where}.{unknown[0]}: unknown")
    values = {name: _field(hints[name], value, f"{where}.{name}") for name, value in mapping.items()}
    try:
        return cls(**values)
    except TypeError as error:  # the constructor names what is missing
        raise BadSlip(f"{where}: {error}") from None


def _field(kind: Any, value: object, where: str) -> object:
    if get_origin(kind) is types.UnionType:
        if value is None:
            return None
        kind = next(each for each in get_args(kind) if each is not types.NoneType)
    if get_origin(kind) is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise BadSlip(f"{where}: a list is wanted")
        return tuple(_field(get_args(kind)[0], each, f"{where}[{i}]") for i, each in enumerate(value))
    if is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else _read(kind, value, where)
    return _scalar(kind, value, where)


def _scalar(kind: Any, value: object, where: str) -> object:
    if kind in (date, datetime) and isinstance(value, str):
        try:
            value = kind.fromisoformat(value)
        except ValueError:
            raise BadSlip(f"{where}: {value!r} is no {kind.__name__}") from None
    if kind is datetime and isinstance(value, datetime) and value.tzinfo is None:
        raise BadSlip(f"{where}: a time without an offset")
    # bool is an int to Python, and a datetime is a date: the type must be the very one
    if type(value) is not kind and not (kind is str and isinstance(value, str)):
        raise BadSlip(f"{where}: {value!r} is no {kind.__name__}")
    return value
