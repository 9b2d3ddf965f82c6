"""The customer on her phone: no account, no script, one page; and what finance does about the invoice."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sudapos.books import decisions, links
from sudapos.books.refunds import Refund

from .conftest import PHONE, Live

KEEP = os.environ.get("SUDAPOS_PICTURES", "")


def linked(live: Live, sale_no: str) -> tuple[Refund, str]:
    refund = live.shop.refund(live.sell(sale_no))
    link = links.ensure(decisions.get(refund.refund_no), at=live.shop.at)
    return refund, f"{live.url}{links.path(link)}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_the_page_fits_a_phone_in_both_languages_and_lights(live: Live, scheme: str, locale: str) -> None:
    _, address = linked(live, f"S01-T1-{locale}-{scheme}")
    page = live.stranger(screen=PHONE, locale=locale, color_scheme=scheme, java_script_enabled=False)
    page.goto(address)
    word = {"zh-CN": ("退款进度", "没收到怎么办"), "en-GB": ("Your refund", "If nothing arrives")}[locale]
    for each in word:
        expect(page.get_by_role("heading", name=each)).to_be_visible()
    expect(page.get_by_role("link", name="0571-88886666")).to_have_attribute("href", "tel:0571-88886666")
    for each in page.locator("main *").all():
        box = each.bounding_box()
        assert box is None or box["x"] + box["width"] <= PHONE["width"]
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / f"customer-{locale}-{scheme}.png"), full_page=True)


def test_a_cashier_reads_out_what_the_customer_then_sees(live: Live, worker: None) -> None:
    refund, address = linked(live, "S01-T1-P-1")
    page = live.person("c01")
    page.goto(f"{live.url}/refunds/{refund.refund_no}/")
    expect(page.get_by_text("渠道已经受理")).to_be_visible()
    live.finish()
    expect(page.get_by_text("您的退款 ¥59.97 已退回")).to_be_visible()
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / "refund-told.png"), full_page=True)
    phone = live.stranger(screen=PHONE, locale="zh-CN")
    phone.goto(address)
    expect(phone.get_by_text("退款成功，已退回").first).to_be_visible()
    assert phone.context.cookies() == []
    if KEEP:
        phone.screenshot(path=str(Path(KEEP) / "customer-arrived.png"), full_page=True)


def test_finance_records_a_red_invoice_by_keyboard(live: Live) -> None:
    live.shop.refund(live.shop.sell("S01-T1-I-1", invoice_no="26332000000012345678"))
    page = live.person("f01", seat="")
    page.goto(f"{live.url}/invoices/")
    page.get_by_role("link", name="H1").click()
    page.get_by_role("button", name="购方没用过，直接开红字").click()
    page.fill("#red_no", "26332000000087654321")
    if KEEP:
        page.screenshot(path=str(Path(KEEP) / "invoice.png"), full_page=True)
    page.press("#red_no", "Enter")
    expect(page.get_by_text("已办完")).to_be_visible()
    if KEEP:
        page.goto(f"{live.url}/invoices/?state=all")
        page.screenshot(path=str(Path(KEEP) / "invoices.png"), full_page=True)
        phone = live.person("f01", seat="", screen=PHONE, color_scheme="dark")
        live.shop.refund(live.shop.sell("S01-T1-I-2", invoice_no="26332000000012345679"))
        phone.goto(f"{live.url}/invoices/?lang=en")
        phone.screenshot(path=str(Path(KEEP) / "invoices-phone.png"), full_page=True)
        phone.get_by_role("link", name="H1").click()
        phone.screenshot(path=str(Path(KEEP) / "invoice-phone.png"), full_page=True)
