"""What was sold and how it was paid: rows as they were when the money came in, never recomputed.

A sale is written once. Shares of discounts and rounding are worked out on the way in and stored on the line
(domain §5.1), so a refund pays back what was paid and never asks today's prices.
"""

from __future__ import annotations

from datetime import timedelta

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse

from . import outbox


class Sale(models.Model):
    """One sale 销售单. Amounts in fen."""

    sale_no = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, blank=True, default="")
    """Empty for a sale; `deposit`: money that was taken and is not revenue (decision 25)."""
    store = models.ForeignKey("books.Store", on_delete=models.PROTECT, related_name="+")
    till = models.CharField(max_length=16, blank=True, default="")
    operator = models.CharField(max_length=32, blank=True, default="")
    sold_at = models.DateTimeField()
    business_date = models.DateField()
    state = models.CharField(max_length=12, default="paid")
    mode = models.CharField(max_length=8, default="offline")
    total = models.BigIntegerField()
    order_discount = models.BigIntegerField(default=0)
    rounding_off = models.BigIntegerField(default=0)
    promotions = models.JSONField(default=list)
    """The published terms behind the order discount, each with the lines that it was given for (domain §5.6)."""
    invoice_no = models.CharField(max_length=40, blank=True, default="")
    phone_masked = models.CharField(max_length=24, blank=True, default="")
    phone_digest = models.CharField(max_length=64, blank=True, default="")
    name_masked = models.CharField(max_length=64, blank=True, default="")
    receipt_lost = models.BooleanField(default=False)
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(OpClass(Reverse("sale_no"), name="text_pattern_ops"), name="sale_no_tail"),
            models.Index(fields=["store", "sold_at"], name="sale_store_time"),
            models.Index(fields=["total", "sold_at"], name="sale_total_time"),
            models.Index(fields=["phone_digest"], name="sale_phone", condition=~Q(phone_digest="")),
        ]
        constraints = [models.CheckConstraint(condition=Q(total__gt=0), name="sale_total_is_positive")]

    def __str__(self) -> str:
        return self.sale_no


class SaleLine(models.Model):
    """One line as sold; `net` is what the customer really paid for it. `milli` counts thousandths of a unit."""

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="lines")
    line_no = models.IntegerField()
    sku = models.CharField(max_length=64, blank=True, default="")
    name = models.CharField(max_length=200)
    category = models.CharField(max_length=64, blank=True, default="")
    milli = models.BigIntegerField()
    unit = models.CharField(max_length=16, blank=True, default="")
    weighed = models.BooleanField(default=False)
    unit_price = models.BigIntegerField()
    gross = models.BigIntegerField()
    discount = models.BigIntegerField(default=0)
    order_discount_share = models.BigIntegerField(default=0)
    rounding_share = models.BigIntegerField(default=0)
    net = models.BigIntegerField()
    vat_bp = models.IntegerField(default=0)
    returnable = models.BooleanField(default=True)
    serial = models.CharField(max_length=64, blank=True, default="")
    override_by = models.CharField(max_length=32, blank=True, default="")
    """Who set another price or gave a discount by hand at the till (FR20)."""
    gift_of = models.IntegerField(null=True)
    marked_value = models.BigIntegerField(default=0)
    unit_cost = models.BigIntegerField(null=True)
    """What one unit cost us, in fen; None where the till does not say: then no cost is booked."""

    class Meta:
        ordering = ["sale_id", "line_no"]
        indexes = [
            models.Index(fields=["sku"], name="line_sku", condition=~Q(sku="")),
            models.Index(fields=["serial"], name="line_serial", condition=~Q(serial="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["sale", "line_no"], name="line_no_once_per_sale"),
            models.CheckConstraint(condition=Q(milli__gt=0), name="line_quantity_is_positive"),
            models.CheckConstraint(
                condition=Q(
                    net=F("gross") - F("discount") - F("order_discount_share") - F("rounding_share"),
                    net__gte=0,
                ),
                name="line_net_is_what_was_paid",
            ),
        ]


class Charge(models.Model):
    """A service, cover, delivery or packing charge on a sale."""

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="charges")
    charge_no = models.IntegerField()
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=64)
    amount = models.BigIntegerField()
    rate_bp = models.IntegerField(default=0)
    vat_bp = models.IntegerField(default=0)
    follows_lines = models.BooleanField(default=False)

    class Meta:
        ordering = ["sale_id", "charge_no"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "charge_no"], name="charge_no_once_per_sale"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="charge_is_not_negative"),
        ]


class Payment(models.Model):
    """Money in, one row per tender. `promised` is what refunds have taken of it, in flight or done."""

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="payments")
    payment_no = models.CharField(max_length=32)
    channel = models.CharField(max_length=16)
    account = models.ForeignKey("books.Account", null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    coupon_amount = models.BigIntegerField(default=0)
    """How much of the amount a platform paid by its coupon; the rest is the customer's own money."""
    promised = models.BigIntegerField(default=0)
    out_trade_no = models.CharField(max_length=64, blank=True, default="")
    channel_ref = models.CharField(max_length=64, blank=True, default="")
    origin = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="carried")
    """Whose money an exchange carried over: the payment that was really made. It is where this part goes back to."""
    paid_at = models.DateTimeField()
    card_masked = models.CharField(max_length=24, blank=True, default="")
    payer_digest = models.CharField(max_length=64, blank=True, default="")
    """Keyed digest of who paid, as the channel names her; it can be compared, not read (FR03, FR04)."""
    auth_code = models.CharField(max_length=12, blank=True, default="")
    reference_no = models.CharField(max_length=24, blank=True, default="")
    batch_no = models.CharField(max_length=12, blank=True, default="")
    trace_no = models.CharField(max_length=12, blank=True, default="")

    class Meta:
        ordering = ["sale_id", "payment_no"]
        indexes = [
            models.Index(fields=["channel_ref"], name="payment_channel_ref", condition=~Q(channel_ref="")),
            models.Index(fields=["out_trade_no"], name="payment_out_trade_no", condition=~Q(out_trade_no="")),
            models.Index(fields=["reference_no"], name="payment_reference_no", condition=~Q(reference_no="")),
            models.Index(fields=["payer_digest"], name="payment_payer", condition=~Q(payer_digest="")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["sale", "payment_no"], name="payment_no_once_per_sale"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_is_positive"),
            models.CheckConstraint(
                condition=Q(coupon_amount__gte=0, coupon_amount__lte=F("amount")),
                name="a_coupon_pays_no_more_than_the_payment",
            ),
            models.CheckConstraint(
                condition=Q(channel="exchange", origin__isnull=False)
                | ~Q(channel="exchange") & Q(origin=None),
                name="an_exchange_carries_a_payment",
            ),
            models.CheckConstraint(condition=Q(promised__gte=0), name="never_promise_less_than_nothing"),
            models.CheckConstraint(
                condition=Q(promised__lte=F("amount")), name="never_promise_more_than_was_paid"
            ),
        ]

    @property
    def source(self) -> Payment:
        """The payment that the channel, or the drawer, knows."""
        return self.origin or self


CLOCK_SLACK = timedelta(minutes=2)
"""A till's clock may be this much ahead of ours (domain §11.1 clock_drift_block_seconds)."""


def message(sale_no: str, store: str, total: int) -> outbox.Draft:
    """What machines hear of a new sale."""
    return outbox.Draft(
        event="sale.ingested", subject="sale", subject_no=sale_no, store=store, facts={"total": total}
    )
