"""Days as a shop counts them: the business date, the cut-over, working days."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
CUTOVER = "04:00"
"""A bar's night belongs to the day on which it began (domain §8.3)."""
_SATURDAY = 5


def business_date(at: datetime, *, cutover: str = CUTOVER) -> date:
    """The trading day that a moment belongs to: before the cut-over it is still yesterday."""
    local = at.astimezone(SHANGHAI)
    day = local.date()
    return day - timedelta(days=1) if local.time() < time.fromisoformat(cutover) else day


def day_began(at: datetime, *, cutover: str = CUTOVER) -> datetime:
    """The first moment of the trading day that `at` belongs to."""
    return datetime.combine(business_date(at, cutover=cutover), time.fromisoformat(cutover), SHANGHAI)


def midnight(day: date) -> datetime:
    """The first moment of a calendar day in the shop's time zone."""
    return datetime.combine(day, time(), SHANGHAI)


def add_working_days(day: date, count: int, *, holidays: AbstractSet[date] = frozenset()) -> date:
    """The `count`-th working day after `day`; weekends and the holidays handed in do not count (T+n, domain §1.4)."""
    while count > 0:
        day += timedelta(days=1)
        if day.weekday() < _SATURDAY and day not in holidays:
            count -= 1
    return day


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of a calendar day in the shop's time zone, and the first moment after it."""
    start = datetime.combine(day, time(), SHANGHAI)
    return start, start + timedelta(days=1)


def window_over(at: datetime, *, since: datetime, days: int) -> bool:
    """Whether `days` days counted from the day after `since` are over; the last day counts to midnight (R-08)."""
    last = since.astimezone(SHANGHAI).date() + timedelta(days=days)
    return at.astimezone(SHANGHAI).date() > last
