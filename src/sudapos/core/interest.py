"""Interest on what a prepaid card still holds, by whose doing its end is (domain R-12, 法释〔2025〕4号 Art. 15–17).

Simple interest by days over 360, as banks in China reckon; the rate is that of the day on which the contract was made. The rates are the
merchant's policy, and the merchant confirms them with what was published.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from . import money
from .prepaid import Cause
from .refusal import FieldError

YEAR_DAYS = 360

LPR_ONE_YEAR: Mapping[str, int] = {
    "2019-08-20": 425,
    "2019-09-20": 420,
    "2019-11-20": 415,
    "2020-02-20": 405,
    "2020-04-20": 385,
    "2021-12-20": 380,
    "2022-01-20": 370,
    "2022-08-22": 365,
    "2023-06-20": 355,
    "2023-08-21": 345,
    "2024-07-22": 335,
    "2024-10-21": 310,
    "2025-05-20": 300,
}
"""First day → one-year loan prime rate in hundredths of a percent, in force until the next row. A start for the policy: to be confirmed."""

DEPOSIT_ONE_YEAR: Mapping[str, int] = {"2015-10-24": 150}
"""First day → one-year deposit benchmark of the People's Bank. To be confirmed likewise."""
MOST_BP = 2_400


@dataclass(frozen=True, slots=True)
class Rates:
    """Both rates of one day, in hundredths of a percent a year."""

    lpr_bp: int
    deposit_bp: int

    def for_cause(self, cause: Cause) -> int:
        """The merchant's doing costs the loan rate, the consumer's earns the deposit rate (Art. 16)."""
        return self.lpr_bp if cause is Cause.MERCHANT else self.deposit_bp


def rates_on(
    day: date, *, lpr: Mapping[str, int] = LPR_ONE_YEAR, deposit: Mapping[str, int] = DEPOSIT_ONE_YEAR
) -> Rates:
    """As they stood on a day, by the tables of the policy; before the first row, the first."""
    return Rates(_on(lpr, day), _on(deposit, day))


def _on(table: Mapping[str, int], day: date) -> int:
    rows = sorted(table.items())
    standing = [rate for first, rate in rows if first <= day.isoformat()]
    return standing[-1] if standing else rows[0][1]


def faults(name: str, table: object) -> Iterator[FieldError]:
    """What is wrong with a table of rates: first day → hundredths of a percent, at least one row."""
    if not isinstance(table, Mapping) or not table:
        yield FieldError((name,), "not_a_table")
        return
    for day, rate in table.items():
        whole = isinstance(rate, int) and not isinstance(rate, bool)
        if not _is_day(day) or not whole or not 0 <= rate <= MOST_BP:
            yield FieldError((name, str(day)), "bad_value")


def _is_day(text: object) -> bool:
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def simple(principal: int, rate_bp: int, *, since: date, until: date) -> int:
    """Fen of interest on `principal` fen, from the day of rescission (Art. 17), half a fen rounded up."""
    days = max(0, (until - since).days)
    return money.round_half_up(principal * rate_bp * days, 10_000 * YEAR_DAYS)
