"""Working days, days of arrival, and the dates by which a customer must have her money."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import arrival, capability, due
from sudapos.core.due import Level, Term
from sudapos.core.outcome import Route
from sudapos.core.rules import Rules
from sudapos.core.workdays import WorkingDays

RULES = Rules()
CHINA = timezone(timedelta(hours=8))
NATIONAL_2026 = WorkingDays(
    closed=frozenset(date(2026, 10, day) for day in range(1, 8)),
    opened=frozenset({date(2026, 9, 20), date(2026, 10, 10)}),
    published=frozenset({2026}),
)
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))


def test_a_worked_saturday_counts_and_a_holiday_does_not():
    before = date(2026, 9, 30)
    assert NATIONAL_2026.add(before, 1) == date(2026, 10, 8)
    assert NATIONAL_2026.add(before, 3) == date(2026, 10, 10)
    assert NATIONAL_2026.add(before, 4) == date(2026, 10, 12)
    assert NATIONAL_2026.add(date(2026, 9, 18), 1) == date(2026, 9, 20)
    assert NATIONAL_2026.add(before, 0) == before


def test_a_year_that_is_not_published_is_an_estimate():
    assert not NATIONAL_2026.is_estimate(date(2026, 12, 31))
    assert NATIONAL_2026.is_estimate(date(2027, 1, 4))


@given(DAYS, st.integers(1, 20))
def test_the_nth_working_day_is_worked_and_n_days_were_worked_until_then(start, count):
    end = NATIONAL_2026.add(start, count)
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert NATIONAL_2026.works(end)
    assert sum(map(NATIONAL_2026.works, between)) == count


@given(DAYS, st.integers(0, 10), st.integers(0, 10))
def test_days_added_in_two_steps_are_the_same_days(start, first, second):
    assert NATIONAL_2026.add(NATIONAL_2026.add(start, first), second) == NATIONAL_2026.add(
        start, first + second
    )


def test_every_kind_of_account_has_its_own_day():
    eve = datetime(2026, 9, 30, 15, 0, tzinfo=CHINA)
    found = arrival.kinds("wechatpay", Route.REFUND, RULES, at=eve, days=NATIONAL_2026)
    assert [(each.kind, each.soonest, each.latest) for each in found] == [
        ("wechat_balance", date(2026, 9, 30), date(2026, 9, 30)),
        ("wechat_bank_card", date(2026, 10, 8), date(2026, 10, 10)),
    ]
    card = arrival.latest(
        "wechatpay", Route.REFUND, RULES, at=eve, kind="wechat_bank_card", days=NATIONAL_2026
    )
    assert card == date(2026, 10, 10)
    by_hand = arrival.latest("wechatpay", Route.TRANSFER, RULES, at=eve, days=NATIONAL_2026)
    assert by_hand == date(2026, 10, 8)


@pytest.mark.parametrize(
    ("channel", "account", "kind"),
    [
        ("wechatpay", "支付用户零钱", "wechat_balance"),
        ("wechatpay", "支付用户零钱通", "wechat_balance"),
        ("wechatpay", "招商银行信用卡0403", "wechat_bank_card"),
        ("wechatpay", "工商银行借记卡1234", "wechat_bank_card"),
        ("alipay", "支付宝余额", "alipay_balance"),
        ("alipay", "159****5620", ""),
        ("unionpay", "招商银行信用卡0403", "unionpay_credit"),
        ("unionpay", "借记卡", "unionpay_debit"),
        ("card", "CREDIT CARD", "unionpay_credit"),
        ("lakala", "622588******0123", ""),
        ("wechatpay", "", ""),
    ],
)
def test_the_kind_is_what_the_channel_names_and_never_guessed(channel, account, kind):
    assert arrival.kind_of(channel, account) == kind


@given(st.sampled_from(sorted(capability.TABLE)), st.text(max_size=20))
def test_a_kind_is_always_one_of_the_channels_row(channel, account):
    assert arrival.kind_of(channel, account) in {"", *capability.get(channel).arrival}


@pytest.mark.parametrize(
    ("reason", "mode", "term", "first", "hard"),
    [
        ("no_reason", "online", Term.NO_REASON, 7, 15),
        ("no_reason", "offline", Term.OWN, 7, 15),
        ("quality", "offline", Term.QUALITY, 7, 15),
        ("not_delivered", "online", Term.PREPAID, 15, 15),
        ("wrong_charge", "offline", Term.OWN, 7, 15),
    ],
)
def test_the_law_names_the_dates(reason, mode, term, first, hard):
    received = date(2026, 11, 1)
    found = due.of(reason, mode, received, RULES)
    assert (found.term, (found.on - received).days, (found.hard - received).days) == (term, first, hard)
    assert found.is_statutory == (term is not Term.OWN)


def test_it_is_overdue_on_day_8_and_escalates_on_day_16():
    received = date(2026, 11, 1)
    found = due.of("no_reason", "online", received, RULES)
    told = {n: due.level(found.on, found.hard, today=received + timedelta(days=n)) for n in (0, 7, 8, 15, 16)}
    assert told == {
        0: Level.IN_TIME,
        7: Level.IN_TIME,
        8: Level.OVERDUE,
        15: Level.OVERDUE,
        16: Level.LATE,
    }


@given(
    st.sampled_from(["no_reason", "quality", "not_delivered", "other"]),
    st.sampled_from(["online", "offline"]),
    DAYS,
    st.integers(0, 60),
    st.integers(0, 60),
)
def test_the_hard_date_never_stands_before_the_first(reason, mode, received, first, hard):
    rules = Rules.from_mapping({"due_days": {"no_reason_refund": first, "hard_overdue": hard}})
    found = due.of(reason, mode, received, rules)
    assert received <= found.on <= found.hard


def test_a_prepaid_card_cools_off_for_seven_days_and_a_red_invoice_waits_seventy_two_hours():
    assert due.cooling_off(date(2026, 11, 1), RULES).on == date(2026, 11, 8)
    asked = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    assert due.red_invoice(asked, RULES) == datetime(2026, 11, 4, 9, 0, tzinfo=UTC)
