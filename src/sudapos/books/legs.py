"""Money back, one leg per payment: its rows. `moves` writes them, and nothing else does."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from sudapos.core.lifecycle import OPEN_STATES, LegState
from sudapos.core.outcome import Route


class Leg(models.Model):
    """One leg 退款支付. `leg_no` is the merchant refund number that the channel knows; amounts in fen."""

    leg_no = models.CharField(max_length=40, unique=True)
    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="legs")
    payment = models.ForeignKey("books.Payment", on_delete=models.PROTECT, related_name="legs")
    account = models.ForeignKey("books.Account", null=True, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=16)
    route = models.CharField(max_length=8, choices=[(r.value, r.value) for r in Route])
    amount = models.BigIntegerField()
    rounding = models.BigIntegerField(default=0)
    """How much of the amount is above (below: negative) what is owed: cash in whole jiao (domain §5.5)."""
    tax = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    """Its share of the fee that the shop keeps beside the refund; given up with the leg."""
    fee_tax = models.BigIntegerField(default=0)
    state = models.CharField(
        max_length=8, default=LegState.READY, choices=[(s.value, s.value) for s in LegState]
    )
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    sent = models.IntegerField(default=0)
    asked = models.IntegerField(default=0)
    first_sent_at = models.DateTimeField(null=True)
    last_sent_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    channel_refund_ref = models.CharField(max_length=64, blank=True, default="")
    received_account = models.CharField(max_length=64, blank=True, default="")
    user_amount = models.BigIntegerField(null=True)
    """What of the amount we expect the customer to get, where a platform's coupon paid a part; else None."""
    paid_amount = models.BigIntegerField(null=True)
    """What the customer got, as the channel said."""
    settled_at = models.DateTimeField(null=True)
    arrives_by = models.DateField(null=True)
    error_code = models.CharField(max_length=64, blank=True, default="")
    error_message = models.CharField(max_length=200, blank=True, default="")
    shift = models.ForeignKey("books.Shift", null=True, on_delete=models.PROTECT, related_name="legs")
    """The shift whose drawer paid it, where drawers are kept."""
    confirmed_by = models.CharField(max_length=32, blank=True, default="")
    recheck = models.BooleanField(default=False)
    """The channel is asked although the leg has come to an end: it may have bounced, or been paid after all."""
    alarm = models.CharField(max_length=32, blank=True, default="")
    """Money that moved against our books: old_number_paid, paid_after_drop. A person closes it."""
    replaced = models.BooleanField(default=False)
    """It bounced, and other legs of the refund hold its promise now: a part was set off, the rest goes out again."""
    background = models.BooleanField(default=False)
    """Of a batch: it waits behind what somebody at a counter waits for."""
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(
                fields=["account", "created_at"], name="leg_of_a_batch", condition=Q(background=True)
            ),
            models.Index(
                fields=["due_at"],
                name="leg_due",
                condition=Q(state__in=sorted(OPEN_STATES)) | Q(recheck=True),
            ),
            models.Index(fields=["id"], name="leg_alarm", condition=Q(alarm__gt="")),
            models.Index(fields=["state"], name="leg_state"),
            models.Index(
                fields=["settled_at"],
                name="leg_paid_otherwise",
                condition=Q(user_amount__isnull=False) | ~Q(paid_amount=models.F("amount")),
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="leg_is_positive"),
            models.CheckConstraint(
                condition=Q(user_amount=None) | Q(user_amount__gte=0, user_amount__lte=models.F("amount")),
                name="the_customer_gets_no_more_than_was_asked",
            ),
        ]

    def __str__(self) -> str:
        return self.leg_no

    @property
    def owed(self) -> int:
        """Fen of the refund's total that this leg stands for."""
        return self.amount - self.rounding

    @property
    def came_back(self) -> bool:
        """Its channel took the money and brought it back, and may still pay it after all."""
        return self.state == LegState.BOUNCED or self.replaced

    @property
    def to_customer(self) -> int:
        """Fen that the customer gets: what the channel said, before that what we expect; of what is set off, nothing."""
        if self.route == Route.SET_OFF:
            return 0
        if self.paid_amount is not None:
            return self.paid_amount
        return self.amount if self.user_amount is None else self.user_amount


class Attempt(models.Model):
    """One call to a channel, on disk before a byte leaves; `outcome` is filled in once, when the answer is known."""

    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, related_name="attempts")
    seq = models.IntegerField()
    leg_no = models.CharField(max_length=40)
    verb = models.CharField(max_length=8)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, blank=True, default="")
    code = models.CharField(max_length=64, blank=True, default="")
    message = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["leg", "seq"], name="attempt_seq_once_per_leg")]


class Move(models.Model):
    """One step of a leg through the table of `lifecycle`. Append-only by trigger."""

    leg = models.ForeignKey(Leg, on_delete=models.PROTECT, related_name="moves")
    event = models.CharField(max_length=8)
    before = models.CharField(max_length=8)
    after = models.CharField(max_length=8)
    at = models.DateTimeField()
    by = models.CharField(max_length=32, blank=True, default="")
    code = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        ordering = ["id"]
