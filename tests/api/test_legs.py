"""POST /legs/{leg_no}/confirm, retry and drop."""

from __future__ import annotations

import pytest

from sudapos.books import ledger, staff
from sudapos.books.legs import Leg
from tests.cast import Shop

from .conftest import Caller, ask, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


def test_cash_is_confirmed_and_the_books_follow(api: Caller) -> None:
    leg_no = api.refund(ask()).json()["legs"][0]["leg_no"]
    told = api.post(f"/legs/{leg_no}/confirm", {"operator": "c01"}).json()
    assert (told["progress"], told["legs"][0]["state"]) == ("done", "settled")
    assert {b.account: b.amount for b in ledger.balances()}["1001"] == 5997 - 1999
    assert problem(api.post(f"/legs/{leg_no}/drop", {"operator": "f01"})) == (409, "illegal_move")
    assert problem(api.post("/legs/NONE/confirm", {"operator": "c01"})) == (404, "leg_not_found")


def test_a_channel_s_money_is_not_confirmed_by_hand(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    leg_no = api.refund(ask("S-W")).json()["legs"][0]["leg_no"]
    answer = api.post(f"/legs/{leg_no}/confirm", {"operator": "c01"})
    assert problem(answer) == (422, "leg_not_by_hand")
    assert Leg.objects.get(leg_no=leg_no).state == "ready"


def test_cash_that_was_never_handed_over_is_given_up_and_free_again(api: Caller) -> None:
    leg_no = api.refund(ask()).json()["legs"][0]["leg_no"]
    told = api.post(f"/legs/{leg_no}/drop", {"operator": "f01", "note": "顾客离开"}).json()
    assert (told["progress"], told["legs"][0]["state"]) == ("closed", "dropped")
    assert api.get("/sales/S-1").json()["payments"][0]["refundable"] == {"amount": 5997}


def test_a_failed_leg_is_retried_under_a_new_number_by_somebody_else(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    leg_no = api.refund(ask("S-W")).json()["legs"][0]["leg_no"]
    Leg.objects.filter(leg_no=leg_no).update(state="failed", sent=1)
    assert problem(api.post(f"/legs/{leg_no}/retry", {"operator": "c01"})) == (403, "may_not")
    told = api.post(f"/legs/{leg_no}/retry", {"operator": "f01", "note": "已核对"}).json()
    assert told["legs"][0]["state"] == "ready" and told["legs"][0]["leg_no"] != leg_no


def test_a_key_for_the_drawer_confirms_no_bank_transfer(shop: Shop, api: Caller) -> None:
    leg_no = api.refund(ask()).json()["legs"][0]["leg_no"]
    _, drawer = staff.create_key("drawer", acts=["pay_cash"], at=shop.at)
    _, bank = staff.create_key("bank", acts=["make_transfer"], at=shop.at)
    path, body = f"/legs/{leg_no}/confirm", {"operator": "f01", "reference": "T1"}
    assert problem(Caller(bank).post(path, body)) == (403, "may_not")
    Leg.objects.filter(leg_no=leg_no).update(route="transfer")
    assert problem(Caller(drawer).post(path, body)) == (403, "may_not")
    assert Caller(bank).post(path, body).json()["legs"][0]["state"] == "settled"


def test_what_bounced_goes_by_transfer_and_another_person_pays_it(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    leg_no = api.refund(ask("S-W")).json()["legs"][0]["leg_no"]
    Leg.objects.filter(leg_no=leg_no).update(state="bounced", sent=1, last_sent_at=shop.at)
    body = {"operator": "f01", "note": "同名账户已核对"}
    assert problem(api.post(f"/legs/{leg_no}/retry", body)) == (422, "bounced_needs_transfer")
    assert problem(api.post(f"/legs/{leg_no}/retry", body | {"route": "stored"})) == (422, "unknown_route")
    [leg] = api.post(f"/legs/{leg_no}/retry", body | {"route": "transfer"}).json()["legs"]
    assert (leg["state"], leg["route"]) == ("accepted", "transfer")
    paid = {"operator": "f01", "reference": "B1"}
    assert problem(api.post(f"/legs/{leg['leg_no']}/confirm", paid)) == (403, "maker_is_checker")
    [leg] = api.post(f"/legs/{leg['leg_no']}/confirm", paid | {"operator": "f02"}).json()["legs"]
    assert leg["state"] == "settled"


def test_what_bounced_is_paid_in_cash_with_evidence_by_another_person(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    leg_no = api.refund(ask("S-W")).json()["legs"][0]["leg_no"]
    Leg.objects.filter(leg_no=leg_no).update(state="bounced", sent=1, last_sent_at=shop.at)
    body = {"operator": "m01", "note": "", "route": "cash"}
    assert problem(api.post(f"/legs/{leg_no}/retry", body)) == (422, "evidence_needed")
    [leg] = api.post(f"/legs/{leg_no}/retry", body | {"note": "本人到店，原账户已销户"}).json()["legs"]
    assert (leg["state"], leg["route"]) == ("accepted", "cash")
    confirm = f"/legs/{leg['leg_no']}/confirm"
    assert problem(api.post(confirm, {"operator": "m01"})) == (403, "maker_is_checker")
    [leg] = api.post(confirm, {"operator": "m02"}).json()["legs"]
    assert leg["state"] == "settled"


def test_an_alarm_is_shown_and_closed_with_a_note(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    refund = api.refund(ask("S-W")).json()
    leg_no = refund["legs"][0]["leg_no"]
    assert refund["legs"][0]["alarm"] is None
    Leg.objects.filter(leg_no=leg_no).update(state="settled", alarm="old_number_paid")
    told = api.get(f"/refunds/{refund['refund_no']}").json()
    assert (told["progress"], told["legs"][0]["alarm"]) == ("attention", "old_number_paid")
    assert problem(api.post(f"/legs/{leg_no}/close-alarm", {"operator": "f01"})) == (422, "note_needed")
    told = api.post(f"/legs/{leg_no}/close-alarm", {"operator": "f01", "note": "已追回"}).json()
    assert (told["progress"], told["legs"][0]["alarm"]) == ("done", None)
