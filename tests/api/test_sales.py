"""POST and GET /sales."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books.sales import Sale
from tests.cast import Shop

from .conftest import Caller, problem


def sale(shop: Shop, **changes: Any) -> dict[str, Any]:
    """The sale of the interface page, as of now."""
    body = {
        "sale_no": "S01-T1-20261122-0001",
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": shop.at.isoformat(),
        "lines": [
            {
                "line_no": 1,
                "sku": "6901028075831",
                "name": "红枣酸奶",
                "category": "食品",
                "quantity": "2",
                "unit": "件",
                "unit_price": 1999,
                "discount": 0,
                "vat_bp": 1300,
                "returnable": True,
                "serial": None,
            }
        ],
        "order_discount": 0,
        "rounding_off": 0,
        "charges": [
            {"kind": "service", "name": "服务费", "amount": 0, "rate_bp": 1000, "follows_lines": True}
        ],
        "payments": [
            {
                "payment_no": "P1",
                "channel": "wechatpay",
                "account": "demo-wechatpay",
                "amount": 3998,
                "out_trade_no": "S01T1202611220001",
                "channel_ref": "4200002811202611229876543210",
                "paid_at": shop.at.isoformat(),
                "card_masked": None,
                "auth_code": None,
                "reference_no": None,
                "batch_no": None,
                "trace_no": None,
            }
        ],
        "customer": {"phone": None, "name": None},
        "invoice_no": None,
    }
    return {**body, **changes}


def test_it_works(shop: Shop, api: Caller) -> None:
    answer = api.post("/sales", sale(shop))
    assert answer.status_code == 201
    [line] = answer.json()["lines"]
    wanted = {
        "gross": 3998,
        "discount": 0,
        "order_discount_share": 0,
        "rounding_share": 0,
        "net": 3998,
        "quantity": "2",
    }
    assert {name: line[name] for name in wanted} == wanted


def test_a_repeat_answers_200_and_changes_nothing(shop: Shop, api: Caller) -> None:
    api.post("/sales", sale(shop))
    answer = api.post("/sales", sale(shop))
    assert (answer.status_code, Sale.objects.count()) == (200, 1)


def test_the_same_number_with_other_content_is_a_conflict(shop: Shop, api: Caller) -> None:
    api.post("/sales", sale(shop))
    assert problem(api.post("/sales", sale(shop, till="T2"))) == (409, "number_reused")


def test_a_sale_that_does_not_add_up_is_refused(shop: Shop, api: Caller) -> None:
    answer = api.post("/sales", sale(shop, rounding_off=1))
    assert problem(answer) == (422, "sale_does_not_add_up")
    assert "¥39.97" in answer.json()["detail"]


def test_a_list_is_answered_item_by_item(shop: Shop, api: Caller) -> None:
    items = [
        sale(shop),
        sale(shop, sale_no="S-2", rounding_off=1),
        sale(shop, sale_no="S-3", extra=1),
        sale(shop),
    ]
    answer = api.post("/sales", {"items": items})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [r["status"] for r in results] == ["created", "refused", "refused", "exists"]
    assert results[1]["problem"]["code"] == "sale_does_not_add_up"
    assert results[2]["problem"]["errors"] == [
        {"loc": ["items", 2, "extra"], "code": "unknown_field", "message": "没有这个字段"}
    ]


def test_more_than_a_thousand_at_once_are_refused(shop: Shop, api: Caller) -> None:
    assert problem(api.post("/sales", {"items": [{}] * 1001})) == (422, "too_many_items")


@pytest.mark.parametrize(
    ("change", "loc", "code"),
    [
        ({"rounding_off": 1.5}, ["rounding_off"], "wrong_type"),
        ({"rounding_off": "1"}, ["rounding_off"], "wrong_type"),
        ({"rounding_off": True}, ["rounding_off"], "wrong_type"),
        ({"sold_at": "2026-11-22T12:01:02"}, ["sold_at"], "no_offset"),
        ({"sale_no": "a/b"}, ["sale_no"], "bad_number"),
        ({"store": "S99"}, ["store"], "store_not_found"),
        ({"colour": "red"}, ["colour"], "unknown_field"),
        ({"lines": []}, ["lines"], "empty"),
    ],
)
def test_a_wrong_field_is_named(
    shop: Shop, api: Caller, change: dict[str, Any], loc: list[str], code: str
) -> None:
    answer = api.post("/sales", sale(shop, **change))
    assert problem(answer) == (422, "input_invalid")
    assert [(e["loc"], e["code"]) for e in answer.json()["errors"]] == [(loc, code)]


def test_a_full_card_number_never_gets_in(shop: Shop, api: Caller) -> None:
    body = sale(shop)
    body["payments"][0]["card_masked"] = "6222021234567890123"
    answer = api.post("/sales", body)
    assert answer.json()["errors"][0]["code"] == "full_card_number"
    assert "6222021234567890123" not in answer.content.decode()


def test_phone_and_name_are_answered_masked_only(shop: Shop, api: Caller) -> None:
    answer = api.post("/sales", sale(shop, customer={"phone": "13800138000", "name": "欧阳修"}))
    assert answer.json()["customer"] == {"phone": "138****8000", "name": "欧阳*"}
    assert "13800138000" not in str(list(Sale.objects.values()))
    assert [s["sale_no"] for s in api.get("/sales?q=13800138000").json()["items"]] == [sale(shop)["sale_no"]]


def test_what_is_left_is_told_per_line_charge_and_payment(shop: Shop, api: Caller) -> None:
    api.post("/sales", sale(shop))
    shop.refund("S01-T1-20261122-0001", lines={1: 1})
    told = api.get("/sales/S01-T1-20261122-0001").json()
    assert told["lines"][0]["refundable"] == {"quantity": "1", "amount": 1999}
    assert told["charges"][0]["refundable"] == {"amount": 0}
    assert told["payments"][0]["refundable"] == {"amount": 1999}


@pytest.mark.parametrize(
    "query",
    [
        "q=S01-T1-20261122-0001",
        "q=0001",
        "q=4200002811202611229876543210",
        "q=S01T1202611220001",
        "amount=3998",
        "sku=6901028075831",
    ],
)
def test_a_sale_is_found_by_whatever_the_customer_has(shop: Shop, api: Caller, query: str) -> None:
    api.post("/sales", sale(shop))
    shop.sell("S-OTHER-9")
    assert [s["sale_no"] for s in api.get(f"/sales?{query}").json()["items"]] == ["S01-T1-20261122-0001"]


def test_pages_follow_each_other_without_gaps(shop: Shop, api: Caller) -> None:
    for number in range(5):
        shop.sell(f"S-{number}")
    seen, cursor = [], ""
    while True:
        told = api.get(f"/sales?limit=2&cursor={cursor}").json()
        seen += [s["sale_no"] for s in told["items"]]
        cursor = told["next_cursor"]
        if cursor is None:
            break
    assert seen == ["S-4", "S-3", "S-2", "S-1", "S-0"]


def test_an_unknown_sale_is_a_problem_in_both_languages(shop: Shop, api: Caller) -> None:
    assert problem(api.get("/sales/NOPE")) == (404, "sale_not_found")
    api.lang = "en"
    assert api.get("/sales/NOPE").json()["title"] == "There is no sale NOPE"
