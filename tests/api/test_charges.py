"""Service charge, fixed fees and tips by API, to the fen (EX05, EX19)."""

from __future__ import annotations

from tests.api.conftest import ask


def dinner(charges, lines, paid):
    return {
        "sale_no": "S-DINE",
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [
            {"line_no": no, "name": f"菜{no}", "quantity": "1", "unit_price": price, "vat_bp": 600}
            for no, price in enumerate(lines, 1)
        ],
        "charges": charges,
        "payments": [
            {
                "payment_no": "P1",
                "channel": "alipay",
                "account": "demo-alipay",
                "amount": paid,
                "out_trade_no": "DINE1",
            }
        ],
    }


def test_ex05_one_dish_takes_its_service_charge_with_it_and_leaves_the_fixed_fees(api):
    charges = [
        {"kind": "service", "name": "服务费", "amount": 2_000, "rate_bp": 1_000, "follows_lines": True},
        {"kind": "cover", "name": "餐位费", "amount": 800},
        {"kind": "room", "name": "包间费", "amount": 5_000},
    ]
    assert api.post("/sales", dinner(charges, [12_000, 8_000], 27_800)).status_code == 201
    body = ask("S-DINE", lines=[{"line_no": 2, "quantity": "1"}], expected_total=8_800)
    made = api.refund(body).json()
    assert made["total"] == 8_800
    assert [charge["amount"] for charge in made["charges"]] == [800]
    assert [(leg["channel"], leg["amount"]) for leg in made["legs"]] == [("alipay", 8_800)]


def test_ex19_the_meal_comes_back_and_the_tip_stays(api):
    charges = [{"kind": "tip", "name": "小费", "amount": 1_500, "vat_bp": 0}]
    assert api.post("/sales", dinner(charges, [15_000], 16_500)).status_code == 201
    made = api.refund(ask("S-DINE", lines=[{"line_no": 1, "quantity": "1"}], expected_total=15_000)).json()
    assert (made["total"], made["charges"]) == (15_000, [])


def test_everything_leaves_the_tip_unless_it_is_named(api):
    charges = [{"kind": "tip", "name": "小费", "amount": 1_500, "vat_bp": 0}]
    assert api.post("/sales", dinner(charges, [15_000], 16_500)).status_code == 201
    shown = api.post("/refunds/preview", ask("S-DINE", lines=[], everything=True, expected_total=None)).json()
    assert shown["total"] == 15_000
    [note] = [each for each in shown["verdict"]["reasons"] if each["code"] == "tip_stays"]
    assert "15.00" in note["message"]
    made = api.refund(ask("S-DINE", lines=[], everything=True, expected_total=15_000)).json()
    assert (made["total"], made["charges"]) == (15_000, [])
    again = api.refund(ask("S-DINE", lines=[], everything=True, expected_total=None), key="again")
    assert (again.status_code, again.json()["code"]) == (422, "only_tip_left")
    tip = api.refund(
        ask("S-DINE", lines=[], everything=True, charges=[1], expected_total=None), key="tip"
    ).json()
    assert (tip["total"], [each["amount"] for each in tip["charges"]]) == (1_500, [1_500])
