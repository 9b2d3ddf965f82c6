"""The page of what is owed beyond the price: what it comes to is said first, another person agrees, a third one pays."""

from __future__ import annotations

import re

import pytest

from sudapos.books import compensations, staff
from sudapos.books.compensations import Compensation
from sudapos.books.shops import Store
from tests.cast import PASSWORD

from .test_deposits import field, said, text

pytestmark = pytest.mark.django_db
FORM = {"kind": "deceived", "sum": "59.97", "why": "以次充好", "evidence": "投诉 118"}


def asked(shop, person):
    shop.sell("S-1")
    browser = person("c01")
    page = browser.get("/compensations/for/S-1/")
    form = {**FORM, "key": field(page, "key"), "go": "ask"}
    assert browser.post("/compensations/for/S-1/", form).status_code == 302
    return Compensation.objects.get()


def test_the_first_press_says_what_it_comes_to_and_changes_nothing(shop, person):
    shop.sell("S-1")
    shown = text(person("c01").post("/compensations/for/S-1/", {**FORM, "go": "preview"}))
    assert "应赔¥500.00" in shown and "提交 ¥500.00 给别人审批" in shown
    assert "第五十五条" in shown
    assert not Compensation.objects.exists()


def test_from_the_refund_to_the_receipt(shop, person):
    row = asked(shop, person)
    page = text(person("c01").get(f"/compensations/{row.number}/"))
    assert "店长、财务或老板批准" in page and "同意赔" not in page
    manager = person("m01")
    assert "赔偿等我审批" in text(manager.get("/"))
    manager.post(f"/compensations/{row.number}/", {"go": "approve"})
    assert "待支付" in text(manager.get(f"/compensations/{row.number}/"))
    finance = person("f01")
    assert "赔偿等着支付" in text(finance.get("/"))
    form = {"channel": "transfer", "person": "李小兰"}
    wrong = finance.post(f"/compensations/{row.number}/", form)
    assert (wrong.status_code, said(wrong)) == (422, "compensation_reference_needed")
    assert 'value="李小兰"' in wrong.content.decode()
    finance.post(f"/compensations/{row.number}/", form | {"reference": "B-9"})
    page = text(finance.get(f"/compensations/{row.number}/"))
    assert "已支付" in page and "B-9" in page and "李**" in page
    paper = finance.get(f"/compensations/{row.number}/receipt/?format=html").content.decode()
    assert "赔偿收据" in paper and "伍佰元整" in paper
    assert "赔偿等着支付" not in text(finance.get("/"))


def test_a_no_needs_a_reason_and_is_shown(shop, person):
    row = asked(shop, person)
    manager = person("m01")
    wrong = manager.post(f"/compensations/{row.number}/", {"go": "reject", "note": ""})
    assert (wrong.status_code, said(wrong)) == (422, "note_needed")
    manager.post(f"/compensations/{row.number}/", {"go": "reject", "note": "检测合格"})
    assert "检测合格" in text(manager.get(f"/compensations/{row.number}/"))
    assert row.number in text(manager.get("/compensations/?state=all"))
    assert row.number not in text(manager.get("/compensations/"))


def test_one_primary_button_on_each_page(shop, person):
    row = asked(shop, person)
    compensations.approve(row.number, operator=shop.m01, at=shop.at)
    for who in ("c01", "m02", "f01", "a01"):
        for address in ("/compensations/", f"/compensations/{row.number}/"):
            shown = person(who).get(address).content.decode()
            assert len(re.findall(r'class="button primary', shown)) <= 1, (who, address)


def test_another_store_sees_nothing_of_it(shop, person):
    row = asked(shop, person)
    there = Store.objects.get(code="S02")
    staff.hire("x01", "别店", ["manager"], at=shop.at, password=PASSWORD, store_id=there.pk)
    browser = person("x01")
    for address in (f"/compensations/{row.number}/", "/compensations/for/S-1/"):
        answer = browser.get(address)
        assert (answer.status_code, said(answer)) == (403, "other_store")
    assert row.number not in text(browser.get("/compensations/?state=all"))
