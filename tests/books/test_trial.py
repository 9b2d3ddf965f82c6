"""Balances of the journal by period, account, drawer, rate and refund: read by set, explained to the fen."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sudapos.books import answers, decisions, ledger, moves, remedies, shops, trial, vat
from sudapos.books.intake import ChargeDraft, LineDraft
from sudapos.books.ledger import Entry, Posted
from sudapos.books.legs import Leg
from sudapos.core import calendar, journal
from sudapos.core.outcome import Refused, Route
from tests.cast import Shop


def today(shop: Shop) -> date:
    return calendar.business_date(shop.at)


def by_account(rows: list[trial.Account]) -> dict[str, trial.Account]:
    return {row.account: row for row in rows}


def post(shop: Shop, draft: journal.Draft, day: date, *, store: str = "S01", till: str = "T1") -> None:
    ledger.post([Posted(draft, day, store, till)], at=shop.at)


D = date(2026, 3, 10)


def test_a_trial_balance_opens_moves_and_closes(shop):
    post(shop, journal.draft("J01", "A", amount=11300, net=10000, tax=1300), D - timedelta(days=1))
    post(shop, journal.draft("J01", "B", amount=1130, net=1000, tax=130), D)
    post(shop, journal.cash_refunded("C", 113, 13), D)
    post(shop, journal.draft("J01", "D", amount=5, net=5, tax=0), D + timedelta(days=1))
    rows = by_account(trial.trial(D, D))
    cash, revenue = rows["1001"], rows["5001"]
    assert (cash.opening, cash.debit, cash.credit, cash.closing) == (11300, 1130, 113, 12317)
    assert (revenue.opening, revenue.debit, revenue.credit, revenue.closing) == (-10000, 0, 900, -10900)
    assert sum(row.opening for row in rows.values()) == 0
    assert sum(row.debit for row in rows.values()) == sum(row.credit for row in rows.values()) == 1130
    assert sum(row.closing for row in rows.values()) == 0


def test_the_debit_style_moves_red_letters_to_the_other_side_and_no_balance(shop):
    post(shop, journal.draft("J01", "B", amount=1130, net=1000, tax=130), D)
    post(shop, journal.cash_refunded("C", 113, 13), D)
    red, positive = (by_account(trial.trial(D, D, style=style)) for style in ("RED_CREDIT", "DEBIT"))
    assert (red["5001"].debit, red["5001"].credit) == (0, 900)
    assert (positive["5001"].debit, positive["5001"].credit) == (100, 1000)
    assert {no: row.closing for no, row in red.items()} == {no: row.closing for no, row in positive.items()}
    sides = [(x.debit, x.credit) for x in trial.sheet("5001", D, D, style="DEBIT").postings]
    assert sides == [(0, 1000), (100, 0)]


def test_a_store_is_a_trial_balance_of_its_own(shop):
    post(shop, journal.draft("J01", "A", amount=100, net=100, tax=0), D)
    post(shop, journal.draft("J01", "B", amount=7, net=7, tax=0), D, store="S02")
    assert by_account(trial.trial(D, D, store="S02"))["1001"].debit == 7
    assert by_account(trial.trial(D, D))["1001"].debit == 107


def test_a_sheet_runs_from_its_opening_to_its_closing_over_its_pages(shop):
    for number in range(1, 8):
        day = D + timedelta(days=number // 3)
        post(shop, journal.draft("J01", f"S{number}", amount=number, net=number, tax=0), day)
    post(shop, journal.draft("J01", "before", amount=1000, net=1000, tax=0), D - timedelta(days=9))
    pages = [trial.sheet("1001", D, D + timedelta(days=9), page=page, size=3) for page in (1, 2, 3, 4)]
    assert [len(page.postings) for page in pages] == [3, 3, 1, 0]
    assert {(page.opening, page.debit, page.credit, page.closing, page.count) for page in pages} == {
        (1000, 28, 0, 1028, 7)
    }
    running = [posting.balance for page in pages for posting in page.postings]
    assert running == [1001, 1003, 1006, 1010, 1015, 1021, 1028]


def test_a_sheet_of_an_account_that_nobody_used_is_empty(shop):
    sheet = trial.sheet("1405", D, D)
    assert (sheet.opening, sheet.closing, sheet.count, list(sheet.postings)) == (0, 0, 0, [])


def test_a_drawer_is_1001_of_a_store_and_a_till(shop):
    post(shop, journal.draft("J01", "A", amount=50_000, net=50_000, tax=0), D - timedelta(days=1))
    sale = journal.sale_paid("B", [("cash", 1000), ("wechatpay", 500)], [(1500, 0)])
    post(shop, sale, D)
    post(shop, journal.cash_refunded("C", 300, 0), D)
    short = journal.drawer_counted("count", expected=1000, counted=990)
    assert short is not None
    post(shop, short, D)
    post(shop, journal.draft("J17e", "card", amount=70), D)
    post(shop, journal.draft("J01", "E", amount=9, net=9, tax=0), D, till="T2")
    drawers = {(each.store, each.till): each for each in trial.cash(D)}
    one = drawers["S01", "T1"]
    told = (one.opening, one.sales, one.refunds, one.counts, one.other, one.closing)
    assert told == (50_000, 1000, -300, -10, 70, 50_760)
    assert drawers["S01", "T2"].closing == 9
    balance = by_account(trial.trial(D, D))["1001"].closing
    assert sum(each.closing for each in drawers.values()) == balance
    assert [each.till for each in trial.cash(D - timedelta(days=1))] == ["T1"]


def test_sale_promise_and_payout_carry_the_till_they_happened_at(shop):
    sale = shop.sell(till="T2")
    refund = shop.refund(sale, till="T1", lines={1: 1})
    [leg] = refund.legs.all()
    remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)
    booked = Entry.objects.order_by("id").values_list("recipe", "business_no", "till")
    assert list(booked) == [
        ("J01", sale.sale_no, "T2"),
        ("J05a", refund.refund_no, "T1"),
        ("J05b", refund.refund_no, "T1"),
    ]
    drawers = {each.till: each for each in trial.cash(today(shop), store="S01")}
    assert (drawers["T2"].sales, drawers["T1"].refunds) == (5997, -1999)


# ── what customers are owed ──


def test_a_claim_is_as_old_as_the_day_on_which_it_last_stood_at_zero(shop):
    promise = journal.refund_promised("R1", 100, 0)
    paid = journal.refund_settled("R1", "wechatpay", 100, route=Route.REFUND)
    bounced = journal.refund_bounced("R1", "wechatpay", 100, route=Route.REFUND)
    post(shop, promise, D)
    post(shop, journal.refund_promised("R2", 70, 0), D + timedelta(days=2), store="S02")
    post(shop, journal.refund_settled("R2", "alipay", 30, route=Route.REFUND), D + timedelta(days=3))
    [only] = trial.owed(D)
    assert (only.business_no, only.amount, only.days(D), only.is_refund) == ("R1", 100, 0, False)
    post(shop, paid, D + timedelta(days=3))
    assert [each.business_no for each in trial.owed(D + timedelta(days=3))] == ["R2"]
    post(shop, bounced, D + timedelta(days=20))
    at = D + timedelta(days=30)
    assert [(x.business_no, x.since, x.amount, x.days(at)) for x in trial.owed(at)] == [
        ("R2", D + timedelta(days=2), 40, 28),
        ("R1", D + timedelta(days=20), 100, 10),
    ]


def test_what_is_owed_by_refund_is_the_balance_of_2241_01(shop):
    refund = shop.refund(shop.sell(channel="wechatpay"), lines={1: 1})
    shop.refund(shop.sell(channel="alipay"), lines={2: 1})
    rows = trial.owed(today(shop))
    assert {row.is_refund for row in rows} == {True} and refund.refund_no in {row.business_no for row in rows}
    balance = by_account(trial.trial(today(shop), today(shop)))["2241.01"].closing
    assert sum(row.amount for row in rows) == -balance == 3998
    assert trial.owed(today(shop), store="S02") == []


# ── cross-period refunds ──


def last_year(shop):
    sold = shop.at.replace(year=shop.at.year - 1, month=12, day=20)
    shop.at = shop.at.replace(month=1, day=15)
    return shop.sell(sold_at=sold)


@pytest.fixture
def open_house(shop):
    """A shop that takes back last year's sales at the counter without asking."""
    shops.Merchant.objects.update(
        rules={"windows_days": {"cash": 365}, "cross_year_needs_finance": False, "approval_fen": BIG}
    )
    return shop


