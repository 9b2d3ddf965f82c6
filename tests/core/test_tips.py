"""A tip stays with the staff unless it is named; with it everything that was paid comes back, in any order (EX19, INV-03)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import amounts, kept_fees, tips
from sudapos.core.amounts import Ask, AskLine, Sold, SoldCharge, SoldLine
from sudapos.core.refusal import Refusal

MEAL, TIP = 15_000, 1_500


def dinner(*, meal=MEAL, tip=TIP, service=0, back_meal=0, back_tip=0) -> Sold:
    line = SoldLine(
        line_no=1,
        milli=1000,
        weighed=False,
        gross=meal,
        net=meal,
        vat_bp=600,
        back_milli=1000 if back_meal else 0,
        back_amount=back_meal,
    )
    return Sold(
        lines=(line,),
        charges=(
            SoldCharge(charge_no=1, amount=service, vat_bp=600, follows_lines=True),
            SoldCharge(
                charge_no=2, amount=tip, vat_bp=0, follows_lines=False, tip=True, back_amount=back_tip
            ),
        ),
    )


def worth(sold, *, charges=(), reason="other", lines=(), everything=False, amount=None):
    whole = everything or amount is not None
    rest, named = tips.of(sold, charges, whole=whole, reason=reason)
    return kept_fees.worth(rest, Ask(lines=lines, charges=named, everything=everything, amount=amount))


def test_ex19_everything_is_the_meal_and_the_tip_is_named_aloud():
    whole = worth(dinner(), everything=True)
    assert (whole.total, whole.charges) == (MEAL, ())
    [note] = tips.said(dinner(), whole, whole=True)
    assert (note.code, note.facts) == ("tip_stays", {"amount": TIP})


def test_a_tip_that_is_named_comes_back_with_everything():
    whole = worth(dinner(), everything=True, charges=(2,))
    assert whole.total == MEAL + TIP
    assert list(tips.said(dinner(), whole, whole=True)) == []


def test_by_lines_a_tip_is_a_charge_that_is_asked_for():
    assert worth(dinner(), lines=(AskLine(line_no=1, milli=1000),)).total == MEAL
    assert worth(dinner(), charges=(2,)).total == TIP


def test_a_charge_that_was_made_twice_comes_back_with_its_tip():
    assert worth(dinner(), everything=True, reason="duplicate_charge").total == MEAL + TIP


def test_an_amount_never_reaches_into_the_tip():
    assert worth(dinner(), amount=MEAL).total == MEAL
    with pytest.raises(Refusal) as refusal:
        worth(dinner(), amount=MEAL + 1)
    assert (refusal.value.code, refusal.value.facts["left"]) == ("over_refund", MEAL)


def test_everything_after_the_meal_says_that_only_the_tip_is_left():
    with pytest.raises(Refusal) as refusal:
        worth(dinner(back_meal=MEAL), everything=True)
    assert (refusal.value.code, refusal.value.facts) == ("only_tip_left", {"amount": TIP})
    assert worth(dinner(back_meal=MEAL), everything=True, charges=(2,)).total == TIP


def test_nothing_left_at_all_is_an_over_refund_as_before():
    with pytest.raises(Refusal) as refusal:
        worth(dinner(back_meal=MEAL, back_tip=TIP), everything=True)
    assert refusal.value.code == "over_refund"


@given(
    meal=st.integers(1, 10**7),
    tip=st.integers(1, 10**6),
    service=st.integers(0, 10**6),
    first=st.booleans(),
)
def test_meal_and_tip_in_either_order_are_all_that_was_paid(meal, tip, service, first):
    sold = dinner(meal=meal, tip=tip, service=service)
    if first:
        back = worth(sold, charges=(2,)).total
        rest = worth(dinner(meal=meal, tip=tip, service=service, back_tip=tip), everything=True).total
    else:
        back = worth(sold, everything=True).total
        rest = tip
    assert back + rest == amounts.left(sold).total == meal + tip + service
