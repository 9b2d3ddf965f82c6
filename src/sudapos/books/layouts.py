"""Column profiles: those that come with the program, and the merchant's own, kept as data (domain §4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import models, transaction

from sudapos.core import profiles
from sudapos.core.authority import Act
from sudapos.core.profiles import BUILT_IN, Column, Profile
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound

from . import audit, staff
from .staff import Operator

_NAME = re.compile(r"[a-z0-9_]{2,32}")


class OwnProfile(models.Model):
    """The merchant's own columns, after the pattern of a profile that comes with the program."""

    name = models.CharField(max_length=32, unique=True)
    title = models.CharField(max_length=40)
    base = models.CharField(max_length=32)
    kind = models.CharField(max_length=4)
    columns = models.JSONField(default=list)
    """[heading, what fills it] of each."""
    changed_by = models.CharField(max_length=32)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]


def profile(name: str) -> Profile:
    """One that comes with the program, or the merchant's own. Raises NotFound profile_not_found."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    row = OwnProfile.objects.filter(name=name).first()
    if row is None:
        raise NotFound("profile_not_found", name=name)
    return _own(row)


def base_of(name: str) -> str:
    """The profile that comes with the program and gave the pattern; the name itself where there is none."""
    row = OwnProfile.objects.filter(name=name).first()
    return row.base if row else name


def offered() -> list[Profile]:
    """Every profile: those that come with the program, then the merchant's own."""
    return [*BUILT_IN.values(), *map(_own, OwnProfile.objects.all())]


def _own(row: OwnProfile) -> Profile:
    base = BUILT_IN[row.base]
    return replace(
        base,
        name=row.name,
        zh=row.title,
        en=row.title,
        columns=tuple(Column(heading, fills) for heading, fills in row.columns),
        kinds=(row.kind, *(kind for kind in base.kinds if kind != row.kind)),
        verified="",
    )


@transaction.atomic
def put_profile(
    name: str,
    *,
    title: str,
    base: str,
    kind: str = "",
    columns: Sequence[Column],
    operator: Operator,
    at: datetime,
) -> Profile:
    """Add or change a profile of one's own. Raises Forbidden, Conflict profile_built_in, NotFound, Invalid."""
    staff.require(operator, Act.EXPORT_JOURNAL)
    if name in BUILT_IN:
        raise Conflict("profile_built_in", name=name)
    if base not in BUILT_IN:
        raise NotFound("profile_not_found", name=base)
    wrong = list(_faults(name, title, columns))
    if wrong:
        raise Invalid("profile_invalid", errors=wrong)
    row, _ = OwnProfile.objects.update_or_create(
        name=name,
        defaults={
            "title": title.strip(),
            "base": base,
            "kind": profiles.chosen(kind, BUILT_IN[base].kinds, "kind"),
            "columns": [[column.heading.strip(), column.fills] for column in columns],
            "changed_by": operator.code,
            "changed_at": at,
        },
    )
    facts = {"title": row.title, "base": base, "columns": [column.heading for column in columns]}
    act = audit.Act(act="profile.changed", subject="profile", subject_no=name, by=operator.code, facts=facts)
    audit.write([act], at=at)
    return _own(row)


def _faults(name: str, title: str, columns: Sequence[Column]) -> Iterator[FieldError]:
    if not _NAME.fullmatch(name):
        yield FieldError(("name",), "not_a_profile_name")
    if not title.strip() or len(title) > 40:
        yield FieldError(("title",), "bad_value")
    yield from profiles.faults(columns)
