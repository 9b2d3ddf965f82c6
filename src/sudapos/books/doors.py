"""Who stands at the door: a code with a password, a PIN or a second factor becomes a person; what fails is counted."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from sudapos.core import entry
from sudapos.core.refusal import Forbidden, Invalid, Refusal

from . import audit, factors, tries
from .devices import Device
from .staff import Operator

T = TypeVar("T")


def authenticate(code: str, password: str, *, origin: str, at: datetime) -> Operator:
    """The person with this code and password; whether that is enough is the caller's question.

    Raises Refusal too_many_tries, too_many_tries_here, wrong_password; each failure is an audit record.
    """
    code = _code(code)

    def look() -> Operator | None:
        found = ModelBackend().authenticate(None, username=code, password=password)
        return found if isinstance(found, Operator) else None

    return _counted(code, look, "wrong_password", "sign_in.failed", origin=origin, at=at)


def with_pin(code: str, pin: str, *, device: Device, origin: str, at: datetime) -> Operator:
    """The cashier with this code and PIN, at a machine that is bound to a till.

    Raises Refusal as `authenticate` with wrong_pin; Forbidden pin_not_enough for people with other roles, other_store.
    """
    code = _code(code)

    def look() -> Operator | None:
        row = Operator.objects.filter(code=code, is_active=True).first()
        kept = row.pin if row is not None and row.pin else UNKNOWN
        return row if check_password(pin, kept) and kept != UNKNOWN else None

    row = _counted(code, look, "wrong_pin", "sign_in.pin_failed", origin=origin, at=at)
    if not entry.may_use_pin(row.roles) or row.must_change:
        raise Forbidden("pin_not_enough", operator=row.code)
    if row.store_id is not None and row.store_id != device.till.store_id:
        raise Forbidden("other_store", operator=row.code, store=device.till.store.code)
    return row


UNKNOWN = make_password(None)
"""Matches nothing; a stranger's code costs the same work as a colleague's."""


def second(operator: Operator, typed: str, *, origin: str, at: datetime) -> str:
    """What these digits were: totp or code. Raises Refusal too_many_tries, factor_wrong; counted like passwords."""

    def look() -> str:
        return factors.opens(operator, typed, at=at)

    return _counted(operator.code, look, "factor_wrong", "sign_in.factor_failed", origin=origin, at=at)


def on_the_spot(
    code: str, password: str, typed: str, *, required: bool, origin: str, at: datetime
) -> Operator:
    """A checker at somebody else's till: her password, and her digits wherever she has a second factor.

    Raises what `authenticate` and `second` raise, factor_needed without digits, Forbidden enrol_first where she must
    have a second factor and has none, password_first while hers is a one-time password.
    """
    checker = authenticate(code, password, origin=origin, at=at)
    if checker.must_change:
        raise Forbidden("password_first", operator=checker.code)
    if factors.is_missing(checker, required=required):
        raise Forbidden("enrol_first", operator=checker.code)
    if factors.has(checker):
        if not typed.strip():
            raise Refusal("factor_needed", operator=checker.code)
        second(checker, typed, origin=origin, at=at)
    return checker


def _counted(
    code: str, look: Callable[[], T | None], refusal: str, act: str, *, origin: str, at: datetime
) -> T:
    """Let `look` decide; one try at a time per person and place, so that a hundred at once are a hundred, too."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"{code}|{origin}"])
        tries.check(code, origin=origin, at=at)
        found = look()
        if found:
            return found
        tries.failed(code, origin=origin, at=at)
        note(act, code, origin=origin, result="refused", at=at)
    raise Refusal(refusal, operator=code)


def _code(code: str) -> str:
    return code.replace("\x00", "").strip()[:64]


def set_password(operator: Operator, old: str, new: str, again: str, *, origin: str, at: datetime) -> None:
    """Her own new password. Raises Refusal wrong_password and as `authenticate`; Invalid password_weak, passwords_differ."""
    authenticate(operator.code, old, origin=origin, at=at)
    if new != again:
        raise Invalid("passwords_differ")
    if new == old:
        raise Invalid("password_same")
    try:
        validate_password(new, operator)
    except ValidationError as weak:
        raise Invalid("password_weak", why=" ".join(weak.messages)) from None
    operator.set_password(new)
    operator.must_change = False
    operator.save(update_fields=["password", "must_change"])
    note("sign_in.password_set", operator.code, origin=origin, at=at)


def set_pin(operator: Operator, password: str, pin: str, *, origin: str, at: datetime) -> None:
    """Her PIN for bound tills; empty takes it away. Raises Forbidden pin_not_enough, Invalid pin_malformed or pin_easy."""
    if not entry.may_use_pin(operator.roles):
        raise Forbidden("pin_not_enough", operator=operator.code)
    authenticate(operator.code, password, origin=origin, at=at)
    if pin and not entry.is_pin(pin):
        raise Invalid("pin_malformed", digits=entry.PIN_DIGITS)
    if pin and entry.is_easy(pin):
        raise Invalid("pin_easy")
    Operator.objects.filter(pk=operator.pk).update(pin=make_password(pin) if pin else "")
    note("sign_in.pin_set" if pin else "sign_in.pin_dropped", operator.code, origin=origin, at=at)


def note(act: str, code: str, *, origin: str, at: datetime, result: str = "done") -> None:
    """Write down that somebody came, or was not let in."""
    audit.write(
        [audit.Act(act=act, subject="operator", subject_no=code, by=code, origin=origin[:64], result=result)],
        at=at,
    )
