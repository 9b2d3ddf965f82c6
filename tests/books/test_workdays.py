"""The package's calendar, as the State Council arranged the year."""

from __future__ import annotations

from datetime import date

from sudapos.books import workdays


def test_national_day_2026_and_its_worked_weekends():
    days = workdays.around(2026)
    assert {date(2026, 1, 4), date(2026, 2, 14), date(2026, 2, 28), date(2026, 5, 9)} < days.opened
    assert days.add(date(2026, 9, 30), 3) == date(2026, 10, 10)
    assert not workdays.is_estimate(date(2026, 10, 10))


def test_a_year_without_an_arrangement_is_an_estimate_with_the_statutory_days():
    far = date(2040, 10, 1)
    assert workdays.is_estimate(far)
    assert not workdays.at(far).works(far)
