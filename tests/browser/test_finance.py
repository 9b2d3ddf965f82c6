"""Finance in the morning: what waits, what to do about it, and who is told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sudapos.books.legs import Leg
from tests.browser.conftest import PHONE, Live

pytestmark = pytest.mark.browser
KEEP = os.environ.get("SUDAPOS_PICTURES", "")


def picture(page: Page, name: str) -> None:
    """A picture to look at, where somebody asked for them."""
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / f"{name}.png"), full_page=True)


def waiting(live: Live) -> None:
    """Four refunds in four kinds of trouble; asked for in an hour that the worker does not reach."""
    faults = {"S-1": "bounced", "S-2": "failed", "S-3": "in_doubt"}
    numbers = (*faults, "S-4")
    for number in numbers:
        live.sell(number)
    live.shop.later(hours=1)
    for number in numbers:
        code = "account_closed" if number in faults else "not_enough_balance"
        legs = Leg.objects.filter(refund=live.shop.refund(number))
        legs.update(state=faults.get(number, "ready"), error_code=code)


def test_finance_opens_the_day_and_goes_to_the_one_thing_to_do(live: Live) -> None:
    waiting(live)
    page = live.person("f01")
    page.get_by_role("link", name="财务", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("财务：今天等着处理的")
    expect(page.locator("#bounced")).to_contain_text("联系顾客，换一条路把钱退回去")
    picture(page, "finance-till-zh")
    page.locator("#bounced .todo").click()
    page.wait_for_url("**/refunds/*/")
    phone = live.person("f01", screen=PHONE, locale="en-GB", color_scheme="dark")
    phone.goto(f"{live.url}/finance/")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(phone, "finance-phone-dark")


def test_the_administrator_adds_a_group_chat_and_sees_what_it_will_hear(live: Live) -> None:
    page = live.person("admin", seat="")
    page.goto(f"{live.url}/settings/notices/")
    picture(page, "notices-empty")
    page.get_by_role("link", name="添加通知对象").click()
    page.fill("#name", "财务群")
    page.fill("#address", "nonsense")
    page.get_by_role("button", name="保存").click()
    expect(page.locator("#address")).to_have_value("nonsense")
    page.fill("#address", "dingtalk://token@secret/")
    picture(page, "notices-form")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("财务群")
    expect(page.locator("#address")).to_have_value("")
    phone = live.person("admin", screen=PHONE, seat="", locale="en-GB", color_scheme="dark")
    phone.goto(page.url)
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    picture(phone, "notices-phone-dark")
