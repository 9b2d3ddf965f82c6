"""Columns, guards and checks of files for accounting programs."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import profiles, sheets
from sudapos.core.chart import Chart
from sudapos.core.profiles import BUILT_IN, FILLS, Column
from sudapos.core.recipes import SMALL_ENTERPRISE
from sudapos.core.refusal import Invalid, Refusal
from sudapos.core.sheets import Money, Sheet, SheetLine

DAY = date(2026, 11, 24)
CHART = Chart(codes=SMALL_ENTERPRISE.codes)
SHEET = Sheet(
    day=DAY,
    number=7,
    memo="现金退款 R261124000001",
    store="S01",
    lines=(
        SheetLine(side="贷", code="5001", name="主营业务收入", amount=-10000),
        SheetLine(side="贷", code="2221.01", name="应交增值税-销项", amount=-1300),
        SheetLine(side="贷", code="1001", name="库存现金", amount=11300),
    ),
)
DOMAIN = {
    "kingdee_simple": "凭证日期 凭证字 凭证号 附件数 摘要 科目代码 科目名称 借方金额 贷方金额 核算项目",
    "generic_csv": "凭证日期 凭证字 凭证号 附件数 摘要 科目代码 科目名称 借方金额 贷方金额 核算项目",
    "kingdee_kis_excel": "日期 凭证字 凭证号 附单据数 摘要 科目代码 科目名称 借方金额 贷方金额 币别 汇率 数量 单价 制单人 审核人 过账人",
    "kingdee_kis_std": (
        "FDate FYear FPeriod FGroupID FNumber FAccountNum FAccountName FCurrencyNum FCurrencyName FAmountFor FDebit FCredit"
        " FPreparerID FCheckerID FApproveID FCashierID FHandler FSettleTypeID FSettleNo FExplanation FQuantity FMeasureUnitID"
        " FUnitPrice FReference FTransDate FTransNo FAttachments FSerialNum FObjectName FParameter FExchangeRate FEntryID FItem"
        " FPosted FInternalInd FCashFlow"
    ),
    "yonyou_tplus": "凭证日期 凭证号 附单据数 摘要 科目编码 辅助项 借方金额 贷方金额",
    "yonyou_u8_txt": (
        "制单日期 凭证类别字 业务号 附单据数 摘要 科目编码 金额借方 金额贷方 数量 外币 汇率 制单人 结算方式 票号 发生日期"
        " 部门编码 个人编码 客户编码 供应商编码 业务员 项目编码"
    ),
}


@pytest.mark.parametrize("name", DOMAIN)
def test_a_profile_has_the_columns_of_domain_4_5_in_their_order(name):
    assert profiles.headings(BUILT_IN[name]) == DOMAIN[name].split()
    assert list(profiles.faults(BUILT_IN[name].columns)) == []


def test_every_profile_of_the_domain_comes_with_the_program():
    assert set(BUILT_IN) == set(DOMAIN)


def test_everything_that_fills_a_column_gives_a_cell():
    own = replace(
        BUILT_IN["generic_csv"],
        columns=(*(Column(name, name) for name in FILLS), Column("制单人", "text:王会计")),
    )
    [first, *_] = profiles.table(own, [SHEET])
    told = dict(zip([*FILLS, "制单人"], first, strict=True))
    assert told == {
        "date": "2026-11-24", "year": 2026, "period": 11, "word": "记", "number": 7, "serial": 1, "entry": 0,
        "memo": "现金退款 R261124000001", "code": "5001", "name": "主营业务收入", "debit": "", "credit": Money(-10000),
        "debit0": Money(0), "credit0": Money(-10000), "amount": Money(-10000), "store": "S01",
        "zero": 0, "one": 1, "empty": "", "制单人": "王会计",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["=1+1", "+86", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1", "＋1", "－1", "＠a"]
)
def test_a_text_that_looks_like_a_formula_gets_an_apostrophe_and_an_amount_does_not(text):
    assert sheets.guard(text) == "'" + text.replace("\t", " ").replace("\r", " ")
    evil = replace(SHEET, memo=text, store=text)
    rows = profiles.table(BUILT_IN["generic_csv"], [evil])
    assert {row[4] for row in rows} == {row[9] for row in rows} == {sheets.guard(text)}
    assert [row[8] for row in rows] == [Money(-10000), Money(-1300), Money(11300)]


@pytest.mark.parametrize("text", ["微信 S-1", "5-1", "", "'=1", "a=b", "—"])
def test_an_honest_text_stays_as_it_is(text):
    assert sheets.guard(text) == text


@given(st.text(max_size=90))
def test_a_memo_fits_with_its_guard_whatever_it_says(text):
    fitted = sheets.fit(text)
    assert len(sheets.guard(fitted)) <= 60
    assert fitted == text or fitted.endswith(text[-29:])
    assert not sheets.guard(fitted).startswith(sheets.FORMULA)
    assert not set(sheets.guard(fitted)) & set("\r\n\t\0")


def line(amount: int, *, side: str = "借", code: str = "1001") -> SheetLine:
    return SheetLine(side=side, code=code, name="x", amount=amount)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (replace(SHEET, day=date(2026, 12, 1)), "voucher_outside"),
        (replace(SHEET, lines=SHEET.lines[:2]), "voucher_off"),
        (replace(SHEET, lines=(*SHEET.lines, line(0))), "voucher_line_empty"),
        (replace(SHEET, lines=(line(5), line(5, side="贷", code="1122"))), "voucher_account"),
        (replace(SHEET, memo="摘" * 61), "voucher_memo"),
        (replace(SHEET, memo="=" + "摘" * 59), "voucher_memo"),
    ],
)
def test_what_an_importing_program_would_refuse_is_refused_before(wrong, code):
    with pytest.raises(Refusal) as refused:
        sheets.check([SHEET, wrong], chart=CHART, since=date(2026, 11, 1), until=date(2026, 11, 30))
    assert refused.value.code == code


def test_an_account_with_others_below_it_is_no_leaf():
    own = Chart(codes={**SMALL_ENTERPRISE.codes, "cash": ("1122", "应收")})
    with pytest.raises(Refusal) as refused:
        sheets.check([replace(SHEET, lines=(line(5, code="1122"), line(5, side="贷", code="5001")))],
                     chart=own, since=DAY, until=DAY)  # fmt: skip
    assert (refused.value.code, refused.value.facts["account"]) == ("voucher_not_leaf", "1122")


def test_rows_of_one_voucher_stand_together():
    sheets.check_rows([(DAY, 1), (DAY, 1), (DAY, 2)])
    with pytest.raises(Refusal) as refused:
        sheets.check_rows([(DAY, 1), (DAY, 2), (DAY, 1)])
    assert (refused.value.code, refused.value.facts) == ("voucher_torn", {"number": "2026-11 记-1"})


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        ((), [(("columns",), "empty")]),
        ((Column(" ", "date"),), [(("columns", 0, "heading"), "bad_value")]),
        ((Column("甲", "date"), Column("甲", "memo")), [(("columns", 1, "heading"), "heading_twice")]),
        ((Column("甲", "moon"),), [(("columns", 0, "fills"), "not_offered")]),
        ((Column("甲", "text:"),), []),
    ],
)
def test_a_layout_of_ones_own_is_checked(columns, faults):
    assert [(fault.loc, fault.code) for fault in profiles.faults(columns)] == faults


def test_a_choice_is_one_of_those_offered_or_the_first():
    assert profiles.chosen("", ("csv", "xlsx"), "file") == "csv"
    assert profiles.chosen("xlsx", ("csv", "xlsx"), "file") == "xlsx"
    with pytest.raises(Invalid):
        profiles.chosen("pdf", ("csv", "xlsx"), "file")
