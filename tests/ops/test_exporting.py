"""Files for accounting programs: numbers that stay, bytes that repeat, and each profile against its golden file."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.books import audit, chart, exports, layouts, ledger, shops
from sudapos.books.exports import Batch, ExportedEntry, VoucherNo, Wish
from sudapos.books.ledger import Entry, Posted
from sudapos.core import journal
from sudapos.core.outcome import Route
from sudapos.core.profiles import BUILT_IN, Column
from sudapos.core.refusal import Conflict, Forbidden, Invalid, NotFound, Refusal
from sudapos.ops import exporting

GOLDEN = Path(__file__).parent / "golden"
DAY = date(2026, 11, 23)
AT = datetime(2026, 11, 25, 2, tzinfo=UTC)
NOVEMBER = Wish(since=date(2026, 11, 1), until=date(2026, 11, 30))


def post(*drafts: journal.Draft, day: date = DAY, store: str = "S01") -> None:
    ledger.post([Posted(draft, day, store, "T1") for draft in drafts], at=AT)


@pytest.fixture
def books(shop):
    """Six entries over two days and two stores: a sale with a number that looks like a formula among them."""
    post(
        journal.sale_paid("S01-T1-0001", [("wechatpay", 11300)], [(10000, 1300)]),
        journal.sale_paid("S01-T1-0002", [("cash", 1999)], [(1769, 230)]),
        journal.refund_promised("R261123000001", 3333, 383),
    )
    post(
        journal.refund_settled("R261123000001", "wechatpay", 3333, route=Route.REFUND),
        journal.sale_paid("=1+1", [("cash", 500)], [(500, 0)]),
        day=DAY + timedelta(days=1),
    )
    post(journal.sale_paid("S02-T1-0001", [("cash", 113)], [(100, 13)]), store="S02")
    return shop


def export(wish: Wish = NOVEMBER, profile: str = "generic_csv", **choices: str) -> exporting.File:
    return exporting.export(wish, layouts.profile(profile), by="f01", at=AT, **choices)


def rows(file: exporting.File) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))


def cells(content: bytes) -> list[list[str]]:
    """What stands in a workbook, read from its XML: texts as they are, numbers as they were written."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
        shared = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        texts = ["".join(t.text or "" for t in si.iter(f"{{{space['x']}}}t")) for si in shared]
        page = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    assert page.findall(".//x:f", space) == [], "no cell is a formula"
    found: list[list[str]] = []
    for row in page.iterfind(".//x:row", space):
        line = {}
        for cell in row.iterfind("x:c", space):
            value = cell.findtext("x:v", "", space)
            column = "".join(letter for letter in cell.attrib["r"] if letter.isalpha())
            line[column] = texts[int(value)] if cell.get("t") == "s" else value
        found.append([line.get(letter, "") for letter in columns(line)])
    return found


def columns(line: dict[str, str]) -> list[str]:
    def place(name: str) -> int:
        number = 0
        for letter in name:
            number = number * 26 + ord(letter) - 64
        return number

    last = max(map(place, line))
    return [chr(64 + n) if n <= 26 else "A" + chr(64 + n - 26) for n in range(1, last + 1)]


# ── golden files ──


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_profile_writes_its_golden_file(books, name):
    file = export(profile=name)
    kind = BUILT_IN[name].kinds[0]
    if kind == "xlsx":
        told = "".join("\t".join(row) + "\n" for row in cells(file.content))
    else:
        told = file.content.decode(BUILT_IN[name].encodings[0]).replace("\r\n", "\n")
    assert told == (GOLDEN / f"{name}.{kind}.txt").read_text("utf-8")
    assert file.name == f"journal-2026-11-01-2026-11-30-{name}.{kind}"


