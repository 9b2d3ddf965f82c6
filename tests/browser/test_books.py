"""The accountant's morning: a period is looked at, followed to its entries, and taken as a file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sudapos.books.exports import Batch

from .conftest import PHONE, Live, shown

pytestmark = pytest.mark.browser
PAGES = (
    "trial/",
    "account/1001/",
    "cash/",
    "vat/",
    "owed/",
    "exports/?profile=kingdee_kis_std",
    "chart/",
    "columns/",
)


def test_from_the_trial_balance_to_the_entry_and_to_the_file(live: Live) -> None:
    sale = live.sell("S01-T1-B-1", channel="cash")
    page = live.person("f01", seat="")
    page.goto(f"{live.url}/journal/")
    page.get_by_role("link", name="试算平衡").click()
    expect(page.locator("main")).to_contain_text("借贷相等")
    page.get_by_role("link", name="1001 库存现金").click()
    expect(page.locator("h1")).to_contain_text("1001")
    page.get_by_role("link", name=sale.sale_no).click()
    assert "¥59.97" in shown(page)

    page.get_by_role("link", name="导出凭证").click()
    page.select_option("#profile", "yonyou_u8_txt")
    page.get_by_role("button", name="先看看").click()
    expect(page.locator("main")).to_contain_text("1 张凭证")
    with page.expect_download() as waited:
        page.get_by_role("button", name="导出文件").click()
    file = Path(waited.value.path()).read_bytes()
    assert file.decode("gbk").startswith("填制凭证,V800\r\n") and sale.sale_no in file.decode("gbk")
    assert Batch.objects.get().digest == hashlib.sha256(file).hexdigest()
    page.reload()
    expect(page.locator("main")).to_contain_text("其中 1 条以前导出过")
    page.goto(f"{live.url}/journal/trial/")
    page.get_by_role("button", name="打印").click()
    page.wait_for_function("window.papers === 1")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_no_page_of_the_books_is_wider_than_a_phone(live: Live, look: str) -> None:
    live.shop.refund(live.sell("S01-T1-B-2"), lines={1: 1})
    page = live.person("f01", seat="", screen=PHONE, color_scheme=look)
    for address in PAGES:
        page.goto(f"{live.url}/journal/{address}")
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, address
