"""Who is told what: a person's mailbox or a group chat, or a machine's webhook; addresses are sealed, because they hold tokens."""

from __future__ import annotations

import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from django.db.models import Q

from sudapos.core import notices
from sudapos.core.authority import Act
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound

from . import audit, staff
from .sealing import SealedText
from .staff import Operator

MESSAGE = "message"
WEBHOOK = "webhook"
KINDS = (MESSAGE, WEBHOOK)
GROUP_AT_MOST = 24 * 60
ESCALATE_AT_MOST = 7 * 24 * 60


class Recipient(models.Model):
    """One address. `escalate_minutes` above zero: only what nobody has acted on by then comes here."""

    name = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8)
    address = SealedText()
    secret = SealedText(default="")
    """What signs a webhook (Standard Webhooks, `whsec_…`); shown once."""
    events = ArrayField(models.CharField(max_length=32))
    store = models.CharField(max_length=16, blank=True, default="")
    """Only what happens in this store; empty: everywhere."""
    quiet_hours = models.CharField(max_length=11, blank=True, default="")
    group_minutes = models.IntegerField(default=5)
    escalate_minutes = models.IntegerField(default=0)
    language = models.CharField(max_length=8, default="zh")
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=32)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["message", "webhook"]), name="recipient_kind"),
            models.CheckConstraint(
                condition=Q(group_minutes__gte=0, escalate_minutes__gte=0), name="recipient_minutes"
            ),
        ]

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A recipient as somebody wants it; an empty address keeps the one that is there."""

    name: str
    kind: str = MESSAGE
    address: str = ""
    events: tuple[str, ...] = ()
    store: str = ""
    quiet_hours: str = ""
    group_minutes: int = 5
    escalate_minutes: int = 0
    language: str = "zh"
    active: bool = True


@transaction.atomic
def put(
    wish: Wish, *, known: frozenset[str], operator: Operator, at: datetime, number: int | None = None
) -> Recipient:
    """Add a recipient, or change the one with this number. Raises Forbidden, Invalid, NotFound, Conflict name_taken."""
    staff.require(operator, Act.CHANGE_SETTINGS)
    row = Recipient(kind=wish.kind, created_at=at) if number is None else get(number)
    faults = list(_faults(wish, row, known))
    if faults:
        raise Invalid("input_invalid", errors=faults)
    if Recipient.objects.filter(name=wish.name).exclude(pk=row.pk).exists():
        raise Conflict("name_taken", name=wish.name)
    if row.kind == WEBHOOK and not row.secret:
        row.secret = "whsec_" + b64encode(secrets.token_bytes(24)).decode()
    row.address = wish.address or row.address
    row.events = sorted(wish.events)
    for name in (
        "name", "store", "quiet_hours", "group_minutes", "escalate_minutes", "language", "active",
    ):  # fmt: skip
        setattr(row, name, getattr(wish, name))
    row.changed_at, row.changed_by = at, operator.code
    row.save()
    facts = {"events": row.events, "active": row.active, "kind": row.kind}
    audit.write(
        [
            audit.Act(
                act="recipient.kept",
                subject="recipient",
                subject_no=row.name,
                by=operator.code,
                store=row.store,
                facts=facts,
            )
        ],
        at=at,
    )
    return row


def _faults(wish: Wish, row: Recipient, known: frozenset[str]) -> list[FieldError]:
    faults = []
    if not wish.name.strip() or len(wish.name) > 64:
        faults.append(FieldError(("name",), "too_long" if wish.name.strip() else "missing"))
    if wish.kind not in KINDS or wish.kind != row.kind:
        faults.append(FieldError(("kind",), "not_offered", " ".join(KINDS)))
    if not wish.address and not row.address:
        faults.append(FieldError(("address",), "missing"))
    if not wish.events or set(wish.events) - known:
        faults.append(FieldError(("events",), "not_offered" if wish.events else "missing"))
    if not notices.is_hours(wish.quiet_hours):
        faults.append(FieldError(("quiet_hours",), "not_an_hour", "22:00-08:00"))
    for name, most in (("group_minutes", GROUP_AT_MOST), ("escalate_minutes", ESCALATE_AT_MOST)):
        if not 0 <= getattr(wish, name) <= most:
            faults.append(FieldError((name,), "not_a_whole_number", f"0–{most}"))
    if wish.language not in ("zh", "en"):
        faults.append(FieldError(("language",), "not_offered", "zh en"))
    return faults


def get(number: int) -> Recipient:
    """Raises NotFound."""
    row = Recipient.objects.filter(pk=number).first()
    if row is None:
        raise NotFound("recipient_not_found", number=number)
    return row


def gone(number: int, *, at: datetime) -> None:
    """A webhook's owner said 410 Gone: nothing more is sent there until a person says otherwise."""
    Recipient.objects.filter(pk=number).update(active=False, changed_at=at, changed_by="worker")
