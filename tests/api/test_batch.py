"""POST /refunds/batch."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sudapos.books.refunds import Refund
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


def test_a_batch_is_never_all_or_nothing(shop: Shop, api: Caller) -> None:
    shop.sell("S-2")
    items = [
        {**ask("S-1"), "idempotency_key": "a"},
        {**ask("S-2", expected_total=1), "idempotency_key": "b"},
        {**ask("NOPE"), "idempotency_key": "c"},
        {**ask("S-2"), "idempotency_key": "d", "wrong": 1},
        {**ask("S-2"), "idempotency_key": "e"},
    ]
    results = api.post("/refunds/batch", {"items": items}).json()["results"]
    codes = [r["problem"]["code"] if "problem" in r else r["status"] for r in results]
    assert codes == ["created", "total_changed", "sale_not_found", "input_invalid", "created"]
    again = api.post("/refunds/batch", {"items": items}).json()["results"]
    assert [again[0]["status"], again[4]["status"]] == ["replayed", "replayed"]


def test_an_item_of_any_kind_is_answered_in_its_place(api: Caller) -> None:
    items = [
        7,
        None,
        {**ask(), "idempotency_key": "k\x00"},
        {**ask(), "store": "S99", "idempotency_key": "s"},
        ask(),
    ]
    items.append({**ask(), "idempotency_key": "good"})
    results = api.post("/refunds/batch", {"items": items}).json()["results"]
    wrong = [[(e["loc"], e["code"]) for e in r["problem"]["errors"]] for r in results[:5]]
    assert wrong == [
        [(["items", 0], "wrong_type")],
        [(["items", 1], "wrong_type")],
        [(["items", 2, "idempotency_key"], "unusable")],
        [(["items", 3, "store"], "store_not_found")],
        [(["items", 4, "idempotency_key"], "missing")],
    ]
    assert (results[5]["status"], results[5]["idempotency_key"]) == ("created", "good")
    assert Refund.objects.count() == 1


def test_a_fault_that_the_books_find_carries_the_place_of_its_item(api: Caller) -> None:
    item = {**ask(expected_total=None, reason="because"), "idempotency_key": "a"}
    [result] = api.post("/refunds/batch", {"items": [item]}).json()["results"]
    assert [(e["loc"], e["code"]) for e in result["problem"]["errors"]] == [
        (["items", 0, "reason"], "unknown_reason")
    ]


def test_the_same_key_twice_in_one_batch_makes_one_refund(api: Caller) -> None:
    item = {**ask(), "idempotency_key": "a"}
    results = api.post("/refunds/batch", {"items": [item, item]}).json()["results"]
    assert [r["status"] for r in results] == ["created", "replayed"]
    assert results[0]["refund_no"] == results[1]["refund_no"]


def test_a_batch_costs_the_same_whatever_its_length(shop: Shop, api: Caller) -> None:
    def cost(numbers: list[str]) -> int:
        items = [{**ask(number), "idempotency_key": f"k-{number}"} for number in numbers]
        with CaptureQueriesContext(connection) as asked:
            results = api.post("/refunds/batch", {"items": items}).json()["results"]
        assert {r["status"] for r in results} == {"created"}
        return len(asked)

    for number in range(9):
        shop.sell(f"S-B{number}")
    cost(["S-1"])
    assert cost(["S-B0"]) == cost([f"S-B{number}" for number in range(1, 9)])


def test_a_batch_has_its_limits(api: Caller) -> None:
    assert problem(api.post("/refunds/batch", {"items": [{}] * 1001})) == (422, "too_many_items")
    assert api.post("/refunds/batch", {"items": []}).json() == {"results": []}
    assert faults(api.post("/refunds/batch", {"items": 5})) == [(["items"], "wrong_type")]
