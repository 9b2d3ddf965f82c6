"""A shift from the float to the Z report, with a cash refund that the drawer cannot pay at first."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sudapos.books import cashmoves, drawers, ledger
from sudapos.books.cashmoves import Wish
from sudapos.books.drawers import Shift
from tests.browser.conftest import Live
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def in_account(till: str) -> int:
    """What the journal's cash account says of a till of S01."""
    rows = ledger.Line.objects.filter(account="1001", entry__store="S01", entry__till=till)
    return sum(row.amount if row.side == "借" else -row.amount for row in rows)


def test_a_shift_from_float_to_z_with_a_refund_that_the_drawer_cannot_pay(live: Live) -> None:
    shop = live.shop
    cashmoves.move(
        Wish(kind="from_bank", store="S01", amount=300_000, key="bank"), operator=shop.m01, at=shop.at
    )
    page = live.person("c01")
    page.goto(f"{live.url}/drawers/")
    page.fill("#float", "100")
    page.fill("#code-open", "m01")
    page.fill("#password-open", PASSWORD)
    page.fill("#n_5000", "1")
    page.fill("#n_1000", "5")
    expect(page.locator("#drawer-sum")).to_have_text("¥100.00")
    page.get_by_role("button", name="点清了，接班").click()
    expect(page.get_by_text("当班中").first).to_be_visible()

    refund = shop.refund(shop.sell("S-1", till="T2"))
    page.goto(f"{live.url}/refunds/{refund.refund_no}/")
    expect(page.locator("#ways")).to_contain_text("还差 ¥59.97")
    page.fill("#code-way", "m01")
    page.fill("#password-way", PASSWORD)
    page.get_by_role("button", name="调入 ¥59.97 到 T1").click()
    expect(page.locator("#ways")).to_have_count(0)
    page.get_by_role("button", name="已付现金 ¥59.97").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "settled")

    page.goto(f"{live.url}/drawers/")
    page.fill("#sum", "88")
    page.get_by_role("button", name="点好了，看差额").click()
    expect(page.locator(".face")).to_contain_text("−¥12.00")
    page.fill("#reason", "找零时多给了")
    page.get_by_role("button", name="交班，打 Z 报表").click()
    page.get_by_text("Z1").first.click()
    expect(page.frame_locator("iframe").get_by_text("班次结算报表 Z")).to_be_visible()
    page.get_by_role("button", name="打印报表").click()
    page.wait_for_function("window.papers === 1")

    shift = Shift.objects.get()
    [count] = [row for row in shift.counts.all() if row.counted == 8_800]
    assert in_account("T1") == drawers.held(shift.drawer) == count.counted == 8_800
    assert (count.expected, count.state) == (10_000, "waiting")
