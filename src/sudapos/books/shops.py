"""Where we trade: the merchant, its stores and tills, and its contracts with channels."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import models, transaction

from sudapos.core.policy import Rules
from sudapos.core.refusal import Conflict, NotFound, Refusal

from . import versions
from .sealing import SealedJson

NUMBER_ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"


def _new_tag() -> str:
    return new_tag()


def new_tag() -> str:
    """Three letters that stand in every number that a channel sees."""
    return "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(3))


def _new_secret() -> str:
    return secrets.token_urlsafe(24)


class Merchant(models.Model):
    """The one merchant of this installation.

    `tag` stands in every merchant refund number, so that a second installation, or one restored from an old
    backup under a new tag, never repeats a number at a channel (domain F30).
    """

    name = models.CharField(max_length=128)
    phone = models.CharField(max_length=32, blank=True, default="")
    tag = models.CharField(max_length=3, default=_new_tag)
    rules = models.JSONField(default=dict)
    restored_at = models.DateTimeField(null=True, blank=True)
    """Set: the books come from a backup, and no money leaves until they were held against the channels."""
    restored = models.JSONField(default=dict, blank=True)
    """What is known of that backup: when it was taken, the chain's head, the tag before."""
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_merchant_per_installation"),
        ]

    def __str__(self) -> str:
        return self.name


class Store(models.Model):
    code = models.CharField(max_length=16, unique=True)
    name = models.CharField(max_length=64)
    address = models.CharField(max_length=200, blank=True, default="")
    phone = models.CharField(max_length=32, blank=True, default="")

    def __str__(self) -> str:
        return self.code


class Till(models.Model):
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="tills")
    code = models.CharField(max_length=16)
    name = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="till_code_once_per_store")]

    def __str__(self) -> str:
        return self.code


class Account(models.Model):
    """One contract with one channel. `notice_secret` is the unguessable part of its notify address."""

    name = models.CharField(max_length=64, unique=True)
    channel = models.CharField(max_length=16)
    config = SealedJson(default=dict)
    notice_secret = models.CharField(max_length=48, unique=True, default=_new_secret)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


@transaction.atomic
def found(name: str, *, phone: str = "", at: datetime) -> Merchant:
    """Create the merchant, with version 1 of its policy. Raises Conflict when there is one already."""
    if Merchant.objects.filter(id=1).exists():
        raise Conflict("merchant_exists")
    row = Merchant.objects.create(id=1, name=name, phone=phone, created_at=at)
    versions.begin(row.rules, at=at)
    return row


def merchant() -> Merchant:
    """The merchant. Raises NotFound before set-up."""
    row = Merchant.objects.filter(id=1).first()
    if row is None:
        raise NotFound("merchant_not_set_up")
    return row


def require_open(row: Merchant | None = None) -> None:
    """Raise Refusal shop_restored while the books stand on a backup that was not yet held against the channels."""
    if (row or merchant()).restored_at is not None:
        raise Refusal("shop_restored")


def is_restored() -> bool:
    """Whether the books stand on a backup and nobody has opened the shop yet."""
    return Merchant.objects.filter(restored_at__isnull=False).exists()


def rules_of(row: Merchant) -> Rules:
    """The rules in force now; `policies` knows those of other days."""
    return Rules.from_mapping(row.rules)


def stores(codes: Iterable[str]) -> dict[str, Store]:
    return {s.code: s for s in Store.objects.filter(code__in=set(codes))}


def tills(store_ids: Iterable[int]) -> frozenset[tuple[int, str]]:
    """(store's id, till's code) of every till of these stores."""
    return frozenset(Till.objects.filter(store_id__in=set(store_ids)).values_list("store_id", "code"))


def accounts(names: Iterable[str]) -> dict[str, Account]:
    return {a.name: a for a in Account.objects.filter(name__in=set(names))}


def account_of_secret(secret: str) -> Account | None:
    """The account whose notify address this is."""
    return Account.objects.filter(notice_secret=secret).first()


def put_account(name: str, channel: str, config: Mapping[str, str], *, at: datetime) -> Account:
    """Add an account, or give an existing one of the same channel a new configuration."""
    row = Account.objects.filter(name=name).first()
    if row is None:
        return Account.objects.create(
            name=name,
            channel=channel,
            config=dict(config),
            created_at=at,
            changed_at=at,  # type: ignore[misc]
        )
    if row.channel != channel:
        raise Conflict("account_has_other_channel", name=name, channel=row.channel)
    row.config, row.changed_at = dict(config), at
    row.save(update_fields=["config", "changed_at"])
    return row
