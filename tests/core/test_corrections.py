"""The correction of a wrong refund: its states, and never more than was settled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import corrections
from sudapos.core.corrections import Event, State
from sudapos.core.refusal import Conflict, Refusal


def test_only_an_open_correction_moves_and_only_once():
    assert corrections.after(State.OPEN, Event.COLLECT) is State.COLLECTED
    assert corrections.after(State.OPEN, Event.GIVE_UP) is State.GIVEN_UP
    for state in (State.COLLECTED, State.GIVEN_UP, State.UNDONE):
        for event in Event:
            with pytest.raises(Conflict):
                corrections.after(state, event)


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
