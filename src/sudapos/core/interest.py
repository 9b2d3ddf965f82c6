"""Interest on what a prepaid card still holds, by whose doing its end is (domain R-12, 法释〔2025〕4号 Art. 15–17).

Simple interest by days over 360, as banks in China reckon; the rate is that of the day on which the contract was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from . import money
from .prepaid import Cause

YEAR_DAYS = 360

LPR_ONE_YEAR: tuple[tuple[date, int], ...] = (
    (date(2019, 8, 20), 425),
    (date(2019, 9, 20), 420),
    (date(2019, 11, 20), 415),
    (date(2020, 2, 20), 405),
    (date(2020, 4, 20), 385),
    (date(2021, 12, 20), 380),
    (date(2022, 1, 20), 370),
    (date(2022, 8, 22), 365),
    (date(2023, 6, 20), 355),
    (date(2023, 8, 21), 345),
    (date(2024, 7, 22), 335),
    (date(2024, 10, 21), 310),
    (date(2025, 5, 20), 300),
)
"""First day → one-year loan prime rate in hundredths of a percent; a merchant adds what was published since."""

DEPOSIT_ONE_YEAR: tuple[tuple[date, int], ...] = ((date(2015, 10, 24), 150),)
"""First day → one-year deposit benchmark of the People's Bank, which still stands."""


@dataclass(frozen=True, slots=True)
class Rates:
    """Both rates of one day, in hundredths of a percent a year."""

    lpr_bp: int
    deposit_bp: int

    def for_cause(self, cause: Cause) -> int:
        """The merchant's doing costs the loan rate, the consumer's earns the deposit rate (Art. 16)."""
        return self.lpr_bp if cause is Cause.MERCHANT else self.deposit_bp


def rates_on(day: date) -> Rates:
    """As they stood on a day; before the first one, the first."""
    return Rates(_on(LPR_ONE_YEAR, day), _on(DEPOSIT_ONE_YEAR, day))


def _on(table: Sequence[tuple[date, int]], day: date) -> int:
    found = table[0][1]
    for first, rate in table:
        if first <= day:
            found = rate
    return found


def simple(principal: int, rate_bp: int, *, since: date, until: date) -> int:
    """Fen of interest on `principal` fen, from the day of rescission (Art. 17), half a fen rounded up."""
    days = max(0, (until - since).days)
    return money.round_half_up(principal * rate_bp * days, 10_000 * YEAR_DAYS)
