"""Pages of the books: trial balance, one account, drawers, VAT, what is owed; as page, file and in one's own store."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from sudapos.books import ledger, staff
from sudapos.books.ledger import Posted
from sudapos.books.shops import Store
from sudapos.core import calendar, journal
from tests.cast import PASSWORD

PAGES = ("trial", "account/1001", "cash", "vat", "owed", "exports", "chart", "columns")
REPORTS = ("trial", "account/1001", "cash", "vat", "owed")


def today(shop):
    return calendar.business_date(shop.at)


def table(browser, address: str, **asked: str) -> list[list[str]]:
    response = browser.get(f"/journal/{address}/", {**asked, "file": "csv"})
    assert response.status_code == 200 and response["Content-Disposition"].startswith("attachment; filename=")
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.fixture
def busy(shop):
    """A sale over two rates in two stores, a refund that waits, cash in two drawers."""
    shop.sell("S-1", till="T1")
    shop.sell("S-2", till="T2")
    shop.sell("S-3", store="S02", till="T1")
    shop.refund(shop.sell("S-4", channel="wechatpay"), lines={1: 1})
    return shop


def test_the_trial_balance_shows_pairs_of_columns_that_agree(busy, person):
    page = person("f01").read("/journal/trial/")
    assert "借贷相等" in page and "1001 库存现金" in page and "2241.01 应退客户款" in page
    rows = table(person("f01"), "trial")
    assert rows[0] == [
        "科目代码",
        "科目名称",
        "期初借方",
        "期初贷方",
        "本期借方",
        "本期贷方",
        "期末借方",
        "期末贷方",
    ]
    total = rows[-1]
    assert total[0] == "合计" and total[2] == total[3] and total[4] == total[5] and total[6] == total[7]
    assert ["1001", "库存现金", "0.00", "0.00", "179.91", "0.00", "179.91", "0.00"] in rows


def test_one_account_runs_to_its_balance(busy, person):
    page = person("f01").read("/journal/account/1001/")
    assert "期初余额" in page and "¥179.91" in page and "S-2" in page and "S01 · T2" in page
    rows = table(person("f01"), "account/1001")
    assert [row[-1] for row in rows[1:]] == ["0.00", "59.97", "119.94", "179.91"]


def test_a_long_account_is_paged_and_its_file_is_whole(shop, person):
    drafts = [journal.sale_paid(f"S-{n}", [("cash", 100)], [(100, 0)]) for n in range(130)]
    day = today(shop)
    ledger.post([Posted(draft, day, "S01", "T1") for draft in drafts], at=shop.at)
    browser = person("f01")
    asked = {"from": day.isoformat(), "to": day.isoformat()}
    first = browser.read("/journal/account/1001/", **asked)
    second = browser.read("/journal/account/1001/", **asked, page="2")
    assert "1 / 2" in first and "¥100.00" in first and "S-129" not in first
    assert "2 / 2" in second and "S-129" in second and "¥130.00" in second
    assert len(table(browser, "account/1001", **asked)) == 1 + 1 + 130
    assert "这段时间没有发生额" in browser.read("/journal/account/1405/")


def test_the_daily_cash_report_stands_by_store_and_till(busy, person):
    page = person("f01").read("/journal/cash/")
    assert "一号店 S01¥0.00¥119.94" in page and "二号店 S02" in page
    rows = table(person("f01"), "cash")
    assert [row[:4] for row in rows[1:]] == [
        ["S01", "T1", "0.00", "59.97"],
        ["S01", "T2", "0.00", "59.97"],
        ["S02", "T1", "0.00", "59.97"],
        ["合计", "", "0.00", "179.91"],
    ]
    assert "这一天没有现金" in person("f01").read("/journal/cash/", day="2020-01-01")


def test_vat_by_rate_agrees_with_the_account_or_says_by_how_much_not(busy, person):
    page = person("f01").read("/journal/vat/")
    assert "13%" in page and "一致" in page and "相差" not in page
    entry = journal.draft("J01", "nobody", amount=113, net=100, tax=13)
    ledger.post([Posted(entry, today(busy), "S01", "T1")], at=busy.at)
    page = person("f01").read("/journal/vat/")
    assert "与应交增值税科目的发生额相差 ¥0.13。" in page and "一致" not in page
    assert table(person("f01"), "vat")[-1][-1] == "0.13"
    odd = journal.draft("J13b", "F-1", net=4425, tax=575, amount=5000)
    ledger.post([Posted(odd, today(busy), "S01", "T1")], at=busy.at)
    assert "J13b 短款查明为漏记退款" in person("f01").read("/journal/vat/")


def test_what_is_owed_grows_old_and_leads_to_its_refund(busy, person):
    browser = person("f01")
    assert "7 天以内 · 1 单" in browser.read("/journal/owed/")
    day = today(busy)
    warned = browser.read("/journal/owed/", to=(day + timedelta(days=8)).isoformat())
    assert "超过 7 天，请催 · 1 单" in warned and "8 天" in warned
    late = browser.get("/journal/owed/", {"to": (day + timedelta(days=16)).isoformat()})
    assert b"tone-bad" in late.content and b'href="/refunds/R' in late.content
    [_, row] = table(browser, "owed", to=(day + timedelta(days=16)).isoformat())
    assert row[3:] == ["16", "19.99"]
    assert "没有欠客户的退款" in browser.read("/journal/owed/", to="2020-01-01")


@pytest.mark.parametrize("address", REPORTS)
def test_every_report_is_a_workbook_as_well(busy, person, address):
    browser = person("f01")
    one, two = (browser.get(f"/journal/{address}/", {"file": "xlsx"}) for _ in range(2))
    assert one.content.startswith(b"PK") and one.content == two.content
    assert one["Content-Type"].endswith("spreadsheetml.sheet")


def test_last_years_returns_wait_on_the_trial_balance(shop, person):
    entry = journal.to_confirm(journal.refund_promised("R-OLD", 100, 0, earlier_year=True))
    ledger.post([Posted(entry, today(shop), "S01", "T1")], at=shop.at)
    page = person("f01").read("/journal/trial/")
    assert "以前年度的退货" in page and "R-OLD" in page
    assert "以前年度的退货" not in person("f01").read("/journal/trial/", to="2020-01-01")


def test_a_person_of_one_store_sees_that_store_alone(busy, person):
    own = Store.objects.get(code="S02")
    staff.hire("f09", "郑九", ["finance"], at=busy.at, password=PASSWORD, store_id=own.pk)
    browser = person("f09")
    assert [row[:2] for row in table(browser, "cash", store="S01")[1:]] == [["S02", "T1"], ["合计", ""]]
    assert ["1001", "库存现金", "0.00", "0.00", "59.97", "0.00", "59.97", "0.00"] in table(
        browser, "trial", store="S01"
    )
    assert len(table(browser, "account/1001", store="S01")) == 3
    assert table(browser, "owed", store="S01")[1:] == []
    assert "门店</label>" not in browser.get("/journal/trial/").content.decode()
    day = today(busy)
    since, until = (day - timedelta(days=2)).isoformat(), (day + timedelta(days=2)).isoformat()
    taken = browser.post(f"/journal/exports/?from={since}&to={until}&store=S01&profile=generic_csv")
    told = taken.content.decode("utf-8-sig")
    assert "S-3" in told and "S-1" not in told


@pytest.mark.parametrize("address", PAGES)
def test_a_cashier_does_not_read_the_books_and_an_auditor_does(busy, person, address):
    assert person("c01").get(f"/journal/{address}/").status_code == 403
    assert person("a01").get(f"/journal/{address}/").status_code == 200


@pytest.mark.parametrize("address", PAGES)
def test_english_pages_speak_english(busy, person, address):
    page = person("f01").read(f"/journal/{address}/", lang="en")
    assert "Trial balance" in page and "试算平衡" not in page


@pytest.mark.parametrize(("since", "until"), [("x", "y"), ("2026-03-09", "2026-03-01"), ("", "2026-03-09")])
def test_days_that_make_no_sense_still_make_a_page(shop, person, since, until):
    page = person("f01").read("/journal/trial/", **{"from": since, "to": until})
    assert ("2026-03-01 – 2026-03-09" in page) == (until.startswith("2026"))


@pytest.mark.parametrize("address", REPORTS)
def test_every_page_asks_a_fixed_number_of_questions(shop, person, address, django_assert_max_num_queries):
    for _ in range(8):
        shop.refund(shop.sell(), lines={1: 1})
    browser = person("f01")
    with django_assert_max_num_queries(14):
        browser.get(f"/journal/{address}/")


# ── files for accounting programs ──


def test_a_file_is_looked_at_taken_and_warned_about(busy, person):
    browser = person("f01")
    day = today(busy)
    asked = {
        "from": (day - timedelta(days=2)).isoformat(),
        "to": day.isoformat(),
        "profile": "kingdee_simple",
    }
    page = browser.read("/journal/exports/", **asked)
    assert "5 张凭证，5 条分录" in page and "导出文件" in page and "以前导出过" not in page
    assert "还没有导出过" in page
    address = "/journal/exports/?" + "&".join(f"{name}={value}" for name, value in asked.items())
    taken = browser.post(address)
    assert taken.content.startswith(b"PK") and taken["Sudapos-Exported-Before"] == "0"
    page = browser.read("/journal/exports/", **asked)
    assert "其中 5 条以前导出过" in page and f"#{taken['Sudapos-Batch']}" in page and "f01" in page
    again = browser.post(address)
    assert again.content == taken.content and again["Sudapos-Exported-Before"] == "5"


def test_what_cannot_be_exported_is_said_on_the_page(busy, person):
    browser = person("f01")
    empty = {"from": "2020-01-01", "to": "2020-01-02"}
    page = browser.read("/journal/exports/", status=422, **empty, profile="generic_csv")
    assert "没有可导出的分录：2020-01-01 至 2020-01-02" in page
    wrong = browser.post("/journal/exports/?from=2020-01-01&to=2020-01-02&profile=yonyou_u8_txt&file=xlsx")
    assert wrong.status_code == 422
    assert browser.get("/journal/exports/", {"profile": "moon"}).status_code == 404
    assert "还没有导出过" in browser.read("/journal/exports/")


def test_an_auditor_looks_and_does_not_take(busy, person):
    browser = person("a01")
    assert "导出文件" not in browser.read("/journal/exports/", profile="generic_csv")
    assert browser.post("/journal/exports/?profile=generic_csv").status_code == 403


def test_the_chart_is_changed_on_its_page(busy, person):
    browser = person("f01")
    assert "小企业会计准则" in browser.read("/journal/chart/")
    response = browser.post("/journal/chart/", {"code-cash": "100101", "name-cash": "收银现金"})
    assert response.status_code == 302
    assert "已保存" in browser.read(response["Location"])
    assert "100101 收银现金" in browser.read("/journal/trial/")
    assert "¥179.91" in browser.read("/journal/account/100101/")
    wrong = browser.post("/journal/chart/", {"code-bank": "100101", "name-bank": "银行"})
    assert wrong.status_code == 422 and 'aria-invalid="true"' in wrong.content.decode()
    assert "100101" in wrong.content.decode()
    assert person("a01").post("/journal/chart/", {"code-cash": "1001"}).status_code == 403
    assert "保存科目对照" not in person("a01").read("/journal/chart/")


def test_columns_of_ones_own_are_made_after_a_pattern(busy, person):
    browser = person("f01")
    page = browser.get("/journal/columns/", {"like": "yonyou_tplus"}).content.decode()
    assert "辅助项 = store" in page
    made = {
        "name": "ours",
        "title": "我们的表",
        "base": "yonyou_tplus",
        "kind": "csv",
        "columns": "科目 = code\n\n制单人 = text:赵=会计\n",
    }
    response = browser.post("/journal/columns/", made)
    assert response.status_code == 302
    page = browser.get(response["Location"]).content.decode()
    assert "制单人 = text:赵=会计" in page and 'value="ours"' in page
    day = today(busy)
    since = (day - timedelta(days=2)).isoformat()
    taken = browser.post(f"/journal/exports/?from={since}&to={day}&profile=ours")
    assert taken.content.decode("utf-8-sig").splitlines()[:2] == ["科目,制单人", "1001,赵=会计"]
    for wrong in ({"columns": "科目"}, {"columns": "科目 = moon"}, {"name": "Ours!"}, {"title": ""}):
        assert browser.post("/journal/columns/", {**made, **wrong}).status_code == 422
    assert person("a01").post("/journal/columns/", made).status_code == 403


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_ends_of_the_calendar_are_no_days(shop, person, day):
    browser = person("f01")
    assert "现金日报" in browser.read("/journal/cash/", day=day)
    assert "账簿" in browser.read("/journal/", day=day)
    assert "这段时间没有发生额" in browser.read("/journal/account/1001/", page="99999999999999999")


def test_a_code_that_looks_like_a_script_is_only_text(shop, person):
    page = person("f01").get("/journal/account/%3Cscript%3E/").content.decode()
    assert "<script>" not in page.split("<main")[1]
