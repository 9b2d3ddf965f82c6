"""How figures read."""

from __future__ import annotations

import pytest

from sudapos.core import reports
from sudapos.core.reports import REPORTS, Table
from sudapos.core.wording import reports as words


@pytest.mark.parametrize(
    ("points", "text"), [(1250, "12.5 %"), (10000, "100 %"), (0, "0 %"), (333, "3.33 %"), (None, "–")]
)
def test_basis_points_read_as_per_cent(points: int | None, text: str) -> None:
    assert reports.percent(points) == text


@pytest.mark.parametrize(
    ("minutes", "zh", "en"),
    [
        (0, "0分钟", "0 min"),
        (59, "59分钟", "59 min"),
        (61, "1小时 1分钟", "1 h 1 min"),
        (1500, "1天 1小时", "1 d 1 h"),
        (None, "–", "–"),
    ],
)
def test_a_time_reads_in_its_two_largest_units(minutes: int | None, zh: str, en: str) -> None:
    assert (reports.span(minutes, lang="zh"), reports.span(minutes, lang="en")) == (zh, en)


@pytest.mark.parametrize(("milli", "text"), [(2000, "2"), (1236, "1.236"), (1500, "1.5"), (0, "0")])
def test_pieces_read_without_needless_zeros(milli: int, text: str) -> None:
    assert reports.pieces(milli) == text


def test_a_share_of_nothing_is_no_number() -> None:
    assert reports.basis_points(0, 0) is None and reports.basis_points(1, 3) == 3333


def test_the_line_below_is_a_ratio_of_sums_and_not_a_sum_of_ratios() -> None:
    table = Table(REPORTS["rate"], "store", [("S01", 1, 100, 1, 100, 10000), ("S02", 9, 900, 0, 0, 0)])
    assert table.total() == (None, 10, 1000, 1, 100, 1000)


def test_every_report_column_and_split_has_its_words() -> None:
    columns = {column.code for shape in REPORTS.values() for column in shape.columns}
    assert set(words.REPORTS) == set(words.NOTES) == set(REPORTS)
    assert columns == set(words.COLUMNS)
    assert {by for shape in REPORTS.values() for by in shape.by} == set(words.BY)
    for shape in REPORTS.values():
        assert {*shape.bars, *filter(None, [shape.line])} <= {column.code for column in shape.columns}
