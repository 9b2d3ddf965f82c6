"""The policy's page: read, edited entry by entry, tried on last week's refunds, proposed, decided by another."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sudapos.books import policies, shops
from sudapos.books.versions import PolicyVersion
from sudapos.core.rules import Rules

from .conftest import said, text

NEW = "/settings/policy/new/"


def form(browser: Any) -> dict[str, str]:
    """Every field of the form as it was sent to the browser."""
    page = browser.get(NEW).content.decode()
    found = dict(re.findall(r'<input type="(?:text|hidden)"[^>]*name="([^"]*)" value="([^"]*)"', page))
    found |= dict(re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>([^<]*)</textarea>', page))
    found |= dict(re.findall(r'<input type="checkbox" name="([^"]*)" value="([^"]*)" checked', page))
    found |= dict(re.findall(r'<select[^>]*name="([^"]*)">.*?<option value="([^"]*)" selected', page, re.S))
    found.pop("q", None)
    return found


def test_the_form_says_what_is_in_force_and_gives_it_back_unchanged(shop, person):
    finance = person("f01")
    given = form(finance)
    assert (given["approval_fen.cashier"], given["promise_days"]) == ("200.00", "7")
    assert given["windows_days.stored_value"] == "" and given["cross_year_needs_finance"] == "1"
    response = finance.post(NEW, given | {"act": "propose"})
    assert (response.status_code, said(response)) == (422, "policy_unchanged")
    assert PolicyVersion.objects.count() == 1


def test_a_draft_is_previewed_proposed_and_activated_by_another(shop, person):
    refund = shop.refund(shop.sell())
    finance = person("f01")
    typed = form(finance) | {
        "approval_fen.cashier": "59.96",
        "promise_days": "15",
        "windows_by_reason.quality": "90",
        "windows_by_category": "生鲜=1\n家电 = 30",
        "override_not_returnable": "1",
        "note": "双十一",
    }
    seen = finance.post(NEW, typed | {"act": "preview"})
    assert seen.status_code == 200 and PolicyVersion.objects.count() == 1
    page = text(seen)
    for told in (
        "审批限额（收银员）",
        "¥200.00",
        "¥59.96",
        "按商品类别的退货天数（家电）",
        refund.refund_no,
        "店长审批",
    ):
        assert told in page
    assert 'value="59.96"' in seen.content.decode() and "双十一" in seen.content.decode()
    made = finance.post(NEW, typed | {"act": "propose"})
    assert made.headers["Location"] == "/settings/policy/2/"
    page = finance.read("/settings/policy/2/")
    assert "待启用" in page and "请由另一个人启用" in page and refund.refund_no in page
    response = finance.post("/settings/policy/2/approve/")
    assert (response.status_code, said(response)) == (403, "policy_maker_is_checker")
    admin = person("admin")
    assert "由您决定" in admin.read("/settings/policy/2/")
    assert admin.post("/settings/policy/2/approve/", {"note": "同意"}).status_code == 302
    rules = shops.rules_of(shops.merchant())
    assert (rules.approval_fen["cashier"], rules.promise_days, rules.override_not_returnable) == (
        5996,
        15,
        True,
    )
    assert dict(rules.windows_by_category) == {"生鲜": 1, "家电": 30}
    assert dict(rules.windows_by_reason) == {"quality": 90}
    assert rules.poll_seconds == Rules().poll_seconds
    again = admin.post("/settings/policy/2/approve/")
    assert (again.status_code, said(again)) == (409, "policy_decided")


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("approval_fen.cashier", "12.345", "必须是最多两位小数的金额"),
        ("approval_fen.cashier", "", "必填"),
        ("promise_days", "七", "应是不小于 0 的整数"),
        ("promise_days", "99999", "应是不小于 0 的整数"),
        ("windows_days.alipay", "-1", "应是不小于 0 的整数"),
        ("windows_by_category", "生鲜", "值不对"),
        ("windows_by_category", "生鲜=1\n生鲜=2", "编号重复"),
        ("waterfall_order", "cash, doge", "没有这个渠道"),
        ("waterfall_order", "cash, cash", "编号重复"),
        ("tender_split", "LUCK", "不在可选范围内"),
        ("approval_fen.manager", "1.00", "每一级都不能低于前一级"),
    ],
)
def test_a_wrong_entry_says_so_beside_itself_and_what_was_typed_stays(shop, person, path, value, word):
    finance = person("f01")
    response = finance.post(NEW, form(finance) | {path: value, "note": "留着", "act": "propose"})
    assert (response.status_code, said(response)) == (422, "rules_invalid")
    page = response.content.decode()
    blamed = re.findall(r'class="field is-wrong.*?wrong-word" role="alert">([^<]*)<', page, re.S)
    assert word in blamed
    assert f'name="{path}"' in page and "留着" in page
    assert PolicyVersion.objects.count() == 1


def test_a_form_that_was_opened_before_another_version_came_into_force_is_stale(shop, person):
    finance = person("f01")
    typed = form(finance) | {"promise_days": "15"}
    policies.propose(
        {**policies.current().content, "promise_days": 9}, operator=shop.m01, note="", at=shop.at
    )
    policies.activate(2, operator=shop.f02, at=shop.at)
    response = finance.post(NEW, typed | {"act": "propose"})
    assert (response.status_code, said(response)) == (409, "policy_stale")


def test_a_rejection_needs_a_note(shop, person):
    policies.propose(
        {**policies.current().content, "promise_days": 9}, operator=shop.m01, note="", at=shop.at
    )
    admin = person("admin")
    response = admin.post("/settings/policy/2/reject/", {"note": ""})
    assert (response.status_code, said(response)) == (422, "input_invalid")
    assert admin.post("/settings/policy/2/reject/", {"note": "太短"}).status_code == 302
    page = admin.read("/settings/policy/2/")
    assert "已退回" in page and "太短" in page and "由您决定" not in page


def test_a_version_leaves_as_a_file_and_comes_back_as_a_draft(shop, person):
    manager = person("m01")
    response = manager.get("/settings/policy/1/file/")
    assert "sudapos-policy-1.json" in response.headers["Content-Disposition"]
    file = json.loads(response.content)
    file["content"] |= {"unmask_seconds": 30, "promise_days": 10}
    sent = SimpleUploadedFile("p.json", json.dumps(file).encode(), "application/json")
    seen = manager.post("/settings/policy/import/", {"file": sent})
    page = seen.content.decode()
    assert seen.status_code == 200 and "查看顾客信息的秒数" in page
    carried = re.search(r'name="carried" value="([^"]*)"', page)
    assert carried
    typed = form(manager) | {"carried": html.unescape(carried[1]), "promise_days": "11", "act": "propose"}
    assert manager.post(NEW, typed).status_code == 302
    rules = policies.get(2).rules
    assert (rules.unmask_seconds, rules.promise_days) == (30, 11)


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{", b'{"sudapos_policy": 1}', b'{"content": {}}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_file_that_is_no_policy_is_refused(shop, person, content):
    response = person("f01").post("/settings/policy/import/", {"file": SimpleUploadedFile("p.json", content)})
    assert (response.status_code, said(response)) == (422, "policy_file_wrong")
    assert person("f01").post("/settings/policy/import/").status_code == 422


def test_a_file_with_a_wrong_entry_names_it(shop, person):
    file = {"sudapos_policy": 1, "content": {"mood": 3}}
    sent = SimpleUploadedFile("p.json", json.dumps(file).encode())
    response = person("f01").post("/settings/policy/import/", {"file": sent})
    assert response.status_code == 422 and "mood 没有这一项" in text(response)


def test_each_person_sees_and_does_what_the_matrix_gives(shop, person):
    assert person("c01").get("/settings/policy/").status_code == 403
    auditor = person("a01")
    assert "现行第 1 版" in auditor.read("/settings/policy/")
    assert auditor.get(NEW).status_code == 403
    assert auditor.post("/settings/policy/1/approve/").status_code == 403
    admin = person("admin")
    assert admin.get(NEW).status_code == 403
    assert admin.get("/settings/policy/9/").status_code == 404
    assert "起草新版" not in admin.read("/settings/policy/")


def test_the_page_speaks_english(shop, person):
    finance = person("f01")
    finance.read("/", lang="en")
    assert "Approval limit (cashier)" in finance.read(NEW)
    response = finance.post(NEW, form(finance) | {"promise_days": "x", "act": "preview"})
    assert "must be a whole number" in text(response)


def test_a_refund_page_names_the_versions_and_the_rule_that_would_have_allowed_it(shop, person):
    big = shop.sell(sale_no="S-BIG")
    shop.later(days=8)
    refund = shop.refund(big, reason="no_reason")
    page = person("m01").read(f"/refunds/{refund.refund_no}/")
    assert "售出当天的政策：第 1 版；限额：第 1 版" in page
    assert "“无理由退货天数”不少于 8 天就不用问" in page


def test_a_manager_of_one_store_is_shown_her_own_refunds_only(shop, person):
    own, other = shop.refund(shop.sell()), shop.refund(shop.sell(store="S02"), store="S02")
    manager = shop.m01
    manager.store_id = own.store_id
    manager.save(update_fields=["store_id"])
    browser = person("m01")
    page = text(browser.post(NEW, form(browser) | {"approval_fen.cashier": "1.00", "act": "preview"}))
    assert own.refund_no in page and other.refund_no not in page


def test_thresholds_hours_promotions_and_odd_fen_are_edited_beside_the_rest(shop, person):
    odd = shop.refund(shop.sell(), lines={1: 1})
    finance = person("f01")
    given = form(finance)
    assert (given["fraud.fr01_fen"], given["fraud.fr04_in_7d"], given["opening_hours"]) == ("200.00", "3", "")
    typed = given | {
        "fraud.fr01_fen": "100.00",
        "fraud.fr04_in_7d": "4",
        "opening_hours": "08:00-22:00",
        "cash_refund_rounding": "UP_TO_JIAO",
        "promotion_on_partial_return": "CLAWBACK",
    }
    page = text(finance.post(NEW, typed | {"act": "preview"}))
    for told in (
        "FR01 每天无小票金额",
        "¥100.00",
        "FR04 七天内退给同一人的次数",
        "进位到角",
        "追回不再满足的优惠",
    ):
        assert told in page, told
    assert odd.refund_no in page and "¥20.00" in page
    wrong = finance.post(NEW, typed | {"opening_hours": "8-22", "act": "propose"})
    assert wrong.status_code == 422
    assert finance.post(NEW, typed | {"act": "propose", "note": "入冬"}).status_code == 302
    kept = PolicyVersion.objects.get(number=2).rules
    assert (kept.fraud["fr01_fen"], kept.opening_hours) == (10_000, "08:00-22:00")
    assert (kept.cash_refund_rounding, kept.promotion_on_partial_return) == ("UP_TO_JIAO", "CLAWBACK")
