"""The versions of the shop's policy, as rows that stay; which one was in force when.

Content never changes (a trigger says so); a version is proposed, then activated or rejected by a second person, and
retired by the next one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q

from sudapos.core import calendar
from sudapos.core.rules import Rules

STATES = ("proposed", "active", "rejected", "retired")


class PolicyVersion(models.Model):
    """One version. `base` is the version that was in force when it was written: activated after another, it is stale."""

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    base = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=[(state, state) for state in STATES])
    note = models.CharField(max_length=200, blank=True, default="")
    made_by = models.CharField(max_length=32, blank=True, default="")
    made_at = models.DateTimeField()
    decided_by = models.CharField(max_length=32, blank=True, default="")
    decision_note = models.CharField(max_length=200, blank=True, default="")
    decided_at = models.DateTimeField(null=True)
    active_from = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="active"), name="one_policy_in_force"
            ),
            models.CheckConstraint(
                condition=Q(decided_by="") | ~Q(decided_by=F("made_by")), name="policy_maker_never_checker"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "rejected"], active_from=None)
                | Q(state__in=["active", "retired"], active_from__isnull=False),
                name="policy_in_force_since",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None) | ~Q(state="proposed"),
                name="policy_proposed_is_open",
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def rules(self) -> Rules:
        return Rules.from_mapping(self.content)


def begin(content: Mapping[str, Any], *, at: datetime) -> PolicyVersion:
    """Version 1, in force from the shop's first moment; nobody proposed it."""
    kept = Rules.from_mapping(content).to_mapping() | {"version": 1}
    return PolicyVersion.objects.create(number=1, content=kept, state="active", made_at=at, active_from=at)


@dataclass(slots=True)
class History:
    """Every version that ever was in force, oldest first; read in one statement."""

    rows: list[PolicyVersion]
    _read: dict[int, Rules] = field(default_factory=dict)

    @classmethod
    def read(cls) -> History:
        return cls(list(PolicyVersion.objects.exclude(active_from=None).order_by("active_from", "number")))

    @property
    def now(self) -> PolicyVersion | None:
        """The version in force."""
        return next((row for row in reversed(self.rows) if row.state == "active"), None)

    def at(self, moment: datetime) -> PolicyVersion | None:
        """The version in force at a moment; before the first one the first one, None where there is none."""
        if not self.rows:
            return None
        place = bisect_right([row.active_from for row in self.rows if row.active_from], moment)
        return self.rows[max(0, place - 1)]

    def of_day(self, moment: datetime, *, cutover: str = calendar.CUTOVER) -> PolicyVersion | None:
        """The version with which the trading day of `moment` began: one day has one promise."""
        return self.at(calendar.day_began(moment, cutover=cutover))

    def rules(self, row: PolicyVersion) -> Rules:
        """What a version says, read once."""
        if row.number not in self._read:
            self._read[row.number] = row.rules
        return self._read[row.number]


def in_force(at: datetime) -> PolicyVersion | None:
    """The version in force at a moment."""
    return History.read().at(at)


def of_day(moment: datetime, *, cutover: str = calendar.CUTOVER) -> PolicyVersion | None:
    """The version of the trading day of a moment."""
    return History.read().of_day(moment, cutover=cutover)
