"""The shop's own coupons that a sale was paid less by: they lessen revenue, and stand on the sale (domain §5.6, R-08b)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.db import models
from django.db.models import Q

from sudapos.core import masking
from sudapos.core.refusal import FieldError

from .drafts import SaleDraft
from .sales import Sale

CODE_LENGTH = 40


class SaleCoupon(models.Model):
    """One coupon of the shop, used up by a sale. `amount` is what it took off, `face` what stands on it. Append-only."""

    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="coupons")
    code = models.CharField(max_length=CODE_LENGTH)
    amount = models.BigIntegerField()
    face = models.BigIntegerField()
    valid_to = models.DateField(null=True)
    """The last day on which it may be used; None: no end."""
    lines = models.JSONField(default=list)
    """Line numbers that it was given for; empty: all of them."""

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["sale", "code"], name="coupon_once_per_sale"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, amount__lte=models.F("face")),
                name="coupon_takes_off_its_face_at_most",
            ),
        ]

    def is_valid(self, on: date) -> bool:
        return self.valid_to is None or on <= self.valid_to


class CouponReturn(models.Model):
    """What became of a coupon when its sale came back whole: returned, or expired by then. Once, append-only."""

    coupon = models.OneToOneField(SaleCoupon, on_delete=models.PROTECT, related_name="returned")
    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="coupons_returned")
    """The refund whose last money made the sale whole."""
    state = models.CharField(max_length=8)
    at = models.DateTimeField()


def check(draft: SaleDraft) -> Iterator[FieldError]:
    """Coupons are told apart, name lines of this sale, and take off no more than the sale gave away."""
    off = draft.order_discount + sum(line.discount for line in draft.lines)
    known, seen = {line.line_no for line in draft.lines}, set()
    for index, coupon in enumerate(draft.coupons):
        where = ("coupons", index)
        off -= coupon.amount
        if not coupon.code.strip() or len(coupon.code) > CODE_LENGTH:
            yield FieldError((*where, "code"), "bad_value")
        if coupon.code in seen:
            yield FieldError((*where, "code"), "number_twice")
        if coupon.amount <= 0 or off < 0 or coupon.amount > (coupon.face or coupon.amount):
            yield FieldError((*where, "amount"), "out_of_range")
        if set(coupon.lines) - known:
            yield FieldError((*where, "lines"), "unknown_line")
        seen.add(coupon.code)


def keep(sold: Iterable[tuple[Sale, SaleDraft]]) -> None:
    """Write them down with their sales; one statement, none where no coupon was used."""
    rows = [
        SaleCoupon(
            sale=sale,
            code=masking.scan(each.code),
            amount=each.amount,
            face=each.face or each.amount,
            valid_to=each.valid_to,
            lines=list(each.lines),
        )
        for sale, draft in sold
        for each in draft.coupons
    ]
    if rows:
        SaleCoupon.objects.bulk_create(rows)
