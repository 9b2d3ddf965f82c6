"""Exchanges for machines."""

from __future__ import annotations

from typing import Any

from sudapos.books.intake import LineDraft
from tests.api.conftest import ask, faults, problem
from tests.books.test_cards import by_card, card
from tests.cast import Shop


def cup(price: int) -> LineDraft:
    return LineDraft(line_no=1, name="保温杯", milli=1000, unit_price=price, vat_bp=1300)


def body(price: int = 12900, **changes: Any) -> dict[str, Any]:
    given = {
        "sale_no": "NEW",
        "lines": [{"line_no": 1, "name": "大保温杯", "quantity": "1", "unit_price": price}],
    }
    told = {"given": given, "payment": {"channel": "cash"}, "expected_total": 9900, **changes}
    return ask("OLD", **told)


def post(api, told: dict[str, Any], key: str = "x-1"):
    return api.post("/exchanges", told, **{"Idempotency-Key": key})


def test_ex18_two_documents_with_each_others_number(shop: Shop, api) -> None:
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    seen = api.post("/exchanges/preview", body()).json()
    assert (seen["refund"]["total"], seen["price"], seen["difference"]) == (9900, 12900, 3000)
    made = post(api, body(expected_difference=3000))
    assert made.status_code == 201, made.content
    told = made.json()
    assert {
        name: told[name] for name in ("state", "from_sale_no", "sale_no", "returned", "price", "difference")
    } == {
        "state": "done",
        "from_sale_no": "OLD",
        "sale_no": "NEW",
        "returned": 9900,
        "price": 12900,
        "difference": 3000,
    }
    again = post(api, body(expected_difference=3000))
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", told)
    assert api.get(f"/exchanges/{told['exchange_no']}").json() == told
    refund = api.get(f"/refunds/{told['refund_no']}").json()
    assert (refund["exchange"], refund["legs"][0]["route"], refund["progress"]) == (
        {"exchange_no": told["exchange_no"], "sale_no": "NEW", "difference": 3000},
        "exchange",
        "done",
    )
    payments = api.get("/sales/NEW").json()["payments"]
    assert [(p["channel"], p["amount"], p["origin"]) for p in payments] == [
        ("exchange", 9900, {"sale_no": "OLD", "payment_no": "P1", "channel": "wechatpay"}),
        ("cash", 3000, None),
    ]


def test_an_exchange_that_waits_is_finished_after_the_managers_yes(shop: Shop, api) -> None:
    shop.sell("OLD", lines=(cup(30000),), channel="wechatpay")
    waiting = post(api, body(35000, expected_total=30000)).json()
    assert (waiting["state"], waiting["needed"], waiting["sale_no"]) == ("waiting", ["manager"], None)
    finish = f"/exchanges/{waiting['exchange_no']}/finish"
    paid = {"operator": "c01", "payment": {"channel": "cash"}}
    assert problem(api.post(finish, paid)) == (409, "exchange_waits")
    api.post(f"/refunds/{waiting['refund_no']}/approve", {"operator": "m01"})
    assert api.get(f"/exchanges/{waiting['exchange_no']}").json()["state"] == "ready"
    assert problem(api.post(finish, {"operator": "c01"})) == (422, "payment_needed")
    done = api.post(finish, paid).json()
    assert (done["state"], done["sale_no"], done["difference"]) == ("done", "NEW", 5000)


def test_a_difference_that_changed_is_a_conflict_and_money_without_goods_no_exchange(shop: Shop, api) -> None:
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    assert problem(post(api, body(expected_difference=1))) == (409, "difference_changed")
    assert faults(post(api, body(lines=[], amount=100))) == [(["amount"], "not_offered")]
    assert problem(api.get("/exchanges/X1")) == (404, "exchange_not_found")


def test_what_a_card_paid_is_not_exchanged(shop: Shop, api) -> None:
    card(shop, paid=9_900)
    shop.sell("OLD", lines=(cup(9900),), payments=(by_card(9_900),))
    assert problem(api.post("/exchanges/preview", body())) == (422, "exchange_of_stored_value")
    assert problem(post(api, body(expected_difference=3000))) == (422, "exchange_of_stored_value")
    assert problem(api.get("/sales/NEW"))[0] == 404
