"""The chart of accounts: translated on the way out, checked as a whole."""

from __future__ import annotations

from datetime import date

import pytest

from sudapos.core import chart, journal
from sudapos.core.chart import Chart
from sudapos.core.journal import Posting
from sudapos.core.recipes import ACCOUNT_SETS, ENTERPRISE, SMALL_ENTERPRISE
from sudapos.core.refusal import Invalid
from sudapos.core.rules import Rules

STANDARD = SMALL_ENTERPRISE.codes


def codes(**own: tuple[str, str]) -> dict[str, tuple[str, str]]:
    return {**STANDARD, **own}


@pytest.mark.parametrize("name", ACCOUNT_SETS)
def test_each_standard_set_is_a_whole_chart(name):
    assert list(chart.faults(ACCOUNT_SETS[name].codes)) == []


def test_a_line_leaves_with_the_merchants_code_and_name():
    own = Chart(codes=codes(wechatpay=("112201", "应收-微信")))
    line = Posting(side="贷", account="1122.01", name="微信待结算", amount=-5)
    assert own.shown(line) == Posting(side="贷", account="112201", name="应收-微信", amount=-5)
    assert (own.internal("112201"), own.internal("1001")) == ("1122.01", "1001")


def test_an_account_that_nobody_mapped_stays_as_it_is():
    line = Posting(side="借", account="9999", name="别处", amount=5)
    assert Chart(codes=STANDARD).shown(line) == line
    assert Chart(codes=STANDARD).internal("9999") == "9999"


def test_the_other_standard_set_is_only_another_way_to_show_the_same_rows():
    line = Posting(side="贷", account="5001", name="主营业务收入", amount=100)
    assert Chart(codes=ENTERPRISE.codes).shown(line).account == "6001"


@pytest.mark.parametrize(
    ("one", "other", "above"),
    [
        ("1122", "1122.01", True),
        ("1122.01", "1122.01.003", True),
        ("1122", "112201", True),
        ("1122", "112201.02", True),
        ("1122.1", "1122.10", False),
        ("1122.01", "1122.02", False),
        ("1122.01", "1122", False),
        ("1001", "1001", False),
        ("112201", "112202", False),
        ("11", "1122", False),
        ("1001", "1002.1001", False),
    ],
)
def test_which_account_stands_above_which(one, other, above):
    assert chart.is_above(one, other) is above


@pytest.mark.parametrize(
    ("own", "place", "code"),
    [
        ({"cash": ("10 01", "库存现金")}, ("cash", "code"), "not_a_code"),
        ({"cash": ("1001.", "库存现金")}, ("cash", "code"), "not_a_code"),
        ({"cash": ("", "库存现金")}, ("cash", "code"), "not_a_code"),
        ({"cash": ("１００１", "库存现金")}, ("cash", "code"), "not_a_code"),
        ({"cash": ("1001.0001.000001", "库存现金")}, ("cash", "code"), "not_a_code"),
        ({"bank": ("1001", "银行存款")}, ("bank", "code"), "code_taken"),
        ({"fee": ("1001.01", "手续费")}, ("cash", "code"), "code_not_a_leaf"),
        ({"fee": ("100101", "手续费")}, ("cash", "code"), "code_not_a_leaf"),
        ({"fee": ("5603", " ")}, ("fee", "name"), "bad_value"),
        ({"fee": ("5603", "手" * 41)}, ("fee", "name"), "bad_value"),
    ],
)
def test_what_will_not_do_is_named(own, place, code):
    assert [(fault.loc, fault.code) for fault in chart.faults(codes(**own))] == [(place, code)]


def test_a_whole_scheme_of_4_3_3_will_do():
    own = {
        key: (f"{code.replace('.', '0')}", name) if "." in code else (code, name)
        for key, (code, name) in STANDARD.items()
    }
    assert own["wechatpay"][0] == "1122001"
    assert list(chart.faults(own)) == []


@pytest.mark.parametrize(
    ("account_set", "sold", "today", "asks"),
    [
        ("enterprise", date(2025, 12, 31), date(2026, 4, 29), True),
        ("enterprise", date(2025, 12, 31), date(2026, 4, 30), False),
        ("enterprise", date(2024, 12, 31), date(2026, 1, 1), False),
        ("enterprise", date(2026, 1, 1), date(2026, 1, 2), False),
        ("small_enterprise", date(2025, 12, 31), date(2026, 1, 1), False),
    ],
)
def test_the_accountant_is_asked_about_last_year_until_the_report_is_out(account_set, sold, today, asks):
    rules = Rules(account_set=account_set)
    assert journal.may_adjust_last_year(sold, today, rules) is asks


def test_the_day_of_the_report_is_the_merchants():
    early = Rules(account_set="enterprise", annual_report_date="03-31")
    assert not journal.may_adjust_last_year(date(2025, 5, 1), date(2026, 4, 1), early)


@pytest.mark.parametrize("wrong", ["4-30", "02-29", "13-01", "04-31", "", 430, "０４-30", None])
def test_a_day_that_not_every_year_has_is_no_day_of_the_report(wrong):
    with pytest.raises(Invalid) as refused:
        Rules(annual_report_date=wrong)
    assert [(e.loc, e.code) for e in refused.value.errors] == [
        (("annual_report_date",), "not_a_day_of_the_year")
    ]


def test_an_entry_for_the_accountant_says_so_before_its_title_and_keeps_its_number():
    entry = journal.to_confirm(journal.refund_promised("R1", 11300, 1300, earlier_year=True))
    assert (entry.recipe, entry.memo) == ("J08", "待确认·以前年度 跨年退款(冲减当期) R1")
    long = journal.to_confirm(journal.refund_promised("9" * 58, 10, 0, earlier_year=True))
    assert long.memo.endswith("9" * 58) and len(long.memo) == 60
