"""Serial numbers must match, and parts of a cost add up to the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import goods
from sudapos.core.rules import Weight


def test_the_serial_number_that_was_sold_is_proof_however_it_is_written() -> None:
    assert goods.unproven([("耳机", "BT26110777")], [" bt2611 0777 "]) == []
    assert goods.unproven([("耳机", "BT26110777")], ["ＢＴ26110777"]) == []


def test_goods_without_a_serial_number_need_none() -> None:
    assert goods.unproven([("酸奶", ""), ("面包", " ")], []) == []


def test_nothing_scanned_is_asked_for_by_name() -> None:
    [reason] = goods.unproven([("耳机", "BT1")], [])
    assert (reason.code, reason.facts["name"], reason.roles) == ("serial_needed", "耳机", ("manager",))
    assert reason.weight is Weight.REFER


def test_another_serial_number_is_named() -> None:
    [reason] = goods.unproven([("耳机", "BT1"), ("平板", "PAD1")], ["BT2", "PAD1"])
    assert (reason.code, reason.facts["name"], reason.facts["scanned"]) == (
        "serial_differs",
        "耳机",
        ("BT2",),
    )
    assert reason.weight is Weight.DENY


@given(st.integers(0, 10**7), st.lists(st.integers(1, 5000), min_size=1, max_size=8))
def test_the_cost_of_parts_is_the_cost_of_all(unit_cost: int, parts: list[int]) -> None:
    before, costs = 0, []
    for milli in parts:
        costs.append(goods.cost(unit_cost, before=before, milli=milli))
        before += milli
    assert sum(costs) == goods.cost(unit_cost, before=0, milli=sum(parts))
    assert min(costs) >= 0


def back(milli: int, received: int, *, stands: bool = True, **more: Any) -> goods.Back:
    return goods.Back(milli=milli, received=received, stands=stands, **more)


LOST = back(1000, 1000, stands=False)
CASES: dict[str, tuple[int, list[goods.Back], list[int]]] = {
    "given up": (2000, [LOST], [1000]),
    "refunded again": (2000, [LOST, back(1000, 0)], [0, 0]),
    "another unit came with its own goods": (2000, [LOST, back(1000, 1000)], [1000, 0]),
    "a refund before it pays for nothing of it": (2000, [back(1000, 1000), LOST], [0, 1000]),
    "a part of it": (5000, [back(3000, 3000, stands=False), back(1000, 0)], [2000, 0]),
    "more than it, with some that came": (5000, [LOST, back(3000, 2000)], [0, 0]),
    "two, the oldest first": (3000, [LOST, LOST, back(1000, 0)], [0, 1000, 0]),
    "kept by the customer": (2000, [LOST, back(1000, 0, brought=False)], [1000, 0]),
    "there is no other she could keep": (1000, [LOST, back(1000, 0, brought=False)], [0, 0]),
    "by its serial number": (
        2000,
        [
            back(1000, 1000, stands=False, serial="BT1"),
            back(1000, 1000, stands=False, serial="BT2"),
            back(1000, 0, serial="ｂｔ 2"),
        ],
        [1000, 0, 0],
    ),
    "another serial number pays nothing": (
        2000,
        [back(1000, 1000, stands=False, serial="BT1"), back(1000, 0, serial="BT2")],
        [1000, 0],
    ),
    "named though the customer is said to keep it": (
        2000,
        [back(1000, 1000, stands=False, serial="BT1"), back(1000, 0, brought=False, serial="BT1")],
        [0, 0],
    ),
    "refunded again and given up again": (2000, [LOST, back(1000, 0, stands=False)], [1000, 0]),
}


@pytest.mark.parametrize("case", CASES)
def test_goods_without_their_money_are_counted_by_serial_number_and_quantity(case: str) -> None:
    sold, backs, left = CASES[case]
    assert goods.unpaid(sold, backs) == left


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3000),
            st.integers(0, 3000),
            st.booleans(),
            st.booleans(),
            st.sampled_from(["", "A", "B"]),
        ),
        max_size=6,
    )
)
def test_never_more_goods_are_unpaid_than_came_and_never_less_than_nothing(rows: list[Any]) -> None:
    backs = [
        back(max(milli, got), got, stands=stands, brought=brought, serial=serial)
        for milli, got, stands, brought, serial in rows
    ]
    left = goods.unpaid(sum(each.milli for each in backs), backs)
    for each, rest in zip(backs, left, strict=True):
        assert 0 <= rest <= (0 if each.stands else each.received)
    paid = sum(each.milli - each.received for each in backs if each.stands)
    assert sum(left) >= sum(each.received for each in backs if not each.stands) - paid
