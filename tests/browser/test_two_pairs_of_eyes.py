"""The second pair of eyes: at the cashier's till with a password, and on the manager's own phone."""

from __future__ import annotations

from playwright.sync_api import expect

from sudapos.books import decisions
from tests.cast import PASSWORD

from .conftest import PHONE, TILL, Live


def test_a_manager_comes_to_the_till_and_the_cashier_goes_on(live: Live) -> None:
    refund = live.shop.refund(live.sell("SPOT-1"), reason="goodwill")
    page = live.person("c01", screen=TILL)
    page.goto(f"{live.url}/refunds/{refund.refund_no}/?lang=zh")
    page.get_by_label("审批人工号").fill("m01")
    page.get_by_label("审批人密码").fill("not-it")
    page.get_by_role("button", name="现场批准").click()
    expect(page.locator("#said")).to_contain_text("工号或密码不对")
    page.get_by_label("审批人密码").fill(PASSWORD)
    page.get_by_role("button", name="现场批准").click()
    expect(page.locator("#spot")).to_have_count(0)
    assert decisions.get(refund.refund_no).state == "approved"
    page.goto(live.url)
    expect(page.locator(".seat")).to_contain_text("收银员")


def test_a_manager_approves_on_her_phone_and_the_cashiers_page_moves_by_itself(live: Live) -> None:
    refund = live.shop.refund(live.sell("SPOT-2"), reason="goodwill")
    till = live.person("c01", screen=TILL)
    till.goto(f"{live.url}/refunds/{refund.refund_no}/?lang=zh")
    expect(till.locator(".spot-qr svg")).to_be_visible()
    phone = live.person("m01", screen=PHONE)
    phone.goto(f"{live.url}/refunds/{refund.refund_no}/?lang=zh")
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button = phone.get_by_role("button", name="批准 ¥")
    box = button.bounding_box()
    assert box is not None and box["height"] >= 44
    button.click()
    expect(till.locator("#live")).not_to_have_attribute("data-state", "awaiting")
    expect(till.locator("#spot")).to_have_count(0)
    assert decisions.get(refund.refund_no).state == "approved"
