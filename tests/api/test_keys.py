"""Bearer keys."""

from __future__ import annotations

from django.test import Client

from sudapos.books import staff
from sudapos.books.staff import Operator
from tests.cast import Shop

from .conftest import Caller, ask, problem


def test_without_a_key_nobody_gets_in(shop: Shop, api: Caller) -> None:
    answer = Client().get("/api/v1/sales")
    assert problem(answer) == (401, "key_invalid")
    assert answer["WWW-Authenticate"] == "Bearer"
    api.secret = "sk_wrong"
    assert problem(api.get("/sales")) == (401, "key_invalid")


def test_a_key_may_do_what_its_acts_say(shop: Shop) -> None:
    _, secret = staff.create_key("reader", acts=["look_up"], at=shop.at)
    reader = Caller(secret)
    assert reader.get("/sales").status_code == 200
    assert problem(reader.post("/sales", {})) == (403, "may_not")
    staff.revoke_key("reader", at=shop.at)
    assert problem(reader.get("/sales")) == (401, "key_invalid")


def test_key_and_operator_must_both_be_allowed(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    _, secret = staff.create_key("seller", acts=["sell", "look_up"], at=shop.at)
    assert problem(Caller(secret).refund(ask())) == (403, "may_not")
    assert problem(api.refund(ask(operator="a01"))) == (403, "may_not")
    Operator.objects.filter(code="c01").update(is_active=False)
    answer = api.refund(ask(operator="c01"))
    assert problem(answer) == (422, "operator_not_found")
    assert [(e["loc"], e["code"]) for e in answer.json()["errors"]] == [(["operator"], "operator_not_found")]
