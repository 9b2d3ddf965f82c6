"""Working days as China works them: weekends, public holidays, and the weekends that are worked instead (调休)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """Which days are worked, for the years in `known`; the calendar is handed in, core has none of its own."""

    closed: frozenset[date] = frozenset()
    """Public holidays and days off."""
    opened: frozenset[date] = frozenset()
    """Saturdays and Sundays on which banks work, because the State Council moved a day off."""
    published: frozenset[int] = frozenset()
    """Years whose arrangement the State Council has told; the others hold the statutory days alone."""

    def works(self, day: date) -> bool:
        """Whether banks move money on this day."""
        if day in self.opened:
            return True
        return day.weekday() < _SATURDAY and day not in self.closed

    def add(self, day: date, count: int) -> date:
        """The `count`-th working day after `day`."""
        while count > 0:
            day += timedelta(days=1)
            if self.works(day):
                count -= 1
        return day

    def is_estimate(self, day: date) -> bool:
        """Whether a day stands in a year whose days off are not told yet."""
        return day.year not in self.published


WEEKENDS = WorkingDays()
"""No holidays at all: what can be said without a calendar."""
