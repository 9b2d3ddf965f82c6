"""When a message may go out, and when it is tried again: quiet hours, grouping, back-off. Pure."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from .calendar import SHANGHAI

BACK_OFF = (60, 300, 1_800, 7_200, 21_600, 86_400)
"""Seconds before each further try; after the last one a person is asked to look."""
HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9])-((?:[01][0-9]|2[0-3]):[0-5][0-9])")
URGENT = frozenset({"leg.failed", "leg.bounced", "leg.in_doubt", "leg.short", "drawer.short"})
"""Money that is not where it should be: these stand first in a message."""


def is_hours(text: str) -> bool:
    """Whether this is empty or a span such as 22:00-08:00."""
    return text == "" or HOURS.fullmatch(text) is not None


def quiet_until(at: datetime, hours: str) -> datetime | None:
    """The end of the quiet hours that `at` lies in, or None; a span may go over midnight. The shop's time zone."""
    found = HOURS.fullmatch(hours)
    if found is None:
        return None
    first, last = (time.fromisoformat(part) for part in found.groups())
    local = at.astimezone(SHANGHAI)
    now = local.time()
    over_midnight = first > last
    inside = (now >= first or now < last) if over_midnight else first <= now < last
    if not inside:
        return None
    end = datetime.combine(local.date(), last, SHANGHAI)
    return end + timedelta(days=1) if over_midnight and now >= first else end


def again_at(at: datetime, *, tries: int) -> datetime | None:
    """When a delivery that failed for the `tries`-th time is tried again; None: no more."""
    if tries > len(BACK_OFF):
        return None
    return at + timedelta(seconds=BACK_OFF[tries - 1])
