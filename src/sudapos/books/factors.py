"""The second factor: an authenticator's six digits, a passkey, or a code from the paper; kept by django-allauth.

Its rows and its arithmetic are allauth's; what a code opens, and that it opens once, is decided here, in the database
that every web worker shares.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models, transaction

from sudapos.core import entry
from sudapos.core.refusal import Refusal

from . import audit, sealing
from .staff import Operator

PERIOD = 30
DRIFT = 1
"""Steps of thirty seconds that a phone's clock may be off."""


@dataclass(frozen=True, slots=True)
class Held:
    """What a person has beside her password."""

    totp: bool = False
    passkeys: tuple[tuple[int, str, datetime], ...] = field(default=())
    """(number, name, since) of each."""
    codes_left: int = 0

    def __bool__(self) -> bool:
        return self.totp or bool(self.passkeys)


def _rows(operator: Operator) -> models.QuerySet[Any]:
    from allauth.mfa.models import Authenticator

    rows: models.QuerySet[Any] = Authenticator.objects.filter(user=operator).order_by("id")
    return rows


def held(operator: Operator) -> Held:
    """One statement."""
    totp, passkeys, left = False, [], 0
    for row in _rows(operator):
        if row.type == "totp":
            totp = True
        elif row.type == "webauthn":
            passkeys.append((row.pk, row.data["name"], row.created_at))
        else:
            left = len(row.wrap().get_unused_codes())
    return Held(totp, tuple(passkeys), left)


def holders() -> set[int]:
    """Ids of the people who have a second factor."""
    from allauth.mfa.models import Authenticator

    return set(Authenticator.objects.exclude(type="recovery_codes").values_list("user_id", flat=True))


def has(operator: Operator) -> bool:
    return bool(_rows(operator).exclude(type="recovery_codes").exists())


def is_missing(operator: Operator, *, required: bool) -> bool:
    """Whether she must enrol before she may do anything else."""
    return required and entry.needs_factor(operator.roles) and not has(operator)


def new_secret() -> str:
    """A fresh secret for an authenticator, in base 32."""
    from allauth.mfa.totp.internal.auth import generate_totp_secret

    return str(generate_totp_secret())


def address(operator: Operator, secret: str) -> str:
    """What the QR code holds."""
    from allauth.mfa.adapter import get_adapter

    return str(get_adapter().build_totp_url(operator, secret))


def _step(secret: str, code: str, at: datetime, *, after: int) -> int:
    """The step of time that this code belongs to, later than `after`; 0 when there is none."""
    from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

    now = int(at.timestamp()) // PERIOD
    for step in range(now - DRIFT, now + DRIFT + 1):
        if step > after and format_hotp_value(hotp_value(secret, step)) == code:
            return step
    return 0


def _digits(typed: str) -> str:
    return "".join(typed.split()).replace("-", "")[:16]


@transaction.atomic
def enrol(operator: Operator, secret: str, typed: str, *, origin: str, at: datetime) -> list[str]:
    """Her authenticator counts from now on; answers the codes for the paper. Raises Refusal factor_wrong, factor_held."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP

    _lock(operator)
    if _rows(operator).filter(type="totp").exists():
        raise Refusal("factor_held", operator=operator.code)
    step = _step(secret, _digits(typed), at, after=0)
    if not step:
        raise Refusal("factor_wrong", operator=operator.code)
    row = TOTP.activate(operator, secret).instance
    row.data["step"] = step
    row.save(update_fields=["data"])
    codes: list[str] = RecoveryCodes.activate(operator).get_unused_codes()
    note("factor.enrolled", operator, {"kind": "totp"}, origin=origin, at=at)
    return codes


@transaction.atomic
def opens(operator: Operator, typed: str, *, at: datetime) -> str:
    """`totp` or `code` when these digits are hers and unused, nothing otherwise. A code opens one door, once."""
    digits = _digits(typed)
    if not digits.isascii() or not digits.isdigit():
        return ""
    _lock(operator)
    for row in _rows(operator).select_for_update().order_by("pk"):
        if row.type == "totp":
            secret = sealing.unseal(row.data["secret"])
            step = _step(secret, digits, at, after=int(row.data.get("step", 0)))
            if step:
                row.data["step"], row.last_used_at = step, at
                row.save(update_fields=["data", "last_used_at"])
                return "totp"
        elif row.type == "recovery_codes" and row.wrap().validate_code(digits):
            return "code"
    return ""


@transaction.atomic
def fresh_codes(operator: Operator, *, origin: str, at: datetime) -> list[str]:
    """New codes for the paper; the old ones are void. Raises Refusal factor_none."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    _lock(operator)
    if not has(operator):
        raise Refusal("factor_none", operator=operator.code)
    _rows(operator).filter(type="recovery_codes").delete()
    codes: list[str] = RecoveryCodes.activate(operator).get_unused_codes()
    note("factor.codes", operator, {"count": len(codes)}, origin=origin, at=at)
    return codes


@transaction.atomic
def drop(operator: Operator, number: int | None, *, required: bool, origin: str, at: datetime) -> None:
    """Take away her authenticator, or the passkey with this number. Raises Refusal factor_none, factor_last."""
    _lock(operator)
    rows = _rows(operator)
    which = rows.filter(type="totp") if number is None else rows.filter(type="webauthn", pk=number)
    row = which.first()
    if row is None:
        raise Refusal("factor_none", operator=operator.code)
    others = rows.exclude(pk=row.pk).exclude(type="recovery_codes").exists()
    if not others and required and entry.needs_factor(operator.roles):
        raise Refusal("factor_last", operator=operator.code)
    kind = row.type
    row.delete()
    if not others:
        rows.delete()
    note("factor.dropped", operator, {"kind": kind}, origin=origin, at=at)


def reset(operator: Operator) -> None:
    """Everything that she had beside her password is gone; she enrols anew."""
    _rows(operator).delete()


def _lock(operator: Operator) -> None:
    Operator.objects.select_for_update().filter(pk=operator.pk).first()


def note(act: str, operator: Operator, facts: dict[str, Any], *, origin: str, at: datetime) -> None:
    """Write down what became of a factor; never a secret."""
    record = audit.Act(
        act=act, subject="operator", subject_no=operator.code, by=operator.code, origin=origin, facts=facts
    )
    audit.write([record], at=at)


SEALED = ("secret", "seed")
"""What stands sealed inside a row of allauth."""


def stale() -> int:
    """Rows that another key than the newest has sealed."""
    return _each_stale(lambda row: None)


def reseal() -> int:
    """Seal with the newest key what another one has sealed; how many rows changed."""

    def anew(row: Any) -> None:
        for name in SEALED:
            if name in row.data:
                row.data[name] = sealing.seal(sealing.unseal(row.data[name]))
        row.save(update_fields=["data"])

    return _each_stale(anew)


@transaction.atomic
def _each_stale(act: Callable[[Any], None]) -> int:
    from allauth.mfa.models import Authenticator

    count = 0
    for row in Authenticator.objects.select_for_update().exclude(type="webauthn").order_by("pk"):
        if any(name in row.data and not sealing.sealed_by_newest(row.data[name]) for name in SEALED):
            act(row)
            count += 1
    return count
