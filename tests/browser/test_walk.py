"""The guide's walk in a real browser: find, pick, look, press, watch, print; at a till's screen and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.vouchers import PrintCopy

from .conftest import PHONE, Live, shown

pytestmark = pytest.mark.browser


def pick(page: Page, *, reason: str = "质量问题", line: str = "红枣酸奶") -> None:
    page.locator(".line", has_text=line).locator("label").first.click()
    page.locator("#reasons label", has_text=reason).click()


def state(page: Page, word: str) -> None:
    expect(page.locator("#live .face .pill")).to_have_text(word)


def test_a_cashier_refunds_watches_it_arrive_and_prints(live: Live) -> None:
    live.sell("S01-T1-20261124-0001")
    page = live.person("c01")
    page.keyboard.type("S01-T1-20261124-0001")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("S01-T1-20261124-0001")
    pick(page)
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99 到微信")
    page.locator(".line", has_text="红枣酸奶").get_by_label("多一件").click()
    expect(page.locator("#go")).to_contain_text("退款 ¥39.98 到微信")
    page.locator("#go").click()
    page.wait_for_url(re.compile(r"/refunds/R\d+/$"))
    state(page, "已受理")
    live.finish()
    state(page, "已退款")
    page.get_by_role("button", name="打印凭证").click()
    page.wait_for_function("window.papers === 1")
    assert "已打印 1 次" in shown(page)
    assert [copy.copy_no for copy in PrintCopy.objects.all()] == [1]
    assert Refund.objects.get().total == 3998
    assert live.times_paid() == 1


def test_a_manager_approves_with_her_thumb(live: Live) -> None:
    sale = live.sell("S01-T1-0002")
    live.shop.refund(sale, reason="goodwill", note="老顾客")
    page = live.person("m01", screen=PHONE)
    page.locator(".tabs a", has_text="审批").tap()
    yes = page.get_by_role("button", name="批准 ¥59.97")
    box = yes.bounding_box()
    assert box is not None and box["height"] >= 44
    assert box["y"] > PHONE["height"] * 0.3 and box["y"] + box["height"] < PHONE["height"] - 58
    yes.tap()
    expect(page.locator(".said.tone-done")).to_contain_text("已处理")
    page.locator(".said a").tap()
    state(page, "已受理")
    live.finish()
    state(page, "已退款")
    assert live.times_paid() == 1


def test_the_whole_walk_on_a_phone(live: Live) -> None:
    live.sell("S01-T1-0003")
    page = live.person("c01", screen=PHONE)
    page.fill("#q", "T1-0003")
    page.press("#q", "Enter")
    pick(page, line="全麦面包")
    button = page.locator("#go")
    expect(button).to_contain_text("退款 ¥19.99 到微信")
    box = button.bounding_box()
    assert box is not None and box["y"] > PHONE["height"] - 58 - 90
    button.tap()
    state(page, "已受理")
    live.finish()
    state(page, "已退款")


def test_cash_waits_for_the_hand_that_pays_it(live: Live) -> None:
    live.sell("S01-T1-0004", channel="cash")
    page = live.person("c01")
    page.goto(f"{live.url}/counter/S01-T1-0004/")
    pick(page)
    expect(page.locator("#go")).to_contain_text("退现金 ¥19.99")
    page.locator("#go").click()
    expect(page.locator(".face-sentence")).to_contain_text("等着付现金 ¥19.99 给顾客")
    page.get_by_role("button", name="已付现金 ¥19.99").click()
    state(page, "已退款")
    assert Leg.objects.get().confirmed_by == "c01"


def test_a_double_press_pays_once(live: Live) -> None:
    live.sell("S01-T1-0005")
    page = live.person("c01")
    page.goto(f"{live.url}/counter/S01-T1-0005/")
    pick(page)
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99")
    page.locator("#go").dblclick()
    state(page, "已受理")
    live.finish()
    state(page, "已退款")
    assert (Refund.objects.count(), live.times_paid()) == (1, 1)


def test_a_lost_answer_is_being_confirmed_until_it_is_known(live: Live) -> None:
    live.sell("S01-T1-0006")
    live.sandbox.fault("wechatpay", "refund", "reset_after", times=1)
    page = live.person("c01")
    page.goto(f"{live.url}/counter/S01-T1-0006/")
    pick(page)
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99")
    page.locator("#go").click()
    state(page, "确认中")
    expect(page.locator(".face-sentence")).to_contain_text("请不要再次退款，也不要付现金")
    live.sandbox.settle()
    page.get_by_role("button", name="现在查询渠道").click()
    state(page, "已退款")
    assert live.times_paid() == 1


def test_money_that_came_back_is_finances_and_the_cashier_reads_why(live: Live) -> None:
    sale = live.sell("S01-T1-0007")
    live.sandbox.fault("wechatpay", "refund", "closed_account", times=1)
    refund = live.shop.refund(sale)
    page = live.person("c01")
    page.goto(f"{live.url}/refunds/{refund.refund_no}/")
    state(page, "已受理")
    live.finish()
    state(page, "被退回")
    expect(page.locator(".face-sentence")).to_contain_text("银行退回了这笔钱")
    assert page.get_by_role("button", name="重发").count() == 0
    finance = live.person("f01", seat="")
    finance.locator(".todo", has_text=refund.refund_no).click()
    finance.locator("summary", has_text="改为转账退回").click()
    expect(finance.get_by_role("button", name="转账 ¥59.97，由另一人确认付款")).to_be_visible()
