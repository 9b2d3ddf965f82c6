"""VAT by rate: worked out from what was sold and given back, line by line, and compared with the account's movement.

Three sources that must agree: lines and charges with their rates (domain §5.8), the entries that booked them, and the
balance of the VAT account. Dated by the entry, so that a document booked into a later month counts there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection

from sudapos.core import money
from sudapos.core.chart import INTERNAL

from . import vat_bonus

SOLD = ("J01", "J02", "J19a")
PROMISED = ("J04", "J05a", "J08", "J30a", "J30y")
UNDONE = ("J05e", "J26a", "J30e")
"""A correction of a wrong refund bears the refund's number, and gives its revenue and tax back in the same way."""
VAT, REVENUE, FEES = INTERNAL["vat"], INTERNAL["revenue"], INTERNAL["other_revenue"]

TAX = "amount - (2 * amount * 10000 + 10000 + vat_bp) / (2 * (10000 + vat_bp))"
"""The tax inside an amount that is not negative, as `amounts.tax_of` counts it."""
BY_RATE = f"""
WITH booked AS (
    SELECT e.business_no, e.recipe FROM books_entry e
    WHERE e.business_date BETWEEN %(since)s AND %(until)s AND (%(store)s = '' OR e.store = %(store)s)
      AND e.recipe = ANY(%(recipes)s)
), sold AS (
    SELECT s.id FROM booked b JOIN books_sale s ON s.sale_no = b.business_no WHERE b.recipe = ANY(%(sold)s)
), promised AS (
    SELECT r.id FROM booked b JOIN books_refund r ON r.refund_no = b.business_no
    WHERE b.recipe = ANY(%(promised)s)
), parts AS (
    SELECT 'sold' AS kind, n.vat_bp, n.net AS amount, NULL::bigint AS tax
      FROM sold JOIN books_saleline n ON n.sale_id = sold.id
    UNION ALL SELECT 'sold', c.vat_bp, c.amount, NULL FROM sold JOIN books_charge c ON c.sale_id = sold.id
    UNION ALL SELECT 'back', n.vat_bp, x.amount, x.tax FROM promised p
      JOIN books_refundline x ON x.refund_id = p.id JOIN books_saleline n ON n.id = x.sale_line_id
    UNION ALL SELECT 'back', c.vat_bp, x.amount, x.tax FROM promised p
      JOIN books_refundcharge x ON x.refund_id = p.id JOIN books_charge c ON c.id = x.charge_id
)
SELECT kind, vat_bp, sum(amount)::bigint, sum(coalesce(tax, {TAX}))::bigint FROM parts GROUP BY kind, vat_bp
"""
UNDONE_LEGS = """
SELECT e.business_no, e.business_date >= %(since)s,
       sum(l.amount) FILTER (WHERE l.account IN (%(vat)s, %(revenue)s, %(fees)s)),
       coalesce(sum(l.amount) FILTER (WHERE l.account = %(vat)s), 0)
FROM books_entry e JOIN books_line l ON l.entry_id = e.id
WHERE e.recipe = ANY(%(undone)s) AND e.business_date <= %(until)s AND e.business_no IN (
    SELECT business_no FROM books_entry WHERE recipe = ANY(%(undone)s) AND business_date BETWEEN %(since)s AND %(until)s
      AND (%(store)s = '' OR store = %(store)s))
GROUP BY 1, 2
"""
"""What was taken back of promises, per refund: before the period, and in it."""
RATES = """
SELECT r.refund_no, part.vat_bp, sum(part.amount)::bigint, sum(part.tax)::bigint
FROM books_refund r JOIN (
    SELECT x.refund_id, n.vat_bp, x.amount, x.tax
      FROM books_refundline x JOIN books_saleline n ON n.id = x.sale_line_id
    UNION ALL SELECT x.refund_id, c.vat_bp, x.amount, x.tax
      FROM books_refundcharge x JOIN books_charge c ON c.id = x.charge_id
) part ON part.refund_id = r.id
WHERE r.refund_no = ANY(%(numbers)s) GROUP BY 1, 2 ORDER BY 1, 2
"""
MOVED = """
SELECT e.recipe, sum(CASE WHEN l.side = '贷' THEN l.amount ELSE -l.amount END)::bigint
FROM books_line l JOIN books_entry e ON e.id = l.entry_id
WHERE l.account = %(vat)s AND e.business_date BETWEEN %(since)s AND %(until)s
  AND (%(store)s = '' OR e.store = %(store)s)
GROUP BY e.recipe ORDER BY e.recipe
"""


