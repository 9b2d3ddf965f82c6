"""China's working days out of the package `holidays`, for whoever counts days; the package's year is checked by tests."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays

from sudapos.core.workdays import WorkingDays

_SATURDAY = 5


@lru_cache(maxsize=8)
def around(year: int) -> WorkingDays:
    """The days of `year`, of the one before and of the one after: what a count from any day of it can reach.

    The package marks a weekend that is worked, and does so for every year whose arrangement is published; a year
    without one has its statutory days only, and is no more than an estimate.
    """
    years = range(year - 1, year + 2)
    china = holidays.country_holidays("CN", years=years)
    worked = frozenset(day for day in china.weekend_workdays if day.year in years)
    closed = frozenset(day for day in china if day.weekday() < _SATURDAY)
    return WorkingDays(closed=closed, opened=worked, published=frozenset(day.year for day in worked))


def at(day: date) -> WorkingDays:
    """The calendar for counting from `day`."""
    return around(day.year)


def is_estimate(day: date) -> bool:
    """Whether the days off of that year were not published yet when this program was made."""
    return at(day).is_estimate(day)
