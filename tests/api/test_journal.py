"""GET /journal and what stands below it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from sudapos.books import staff
from sudapos.books.exports import Batch
from sudapos.books.shops import Merchant
from sudapos.core.profiles import BUILT_IN
from tests.cast import Shop

from .conftest import Caller, faults, problem


def test_journal_and_balances(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})
    told = api.get(f"/journal?business_no={refund.refund_no}").json()["items"]
    assert [(entry["recipe"], entry["till"], entry["exported_in"]) for entry in told] == [
        ("J05a", "T1", None)
    ]
    assert told[0]["lines"] == [
        {"side": "贷", "account": "5001", "name": "主营业务收入", "amount": -1769},
        {"side": "贷", "account": "2221.01", "name": "应交增值税-销项", "amount": -230},
        {"side": "贷", "account": "2241.01", "name": "应退客户款", "amount": 1999},
    ]
    balances = api.get("/journal/balances").json()
    assert balances["off"] == 0
    assert {b["account"]: b["balance"] for b in balances["items"]}["2241.01"] == -1999
    table = api.get("/journal?format=generic_csv").content.decode("utf-8-sig").splitlines()
    assert table[0].startswith("凭证日期,凭证字") and len(table) == 1 + 3 + 3
    assert (
        api.get(f"/journal?business_no={refund.refund_no}").json()["items"][0]["exported_in"]
        == Batch.objects.get().pk
    )


@pytest.mark.parametrize("form", BUILT_IN)
def test_every_profile_is_offered(shop: Shop, api: Caller, form: str) -> None:
    shop.sell("S-1")
    answer = api.get(f"/journal?format={form}")
    assert answer.status_code == 200
    kind = BUILT_IN[form].kinds[0]
    assert answer["Content-Disposition"].endswith(f'-{form}.{kind}"')
    batch = Batch.objects.get()
    assert (answer["Sudapos-Batch"], answer["Sudapos-Exported-Before"]) == (str(batch.pk), "0")
    assert answer["Sudapos-Digest"] == batch.digest
    again = api.get(f"/journal?format={form}")
    assert again.content == answer.content
    assert (again["Sudapos-Batch"], again["Sudapos-Exported-Before"]) == (str(batch.pk + 1), "1")


def test_a_form_that_is_not_offered_says_so(api: Caller) -> None:
    answer = api.get("/journal?format=pdf")
    assert problem(answer) == (422, "format_not_offered")
    assert answer.json()["hint"] == f"请使用 json, {', '.join(BUILT_IN)}"


def test_days_narrow_the_journal_and_include_both_ends(shop: Shop, api: Caller) -> None:
    sale = shop.sell("S-1")
    day = sale.business_date.isoformat()
    assert len(api.get(f"/journal?from={day}&to={day}").json()["items"]) == 1
    assert api.get("/journal?to=2001-01-01").json() == {"items": [], "next_cursor": None}
    assert faults(api.get("/journal?from=yesterday")) == [(["from"], "wrong_type")]
    assert faults(api.get("/journal/balances?at=x")) == [(["at"], "wrong_type")]
    for form in ("kingdee_simple", "generic_csv"):
        assert faults(api.get(f"/journal?format={form}&to=x")) == [(["to"], "wrong_type")]
    assert problem(api.get("/journal?format=generic_csv&to=2001-01-01&from=2000-01-01")) == (
        422,
        "nothing_to_export",
    )
    assert problem(api.get("/journal?format=generic_csv&from=2001-01-02&to=2001-01-01")) == (
        422,
        "period_backwards",
    )


def test_an_empty_journal_has_nothing_to_export(api: Caller) -> None:
    assert problem(api.get("/journal?format=generic_csv")) == (422, "nothing_to_export")


def test_a_file_needs_an_act_of_its_own(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    _, secret = staff.create_key("reader", acts=["see_journal"], at=shop.at)
    reader = Caller(secret)
    assert reader.get("/journal").status_code == 200
    assert problem(reader.get("/journal?format=generic_csv")) == (403, "may_not")
    assert not Batch.objects.exists()
    _, secret = staff.create_key("books", acts=["export_journal"], at=shop.at)
    assert Caller(secret).get("/journal?format=generic_csv").status_code == 200
    assert Batch.objects.get().by == "books"


def test_file_grouping_and_encoding_are_chosen(shop: Shop, api: Caller) -> None:
    for no in ("S-1", "S-2"):
        shop.sell(no)
    shop.sell("S-3", store="S02")
    day = api.get("/journal?format=generic_csv&grouping=day&store=S01&encoding=gbk")
    rows = list(csv.DictReader(io.StringIO(day.content.decode("gbk"))))
    assert {row["摘要"] for row in rows} == {"现金销售 2笔 S-1–S-2"}
    assert day["Content-Type"] == "text/csv; charset=gbk"
    book = api.get("/journal?format=generic_csv&file=xlsx")
    assert book.content.startswith(b"PK") and "spreadsheetml" in book["Content-Type"]
    assert faults(api.get("/journal?format=yonyou_u8_txt&file=xlsx")) == [(["file"], "not_offered")]
    assert faults(api.get("/journal?format=generic_csv&grouping=week")) == [(["grouping"], "not_offered")]
    assert faults(api.get("/journal?format=generic_csv&encoding=big5")) == [(["encoding"], "not_offered")]


def test_the_style_is_the_rules_unless_another_is_asked_for(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})

    def first(more: str = "") -> tuple[str, int]:
        line = api.get(f"/journal?business_no={refund.refund_no}{more}").json()["items"][0]["lines"][0]
        return line["side"], line["amount"]

    assert first() == first("&style=red") == ("贷", -1769)
    assert first("&style=debit") == ("借", 1769)
    Merchant.objects.update(rules={"journal_style": "DEBIT"})
    assert (first(), first("&style=red")) == (("借", 1769), ("贷", -1769))
    assert faults(api.get("/journal?style=blue")) == [(["style"], "out_of_range")]


# ── the chart and profiles ──


def chart_of(api: Caller) -> dict[str, dict[str, object]]:
    return {item["key"]: item for item in api.get("/journal/chart").json()["items"]}


def test_the_chart_is_read_and_changed(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    assert chart_of(api)["cash"] == {
        "key": "cash",
        "internal": "1001",
        "code": "1001",
        "name": "库存现金",
        "standard_code": "1001",
        "standard_name": "库存现金",
        "own": False,
    }
    body = {"operator": "f01", "items": [{"key": "cash", "code": "100101", "name": "收银现金"}]}
    answer = api.put("/journal/chart", body)
    assert answer.status_code == 200
    assert (chart_of(api)["cash"]["code"], chart_of(api)["cash"]["own"]) == ("100101", True)
    lines = api.get("/journal").json()["items"][0]["lines"]
    assert (lines[0]["account"], lines[0]["name"]) == ("100101", "收银现金")
    assert {b["account"] for b in api.get("/journal/balances").json()["items"]} >= {"100101"}
    assert problem(api.put("/journal/chart", {**body, "operator": "m01"})) == (403, "may_not")
    wrong = {"operator": "f01", "items": [{"key": "bank", "code": "100101", "name": "银行"}]}
    answer = api.put("/journal/chart", wrong)
    assert problem(answer) == (422, "chart_invalid")
    assert [(e["loc"], e["code"]) for e in answer.json()["errors"]] == [(["bank", "code"], "code_taken")]


def test_a_reader_sees_the_chart_and_does_not_change_it(shop: Shop) -> None:
    _, secret = staff.create_key("reader", acts=["see_journal"], at=shop.at)
    reader = Caller(secret)
    assert len(reader.get("/journal/chart").json()["items"]) > 20
    assert problem(reader.put("/journal/chart", {"operator": "f01", "items": []})) == (403, "may_not")
    assert reader.get("/journal/profiles").json()["items"][0]["name"] == "generic_csv"
    body = {"operator": "f01", "title": "x", "base": "generic_csv", "columns": []}
    assert problem(reader.put("/journal/profiles/ours", body)) == (403, "may_not")


def test_a_profile_of_ones_own_is_put_and_used(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    columns = [{"heading": "科目", "fills": "code"}, {"heading": "制单", "fills": "text:赵会计"}]
    body = {
        "operator": "f01",
        "title": "我们的",
        "base": "kingdee_simple",
        "kind": "csv",
        "columns": columns,
    }
    assert api.put("/journal/profiles/ours", body).json()["files"] == ["csv", "xlsx"]
    table = api.get("/journal?format=ours").content.decode("utf-8-sig").splitlines()
    assert table == ["科目,制单", "1001,赵会计", "5001,赵会计", "2221.01,赵会计"]
    assert problem(api.put("/journal/profiles/generic_csv", body)) == (409, "profile_built_in")
    assert problem(api.put("/journal/profiles/Ours", body)) == (422, "profile_invalid")
    assert problem(api.put("/journal/profiles/ours", {**body, "base": "moon"})) == (404, "profile_not_found")
    [batch] = api.get("/journal/batches").json()["items"]
    assert (batch["profile"], batch["by"], batch["exported_before"]) == ("ours", "till", 0)


# ── reports ──


def test_reports_say_what_the_pages_say(shop: Shop, api: Caller) -> None:
    sale = shop.sell("S-1")
    refund = shop.refund(sale, lines={1: 1})
    day = sale.business_date.isoformat()
    told = api.get(f"/journal/trial?from={day}&to={day}").json()
    rows = {row["account"]: row for row in told["items"]}
    assert told["off"] == 0 and told["to_confirm"] == []
    assert (rows["5001"]["credit"], rows["5001"]["closing"]) == (5307 - 1769, -(5307 - 1769))
    sheet = api.get(f"/journal/accounts/2241.01?from={day}&to={day}").json()
    assert [(x["business_no"], x["credit"], x["balance"]) for x in sheet["items"]] == [
        (refund.refund_no, 1999, -1999)
    ]
    assert (sheet["count"], sheet["next_page"]) == (1, None)
    [drawer] = api.get(f"/journal/cash?day={day}").json()["items"]
    assert (drawer["till"], drawer["sales"], drawer["refunds"], drawer["closing"]) == ("T1", 5997, 0, 5997)
    tax = api.get(f"/journal/vat?from={day}&to={day}").json()
    assert [(x["vat_bp"], x["sold"]["tax"], x["refunded"]["tax"]) for x in tax["items"]] == [(1300, 690, 230)]
    assert (tax["movement"], tax["off"]) == (460, 0)
    later = (sale.business_date + timedelta(days=8)).isoformat()
    owed = api.get(f"/journal/owed?at={later}").json()
    assert [(x["business_no"], x["days"], x["level"]) for x in owed["items"]] == [
        (refund.refund_no, 8, "warn")
    ]
    assert owed["total"] == 1999


@pytest.mark.parametrize("path", ["trial", "accounts/1001", "vat"])
def test_a_report_of_days_in_the_wrong_order_is_refused(shop: Shop, api: Caller, path: str) -> None:
    answer = api.get(f"/journal/{path}?from=2026-02-02&to=2026-02-01")
    assert problem(answer) == (422, "period_backwards")


@pytest.mark.parametrize("path", ["trial", "accounts/1001", "vat", "cash", "owed", "chart", "batches"])
def test_a_key_without_the_journal_reads_no_report(shop: Shop, path: str) -> None:
    _, secret = staff.create_key("seller", acts=["sell"], at=shop.at)
    assert problem(Caller(secret).get(f"/journal/{path}")) == (403, "may_not")
