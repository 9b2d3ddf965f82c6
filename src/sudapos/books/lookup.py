"""Sales found again: by number or its tail, by the channel's numbers, by amount and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Reverse

from sudapos.core.refusal import NotFound

from .drafts import phone_digest
from .sales import Payment, Sale, SaleLine

TAIL_AT_LEAST = 3
"""Shorter tails would find half the shop."""
PHONE_LENGTH = 11


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for; empty fields narrow nothing. `before` is a sale's id: the page starts below it."""

    q: str = ""
    store: str = ""
    since: datetime | None = None
    until: datetime | None = None
    amount: int | None = None
    card_last4: str = ""
    sku: str = ""
    serial: str = ""
    channel: str = ""
    before: int | None = None
    limit: int = 50


def get(sale_no: str) -> Sale:
    """One sale. Raises NotFound."""
    sale = Sale.objects.select_related("store").filter(sale_no=sale_no).first()
    if sale is None:
        raise NotFound("sale_not_found", sale_no=sale_no)
    return sale


def find(which: Search) -> list[Sale]:
    """Sales, newest first, with their payments."""
    rows = Sale.objects.filter(kind="")  # deposits have a list of their own
    if which.q.strip():
        rows = rows.filter(pk__in=numbered(which.q.strip()))
    if which.store:
        rows = rows.filter(store__code=which.store)
    if which.since:
        rows = rows.filter(sold_at__gte=which.since)
    if which.until:
        rows = rows.filter(sold_at__lt=which.until)
    if which.amount is not None:
        paid = Payment.objects.filter(sale=OuterRef("pk"), amount=which.amount)
        rows = rows.filter(Q(total=which.amount) | Exists(paid))
    if which.channel:
        rows = rows.filter(Exists(Payment.objects.filter(sale=OuterRef("pk"), channel=which.channel)))
    if which.card_last4:
        card = Payment.objects.filter(sale=OuterRef("pk"), card_masked__endswith=which.card_last4)
        rows = rows.filter(Exists(card))
    for name in ("sku", "serial"):
        value = getattr(which, name)
        if value:
            rows = rows.filter(Exists(SaleLine.objects.filter(sale=OuterRef("pk"), **{name: value})))
    if which.before is not None:
        rows = rows.filter(pk__lt=which.before)
    found = rows.select_related("store").prefetch_related("payments", "lines").order_by("-id")
    return list(found[: which.limit])


def numbered(q: str) -> QuerySet[Sale, int]:
    """Ids of sales and deposits that a number leads to: exact first kinds, then the tail through the reversed index."""
    numbers = Q(sale_no=q)
    if len(q) >= TAIL_AT_LEAST:
        numbers |= Q(reversed_no__startswith=q[::-1])
    digits = "".join(c for c in q if c.isdigit())
    if len(digits) == PHONE_LENGTH and digits.startswith("1"):
        numbers |= Q(phone_digest=phone_digest(digits))
    paid = Payment.objects.filter(
        Q(channel_ref=q) & ~Q(channel_ref="")
        | Q(out_trade_no=q) & ~Q(out_trade_no="")
        | Q(reference_no=q) & ~Q(reference_no="")
    )
    return (
        Sale.objects.annotate(reversed_no=Reverse("sale_no"))
        .filter(numbers | Q(pk__in=paid.values("sale_id")))
        .values_list("pk", flat=True)
    )
