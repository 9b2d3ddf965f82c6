"""The voucher of a card that was handed back, each copy counted as a refund's is: from the second on a reprint (domain §7.2)."""

from __future__ import annotations

from datetime import datetime

from django.db import models, transaction

from sudapos.core import masking
from sudapos.core.refusal import NotFound

from . import audit, hand_backs, reprints, staff
from .hand_backs import HandBack
from .staff import Operator


class HandBackCopy(models.Model):
    """One copy that left a printer. Append-only by trigger."""

    hand_back = models.ForeignKey(HandBack, on_delete=models.PROTECT, related_name="copies")
    copy_no = models.IntegerField()
    reason = models.CharField(max_length=80, blank=True, default="")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["copy_no"]
        constraints = [
            models.UniqueConstraint(fields=["hand_back", "copy_no"], name="copy_no_once_per_hand_back")
        ]


def paid(number: str) -> HandBack:
    """A hand-back that has a voucher. Raises NotFound hand_back_not_found or hand_back_not_paid."""
    row = hand_backs.get(number)
    if not row.slip:
        raise NotFound("hand_back_not_paid", number=number)
    return row


@transaction.atomic
def record_print(
    number: str, *, operator: Operator, reason: str = "", at: datetime, origin: str = ""
) -> HandBackCopy:
    """Count one more copy; from the second on it needs a reason and the right to.

    Raises NotFound, Forbidden, Refusal reprint_reason_needed.
    """
    row = paid(number)
    store = row.card.store
    staff.require_store(operator, store.pk, store.code)
    HandBack.objects.select_for_update().get(pk=row.pk)
    made = row.copies.count()
    reprints.require(operator, made=made, reason=reason, number=number)
    copy = HandBackCopy.objects.create(
        hand_back=row, copy_no=made + 1, reason=masking.scan(reason.strip())[:80], operator=operator, at=at
    )
    act = audit.Act(
        act="card.voucher_reprinted" if made else "card.voucher_printed",
        subject="card",
        subject_no=row.card.card_ref,
        by=operator.code,
        store=store.code,
        origin=origin,
        facts={"number": number, "copy_no": copy.copy_no, "reason": copy.reason},
    )
    audit.write([act], at=at)
    return copy


def copies(row: HandBack) -> list[HandBackCopy]:
    """Every copy that was counted, the first one first."""
    return list(row.copies.select_related("operator").order_by("copy_no"))
