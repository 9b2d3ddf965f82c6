"""What was paid with bonus or points made no revenue and no tax: what the VAT by rate is less by, sale by sale (domain J17b)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import connection

from sudapos.core import amounts, money, tenders

Row = tuple[str, int, int, int]
"""Kind (sold or back), rate in basis points, fen with tax, the tax in it."""

_BOOKED = """
    SELECT e.business_no FROM books_entry e
    WHERE e.business_date BETWEEN %(since)s AND %(until)s AND (%(store)s = '' OR e.store = %(store)s)
      AND e.recipe = ANY(%(recipes)s)
"""
SOLD = f"""
SELECT s.id, -sum(m.bonus)::bigint FROM books_sale s
JOIN books_payment p ON p.sale_id = s.id JOIN books_cardmove m ON m.payment_id = p.id AND m.kind = 'use'
WHERE s.sale_no IN ({_BOOKED}) AND m.bonus < 0 GROUP BY s.id
"""
LINES = """
SELECT sale_id, net, vat_bp FROM (
    SELECT sale_id, net, vat_bp, 0 AS part, id FROM books_saleline WHERE sale_id = ANY(%(sales)s)
    UNION ALL SELECT sale_id, amount, vat_bp, 1, id FROM books_charge WHERE sale_id = ANY(%(sales)s)
) x ORDER BY sale_id, part, id
"""
"""In the order in which they were booked: the odd fen of a share falls as it fell then."""
BACK = f"""
SELECT m.id, r.id, m.bonus, m.tax FROM books_cardmove m JOIN books_leg l ON l.id = m.leg_id
JOIN books_refund r ON r.id = l.refund_id
WHERE m.kind = 'refund' AND m.bonus > 0 AND r.reason <> 'goodwill' AND r.refund_no IN ({_BOOKED})
"""
PARTS = """
SELECT refund_id, vat_bp, sum(amount)::bigint, sum(tax)::bigint FROM (
    SELECT x.refund_id, n.vat_bp, x.amount, x.tax FROM books_refundline x JOIN books_saleline n ON n.id = x.sale_line_id
    UNION ALL SELECT x.refund_id, c.vat_bp, x.amount, x.tax FROM books_refundcharge x JOIN books_charge c ON c.id = x.charge_id
) part WHERE refund_id = ANY(%(refunds)s) GROUP BY 1, 2 ORDER BY 1, 2
"""
RECIPE = "J17d"
"""Back on a card or to points: the promise lessened revenue by the whole, this gives the bonus part back."""


def rows(asked: Mapping[str, Any], *, sold: tuple[str, ...]) -> Iterator[Row]:
    """What to add to the rates of a period, below zero: two statements where no card was used, four where some were."""
    yield from _sold({**asked, "recipes": list(sold)})
    yield from _back({**asked, "recipes": [RECIPE]})


def _sold(asked: Mapping[str, Any]) -> Iterator[Row]:
    bonus = dict(_fetched(SOLD, asked))
    if not bonus:
        return
    lines: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for sale, net, vat_bp in _fetched(LINES, {"sales": list(bonus)}):
        lines[sale].append((net, vat_bp))
    for sale, rated in lines.items():
        booked = tenders.money_lines(rated, bonus[sale])
        for (whole, vat_bp), (net, tax) in zip(rated, booked, strict=True):
            yield "sold", vat_bp, net + tax - whole, tax - amounts.tax_of(whole, vat_bp)


def _back(asked: Mapping[str, Any]) -> Iterator[Row]:
    """A move knows no rates: its bonus and tax are shared over those of its refund."""
    moves = _fetched(BACK, asked)
    if not moves:
        return
    parts: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for refund, vat_bp, amount, tax in _fetched(PARTS, {"refunds": [row[1] for row in moves]}):
        parts[refund].append((vat_bp, amount, tax))
    for _, refund, bonus, tax in moves:
        of = parts[refund]
        nets = money.share(bonus - tax, [amount - inside for _, amount, inside in of])
        taxes = money.share(tax, [inside for _, _, inside in of]) if tax else [0] * len(of)
        for (vat_bp, _, _), net, inside in zip(of, nets, taxes, strict=True):
            yield "back", vat_bp, -net - inside, -inside


def _fetched(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, dict(values))
        return list(cursor.fetchall())
