"""Days and numbers as they stand in an address; what cannot be read narrows nothing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from . import moments


def read(text: str) -> date | None:
    """A day written 2026-11-24, from which one may step to the next and to the one before."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date.min.year < day.year < date.max.year else None


def start(text: str) -> datetime | None:
    """The first moment of the day."""
    day = read(text)
    return moments.start_of(day) if day else None


def end(text: str) -> datetime | None:
    """The first moment after the day."""
    day = read(text)
    return moments.start_of(day + timedelta(days=1)) if day else None


def number(text: str) -> int | None:
    """A row's id to start below."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
