"""GET /overdue and its close; a payment sent again now; cash left behind."""

from __future__ import annotations

from sudapos.books import answers, moves
from sudapos.core.outcome import NOT_ENOUGH, Deferred
from tests.cast import Shop

from .conftest import Caller, problem


def test_cash_left_behind_is_listed_and_closed_with_evidence(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"))
    leg_no = refund.legs.get().leg_no
    assert api.post(f"/legs/{leg_no}/leave", {"operator": "c01"}).status_code == 200
    [row] = api.get("/overdue?kind=cash").json()["items"]
    assert (row["refund_no"], row["leg_no"], row["amount"]) == (refund.refund_no, leg_no, 5997)
    assert row["text"] == "顾客没有领走现金"
    body = {"operator": "f01", "how": "agreed", "note": "约定下周来领"}
    wrong = api.post(f"/overdue/{row['id']}/close", body | {"how": "magic"})
    assert problem(wrong) == (422, "input_invalid")
    closed = api.post(f"/overdue/{row['id']}/close", body).json()
    assert (closed["how"], closed["closed_by"], closed["evidence"]) == ("agreed", "f01", "约定下周来领")
    assert problem(api.post(f"/overdue/{row['id']}/close", body)) == (409, "overdue_closed")
    assert problem(api.post("/overdue/99999/close", body)) == (404, "overdue_not_found")
    assert api.get("/overdue").json()["items"] == []


def test_a_payment_that_waits_for_funds_is_sent_again_now(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(order.attempt, Deferred(code=NOT_ENOUGH, after=600))], at=shop.at)
    assert problem(api.post(f"/legs/{order.number}/send", {"operator": "c01"})) == (403, "may_not")
    told = api.post(f"/legs/{order.number}/send", {"operator": "f01"}).json()
    assert (told["legs"][0]["state"], told["legs"][0]["error"]["code"]) == ("ready", NOT_ENOUGH)
    assert refund.legs.get().leg_no == order.number


def test_a_refund_tells_its_days(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell(channel="wechatpay"))
    told = api.get(f"/refunds/{refund.refund_no}").json()
    assert (told["due_on"], told["hard_due_on"]) == (f"{refund.due_on}", f"{refund.hard_due_on}")
    assert told["legs"][0]["arrives_is_estimate"] in (True, False)
