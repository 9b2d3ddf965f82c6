"""Recipients and finance's desk for machines."""

from __future__ import annotations

from sudapos.books.legs import Leg
from tests.cast import Shop

BODY = {
    "operator": "admin",
    "name": "till",
    "kind": "webhook",
    "address": "https://till.example/hook",
    "events": ["leg.settled"],
}


def test_a_webhook_is_added_and_its_secret_told_once(shop: Shop, api) -> None:
    made = api.post("/recipients", BODY).json()
    assert made["secret"].startswith("whsec_") and made["events"] == ["leg.settled"]
    [listed] = api.get("/recipients").json()["items"]
    assert "secret" not in listed and "address" not in listed
    changed = api.put(f"/recipients/{made['id']}", {**BODY, "address": "", "active": False})
    assert changed.json()["active"] is False


def test_wrong_fields_are_named(shop: Shop, api) -> None:
    answer = api.post("/recipients", {**BODY, "events": ["nonsense"], "quiet_hours": "x"})
    assert answer.status_code == 422
    assert [e["loc"][-1] for e in answer.json()["errors"]] == ["events", "quiet_hours"]


def test_a_cashier_may_not_be_named(shop: Shop, api) -> None:
    answer = api.post("/recipients", {**BODY, "operator": "c01"})
    assert (answer.status_code, answer.json()["code"]) == (403, "may_not")


def test_the_desk_tells_kind_sum_and_next_step(shop: Shop, api) -> None:
    shop.sell("S-1", channel="wechatpay")
    Leg.objects.filter(refund=shop.refund("S-1")).update(state="bounced", error_code="account_closed")
    [section] = api.get("/finance/desk?operator=f01").json()["sections"]
    assert (section["kind"], section["count"], section["amount"]) == ("bounced", 1, 5997)
    assert section["next"] == "联系顾客，换一条路把钱退回去"
    assert section["things"][0]["channel"] == "wechatpay"


def test_what_is_on_its_way_can_be_asked_for(shop: Shop, api) -> None:
    api.post("/recipients", {**BODY, "events": ["refund.opened"]})
    shop.sell("S-1", channel="wechatpay")
    refund = shop.refund("S-1")
    [one] = api.get(f"/deliveries?state=due&subject_no={refund.refund_no}").json()["items"]
    assert (one["event"], one["recipient"], one["tries"]) == ("refund.opened", "till", 0)
