"""POST /refunds/{no}/corrections, and what becomes of one."""

from __future__ import annotations

from tests.books.test_corrections import paid, wrong
from tests.books.test_set_offs import bounced
from tests.cast import Shop

from .conftest import Caller, problem


def test_a_correction_is_opened_listed_and_collected(shop: Shop, api: Caller) -> None:
    refund = paid(shop)
    where, body = (
        f"/refunds/{refund.refund_no}/corrections",
        {"operator": "m01", "amount": 3998, "why": "多退"},
    )
    assert problem(api.post(where, body))[1] == "idempotency_key_missing"
    made = api.post(where, body, **{"Idempotency-Key": "K-1"}).json()
    assert (made["state"], made["amount"], made["tax"]) == ("open", 3998, 460)
    assert (
        problem(api.post(where, {**body, "amount": 5997}, **{"Idempotency-Key": "K-2"}))[1]
        == "correction_too_much"
    )
    assert [row["correction_no"] for row in api.get("/corrections").json()["items"]] == [
        made["correction_no"]
    ]
    here = f"/corrections/{made['correction_no']}/collect"
    assert (
        problem(api.post(here, {"operator": "f01", "channel": "transfer"}))[1]
        == "correction_reference_needed"
    )
    done = api.post(here, {"operator": "f01", "channel": "transfer", "reference": "B-1"}).json()
    assert (done["state"], done["channel"], done["reference"]) == ("collected", "transfer", "B-1")
    assert problem(
        api.post(f"/corrections/{made['correction_no']}/give-up", {"operator": "f01", "note": "x"})
    ) == (
        409,
        "correction_closed",
    )


def test_what_bounced_is_set_off_over_what_was_seen(shop: Shop, api: Caller) -> None:
    refund, row, order = bounced(shop, 1000)
    here = f"/legs/{order.number}/set-off"
    assert problem(api.post(here, {"operator": "m02"})) == (403, "may_not")
    assert problem(api.post(here, {"operator": "f01", "amount": 999})) == (409, "set_off_changed")
    told = api.post(here, {"operator": "f01", "amount": 1000}).json()
    assert (told["refund_no"], told["progress"]) == (refund.refund_no, "attention")
    assert [(leg["route"], leg["state"], leg["amount"], leg["replaced"]) for leg in told["legs"]] == [
        ("refund", "dropped", 5997, True),
        ("set_off", "settled", 1000, False),
        ("transfer", "bounced", 4997, False),
    ]
    assert problem(api.post(here, {"operator": "f01"})) == (409, "illegal_move")
    [shown] = api.get("/corrections?state=set_off").json()["items"]
    assert (shown["correction_no"], shown["state"], shown["set_off"], shown["left"]) == (
        row.correction_no,
        "set_off",
        1000,
        0,
    )


def test_what_it_would_do_is_said_and_only_that_is_done(shop: Shop, api: Caller) -> None:
    gone, waits = paid(shop), shop.refund(shop.sell("S-2", channel="wechatpay"))
    for refund, expected, other in ((gone, "open", "undone"), (waits, "undone", "open")):
        where = f"/refunds/{refund.refund_no}/corrections"
        body = {"operator": "m01", "amount": refund.total, "why": "多退"}
        assert api.get(f"{where}/outlook?operator=m01").json() == {"expected": expected, "most": refund.total}
        assert problem(api.get(f"{where}/outlook?operator=c02")) == (403, "may_not")
        key = {"Idempotency-Key": f"K-{expected}"}
        assert problem(api.post(where, body | {"expected": "collected"}, **key)) == (422, "input_invalid")
        assert problem(api.post(where, body | {"expected": other}, **key)) == (409, "correction_changed")
        assert api.post(where, body | {"expected": expected}, **key).json()["state"] == expected


def test_a_loss_is_finances_to_say(shop: Shop, api: Caller) -> None:
    row = wrong(shop, paid(shop))
    where = f"/corrections/{row.correction_no}/give-up"
    assert problem(api.post(where, {"operator": "m02", "note": "联系不上"})) == (403, "may_not")
    assert api.post(where, {"operator": "f01", "note": "联系不上"}).json()["state"] == "given_up"