def test_csv_begins_with_a_bom_and_u8_is_gbk_without_blank_lines(books):
    assert export().content.startswith(b"\xef\xbb\xbf")
    text = export(profile="yonyou_u8_txt").content
    lines = text.decode("gbk").split("\r\n")
    assert lines[0] == "填制凭证,V800" and lines[-1] == "" and all(lines[:-1])
    assert {line.count(",") for line in lines[1:-1]} == {20}
    assert export(profile="yonyou_u8_txt", encoding="utf-8").content.decode("utf-8") == text.decode("gbk")
    assert export(encoding="gbk").content.decode("gbk") == export().content.decode("utf-8-sig")


def test_a_workbook_holds_the_same_cells_as_the_csv_and_no_formula(books):
    plain = list(csv.reader(io.StringIO(export().content.decode("utf-8-sig"))))
    book = cells(export(kind="xlsx").content)
    assert [[show(cell) for cell in row] for row in book] == [
        [show(cell) for cell in row[: len(other)]] for row, other in zip(plain, book, strict=True)
    ]
    assert any(row[4].endswith("=1+1") for row in book)


def show(cell: str) -> str:
    """Numbers alike, however many decimals were written."""
    try:
        return f"{float(cell):.2f}"
    except ValueError:
        return cell


def test_a_memo_that_is_a_formula_leaves_harmless(books):
    post(
        journal.Draft(
            recipe="J01",
            business_no="=1+1",
            memo="=1+1",
            postings=journal.sale_paid("x", [("cash", 5)], [(5, 0)]).postings,
        )
    )
    assert "'=1+1" in {row["摘要"] for row in rows(export())}
    assert "'=1+1" in {row[4] for row in cells(export(kind="xlsx").content)}


# ── numbers and bytes ──


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_same_entries_make_the_same_bytes_again_seconds_later(books, kind):
    first = export(kind=kind)
    time.sleep(2.1)  # a zip file counts in steps of two seconds
    again = export(kind=kind)
    assert again.content == first.content and again.batch.digest == first.batch.digest
    assert (first.repeated, again.repeated) == (0, 6)
    assert [batch.pk for batch in exports.batches()] == [again.batch.pk, first.batch.pk]


def test_numbers_run_by_month_and_day_and_stay_when_entries_come_later(books):
    first = {row["摘要"]: row["凭证号"] for row in rows(export())}
    assert list(first.values()) == ["1", "2", "3", "4", "5", "6"]
    post(journal.sale_paid("late", [("cash", 7)], [(7, 0)]), day=DAY)  # dated before what was exported
    post(journal.sale_paid("december", [("cash", 7)], [(7, 0)]), day=date(2026, 12, 1))
    after = rows(export(Wish(since=DAY, until=date(2026, 12, 31))))
    again = {row["摘要"]: row["凭证号"] for row in after}
    assert {memo: again[memo] for memo in first} == first
    assert (again["现金销售 late"], again["现金销售 december"]) == ("7", "1")


def test_the_number_of_an_entry_is_the_same_whatever_period_is_asked_for(books):
    narrow = rows(export(Wish(since=DAY + timedelta(days=1), until=DAY + timedelta(days=1))))
    assert {row["凭证号"] for row in narrow} == {"1", "2"}
    whole = {row["摘要"]: row["凭证号"] for row in rows(export())}
    assert {row["摘要"]: row["凭证号"] for row in narrow}.items() <= whole.items()


def test_a_day_is_summed_by_store_and_recipe_and_names_its_documents(books):
    post(journal.sale_paid("S01-T1-0003", [("cash", 100)], [(100, 0)]))
    file = export(Wish(since=DAY, until=DAY, grouping="day"))
    told = rows(file)
    cash = [row for row in told if "现金销售" in row["摘要"] and row["核算项目"] == "S01"]
    assert {row["摘要"] for row in cash} == {"现金销售 2笔 S01-T1-0002–S01-T1-0003"}
    assert [(row["科目代码"], row["借方金额"], row["贷方金额"]) for row in cash] == [
        ("1001", "20.99", ""),
        ("5001", "", "18.69"),
        ("2221.01", "", "2.30"),
    ]
    assert file.batch.vouchers == 4 and file.batch.entries == 5
    # what comes in later makes a voucher of its own: the one that was given away stays as it is
    post(journal.sale_paid("S01-T1-0004", [("cash", 9)], [(9, 0)]))
    again = rows(export(Wish(since=DAY, until=DAY, grouping="day")))
    assert again[: len(told)] == told
    assert {row["摘要"] for row in again[len(told) :]} == {"现金销售 1笔 S01-T1-0004"}


