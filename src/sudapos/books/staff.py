"""Who works here: operators with their roles, and the keys of machines."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import make_password
from django.contrib.postgres.fields import ArrayField
from django.db import models

from sudapos.core import authority
from sudapos.core.refusal import Forbidden, Invalid, NotFound

KEY_USE_NOTED_EVERY = timedelta(minutes=1)


class Operators(BaseUserManager["Operator"]):
    def get_by_natural_key(self, username: str | None) -> Operator:
        return self.get(code=username)


class Operator(AbstractBaseUser):
    """One person with a named account. `code` is what stands on vouchers and in the audit log."""

    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=64)
    roles = ArrayField(models.CharField(max_length=16), default=list)
    store = models.ForeignKey(
        "books.Store", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=8, default="zh")
    must_change = models.BooleanField(default=False)
    """The password is a one-time one: she sets her own before anything else."""
    pin = models.CharField(max_length=128, blank=True, default="")
    created_at = models.DateTimeField()

    objects: ClassVar[Operators] = Operators()
    USERNAME_FIELD = "code"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.code

    def may(self, act: str) -> bool:
        return self.is_active and authority.may(self.roles, act)


class ApiKey(models.Model):
    """A machine's key. Only its digest is stored; the secret is shown once."""

    name = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64, unique=True)
    acts = ArrayField(models.CharField(max_length=40), default=list)
    store = models.ForeignKey(
        "books.Store", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    """The one store that it works for; empty: all."""
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name

    def may(self, act: str) -> bool:
        return "*" in self.acts or act in self.acts


def hire(
    code: str,
    name: str,
    roles: Collection[str],
    *,
    at: datetime,
    password: str | None,
    store_id: int | None = None,
    must_change: bool = False,
) -> Operator:
    """Create an operator. Raises Invalid for unknown roles or roles that must not meet in one person (domain §8.1)."""
    check_roles(roles)
    operator = Operator(
        code=code,
        name=name,
        roles=sorted(roles),
        created_at=at,
        store_id=store_id,
        must_change=must_change,
    )
    operator.password = make_password(password)
    operator.save(force_insert=True)
    return operator


def check_roles(roles: Collection[str]) -> None:
    """Raises Invalid unknown_role, roles_conflict."""
    unknown = sorted(set(roles) - set(authority.ROLES))
    if unknown:
        raise Invalid("unknown_role", roles=", ".join(unknown))
    clash = authority.conflicts(roles)
    if clash:
        raise Invalid("roles_conflict", roles=", ".join("×".join(sorted(pair)) for pair in clash))


def find(codes: Iterable[str]) -> dict[str, Operator]:
    """The active operators with these codes."""
    return {o.code: o for o in Operator.objects.filter(code__in=set(codes), is_active=True)}


def get(code: str) -> Operator:
    """One active operator. Raises NotFound."""
    found = find([code])
    if code not in found:
        raise NotFound("operator_not_found", operator=code)
    return found[code]


def require(operator: Operator, act: str) -> None:
    """Raise Forbidden unless the operator's roles allow the act."""
    if not operator.may(act):
        raise Forbidden("may_not", operator=operator.code, act=act)


def require_store(operator: Operator, store_id: int, store: str) -> None:
    """Raise Forbidden other_store when the operator belongs to another store."""
    if operator.store_id is not None and operator.store_id != store_id:
        raise Forbidden("other_store", operator=operator.code, store=store)


def require_place(operator: Operator, store: str) -> None:
    """As `require_store`, for a row that keeps the code alone; one without a store is everybody's."""
    if store and operator.store is not None and operator.store.code != store:
        raise Forbidden("other_store", operator=operator.code, store=store)


def create_key(
    name: str, *, acts: Sequence[str], at: datetime, store_id: int | None = None
) -> tuple[ApiKey, str]:
    """A new key and its secret; the secret is not kept and cannot be shown again."""
    unknown = sorted(set(acts) - set(authority.ALL_ACTS) - {"*"})
    if unknown:
        raise Invalid("unknown_act", acts=", ".join(unknown))
    if ApiKey.objects.filter(name=name).exists():
        raise Invalid("name_taken", name=name)
    secret = "sk_" + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name, digest=_digest(secret), acts=list(acts), store_id=store_id, created_at=at
    )
    return key, secret


def find_key(secret: str, *, at: datetime) -> ApiKey | None:
    """The living key with this secret."""
    found = ApiKey.objects.select_related("store").filter(digest=_digest(secret), revoked_at=None)
    key = found.first()
    if key and (key.used_at is None or at - key.used_at > KEY_USE_NOTED_EVERY):
        ApiKey.objects.filter(pk=key.pk).update(used_at=at)
    return key


def revoke_key(name: str, *, at: datetime) -> ApiKey:
    """Stop a key at once. Raises NotFound."""
    key = ApiKey.objects.filter(name=name).first()
    if key is None:
        raise NotFound("key_not_found", name=name)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
