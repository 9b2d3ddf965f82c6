"""Coupon orders by API: what is asked in terms of the order, and what the customer gets of it."""

from __future__ import annotations

import pytest

from sudapos.books import answers, coupon_differences, moves
from sudapos.core.outcome import Settled
from tests.api.conftest import ask, faults, problem

PAYMENT = {
    "payment_no": "P1",
    "channel": "wechatpay",
    "account": "demo-wechatpay",
    "amount": 1_000,
    "out_trade_no": "EX08P1",
}


def sale(sale_no="S-EX08", **paid):
    return {
        "sale_no": sale_no,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [{"line_no": 1, "name": "咖啡", "quantity": "1", "unit_price": 1_000, "vat_bp": 1300}],
        "payments": [{**PAYMENT, **paid}],
    }


def figures(leg):
    return leg["refund_order_amount"], leg["refund_cash_amount"], leg["expected_cash_amount"]


def settle(shop, amount):
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Settled(amount=amount))], at=shop.at)
    coupon_differences.of_attempts([order.attempt], at=shop.at)


def test_ex08_by_api_preview_refund_and_read_name_both_figures(api, shop):
    made = api.post("/sales", sale(coupon_amount=300))
    assert made.status_code == 201, made.content
    [paid] = made.json()["payments"]
    assert (paid["coupon_amount"], paid["user_paid"]) == (300, 700)
    body = ask("S-EX08", lines=[], amount=900, expected_total=900)
    [leg] = api.post("/refunds/preview", body).json()["legs"]
    assert figures(leg) == (900, 630, 630)
    first = api.refund(body).json()
    assert [figures(leg) for leg in first["legs"]] == [(900, 630, 630)]
    settle(shop, 630)
    last = api.refund(ask("S-EX08", lines=[], amount=100, expected_total=100)).json()
    assert [figures(leg) for leg in last["planned_legs"]] == [(100, 70, 70)]
    settle(shop, 69)
    [leg] = api.get(f"/refunds/{last['refund_no']}").json()["legs"]
    assert figures(leg) == (100, 69, 70)
    [found] = api.get("/findings?state=open").json()["items"]
    assert found["kind"] == "coupon_differs"


def test_what_the_customer_paid_may_be_told_instead_and_must_add_up(api):
    told = api.post("/sales", sale(user_paid=700)).json()["payments"][0]
    assert (told["coupon_amount"], told["user_paid"]) == (300, 700)
    # the same sale in other words is the same sale
    assert api.post("/sales", sale(coupon_amount=300)).status_code == 200
    assert problem(api.post("/sales", sale("S-2", coupon_amount=300, user_paid=600))) == (
        422,
        "coupon_does_not_add_up",
    )


@pytest.mark.parametrize(("amount", "code"), [(1_001, "out_of_range")])
def test_a_coupon_above_its_payment_names_the_field(api, amount, code):
    wrong = faults(api.post("/sales", sale(coupon_amount=amount)))
    assert wrong == [(["payments", 0, "coupon_amount"], code)]


def earning(earned=101):
    told = sale("S-PT", user_paid=1_000, amount=1_000)
    return {**told, "points_earned": earned, "points_account": "P-0001"}


def test_points_that_a_sale_earned_are_told_and_taken_back_by_api(api, shop):
    opened = api.post("/cards", {"operator": "c01", "number": "P-0001", "store": "S01", "kind": "points"})
    ref = opened.json()["card_ref"]
    made = api.post("/sales", earning())
    assert made.status_code == 201, made.content
    assert made.json()["points"] == {"earned": 101, "account": "****0001", "card_ref": ref}
    body = ask("S-PT", lines=[], amount=500, expected_total=500)
    told = {
        "taken_back": 50,
        "from_account": 50,
        "deducted": 0,
        "deducted_amount": 0,
        "account": "****0001",
    }
    shown = api.post("/refunds/preview", body).json()
    assert shown["points"] == told
    assert "points_taken_back" in [reason["code"] for reason in shown["verdict"]["reasons"]]
    assert api.refund(body).json()["points"] == told
    assert api.get(f"/cards/{ref}").json()["bonus"] == 51


def test_points_without_an_account_name_the_field(api):
    assert faults(api.post("/sales", {**earning(), "points_account": ""})) == [
        (["points_account"], "missing")
    ]
    assert faults(api.post("/sales", earning())) == [(["points_account"], "card_not_found")]


def test_a_coupon_of_the_shop_is_told_with_the_sale_and_given_back_with_the_last_money(api, shop):
    told = sale("S-MD", amount=700)
    told = {
        **told,
        "order_discount": 300,
        "coupons": [{"code": "MD3", "amount": 300, "face": 500, "valid_to": "2099-12-31", "lines": [1]}],
    }
    made = api.post("/sales", told)
    assert made.status_code == 201, made.content
    [coupon] = made.json()["coupons"]
    assert (coupon["code"], coupon["amount"], coupon["face"], coupon["state"]) == ("MD3", 300, 500, "used")
    assert api.post("/sales", told).status_code == 200
    done = api.refund(ask("S-MD", lines=[], everything=True, expected_total=700)).json()
    assert done["coupons"] == []
    assert "coupon_comes_back" in [reason["code"] for reason in done["verdict"]["reasons"]]
    settle(shop, 700)
    [back] = api.get(f"/refunds/{done['refund_no']}").json()["coupons"]
    assert (back["code"], back["state"], back["refund_no"]) == ("MD3", "returned", done["refund_no"])
    assert api.get("/sales/S-MD").json()["coupons"][0]["state"] == "returned"


def test_a_coupon_that_took_off_more_than_the_sale_gave_away_names_the_field(api):
    told = {**sale("S-MD", amount=700), "order_discount": 300, "coupons": [{"code": "MD3", "amount": 301}]}
    assert faults(api.post("/sales", told)) == [(["coupons", 0, "amount"], "out_of_range")]
