"""Rounding of cash, promotions, payers, clocks and queues over the API: what a till says more, and what it is told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sudapos.books import shops
from sudapos.books.refunds import Refund
from tests.cast import Shop

from .conftest import Caller, ask, problem


def rules(**changes: Any) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, **changes}
    merchant.save(update_fields=["rules"])


def sale(sale_no: str = "S-P", **changes: Any) -> dict[str, Any]:
    """EX20 as a till sends it: 99 + 59 + 35 with 满150减30, in cash."""
    prices = enumerate((9900, 5900, 3500), 1)
    return {
        "sale_no": sale_no,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [
            {"line_no": no, "name": f"货 {no}", "quantity": "1", "unit_price": price} for no, price in prices
        ],
        "order_discount": 3000,
        "promotions": [{"code": "满150减30", "threshold": 15000, "discount": 3000}],
        "payments": [{"payment_no": "P1", "channel": "cash", "amount": 16300}],
        **changes,
    }


def test_a_leg_says_how_much_of_its_cash_is_rounding(shop: Shop, api: Caller) -> None:
    rules(cash_refund_rounding="UP_TO_JIAO")
    shop.sell("S-1")
    told = api.post("/refunds/preview", ask(expected_total=1999)).json()
    assert (told["total"], [(leg["amount"], leg["rounding"]) for leg in told["legs"]]) == (1999, [(2000, 1)])
    made = api.refund(ask()).json()
    assert (made["total"], [(leg["amount"], leg["rounding"]) for leg in made["legs"]]) == (1999, [(2000, 1)])
    assert [(leg["amount"], leg["rounding"]) for leg in made["planned_legs"]] == [(2000, 1)]


def test_a_sale_keeps_the_terms_of_its_promotions(shop: Shop, api: Caller) -> None:
    rules(promotion_on_partial_return="CLAWBACK")
    made = api.post("/sales", sale())
    assert made.status_code == 201, made.content
    assert made.json()["promotions"] == [
        {"code": "满150减30", "threshold": 15000, "discount": 3000, "lines": [1, 2, 3]}
    ]
    line = [{"line_no": 2, "quantity": "1"}]
    told = api.post(
        "/refunds/preview", ask("S-P", lines=line, reason="no_reason", expected_total=None)
    ).json()
    assert told["total"] == 2900
    assert told["deductions"] == [{"kind": "clawback", "line_no": None, "amount": 2083, "code": "满150减30"}]
    assert api.post("/sales", sale()).status_code == 200
    assert api.post("/sales", sale(promotions=[])).status_code == 409


def test_terms_that_the_sale_does_not_bear_out_are_refused_by_name(shop: Shop, api: Caller) -> None:
    wrong = [{"code": "满200减30", "threshold": 20000, "discount": 3000}]
    answer = api.post("/sales", sale(promotions=wrong))
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["loc"], error["code"]) == (
        422,
        ["promotions", 0, "threshold"],
        "more_than_sale",
    )


@pytest.mark.parametrize(("off", "held"), [(100, []), (300, ["fr24"])])
def test_a_tills_clock_is_looked_at_by_header_and_by_field(
    shop: Shop, api: Caller, off: int, held: list[str]
) -> None:
    shop.sell("S-1", channel="wechatpay")
    at = (datetime.now(UTC) - timedelta(seconds=off)).isoformat()
    by_header = api.post("/refunds/preview", ask(), **{"X-Till-Time": at}).json()
    by_field = api.post("/refunds/preview", ask(till_time=at)).json()
    for told in (by_header, by_field):
        assert [r["code"] for r in told["verdict"]["reasons"] if r["weight"] != "note"] == held
    wrong = api.post("/refunds/preview", ask(), **{"X-Till-Time": "now"})
    assert (wrong.status_code, wrong.json()["errors"][0]["loc"]) == (422, ["X-Till-Time"])


def test_what_waited_at_a_till_without_a_network_is_refused(shop: Shop, api: Caller) -> None:
    shop.sell("S-1", channel="wechatpay")
    at = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    answer = api.refund(ask(queued_at=at))
    assert (answer.status_code, answer.json()["code"]) == (422, "refund_denied")
    assert "fr19" in [each["code"] for each in answer.json()["reasons"]]
    assert not Refund.objects.exists()


def test_who_paid_and_who_set_a_price_are_taken_in_and_the_payer_is_never_shown(
    shop: Shop, api: Caller
) -> None:
    given = sale("S-W")
    given["lines"][0]["override_by"] = "c02"
    given["payments"] = [
        {
            "payment_no": "P1",
            "channel": "wechatpay",
            "amount": 16300,
            "payer": "openid-1",
            "account": "demo-wechatpay",
        }
    ]
    made = api.post("/sales", given)
    assert made.status_code == 201, made.content
    assert made.json()["lines"][0]["override_by"] == "c02"
    assert "openid-1" not in made.content.decode() and "payer_digest" not in made.content.decode()


def test_registered_accounts_are_listed_masked(shop: Shop, api: Caller) -> None:
    made = api.post("/payees", {"operator": "c01", "kind": "phone", "number": "13800138000"})
    assert (made.status_code, made.json()["hint"]) == (201, "138****8000")
    assert problem(api.post("/payees", {"operator": "c01", "kind": "phone", "number": "13800138000"})) == (
        409,
        "payee_known",
    )
    assert [row["operator"] for row in api.get("/payees?of=c01").json()["items"]] == ["c01"]
    assert api.get("/payees?of=c02").json()["items"] == []
