"""The proof of the walking shop: a file comes in, three sales are refunded three ways, papers printed, books looked at."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sudapos.books import audit, ledger, shops
from sudapos.books.legs import Attempt, Leg
from sudapos.books.sales import Sale
from sudapos.ops import importing, verifying

from .conftest import Live, shown
from .test_walk import pick, state

pytestmark = pytest.mark.browser
EXCERPT = Path(__file__).resolve().parent.parent / "samples" / "online-retail-excerpt.csv"
COLUMNS = "sale_no=InvoiceNo,sku=StockCode,name=Description,quantity=Quantity,unit_price=UnitPrice:yuan,sold_at=InvoiceDate"


def press(page: Page, words: str) -> None:
    expect(page.locator("#go")).to_contain_text(words)
    page.locator("#go").click()
    page.wait_for_url("**/refunds/R*/")


def approve(live: Live, code: str, number: str) -> None:
    page = live.person(code, seat="")
    page.goto(f"{live.url}/approvals/")
    page.locator(".approval, article, .card").filter(has_text=number).get_by_role(
        "button", name="批准"
    ).click()
    page.wait_for_load_state()


def test_the_whole_proof_from_the_file_to_the_audit_log(live: Live) -> None:
    shops.Merchant.objects.update(
        rules={"min_seconds_between_refunds_same_order": {"wechatpay": 1}, "cross_year_needs_finance": False}
    )
    wish = importing.Wish(path=EXCERPT, columns=COLUMNS, payment="cash")
    steps = list(importing.run(wish, by="admin", at=datetime.now(UTC)))
    assert sum(getattr(step, "status", "") == "imported" for step in steps) == Sale.objects.count() > 0

    # one line of a cash sale from the file: sold long ago, so a manager looks at it
    old = Sale.objects.order_by("id").first()
    assert old is not None
    page = live.person("c01")
    page.goto(f"{live.url}/counter/{old.sale_no}/")
    page.locator(".line label").first.click()
    page.locator("#reasons label", has_text="质量问题").click()
    press(page, "申请退款" if page.locator("#go", has_text="申请退款").count() else "¥")
    state(page, "待审批")
    number = page.locator("h1").inner_text().split()[-1]
    approve(live, "m01", number)
    page.get_by_role("button", name="已付现金").click()
    state(page, "已退款")

    # print, then print again: the second paper says so
    page.get_by_role("button", name="打印凭证").click()
    page.wait_for_function("window.papers === 1")
    page.goto(f"{live.url}/refunds/{number}/voucher/")
    page.locator("form", has=page.locator("[name=reason]")).locator("[name=reason]").first.check()
    page.locator("form", has=page.locator("[name=reason]")).get_by_role("button").first.click()
    page.wait_for_function("window.papers >= 1")
    page.goto(f"{live.url}/refunds/{number}/voucher/?format=html")
    assert "重印" in shown(page)

    # one WeChat Pay sale in two parts
    live.sell("S01-T1-W-1", channel="wechatpay")
    for _ in range(2):
        page.goto(f"{live.url}/counter/S01-T1-W-1/")
        pick(page)
        press(page, "退款 ¥19.99 到微信")
        state(page, "已受理")
        live.finish()
        state(page, "已退款")
        live.sandbox.advance(61)
        time.sleep(1.1)

    # one Alipay sale whose answer is swallowed
    live.sell("S01-T1-A-1", channel="alipay")
    live.sandbox.fault("alipay", "refund", "hang_after", times=1)
    page.goto(f"{live.url}/counter/S01-T1-A-1/")
    pick(page)
    press(page, "退款 ¥19.99 到支付宝")
    state(page, "确认中")
    live.finish()
    state(page, "已退款")

    # the books, the audit log and the channel's own ledger agree
    paid = [live.sandbox.times_paid(leg.leg_no) for leg in Leg.objects.exclude(route="cash")]
    assert paid == [1, 1, 1]
    assert Attempt.objects.filter(verb="refund").count() == 3
    balances = {b.account: b.amount for b in ledger.balances()}
    assert (balances["2241.01"], ledger.trial_balance_off()) == (0, 0)
    assert balances["1122.01"] == 5997 - 2 * 1999
    assert balances["1122.02"] == 5997 - 1999
    audit.seal(at=datetime.now(UTC))
    assert audit.verify() is None
    assert [finding for _, finding in verifying.run() if finding] == []

    finance = live.person("f01", seat="")
    finance.goto(f"{live.url}/journal/?q={number}")
    assert "应退客户款" in shown(finance)
    finance.goto(f"{live.url}/audit/?q={number}")
    assert number in shown(finance)


def _refused_notices(caplog) -> list[str]:
    told = [record.told for record in caplog.records if record.name == "sudapos.web"]
    return [one["path"] for one in told if one["path"].startswith("/notices/") and one["status"] == 401]


def test_a_forged_notice_claims_success_and_is_not_heeded(live: Live, settings, caplog) -> None:
    caplog.set_level(logging.INFO, "sudapos")
    settings.PUBLIC_URL = live.url
    live.sell("S01-T1-F-1", channel="wechatpay")
    live.sandbox.fault("wechatpay", "notice", "forged_notice", times=1)
    live.sandbox.fault("wechatpay", "refund", "processing_forever", times=1)
    page = live.person("c01")
    page.goto(f"{live.url}/counter/S01-T1-F-1/")
    pick(page)
    press(page, "退款 ¥19.99 到微信")
    state(page, "已受理")
    deadline = time.monotonic() + 15
    while not _refused_notices(caplog) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert _refused_notices(caplog), "the forged notice came and was refused"
    assert Leg.objects.get().state == "accepted"
    assert live.times_paid() == 0
    state(page, "已受理")
