"""A kept fee on the pages: read aloud before it is confirmed, waived with a note, edited and previewed in the policy."""

from __future__ import annotations

import re
from typing import Any

import pytest

from sudapos.books import shops, vouchers
from sudapos.books.intake import LineDraft
from sudapos.books.refunds import Refund
from sudapos.books.sales import Sale
from sudapos.books.versions import PolicyVersion
from sudapos.web import fee_rows
from tests.cast import Shop

from .conftest import text
from .test_giving_back import ask, preview
from .test_policy import NEW, form

pytestmark = pytest.mark.django_db


def published(**more: Any) -> None:
    merchant = shops.merchant()
    rows = {"数码": {"kind": "restocking", "bp": 500}}
    merchant.rules = {**merchant.rules, "kept_fees": rows, **more}
    merchant.save(update_fields=["rules"])


def headphones(shop: Shop) -> Sale:
    line = LineDraft(line_no=1, name="耳机", milli=2000, unit_price=10000, vat_bp=1300, category="数码")
    return shop.sell(lines=(line,))


def test_the_fee_is_read_aloud_before_it_is_kept(shop, person):
    published()
    page = text(preview(person("c01"), headphones(shop), reason="no_reason"))
    assert "其中已扣 退货手续费 数码−¥5.00" in page
    assert "请念给顾客听：手续费 ¥5.00，按购买时公示的规则。" in page
    assert "共退¥95.00" in page and "退现金 ¥95.00" in page


def test_the_refund_page_and_the_paper_tell_it(shop, person):
    published()
    browser = person("c01")
    assert ask(browser, headphones(shop), reason="no_reason", expected_total="9500").status_code == 302
    refund = Refund.objects.get()
    assert (refund.total, refund.fee) == (9500, 500)
    page = text(browser.get(f"/refunds/{refund.refund_no}/"))
    assert "手续费（购买时公示）¥5.00" in page
    slip = vouchers.issue(refund.refund_no, at=shop.at).slip
    assert [line["amount"] for line in slip["lines"]] == [10000]
    assert slip["deductions"] == [{"kind": "restocking", "amount": 500, "name": "数码"}]
    assert slip["total"] == 9500


def test_a_cashier_sends_the_waiver_to_a_manager_with_a_note(shop, person):
    published()
    browser, sale = person("c01"), headphones(shop)
    assert "免收手续费" in text(browser.get(f"/counter/{sale.sale_no}/"))
    wordless = ask(browser, sale, reason="no_reason", waive_fee="1")
    assert wordless.status_code == 422 and 'name="note"' in wordless.content.decode()
    assert re.search(r'name="note"[^>]*aria-invalid="true"', wordless.content.decode())
    assert re.search(r'name="waive_fee" value="1" checked', wordless.content.decode())
    assert (
        ask(
            browser, sale, reason="no_reason", waive_fee="1", note="顾客生病", expected_total="10000"
        ).status_code
        == 302
    )
    refund = Refund.objects.get()
    assert (refund.state, refund.total, refund.needed) == ("awaiting", 10000, ["manager"])
    assert "免收手续费 ¥5.00" in text(person("m01").get("/approvals/"))


def test_no_waiver_is_offered_where_the_policy_forbids_it_or_there_is_no_fee(shop, person):
    sale = headphones(shop)
    assert "免收手续费" not in text(person("c01").get(f"/counter/{sale.sale_no}/"))
    published(kept_fee_waiver=False)
    assert "免收手续费" not in text(person("c01").get(f"/counter/{sale.sale_no}/"))


def test_rows_are_typed_previewed_on_last_weeks_refunds_and_proposed(shop, person):
    past = shop.refund(headphones(shop), lines={1: 1}, reason="no_reason")
    finance = person("f01")
    typed = form(finance) | {"kept_fees": "数码/不想要了=5%\n* = 取消 10.00/件+1%", "kept_fee_waiver": "1"}
    page = text(finance.post(NEW, typed | {"act": "preview"}))
    assert "退货手续费 · 数码 · 不想要了" in page and "重新上架 5%" in page and "取消 1%+10.00/件" in page
    assert past.refund_no in page and "¥95.00" in page
    assert finance.post(NEW, typed | {"act": "propose", "note": "公示"}).status_code == 302
    row = PolicyVersion.objects.get(number=2)
    assert row.content["kept_fees"] == {
        "数码/no_reason": {"kind": "restocking", "bp": 500},
        "*": {"kind": "cancellation", "unit_fen": 1000, "bp": 100},
    }
    assert "退货手续费 · 全部商品" in text(finance.get("/settings/policy/2/"))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("数码/质量问题=5%", "不得对这种原因收手续费"),
        ("*/goodwill=5%", "不得对这种原因收手续费"),
        ("数码=101%", "值不对"),
        ("数码=五折", "值不对"),
        ("数码", "值不对"),
        ("数码=5%\n数码=6%", "编号重复"),
    ],
)
def test_a_row_that_may_not_be_is_refused_beside_its_entry(shop, person, rows, said):
    finance = person("f01")
    answer = finance.post(NEW, form(finance) | {"kept_fees": rows, "act": "preview"})
    assert answer.status_code == 422 and said in text(answer)
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize(
    "rows",
    [
        {"数码": {"kind": "restocking", "bp": 550}},
        {"*/other": {"kind": "cancellation", "unit_fen": 300, "line_fen": 1000}},
        {"电脑/配件": {"kind": "restocking", "bp": 1}},
    ],
)
def test_what_the_form_shows_reads_back_the_same(rows):
    assert fee_rows.read(fee_rows.shown(rows)) == rows


def test_why_it_may_is_folded_on_the_preview_and_on_the_refund(shop, person):
    browser, sale = person("c01"), shop.sell()
    told = re.compile(r'<details class="fold fors">.*?</details>', re.S)
    found = told.search(preview(browser, sale).content.decode())
    assert found and "小票在，没有作废" in found[0] and "不用第二个人审批" in found[0]
    ask(browser, sale)
    page = browser.get(f"/refunds/{Refund.objects.get().refund_no}/").content.decode()
    found = told.search(page)
    assert found and "条舞弊规则都看过" in found[0]
    assert "小票在，没有作废" not in page.replace(found[0], "")
