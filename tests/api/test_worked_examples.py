"""Worked examples of the domain sheet over the API, to the fen: EX07, EX09 and EX16 (EX06 in test_cards, EX08 in test_coupons)."""

from __future__ import annotations

import pytest

from sudapos.books import shops
from tests.api.conftest import ask


def sale(api, number, total, payments):
    told = {
        "sale_no": number,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [{"line_no": 1, "name": "套餐", "quantity": "1", "unit_price": total, "vat_bp": 600}],
        "payments": payments,
    }
    made = api.post("/sales", told)
    assert made.status_code == 201, made.content


def external(number, channel, amount):
    name = f"demo-{channel}"
    return {
        "payment_no": number,
        "channel": channel,
        "account": name,
        "amount": amount,
        "out_trade_no": f"EX{number}{channel}",
    }


def split(api, shop, number, amount, operator="c01"):
    """What a preview says, and the same as the refund that follows."""
    body = ask(number, lines=[], amount=amount, expected_total=amount, operator=operator)
    legs = {leg["channel"]: leg["amount"] for leg in api.post("/refunds/preview", body).json()["legs"]}
    made = api.refund(body).json()
    assert {leg["channel"]: leg["amount"] for leg in made["planned_legs"]} == legs
    shop.later(minutes=3)
    return legs


def test_ex07_by_api_the_card_is_emptied_before_the_cash(api, shop):
    shops.put_account("demo-unionpay", "unionpay", {}, at=shop.at)
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "tender_split": "WATERFALL"}
    merchant.save(update_fields=["rules"])
    cash = {"payment_no": "P1", "channel": "cash", "amount": 5_800}
    sale(api, "S-EX07", 25_800, [cash, external("P2", "unionpay", 20_000)])
    assert [split(api, shop, "S-EX07", part) for part in (7_900, 15_000, 2_900)] == [
        {"unionpay": 7_900},
        {"unionpay": 12_100, "cash": 2_900},
        {"cash": 2_900},
    ]
    assert api.get("/sales/S-EX07").json()["refundable"] == 0


def test_ex16_by_api_three_refunds_clear_three_tenders(api, shop):
    shops.put_account("demo-unionpay", "unionpay", {}, at=shop.at)
    card = {"operator": "c01", "number": "600000000001", "store": "S01", "holder": "李小兰"}
    ref = api.post("/cards", card).json()["card_ref"]
    paid = {"operator": "c01", "paid": 1_667, "bonus": 0, "channel": "transfer"}
    api.post(f"/cards/{ref}/top-ups", paid, **{"Idempotency-Key": "t-1"})
    stored = {
        "payment_no": "P3",
        "channel": "stored_value",
        "amount": 1_667,
        "card_no": "600000000001",
    }
    sale(
        api,
        "S-EX16",
        10_000,
        [external("P1", "unionpay", 5_000), external("P2", "wechatpay", 3_333), stored],
    )
    found = [split(api, shop, "S-EX16", part) for part in (3_333, 3_333, 3_334)]
    assert [(f["unionpay"], f["wechatpay"], f["stored_value"]) for f in found] == [
        (1_666, 1_111, 556),
        (1_667, 1_111, 555),
        (1_667, 1_111, 556),
    ]


def buy_two_get_one(api, number):
    """Two for 100.00, a gift that is worth 30.00 where it is marked (EX09)."""
    told = {
        "sale_no": number,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [
            {"line_no": 1, "name": "洗发水", "quantity": "2", "unit_price": 5_000},
            {
                "line_no": 2,
                "name": "赠品护发素",
                "quantity": "1",
                "unit_price": 0,
                "gift_of": 1,
                "marked_value": 3_000,
            },
        ],
        "payments": [external("P1", "wechatpay", 10_000) | {"out_trade_no": number}],
    }
    made = api.post("/sales", told)
    assert made.status_code == 201, made.content


@pytest.mark.parametrize(
    ("pieces", "gift", "total"), [("2", False, 7_000), ("2", True, 10_000), ("1", False, 2_000)]
)
def test_ex09_by_api_a_gift_that_stays_is_deducted_once(api, shop, pieces, gift, total):
    shops.put_account("demo-wechatpay", "wechatpay", {}, at=shop.at)
    buy_two_get_one(api, "S-GIFT")
    lines = [{"line_no": 1, "quantity": pieces}, *([{"line_no": 2, "quantity": "1"}] if gift else [])]
    body = ask("S-GIFT", lines=lines, expected_total=total)
    told = api.post("/refunds/preview", body).json()
    assert told["total"] == total
    assert api.refund(body).json()["total"] == total
