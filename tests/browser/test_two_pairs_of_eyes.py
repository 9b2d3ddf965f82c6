"""The second pair of eyes: at the cashier's till with a password, and on the manager's own phone."""

from __future__ import annotations

from playwright.sync_api import expect

from sudapos.books import decisions
from sudapos.books.approvals import Approval
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


def test_two_managers_decide_at_once_and_only_one_yes_counts(live: Live) -> None:
    refund = live.shop.refund(live.sell("SPOT-3"), reason="goodwill")
    other = live.shop.refund(live.sell("SPOT-4"), reason="goodwill")
    first, second = live.person("m01", screen=PHONE), live.person("m02", screen=TILL)
    for page in (first, second):
        page.goto(f"{live.url}/refunds/{refund.refund_no}/?lang=zh")
    first.get_by_role("button", name="批准 ¥").click()
    expect(first.locator("#live")).not_to_have_attribute("data-state", "awaiting")
    # her page may have moved on by itself: press what it showed before
    second.evaluate(
        """([address, mark]) => {
            const form = document.createElement('form');
            form.method = 'post'; form.action = address;
            const told = {csrfmiddlewaretoken: document.querySelector('[name=csrfmiddlewaretoken]').value,
                          fingerprint: mark, back: 'refund'};
            for (const [name, value] of Object.entries(told)) {
                const field = document.createElement('input');
                field.name = name; field.value = value; form.append(field);
            }
            document.body.append(form); form.submit();
        }""",
        [f"/approvals/{refund.refund_no}/approve/", refund.fingerprint],
    )
    expect(second.locator("#said")).to_contain_text("已经")
    assert Approval.objects.filter(refund=refund).count() == 1
    # the same yes, carried to another refund, is worth nothing there
    second.goto(f"{live.url}/refunds/{other.refund_no}/?lang=zh")
    second.locator("form[action$='/approve/'] [name=fingerprint]").evaluate(
        "(field, mark) => { field.value = mark }", refund.fingerprint
    )
    second.get_by_role("button", name="批准 ¥").click()
    expect(second.locator("#said")).to_be_visible()
    assert (decisions.get(other.refund_no).state, Approval.objects.filter(refund=other).count()) == (
        "awaiting",
        0,
    )


def test_a_refund_that_changed_while_the_page_was_open_is_looked_at_again(live: Live) -> None:
    refund = live.shop.refund(live.sell("SPOT-5"), reason="goodwill")
    page = live.person("m01", screen=PHONE)
    page.route("**/live/**", lambda route: route.abort())  # the phone has lost its network for a moment
    page.goto(f"{live.url}/refunds/{refund.refund_no}/?lang=zh")
    decisions.withdraw(refund.refund_no, operator=live.shop.c01, note="顾客改主意了", at=live.shop.at)
    page.get_by_role("button", name="批准 ¥").click()
    expect(page.locator("#said")).to_contain_text("请刷新页面查看结果")
    assert decisions.get(refund.refund_no).state == "withdrawn"
    assert Approval.objects.filter(refund=refund).count() == 0
