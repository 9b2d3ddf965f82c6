"""What is owed beyond the price: by which law, how much, who agrees, and that nothing goes two ways (R-23, R-24)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core.compensation import LAWS, LIVE, TABLE, Event, Kind, State, after, deciders, due
from sudapos.core.refusal import Conflict, Invalid
from sudapos.core.rules import Rules


@pytest.mark.parametrize(
    ("kind", "price", "owed"),
    [
        (Kind.DECEIVED, 16_666, 50_000),
        (Kind.DECEIVED, 16_667, 50_001),
        (Kind.DECEIVED, 1, 50_000),
        (Kind.UNSAFE_FOOD, 9_999, 100_000),
        (Kind.UNSAFE_FOOD, 10_001, 100_010),
        (Kind.EARNEST, 20_000, 20_000),
    ],
)
def test_the_law_says_how_much_just_below_and_above_its_least(kind: Kind, price: int, owed: int) -> None:
    assert due(kind, price=price, sold=1_000_000) == owed


@given(st.sampled_from(list(LAWS)), st.integers(1, 10**9), st.integers(0, 10**9))
def test_it_is_never_less_than_the_price_times_the_law(kind: Kind, price: int, more: int) -> None:
    owed = due(kind, price=price, sold=price + more)
    assert owed >= LAWS[kind].times * price and owed >= LAWS[kind].least


@pytest.mark.parametrize("price", [0, -1, 1_001])
def test_it_is_about_goods_that_were_sold(price: int) -> None:
    with pytest.raises(Invalid) as wrong:
        due(Kind.DECEIVED, price=price, sold=1_000)
    assert [(e.loc, e.code) for e in wrong.value.errors] == [(("price",), "out_of_range")]


def test_a_sum_is_agreed_or_the_laws_never_both() -> None:
    assert due(Kind.AGREED, price=0, sold=1_000, agreed=5_000) == 5_000
    for kind, agreed in ((Kind.AGREED, 0), (Kind.DECEIVED, 60_000)):
        with pytest.raises(Invalid) as wrong:
            due(kind, price=500, sold=1_000, agreed=agreed)
        assert wrong.value.errors[0].loc == ("amount",)


@pytest.mark.parametrize(
    ("amount", "who"),
    [
        (200_000, "manager finance owner"),
        (200_001, "finance owner"),
        (2_000_000, "finance owner"),
        (2_000_001, "owner"),
    ],
)
def test_the_ladder_of_refunds_says_who_agrees(amount: int, who: str) -> None:
    assert deciders(amount, Rules()) == tuple(who.split())


def test_what_is_not_in_the_table_does_not_happen() -> None:
    for state, event in itertools.product(State, Event):
        if (state, event) in TABLE:
            assert after(state, event) is TABLE[state, event]
            assert state in LIVE
        else:
            with pytest.raises(Conflict, match="compensation_decided"):
                after(state, event)
    assert [s for s in State if all((s, e) not in TABLE for e in Event)] == [
        State.PAID,
        State.REJECTED,
        State.WITHDRAWN,
    ]
