from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import amounts, invoices
from sudapos.core.invoices import FINAL, OPEN, TABLE, Invoice, Part, Step
from sudapos.core.wording import invoices as words

S = Invoice


def walk(*steps: Step) -> Invoice:
    state = S.BLUE_ISSUED
    for step in steps:
        state = invoices.advance(state, step)
    return state


def test_the_seller_issues_directly_while_the_buyer_has_not_used_the_blue_one():
    assert walk(Step.REQUEST) is S.RED_REQUESTED
    assert walk(Step.REQUEST, Step.ISSUE) is S.RED_ISSUED


def test_a_buyer_who_has_used_it_confirms_a_form_first():
    assert walk(Step.ASK_BUYER) is S.WAITING_CONFIRM
    assert walk(Step.ASK_BUYER, Step.ISSUE) is S.RED_ISSUED
    assert walk(Step.REQUEST, Step.ASK_BUYER, Step.LAPSE) is S.LAPSED


@pytest.mark.parametrize("state", sorted(FINAL))
@pytest.mark.parametrize("step", list(Step))
def test_nothing_happens_to_a_task_that_has_ended(state, step):
    with pytest.raises(invoices.IllegalStep):
        invoices.advance(state, step)
    assert invoices.steps(state) == ()


def test_a_form_that_is_out_cannot_be_given_up_or_asked_for_twice():
    assert invoices.steps(S.WAITING_CONFIRM) == (Step.ISSUE,)
    assert (S.WAITING_CONFIRM, Step.GIVE_UP) not in TABLE
    assert {S.BLUE_ISSUED, S.RED_REQUESTED, S.WAITING_CONFIRM} == OPEN


def test_72_hours_are_72_hours_and_not_a_second_more():
    due = datetime(2026, 11, 28, 12, tzinfo=UTC)
    assert not invoices.has_lapsed(due, due)
    assert invoices.has_lapsed(due, due + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("reason", "goods_back", "code"),
    [
        ("quality", True, "SALES_RETURN"),
        ("no_reason", True, "SALES_RETURN"),
        ("quality", False, "SALES_DISCOUNT"),
        ("other", False, "SALES_DISCOUNT"),
        ("wrong_charge", False, "ISSUE_ERROR"),
        ("duplicate_charge", True, "ISSUE_ERROR"),
        ("not_delivered", False, "SERVICE_SUSPENSION"),
        ("not_delivered", True, "SALES_RETURN"),
    ],
)
def test_a_refunds_reason_has_a_code_of_the_tax_office(reason, goods_back, code):
    assert invoices.reason_code(reason, goods_back=goods_back) == code
    assert code in invoices.REASON_CODES and code in words.REASONS


def test_ex11_two_partial_refunds_red_2950_and_383_then_7050_and_917():
    first = amounts.tax_of(3333, 1300)
    second = amounts.tax_of(11300, 1300) - first
    parts = [Part("", 1300, 3333, first), Part("", 1300, 7967, second)]
    assert [(part.net, part.tax) for part in parts] == [(2950, 383), (7050, 917)]
    assert invoices.by_rate(parts) == [Part("", 1300, 11300, 1300)]


def test_each_rate_is_summed_apart_the_highest_first():
    parts = [Part("酸奶", 1300, 1130, 130), Part("米", 900, 1090, 90), Part("面包", 1300, 2260, 260)]
    assert invoices.by_rate(parts) == [Part("", 1300, 3390, 390), Part("", 900, 1090, 90)]


lines = st.lists(
    st.builds(
        lambda amount, bp: Part("", bp, amount, amounts.tax_of(amount, bp)),
        st.integers(0, 10**9),
        st.sampled_from([0, 100, 300, 600, 900, 1300]),
    ),
    min_size=1,
    max_size=8,
)


@given(parts=lines, cut=st.integers(0, 100))
def test_what_was_given_up_is_taken_off_to_the_fen(parts, cut):
    amount, tax = sum(p.amount for p in parts), sum(p.tax for p in parts)
    left, left_tax = amount * cut // 100, tax * cut // 100
    standing = invoices.standing(parts, left, left_tax)
    assert sum(part.amount for part in standing) == left
    assert sum(part.tax for part in standing) == (left_tax if left != amount else tax)
    assert all(part.amount >= 0 and part.tax >= 0 for part in standing)


def test_every_state_step_and_reason_has_words_in_both_languages():
    assert set(words.STATES) == set(Invoice)
    assert set(words.STEPS) == {*Step, "open", "follow"}
    assert set(words.NEXT) == set(Invoice) - {S.NOT_INVOICED}
    assert set(words.REASONS) == set(invoices.REASON_CODES)
