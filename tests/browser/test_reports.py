"""Pictures that a person looks at: drawn, in both languages, light and dark, on the till and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, TILL, Live

pytestmark = pytest.mark.browser
KEEP = os.environ.get("SUDAPOS_PICTURES", "")
INKED = """canvas => {
  const seen = new Set();
  const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  for (let i = 0; i < data.length; i += 4) if (data[i + 3]) seen.add(data[i] + ',' + data[i + 1] + ',' + data[i + 2]);
  return seen.size;
}"""


def picture(page: Page, name: str) -> None:
    """A picture to look at, where somebody asked for them."""
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / f"{name}.png"), full_page=True)


def trade(live: Live) -> None:
    shop = live.shop
    for number in range(1, 7):
        shop.sell(f"C-{number}")
        live.sell(f"W-{number}", channel="wechatpay" if number % 2 else "alipay")
    for number, reason in ((1, "quality"), (2, "no_reason"), (3, "wrong_item"), (4, "quality")):
        shop.refund(f"W-{number}", lines={1 + number % 2: 1}, reason=reason)


@pytest.mark.parametrize(("lang", "scheme"), [("zh", "light"), ("en", "dark")])
def test_a_report_is_drawn_and_its_table_says_the_same(live: Live, lang: str, scheme: str) -> None:
    trade(live)
    page = live.person("f01", color_scheme=scheme)
    page.goto(f"{live.url}/reports/rate/?by=channel&lang={lang}")
    canvas = page.locator("canvas[data-picture]")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(INKED) > 3
    picture(page, f"rate-{lang}-{scheme}")
    for code in ("reasons", "goods", "times", "trouble"):
        page.goto(f"{live.url}/reports/{code}/?lang={lang}")
        picture(page, f"{code}-{lang}-{scheme}")
    page.goto(f"{live.url}/reports/rate/?lang={lang}")
    page.select_option("#by", "hour")
    page.locator(".report-filters button").click()
    assert "by=hour" in page.url
    picture(page, f"hours-{lang}-{scheme}")


def test_the_owner_reads_the_day_on_a_phone(live: Live) -> None:
    trade(live)
    phone = live.person("m01", screen=PHONE)
    phone.goto(f"{live.url}/reports/day/?lang=zh")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(phone.locator("canvas[data-picture]")).to_be_visible()
    picture(phone, "day-phone")
    phone.get_by_role("link", name="前一天").click()
    assert "day=" in phone.url
    till = live.person("m01", screen=TILL, java_script_enabled=False)
    till.goto(f"{live.url}/reports/rate/?by=channel&lang=zh")
    expect(till.locator("table")).to_contain_text("微信支付")
    expect(till.locator("figure")).to_be_hidden()
