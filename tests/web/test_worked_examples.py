"""Worked examples of the domain sheet at the counter, to the fen: EX05, EX07, EX09, EX16, EX19 and EX20 (EX06 in test_cards, EX08 in test_coupons)."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books import shops
from sudapos.books.drafts import PromotionDraft
from sudapos.books.intake import ChargeDraft, LineDraft, PaymentDraft
from sudapos.books.refunds import Refund
from tests.books.test_cards import by_card, card
from tests.web.conftest import field, text


def external(shop: Any, channel: str, amount: int, number: str) -> PaymentDraft:
    shops.put_account(f"demo-{channel}", channel, {}, at=shop.at)
    return PaymentDraft(
        payment_no=number,
        channel=channel,
        amount=amount,
        account=f"demo-{channel}",
        out_trade_no=f"EX{number}{channel}",
    )


def walk(shop: Any, browser: Any, sale: Any, fen: int) -> tuple[str, dict[str, int]]:
    """The preview as she reads it, and the legs that the press of the button plans."""
    address = f"/counter/{sale.sale_no}/"
    amount = f"{fen // 100}.{fen % 100:02d}"
    form = {
        "scope": "amount",
        "amount": amount,
        "reason": "quality",
        "receipt": "present",
        "route": "original",
    }
    shown = text(browser.post(f"{address}preview/", form))
    key = field(browser.get(address), "key")
    made = browser.post(address, {**form, "key": key, "expected_total": str(fen)})
    assert made.status_code == 302, text(made)
    shop.later(minutes=3)
    last = Refund.objects.order_by("-id")[0]
    return shown, {part["channel"]: part["amount"] for part in last.plan}


def test_ex07_at_the_counter_the_card_is_emptied_before_the_cash(shop, person):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "tender_split": "WATERFALL"}
    merchant.save(update_fields=["rules"])
    sale = shop.sell(
        lines=(LineDraft(line_no=1, name="套餐", milli=1000, unit_price=25_800, vat_bp=600),),
        payments=(
            PaymentDraft(payment_no="P1", channel="cash", amount=5_800),
            external(shop, "unionpay", 20_000, "P2"),
        ),
    )
    browser = person("c01")
    first, second, third = (walk(shop, browser, sale, part) for part in (7_900, 15_000, 2_900))
    assert [first[1], second[1], third[1]] == [
        {"unionpay": 7_900},
        {"unionpay": 12_100, "cash": 2_900},
        {"cash": 2_900},
    ]
    assert "¥79.00" in first[0]
    assert "¥121.00" in second[0] and "¥29.00" in second[0]
    assert "¥29.00" in third[0]


def test_ex16_at_the_counter_three_refunds_clear_three_tenders(shop, person):
    card(shop, paid=1_667)
    sale = shop.sell(
        lines=(LineDraft(line_no=1, name="套餐", milli=1000, unit_price=10_000, vat_bp=600),),
        payments=(
            external(shop, "unionpay", 5_000, "P1"),
            external(shop, "wechatpay", 3_333, "P2"),
            by_card(1_667, payment_no="P3"),
        ),
    )
    browser = person("c01")
    found = [walk(shop, browser, sale, part) for part in (3_333, 3_333, 3_334)]
    assert [tuple(f[1][c] for c in ("unionpay", "wechatpay", "stored_value")) for f in found] == [
        (1_666, 1_111, 556),
        (1_667, 1_111, 555),
        (1_667, 1_111, 556),
    ]
    assert all(part in found[0][0] for part in ("¥16.66", "¥11.11", "¥5.56"))


def dish(line_no: int, price: int) -> LineDraft:
    return LineDraft(line_no=line_no, name=f"菜{line_no}", milli=1000, unit_price=price, vat_bp=600)


def test_ex05_at_the_counter_a_dish_takes_its_service_charge_and_leaves_the_fixed_fees(shop, person):
    sale = shop.sell(
        lines=(dish(1, 12_000), dish(2, 8_000)),
        charges=(
            ChargeDraft(kind="service", name="服务费", amount=2_000, rate_bp=1_000, follows_lines=True),
            ChargeDraft(kind="cover", name="餐位费", amount=800),
            ChargeDraft(kind="room", name="包间费", amount=5_000),
        ),
        payments=(external(shop, "alipay", 27_800, "P1"),),
    )
    shown, made = give_back(shop, person("c01"), sale, {"scope": "lines", "line": "2", "qty_2": "1"}, 8_800)
    assert "¥88.00" in shown and "¥8.00" in shown
    assert made == {"alipay": 8_800}


def test_ex19_at_the_counter_the_meal_comes_back_whole_and_the_tip_is_said_to_stay(shop, person):
    sale = shop.sell(
        lines=(dish(1, 15_000),),
        charges=(ChargeDraft(kind="tip", name="小费", amount=1_500),),
        payments=(external(shop, "alipay", 16_500, "P1"),),
    )
    browser = person("c01")
    shown, made = give_back(shop, browser, sale, {"scope": "everything"}, 15_000)
    assert "小费 ¥15.00 不在内" in shown
    assert made == {"alipay": 15_000}
    shop.later(minutes=3)
    shown, made = give_back(shop, browser, sale, {"scope": "lines", "charge": "1"}, 1_500)
    assert made == {"alipay": 1_500}


def give_back(
    shop: Any, browser: Any, sale: Any, picked: dict[str, str], total: int
) -> tuple[str, dict[str, int]]:
    """The preview as she reads it, and what the press of the button plans."""
    address = f"/counter/{sale.sale_no}/"
    form = {"reason": "quality", "receipt": "present", "route": "original", **picked}
    shown = text(browser.post(f"{address}preview/", form))
    key = field(browser.get(address), "key")
    made = browser.post(address, {**form, "key": key, "expected_total": str(total)})
    assert made.status_code == 302, text(made)
    return shown, {part["channel"]: part["amount"] for part in Refund.objects.order_by("-id")[0].plan}


@pytest.mark.parametrize(
    ("picked", "total"),
    [
        ({"line": ["1"], "qty_1": "2"}, 7_000),
        ({"line": ["1", "2"], "qty_1": "2", "qty_2": "1"}, 10_000),
        ({"line": ["1"], "qty_1": "1"}, 2_000),
    ],
)
def test_ex09_at_the_counter_a_gift_that_stays_is_deducted_once(shop, person, picked, total):
    sale = shop.sell(
        lines=(
            LineDraft(line_no=1, name="洗发水", milli=2000, unit_price=5_000),
            LineDraft(line_no=2, name="赠品", milli=1000, unit_price=0, gift_of=1, marked_value=3_000),
        ),
        payments=(external(shop, "wechatpay", 10_000, "P1"),),
    )
    shown, made = give_back(shop, person("c01"), sale, {"scope": "lines", **picked}, total)
    assert f"¥{total // 100}.00" in shown
    assert ("赠品" in shown) and made == {"wechatpay": total}


def test_ex20_at_the_counter_a_discount_whose_threshold_is_missed_comes_off_the_refund(shop, person):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "promotion_on_partial_return": "CLAWBACK"}
    merchant.save(update_fields=["rules"])
    prices = enumerate((9_900, 5_900, 3_500), 1)
    sale = shop.sell(
        lines=tuple(LineDraft(line_no=no, name=f"货{no}", milli=1000, unit_price=fen) for no, fen in prices),
        order_discount=3_000,
        promotions=(PromotionDraft(code="满150减30", threshold=15_000, discount=3_000),),
        payments=(external(shop, "wechatpay", 16_300, "P1"),),
    )
    picked = {"scope": "lines", "line": "2", "qty_2": "1", "reason": "no_reason"}
    shown, made = give_back(shop, person("c01"), sale, picked, 2_900)
    assert "¥29.00" in shown and "满150减30" in shown
    assert made == {"wechatpay": 2_900}
