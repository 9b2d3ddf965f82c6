"""The table of the house plan, move by move."""

from __future__ import annotations

import pytest

from sudapos.core import lifecycle
from sudapos.core.lifecycle import LEG_TABLE, REFUND_TABLE, Event, LegState, Progress, RefundState
from sudapos.core.outcome import Absent, Accepted, Bounced, Deferred, Outcome, Refused, Settled, Unknown

PLAN = """
ready     send:sending drop:dropped settle:settled accept:accepted bounce:bounced
sending   settle:settled accept:accepted refuse:failed defer:ready lose:in_doubt
accepted  settle:settled refuse:failed bounce:bounced
in_doubt  settle:settled accept:accepted refuse:failed bounce:bounced miss:ready
settled   bounce:bounced
bounced   settle:settled retry:ready
failed    retry:ready drop:dropped settle:settled accept:accepted bounce:bounced
"""


def test_a_leg_moves_so_and_in_no_other_way() -> None:
    wanted = {
        (LegState(row[0]), Event(event)): LegState(after)
        for row in (line.split() for line in PLAN.strip().splitlines())
        for event, after in (step.split(":") for step in row[1:])
    }
    assert wanted == LEG_TABLE


def test_a_refund_is_decided_once() -> None:
    assert {
        (RefundState.AWAITING, "approve"): RefundState.APPROVED,
        (RefundState.AWAITING, "reject"): RefundState.REJECTED,
        (RefundState.AWAITING, "withdraw"): RefundState.WITHDRAWN,
    } == REFUND_TABLE


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


def test_money_that_moved_against_the_books_needs_attention_whatever_the_states() -> None:
    for legs in (["settled"], ["dropped"], ["accepted"]):
        states = [LegState(leg) for leg in legs]
        assert lifecycle.progress(RefundState.APPROVED, states, alarmed=True) is Progress.ATTENTION


SAID: dict[str, Outcome] = {
    "settled": Settled(),
    "accepted": Accepted(),
    "refused": Refused(code="x"),
    "bounced": Bounced(code="x"),
    "absent": Absent(),
    "deferred": Deferred(code="x"),
    "unknown": Unknown(code="x"),
}
HEARD = """
           settled  accepted  refused  bounced  absent  deferred  unknown
ready      settle   accept    -        bounce   -       -         -
sending    settle   accept    refuse   lose     lose    defer     lose
accepted   settle   -         refuse   bounce   -       -         -
in_doubt   settle   accept    refuse   bounce   miss    -         -
settled    -        -         -        bounce   -       -         -
bounced    settle   -         -        -        -       -         -
failed     settle   accept    -        bounce   -       -         -
dropped    -        -         -        -        -       -         -
"""
TOLD, *ROWS = [row.split() for row in HEARD.strip().splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_what_an_answer_means_in_each_state(row: list[str]) -> None:
    state = LegState(row[0])
    heard = [lifecycle.heard(state, SAID[told], absence_counts=True) or "-" for told in TOLD]
    assert heard == row[1:]


def test_absence_too_soon_means_nothing_to_a_leg_in_doubt() -> None:
    assert lifecycle.heard(LegState.IN_DOUBT, Absent(), absence_counts=False) is None
    assert lifecycle.heard(LegState.SENDING, Absent(), absence_counts=False) is Event.LOSE


def test_every_state_of_a_leg_is_in_the_table_of_answers() -> None:
    assert [row[0] for row in ROWS] == list(LegState)
