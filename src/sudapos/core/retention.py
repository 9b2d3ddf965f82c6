"""How long what is kept: the classes of domain §3.5, and the day on which a record's time is over."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from . import calendar
from .rules import Rules

CONTACT_YEARS = 1
"""PII_MIN: what a person gave for one sale or refund, after all of it is closed."""
LOG_DAYS_AT_LEAST = 180
"""Six months of logs by law (R-21); no configuration keeps less."""


class Class(StrEnum):
    """The longest applicable class of a record wins."""

    ACC_30Y = "ACC_30Y"
    ACC_10Y = "ACC_10Y"
    BIZ_5Y = "BIZ_5Y"
    SEC_5Y = "SEC_5Y"
    PII_MIN = "PII_MIN"
    TMP_7D = "TMP_7D"


KEPT: dict[str, Class] = {
    "refund voucher, journal entry": Class.ACC_30Y,
    "statement": Class.ACC_10Y,
    "sale, refund, approval": Class.BIZ_5Y,
    "audit record": Class.SEC_5Y,
    "phone and name of a customer": Class.PII_MIN,
    "words of a person on a refund": Class.BIZ_5Y,
}
"""What we keep, and its class; vouchers and entries hold masked data only and are never purged."""


def ends(kept: Class, closed_at: datetime, rules: Rules) -> date:
    """The first day on which a record of this class may go.

    Accounting classes count from the first day after the fiscal year (R-15), the others from the day itself.
    """
    day = calendar.business_date(closed_at, cutover="00:00")
    match kept:
        case Class.ACC_30Y | Class.ACC_10Y:
            return date(day.year + 1 + rules.retention_years[kept], 1, 1)
        case Class.BIZ_5Y | Class.SEC_5Y:
            return _years_on(day, rules.retention_years[kept])
        case Class.PII_MIN:
            return _years_on(day, CONTACT_YEARS)
        case Class.TMP_7D:
            return date.fromordinal(day.toordinal() + 7)


def last_day(kept: Class, today: date, rules: Rules) -> date:
    """The newest day of closing whose records of a class may go today: the other side of `ends`."""
    match kept:
        case Class.ACC_30Y | Class.ACC_10Y:
            return date(today.year - 1 - rules.retention_years[kept], 12, 31)
        case Class.BIZ_5Y | Class.SEC_5Y:
            return _years_back(today, rules.retention_years[kept])
        case Class.PII_MIN:
            return _years_back(today, CONTACT_YEARS)
        case Class.TMP_7D:
            return date.fromordinal(today.toordinal() - 7)


def _years_back(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February becomes 28 February."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 2, 28)


def _years_on(day: date, years: int) -> date:
    """The same day `years` later; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