def test_a_day_whose_entries_cancel_out_is_no_voucher(shop):
    sale = journal.sale_paid("S-1", [("cash", 100)], [(100, 0)])
    post(sale, sale.reverse())
    with pytest.raises(Refusal) as refused:
        export(Wish(since=DAY, until=DAY, grouping="day"))
    assert refused.value.code == "nothing_to_export"
    assert len(rows(export())) == 4


def test_long_numbers_still_fit_into_the_memo_of_a_day(shop):
    post(*(journal.sale_paid(f"{n}" * 60, [("cash", 5)], [(5, 0)]) for n in (1, 2)))
    [memo] = {row["摘要"] for row in rows(export(Wish(since=DAY, until=DAY, grouping="day")))}
    assert len(memo) <= 60 and memo.startswith("现金销售 2笔 111") and memo.endswith("222")


def test_a_flag_for_the_accountant_survives_the_summing(shop):
    post(journal.to_confirm(journal.refund_promised("R1", 100, 0, earlier_year=True)))
    [memo] = {row["摘要"] for row in rows(export(Wish(since=DAY, until=DAY, grouping="day")))}
    assert memo.startswith("待确认·以前年度 跨年退款")


def test_the_chart_and_the_style_are_applied_on_the_way_out_and_no_row_changes(books):
    chart.put({"revenue": ("500101", "商品销售收入")}, operator=books.f01, at=AT)
    row = shops.merchant()
    row.rules = {"journal_style": "DEBIT"}
    row.save()
    told = [row for row in rows(export()) if row["摘要"].endswith("R261123000001")]
    assert [(x["科目代码"], x["科目名称"], x["借方金额"], x["贷方金额"]) for x in told[:3]] == [
        ("500101", "商品销售收入", "29.50", ""),
        ("2221.01", "应交增值税-销项", "3.83", ""),
        ("2241.01", "应退客户款", "", "33.33"),
    ]
    assert exports.batches()[0].options["style"] == "DEBIT"
    assert set(ledger.Line.objects.filter(name="主营业务收入").values_list("account", flat=True)) == {"5001"}


# ── what is refused ──


def test_an_empty_period_gives_no_file_and_no_batch(books):
    with pytest.raises(Refusal) as refused:
        export(Wish(since=date(2020, 1, 1), until=date(2020, 1, 2)))
    assert refused.value.code == "nothing_to_export"
    assert not Batch.objects.exists() and not VoucherNo.objects.exists()


