from __future__ import annotations

from sudapos.books import decisions, staff
from sudapos.books.shops import Store
from tests.cast import PASSWORD

from .conftest import field, said, text


def waiting(shop, **changes):
    return shop.refund(shop.sell(channel="wechatpay"), reason="goodwill", **changes)


def decide(browser, refund, act, **typed):
    typed.setdefault("fingerprint", refund.fingerprint)
    return browser.post(f"/approvals/{refund.refund_no}/{act}/", typed)


def test_a_card_says_why_who_what_and_how_much(shop, person):
    refund = waiting(shop, note="老顾客")
    page = person("m01").read("/approvals/")
    order = [
        "为什么要我批",
        "¥59.97",
        "退到微信",
        "红枣酸奶 ×2",
        "善意补偿 · 老顾客",
        "近 30 天退款 1 笔，共 ¥59.97",
        "批准 ¥59.97",
    ]
    places = [page.index(part) for part in order]
    assert places == sorted(places)
    assert "王** (c01)" in page and refund.refund_no in page


def test_an_empty_list_says_what_will_come_here(person):
    assert "没有要审批的" in person("m01").read("/approvals/")


def test_approved_money_goes_and_the_card_is_gone(shop, person):
    refund, browser = waiting(shop), person("m01")
    response = decide(browser, refund, "approve")
    assert response.headers["Location"] == f"/approvals/?done={refund.refund_no}"
    done = decisions.get(refund.refund_no)
    assert (done.state, done.decided_by, done.legs.count()) == ("approved", "m01", 1)
    page = browser.read("/approvals/", done=refund.refund_no)
    assert f"{refund.refund_no} 已处理" in page and "没有要审批的" in page


def test_a_no_needs_a_reason_and_keeps_the_card(shop, person):
    refund, browser = waiting(shop), person("m01")
    response = decide(browser, refund, "reject", note="  ")
    assert said(response) == "note_needed"
    assert decisions.get(refund.refund_no).state == "awaiting"
    decide(browser, refund, "reject", note="商品已使用")
    assert decisions.get(refund.refund_no).state == "rejected"
    assert "m01：商品已使用" in person("c01").read(f"/refunds/{refund.refund_no}/")


def test_a_card_that_is_stale_is_refused_in_its_place(shop, person):
    refund, browser = waiting(shop), person("m01")
    response = decide(browser, refund, "approve", fingerprint="0" * 64)
    assert (response.status_code, said(response)) == (409, "page_stale")
    assert refund.refund_no in text(response)
    assert decisions.get(refund.refund_no).state == "awaiting"
    assert field(response, "fingerprint") == refund.fingerprint


def test_a_second_yes_learns_that_it_was_decided(shop, person):
    refund = waiting(shop)
    decide(person("m01"), refund, "approve")
    response = decide(person("m02"), refund, "approve")
    assert (response.status_code, said(response)) == (409, "not_awaiting")
    assert "看这一单现在的样子" in text(response)
    assert decisions.get(refund.refund_no).legs.count() == 1


def test_a_cashier_cannot_approve(shop, person):
    refund = waiting(shop)
    browser = person("c02")
    assert browser.get("/approvals/").status_code == 403
    assert decide(browser, refund, "approve").status_code == 403
    assert decisions.get(refund.refund_no).state == "awaiting"


def test_the_maker_cannot_approve_her_own(shop, person):
    refund, browser = waiting(shop, operator="m01"), person("m01")
    assert "没有要审批的" in browser.read("/approvals/")
    response = decide(browser, refund, "approve")
    assert (response.status_code, said(response)) == (403, "maker_is_checker")
    assert " 批准 ¥" not in browser.read(f"/refunds/{refund.refund_no}/")
    assert "批准 ¥59.97" in person("m02").read(f"/refunds/{refund.refund_no}/")


def test_another_stores_manager_sees_and_decides_nothing_here(shop, person):
    own = Store.objects.get(code="S02")
    staff.hire("m09", "吴九", ["manager"], at=shop.at, password=PASSWORD, store_id=own.pk)
    refund, browser = waiting(shop), person("m09", seat="S02/T1")
    assert "没有要审批的" in browser.read("/approvals/")
    assert said(decide(browser, refund, "approve")) == "other_store"
    assert decisions.get(refund.refund_no).state == "awaiting"


def test_from_the_refunds_own_page_the_way_leads_back_to_it(shop, person):
    refund = waiting(shop)
    response = decide(person("m01"), refund, "approve", back="refund")
    assert response.headers["Location"] == f"/refunds/{refund.refund_no}/"


def test_the_badge_counts_what_waits_for_this_person(shop, person):
    waiting(shop)
    waiting(shop, operator="m01")
    assert '<span class="badge">1</span>' in person("m01").get("/").content.decode()
    assert '<span class="badge">2</span>' in person("m02").get("/").content.decode()


def test_the_cards_ask_a_fixed_number_of_questions(shop, person, django_assert_max_num_queries):
    for _ in range(6):
        waiting(shop)
    browser = person("m01")
    with django_assert_max_num_queries(15):
        browser.get("/approvals/")
