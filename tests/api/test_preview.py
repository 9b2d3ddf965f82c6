"""POST /refunds/preview."""

from __future__ import annotations

import pytest

from sudapos.books.audit import AuditRecord
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment
from tests.cast import Shop

from .conftest import Caller, ask, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


def test_preview_answers_the_shape_of_the_interface(api: Caller) -> None:
    told = api.post("/refunds/preview", ask()).json()
    assert told["total"] == 1999
    assert told["lines"] == [{"line_no": 1, "name": "红枣酸奶", "quantity": "1", "amount": 1999, "tax": 230}]
    [leg] = told["legs"]
    assert (leg["payment_no"], leg["channel"], leg["route"], leg["amount"]) == ("P1", "cash", "cash", 1999)
    assert told["verdict"]["decision"] == "allow"
    assert {"code", "weight", "message"} <= set(told["verdict"]["reasons"][0])
    assert told["approvals"] == []
    assert Refund.objects.count() == 0


def test_a_preview_writes_nothing_at_all(api: Caller) -> None:
    before = AuditRecord.objects.count()
    assert api.post("/refunds/preview", ask()).status_code == 200
    assert (Refund.objects.count(), AuditRecord.objects.count()) == (0, before)
    assert Payment.objects.get(sale__sale_no="S-1").promised == 0


def test_a_preview_tells_why_a_refund_would_be_denied(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    told = api.post("/refunds/preview", ask("S-W", route="cash")).json()
    assert told["verdict"]["decision"] == "deny"
    assert ("cash_for_non_cash", "deny") in [(r["code"], r["weight"]) for r in told["verdict"]["reasons"]]


def test_a_preview_is_held_to_what_the_screen_showed(api: Caller) -> None:
    assert problem(api.post("/refunds/preview", ask(expected_total=1))) == (409, "total_changed")
    assert problem(api.post("/refunds/preview", ask("NOPE"))) == (404, "sale_not_found")
    assert problem(api.post("/refunds/preview", ask(operator="a01"))) == (403, "may_not")
