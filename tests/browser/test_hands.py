"""Hands stay where they are: keys, scanner, drafts, a lost line, no scripts, nothing too small or too wide."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from sudapos.books.refunds import Refund

from .conftest import PHONE, TILL, Live, shown

pytestmark = pytest.mark.browser

SCANNER_GAP = 5
"""Milliseconds between two keys of a scanner."""


def counter(live: Live, number: str, **look: object) -> Page:
    live.sell(number)
    page = live.person("c01", **look)
    page.goto(f"{live.url}/counter/{number}/")
    return page


def test_the_whole_refund_without_leaving_the_keyboard(live: Live) -> None:
    page = counter(live, "S01-T1-0001")
    page.keyboard.press("2")
    expect(page.locator("input[name=line][value='2']")).to_be_checked()
    page.locator("#reasons input").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99 到微信")
    page.keyboard.press("Enter")
    page.wait_for_url("**/refunds/R*/")
    page.keyboard.press("Escape")
    page.wait_for_url(f"{live.url}/refunds/")
    page.keyboard.press("/")
    expect(page.locator("[data-find]")).to_be_focused()


def test_a_scan_on_any_page_goes_to_its_sale_and_presses_nothing(live: Live) -> None:
    page = counter(live, "S01-T1-0001")
    live.sell("S01-T1-123121")
    page.locator("#reasons label").first.click()
    page.locator("h1").click()
    page.keyboard.type("S01-T1-123121", delay=SCANNER_GAP)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("S01-T1-123121")
    assert Refund.objects.count() == 0


def test_what_was_typed_is_there_again_after_a_reload(live: Live) -> None:
    page = counter(live, "S01-T1-0001")
    page.locator(".line", has_text="红枣酸奶").locator("label").first.click()
    page.locator("#reasons label", has_text="多扣款").click()
    page.fill("#note", "顾客明天再来")
    page.reload()
    expect(page.locator("#note")).to_have_value("顾客明天再来")
    expect(page.locator("input[name=reason][value=wrong_charge]")).to_be_checked()
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99 到微信")
    page.locator("#go").click()
    page.wait_for_url("**/refunds/R*/")
    page.goto(f"{live.url}/counter/S01-T1-0001/")
    expect(page.locator("#note")).to_have_value("")


def test_a_lost_line_says_so_sends_nothing_and_keeps_the_draft(live: Live) -> None:
    page = counter(live, "S01-T1-0001")
    page.locator(".line", has_text="红枣酸奶").locator("label").first.click()
    page.locator("#reasons label", has_text="质量问题").click()
    expect(page.locator("#go")).to_contain_text("退款 ¥19.99")
    page.context.set_offline(True)
    expect(page.locator("#lost")).to_be_visible()
    page.locator("#go").click()
    assert page.url.endswith("/counter/S01-T1-0001/")
    page.context.set_offline(False)
    expect(page.locator("#lost")).to_be_hidden()
    assert Refund.objects.count() == 0
    page.locator("#go").click()
    page.wait_for_url("**/refunds/R*/")
    assert Refund.objects.count() == 1


def test_everything_works_without_scripts(live: Live) -> None:
    page = counter(live, "S01-T1-0001", java_script_enabled=False)
    page.check("input[name=line][value='1']", force=True)
    page.check("input[name=reason][value=quality]", force=True)
    page.get_by_role("button", name="算一算").click()
    page.locator("#go", has_text="退款 ¥19.99 到微信").click()
    page.wait_for_url("**/refunds/R*/")
    page.get_by_role("button", name="打印凭证").click()
    assert "已打印 1 次" in shown(page)


PAGES = (
    "/",
    "/counter/",
    "/counter/S01-T1-0001/",
    "/refunds/",
    "{refund}",
    "{refund}voucher/",
    "/approvals/",
    "/till/",
    "/help/",
)
SMALL = """() => [...document.querySelectorAll('button, .button, .chip, select, input:not([type=hidden]), .nav a, .tabs a')]
  .filter((el) => el.checkVisibility() && !el.closest('[hidden]') && !el.matches('.chip input, .line-pick input'))
  .map((el) => [el.getBoundingClientRect(), el]).filter(([box]) => box.height > 0 && box.height < 43.5)
  .map(([box, el]) => `${el.outerHTML.slice(0, 90)} ${box.height}`)"""
WIDE = "() => document.documentElement.scrollWidth - window.innerWidth"


@pytest.mark.parametrize("screen", [TILL, PHONE], ids=["till", "phone"])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_is_too_wide_or_too_small_to_touch(live: Live, screen: dict[str, int], language: str) -> None:
    sale = live.sell("S01-T1-0001")
    live.shop.refund(live.sell("S01-T1-0002"), reason="goodwill")
    refund = live.shop.refund(sale, lines={1: 1})
    page = live.person("m01", screen=screen)
    page.goto(f"{live.url}/?lang={language}")
    for address in PAGES:
        page.goto(live.url + address.format(refund=f"/refunds/{refund.refund_no}/"))
        assert page.evaluate(WIDE) <= 0, address
        assert page.evaluate(SMALL) == [], address


def test_no_page_complains_in_the_console(live: Live) -> None:
    refund = live.shop.refund(live.sell("S01-T1-0001"), lines={1: 1})
    page = live.person("m01")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for address in PAGES:
        page.goto(live.url + address.format(refund=f"/refunds/{refund.refund_no}/"))
    assert complaints == []
