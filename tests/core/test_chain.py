"""The audit chain's bytes, frozen."""

from __future__ import annotations

import pytest

from sudapos.core import chain

RECORD = {
    "id": 1,
    "at": "2026-11-24T04:00:00.000000+00:00",
    "by": "c01",
    "act": "refund.opened",
    "facts": {"total": 1999, "note": "红枣酸奶"},
}
START = "0" * 64


def test_one_spelling_of_a_record() -> None:
    expected = (
        '{"act":"refund.opened","at":"2026-11-24T04:00:00.000000+00:00","by":"c01",'
        '"facts":{"note":"红枣酸奶","total":1999},"id":1}'
    )
    assert chain.canonical(RECORD) == expected.encode()
    assert chain.canonical(dict(reversed(RECORD.items()))) == expected.encode()


def test_golden_seals() -> None:
    first = chain.seal(START, RECORD)
    second = chain.seal(first, {**RECORD, "id": 2})
    assert first == "e0f017263be795c305bbb95423f1e2e2b18b983560b4e31842d324d0f79658cc"
    assert second == "57d5617ddec302e16f7cdd4cfffdf4067aa2c623fe84be363392afdfb5970f51"


def test_the_first_break_is_found() -> None:
    rows, head = [], START
    for number in range(5):
        record = {**RECORD, "id": number}
        head = chain.seal(head, record)
        rows.append((head, record))
    assert chain.first_break(rows, start=START) is None
    altered = [*rows]
    altered[3] = (rows[3][0], {**rows[3][1], "by": "c02"})
    assert chain.first_break(altered, start=START) == 3
    assert chain.first_break(rows[1:], start=START) == 0


def test_a_chain_from_another_start_breaks_at_once() -> None:
    sealed = chain.seal(START, RECORD)
    assert chain.first_break([(sealed, RECORD)], start="1" * 64) == 0
    assert chain.first_break([], start=START) is None


def test_a_third_vector_with_what_json_may_hold() -> None:
    record = {"id": 3, "facts": {"lines": [1, 2], "none": None, "yes": True, "quote": '"\\\n', "emoji": "🧾"}}
    assert chain.canonical(record) == (
        '{"facts":{"emoji":"🧾","lines":[1,2],"none":null,"quote":"\\"\\\\\\n","yes":true},"id":3}'.encode()
    )
    assert chain.seal(START, record) == "72e08342a74fb50f5742aea742b40523b7672ada7b876e3d02f547d2dec3e7b5"


def test_what_json_cannot_say_is_refused() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        chain.seal(START, {"amount": float("nan")})
