"""Who paid, kept as keyed digests: two can be compared, none can be read; and which of them work here (FR03, FR04).

A person who works here registers her own wallet, card or phone. What she registered stays until somebody else removes
it, or it could be taken out for the minute of one refund.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q

from sudapos.core import masking
from sudapos.core.authority import Act
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound

from . import audit, staff
from .drafts import phone_digest
from .staff import Operator

CARD, PHONE = "card", "phone"
KINDS = (CARD, "wechatpay", "alipay", "unionpay", PHONE)
"""A card by its first six and last four, a wallet by the number that its channel has for her, a phone."""
AT_MOST = 20
"""Of one person."""


class StaffPayee(models.Model):
    """One wallet, card or phone of somebody who works here. Removed, it stays as a record."""

    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="payees")
    kind = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)
    hint = models.CharField(max_length=40)
    """Masked, so that she knows it again."""
    at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    removed_by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["operator", "digest"],
                condition=Q(removed_at=None),
                name="payee_once_per_person",
            ),
            models.CheckConstraint(
                condition=Q(removed_at=None, removed_by="")
                | (Q(removed_at__isnull=False) & ~Q(removed_by="")),
                name="payee_removed_by_somebody",
            ),
        ]


def digest_of(channel: str, payer: str, *, card_masked: str = "") -> str:
    """Of a payer as the channel names her, else of a card's first six and last four; empty where neither is known."""
    if payer.strip():
        return _keyed(f"{channel}:{payer.strip()}")
    return card_digest(card_masked)


def card_digest(masked: str) -> str:
    """Of a masked card number that shows its first six and last four; of less nothing, too many cards look the same."""
    found = re.fullmatch(r"([0-9]{6})[^0-9]+([0-9]{4})", masked.strip().replace(" ", ""))
    return _keyed(f"{CARD}:{found[1]}-{found[2]}") if found else ""


def _keyed(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), f"payer:{text}".encode(), hashlib.sha256).hexdigest()


@transaction.atomic
def register(operator: Operator, kind: str, number: str, *, at: datetime) -> StaffPayee:
    """A person's own wallet, card (622202******1234) or phone; the number itself is not kept.

    Raises Invalid, Conflict payee_known.
    """
    number = number.strip()
    digest = _digest(kind, number)
    _lock(operator)
    if _open().filter(operator=operator).count() >= AT_MOST:
        raise Invalid("input_invalid", errors=[FieldError(("number",), "out_of_range")])
    hint = masking.mobile(number) if kind == PHONE else _hint(kind, number)
    try:
        with transaction.atomic():
            row = StaffPayee.objects.create(operator=operator, kind=kind, digest=digest, hint=hint, at=at)
    except IntegrityError:
        raise Conflict("payee_known", hint=hint) from None
    _tell("payee.registered", row, operator, at)
    return row


def _digest(kind: str, number: str) -> str:
    if kind not in KINDS:
        raise Invalid("input_invalid", errors=[FieldError(("kind",), "out_of_range")])
    if kind == CARD:
        digest = card_digest(number)
        code = "full_card_number" if masking.looks_like_card(number) else "bad_value"
    elif kind == PHONE:
        digest, code = phone_digest(number) if len(number) <= 24 else "", "bad_value"
    else:
        digest, code = _keyed(f"{kind}:{number}") if 4 <= len(number) <= 64 else "", "bad_value"
    if not digest:
        raise Invalid("input_invalid", errors=[FieldError(("number",), code)])
    return digest


def _hint(kind: str, number: str) -> str:
    return f"{number[:6]}******{number[-4:]}" if kind == CARD else f"****{number[-4:]}"


@transaction.atomic
def remove(number: int, *, operator: Operator, at: datetime) -> StaffPayee:
    """By somebody who proposes or changes people, never by the person herself. Raises NotFound, Forbidden, Conflict payee_removed."""
    if not operator.may(Act.PROPOSE_PEOPLE):
        staff.require(operator, Act.CHANGE_PEOPLE)
    row = (
        StaffPayee.objects.select_for_update(of=("self",))
        .select_related("operator__store")
        .filter(pk=number)
        .first()
    )
    if row is None:
        raise NotFound("payee_not_found", number=number)
    if row.operator_id == operator.pk:
        raise Forbidden("payee_own", operator=operator.code)
    if operator.store_id is not None and row.operator.store_id != operator.store_id:
        raise Forbidden("may_not", operator=operator.code, act=Act.PROPOSE_PEOPLE, needed="")
    if row.removed_at is not None:
        raise Conflict("payee_removed", number=number)
    row.removed_at, row.removed_by = at, operator.code
    row.save(update_fields=["removed_at", "removed_by"])
    _tell("payee.removed", row, operator, at)
    return row


def of(operator: Operator) -> list[StaffPayee]:
    """A person's own, as they stand."""
    return list(_open().filter(operator=operator))


def listed(*, store_id: int | None = None) -> list[StaffPayee]:
    """Everybody's, of one store or of all, as they stand."""
    rows = _open().select_related("operator")
    rows = rows if store_id is None else rows.filter(operator__store_id=store_id)
    return list(rows.order_by("operator__code", "id"))


def works_here() -> dict[str, str]:
    """Digest → code of the person that it belongs to; of those who work here now."""
    rows = _open().filter(operator__is_active=True)
    return dict(rows.order_by("-id").values_list("digest", "operator__code"))


def _open() -> models.QuerySet[StaffPayee]:
    return StaffPayee.objects.filter(removed_at=None)


def _lock(operator: Operator) -> None:
    Operator.objects.select_for_update(no_key=True).get(pk=operator.pk)


def _tell(act: str, row: StaffPayee, operator: Operator, at: datetime) -> None:
    told = {"of": row.operator.code, "kind": row.kind, "hint": row.hint}
    audit.write(
        [audit.Act(act=act, subject="operator", subject_no=row.operator.code, by=operator.code, facts=told)],
        at=at,
    )