BIG = {"cashier": 900_000, "manager": 2_000_000, "manager_finance": 3_000_000}


def test_a_refund_of_an_earlier_years_sale_lessens_this_years_revenue_as_j08(open_house):
    refund = open_house.refund(last_year(open_house), lines={1: 1})
    if refund.state == "awaiting":
        refund = decisions.approve(refund.refund_no, operator=open_house.m01, at=open_house.at)
    assert refund.state == "approved"
    entry = Entry.objects.get(business_no=refund.refund_no, recipe="J08")
    lines = [(x.side, x.account, x.amount) for x in entry.lines.all()]
    assert lines == [("贷", "5001", -1769), ("贷", "2221.01", -230), ("贷", "2241.01", 1999)]
    assert entry.memo == f"跨年退款(冲减当期) {refund.refund_no}"
    assert not Entry.objects.filter(recipe="J05a").exists()
    day = entry.business_date
    assert trial.flagged(day, day) == []


def test_under_the_enterprise_standard_it_is_flagged_for_the_accountant_and_nothing_else(open_house):
    row = shops.merchant()
    row.rules["account_set"] = "enterprise"
    row.save()
    refund = open_house.refund(last_year(open_house), lines={1: 1})
    if refund.state == "awaiting":
        refund = decisions.approve(refund.refund_no, operator=open_house.m01, at=open_house.at)
    entry = Entry.objects.get(business_no=refund.refund_no, recipe="J08")
    assert entry.memo == f"待确认·以前年度 跨年退款(冲减当期) {refund.refund_no}"
    day = entry.business_date
    assert [each.pk for each in trial.flagged(day, day)] == [entry.pk]
    assert trial.flagged(day, day, store="S02") == []
    assert trial.flagged(day - timedelta(days=1), day - timedelta(days=1)) == []


