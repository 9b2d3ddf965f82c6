"""GET /refunds/{refund_no}/customer-page and what takes it back."""

from __future__ import annotations

from tests.cast import Shop

from .conftest import Caller, ask, problem


def test_a_refund_names_the_customers_page_where_the_shop_can_be_reached(api: Caller, shop: Shop, settings):
    shop.sell("S-1")
    assert api.refund(ask()).json()["customer_page"] is None
    settings.PUBLIC_URL = "https://refunds.example.com"
    shop.sell("S-2")
    told = api.refund(ask("S-2")).json()
    assert told["customer_page"].startswith("https://refunds.example.com/s/")
    assert api.get(f"/refunds/{told['refund_no']}").json()["customer_page"] == told["customer_page"]
    [listed] = [row for row in api.get("/refunds").json()["items"] if row["refund_no"] == told["refund_no"]]
    assert listed["customer_page"] == told["customer_page"]


def test_the_page_comes_as_json_with_a_sentence_to_read_out(api: Caller, shop: Shop):
    shop.sell("S-1")
    number = api.refund(ask()).json()["refund_no"]
    told = api.get(f"/refunds/{number}/customer-page").json()
    assert (told["state"], told["text"], told["amount"]) == ("counter", "待当面退付", 1999)
    assert told["read_out"] == "您的退款 ¥19.99 是现金，请当面点清再签名。"
    assert set(told) == {"address", "revoked", "amount", "state", "text", "read_out", "parts", "phone"}


def test_it_is_taken_back_and_renewed_by_somebody_who_may(api: Caller, shop: Shop, settings):
    settings.PUBLIC_URL = "https://refunds.example.com"
    shop.sell("S-1")
    number = api.refund(ask()).json()["refund_no"]
    page = f"/refunds/{number}/customer-page"
    first = api.get(page).json()["address"]
    assert problem(api.post(f"{page}/renew", {"operator": "a01", "note": "x"})) == (403, "may_not")
    assert problem(api.post(f"{page}/revoke", {"operator": "m01", "note": ""})) == (422, "reason_needed")
    gone = api.post(f"{page}/revoke", {"operator": "m01", "note": "拿错了"}).json()
    assert (gone["address"], gone["revoked"]) == (None, True)
    fresh = api.post(f"{page}/renew", {"operator": "m01", "note": "拿错了"}).json()["address"]
    assert fresh and fresh != first


def test_a_refund_that_waits_has_no_page(api: Caller, shop: Shop):
    shop.sell("S-1")
    waiting = ask(lines=[], amount=100, reason="goodwill", expected_total=100)
    number = api.refund(waiting).json()["refund_no"]
    assert problem(api.get(f"/refunds/{number}/customer-page")) == (404, "no_customer_page")


def test_a_customer_asks_to_be_told_and_only_a_mask_comes_back(api: Caller, shop: Shop, monkeypatch):
    monkeypatch.setenv("SUDAPOS_SMS_URL", "http://127.0.0.1:9/")
    shop.sell("S-1")
    number = api.refund(ask()).json()["refund_no"]
    path = f"/refunds/{number}/customer-message"
    told = api.post(path, {"operator": "c01", "to": "13800138000"}).json()
    assert (told["kind"], told["to"], told["lang"]) == ("phone", "138****8000", "zh")
    assert problem(api.post(path, {"operator": "c01", "to": "a@b.cn"})) == (422, "contact_not_offered")
    assert api.post(f"{path}/forget", {"operator": "c01"}).json() == {"forgotten": True}
    assert problem(api.post(f"{path}/forget", {"operator": "c01"})) == (404, "no_contact")
