from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import retention
from sudapos.core.calendar import SHANGHAI
from sudapos.core.retention import Class
from sudapos.core.rules import Rules

RULES = Rules()


@pytest.mark.parametrize(
    ("kept", "closed", "ends"),
    [
        (Class.PII_MIN, "2025-11-24T23:30", "2026-11-24"),
        (Class.PII_MIN, "2024-02-29T10:00", "2025-03-01"),
        (Class.BIZ_5Y, "2026-11-24T10:00", "2031-11-24"),
        (Class.SEC_5Y, "2024-02-29T10:00", "2029-03-01"),
        (Class.ACC_30Y, "2026-11-24T10:00", "2057-01-01"),
        (Class.ACC_10Y, "2026-01-01T00:00", "2037-01-01"),
        (Class.TMP_7D, "2026-11-24T10:00", "2026-12-01"),
    ],
)
def test_a_class_ends_on_its_day(kept: Class, closed: str, ends: str) -> None:
    at = datetime.fromisoformat(closed).replace(tzinfo=SHANGHAI)
    assert retention.ends(kept, at, RULES).isoformat() == ends


@given(st.sampled_from(list(Class)), st.dates(date(2000, 1, 1), date(2060, 12, 31)))
def test_the_last_day_that_may_go_is_the_other_side_of_the_end(kept: Class, today: date) -> None:
    last = retention.last_day(kept, today, RULES)
    for day, over in ((last, True), (last + timedelta(days=1), False)):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=SHANGHAI)
        assert (retention.ends(kept, at, RULES) <= today) is over


def test_everything_that_is_kept_has_a_class() -> None:
    assert set(retention.KEPT.values()) <= set(Class)