@dataclass(slots=True)
class Amounts:
    """Fen with the tax in it, and that tax."""

    amount: int = 0
    tax: int = 0

    @property
    def net(self) -> int:
        return self.amount - self.tax

    def add(self, amount: int, tax: int) -> None:
        self.amount += amount
        self.tax += tax


@dataclass(slots=True)
class Rate:
    """One rate in basis points: sold, given back, and promises that were taken back."""

    vat_bp: int
    sold: Amounts = field(default_factory=Amounts)
    back: Amounts = field(default_factory=Amounts)
    undone: Amounts = field(default_factory=Amounts)

    @property
    def net(self) -> int:
        return self.sold.net - self.back.net + self.undone.net

    @property
    def tax(self) -> int:
        return self.sold.tax - self.back.tax + self.undone.tax


@dataclass(frozen=True, slots=True)
class Report:
    """`movement` is what the VAT account moved (credit positive); `others` are entries that no line stands behind."""

    rates: Sequence[Rate]
    movement: int
    others: Sequence[tuple[str, int]]

    @property
    def net(self) -> int:
        return sum(rate.net for rate in self.rates)

    @property
    def tax(self) -> int:
        return sum(rate.tax for rate in self.rates)

    @property
    def off(self) -> int:
        """What nobody can explain; anything but 0 needs a person."""
        return self.movement - self.tax - sum(amount for _, amount in self.others)


def report(since: date, until: date, *, store: str = "") -> Report:
    """VAT of the period by rate, in a fixed number of statements."""
    asked: dict[str, Any] = {
        "since": since,
        "until": until,
        "store": store,
        "sold": list(SOLD),
        "promised": list(PROMISED),
        "recipes": [*SOLD, *PROMISED],
        "undone": list(UNDONE),
        "vat": VAT,
        "revenue": REVENUE,
        "fees": FEES,
    }
    rates: dict[int, Rate] = {}
    for kind, vat_bp, amount, tax in [*_fetched(BY_RATE, asked), *vat_bonus.rows(asked, sold=SOLD)]:
        rate = rates.setdefault(vat_bp, Rate(vat_bp))
        (rate.sold if kind == "sold" else rate.back).add(amount, tax)
    _take_back(rates, _fetched(UNDONE_LEGS, asked))
    moved = [(str(recipe), int(amount)) for recipe, amount in _fetched(MOVED, asked)]
    known = {*SOLD, *PROMISED, *UNDONE, vat_bonus.RECIPE}
    return Report(
        rates=[rates[vat_bp] for vat_bp in sorted(rates, reverse=True)],
        movement=sum(amount for _, amount in moved),
        others=[each for each in moved if each[0] not in known],
    )


def _take_back(rates: dict[int, Rate], undone: Iterable[tuple[Any, ...]]) -> None:
    """A dropped leg knows no rates: its amount and tax are shared over those of its refund, by running totals."""
    before: dict[str, tuple[int, int]] = {}
    within: dict[str, tuple[int, int]] = {}
    for number, is_within, amount, tax in undone:
        (within if is_within else before)[number] = (int(amount), int(tax))
    parts: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for number, vat_bp, amount, tax in _fetched(RATES, {"numbers": sorted(within)}):
        parts[number].append((vat_bp, amount, tax))
    for number, (amount, tax) in within.items():
        old_amount, old_tax = before.get(number, (0, 0))
        taxes = _step([tax for _, _, tax in parts[number]], old_tax, old_tax + tax)
        nets = _step(
            [amount - tax for _, amount, tax in parts[number]],
            old_amount - old_tax,
            old_amount - old_tax + amount - tax,
        )
        for (vat_bp, _, _), one_net, one_tax in zip(parts[number], nets, taxes, strict=True):
            rates.setdefault(vat_bp, Rate(vat_bp)).undone.add(one_net + one_tax, one_tax)


def _step(weights: Sequence[int], before: int, after: int) -> list[int]:
    """Shares of the running total after less those before: all steps together are the whole."""
    if not sum(weights):
        return [0 for _ in weights]
    pairs = zip(money.share(after, weights), money.share(before, weights), strict=True)
    return [later - earlier for later, earlier in pairs]


def _fetched(query: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())
