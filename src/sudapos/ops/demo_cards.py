"""A card with money on it and a points account for the demo, so that both can be paid with, refunded to and handed back."""

from __future__ import annotations

from datetime import datetime, timedelta

from sudapos.books import staff, top_ups

CARD, POINTS = "8800 0000 0000 2026", "P-88002026"
HOLDER = "李小兰"


def open_both(*, at: datetime) -> None:
    """Two lots, both within their cooling-off (法释〔2025〕4号 Art. 14), and 500 points."""
    maker, first, second = staff.get("c01"), at - timedelta(days=6), at - timedelta(days=2)
    card = top_ups.open_card(CARD, store="S01", operator=maker, holder=HOLDER, at=first)
    for paid, bonus, when in ((100_000, 20_000, first), (20_000, 0, second)):
        key = f"demo-{when:%Y%m%d}"
        top_ups.top_up(
            card.card_ref, paid=paid, bonus=bonus, channel="transfer", key=key, operator=maker, at=when
        )
    points = top_ups.open_card(POINTS, store="S01", kind="points", operator=maker, holder=HOLDER, at=first)
    top_ups.grant_points(points.card_ref, 500, operator=maker, at=first)
