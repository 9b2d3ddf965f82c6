"""What a file reader hands over: sales it found, rows it must refuse, remarks about the file; and cells made values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sudapos.books import intake
from sudapos.books.intake import SaleDraft
from sudapos.core import money
from sudapos.core.calendar import SHANGHAI
from sudapos.core.refusal import Invalid

LARGEST = 10**12
"""Fen; ten thousand million yuan on one line is a damaged file, not a sale."""
YEARS = range(1990, 2100)
LONGEST = {
    "sale_no": 64,
    "store": 16,
    "till": 16,
    "operator": 32,
    "sku": 64,
    "name": 200,
    "category": 64,
    "unit": 16,
    "serial": 64,
    "payment_no": 32,
    "account": 64,
    "out_trade_no": 64,
    "channel_ref": 64,
    "card_masked": 24,
    "auth_code": 12,
    "reference_no": 24,
    "batch_no": 12,
    "trace_no": 12,
    "invoice_no": 40,
    "phone": 24,
    "customer": 64,
    "kind": 16,
    "mode": 8,
}
"""Characters that the books keep of a text."""
_NUMBERS = frozenset({"sale_no", "out_trade_no", "channel_ref", "serial", "reference_no"})
_DAMAGED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_COMPACT = re.compile(r"\d{14}")
_TIMES = ("%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日 %H:%M", "%Y/%m/%d")
_YES = frozenset({"1", "true", "yes", "y", "是", "可退"})
_NO = frozenset({"0", "false", "no", "n", "否", "不可退"})


class BadCell(Exception):
    """A cell that cannot become a value: the reason's code and its facts."""

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one row is refused. `line` counts the file's lines from 1."""

    line: int
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one sale number: a draft to take in, or the reason of every row."""

    sale_no: str
    lines: tuple[int, ...]
    draft: SaleDraft | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about the whole file that a person should know."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the caller says for everything that the file does not: store, tender, and which contract took it.

    `account_for(channel, number)` answers an account's name or ""; `number` is the contract's number in the file.
    """

    store: str
    payment: str = ""
    account_for: Callable[[str, str], str] = lambda channel, number: ""


class UnreadableFile(Exception):
    """The file is not what it was said to be; nothing of it was read in."""

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def refused(sale_no: str, line: int, code: str, /, **facts: object) -> Found:
    """One row that is no sale."""
    return Found(sale_no, (line,), problems=(Problem(line, code, facts),))


def text(name: str, cell: str) -> str:
    """A text without the blanks around it. Raises BadCell where the books could not keep it whole."""
    plain = cell.strip()
    most = LONGEST[name]
    if len(plain) > most:
        raise BadCell("too_long", field=name, most=most)
    if any(ord(c) < 32 and c != "\t" for c in plain):
        raise BadCell("control_character", field=name)
    if name in _NUMBERS and _DAMAGED.fullmatch(plain):
        raise BadCell("number_damaged", field=name, text=plain)
    return plain


def fen(name: str, cell: str, *, in_yuan: bool = False) -> int:
    """Fen from a cell with whole fen, or with decimal yuan. Raises BadCell; a minus is a reason of its own."""
    plain = cell.strip().lstrip("¥￥").strip()
    if plain.startswith("-") and plain.strip("-0.") != "":
        raise BadCell("amount_negative", field=name, text=plain)
    plain = plain.removeprefix("-")
    if _GROUPED.fullmatch(plain):
        plain = plain.replace(",", "")
    if in_yuan:
        try:
            return money.yuan(plain)
        except money.BadAmount:
            raise BadCell("amount_invalid", field=name, text=plain) from None
    if not plain.isascii() or not plain.isdigit() or int(plain) > LARGEST:
        raise BadCell("fen_invalid", field=name, text=plain)
    return int(plain)


def milli(cell: str) -> int:
    """Thousandths of a unit; more than nothing. Raises BadCell."""
    plain = cell.strip()
    if plain.startswith("-"):
        raise BadCell("quantity_negative", text=plain)
    try:
        return intake.milli(plain)
    except Invalid:
        raise BadCell("quantity_invalid", text=plain) from None


def instant(name: str, cell: str) -> datetime:
    """A moment; without an offset it is Shanghai time. Raises BadCell."""
    plain = " ".join(cell.split())
    at = _parsed(plain)
    if at is None or at.year not in YEARS:
        raise BadCell("time_invalid", field=name, text=plain)
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def _parsed(plain: str) -> datetime | None:
    if _COMPACT.fullmatch(plain):
        forms: tuple[str, ...] = ("%Y%m%d%H%M%S",)
    else:
        try:
            return datetime.fromisoformat(plain)
        except ValueError:
            forms = _TIMES
    for form in forms:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=SHANGHAI)
        except ValueError:
            continue
    return None


def yes_no(name: str, cell: str) -> bool:
    """1/0, yes/no, 是/否. Raises BadCell."""
    plain = cell.strip().lower()
    if plain in _YES:
        return True
    if plain in _NO:
        return False
    raise BadCell("yes_or_no", field=name, text=plain)


def basis_points(name: str, cell: str) -> int:
    """Basis points, or a percentage: 1300 and "13%" are the same rate. Raises BadCell."""
    plain = cell.strip()
    try:
        value = Decimal(plain[:-1]) * 100 if plain.endswith("%") else Decimal(plain)
    except ArithmeticError:
        raise BadCell("rate_invalid", field=name, text=plain) from None
    if not value.is_finite() or value != value.to_integral_value() or not 0 <= value < 10_000:
        raise BadCell("rate_invalid", field=name, text=plain)
    return int(value)
