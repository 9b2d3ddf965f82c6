"""A recall in the browser: from the search to the report, paused and resumed by a second person on her phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from sudapos.books import shops
from sudapos.books.batches import RefundBatch
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund

from .conftest import PHONE, Live

pytestmark = pytest.mark.browser


def slow_down(per_minute: int) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "batch_per_minute": {"wechatpay": per_minute}}
    merchant.save()


def test_a_recall_is_found_tried_approved_paused_resumed_and_told(live: Live) -> None:
    slow_down(1)
    for n in range(4):
        live.sell(f"S01-T1-{n:04d}")
    maker = live.person("m01")
    maker.goto(f"{live.url}/batches/")
    maker.get_by_role("link", name="新批次").click()
    maker.fill("#title", "红枣酸奶召回")
    maker.fill("#sku", "6901")
    maker.get_by_role("button", name="找出来并试算").click()
    maker.wait_for_url("**/batches/B*/")
    expect(maker.locator("#items li")).to_have_count(4)
    maker.locator("#items input").first.check()  # this customer was here this morning
    maker.get_by_role("button", name="剔除勾选的").click()
    expect(maker.locator(".face-amount")).to_have_text("¥119.94")

    checker = live.person("m02", screen=PHONE)
    checker.goto(maker.url)
    checker.click("#approve")
    checker.click("#start")
    expect(checker.locator("#pause")).to_be_visible()
    checker.click("#pause")
    expect(checker.locator("#live")).to_have_attribute("data-state", "paused")
    opened = Refund.objects.count()
    assert opened <= 1

    slow_down(6_000)
    checker.click("#resume")
    expect(checker.locator("#live")).to_have_attribute("data-state", "running")
    maker.goto(maker.url)
    for _ in range(20):  # the page looks by itself; the channel finishes when we say so
        maker.wait_for_timeout(500)
        live.finish()
        if RefundBatch.objects.get().state == "done":
            break
    expect(maker.locator("#live")).to_have_attribute("data-state", "done")
    expect(maker.locator("#count-done")).to_contain_text("¥119.94")
    maker.get_by_role("link", name="报告").click()
    expect(maker.locator("tbody tr")).to_have_count(4)
    expect(maker.locator("tbody tr", has_text="已剔除")).to_have_count(1)
    assert Leg.objects.count() == live.times_paid() == 3
