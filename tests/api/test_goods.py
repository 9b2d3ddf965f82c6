"""Goods for machines: costs and serial numbers come in, moves go out."""

from __future__ import annotations

from sudapos.books import remedies
from sudapos.books.intake import LineDraft
from sudapos.books.requests import RequestLine
from tests.api.conftest import ask, faults, problem
from tests.cast import Shop


def sale(sale_no: str, **line: object) -> dict[str, object]:
    told = {"line_no": 1, "name": "蓝牙耳机", "quantity": "1", "unit_price": 9000, "vat_bp": 1300, **line}
    return {
        "sale_no": sale_no,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-20T10:00:00+08:00",
        "lines": [told],
        "payments": [{"payment_no": "P1", "channel": "cash", "amount": told.pop("paid", 9000)}],
    }


def test_goods_with_cost_and_serial_number_go_out_as_a_move(shop: Shop, api) -> None:
    sold = api.post("/sales", sale("S-1", serial="BT1", unit_cost=6000, sku="6941"))
    assert (sold.status_code, sold.json()["lines"][0]["unit_cost"]) == (201, 6000)
    one = {"line_no": 1, "quantity": "1", "goods": "damaged", "serial": "bt1"}
    made = api.refund(ask("S-1", lines=[one], expected_total=9000))
    assert made.status_code == 201, made.content
    told = made.json()["lines"][0]
    assert (told["goods"], told["serial"], told["restock"]) == ("damaged", "BT1", False)
    [move] = api.get("/goods?store=S01").json()["items"]
    assert {
        name: move[name] for name in ("kind", "condition", "text", "sku", "quantity", "serial", "cost")
    } == {
        "kind": "received",
        "condition": "damaged",
        "text": "破损，待处理",
        "sku": "6941",
        "quantity": "1",
        "serial": "BT1",
        "cost": 6000,
    }
    assert move["refund_no"] == made.json()["refund_no"]


def test_a_wrong_serial_number_is_refused_in_both_languages(shop: Shop, api) -> None:
    api.post("/sales", sale("S-1", serial="BT1"))
    body = ask("S-1", lines=[], everything=True, serials=["BT2"], expected_total=9000)
    answer = api.refund(body)
    assert problem(answer) == (422, "refund_denied")
    told = {r["code"]: r["message"] for r in answer.json()["reasons"]}
    assert told["serial_differs"] == "扫到的序列号 BT2 不是这一单卖出的“蓝牙耳机”"
    api.lang = "en"
    told = {r["code"]: r["message"] for r in api.post("/refunds/preview", body).json()["verdict"]["reasons"]}
    assert told["serial_differs"] == "Serial number BT2 is not the “蓝牙耳机” that this sale sold"


def test_a_condition_that_nobody_knows_is_named(shop: Shop, api) -> None:
    api.post("/sales", sale("S-1"))
    one = {"line_no": 1, "quantity": "1", "goods": "mint"}
    assert faults(api.refund(ask("S-1", lines=[one], expected_total=9000))) == [
        (["lines", 0, "goods"], "not_offered")
    ]


def test_a_look_is_noted_and_the_list_of_what_waits_is_empty(shop: Shop, api) -> None:
    api.post("/sales", sale("S-1"))
    api.refund(ask("S-1", lines=[], everything=True, goods="inspect", expected_total=9000))
    [waiting] = api.get("/goods?open=true").json()["items"]
    body = {"operator": "m01", "result": "claim", "note": "机身进水"}
    assert api.post(f"/goods/{waiting['id']}/judge", body).json()["condition"] == "claim"
    assert api.get("/goods?open=true").json()["items"] == []
    assert problem(api.post(f"/goods/{waiting['id']}/judge", body)) == (409, "goods_judged")


def test_ex10_weighed_goods_come_back_in_two_parts_to_the_fen(shop: Shop, api) -> None:
    meat = {"name": "牛腩", "quantity": "1.236", "unit": "kg", "unit_price": 4590, "paid": 5673}
    sold = api.post("/sales", sale("S-1", **meat))
    assert (sold.status_code, sold.json()["lines"][0]["net"]) == (201, 5673), sold.content
    backs = []
    for grams in ("0.4", "0.836"):
        one = {"line_no": 1, "quantity": grams, "restock": False}
        backs.append(api.refund(ask("S-1", lines=[one], expected_total=None)).json()["total"])
    assert backs == [1835, 3838]
    left = api.get("/sales/S-1").json()
    assert (left["refundable"], left["lines"][0]["refundable"]) == (0, {"quantity": "0", "amount": 0})


def test_goods_whose_money_was_given_up_are_told_with_what_they_came_to(shop: Shop, api) -> None:
    two = LineDraft(line_no=1, name="蓝牙耳机", milli=2000, unit_price=5000, vat_bp=1300)
    sold = shop.sell(lines=(two,), channel="wechatpay")
    refund = shop.refund(sold, lines=(RequestLine(line_no=1, milli=2000, restock=True),))
    assert [row["unpaid"] for row in api.get("/goods").json()["items"]] == [None]
    remedies.drop(refund.legs.get().leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    assert [row["unpaid"] for row in api.get("/goods").json()["items"]] == [
        {"quantity": "2", "amount": 10000}
    ]
    shop.later(minutes=3)
    shop.refund(sold, lines=(RequestLine(line_no=1, milli=1000, restock=True),))
    assert [row["unpaid"] for row in api.get("/goods").json()["items"]] == [{"quantity": "1", "amount": 5000}]
