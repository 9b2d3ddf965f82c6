"""Words of a query string: moments, cursors, limits, words from a list."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from sudapos.core import calendar
from sudapos.core.refusal import FieldError, Invalid

YEARS = range(1970, 9999)
"""Outside of these a change of time zone leaves the calendar."""
LIMIT_AT_MOST = 200


def moment(text: str, name: str, *, last: bool = False) -> datetime | None:
    """A time of a query string, None for an empty one; a date alone is a whole day of the shop.

    With `last` it ends what is looked for: a date includes its day, a time of day does not include itself.
    Raises Invalid wrong_type, no_offset or out_of_range.
    """
    if not text:
        return None
    try:
        at = _day(text, last=last) or datetime.fromisoformat(text.replace(" ", "+"))  # an unescaped plus
    except ValueError:
        raise _wrong(name, "wrong_type") from None
    except OverflowError:
        raise _wrong(name, "out_of_range") from None
    if at.tzinfo is None:
        raise _wrong(name, "no_offset")
    if at.year not in YEARS:
        raise _wrong(name, "out_of_range")
    return at


def _day(text: str, *, last: bool) -> datetime | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return datetime.combine(day + timedelta(days=last), time(), calendar.SHANGHAI)


def _wrong(name: str, code: str) -> Invalid:
    return Invalid("input_invalid", errors=[FieldError((name,), code)])


def before(cursor: str) -> int | None:
    """The id behind a cursor. Raises Invalid for one that we never gave."""
    if not cursor:
        return None
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise _wrong("cursor", "unusable")
    return int(cursor)


def clamp(limit: int) -> int:
    return max(1, min(limit, LIMIT_AT_MOST))


def one_of(text: str, name: str, words: Iterable[str]) -> str:
    """A word of a query string, or nothing. Raises Invalid for a word that would never find anything."""
    if text and text not in set(words):
        raise _wrong(name, "out_of_range")
    return text
