"""The VAT report of sales paid partly with bonus or points: tax on the money alone, and it agrees with the account."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from sudapos.books import vat
from sudapos.books.intake import LineDraft
from tests.books.test_cards import agreed, by_card, card, points, sound
from tests.cast import Shop

pytestmark = pytest.mark.django_db


def report(shop: Shop, **told: Any) -> vat.Report:
    day = date.fromordinal(shop.at.toordinal())
    return vat.report(day - timedelta(days=3), day + timedelta(days=3), **told)


def face(shop: Shop, price: int = 36_000, *, vat_bp: int = 1300, **told: Any):
    line = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=price, vat_bp=vat_bp)
    return shop.sell(lines=(line,), payments=(by_card(price),), **told)


def figures(found: vat.Report) -> tuple[int, int, int, int]:
    return found.net, found.tax, found.movement, found.off


def test_j17b_only_the_principal_that_was_used_makes_revenue_and_tax(shop: Shop) -> None:
    card(shop, paid=100_000, bonus=20_000)
    face(shop)
    found = report(shop)
    assert figures(found) == (26_549, 3_451, 3_451, 0)
    [rate] = found.rates
    assert (rate.vat_bp, rate.sold.amount, rate.sold.tax) == (1300, 30_000, 3_451)
    assert found.others == []


def test_a_refund_to_the_card_takes_back_what_was_taxed_and_no_more(shop: Shop) -> None:
    card(shop, paid=100_000, bonus=20_000)
    sale = face(shop)
    agreed(shop, shop.refund(sale, amount=12_000))
    half = report(shop)
    assert (half.off, half.tax, half.net + half.tax) == (0, half.movement, 20_000)
    agreed(shop, shop.refund(sale, operator="c02"))
    whole = report(shop)
    assert figures(whole) == (0, 0, 0, 0)
    sound()


def test_points_make_no_tax_and_mixed_rates_agree_to_the_fen(shop: Shop) -> None:
    card(shop, paid=10_001, bonus=3_333)
    points(shop, held=777)
    lines = tuple(
        LineDraft(line_no=no, name=f"货{no}", milli=1000, unit_price=price, vat_bp=bp)
        for no, price, bp in ((1, 3_333, 1300), (2, 5_001, 900), (3, 2_777, 600))
    )
    sale = shop.sell(
        lines=lines,
        payments=(
            by_card(777, "P-0001", "points", payment_no="P1"),
            by_card(9_001, payment_no="P2"),
            shop.payment("S-MIX", "wechatpay", 1_333, "P3"),
        ),
    )
    assert (report(shop).off, len(report(shop).rates)) == (0, 3)
    for part in (1_111, 3_333):
        agreed(shop, shop.refund(sale, amount=part, operator="c02"))
        found = report(shop)
        assert (found.off, found.tax) == (0, found.movement)
        shop.later(minutes=2)
    agreed(shop, shop.refund(sale))
    assert figures(report(shop)) == (0, 0, 0, 0)
    sound()


def test_a_sale_in_money_is_as_it_was(shop: Shop) -> None:
    shop.sell(channel="wechatpay")
    assert figures(report(shop)) == (5_307, 690, 690, 0)
