"""POST and GET /refunds, and the timeline."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sudapos.books.audit import AuditRecord
from sudapos.books.intake import ChargeDraft
from sudapos.books.refunds import Refund
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


def test_a_refund_is_created_once_per_key(api: Caller) -> None:
    first = api.refund(ask(), key="one")
    assert first.status_code == 201
    again = api.refund(ask(), key="one")
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["refund_no"] == first.json()["refund_no"]
    other = api.refund(ask(expected_total=None, lines=[{"line_no": 1, "quantity": "2"}]), key="one")
    assert problem(other) == (422, "idempotency_key_reused")
    assert Refund.objects.count() == 1


def test_a_refund_has_the_shape_of_the_interface(api: Caller) -> None:
    told = api.refund(ask()).json()
    wanted = "refund_no sale_no state progress total lines charges reason verdict approvals legs voucher created_at operator"
    assert set(wanted.split()) <= set(told)
    assert (told["state"], told["progress"], told["operator"]) == ("approved", "moving", "c01")
    [leg] = told["legs"]
    wanted = "leg_no payment_no channel route amount state arrives_by channel_refund_ref received_account attempts error"
    assert set(wanted.split()) <= set(leg)
    assert leg["state"] == "accepted"


def test_the_key_header_is_needed(api: Caller) -> None:
    assert problem(api.post("/refunds", ask())) == (422, "idempotency_key_missing")
    assert problem(api.refund(ask(), key="x" * 65)) == (422, "idempotency_key_missing")


def test_another_total_than_the_screen_showed_is_a_conflict(api: Caller) -> None:
    answer = api.refund(ask(expected_total=2000))
    assert problem(answer) == (409, "total_changed")
    assert "¥20.00" in answer.json()["detail"] and "¥19.99" in answer.json()["detail"]


def test_asking_for_more_than_is_left(api: Caller) -> None:
    answer = api.refund(ask(expected_total=None, lines=[{"line_no": 1, "quantity": "3"}]))
    assert problem(answer) == (422, "over_refund")


def test_denied_by_policy_is_told_with_reasons_and_recorded(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    answer = api.refund(ask("S-W", route="cash"))
    assert problem(answer) == (422, "refund_denied")
    assert answer.json()["reasons"][0]["code"] == "cash_for_non_cash"
    assert AuditRecord.objects.filter(act="refund.refused", subject_no="S-W").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"everything": True}, "ask_one_way"),
        ({"lines": []}, "ask_one_way"),
        ({"reason": "because"}, "input_invalid"),
        ({"route": "pigeon"}, "unknown_route"),
        ({"lines": [{"line_no": 9, "quantity": "1"}]}, "input_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "0.5"}]}, "input_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "-1"}]}, "input_invalid"),
        ({"operator": "nobody"}, "operator_not_found"),
        ({"amount": 1.5, "lines": []}, "input_invalid"),
        ({"unheard": 1}, "input_invalid"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api: Caller, change: dict[str, Any], code: str) -> None:
    answer = api.refund(ask(**{"expected_total": None, **change}))
    assert problem(answer) == (422, code)
    assert Refund.objects.count() == 0


def test_the_timeline_tells_who_did_what(api: Caller) -> None:
    told = api.refund(ask()).json()
    api.post(f"/legs/{told['legs'][0]['leg_no']}/confirm", {"operator": "c01"})
    steps = api.get(f"/refunds/{told['refund_no']}/timeline").json()["items"]
    assert [s["code"] for s in steps if s["kind"] == "move"] == ["send", "accept", "settle"]
    assert steps[0]["by"] == "c01"


def test_refunds_are_listed_and_narrowed(shop: Shop, api: Caller) -> None:
    api.refund(ask())
    for query, count in (
        ("", 1),
        ("?state=approved", 1),
        ("?state=awaiting", 0),
        ("?progress=moving", 1),
        ("?progress=done", 0),
        ("?channel=cash&store=S01", 1),
        ("?channel=alipay", 0),
        ("?from=2020-01-01&to=2020-01-02", 0),
    ):
        assert len(api.get(f"/refunds{query}").json()["items"]) == count, query
    assert problem(api.get("/refunds?progress=sideways")) == (422, "input_invalid")
    assert problem(api.get("/refunds/R0")) == (404, "refund_not_found")


@pytest.mark.parametrize("key", ["x" * 65, "键", "\u00e9"])
def test_a_key_has_64_printable_characters_at_most(api: Caller, key: str) -> None:
    answer = api.refund(ask(), key=key)
    assert problem(answer) == (422, "idempotency_key_missing")
    assert answer.json()["errors"][0]["code"] == "unusable"
    assert api.refund(ask(), key="k" * 64).status_code == 201


@pytest.mark.parametrize(
    ("change", "loc", "code"),
    [
        ({"amount": True, "lines": []}, ["amount"], "wrong_type"),
        ({"amount": "100", "lines": []}, ["amount"], "wrong_type"),
        ({"amount": 1.0, "lines": []}, ["amount"], "wrong_type"),
        ({"amount": -1, "lines": []}, ["amount"], "negative"),
        ({"everything": 1, "lines": []}, ["everything"], "wrong_type"),
        ({"lines": [{"line_no": 1, "quantity": 1.5}]}, ["lines", 0, "quantity"], "quantity_invalid"),
        ({"lines": [{"line_no": 1, "quantity": True}]}, ["lines", 0, "quantity"], "quantity_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "1e3"}]}, ["lines", 0, "quantity"], "quantity_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "٢"}]}, ["lines", 0, "quantity"], "quantity_invalid"),
        ({"lines": [{"line_no": 2**31, "quantity": "1"}]}, ["lines", 0, "line_no"], "out_of_range"),
        ({"lines": [{"line_no": 1, "quantity": "1", "qty": 1}]}, ["lines", 0, "qty"], "unknown_field"),
        ({"legs": [{"payment_no": "P1", "amount": 1999}] * 2}, ["legs"], "number_twice"),
        ({"charges": [1, {"charge_no": 1}]}, ["charges"], "number_twice"),
        ({"charges": [{"charge_no": 1, "amount": 5}]}, ["charges", 0, "amount"], "unknown_field"),
        ({"charges": [True]}, ["charges", 0, "charge_no"], "wrong_type"),
        ({"store": "S99"}, ["store"], "store_not_found"),
        ({"note": "a\x00b"}, ["note"], "unusable"),
        ({"note": "n" * 201}, ["note"], "too_long"),
        ({"operator": ""}, ["operator"], "empty"),
        ({"receipt": "torn", "operator": "m01"}, ["receipt"], "unknown_receipt"),
    ],
)
def test_a_wrong_field_of_a_request_is_named(
    api: Caller, change: dict[str, Any], loc: list[str | int], code: str
) -> None:
    assert faults(api.refund(ask(**{"expected_total": None, **change}))) == [(loc, code)]
    assert Refund.objects.count() == 0


def test_a_request_without_an_operator_is_refused(api: Caller) -> None:
    body = ask()
    del body["operator"]
    assert faults(api.refund(body)) == [(["operator"], "missing")]


@pytest.mark.parametrize("charges", [[1], [{"charge_no": 1}]])
def test_a_charge_is_named_by_its_number_alone_or_in_an_object(shop: Shop, api: Caller, charges: Any) -> None:
    shop.sell("S-C", charges=[ChargeDraft(kind="packing", name="包装费", amount=500)])
    told = api.refund(ask("S-C", charges=charges, expected_total=2499)).json()
    assert [(c["charge_no"], c["amount"]) for c in told["charges"]] == [(1, 500)]


def test_null_means_not_given(api: Caller) -> None:
    told = api.refund(ask(lines=None, charges=None, evidence=None, everything=True, expected_total=5997))
    assert (told.status_code, told.json()["total"]) == (201, 5997)


def test_a_list_costs_the_same_whatever_its_length(shop: Shop, api: Caller) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert api.get("/refunds").status_code == 200
        return len(asked)

    api.refund(ask(), key="first")
    cost()
    few = cost()
    for number in range(6):
        shop.refund(shop.sell(f"S-W{number}", channel="wechatpay"), lines={1: 1})
    assert cost() == few


def test_a_day_without_a_time_includes_the_whole_day(api: Caller) -> None:
    number = api.refund(ask()).json()["refund_no"]
    day = api.get(f"/refunds/{number}").json()["created_at"][:10]
    assert [r["refund_no"] for r in api.get(f"/refunds?from={day}&to={day}").json()["items"]] == [number]
    assert api.get("/refunds?to=2001-01-01").json()["items"] == []
