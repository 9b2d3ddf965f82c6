"""A batch's table, its ladder, its pace, and what a wrong price comes to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import batches
from sudapos.core.batches import BATCH_TABLE, BatchState, Pace, Part
from sudapos.core.lifecycle import IllegalMove
from sudapos.core.rules import Rules


def walk(*acts: str) -> BatchState:
    state = BatchState.DRAFT
    for act in acts:
        state = batches.advance(state, act)
    return state


def test_a_batch_walks_from_draft_to_done() -> None:
    assert walk("check", "approve", "start", "pause", "resume", "finish") == "done"


@pytest.mark.parametrize(
    "acts",
    [
        ("approve",),  # nobody approves what was not tried
        ("start",),
        ("check", "start"),  # nor starts what nobody approved
        ("check", "approve", "start", "check"),  # nor changes what runs
        ("check", "approve", "start", "change"),
        ("check", "approve", "change"),
        ("check", "approve", "start", "pause", "finish"),  # what stands still does not end by itself
    ],
)
def test_nothing_runs_that_was_not_tried_and_approved(acts: tuple[str, ...]) -> None:
    with pytest.raises(IllegalMove):
        walk(*acts)


def test_trying_again_voids_the_approval() -> None:
    assert walk("check", "approve", "check") == "checked"


def test_every_way_to_running_goes_through_an_approval() -> None:
    into = {(before, act) for (before, act), after in BATCH_TABLE.items() if after == BatchState.RUNNING}
    assert into == {(BatchState.APPROVED, "start"), (BatchState.PAUSED, "resume")}
    assert [key for key, after in BATCH_TABLE.items() if after == BatchState.APPROVED] == [
        (BatchState.CHECKED, "approve")
    ]


def test_done_and_cancelled_are_the_end() -> None:
    assert not [key for key in BATCH_TABLE if key[0] in (BatchState.DONE, BatchState.CANCELLED)]


@pytest.mark.parametrize(
    ("total", "asked", "roles"),
    [
        (1, (), ("manager",)),  # a second person always, however small
        (200_000, (), ("manager",)),
        (200_001, (), ("manager", "finance")),
        (2_000_000, (), ("manager", "finance")),
        (2_000_001, (), ("manager", "finance", "owner")),
        (1, ("finance",), ("manager", "finance")),  # whoever one refund asks for
    ],
)
def test_the_ladder_asks_by_the_sum(total: int, asked: tuple[str, ...], roles: tuple[str, ...]) -> None:
    assert batches.approvals(total, asked, Rules()) == roles


@given(st.integers(0, 10**10), st.integers(0, 10**10))
def test_a_larger_sum_never_asks_fewer(one: int, other: int) -> None:
    low, high = sorted((one, other))
    assert set(batches.approvals(low, (), Rules())) <= set(batches.approvals(high, (), Rules()))


def test_a_wrong_price_gives_the_difference_for_each_piece() -> None:
    """Charged 25.90 instead of 19.90: 6.00 a piece."""
    assert batches.overcharge(charged=2590, right=1990, milli=1000, net=2590, gross=2590) == 600
    assert batches.overcharge(charged=2590, right=1990, milli=3000, net=7770, gross=7770) == 1800


def test_a_discount_shrinks_the_difference_with_the_price() -> None:
    """A tenth off: she paid 23.31, should have paid 17.91."""
    assert batches.overcharge(charged=2590, right=1990, milli=1000, net=2331, gross=2590) == 540


@given(
    charged=st.integers(1, 10**7),
    right=st.integers(0, 10**7),
    pieces=st.integers(1, 100),
    off=st.integers(0, 10**7),
)
def test_nobody_gets_more_than_she_paid(charged: int, right: int, pieces: int, off: int) -> None:
    gross = charged * pieces
    net = max(0, gross - off)
    back = batches.overcharge(charged=charged, right=right, milli=pieces * 1000, net=net, gross=gross)
    assert 0 <= back <= net
    if right >= charged:
        assert back == 0


def test_the_fingerprint_is_of_the_set_and_changes_with_every_item() -> None:
    items = [(1, "a"), (2, "b")]
    whole = batches.fingerprint(items)
    assert batches.fingerprint(reversed(items)) == whole
    others = [[(1, "a")], [(1, "b"), (2, "a")], [(1, "a"), (3, "b")], []]
    assert all(batches.fingerprint(other) != whole for other in others)


@given(st.integers(1, 100_000))
def test_the_pace_never_exceeds_the_minute(per_minute: int) -> None:
    pace = batches.pace(per_minute)
    assert pace.most >= 1
    assert pace.most * 60 <= per_minute * pace.seconds


def test_pace_and_backlog_both_hold_back() -> None:
    assert batches.pace(300) == Pace(6, 30)
    assert batches.pace(20) == Pace(60, 20)
    assert batches.room(Pace(6, 30), lately=10, waiting=0, most_waiting=100) == 20
    assert batches.room(Pace(6, 30), lately=0, waiting=95, most_waiting=100) == 5
    assert batches.room(Pace(6, 30), lately=31, waiting=0, most_waiting=100) == 0


def test_every_outcome_is_pending_failed_out_or_done() -> None:
    kinds = [batches.PENDING, batches.FAILED, batches.OUT, {"done"}]
    assert sorted(name for kind in kinds for name in kind) == sorted(batches.OUTCOMES)
    parts = {"done": Part(3, 300), "moving": Part(2, 50), "ready": Part(1, 5)}
    assert batches.summed(parts, batches.PENDING) == Part(3, 55)
