"""A policy changes hands in the browser: edited and tried by finance, activated by the administrator, felt at the till."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sudapos.books import policies

from .conftest import Live, shown

pytestmark = pytest.mark.browser


def test_a_policy_is_edited_previewed_and_activated_by_a_second_person(live: Live) -> None:
    past = live.shop.refund(live.sell("S01-T1-0001"), lines={1: 1})
    live.sell("S01-T1-0002")
    finance = live.person("f01", seat="")
    finance.goto(f"{live.url}/settings/policy/")
    finance.get_by_role("link", name="起草新版").click()
    cashier = finance.get_by_label("审批限额（收银员）")
    expect(cashier).to_have_value("200.00")
    cashier.fill("十元")
    finance.click("#preview")
    expect(finance.locator(".field.is-wrong")).to_contain_text("必须是最多两位小数的金额")
    expect(cashier).to_have_value("十元")
    cashier.fill("10.00")
    finance.get_by_label("无理由退货天数", exact=True).fill("15")
    finance.click("#preview")
    expect(finance.locator("#changes")).to_contain_text("¥10.00")
    expect(finance.locator("#rehearsal")).to_contain_text(past.refund_no)
    expect(finance.locator("#rehearsal")).to_contain_text("店长审批")
    finance.fill("#note", "假期")
    finance.click("#propose")
    finance.wait_for_url("**/settings/policy/2/")
    expect(finance.locator("#activate")).to_have_count(0)
    assert policies.current().number == 1

    admin = live.person("admin", seat="")
    admin.goto(f"{live.url}/settings/policy/2/")
    admin.fill("#note", "同意")
    admin.click("#activate")
    expect(admin.locator(".page-head .pill")).to_have_text("现行")
    assert policies.current().number == 2

    page = live.person("c01")
    page.goto(f"{live.url}/counter/S01-T1-0002/")
    page.locator(".line", has_text="红枣酸奶").locator("label").first.click()
    page.locator("#reasons label", has_text="质量问题").click()
    expect(page.locator("#go")).to_contain_text("店长审批")
    assert "“审批限额（收银员）”不低于" in shown(page)
