"""A deposit comes back at the till: the cashier finds it, keeps what is broken, proves it with a photo and gives back the rest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from sudapos.books import deposits
from tests.books.test_deposits import taking

from .conftest import TILL, Live

PHOTO = b"\x89PNG\r\n\x1a\n" + b"a broken pan"


def test_a_cashier_gives_a_deposit_back_less_the_damage_with_one_choice_of_the_photo(
    live: Live, settings: Any, tmp_path: Path
) -> None:
    settings.HOME = tmp_path
    deposits.take(
        taking(live.shop, "D-1", channel="cash", phone="13800138000", name="李小兰"),
        operator=live.shop.c01,
        at=live.shop.at,
    )
    page = live.person("c01", screen=TILL)
    page.goto(f"{live.url}/deposits/?lang=zh")
    page.get_by_role("link", name="押金 · 烤盘租借").click()
    page.get_by_label("扣多少").fill("42")
    page.get_by_text("扣款的依据和顾客的确认").click()
    page.get_by_label("扣款原因").fill("烤盘摔坏")
    page.locator("#file").set_input_files({"name": "烤盘.png", "mimeType": "image/png", "buffer": PHOTO})
    page.get_by_role("button", name="算一算退多少").click()
    expect(page.locator("#worth")).to_contain_text("扣款还缺顾客的确认")
    expect(page.get_by_role("button", name="还不能退")).to_be_disabled()
    page.get_by_label("顾客怎样确认").select_option("signed")
    page.get_by_label("谁确认的").fill("李小兰")
    page.get_by_role("button", name="重新算").click()
    expect(page.get_by_text("已选好 烤盘.png，不用再选")).to_be_visible()
    page.get_by_role("button", name="退还 ¥158.00").click()
    page.wait_for_url(f"{live.url}/refunds/*/")
    expect(page.locator("#live")).to_contain_text("¥158.00")
    page.get_by_role("link", name="D-1").click()
    expect(page.locator("main")).to_contain_text("烤盘摔坏")
    expect(page.locator("main")).to_contain_text("顾客签字 · 李**")
    with page.expect_download() as taken:
        page.get_by_role("link", name="烤盘.png").click()
    assert taken.value.suggested_filename == "烤盘.png"
    assert taken.value.path().read_bytes() == PHOTO
    row = deposits.get("D-1")
    assert row.live is not None and row.live.refund is not None
    assert (row.live.kept, row.live.refund.total) == (4_200, 15_800)
