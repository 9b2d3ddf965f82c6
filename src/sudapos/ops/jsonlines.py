"""Sales from a file with one sale of the API's shape per line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft, SaleDraft
from sudapos.core.refusal import Refusal

from . import drafts, rows
from .rows import BadCell, Defaults, Found
from .sheets import NO_NAME
from .sources import Source

_SALE = frozenset(
    [
        "sale_no",
        "store",
        "till",
        "operator",
        "sold_at",
        "lines",
        "order_discount",
        "rounding_off",
        "charges",
        "payments",
        "customer",
        "invoice_no",
        "mode",
    ]
)
_LINE = frozenset(
    [
        "line_no",
        "sku",
        "name",
        "category",
        "quantity",
        "unit",
        "unit_price",
        "discount",
        "vat_bp",
        "returnable",
        "serial",
        "weighed",
        "gift_of",
        "marked_value",
        "eligible",
        "label_amount",
    ]
)
_CHARGE = frozenset(["kind", "name", "amount", "rate_bp", "follows_lines", "vat_bp"])
_PAYMENT_TEXTS = [
    "payment_no",
    "account",
    "out_trade_no",
    "channel_ref",
    "card_masked",
    "auth_code",
    "reference_no",
    "batch_no",
    "trace_no",
]
_PAYMENT = frozenset(["channel", "amount", "paid_at", *_PAYMENT_TEXTS])


def read(source: Source, defaults: Defaults) -> Iterator[Found]:
    """Every line as one sale; lines without anything on them are passed over. Raises UnreadableFile."""
    with source.lines() as text:
        for line, raw in enumerate(text, 1):
            if raw.strip():
                yield _found(line, raw, defaults)


def _found(line: int, raw: str, defaults: Defaults) -> Found:
    sale_no = ""
    try:
        said = json.loads(raw, parse_float=Decimal)
        if not isinstance(said, dict):
            raise BadCell("json_not_an_object")
        sale_no = said["sale_no"] if isinstance(said.get("sale_no"), str) else ""
        return Found(sale_no, (line,), _sale(_Shape(said, "", _SALE), defaults))
    except (json.JSONDecodeError, RecursionError):
        return rows.refused(sale_no, line, "json_broken")
    except BadCell as bad:
        return rows.refused(sale_no, line, bad.code, **bad.facts)
    except Refusal as refusal:
        _, code, facts = drafts.fault(refusal)
        return rows.refused(sale_no, line, code, **facts)


class _Shape:
    """One object of the API's shape, asked field by field. Every question raises BadCell field_wrong."""

    def __init__(self, said: Mapping[str, Any], place: str, known: frozenset[str]) -> None:
        self._said, self._place = said, place
        for name in said:
            if name not in known:
                raise self._wrong(name, "unknown_field")

    def _wrong(self, name: str, code: str) -> BadCell:
        return BadCell("field_wrong", field=f"{self._place}{name}", wrong=code)

    def text(self, name: str, *, needed: bool = False) -> str:
        value = self._said.get(name)
        if value is None and not needed:
            return ""
        if not isinstance(value, str) or (needed and not value.strip()):
            raise self._wrong(name, "not_a_text" if value is not None else "missing")
        return rows.text(name, value) if name in rows.LONGEST else value.strip()

    def whole(self, name: str, default: int | None = 0) -> int:
        value = self._said.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or abs(value) > rows.LARGEST:
            raise self._wrong(name, "missing" if value is None else "not_a_whole_number")
        return value

    def maybe_whole(self, name: str) -> int | None:
        return None if self._said.get(name) is None else self.whole(name)

    def amount(self, name: str, default: int | None = 0) -> int:
        value = self.whole(name, default)
        if value < 0:
            raise self._wrong(name, "negative")
        return value

    def maybe_flag(self, name: str) -> bool | None:
        value = self._said.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "not_true_or_false")
        return value

    def flag(self, name: str, default: bool) -> bool:
        value = self.maybe_flag(name)
        return default if value is None else value

    def parts(self, name: str, known: frozenset[str]) -> list[_Shape]:
        value = self._said.get(name) or []
        if not isinstance(value, list) or not all(isinstance(part, dict) for part in value):
            raise self._wrong(name, "not_a_list")
        return [_Shape(part, f"{self._place}{name}.{i}.", known) for i, part in enumerate(value)]

    def part(self, name: str, known: frozenset[str]) -> _Shape:
        value = self._said.get(name) or {}
        if not isinstance(value, dict):
            raise self._wrong(name, "not_an_object")
        return _Shape(value, f"{self._place}{name}.", known)

    def quantity(self) -> int:
        value = self._said.get("quantity")
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise self._wrong("quantity", "missing" if value is None else "not_a_number")
        return rows.milli(str(value))


def _sale(said: _Shape, defaults: Defaults) -> SaleDraft:
    """The sale as the API would take it: payments of the file stay as they are, so that a repeat is a repeat."""
    customer = said.part("customer", frozenset({"phone", "name"}))
    payments = tuple(_payment(part) for part in said.parts("payments", _PAYMENT))
    lines = [_line(part) for part in said.parts("lines", _LINE)]
    if not lines:
        raise BadCell("field_wrong", field="lines", wrong="empty")
    draft = SaleDraft(
        sale_no=said.text("sale_no", needed=True),
        store=said.text("store") or defaults.store,
        till=said.text("till"),
        operator=said.text("operator"),
        sold_at=rows.instant("sold_at", said.text("sold_at", needed=True)),
        lines=drafts.numbered(lines),
        payments=payments,
        charges=tuple(_charge(part) for part in said.parts("charges", _CHARGE)),
        order_discount=said.amount("order_discount"),
        rounding_off=said.amount("rounding_off"),
        phone=customer.text("phone"),
        name=customer.text("name"),
        invoice_no=said.text("invoice_no"),
        mode=said.text("mode") or "offline",
    )
    return draft if payments else drafts.paid(draft, (), defaults)


def _line(said: _Shape) -> LineDraft:
    sku = said.text("sku")
    return LineDraft(
        line_no=said.whole("line_no"),
        sku=sku,
        name=said.text("name") or sku or NO_NAME,
        category=said.text("category"),
        milli=said.quantity(),
        unit=said.text("unit"),
        unit_price=said.amount("unit_price", None),
        discount=said.amount("discount"),
        vat_bp=said.amount("vat_bp"),
        weighed=said.maybe_flag("weighed"),
        returnable=said.flag("returnable", True),
        serial=said.text("serial"),
        gift_of=said.maybe_whole("gift_of"),
        marked_value=said.amount("marked_value"),
        eligible=said.flag("eligible", True),
        label_amount=said.maybe_whole("label_amount"),
    )


def _charge(said: _Shape) -> ChargeDraft:
    return ChargeDraft(
        kind=said.text("kind", needed=True),
        name=said.text("name"),
        amount=said.amount("amount", None),
        rate_bp=said.amount("rate_bp"),
        follows_lines=said.flag("follows_lines", False),
        vat_bp=said.maybe_whole("vat_bp"),
    )


def _payment(said: _Shape) -> PaymentDraft:
    paid_at = said.text("paid_at")
    texts: dict[str, Any] = {name: said.text(name) for name in _PAYMENT_TEXTS}
    return PaymentDraft(
        channel=said.text("channel", needed=True),
        amount=said.amount("amount", None),
        paid_at=rows.instant("paid_at", paid_at) if paid_at else None,
        **texts,
    )