@pytest.mark.parametrize(
    ("wish", "code", "place"),
    [
        ({"until": date(2020, 1, 1)}, "period_backwards", ()),
        ({"grouping": "week"}, "input_invalid", ("grouping",)),
        ({"grouping": "day", "business_no": "S-1"}, "input_invalid", ("business_no",)),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish, code, place):
    with pytest.raises(Invalid) as refused:
        Wish(**{"since": DAY, "until": DAY, **wish})
    assert refused.value.code == code
    assert [error.loc for error in refused.value.errors] == ([place] if place else [])


@pytest.mark.parametrize(
    ("profile", "choices", "place"),
    [
        ("yonyou_u8_txt", {"kind": "xlsx"}, "file"),
        ("generic_csv", {"encoding": "big5"}, "encoding"),
        ("generic_csv", {"kind": "xlsx", "encoding": "gbk"}, "encoding"),
    ],
)
def test_a_file_that_a_profile_does_not_offer_is_refused(books, profile, choices, place):
    with pytest.raises(Invalid) as refused:
        export(profile=profile, **choices)
    assert [(error.loc, error.code) for error in refused.value.errors] == [((place,), "not_offered")]


def test_a_character_that_gbk_lacks_is_named(shop):
    post(journal.sale_paid("S-😀", [("cash", 5)], [(5, 0)]))
    with pytest.raises(Refusal) as refused:
        export(profile="yonyou_u8_txt")
    assert (refused.value.code, refused.value.facts["letter"]) == ("not_in_gbk", "😀")
    assert not VoucherNo.objects.exists()


def test_an_account_outside_the_chart_is_refused(books):
    entry = Entry.objects.create(
        recipe="X", business_no="X", business_date=DAY, store="S01", memo="X", posted_at=AT
    )
    for position, side in enumerate("借贷"):
        ledger.Line.objects.create(
            entry=entry, position=position, side=side, account="9999", name="别处", amount=5
        )
    with pytest.raises(Refusal) as refused:
        export()
    assert (refused.value.code, refused.value.facts["account"]) == ("voucher_account", "9999")


def test_two_codes_that_meet_after_a_change_of_the_standard_set_are_refused(books):
    chart.put({"cost": ("6001", "成本")}, operator=books.f01, at=AT)
    shops.Merchant.objects.update(rules={"account_set": "enterprise"})
    with pytest.raises(Invalid) as refused:
        export()
    assert refused.value.code == "chart_invalid"


def test_what_was_given_away_is_only_ever_added_to(books):
    export()
    for query in (
        "UPDATE books_batch SET digest = ''",
        "DELETE FROM books_exportedentry",
        "UPDATE books_voucherno SET number = number + 100",
    ):
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)
    assert ExportedEntry.objects.count() == 6


def test_an_export_is_an_audit_record_with_its_digest(books):
    file = export()
    record = audit.AuditRecord.objects.get(act="journal.exported")
    assert (record.by, record.subject_no, record.facts["profile"]) == (
        "f01",
        str(file.batch.pk),
        "generic_csv",
    )
    assert file.batch.digest.startswith(record.facts["digest"])


def test_an_export_asks_a_fixed_number_of_questions(books, django_assert_max_num_queries):
    post(*(journal.sale_paid(f"S-{n}", [("cash", 5)], [(5, 0)]) for n in range(200)))
    with django_assert_max_num_queries(16):
        export()


# ── a layout of one's own ──


def own(shop, **changes: object) -> None:
    given: dict = {
        "title": "我们的表",
        "base": "yonyou_tplus",
        "kind": "csv",
        "columns": [Column("科目", "code"), Column("借", "debit0"), Column("制单人", "text:王会计")],
    }
    layouts.put_profile("ours", **{**given, **changes}, operator=shop.f01, at=AT)


def test_a_layout_of_ones_own_reorders_renames_and_adds_columns(books):
    own(books)
    told = export(profile="ours").content.decode("utf-8-sig").splitlines()
    assert told[:2] == ["科目,借,制单人", "1122.01,113.00,王会计"]
    own(books, columns=[Column("编码", "code")], kind="xlsx")
    assert cells(export(profile="ours").content)[0] == ["编码"]
    assert [each.name for each in layouts.offered()] == [*BUILT_IN, "ours"]


def test_a_layout_that_will_not_do_is_refused(books):
    with pytest.raises(Conflict) as refused:
        layouts.put_profile(
            "generic_csv", title="x", base="generic_csv", columns=[], operator=books.f01, at=AT
        )
    assert refused.value.code == "profile_built_in"
    with pytest.raises(Invalid) as wrong:
        own(books, columns=[Column("", "moon")])
    assert [error.code for error in wrong.value.errors] == ["bad_value", "not_offered"]
    with pytest.raises(NotFound):
        own(books, base="moon")
    with pytest.raises(Forbidden):
        layouts.put_profile(
            "ours", title="x", base="generic_csv", columns=[Column("a", "code")], operator=books.c01, at=AT
        )
    with pytest.raises(NotFound):
        layouts.profile("moon")


