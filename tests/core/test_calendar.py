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
