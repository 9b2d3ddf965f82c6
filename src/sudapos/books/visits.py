"""Who is signed in, since when and from where: one row per sign-in, ended by herself, by the clock or by others."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

from sudapos.core import entry

from .staff import Operator

SEEN_EVERY = timedelta(seconds=30)
"""A page more within this time writes nothing."""


class Visit(models.Model):
    """One sign-in. The session carries `key`; a visit that has ended opens nothing, whatever cookie comes with it."""

    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=48, unique=True)
    how = models.CharField(max_length=12)
    origin = models.CharField(max_length=64, blank=True, default="")
    browser = models.CharField(max_length=200, blank=True, default="")
    store = models.CharField(max_length=16, blank=True, default="")
    till = models.CharField(max_length=16, blank=True, default="")
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["operator"], name="visit_alive", condition=models.Q(ended_at=None))
        ]


def begin(
    operator: Operator,
    *,
    how: str,
    origin: str,
    browser: str,
    at: datetime,
    store: str = "",
    till: str = "",
) -> Visit:
    """She came in; `how` is password, totp, code, passkey or pin."""
    return Visit.objects.create(
        operator=operator,
        key=secrets.token_urlsafe(32),
        how=how,
        origin=origin[:64],
        browser=browser.replace("\x00", "")[:200],
        store=store,
        till=till,
        started_at=at,
        seen_at=at,
    )


def look(key: str, operator: Operator, *, idle_minutes: int, at: datetime, quiet: bool = False) -> str:
    """Why this visit is over, or nothing while it goes on. `quiet` is a page that asks by itself: it keeps nobody awake."""
    row = Visit.objects.filter(key=key, operator=operator).first()
    if row is None:
        return "ended"
    if row.ended_at is not None:
        return row.why or "ended"
    limits = entry.stay(operator.roles, idle_minutes=idle_minutes)
    why = entry.over(limits, started=row.started_at, seen=row.seen_at, at=at)
    if why:
        end(key, why=why, at=at)
    elif not quiet and at - row.seen_at >= SEEN_EVERY:
        Visit.objects.filter(pk=row.pk).update(seen_at=at)
    return why


def end(key: str, *, why: str, at: datetime) -> None:
    """This one is over."""
    Visit.objects.filter(key=key, ended_at=None).update(ended_at=at, why=why)


def end_all(operator: Operator, *, why: str, at: datetime, but: str = "") -> int:
    """Every visit of this person is over, but for the one with the key `but`; answers how many."""
    rows = Visit.objects.filter(operator=operator, ended_at=None).exclude(key=but or "-")
    return rows.update(ended_at=at, why=why)


def alive(operator: Operator, *, idle_minutes: int, at: datetime) -> list[Visit]:
    """Where this person is signed in now, newest first."""
    limits = entry.stay(operator.roles, idle_minutes=idle_minutes)
    rows = Visit.objects.filter(operator=operator, ended_at=None)
    return [row for row in rows if not entry.over(limits, started=row.started_at, seen=row.seen_at, at=at)]
