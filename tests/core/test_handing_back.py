"""退卡: the formulas through lots, cooling-off, missing records, interest; and who may be paid."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import handing_back, interest
from sudapos.core.handing_back import Lot, Terms
from sudapos.core.prepaid import Cause
from sudapos.core.refusal import Invalid, Refusal

BOUGHT, TODAY = date(2025, 6, 2), date(2026, 11, 28)
ID = "11010519491231002X"


def lot(paid=100_000, bonus=20_000, on=BOUGHT):
    return Lot(paid=paid, bonus=bonus, on=on, rates=interest.rates_on(on))


def worth(*lots, left, cause="MERCHANT", until=TODAY, **terms):
    told = Terms(cause=Cause(cause), rescinded_on=terms.pop("rescinded_on", TODAY), **terms)
    return handing_back.worth(lots or (lot(),), left, told, asked_on=TODAY, until=until)


@pytest.mark.parametrize(
    ("cause", "consumed", "value", "back", "rule"),
    [
        ("MERCHANT", 36_000, 30_000, 70_000, "art_18"),
        ("CONSUMER", 36_000, 36_000, 64_000, "art_19"),
        ("CONSUMER", 110_000, 110_000, 0, "art_19"),
    ],
    ids=["EX14a", "EX14b", "EX14c"],
)
def test_ex14_through_the_lots_of_a_card(cause, consumed, value, back, rule):
    found = worth(left=120_000 - consumed, cause=cause)
    assert (found.consumed_value, found.principal_refund, found.rule) == (value, back, rule)


def test_without_records_nothing_is_deducted():
    found = worth(left=84_000, cause="CONSUMER", history=False)
    assert (found.consumed_value, found.principal_refund, found.rule) == (0, 100_000, "no_records")


def test_within_seven_days_the_principal_comes_back_whole():
    assert worth(lot(on=date(2026, 11, 21)), left=120_000, cause="CONSUMER").rule == "cooling_off"
    late = worth(lot(on=date(2026, 11, 20)), left=120_000, cause="CONSUMER")
    assert (late.rule, late.principal_refund) == ("art_19", 100_000)
    both = worth(lot(), lot(on=date(2026, 11, 27)), left=240_000 - 36_000, cause="CONSUMER")
    assert (both.cooling_off, both.principal_refund, both.rule) == (100_000, 164_000, "art_19")
    known = worth(lot(on=date(2026, 11, 27)), left=84_000, cause="CONSUMER")
    assert (known.cooling_off, known.principal_refund) == (0, 64_000)


def test_interest_is_a_line_of_its_own_at_the_rate_of_the_cause():
    since = date(2026, 8, 30)  # ninety days
    mine = worth(left=84_000, rescinded_on=since)
    hers = worth(left=84_000, cause="CONSUMER", rescinded_on=since)
    assert (mine.principal_refund, mine.interest) == (70_000, 525)  # 3.00 %: LPR since 2025-05-20
    assert (hers.principal_refund, hers.interest) == (64_000, 240)  # 1.50 %
    assert worth(left=84_000).interest == 0


def test_rates_are_those_of_the_contract():
    assert interest.rates_on(date(2024, 10, 20)) == interest.Rates(335, 150)
    assert interest.rates_on(date(2024, 10, 21)) == interest.Rates(310, 150)


@given(
    st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 10**6)), min_size=1, max_size=5),
    st.floats(0, 1),
    st.sampled_from(Cause),
    st.booleans(),
)
def test_never_more_than_was_paid_and_never_less_than_nothing(lots, spent, cause, history):
    rows = [lot(paid, bonus) for paid, bonus in lots]
    left = round(sum(paid + bonus for paid, bonus in lots) * spent)
    found = worth(*rows, left=left, cause=cause, history=history)
    assert 0 <= found.principal_refund <= found.paid
    assert found.interest >= 0


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"person": "王五"}, "card_not_hers"),
        ({"payee": "王五"}, "payee_not_holder"),
        ({"payout": "cash"}, "cash_too_much"),
    ],
)
def test_nobody_but_the_holder_is_paid(changes, code):
    told = {"holder": "李小兰", "person": "李小兰", "payee": "李 小兰", "id_number": ID, "total": 10_001}
    told |= {"account": "6222 0212 3456 7890", "payout": "transfer"}
    handing_back.check_payee(**told)
    with pytest.raises(Refusal, match=code):
        handing_back.check_payee(**{**told, **changes})
    handing_back.check_payee(**{**told, "payout": "cash", "total": 10_000, "account": ""})


@pytest.mark.parametrize("number", ["", "110105194912310021", "11010519491231002"])
def test_an_identity_number_is_checked(number):
    told = {
        "holder": "",
        "person": "李",
        "payee": "李",
        "account": "62220212",
        "payout": "transfer",
        "total": 1,
    }
    with pytest.raises(Invalid):
        handing_back.check_payee(id_number=number, **told)
