"""Serial numbers must match, and parts of a cost add up to the whole."""

from __future__ import annotations

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