# ── VAT by rate ──

MIXED = (
    LineDraft(line_no=1, name="酸奶", milli=3000, unit_price=333, vat_bp=1300),
    LineDraft(line_no=2, name="大米", milli=1000, unit_price=1999, vat_bp=900),
    LineDraft(line_no=3, name="书", milli=1000, unit_price=500, vat_bp=0),
)
DELIVERY = (ChargeDraft(kind="delivery", name="配送", amount=600, vat_bp=600),)


def mixed(shop, **changes):
    return shop.sell(lines=MIXED, charges=DELIVERY, **changes)


def test_vat_by_rate_is_what_the_account_moved(shop):
    sale = mixed(shop)
    refund = shop.refund(sale, lines={1: 2, 2: 1})
    told = vat.report(today(shop), today(shop))
    assert [rate.vat_bp for rate in told.rates] == [1300, 900, 600, 0]
    rates = {rate.vat_bp: rate for rate in told.rates}
    assert (rates[1300].sold.amount, rates[1300].sold.tax) == (999, 115)
    assert (rates[1300].back.amount, rates[1300].back.tax) == (666, 77)
    assert (rates[900].sold.tax, rates[900].back.tax, rates[900].tax) == (165, 165, 0)
    assert (rates[600].sold.tax, rates[600].net) == (34, 566)
    assert (rates[0].sold.amount, rates[0].tax) == (500, 0)
    assert (told.tax, told.movement, told.off, list(told.others)) == (72, 72, 0, [])
    assert told.net == sale.total - refund.total - told.tax


def test_what_was_given_up_of_a_refund_is_shared_over_its_rates_by_running_totals(shop):
    payments = [
        shop.payment("M-1", "wechatpay", 2000, "P1"),
        shop.payment("M-1", "alipay", 2098, "P2"),
    ]
    sale = mixed(shop, sale_no="M-1", payments=payments)
    refund = shop.refund(sale)
    whole = vat.report(today(shop), today(shop))
    assert (whole.tax, whole.off) == (0, 0)
    refuse_all(shop)
    one, two = Leg.objects.filter(refund=refund).order_by("id")
    first = calendar.business_date(shop.later(hours=26))
    give_up(shop, one)
    second = calendar.business_date(shop.later(hours=26))
    give_up(shop, two)
    days = [vat.report(day, day) for day in (first, second)]
    assert [told.off for told in days] == [0, 0]
    assert [told.movement for told in days] == [one.tax, two.tax]
    assert sum(rate.undone.amount for told in days for rate in told.rates) == refund.total
    both = vat.report(first, second)
    assert both.off == 0
    assert {rate.vat_bp: rate.undone.tax for rate in both.rates} == {
        rate.vat_bp: rate.back.tax for rate in whole.rates
    }


def refuse_all(shop):
    """The channels say no to everything that waits."""
    orders = moves.claim(10, at=shop.at)
    said = [answers.Answer(order.attempt, Refused(code="no", message="no")) for order in orders]
    answers.record(said, at=shop.at)


def give_up(shop, leg):
    remedies.drop(leg.leg_no, operator=shop.f01, note="顾客改要换货", at=shop.at)


def test_an_entry_that_no_line_stands_behind_is_named_and_what_nobody_explains_is_said(shop):
    mixed(shop)
    day = today(shop)
    post(shop, journal.draft("J13b", "F1", net=4425, tax=575, amount=5000), day)
    told = vat.report(day, day)
    assert (list(told.others), told.off) == ([("J13b", -575)], 0)
    post(shop, journal.draft("J01", "no such sale", amount=113, net=100, tax=13), day)
    assert vat.report(day, day).off == 13


def test_vat_of_a_store_and_of_an_empty_period(shop):
    mixed(shop)
    other = vat.report(today(shop), today(shop), store="S02")
    assert (list(other.rates), other.movement, other.off) == ([], 0, 0)
    assert vat.report(D, D).tax == 0


@pytest.mark.parametrize("count", [1, 12])
def test_every_report_asks_a_fixed_number_of_questions(shop, count, django_assert_num_queries):
    for _ in range(count):
        shop.refund(mixed(shop), lines={1: 1})
    day = today(shop)
    with django_assert_num_queries(1):
        trial.trial(day, day)
    with django_assert_num_queries(2):
        trial.sheet("1001", day, day)
    with django_assert_num_queries(1):
        trial.cash(day)
    with django_assert_num_queries(1):
        trial.owed(day)
    with django_assert_num_queries(6):
        vat.report(day, day)
