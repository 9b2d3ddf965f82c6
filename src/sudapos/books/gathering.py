"""Which sales a batch is about: all pieces of an article, everything of an event, the difference of a wrong price. Amounts in fen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sudapos.core import batches
from sudapos.core.batches import Kind
from sudapos.core.refusal import FieldError, Invalid, Refusal

from . import batch_stands, lookup, remainders
from .batches import AT_MOST, Ask
from .lookup import Search
from .remainders import Remainder
from .sales import SaleLine
from .staff import Operator

READ_AT_ONCE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to look for; empty fields narrow nothing. `charged` and `right` are fen per unit, for a wrong price."""

    kind: str
    store: str = ""
    since: datetime | None = None
    until: datetime | None = None
    channel: str = ""
    sku: str = ""
    serial: str = ""
    charged: int | None = None
    right: int | None = None


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is asked of each sale, and how many sales were found with nothing left to give back."""

    asks: Sequence[Ask]
    nothing_left: int


def gather(wish: Wish, *, operator: Operator) -> Gathered:
    """Sales that fit, oldest first. Raises Invalid for a wish that says too little, Refusal batch_too_big or batch_empty."""
    _check(wish)
    own = operator.store.code if operator.store_id is not None and operator.store else ""
    found = lookup.find(
        Search(
            store=own or wish.store,
            since=wish.since,
            until=wish.until,
            channel=wish.channel,
            sku=wish.sku,
            serial=wish.serial,
            limit=AT_MOST + 1,
        )
    )
    if len(found) > AT_MOST:
        raise Refusal("batch_too_big", count=f"{AT_MOST}+", most=AT_MOST)
    found.sort(key=lambda sale: (sale.sold_at, sale.pk))
    paid = batch_stands.compensated(sale.sale_no for sale in found) if wish.kind == Kind.PRICE else set()
    asks: list[Ask] = []
    for start in range(0, len(found), READ_AT_ONCE):
        left = remainders.of(found[start : start + READ_AT_ONCE])
        for remainder in left.values():
            if remainder.sale.sale_no not in paid:
                asks += _ask(wish, remainder)
    if not asks:
        raise Refusal("batch_empty")
    return Gathered(asks, len(found) - len(asks))


def _check(wish: Wish) -> None:
    errors = []
    if wish.kind not in (Kind.RECALL, Kind.EVENT, Kind.PRICE):
        errors.append(FieldError(("kind",), "not_offered"))
    if wish.kind in (Kind.RECALL, Kind.PRICE) and not (wish.sku or wish.serial):
        errors.append(FieldError(("sku",), "missing"))
    if wish.kind == Kind.EVENT and not (wish.sku or wish.serial or (wish.since and wish.until)):
        errors.append(FieldError(("since",), "missing"))
    if wish.kind == Kind.PRICE:
        if wish.charged is None:
            errors.append(FieldError(("charged",), "missing"))
        if wish.right is None:
            errors.append(FieldError(("right",), "missing"))
        elif wish.charged is not None and wish.right >= wish.charged:
            errors.append(FieldError(("right",), "out_of_range"))
    if errors:
        raise Invalid("input_invalid", errors=errors)


def _ask(wish: Wish, remainder: Remainder) -> Iterator[Ask]:
    """One ask at most: a sale is refunded once in a batch."""
    number, left = remainder.sale.sale_no, remainder.left_but_tips
    rest = {line.line_no: line for line in left.lines}
    if wish.kind == Kind.EVENT:
        if left.total > 0:
            yield Ask(sale_no=number)
        return
    fitting = [row for row in remainder.lines.values() if _fits(row, wish) and rest[row.line_no].milli > 0]
    if wish.kind == Kind.RECALL:
        if lines := tuple((row.line_no, rest[row.line_no].milli) for row in fitting):
            yield Ask(sale_no=number, lines=lines)
        return
    amount = sum(
        min(rest[row.line_no].amount, _difference(row, wish, rest[row.line_no].milli)) for row in fitting
    )
    if amount > 0:
        yield Ask(sale_no=number, amount=amount)


def _fits(row: SaleLine, wish: Wish) -> bool:
    """Of the article, of the piece, and sold at the wrong price where one is named."""
    return (
        (not wish.sku or row.sku == wish.sku)
        and (not wish.serial or row.serial == wish.serial)
        and (wish.charged is None or row.unit_price == wish.charged)
    )


def _difference(row: SaleLine, wish: Wish, milli: int) -> int:
    assert wish.charged is not None and wish.right is not None
    return batches.overcharge(
        charged=wish.charged, right=wish.right, milli=milli, net=row.net, gross=row.gross
    )
