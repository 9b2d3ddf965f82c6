"""Breaking text into lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.printing.columns import columns
from sudapos.printing.wrapping import tidy, wrap


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 8, [""]),
        ("红枣酸奶", 8, ["红枣酸奶"]),
        ("红枣酸奶", 7, ["红枣酸", "奶"]),
        ("keep this paper", 9, ["keep this", "paper"]),
        ("4200002345", 4, ["4200", "0023", "45"]),
        ("退款到微信，请查收", 10, ["退款到微", "信，请查收"]),
        ("奶 500ml", 6, ["奶", "500ml"]),
        ("中", 1, ["中"]),
    ],
)
def test_lines_break_between_ideographs_and_words(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width, columns) == lines


@given(st.text(alphabet="红枣酸奶，。（）ab9 -", max_size=60), st.integers(2, 20))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, width: int) -> None:
    lines = wrap(text, width, columns)
    assert all(columns(line) <= width for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_controls_and_line_ends_do_not_reach_the_paper() -> None:
    assert tidy("a\tb\nc\x1bd\u202ee\u200bf\ufe0f") == "a b cdef"
    assert tidy("e\u0301") == "é"
