"""Passkeys: what the browser is asked for, and what it answers; the arithmetic is allauth's and fido2's."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from sudapos.books import doors, factors, tries
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal

LONGEST = 20_000


def invite(operator: Operator) -> str:
    """What the browser needs for a new passkey, as JSON; the challenge stays in the session."""
    from allauth.mfa.webauthn.internal import auth

    return _json(auth.begin_registration(operator, passwordless=False))


def ask(operator: Operator) -> str:
    """What the browser needs to prove one of hers."""
    from allauth.mfa.webauthn.internal import auth

    return _json(auth.begin_authentication(operator))


def _json(options: dict[str, Any]) -> str:
    whole = {name: dict(value) if hasattr(value, "items") else value for name, value in options.items()}
    return json.dumps(whole, default=_plain)


def _plain(value: Any) -> Any:
    if hasattr(value, "items"):
        return dict(value)
    if isinstance(value, bytes):
        from fido2.utils import websafe_encode

        return websafe_encode(value)
    return str(value)


@transaction.atomic
def add(operator: Operator, answer: str, name: str, *, origin: str, at: datetime) -> list[str]:
    """One more passkey; answers the codes for the paper where these are her first. Raises Refusal passkey_wrong."""
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.webauthn.internal import auth

    credential = _read(answer)
    try:
        auth.parse_registration_response(credential)
        auth.complete_registration(credential)
    except (ValidationError, ValueError, TypeError, KeyError):
        raise Refusal("passkey_wrong", operator=operator.code) from None
    is_first = not factors.has(operator)
    auth.WebAuthn.add(operator, name.strip()[:60] or "passkey", credential)
    codes: list[str] = RecoveryCodes.activate(operator).get_unused_codes()
    factors.note("factor.enrolled", operator, {"kind": "passkey"}, origin=origin, at=at)
    return codes if is_first else []


def prove(operator: Operator, answer: str, *, origin: str, at: datetime) -> str:
    """Whether this is one of hers; counted like a wrong password. Raises Refusal too_many_tries, passkey_wrong."""
    from allauth.mfa.webauthn.internal import auth

    tries.check(operator.code, origin=origin, at=at)
    try:
        row = auth.complete_authentication(operator, _read(answer))
    except (Refusal, ValidationError, ValueError, TypeError, KeyError):
        tries.failed(operator.code, origin=origin, at=at)
        doors.note("sign_in.factor_failed", operator.code, origin=origin, result="refused", at=at)
        raise Refusal("passkey_wrong", operator=operator.code) from None
    row.last_used_at = at
    row.save(update_fields=["last_used_at"])
    return "passkey"


def _read(answer: str) -> dict[str, Any]:
    try:
        given = json.loads(answer[:LONGEST])
    except ValueError:
        raise Refusal("passkey_wrong") from None
    if not isinstance(given, dict):
        raise Refusal("passkey_wrong")
    return given
