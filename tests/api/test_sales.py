"""POST and GET /sales."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sudapos.books import intake
from sudapos.books.intake import ChargeDraft
from sudapos.books.sales import Sale
from tests.cast import Shop

from .conftest import Caller, faults, problem


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
        ({"rounding_off": -1}, ["rounding_off"], "negative"),
        ({"sold_at": 1700000000}, ["sold_at"], "wrong_type"),
        ({"sold_at": "1700000000"}, ["sold_at"], "wrong_type"),
        ({"sold_at": "2026-11-22"}, ["sold_at"], "wrong_type"),
        ({"sold_at": "0001-01-01T00:00:00+08:00"}, ["sold_at"], "out_of_range"),
        ({"sale_no": "a b"}, ["sale_no"], "bad_number"),
        ({"sale_no": ""}, ["sale_no"], "bad_number"),
        ({"sale_no": "x" * 65}, ["sale_no"], "bad_number"),
        ({"till": "a\x00"}, ["till"], "unusable"),
        ({"mode": "dream"}, ["mode"], "out_of_range"),
        ({"customer": {"age": 1}}, ["customer", "age"], "unknown_field"),
    ],
)
def test_a_wrong_field_is_named(
    shop: Shop, api: Caller, change: dict[str, Any], loc: list[str], code: str
) -> None:
    answer = api.post("/sales", sale(shop, **change))
    assert problem(answer) == (422, "input_invalid")
    assert [(e["loc"], e["code"]) for e in answer.json()["errors"]] == [(loc, code)]


@pytest.mark.parametrize(
    ("change", "name", "code"),
    [
        ({"quantity": "1e2"}, "quantity", "quantity_invalid"),
        ({"quantity": "1e999999999"}, "quantity", "quantity_invalid"),
        ({"quantity": "٢"}, "quantity", "quantity_invalid"),
        ({"quantity": "1_0"}, "quantity", "quantity_invalid"),
        ({"quantity": "+2"}, "quantity", "quantity_invalid"),
        ({"quantity": 0}, "quantity", "quantity_invalid"),
        ({"quantity": 2.0}, "quantity", "quantity_invalid"),
        ({"quantity": "1.2345"}, "quantity", "quantity_invalid"),
        ({"line_no": 2**31}, "line_no", "out_of_range"),
        ({"gift_of": 2**31}, "gift_of", "out_of_range"),
        ({"unit_price": 19.99}, "unit_price", "wrong_type"),
        ({"vat_bp": 10_000}, "vat_bp", "out_of_range"),
        ({"name": ""}, "name", "empty"),
        ({"name": "n" * 201}, "name", "too_long"),
        ({"sku": "s" * 65}, "sku", "too_long"),
        ({"colour": 1}, "colour", "unknown_field"),
    ],
)
def test_a_wrong_field_of_a_line_is_named(
    shop: Shop, api: Caller, change: dict[str, Any], name: str, code: str
) -> None:
    body = sale(shop)
    body["lines"][0] |= change
    assert faults(api.post("/sales", body)) == [(["lines", 0, name], code)]
    assert Sale.objects.count() == 0


def test_a_quantity_may_be_a_whole_number_or_a_text(shop: Shop, api: Caller) -> None:
    body = sale(shop)
    body["lines"][0]["quantity"] = 2
    assert api.post("/sales", body).json()["lines"][0]["quantity"] == "2"
    body = sale(shop, sale_no="S-KG")
    body["lines"][0] |= {"quantity": "1.236", "unit": "kg", "unit_price": 1000}
    body["payments"][0]["amount"] = 1236
    [line] = api.post("/sales", body).json()["lines"]
    assert (line["quantity"], line["weighed"], line["net"]) == ("1.236", True, 1236)


def test_an_item_of_any_kind_is_answered_in_its_place(shop: Shop, api: Caller) -> None:
    items = [
        7,
        {"sale_no": 5},
        sale(shop, store="S99"),
        sale(shop, till="a\x00"),
        sale(shop, sale_no="S-GOOD"),
    ]
    results = api.post("/sales", {"items": items}).json()["results"]
    assert [r["status"] for r in results] == ["refused"] * 4 + ["created"]
    assert [r["sale_no"] for r in results] == [
        None,
        None,
        sale(shop)["sale_no"],
        sale(shop)["sale_no"],
        "S-GOOD",
    ]
    places = [(r["problem"]["errors"][0]["loc"], r["problem"]["errors"][0]["code"]) for r in results[:4]]
    assert places[0] == (["items", 0], "wrong_type")
    assert places[1] == (["items", 1, "sale_no"], "wrong_type")
    assert places[2:] == [(["items", 2, "store"], "store_not_found"), (["items", 3, "till"], "unusable")]


def test_a_page_costs_the_same_whatever_its_length(shop: Shop, api: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert api.get("/sales").status_code == 200
        return len(asked)

    shop.sell("S-0", channel="wechatpay")
    cost()
    few = cost()
    for number in range(1, 7):
        shop.sell(
            f"S-{number}", channel="wechatpay", charges=[ChargeDraft(kind="packing", name="袋", amount=50)]
        )
    assert cost() == few


def test_days_and_stores_narrow_the_list(shop: Shop, api: Caller) -> None:
    api.post("/sales", sale(shop))
    day = api.get("/sales").json()["items"][0]["sold_at"][:10]
    assert len(api.get(f"/sales?from={day}&to={day}&store=S01").json()["items"]) == 1
    assert api.get(f"/sales?from={day}&to={day}&store=S02").json()["items"] == []
    assert api.get("/sales?to=2001-01-01").json() == {"items": [], "next_cursor": None}


def test_a_page_has_two_hundred_at_most(shop: Shop, api: Caller) -> None:
    intake.ingest([shop.draft(f"S-{number:03}") for number in range(201)], by="test", at=shop.at)
    told = api.get("/sales?limit=500").json()
    assert len(told["items"]) == 200 and told["next_cursor"] is not None
    assert len(api.get(f"/sales?limit=500&cursor={told['next_cursor']}").json()["items"]) == 1


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
