"""Which machine is which till: bound by a manager in front of it, known by a cookie that only it holds, revoked from anywhere."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Q

from sudapos.core.authority import Act, Role
from sudapos.core.refusal import Conflict, Forbidden, NotFound

from . import audit, staff
from .shops import Till
from .staff import Operator


class Device(models.Model):
    """One browser that stands at one till. Only the digest of its token is kept."""

    till = models.ForeignKey("books.Till", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    bound_by = models.CharField(max_length=32)
    bound_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=32, blank=True, default="")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["-id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_by="")),
                name="device_revoked_by_somebody",
            )
        ]


def may_bind(operator: Operator) -> bool:
    """Managers bind the machines of their store, administrators every one."""
    return operator.is_active and bool({Role.MANAGER, Role.ADMIN} & set(operator.roles))


def _require(operator: Operator, till: Till) -> None:
    if not may_bind(operator):
        raise Forbidden("may_not", operator=operator.code, act=Act.CHANGE_SETTINGS)
    staff.require_store(operator, till.store_id, till.store.code)


@transaction.atomic
def bind(store: str, code: str, *, operator: Operator, at: datetime) -> tuple[Device, str]:
    """This machine is that till; answers the token for its cookie. Raises Forbidden, NotFound till_not_found."""
    till = Till.objects.select_related("store").filter(store__code=store, code=code).first()
    if till is None:
        raise NotFound("till_not_found", store=store, till=code)
    _require(operator, till)
    token = secrets.token_urlsafe(32)
    row = Device.objects.create(till=till, digest=_digest(token), bound_by=operator.code, bound_at=at)
    _tell("till.bound", row, operator, at)
    return row, token


@transaction.atomic
def revoke(number: int, *, operator: Operator, at: datetime) -> Device:
    """That machine is no till any more. Raises Forbidden, NotFound device_not_found, Conflict device_revoked."""
    row = (
        Device.objects.select_for_update(of=("self",)).select_related("till__store").filter(pk=number).first()
    )
    if row is None:
        raise NotFound("device_not_found", number=number)
    _require(operator, row.till)
    if row.revoked_at is not None:
        raise Conflict("device_revoked", number=number, by=row.revoked_by)
    row.revoked_at, row.revoked_by = at, operator.code
    row.save(update_fields=["revoked_at", "revoked_by"])
    _tell("till.revoked", row, operator, at)
    return row


def listed(operator: Operator) -> list[Device]:
    """The machines that stand at tills now; of one's own store where one has one."""
    rows = Device.objects.select_related("till__store").filter(revoked_at=None)
    if operator.store_id is not None:
        rows = rows.filter(till__store_id=operator.store_id)
    return list(rows)


def known(token: str) -> Device | None:
    """The machine with this token, unless it was revoked."""
    if not token:
        return None
    return Device.objects.select_related("till__store").filter(digest=_digest(token), revoked_at=None).first()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _tell(act: str, row: Device, operator: Operator, at: datetime) -> None:
    record = audit.Act(
        act=act,
        subject="till",
        subject_no=f"{row.till.store.code}/{row.till.code}",
        by=operator.code,
        store=row.till.store.code,
        facts={"device": row.pk},
    )
    audit.write([record], at=at)
