"""One 记账凭证 as accounting programs want it: balanced, in leaf accounts, its texts made harmless (domain §4.5).

Amounts in fen, accounts already in the merchant's codes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from .chart import CODE_LENGTH, Chart
from .journal import MEMO_LENGTH
from .recipes import DR
from .refusal import Refusal

WORD = "记"
"""凭证字: one kind of voucher for everything."""
MEMO_GAP = "…"


@dataclass(frozen=True, slots=True)
class Money:
    """A cell that is an amount; it is never taken for text."""

    fen: int


Cell = str | int | Money


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetLine:
    """One line of a sheet; `amount` on `side`, red letters negative."""

    side: str
    code: str
    name: str
    amount: int

    @property
    def debit(self) -> int:
        return self.amount if self.side == DR else 0

    @property
    def credit(self) -> int:
        return 0 if self.side == DR else self.amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One 记账凭证: its number within the month of its day, the store as 核算项目, its lines."""

    day: date
    number: int
    memo: str
    store: str
    lines: tuple[SheetLine, ...]


FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def guard(text: str) -> str:
    """A text that no program takes for a formula, on one line; what begins like one gets an apostrophe (domain §4.5)."""
    told = f"'{text}" if text.startswith(FORMULA) else text
    return "".join(letter if letter.isprintable() else " " for letter in told)


def fit(text: str, room: int = MEMO_LENGTH) -> str:
    """At most `room` characters, guard included: the middle gives way, so that the number at the end can be found."""
    room -= text.startswith(FORMULA)
    if len(text) <= room:
        return text
    tail = room // 2
    return text[: room - tail - len(MEMO_GAP)] + MEMO_GAP + text[-tail:]


def check(sheets: Iterable[Sheet], *, chart: Chart, since: date, until: date) -> None:
    """What every importing program asks for, said before it does (domain §4.5).

    Raises Refusal voucher_off, voucher_line_empty, voucher_outside, voucher_not_leaf, voucher_memo, voucher_account.
    """
    known = {code for code, _ in chart.codes.values()}
    for sheet in sheets:
        number = f"{sheet.day:%Y-%m} {WORD}-{sheet.number}"
        if not since <= sheet.day <= until:
            raise Refusal("voucher_outside", number=number, day=sheet.day.isoformat())
        if sum(line.debit - line.credit for line in sheet.lines):
            raise Refusal("voucher_off", number=number)
        if len(guard(sheet.memo)) > MEMO_LENGTH:
            raise Refusal("voucher_memo", number=number)
        for line in sheet.lines:
            if not line.amount:
                raise Refusal("voucher_line_empty", number=number)
            if line.code not in known or len(line.code) > CODE_LENGTH:
                raise Refusal("voucher_account", number=number, account=line.code)
            if not chart.is_leaf(line.code):
                raise Refusal("voucher_not_leaf", number=number, account=line.code)


def check_rows(numbers: Sequence[tuple[date, int]]) -> None:
    """Rows of one voucher stand together: (day, voucher number) of every row in order. Raises Refusal voucher_torn."""
    done: set[tuple[date, int]] = set()
    last: tuple[date, int] | None = None
    for key in numbers:
        if key != last and key in done:
            raise Refusal("voucher_torn", number=f"{key[0]:%Y-%m} {WORD}-{key[1]}")
        done.add(key)
        last = key
