"""Maker and checker: who decided what about which refund, and exactly what was looked at."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Approval(models.Model):
    """One person's yes or no. `fingerprint` is of the refund as it stood; append-only by trigger."""

    class Decision(models.TextChoices):
        APPROVE = "approve"
        REJECT = "reject"

    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="approvals")
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    decision = models.CharField(max_length=8, choices=Decision.choices)
    note = models.CharField(max_length=200, blank=True, default="")
    fingerprint = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["refund", "operator"], name="one_decision_per_person_and_refund"),
            models.UniqueConstraint(fields=["refund", "role"], name="one_decision_per_role_and_refund"),
        ]
