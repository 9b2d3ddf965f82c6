"""Who stands at the door: a code and a password become a person, and failures are counted."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import auth

from sudapos.core.refusal import Refusal

from . import audit
from .audit import AuditRecord
from .staff import Operator

TRIES = 5
TRIES_WITHIN = timedelta(minutes=10)


def authenticate(code: str, password: str, *, origin: str, at: datetime) -> Operator:
    """The person with this code and password. Counted per person and place, so that nobody can lock a colleague out from elsewhere.

    Raises Refusal too_many_tries, wrong_password; each failure is an audit record.
    """
    code = code.replace("\x00", "").strip()[:64]
    if _too_often(code, origin, at):
        raise Refusal("too_many_tries", operator=code, minutes=int(TRIES_WITHIN.total_seconds() // 60))
    operator = auth.authenticate(None, username=code, password=password)
    if not isinstance(operator, Operator):
        note("sign_in.failed", code, origin=origin, result="refused", at=at)
        raise Refusal("wrong_password", operator=code)
    return operator


def _too_often(code: str, origin: str, at: datetime) -> bool:
    tries = AuditRecord.objects.filter(by=code, origin=origin, at__gte=at - TRIES_WITHIN)
    since = (
        tries.filter(act__in=["sign_in.done", "sign_in.on_the_spot"])
        .order_by("-at")
        .values_list("at", flat=True)
        .first()
    )
    failed = tries.filter(act="sign_in.failed")
    return (failed.filter(at__gt=since) if since else failed).count() >= TRIES


def note(act: str, code: str, *, origin: str, at: datetime, result: str = "done") -> None:
    """Write down that somebody came, or was not let in."""
    audit.write(
        [audit.Act(act=act, subject="operator", subject_no=code, by=code, origin=origin[:64], result=result)],
        at=at,
    )
