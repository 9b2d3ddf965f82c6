"""Fees that the shop keeps of a return: restocking and cancellation, as published on the day of the sale (domain R-06, R-07, R-08).

A line gives up its whole worth: the customer gets `amount`, the shop keeps `fee`, and both together are what may never be
asked for again. The channel's own fee is none of these and is never kept. Amounts in fen, quantities in thousandths.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import amounts, money
from .amounts import Ask, Deduction, LinePart, Promotion, Sold, SoldLine, Worth
from .refusal import FieldError, Refusal

KINDS = ("restocking", "cancellation")
"""For goods that come back, and for a service or an order that is called off."""
REASONS = ("no_reason", "wrong_item", "other")
"""Only a customer's own choice may cost her something: no claim of the law (R-07), and no kindness."""
CHOSEN = frozenset({"no_reason", "wrong_item"})
"""At a distance the law gives these back whole (R-08)."""
FREE_REASONS = frozenset({"quality", "wrong_charge", "duplicate_charge", "not_delivered", "goodwill"})
RATES = ("bp", "unit_fen", "line_fen")
KEY_LENGTH = 80
LISTED = ("line_no", "kind", "amount", "code")
ANY = "*"
WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One row of the policy: a share in basis points, or fen for each unit or each line; `code` is the row's key."""

    kind: str
    bp: int = 0
    unit_fen: int = 0
    line_fen: int = 0
    code: str = ""

    def so_far(self, line: SoldLine, milli: int) -> int:
        """Of the first `milli` of a line together, so that many small returns cost what one large one does."""
        share = amounts.up_to(line, milli) * self.bp // WHOLE_BP
        units = self.unit_fen * milli // amounts.MILLI
        return share + units + (self.line_fen * milli // line.milli if line.milli else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What may be kept of one request: the rate of each line; nothing where it is `spared` by law or custom."""

    rates: Mapping[int, Rate] = field(default_factory=dict)
    spared: bool = False
    waived: bool = False
    """Somebody who may lets the fee go."""


FREE = Terms(spared=True)


def rate(rows: Mapping[str, Mapping[str, object]], *, category: str, reason: str) -> Rate | None:
    """The row that speaks for a line: its category before every category, with the reason before without."""
    for key in (f"{category}/{reason}", category, f"{ANY}/{reason}", ANY):
        row = rows.get(key)
        if row is not None:
            numbers = {name: fen for name, fen in row.items() if isinstance(fen, int)}
            return Rate(kind=str(row.get("kind", "")), code=key, **numbers)
    return None


def category(kind: str, code: str) -> str:
    """What stands beside a deduction: of a fee the category that it is for, else the code itself."""
    if kind not in KINDS:
        return code
    named = next((code.removesuffix(f"/{each}") for each in REASONS if code.endswith(f"/{each}")), code)
    return "" if named == ANY else named


def is_fee(deduction: Mapping[str, object]) -> bool:
    """Whether a deduction, as a refund keeps it, is a fee that the shop kept."""
    return deduction.get("kind") in KINDS


def listed(deductions: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The fees among the deductions of a refund, each with its line and the row of the policy that it comes from."""
    return [{name: each[name] for name in LISTED} for each in deductions if is_fee(each)]


def faults(name: str, rows: object) -> Iterator[FieldError]:
    """What is wrong with the rows of a policy: `category`, `category/reason` or * → kind and rate."""
    if not isinstance(rows, Mapping):
        yield FieldError((name,), "not_a_table")
        return
    for key, row in rows.items():
        reason = str(key).rpartition("/")[2] if "/" in str(key) else ""
        if reason in FREE_REASONS:
            yield FieldError((name, str(key)), "fee_forbidden", " ".join(REASONS))
        elif not _is_row(row) or not str(key).partition("/")[0].strip() or len(str(key)) > KEY_LENGTH:
            yield FieldError((name, str(key)), "bad_value")


def _is_row(row: object) -> bool:
    if not isinstance(row, Mapping) or set(row) - {"kind", *RATES} or row.get("kind") not in KINDS:
        return False
    numbers = [row[name] for name in RATES if name in row]
    whole = all(isinstance(n, int) and not isinstance(n, bool) and 0 <= n <= money.MOST for n in numbers)
    return bool(numbers) and whole and row.get("bp", 0) <= WHOLE_BP


def terms(
    rows: Mapping[str, Mapping[str, object]],
    categories: Mapping[int, str],
    *,
    reason: str,
    mode: str,
    exchange: bool = False,
    waived: bool = False,
) -> Terms:
    """What the policy of the day of the sale lets the shop keep; `categories` are the lines' by number."""
    if reason not in REASONS or exchange or (mode == "online" and reason in CHOSEN):
        return FREE
    found = {no: rate(rows, category=name, reason=reason) for no, name in categories.items()}
    rates = {no: each for no, each in found.items() if each is not None}
    if mode == "online":
        # goods that were not called off but sent back from afar: the buyer's right, whatever she called it
        rates = {no: each for no, each in rates.items() if each.kind != "restocking"}
    return Terms(rates=rates, waived=waived)


def worth(
    sold: Sold, ask: Ask, *, fees: Terms = FREE, clawback: Promotion | tuple[Promotion, ...] | None = None
) -> Worth:
    """What `ask` is worth after what the shop keeps of it. Raises as `amounts.worth`."""
    if fees.spared:
        return amounts.worth(sold, ask, clawback=clawback)
    if ask.amount is not None:
        made = _amount(sold, ask, fees)
    else:
        made = _less(sold, amounts.worth(sold, ask, clawback=clawback), fees, everything=ask.everything)
    if fees.waived:
        whole = amounts.worth(sold, ask, clawback=clawback)
        return replace(whole, waived=whole.total - made.total)
    if made.total <= 0:
        raise Refusal("nothing_to_refund", total=made.total)
    return made


def _less(sold: Sold, whole: Worth, fees: Terms, *, everything: bool) -> Worth:
    """The fee of the pieces that come back now; with everything also what is due from money that came to nothing.

    Below nothing is due where more was kept again than was given up in the end: the next fee is smaller by it.
    """
    by_no = {line.line_no: line for line in sold.lines}
    parts = []
    for part in whole.lines:
        line, each = by_no[part.line_no], fees.rates.get(part.line_no)
        step = (
            each.so_far(line, line.back_milli + part.milli) - each.so_far(line, line.back_milli)
            if each
            else 0
        )
        due = line.fee_due if everything else min(0, line.fee_due)
        fee = max(0, min(part.amount, step + due))
        again = fee - min(part.amount, step)
        parts.append(_part(line, part.milli, part.amount, fee=fee, again=again))
    return _whole(whole, parts, fees)


def _amount(sold: Sold, ask: Ask, fees: Terms) -> Worth:
    """An amount is what the customer gets: a fee that is due is kept beside it, in proportion, the last time the rest."""
    due = {x.line_no: max(0, min(x.fee_due, x.net - x.back_amount)) for x in sold.lines}
    if not any(due.values()):
        return amounts.worth(sold, ask)
    lines = tuple(replace(x, back_amount=x.back_amount + due[x.line_no]) for x in sold.lines)
    reserved = replace(sold, lines=lines)
    plain = amounts.worth(reserved, ask)
    kept = sum(due.values()) * plain.total // amounts.left(reserved).total
    shares = dict(zip(due, money.share(kept, list(due.values())), strict=True))
    got = {part.line_no: part.amount for part in plain.lines}
    parts = [
        _part(x, 0, got.get(x.line_no, 0) + shares[x.line_no], fee=shares[x.line_no], again=shares[x.line_no])
        for x in sold.lines
        if got.get(x.line_no, 0) or shares[x.line_no]
    ]
    return _whole(plain, parts, fees)


def _part(line: SoldLine, milli: int, gross: int, *, fee: int, again: int) -> LinePart:
    """Tax by running totals, of what is given up and of the fee in it, so that both end at the line's own (domain §5.8)."""
    tax = amounts.tax_step(line.back_amount, line.back_tax, gross, line.vat_bp)
    fee_tax = min(tax, amounts.tax_step(line.fee, line.fee_tax, fee, line.vat_bp)) if fee else 0
    return LinePart(
        line_no=line.line_no,
        milli=milli,
        amount=gross - fee,
        tax=tax - fee_tax,
        fee=fee,
        fee_tax=fee_tax,
        fee_again=again,
    )


def _whole(whole: Worth, parts: list[LinePart], fees: Terms) -> Worth:
    kept = [
        Deduction(
            kind=each.kind if each else KINDS[0],
            line_no=part.line_no,
            amount=part.fee,
            code=each.code if each else ANY,
        )
        for part in parts
        for each in [fees.rates.get(part.line_no)]
        if part.fee
    ]
    return replace(
        whole,
        lines=tuple(parts),
        deductions=(*whole.deductions, *kept),
        total=sum(part.amount for part in parts) + sum(part.amount for part in whole.charges),
        tax=sum(part.tax for part in parts) + sum(part.tax for part in whole.charges),
    )


def keep_beside(sold: Sold, worth: Worth, fen: int, *, kind: str) -> Worth:
    """`fen` more stay with the shop, of each line its share: not a published fee, but kept and booked like one."""
    by_no = {line.line_no: line for line in sold.lines}
    shares = money.share(fen, [part.amount for part in worth.lines])
    parts = []
    for part, share in zip(worth.lines, shares, strict=True):
        more = _part(
            by_no[part.line_no],
            part.milli,
            part.amount + part.fee,
            fee=part.fee + share,
            again=part.fee_again,
        )
        parts.append(replace(more, points=share))
    return replace(
        worth,
        lines=tuple(parts),
        deductions=(*worth.deductions, Deduction(kind=kind, line_no=None, amount=fen)),
        total=worth.total - fen,
        tax=sum(part.tax for part in parts) + sum(part.tax for part in worth.charges),
    )


Sums = tuple[int, int, int, int]
"""Amount, the tax in it, fee, the tax in that."""


def standing(rows: Sequence[Sums], left: Sums) -> list[Sums]:
    """What still stands of each part of a refund when only `left` of its sums does; every column adds up to the fen."""
    columns = [
        money.share(stays, [row[n] for row in rows]) if any(row[n] for row in rows) else [0] * len(rows)
        for n, stays in enumerate(left)
    ]
    return [(amount, tax, fee, fee_tax) for amount, tax, fee, fee_tax in zip(*columns, strict=True)]