# ── the chart ──


def test_the_chart_is_changed_by_finance_and_written_down(books):
    look = chart.put({"cash": ("100101", "现金"), "bank": ("1002", "银行存款")}, operator=books.f01, at=AT)
    assert look.code("1001") == "100101" and chart.overridden() == {"cash"}
    [record] = audit.AuditRecord.objects.filter(act="chart.changed")
    assert record.facts == {"cash": "1001 → 100101 现金"}
    assert chart.put({"cash": ("1001", "库存现金")}, operator=books.f01, at=AT).code("1001") == "1001"
    assert chart.overridden() == frozenset()


def test_two_accounts_may_change_their_codes_with_each_other(books):
    look = chart.put({"cash": ("1002", "甲"), "bank": ("1001", "乙")}, operator=books.f01, at=AT)
    assert (look.code("1001"), look.code("1002")) == ("1002", "1001")


def test_a_chart_that_will_not_do_changes_nothing(books):
    for wrong, code in (
        ({"moon": ("1", "月亮")}, "unknown_key"),
        ({"cash": ("1002", "现金")}, "code_taken"),
        ({"cash": ("1002.01", "现金")}, "code_not_a_leaf"),
    ):
        with pytest.raises(Invalid) as refused:
            chart.put(wrong, operator=books.f01, at=AT)
        assert [error.code for error in refused.value.errors] == [code]
    with pytest.raises(Forbidden):
        chart.put({"cash": ("1009", "现金")}, operator=books.m01, at=AT)
    assert chart.overridden() == frozenset()


# ── every export balances ──

amounts = st.integers(1, 99_999_999)
drafts = st.one_of(
    st.builds(lambda n: journal.sale_paid(f"S{n}", [("cash", n)], [(n - n // 10, n // 10)]), amounts),
    st.builds(lambda n: journal.sale_voided(f"V{n}", "unionpay", n, n // 9), amounts),
    st.builds(lambda n: journal.cash_refunded(f"R{n}", n, n // 9), amounts),
    st.builds(lambda n: journal.refund_promised(f"P{n}", n, n // 9), amounts),
    st.builds(lambda n: journal.fee_returned(f"F{n}", "alipay", n), amounts),
    st.builds(lambda n: journal.refund_promised(f"P{n}", n, n // 9).reverse(), amounts),
)


@settings(max_examples=25, deadline=None)
@given(
    booked=st.lists(st.tuples(drafts, st.integers(0, 2)), min_size=1, max_size=12),
    grouping=st.sampled_from(exports.GROUPINGS),
    style=st.sampled_from(["RED_CREDIT", "DEBIT"]),
)
def test_every_export_balances_voucher_by_voucher_and_as_a_whole_inv09(
    django_db_blocker, booked, grouping, style
):
    with django_db_blocker.unblock(), transaction.atomic():
        if not shops.Merchant.objects.exists():
            shops.found("x", at=AT)
        shops.Merchant.objects.update(rules={"journal_style": style})
        for draft, day in booked:
            post(draft, day=DAY + timedelta(days=day))
        try:
            told = rows(export(Wish(since=DAY, until=DAY + timedelta(days=2), grouping=grouping)))
        except Refusal as refused:
            assert refused.code == "nothing_to_export" and grouping == "day"
        else:
            by_voucher: dict[str, int] = {}
            for row in told:
                debit, credit = fen(row["借方金额"]), fen(row["贷方金额"])
                assert (debit == 0) != (credit == 0)
                assert style == "RED_CREDIT" or (debit >= 0 and credit >= 0)
                by_voucher[row["凭证号"]] = by_voucher.get(row["凭证号"], 0) + debit - credit
            assert set(by_voucher.values()) == {0}
            assert sorted(map(int, by_voucher)) == list(range(1, len(by_voucher) + 1))
        transaction.set_rollback(True)


def fen(text: str) -> int:
    return int(text.replace(".", "")) if text else 0
