"""The table of the house plan, move by move."""

from __future__ import annotations

import pytest

from sudapos.core import lifecycle
from sudapos.core.lifecycle import LEG_TABLE, Event, LegState, Progress, RefundState

PLAN = """
ready     send:sending drop:dropped
sending   settle:settled accept:accepted refuse:failed defer:ready lose:in_doubt
accepted  settle:settled refuse:failed bounce:bounced
in_doubt  settle:settled accept:accepted refuse:failed bounce:bounced miss:ready
settled   bounce:bounced
bounced   settle:settled retry:ready
failed    retry:ready drop:dropped
"""


def test_a_leg_moves_so_and_in_no_other_way() -> None:
    wanted = {
        (LegState(row[0]), Event(event)): LegState(after)
        for row in (line.split() for line in PLAN.strip().splitlines())
        for event, after in (step.split(":") for step in row[1:])
    }
    assert wanted == LEG_TABLE


def test_a_move_that_is_not_in_the_table_is_refused_by_name() -> None:
    with pytest.raises(lifecycle.IllegalMove, match="no move 'drop' from 'in_doubt'"):
        lifecycle.advance(LegState.IN_DOUBT, Event.DROP)
    with pytest.raises(lifecycle.IllegalMove):
        lifecycle.decide(RefundState.APPROVED, "reject")


@pytest.mark.parametrize(
    ("state", "legs", "progress"),
    [
        ("awaiting", [], "waiting"),
        ("rejected", [], "closed"),
        ("approved", ["settled", "accepted"], "moving"),
        ("approved", ["settled", "in_doubt"], "attention"),
        ("approved", ["settled", "dropped"], "done"),
        ("approved", ["dropped"], "closed"),
    ],
)
def test_progress_in_one_word(state: str, legs: list[str], progress: str) -> None:
    assert lifecycle.progress(RefundState(state), [LegState(leg) for leg in legs]) is Progress(progress)
