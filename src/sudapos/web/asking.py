"""What the counter's form says, as a refund request: typed things in, the same things back when refused."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from django.http import QueryDict

from sudapos.books import intake
from sudapos.books.requests import RefundRequest, RequestLine
from sudapos.books.staff import Operator
from sudapos.core import money
from sudapos.core.refusal import FieldError, Invalid, Refusal

from .frame import Seat

SCOPES = ("lines", "everything", "amount")
NOTE_AT_MOST = 200


@dataclass(slots=True)
class Form:
    """The form as typed; nothing here has been believed yet."""

    key: str
    scope: str = "lines"
    picked: set[int] = field(default_factory=set)
    quantities: dict[int, str] = field(default_factory=dict)
    charges: set[int] = field(default_factory=set)
    amount: str = ""
    reason: str = ""
    route: str = "original"
    receipt: str = "present"
    evidence: str = ""
    note: str = ""
    goods: str = ""
    serials: dict[int, str] = field(default_factory=dict)
    waive_fee: bool = False
    expected: str = ""

    @property
    def is_blank(self) -> bool:
        """Nothing is picked yet, so there is nothing to work out."""
        return (self.scope == "lines" and not self.picked and not self.charges) or (
            self.scope == "amount" and not self.amount.strip()
        )


def read(typed: QueryDict, *, key: str) -> Form:
    """The form from what the browser sent; whatever cannot be read is left at its default."""
    scope = typed.get("scope") or "lines"
    return Form(
        key=(typed.get("key") or key)[:64],
        scope=scope if scope in SCOPES else "lines",
        picked=_numbers(typed.getlist("line")),
        quantities=_told(typed, "qty"),
        charges=_numbers(typed.getlist("charge")),
        amount=(typed.get("amount") or "").strip(),
        reason=typed.get("reason") or "",
        route=typed.get("route") or "original",
        receipt=typed.get("receipt") or "present",
        evidence=(typed.get("evidence") or "").strip(),
        note=(typed.get("note") or "").strip()[:NOTE_AT_MOST],
        goods=typed.get("goods") or ("restock" if typed.get("restock") == "1" else ""),
        serials=_told(typed, "serial"),
        waive_fee=typed.get("waive_fee") == "1",
        expected=typed.get("expected_total") or "",
    )


def _numbers(texts: list[str]) -> set[int]:
    return {int(text) for text in texts if re.fullmatch(r"[0-9]{1,9}", text)}


def _told(typed: QueryDict, what: str) -> dict[int, str]:
    """What was typed of each line: qty_1, serial_2 …"""
    found = ((re.fullmatch(rf"{what}_([0-9]{{1,9}})", name), name) for name in typed)
    return {int(match[1]): (typed.get(name) or "").strip() for match, name in found if match}


def request_of(form: Form, *, sale_no: str, operator: Operator, seat: Seat) -> RefundRequest:
    """The request that the books understand. Raises Refusal pick_first, Invalid with the field that is wrong."""
    if form.is_blank:
        raise Refusal("pick_first")
    expected = int(form.expected) if re.fullmatch(r"[0-9]{1,12}", form.expected) else None
    return RefundRequest(
        sale_no=sale_no,
        operator=operator.code,
        store=seat.store,
        till=seat.till,
        lines=_lines(form) if form.scope == "lines" else (),
        charges=tuple(sorted(form.charges)) if form.scope == "lines" else (),
        everything=form.scope == "everything",
        amount=fen(form.amount) if form.scope == "amount" else None,
        reason=form.reason,
        note=form.note,
        receipt=form.receipt,
        evidence=(form.evidence,) if form.evidence and form.receipt != "present" else (),
        route=form.route,
        expected_total=expected,
        goods=form.goods if form.scope != "amount" else "",
        serials=tuple(text[:64] for _, text in sorted(form.serials.items()) if text),
        waive_fee=form.waive_fee,
        key=form.key,
    )


def _lines(form: Form) -> tuple[RequestLine, ...]:
    lines = []
    for line_no in sorted(form.picked):
        try:
            milli = intake.milli(form.quantities.get(line_no) or "1")
        except Invalid as error:
            error.errors = (FieldError((f"qty_{line_no}",), error.code),)
            raise
        lines.append(RequestLine(line_no=line_no, milli=milli))
    return tuple(lines)


def fen(text: str) -> int:
    """An amount as people type it: 19.99, ¥1,200. Raises Invalid amount_invalid."""
    try:
        return money.yuan(text.replace("¥", "").replace(",", "").strip())
    except ValueError as error:
        raise Invalid(
            "amount_invalid", errors=[FieldError(("amount",), "amount_invalid")], amount=text
        ) from error
