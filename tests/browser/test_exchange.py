"""An exchange upwards at the till, from the scan to both papers."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sudapos.books.exchanges import Exchange
from sudapos.books.intake import LineDraft

from .conftest import PHONE, Live

pytestmark = pytest.mark.browser
CUP = LineDraft(
    line_no=1, sku="6901", name="保温杯", milli=1000, unit_price=9900, unit="件", vat_bp=1300, serial="CUP77"
)


def test_ex18_from_the_scan_to_both_papers(live: Live) -> None:
    live.sell("S01-T1-20261124-0001", lines=(CUP,))
    page = live.person("c01")
    page.keyboard.type("S01-T1-20261124-0001")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="换货").click()
    page.locator(".line", has_text="保温杯").locator("label").first.click()
    page.get_by_label("扫序列号").fill("cup77")
    page.locator("[name=name_0]").fill("大保温杯")
    page.locator("[name=price_0]").fill("129")
    page.locator("#reasons label", has_text="买错了").click()
    page.locator(".pay-way label", has_text="现金").click()
    expect(page.locator("#go")).to_contain_text("换货，补收 ¥30.00")
    page.locator("#go").click()
    page.wait_for_url(re.compile(r"/exchanges/X\d+/$"))
    expect(page.locator(".face .pill")).to_have_text("换货完成")
    expect(page.locator(".face-amount")).to_have_text("¥30.00")
    page.get_by_role("button", name="打印退货凭证").click()
    page.wait_for_function("window.papers === 1")
    page.go_back()
    page.get_by_role("link", name="打印销售小票").click()
    page.get_by_role("button", name="打印").click()
    page.wait_for_function("window.papers === 1")
    row = Exchange.objects.get()
    receipt = page.frame_locator("iframe").locator("body")
    expect(receipt).to_contain_text(row.refund.refund_no)
    assert row.sale is not None
    assert [(p.channel, p.amount) for p in row.sale.payments.order_by("id")] == [
        ("exchange", 9900),
        ("cash", 3000),
    ]
    assert live.times_paid() == 0


def test_the_page_of_an_exchange_fits_a_phone(live: Live) -> None:
    live.sell("S01-T1-0002", lines=(CUP,))
    page = live.person("c01", screen=PHONE)
    page.goto(f"{live.url}/counter/S01-T1-0002/exchange/")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    box = page.locator("#go").bounding_box()
    assert box is not None and box["height"] >= 44
