"""The correction of a wrong refund: its states, and never more than was settled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import corrections
from sudapos.core.corrections import Event, State
from sudapos.core.refusal import Conflict, Refusal


def test_only_an_open_correction_moves_and_what_was_given_up_may_still_be_set_off():
    moves = {
        (State.OPEN, Event.COLLECT): State.COLLECTED,
        (State.OPEN, Event.GIVE_UP): State.GIVEN_UP,
        (State.OPEN, Event.SET_OFF): State.SET_OFF,
        (State.GIVEN_UP, Event.SET_OFF): State.SET_OFF,
    }
    for state in State:
        for event in Event:
            if (state, event) in moves:
                assert corrections.after(state, event) is moves[state, event]
                continue
            with pytest.raises(Conflict):
                corrections.after(state, event)


@given(st.integers(0, 10**7), st.lists(st.integers(1, 10**7), max_size=6))
def test_what_is_set_off_is_the_smaller_of_both_and_the_oldest_claim_goes_first(back, claims):
    parts = corrections.set_off(back, claims)
    assert sum(parts) == min(back, sum(claims))
    assert all(0 <= part <= claim for part, claim in zip(parts, claims, strict=True))
    short = [part < claim for part, claim in zip(parts, claims, strict=True)]
    first = short.index(True) if True in short else len(short)
    assert sum(parts[first + 1 :]) == 0


@given(st.integers(1, 10**7), st.data())
def test_corrections_never_come_to_more_than_was_settled_and_their_tax_is_the_whole(settled, data):
    tax = data.draw(st.integers(0, settled // 5))
    done = done_tax = 0
    for amount in [*data.draw(st.lists(st.integers(-5, settled + 5), max_size=6)), None]:
        wish = settled - done if amount is None else amount
        try:
            corrections.check_amount(wish, settled=settled, corrected=done)
        except Refusal as refusal:
            assert refusal.code == "correction_too_much" and not 0 < wish <= settled - done
            continue
        assert wish > 0
        part = corrections.tax_of(wish, corrected=done, corrected_tax=done_tax, settled=settled, tax=tax)
        assert 0 <= part <= wish
        done, done_tax = done + wish, done_tax + part
    assert (done, done_tax) == (settled, tax)
