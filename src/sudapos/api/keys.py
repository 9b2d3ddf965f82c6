"""Who calls: a Bearer key with its acts, and the operator that the call names."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja.security import HttpBearer

from sudapos.books import audit, staff
from sudapos.books.staff import ApiKey, Operator
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Forbidden, Invalid, NotFound

from . import bounds


def now() -> datetime:
    """The edge's clock."""
    return datetime.now(UTC)


class Bearer(HttpBearer):
    """`Authorization: Bearer <key>`."""

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = staff.find_key(token, at=now())
        audit.through.set(key.name if key else "")
        if key is not None:
            bounds.keep(request, key)
        return key


def key_of(request: HttpRequest) -> ApiKey:
    key = request.auth  # type: ignore[attr-defined]
    assert isinstance(key, ApiKey)
    return key


def allow(request: HttpRequest, act: Act) -> ApiKey:
    """The calling key, if it carries the act. Raises Forbidden may_not."""
    key = key_of(request)
    if not key.may(act):
        raise Forbidden("may_not", operator=key.name, act=str(act))
    return key


def operator(code: str) -> Operator:
    """The operator named in a body. Raises Invalid when none is named or known."""
    if not code:
        raise Invalid("input_invalid", errors=[FieldError(("operator",), "missing")])
    try:
        return bounds.narrowed(staff.get(code))
    except NotFound as error:
        raise Invalid(error.code, errors=[FieldError(("operator",), error.code)], operator=code) from error
