"""本人账户: registered by each for herself, removed by somebody else, in Chinese and English."""

from __future__ import annotations

from sudapos.books import payers

from .conftest import said, text


def test_a_number_is_registered_masked_and_a_whole_card_is_refused(shop, person):
    cashier = person("c01")
    refused = cashier.post("/payees/", {"kind": "card", "number": "6222020000001232"})
    assert (refused.status_code, said(refused)) == (422, "input_invalid")
    assert cashier.post("/payees/", {"kind": "wechatpay", "number": "openid-4711"}).status_code == 302
    page = text(cashier.get("/payees/"))
    assert "微信支付 ****4711" in page and "openid" not in page and "同事的登记" not in page
    again = cashier.post("/payees/", {"kind": "wechatpay", "number": "openid-4711"})
    assert (again.status_code, said(again)) == (409, "payee_known")


def test_a_manager_sees_and_removes_her_colleagues_entries_and_not_her_own(shop, person):
    hers = payers.register(shop.m01, "phone", "13800138000", at=shop.at)
    other = payers.register(shop.c01, "phone", "13900139000", at=shop.at)
    manager = person("m01")
    assert "139****9000" in text(manager.get("/payees/"))
    own = manager.post(f"/payees/{hers.pk}/remove/")
    assert (own.status_code, said(own)) == (403, "payee_own")
    assert manager.post(f"/payees/{other.pk}/remove/").status_code == 302
    late = manager.post(f"/payees/{other.pk}/remove/")
    assert (late.status_code, said(late)) == (409, "payee_removed")


def test_the_page_speaks_english(shop, person):
    page = text(person("c01").get("/payees/?lang=en"))
    assert "My accounts" in page and "Register my account" in page
