"""What was asked back, and what people decided about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from sudapos.core import deposits
from sudapos.core.lifecycle import RefundState

from . import outbox


class Refund(models.Model):
    """One refund 退款单. `verdict`, `plan` and `fingerprint` are what was decided on, kept as it was."""

    refund_no = models.CharField(max_length=32, unique=True)
    sale = models.ForeignKey("books.Sale", on_delete=models.PROTECT, related_name="refunds")
    store = models.ForeignKey("books.Store", on_delete=models.PROTECT, related_name="+")
    till = models.CharField(max_length=16, blank=True, default="")
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    queued_at = models.DateTimeField(null=True)
    """When a till without a network wrote it down; None where it came straight away (FR19)."""
    till_time = models.DateTimeField(null=True)
    """What the till's clock said when it asked; the next one from there must not say less (FR24)."""
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in RefundState])
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=200, blank=True, default="")
    receipt = models.CharField(max_length=8, default="present")
    evidence = models.JSONField(default=list)
    route = models.CharField(max_length=12, default="original")
    total = models.BigIntegerField()
    tax = models.BigIntegerField(default=0)
    carry = models.BigIntegerField(default=0)
    """Fen of the total that do not go back, but pay for what an exchange hands out."""
    undone = models.BigIntegerField(default=0)
    undone_tax = models.BigIntegerField(default=0)
    """The tax of the legs that were dropped, as it was booked back."""
    fee = models.BigIntegerField(default=0)
    """What the shop keeps beside the total, as published on the day of the sale."""
    fee_tax = models.BigIntegerField(default=0)
    undone_fee = models.BigIntegerField(default=0)
    undone_fee_tax = models.BigIntegerField(default=0)
    deductions = models.JSONField(default=list)
    verdict = models.JSONField(default=dict)
    plan = models.JSONField(default=list)
    needed = ArrayField(models.CharField(max_length=16), default=list)
    key = models.CharField(max_length=64, unique=True)
    body_digest = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    business_date = models.DateField()
    created_at = models.DateTimeField()
    due_on = models.DateField(null=True)
    """The day on which the customer must have the money; after `hard_due_on` it is deliberate delay (domain §3)."""
    hard_due_on = models.DateField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=32, blank=True, default="")
    decision_note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["store", "created_at"], name="refund_store_time"),
            models.Index(
                fields=["store", "till", "-id"],
                name="refund_till_clock",
                condition=Q(till_time__isnull=False),
            ),
            models.Index(fields=["created_at"], name="refund_waiting", condition=Q(state="awaiting")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(total__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(undone__gte=0, undone__lte=F("total")), name="undone_within_total"
            ),
            models.CheckConstraint(
                condition=Q(undone_fee__gte=0, undone_fee__lte=F("fee"), fee_tax__lte=F("fee")),
                name="undone_within_fee",
            ),
        ]

    def __str__(self) -> str:
        return self.refund_no

    @property
    def is_goodwill(self) -> bool:
        """Money out of kindness is our cost and leaves revenue alone (J22)."""
        return self.reason == "goodwill"

    @property
    def is_deposit(self) -> bool:
        """What comes back was never revenue (J18)."""
        return self.reason == deposits.REASON

    @property
    def kept(self) -> int:
        """Fen of a deposit that the shop keeps."""
        return sum(each["amount"] for each in self.deductions if each["kind"] == "deposit")


class RefundLine(models.Model):
    """What came back of one sale line. Amount and tax in fen, `milli` in thousandths of a unit."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="lines")
    sale_line = models.ForeignKey("books.SaleLine", on_delete=models.PROTECT, related_name="refunded")
    milli = models.BigIntegerField(default=0)
    amount = models.BigIntegerField()
    tax = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    """What the shop keeps of it: the line gave up `amount` and `fee` together."""
    fee_tax = models.BigIntegerField(default=0)
    fee_again = models.BigIntegerField(default=0)
    """Of `fee`, what was due from money that had come to nothing before (`core.sold`)."""
    points = models.BigIntegerField(default=0)
    """Of `fee`, what pays for points that were earned and spent (`core.points`)."""
    restock = models.BooleanField(default=False)
    goods = models.CharField(max_length=8, blank=True, default="")
    """The condition they came back in (`core.goods`); empty: no goods came."""
    serial = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "sale_line"], name="line_once_per_refund"),
            models.CheckConstraint(
                condition=Q(fee__gte=0, fee_tax__gte=0, fee_tax__lte=F("fee")), name="fee_is_not_negative"
            ),
        ]


class RefundCharge(models.Model):
    """What came back of one charge."""

    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="charges")
    charge = models.ForeignKey("books.Charge", on_delete=models.PROTECT, related_name="refunded")
    amount = models.BigIntegerField()
    tax = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["refund", "charge"], name="charge_once_per_refund")]


FEE = ("fee", "fee_tax", "fee_again", "points")


def fingerprint(
    sale_no: str,
    lines: Iterable[Mapping[str, int]],
    charges: Iterable[Mapping[str, int]],
    plan: Iterable[Mapping[str, Any]],
    *,
    total: int,
    reason: str,
) -> str:
    """Of sale, lines, amounts, legs and reason: what a checker says yes to (domain §8, INV-07)."""
    whole = {
        "sale": sale_no,
        # a fee that is nothing says nothing: what was decided before there were fees keeps its mark
        "lines": [{name: n for name, n in part.items() if n or name not in FEE} for part in lines],
        "charges": [dict(part) for part in charges],
        "legs": [[step["payment_no"], step["route"], step["amount"]] for step in plan],
        "total": total,
        "reason": reason,
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def fingerprint_of(refund: Refund) -> str:
    """As `fingerprint`, from the rows as they stand now."""
    return fingerprint(
        refund.sale.sale_no,
        [
            {"line_no": row.sale_line.line_no, "milli": row.milli, "amount": row.amount, "tax": row.tax}
            | {name: getattr(row, name) for name in FEE}
            for row in refund.lines.select_related("sale_line").order_by("id")
        ],
        [
            {"charge_no": row.charge.charge_no, "amount": row.amount, "tax": row.tax}
            for row in refund.charges.select_related("charge").order_by("id")
        ],
        refund.plan,
        total=refund.total,
        reason=refund.reason,
    )


def message(event: str, refund: Refund) -> outbox.Draft:
    """What the world hears about a refund: its number and sum, nobody's name."""
    return outbox.Draft(
        event=event,
        subject="refund",
        subject_no=refund.refund_no,
        store=refund.store.code,
        facts={"total": refund.total, "reason": refund.reason},
    )
