"""Sandbox time: real time plus the seconds that were asked for.

Signatures are judged by real time, everything that happens to money by sandbox time.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY = 86_400
"""Seconds."""


class Clock:
    """Runs like the real clock and can be pushed forward, never back."""

    def __init__(self, ahead: float = 0.0) -> None:
        self.ahead = ahead

    def now(self) -> float:
        """Unix seconds, sandbox time."""
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Push forward by `seconds`; ValueError for a step back."""
        if seconds < 0:
            raise ValueError("time does not run backwards")
        self.ahead += seconds


def real() -> float:
    """Unix seconds on the real clock, for signatures."""
    return time.time()


def beijing(at: float) -> datetime:
    """Unix seconds as a date and time in Beijing."""
    return datetime.fromtimestamp(at, BEIJING)


def rfc3339(at: float) -> str:
    """`2026-11-23T14:05:09+08:00` (wechatpay §2)."""
    return beijing(at).isoformat(timespec="seconds")


def plain(at: float) -> str:
    """`2026-11-23 14:05:09` in Beijing (alipay §2)."""
    return beijing(at).strftime("%Y-%m-%d %H:%M:%S")


def span(day: date) -> tuple[float, float]:
    """First second of a Beijing day, and first second of the next."""
    start = datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp()
    return start, start + DAY
