"""The recipes against domain §4.3 to the fen; every entry balances and repeats its business number."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import journal, recipes
from sudapos.core.journal import Draft, Posting
from sudapos.core.outcome import Route
from sudapos.core.policy import Rules
from sudapos.core.recipes import ENTERPRISE, RECIPES, SMALL_SCALE
from sudapos.core.refusal import Refusal

NO = "R20261123-0001"


def lines(entry: Draft) -> list[tuple[str, str, str, int]]:
    return [(line.side, line.account, line.name, line.amount) for line in entry.postings]


def short(entry: Draft) -> list[tuple[str, str, int]]:
    return [(line.side, line.account, line.amount) for line in entry.postings]


def book(number: str, **given: Any) -> Draft:
    return journal.draft(number, NO, **given)


# The sheet's templates, number → (how we book it, the lines that it demands).
SHEET: dict[str, tuple[Draft, list[tuple[str, str, str, int]]]] = {
    "J01": (
        journal.sale_paid(NO, [("cash", 11300)], [(10000, 1300)]),
        [
            ("借", "1001", "库存现金", 11300),
            ("贷", "5001", "主营业务收入", 10000),
            ("贷", "2221.01", "应交增值税-销项", 1300),
        ],
    ),
    "J01c": (
        book("J01c", cost=6000),
        [("借", "5401", "主营业务成本", 6000), ("贷", "1405", "库存商品", 6000)],
    ),
    "J02": (
        journal.sale_paid(NO, [("wechatpay", 11300)], [(10000, 1300)]),
        [
            ("借", "1122.01", "微信待结算", 11300),
            ("贷", "5001", "主营业务收入", 10000),
            ("贷", "2221.01", "应交增值税-销项", 1300),
        ],
    ),
    "J03": (
        journal.channel_settled(NO, "wechatpay", amount=11300, fee=68),
        [
            ("借", "1002", "银行存款", 11232),
            ("借", "5603", "财务费用-手续费", 68),
            ("贷", "1122.01", "微信待结算", 11300),
        ],
    ),
    "J04": (
        journal.cash_refunded(NO, 11300, 1300),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -1300),
            ("贷", "1001", "库存现金", 11300),
        ],
    ),
    "J05a": (
        journal.refund_promised(NO, 11300, 1300),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -1300),
            ("贷", "2241.01", "应退客户款", 11300),
        ],
    ),
    "J05b": (
        journal.refund_settled(NO, "wechatpay", 11300, route=Route.REFUND),
        [("借", "2241.01", "应退客户款", 11300), ("贷", "1122.01", "微信待结算", 11300)],
    ),
    "J05c": (
        journal.fee_returned(NO, "wechatpay", 68),
        [("借", "1122.01", "微信待结算", 68), ("借", "5603", "财务费用-手续费", -68)],
    ),
    "J05d": (book("J05d"), []),
    "J05e": (
        journal.refund_undone(NO, 11300, 1300),
        [
            ("贷", "5001", "主营业务收入", 10000),
            ("贷", "2221.01", "应交增值税-销项", 1300),
            ("贷", "2241.01", "应退客户款", -11300),
        ],
    ),
    "J06a": (
        book("J06a", net=2950, tax=383, amount=3333),
        [
            ("贷", "5001", "主营业务收入", -2950),
            ("贷", "2221.01", "应交增值税-销项", -383),
            ("贷", "2241.01", "应退客户款", 3333),
        ],
    ),
    "J06b": (
        book("J06b", channel="wechatpay", amount=3333),
        [("借", "2241.01", "应退客户款", 3333), ("贷", "1122.01", "微信待结算", 3333)],
    ),
    "J07": (
        book("J07", cost=6000),
        [("借", "1405", "库存商品", 6000), ("借", "5401", "主营业务成本", -6000)],
    ),
    "J07b": (
        book("J07b", cost=6000),
        [("借", "1901", "待处理财产损溢", 6000), ("借", "5401", "主营业务成本", -6000)],
    ),
    "J08": (
        book("J08", net=10000, tax=1300, amount=11300),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -1300),
            ("贷", "2241.01", "应退客户款", 11300),
        ],
    ),
    "J09": (
        book("J09", net=10000, tax=100, amount=10100, accounts=SMALL_SCALE),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税", -100),
            ("贷", "1001", "库存现金", 10100),
        ],
    ),
    "J10": (
        book("J10", net=10000, tax=600, amount=10600),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -600),
            ("贷", "2241.01", "应退客户款", 10600),
        ],
    ),
    "J11": (
        journal.refund_settled(NO, "wechatpay", 11300, route=Route.TRANSFER),
        [("借", "2241.01", "应退客户款", 11300), ("贷", "1002", "银行存款", 11300)],
    ),
    "J12a": (
        journal.refund_bounced(NO, "wechatpay", 11300, route=Route.REFUND),
        [("借", "1122.01", "微信待结算", 11300), ("贷", "2241.01", "应退客户款", 11300)],
    ),
    "J12b": (
        book("J12b", amount=11300),
        [("借", "2241.01", "应退客户款", 11300), ("贷", "1002", "银行存款", 11300)],
    ),
    "J13a": (
        book("J13a", channel="wechatpay", amount=5000),
        [("借", "1221.09", "待查渠道短款", 5000), ("贷", "1122.01", "微信待结算", 5000)],
    ),
    "J13b": (
        book("J13b", net=4425, tax=575, amount=5000),
        [
            ("贷", "5001", "主营业务收入", -4425),
            ("贷", "2221.01", "应交增值税-销项", -575),
            ("贷", "1221.09", "待查渠道短款", 5000),
        ],
    ),
    "J14a": (
        book("J14a", channel="wechatpay", amount=3000),
        [("借", "1122.01", "微信待结算", 3000), ("贷", "2241.09", "待查渠道长款", 3000)],
    ),
    "J14b": (
        book("J14b", channel="wechatpay", amount=3000),
        [("借", "2241.09", "待查渠道长款", 3000), ("贷", "1122.01", "微信待结算", 3000)],
    ),
    "J15b": (
        book("J15b", amount=1200),
        [("借", "1221.02", "其他应收款-收银员", 1200), ("贷", "1901", "待处理财产损溢", 1200)],
    ),
    "J15c": (
        book("J15c", amount=1200),
        [("借", "5711", "营业外支出", 1200), ("贷", "1901", "待处理财产损溢", 1200)],
    ),
    "J16b": (
        book("J16b", amount=800),
        [("借", "1901", "待处理财产损溢", 800), ("贷", "5301", "营业外收入", 800)],
    ),
    "J17a": (
        book("J17a", amount=100000),
        [("借", "1002", "银行存款", 100000), ("贷", "2203.01", "储值卡本金", 100000)],
    ),
    "J17b": (
        book("J17b", net=26549, tax=3451, amount=30000),
        [
            ("借", "2203.01", "储值卡本金", 30000),
            ("贷", "5001", "主营业务收入", 26549),
            ("贷", "2221.01", "应交增值税-销项", 3451),
        ],
    ),
    "J17c": (
        book("J17c", amount=70000),
        [("借", "2203.01", "储值卡本金", 70000), ("贷", "1002", "银行存款", 70000)],
    ),
    "J18a": (
        book("J18a", channel="wechatpay", amount=20000),
        [("借", "1122.01", "微信待结算", 20000), ("贷", "2241.03", "押金", 20000)],
    ),
    "J18b": (
        book("J18b", channel="wechatpay", amount=20000, returned=15800, kept=4200),
        [
            ("借", "2241.03", "押金", 20000),
            ("贷", "1122.01", "微信待结算", 15800),
            ("贷", "5301", "营业外收入", 4200),
        ],
    ),
    "J19a": (
        book("J19a", channel="wechatpay", net=8850, tax=1150, amount=10000),
        [
            ("借", "1122.01", "微信待结算", 10000),
            ("贷", "5001", "主营业务收入", 8850),
            ("贷", "2221.01", "应交增值税-销项", 1150),
        ],
    ),
    "J19b": (
        book("J19b", channel="wechatpay", net=7965, tax=1035, amount=9000),
        [
            ("贷", "5001", "主营业务收入", -7965),
            ("贷", "2221.01", "应交增值税-销项", -1035),
            ("贷", "1122.01", "微信待结算", 9000),
        ],
    ),
    "J20a": (
        journal.cash_rounded(NO, owed=3547, paid=3550),
        [
            ("借", "2241.01", "应退客户款", 3547),
            ("借", "2241.04", "退款尾差", 3),
            ("贷", "1001", "库存现金", 3550),
        ],
    ),
    "J20b": (
        journal.cash_rounded(NO, owed=8883, paid=8880),
        [
            ("借", "2241.01", "应退客户款", 8883),
            ("贷", "1001", "库存现金", 8880),
            ("贷", "2241.04", "退款尾差", 3),
        ],
    ),
    "J21": (
        journal.sale_voided(NO, "unionpay", 11300, 1300),
        [
            ("借", "1122.03", "银联待结算", -11300),
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -1300),
        ],
    ),
    "J22": (
        journal.cash_refunded(NO, 2000, 0, goodwill=True),
        [("借", "5601", "销售费用-客诉补偿", 2000), ("贷", "1001", "库存现金", 2000)],
    ),
    "J22a": (
        journal.refund_promised(NO, 2000, 0, goodwill=True),
        [("借", "5601", "销售费用-客诉补偿", 2000), ("贷", "2241.01", "应退客户款", 2000)],
    ),
    "J22e": (
        journal.refund_undone(NO, 2000, 0, goodwill=True),
        [("借", "5601", "销售费用-客诉补偿", -2000), ("贷", "2241.01", "应退客户款", -2000)],
    ),
}
SHEET |= {
    "J03f": (
        book("J03f", channel="alipay", fee=68),
        [("借", "5603", "财务费用-手续费", 68), ("贷", "1122.02", "支付宝待结算", 68)],
    ),
    "J03b": (
        book("J03b", channel="alipay", amount=11232),
        [("借", "1002", "银行存款", 11232), ("贷", "1122.02", "支付宝待结算", 11232)],
    ),
    "J13c": (
        book("J13c", amount=5000),
        [("借", "5711", "营业外支出", 5000), ("贷", "1221.09", "待查渠道短款", 5000)],
    ),
    "J13d": (
        book("J13d", channel="wechatpay", amount=5000),
        [("借", "1122.01", "微信待结算", 5000), ("贷", "1221.09", "待查渠道短款", 5000)],
    ),
    "J14c": (
        book("J14c", channel="wechatpay", amount=3000),
        [("借", "2241.09", "待查渠道长款", 3000), ("贷", "1122.01", "微信待结算", 3000)],
    ),
    "J14e": (
        book("J14e", amount=3000),
        [("借", "2241.09", "待查渠道长款", 3000), ("贷", "5301", "营业外收入", 3000)],
    ),
    "J23a": (book("J23a", amount=500), [("借", "1012.09", "在途现金", 500), ("贷", "1001", "库存现金", 500)]),
    "J23b": (book("J23b", amount=500), [("借", "1001", "库存现金", 500), ("贷", "1012.09", "在途现金", 500)]),
    "J24a": (book("J24a", amount=500), [("借", "1002", "银行存款", 500), ("贷", "1001", "库存现金", 500)]),
    "J24b": (book("J24b", amount=500), [("借", "1001", "库存现金", 500), ("贷", "1002", "银行存款", 500)]),
    "J25a": (
        book("J25a", amount=500),
        [("借", "1221.02", "其他应收款-收银员", 500), ("贷", "1001", "库存现金", 500)],
    ),
    "J26a": (
        book("J26a", amount=3998, net=3538, tax=460),
        [
            ("借", "1221.03", "应收更正款", 3998),
            ("贷", "5001", "主营业务收入", 3538),
            ("贷", "2221.01", "应交增值税-销项", 460),
        ],
    ),
    "J18c": (
        book("J18c", amount=20000, returned=15800, kept=4200),
        [
            ("借", "2241.03", "押金", 20000),
            ("贷", "2241.01", "应退客户款", 15800),
            ("贷", "5301", "营业外收入", 4200),
        ],
    ),
    "J18e": (
        book("J18e", amount=20000, returned=15800, kept=4200),
        [
            ("借", "2241.03", "押金", -20000),
            ("贷", "2241.01", "应退客户款", -15800),
            ("贷", "5301", "营业外收入", -4200),
        ],
    ),
    "J18f": (
        book("J18f", amount=500),
        [("借", "2241.03", "押金", 500), ("贷", "5301", "营业外收入", 500)],
    ),
    "J31a": (
        book("J31a", amount=500),
        [("借", "5711", "营业外支出", 500), ("贷", "2241.06", "应付赔偿款", 500)],
    ),
    "J31b": (
        book("J31b", channel="transfer", amount=500),
        [("借", "2241.06", "应付赔偿款", 500), ("贷", "1002", "银行存款", 500)],
    ),
    "J31c": (
        book("J31c", amount=500),
        [("借", "5711", "营业外支出", -500), ("贷", "2241.06", "应付赔偿款", -500)],
    ),
    "J26g": (
        book("J26g", amount=500),
        [("借", "1221.03", "应收更正款", 500), ("借", "5601", "销售费用-客诉补偿", -500)],
    ),
    "J26b": (
        book("J26b", channel="transfer", amount=500),
        [("借", "1002", "银行存款", 500), ("贷", "1221.03", "应收更正款", 500)],
    ),
    "J26c": (
        book("J26c", amount=500),
        [("借", "5711", "营业外支出", 500), ("贷", "1221.03", "应收更正款", 500)],
    ),
    "J26d": (
        journal.set_off(NO, 500),
        [("借", "2241.01", "应退客户款", 500), ("贷", "1221.03", "应收更正款", 500)],
    ),
    "J26f": (
        journal.set_off(NO, 500, user=400),
        [
            ("借", "2241.01", "应退客户款", 500),
            ("贷", "1221.03", "应收更正款", 400),
            ("贷", "5301", "营业外收入", 100),
        ],
    ),
    "J26e": (
        book("J26e", amount=500),
        [("借", "1221.03", "应收更正款", 500), ("借", "5711", "营业外支出", -500)],
    ),
    "J30a": (
        journal.refund_promised(NO, 10735, 1235, fee=journal.Fee(565, 65)),
        [
            ("贷", "5001", "主营业务收入", -10000),
            ("贷", "2221.01", "应交增值税-销项", -1300),
            ("贷", "5051", "其他业务收入", 500),
            ("贷", "2221.01", "应交增值税-销项", 65),
            ("贷", "2241.01", "应退客户款", 10735),
        ],
    ),
    "J30y": (
        journal.refund_promised(NO, 1900, 0, fee=journal.Fee(100), earlier_year=True),
        [
            ("贷", "5001", "主营业务收入", -2000),
            ("贷", "5051", "其他业务收入", 100),
            ("贷", "2241.01", "应退客户款", 1900),
        ],
    ),
    "J30e": (
        journal.refund_undone(NO, 10735, 1235, fee=journal.Fee(565, 65)),
        [
            ("贷", "5001", "主营业务收入", 10000),
            ("贷", "2221.01", "应交增值税-销项", 1300),
            ("贷", "5051", "其他业务收入", -500),
            ("贷", "2221.01", "应交增值税-销项", -65),
            ("贷", "2241.01", "应退客户款", -10735),
        ],
    ),
    "J25b": (
        book("J25b", amount=500),
        [("借", "1001", "库存现金", 500), ("贷", "1221.02", "其他应收款-收银员", 500)],
    ),
}
"""Ours, beside the sheet's: what a statement's day, its payout and its differences need."""


DRAWER = {
    "J15a": (1200, 0, [("借", "1901", "待处理财产损溢", 1200), ("贷", "1001", "库存现金", 1200)]),
    "J16a": (0, 800, [("借", "1001", "库存现金", 800), ("贷", "1901", "待处理财产损溢", 800)]),
}


@pytest.mark.parametrize("number", SHEET)
def test_a_recipe_books_what_the_sheet_says_to_the_fen(number):
    entry, expected = SHEET[number]
    assert entry.recipe == number
    assert lines(entry) == expected
    assert journal.balanced(entry)
    assert entry.memo == f"{RECIPES[number].title} {NO}"
    assert entry.business_no == NO


@pytest.mark.parametrize("number", DRAWER)
def test_a_drawer_that_is_off_waits_in_1901(number):
    expected, counted, demanded = DRAWER[number]
    entry = journal.drawer_counted(NO, expected=expected, counted=counted)
    assert entry is not None
    assert (entry.recipe, lines(entry), journal.balanced(entry)) == (number, demanded, True)


def test_a_drawer_that_is_right_books_nothing():
    assert journal.drawer_counted(NO, expected=50_000, counted=50_000) is None


CARDS = {"J17d", "J17e", "J17f", "J17g"}
"""Checked with the cards themselves, tests/books/test_cards.py and test_hand_backs.py."""


def test_every_recipe_is_checked_here_and_named_once_in_both_languages():
    assert set(RECIPES) == set(SHEET) | set(DRAWER) | CARDS | {"J19c"}
    assert len({recipe.name for recipe in RECIPES.values()}) == len(RECIPES)
    assert all(recipe.title and recipe.title_en for recipe in RECIPES.values())
    assert all(key == recipe.number for key, recipe in RECIPES.items())


# ── sales ──


def test_a_sale_with_two_tenders_and_two_rates_has_one_revenue_and_one_tax_line():
    entry = journal.sale_paid(
        NO,
        [("cash", 2000), ("alipay", 7000), ("cash", 1000)],
        [(8850, 1150), (0, 0)],
    )
    assert entry.recipe == "J02"
    assert short(entry) == [
        ("借", "1001", 3000),
        ("借", "1122.02", 7000),
        ("贷", "5001", 8850),
        ("贷", "2221.01", 1150),
    ]


def test_a_sale_without_tax_has_no_tax_line():
    entry = journal.sale_paid(NO, [("transfer", 500)], [(500, 0)])
    assert short(entry) == [("借", "1002", 500), ("贷", "5001", 500)]


def test_a_sale_that_does_not_add_up_is_a_bug():
    with pytest.raises(ValueError, match="J01 R20261123-0001 does not balance"):
        journal.sale_paid(NO, [("cash", 11300)], [(11300, 1300)])


@pytest.mark.parametrize(
    ("channel", "account"),
    [
        ("cash", "1001"),
        ("transfer", "1002"),
        ("wechatpay", "1122.01"),
        ("alipay", "1122.02"),
        ("unionpay", "1122.03"),
        ("card", "1122.04"),
        ("chinaums", "1122.05"),
        ("lakala", "1122.06"),
        ("allinpay", "1122.07"),
        ("shengpay", "1122.08"),
        ("shouqianba", "1122.09"),
        ("stored_value", "2203.01"),
    ],
)
def test_each_channel_keeps_its_money_in_an_account_of_its_own(channel, account):
    assert short(journal.refund_settled(NO, channel, 100, route=Route.REFUND)) == [
        ("借", "2241.01", 100),
        ("贷", account, 100),
    ]


def test_a_channel_without_an_account_is_refused():
    for attempt in (
        lambda: journal.sale_paid(NO, [("abacus", 1)], [(1, 0)]),
        lambda: journal.refund_settled(NO, "abacus", 1, route=Route.REFUND),
    ):
        with pytest.raises(Refusal) as refused:
            attempt()
        assert (refused.value.code, refused.value.facts) == ("account_missing", {"channel": "abacus"})


# ── refunds ──


@pytest.mark.parametrize(
    ("route", "account"),
    [(Route.REFUND, "1122.02"), (Route.VOID, "1122.02"), (Route.CASH, "1001"), (Route.TRANSFER, "1002")],
)
def test_the_route_tells_where_a_leg_is_paid_from_and_bounces_to(route, account):
    paid = journal.refund_settled(NO, "alipay", 100, route=route)
    bounced = journal.refund_bounced(NO, "alipay", 100, route=route)
    assert short(paid) == [("借", "2241.01", 100), ("贷", account, 100)]
    assert short(bounced) == [("借", account, 100), ("贷", "2241.01", 100)]


def test_a_cash_refund_paid_exactly_needs_no_rounding_line():
    assert journal.cash_rounded(NO, owed=100, paid=100) == journal.refund_settled(
        NO, "cash", 100, route=Route.CASH
    )


amounts = st.integers(1, 9_999_999_999)


@given(amount=amounts, part=st.integers(0, 1000), goodwill=st.booleans())
def test_promise_and_settlement_leave_nothing_owed_whatever_the_amount_inv09(amount, part, goodwill):
    tax = amount * part // 1000
    promised = journal.refund_promised(NO, amount, tax, goodwill=goodwill)
    settled = journal.refund_settled(NO, "wechatpay", amount, route=Route.REFUND)
    at_once = journal.cash_refunded(NO, amount, tax, goodwill=goodwill)
    assert journal.balanced(promised) and journal.balanced(settled) and journal.balanced(at_once)
    after = journal.balances([promised, settled])
    assert after["2241.01"] == 0
    assert after["1122.01"] == -amount
    assert sum(after.values()) == 0


@given(amount=amounts, part=st.integers(0, 1000), goodwill=st.booleans())
def test_an_undone_promise_leaves_every_account_as_it_was(amount, part, goodwill):
    tax = amount * part // 1000
    promised = journal.refund_promised(NO, amount, tax, goodwill=goodwill)
    undone = journal.refund_undone(NO, amount, tax, goodwill=goodwill)
    assert set(journal.balances([promised, undone]).values()) == {0}


@given(owed=amounts, paid=amounts)
def test_rounded_cash_always_balances_inv09(owed, paid):
    entry = journal.cash_rounded(NO, owed=owed, paid=paid)
    assert journal.balanced(entry)
    assert journal.balances([entry]).get("2241.04", 0) == paid - owed


@given(data=st.data(), number=st.sampled_from(sorted(RECIPES)))
def test_a_recipe_either_balances_or_refuses_to_be_made_inv09(data, number):
    names = {name.removeprefix("-") for _, _, name in RECIPES[number].lines}
    given_amounts = {name: data.draw(st.integers(0, 3), label=name) for name in sorted(names)}
    try:
        entry = journal.draft(number, NO, channel="alipay", **given_amounts)
    except ValueError as unbalanced:
        assert "does not balance" in str(unbalanced)
    else:
        debit = sum(line.amount for line in entry.postings if line.side == "借")
        credit = sum(line.amount for line in entry.postings if line.side == "贷")
        assert debit == credit
        assert NO in entry.memo
        assert all(line.amount for line in entry.postings)


# ── corrections and styles ──


def test_a_correction_is_the_same_entry_in_red():
    entry = journal.refund_settled(NO, "wechatpay", 11300, route=Route.REFUND)
    assert short(entry.reverse()) == [("借", "2241.01", -11300), ("贷", "1122.01", -11300)]
    assert (entry.reverse().recipe, entry.reverse().memo) == ("J05b", f"冲销 {NO}")
    assert set(journal.balances([entry, entry.reverse()]).values()) == {0}


@pytest.mark.parametrize("number", SHEET)
def test_the_debit_style_has_no_red_letters_and_the_same_balances(number):
    entry, _ = SHEET[number]
    positive = journal.styled(entry, Rules(journal_style="DEBIT"))
    assert all(line.amount > 0 for line in positive.postings)
    assert journal.balances([positive]) == journal.balances([entry])


def test_the_red_letter_style_changes_nothing():
    entry = journal.cash_refunded(NO, 11300, 1300)
    assert journal.styled(entry, Rules()) is entry


def test_a_cash_refund_in_debit_style_debits_revenue_and_tax():
    entry = journal.styled(journal.cash_refunded(NO, 11300, 1300), Rules(journal_style="DEBIT"))
    assert short(entry) == [("借", "5001", 10000), ("借", "2221.01", 1300), ("贷", "1001", 11300)]


def test_an_entry_whose_sides_differ_does_not_balance():
    one = Posting(side="借", account="1001", name="库存现金", amount=1)
    assert not journal.balanced(Draft(recipe="J01", business_no=NO, memo=NO, postings=(one,)))


# ── account sets and memos ──


def test_the_enterprise_standard_has_other_codes_for_profit_and_loss():
    entry = journal.refund_promised(NO, 11300, 1300, accounts=ENTERPRISE)
    assert short(entry) == [("贷", "6001", -10000), ("贷", "2221.01", -1300), ("贷", "2241.01", 11300)]
    codes = {key: ENTERPRISE.codes[key][0] for key in ("gain", "cost", "goodwill", "fee", "loss")}
    assert codes == {"gain": "6301", "cost": "6401", "goodwill": "6601", "fee": "6603", "loss": "6711"}


def test_the_merchants_own_codes_replace_ours_one_by_one():
    own = recipes.SMALL_ENTERPRISE.overridden({"cash": ("100101", "库存现金-一号店")})
    entry = journal.cash_refunded(NO, 113, 13, accounts=own)
    assert lines(entry)[-1] == ("贷", "100101", "库存现金-一号店", 113)
    assert lines(entry)[0] == ("贷", "5001", "主营业务收入", -100)


def test_a_code_for_something_nobody_books_is_a_mistake():
    with pytest.raises(KeyError, match="moon"):
        recipes.SMALL_ENTERPRISE.overridden({"moon": ("9999", "月亮")})


def test_every_account_set_that_the_rules_offer_exists():
    assert {name: Rules(account_set=name).account_set for name in journal.ACCOUNT_SETS} == {
        "small_enterprise": "small_enterprise",
        "small_scale": "small_scale",
        "enterprise": "enterprise",
    }


def test_a_long_number_pushes_the_title_out_of_the_memo_but_never_itself():
    number = "S" * 58
    assert journal.refund_promised(number, 10, 0).memo == f"退 {number}"
    number = "1" * 30 + "2" * 34
    assert journal.refund_promised(number, 10, 0).memo == number[-60:]
