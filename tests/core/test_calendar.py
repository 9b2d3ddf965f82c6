"""Days as a shop counts them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sudapos.core import calendar


def test_before_the_cut_over_it_is_still_yesterday() -> None:
    night = datetime(2026, 11, 23, 19, 59, tzinfo=UTC)  # 03:59 in Shanghai
    assert calendar.business_date(night) == date(2026, 11, 23)
    assert calendar.business_date(night + timedelta(minutes=1)) == date(2026, 11, 24)
    assert calendar.business_date(night, cutover="00:00") == date(2026, 11, 24)


def test_working_days_skip_weekends_and_holidays() -> None:
    friday = date(2026, 11, 27)
    assert calendar.add_working_days(friday, 1) == date(2026, 11, 30)
    assert calendar.add_working_days(friday, 1, holidays=frozenset({date(2026, 11, 30)})) == date(2026, 12, 1)
    assert calendar.add_working_days(friday, 0) == friday


def test_a_window_ends_with_its_last_day() -> None:
    sold = datetime(2026, 11, 1, 15, 0, tzinfo=calendar.SHANGHAI)
    assert not calendar.window_over(
        datetime(2026, 11, 8, 23, 59, tzinfo=calendar.SHANGHAI), since=sold, days=7
    )
    assert calendar.window_over(datetime(2026, 11, 9, 0, 0, tzinfo=calendar.SHANGHAI), since=sold, days=7)


def test_a_day_has_its_bounds_in_the_shops_time_zone() -> None:
    start, end = calendar.day_bounds(date(2026, 11, 24))
    assert (start.astimezone(UTC).isoformat(), end - start) == (
        "2026-11-23T16:00:00+00:00",
        timedelta(days=1),
    )


def test_a_cut_over_of_its_own_moves_the_day() -> None:
    morning = datetime(2026, 11, 24, 5, 30, tzinfo=calendar.SHANGHAI)
    assert calendar.business_date(morning, cutover="06:00") == date(2026, 11, 23)
    assert calendar.business_date(morning, cutover="05:30") == date(2026, 11, 24)


def test_the_year_turns_at_the_cut_over_too() -> None:
    party = datetime(2027, 1, 1, 1, 0, tzinfo=calendar.SHANGHAI)
    assert calendar.business_date(party) == date(2026, 12, 31)


def test_several_working_days_may_cross_two_weekends() -> None:
    assert calendar.add_working_days(date(2026, 11, 28), 6) == date(2026, 12, 7)
    golden_week = frozenset(date(2026, 10, day) for day in range(1, 8))
    assert calendar.add_working_days(date(2026, 9, 30), 1, holidays=golden_week) == date(2026, 10, 8)
