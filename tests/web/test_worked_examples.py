"""Worked examples of the domain sheet at the counter, to the fen: EX07 and EX16 (EX06 in test_cards, EX08 in test_coupons)."""

from __future__ import annotations

from typing import Any

from sudapos.books import shops
from sudapos.books.intake import LineDraft, PaymentDraft
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
