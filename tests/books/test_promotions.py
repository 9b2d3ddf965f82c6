"""Promotions that are taken back on a partial return: kept with the sale, decided by the policy of its day (EX20)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sudapos.books import intake, policies, requests, shops
from sudapos.books.intake import LineDraft, PromotionDraft
from sudapos.books.sales import Sale
from tests.cast import Shop

pytestmark = pytest.mark.django_db
TERMS = (PromotionDraft(code="满150减30", threshold=15000, discount=3000),)


def takes_back(way: str = "CLAWBACK") -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "promotion_on_partial_return": way}
    merchant.save(update_fields=["rules"])


def ex20(shop: Shop, **changes: object) -> Sale:
    lines = tuple(
        LineDraft(line_no=no, name=f"货 {no}", milli=1000, unit_price=price, vat_bp=1300)
        for no, price in enumerate((9900, 5900, 3500), 1)
    )
    return shop.sell(lines=lines, order_discount=3000, promotions=TERMS, channel="wechatpay", **changes)


def weigh(shop: Shop, sale: Sale, **changes: object) -> requests.Weighed:
    return requests.preview(shop.ask(sale, **changes), at=shop.at)


def test_a_missed_promotion_is_taken_back_and_named(shop: Shop) -> None:
    takes_back()
    sale = ex20(shop)
    assert sale.promotions == [{"threshold": 15000, "off": 3000, "code": "满150减30", "lines": [1, 2, 3]}]
    refund = shop.refund(sale, lines={2: 1}, reason="no_reason")
    assert refund.total == 2900
    assert refund.deductions == [{"kind": "clawback", "line_no": None, "amount": 2083, "code": "满150减30"}]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_all_goods_in_any_order_bring_exactly_what_was_paid(shop: Shop, order: tuple[int, ...]) -> None:
    takes_back()
    sale = ex20(shop)
    made = [shop.refund(sale, lines={no: 1}, reason="no_reason") for no in order]
    assert sum(refund.total for refund in made) == 16300
    assert sum(refund.tax for refund in made) == 962 + 573 + 340


def test_what_is_faulty_brings_what_was_paid_for_it(shop: Shop) -> None:
    takes_back()
    sale = ex20(shop)
    assert shop.refund(sale, lines={2: 1}, reason="quality").total == 4983
    assert weigh(shop, sale, lines={3: 1}, reason="no_reason").total == 2956


def test_the_default_keeps_the_discount_ex02(shop: Shop) -> None:
    assert weigh(shop, ex20(shop), lines={2: 1}, reason="no_reason").total == 4983


def test_the_policy_of_the_day_of_the_sale_decides(shop: Shop) -> None:
    before = ex20(shop, sold_at=shop.at - timedelta(days=2))
    shop.later(days=1)
    content = policies.current().content | {"promotion_on_partial_return": "CLAWBACK"}
    row = policies.propose(content, operator=shop.m01, note="", at=shop.at)
    policies.activate(row.number, operator=shop.f01, at=shop.at)
    shop.later(days=2)
    after = ex20(shop)
    assert weigh(shop, before, lines={2: 1}, reason="no_reason").total == 4983
    assert weigh(shop, after, lines={2: 1}, reason="no_reason").total == 2900


def test_a_repeat_with_other_terms_is_another_sale(shop: Shop) -> None:
    sale = ex20(shop)
    draft = shop.draft(sale.sale_no, lines=(), order_discount=3000)
    [taken] = intake.ingest([draft], by="test", at=shop.at)
    assert taken.refusal is not None and taken.refusal.code == "number_reused"


def test_the_digest_of_a_sale_without_the_new_fields_is_the_old_one() -> None:
    draft = Shop().draft(
        "S-OLD",
        sold_at=Shop().at.replace(year=2026, month=1, day=2, hour=3, minute=4, second=5, microsecond=0),
    )
    assert intake.content_digest(draft) == OLD


OLD = "31ca28363dbd823543d8e6f3b8eef0c882457c59868366587dca3f9c4abf0647"
