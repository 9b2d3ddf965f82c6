"""Matching on plain files: every class, every way of joining, and nothing guessed where there are two candidates."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.ops import matching
from sudapos.ops.matching import Matched, Pair

DAY = "2026-11-23"
NOON = 1795406400


def ours(id: int, number: str = "", **more: Any) -> dict[str, Any]:
    row = {
        "side": "in",
        "id": id,
        "number": number,
        "ref": "",
        "order_no": "",
        "order_ref": "",
        "payment": id,
    }
    return row | {"amount": 1000, "done": 1, "expected": "true", "moment": NOON, "day": DAY} | more


def theirs(id: int, number: str = "", **more: Any) -> dict[str, Any]:
    row = {"side": "in", "id": id, "number": number, "ref": "", "order_no": "", "order_ref": ""}
    return row | {"amount": 1000, "done": 1, "moment": NOON, "day": DAY} | more


def write(path: Path, columns: Iterable[str], rows: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", newline="") as out:
        table = csv.DictWriter(out, list(columns))
        table.writeheader()
        table.writerows(rows)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matching")


def match(folder: Path, left: list[dict[str, Any]], right: list[dict[str, Any]], **more: Any) -> Matched:
    return matching.match(
        write(folder / "o.csv", matching.OURS, left), write(folder / "t.csv", matching.THEIRS, right), **more
    )


def classes(found: Matched) -> dict[str, int]:
    return {name: told["count"] for name, told in found.sums.items()}


CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]], dict[str, int]]] = {
    "by number": ([ours(1, "A")], [theirs(9, "A")], {"matched": 1}),
    "amount": ([ours(1, "A")], [theirs(9, "A", amount=999)], {"amount_differs": 1}),
    "given up here, paid there": (
        [ours(1, "A", side="out", done=-1)],
        [theirs(9, "A", side="out")],
        {"state_differs": 1},
    ),
    "under way there, paid here": (
        [ours(1, "A", side="out")],
        [theirs(9, "A", side="out", done=0)],
        {"matched": 1},
    ),
    "other day": ([ours(1, "A")], [theirs(9, "A", day="2026-11-24")], {"other_day": 1}),
    "only ours": ([ours(1, "A")], [], {"only_ours": 1}),
    "only ours, not expected": ([ours(1, "A", expected="false")], [], {}),
    "only theirs": ([], [theirs(9, "A")], {"only_theirs": 1}),
    "a payment and a refund of one number": (
        [ours(1, "A")],
        [theirs(9, "A", side="out")],
        {"only_ours": 1, "only_theirs": 1},
    ),
    "by the channel's number": ([ours(1, "A", ref="R")], [theirs(9, "", ref="R")], {"matched": 1}),
    "by the channel's number, ours unknown there": (
        [ours(1, "A", ref="R")],
        [theirs(9, "X", ref="R")],
        {"matched": 1},
    ),
    "by payment and amount": (
        [ours(1, "A", side="out", order_no="P")],
        [theirs(9, side="out", order_no="P")],
        {"matched": 1},
    ),
    "by payment, two of one amount": (
        [ours(1, "A", side="out", order_no="P"), ours(2, "B", side="out", order_no="P")],
        [theirs(9, side="out", order_no="P")],
        {"only_ours": 2, "only_theirs": 1},
    ),
    "by amount and time": ([ours(1, "A")], [theirs(9, moment=NOON + 1800)], {"matched": 1}),
    "by amount and time, a second too far": (
        [ours(1, "A")],
        [theirs(9, moment=NOON + 1801)],
        {"only_ours": 1, "only_theirs": 1},
    ),
    "a number of its own is never guessed away": (
        [ours(1, "A")],
        [theirs(9, "B")],
        {"only_ours": 1, "only_theirs": 1},
    ),
    "undone before clearing": (
        [ours(1, "A", payment=7), ours(2, "V", side="out", payment=7)],
        [],
        {"void_pair": 2},
    ),
    "a part back is no void": (
        [ours(1, "A", payment=7), ours(2, "V", side="out", payment=7, amount=400)],
        [],
        {"only_ours": 2},
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_pair_has_its_class(folder: Path, case: str) -> None:
    left, right, expected = CASES[case]
    assert classes(match(folder, left, right)) == expected


def test_one_number_twice_on_their_side_is_told_apart_from_a_match(folder: Path) -> None:
    found = match(
        folder,
        [ours(1, "A", side="out", amount=500), ours(2, "B")],
        [theirs(8, "A", side="out", amount=500), theirs(9, "A", side="out", amount=500), theirs(10, "B")],
    )
    assert found.differences == [Pair("twice", "out", 1, 9, 500, 500, "A", True)]


def test_sums_are_of_one_day_and_differences_of_all(folder: Path) -> None:
    left = [ours(1, "A"), ours(2, "B", day="2026-11-22"), ours(3, "C", day="2026-11-22")]
    right = [theirs(8, "A"), theirs(9, "B", day="2026-11-22")]
    import datetime

    found = match(folder, left, right, day=datetime.date(2026, 11, 23))
    assert found.sums == {"matched": {"count": 1, "ours": 1000, "theirs": 1000}}
    assert [pair.ours for pair in found.differences] == [3]


numbers = st.lists(st.sampled_from("ABCDEFGH"), unique=True)


@settings(max_examples=40, deadline=None)
@given(left=numbers, right=numbers, changed=st.sets(st.sampled_from("ABCDEFGH")))
def test_every_row_is_counted_exactly_once(
    folder: Path, left: list[str], right: list[str], changed: set[str]
) -> None:
    mine = [ours(n, name) for n, name in enumerate(left, 1)]
    other = [theirs(n, name, amount=1000 + 7 * (name in changed)) for n, name in enumerate(right, 100)]
    counted = classes(match(folder, mine, other, count=len(mine)))
    both = set(left) & set(right)
    assert counted == {
        name: count
        for name, count in {
            "matched": len(both - changed),
            "amount_differs": len(both & changed),
            "only_ours": len(set(left) - both),
            "only_theirs": len(set(right) - both),
        }.items()
        if count
    }
