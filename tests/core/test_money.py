"""Whole fen in, whole fen out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import money


@pytest.mark.parametrize(
    ("text", "fen"), [("19.99", 1999), ("0.5", 50), ("7", 700), (3, 300), ("99999999.99", money.MOST)]
)
def test_yuan_are_read(text: str | int, fen: int) -> None:
    assert money.yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["1.999", "-1", "+1", "1e3", "１２", "", " 1", "1,000", "100000000", ".5", "5.", "NaN", True]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(money.BadAmount):
        money.yuan(text)


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (300, "叁元整"),
        (10005, "壹佰元零伍分"),
        (10050, "壹佰元伍角整"),
        (100000300, "壹佰万零叁元整"),
        (5, "伍分"),
        (50, "伍角整"),
        (0, "零元整"),
        (1999, "壹拾玖元玖角玖分"),
        (1010101, "壹万零壹佰零壹元零壹分"),
        (1_0000_0000_00, "壹亿元整"),
        (1_0000_0001_00, "壹亿零壹元整"),
        (10_0100_00, "壹拾万零壹佰元整"),
    ],
)
def test_amounts_are_written_out(fen: int, words: str) -> None:
    assert money.in_words(fen) == words


VALUES = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}


def read(words: str) -> int:
    """The inverse, written independently: adds up digits and places."""
    total = section = digit = fen = 0
    for character in words.removesuffix("整"):
        if character in VALUES:
            digit = VALUES[character]
        elif character in "拾佰仟":
            section += digit * {"拾": 10, "佰": 100, "仟": 1000}[character]
            digit = 0
        elif character == "万":
            total, section, digit = total + (section + digit) * 10_000, 0, 0
        elif character == "亿":
            total, section, digit = (total + section + digit) * 100_000_000, 0, 0
        elif character == "元":
            total, section, digit = total + section + digit, 0, 0
        elif character == "角":
            fen, digit = fen + digit * 10, 0
        elif character == "分":
            fen, digit = fen + digit, 0
    return total * 100 + fen


@given(st.integers(0, money.MOST))
def test_written_amounts_read_back(fen: int) -> None:
    words = money.in_words(fen)
    assert read(words) == fen
    assert "零零" not in words


@given(st.integers(0, money.MOST))
def test_shown_amounts_read_back(fen: int) -> None:
    if fen < 10_000_000_000:
        assert money.yuan(money.show(fen)) == fen


@given(st.integers(0, 10**7), st.integers(1, 50))
def test_units_add_up_and_the_first_ones_carry_the_odd_fen(total: int, n: int) -> None:
    steps = [money.cumulative(total, n, k) for k in range(n + 1)]
    parts = [b - a for a, b in zip(steps, steps[1:], strict=False)]
    assert (steps[0], steps[-1]) == (0, total)
    assert parts == sorted(parts, reverse=True)
    assert max(parts) - min(parts) <= 1


@pytest.mark.parametrize(
    ("fen", "text"), [(0, "0.00"), (5, "0.05"), (-5, "-0.05"), (123456, "1234.56"), (-12345, "-123.45")]
)
def test_fen_are_shown_as_yuan(fen: int, text: str) -> None:
    assert money.show(fen) == text


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (1000, [1, 1, 1], [334, 333, 333]),
        (3000, [9900, 5900, 3500], [1539, 917, 544]),
        (1, [1, 3, 3], [0, 1, 0]),  # the same rest: the larger weight, then the first
        (2, [1, 2, 1], [1, 1, 0]),
        (7, [0, 5], [0, 7]),
        (0, [0, 0], [0, 0]),
    ],
)
def test_shares_go_by_the_largest_rest(total: int, weights: list[int], parts: list[int]) -> None:
    assert money.share(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, []), (1, [0, 0]), (-1, [1]), (1, [2, -1])])
def test_what_cannot_be_shared_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match="share"):
        money.share(total, weights)


@pytest.mark.parametrize(
    ("numerator", "denominator", "nearest"), [(1, 2, 1), (3, 2, 2), (1, 3, 0), (2, 3, 1), (0, 5, 0)]
)
def test_halves_go_up(numerator: int, denominator: int, nearest: int) -> None:
    assert money.round_half_up(numerator, denominator) == nearest


@pytest.mark.parametrize(("n", "k"), [(3, 4), (3, -1), (0, 0)])
def test_there_are_no_more_units_than_units(n: int, k: int) -> None:
    with pytest.raises(ValueError, match="units"):
        money.cumulative(100, n, k)


def test_a_negative_amount_is_written_with_its_sign() -> None:
    assert money.in_words(-1999) == "负壹拾玖元玖角玖分"
