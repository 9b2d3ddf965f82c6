"""How the promise of a refund is booked, and how it is taken back: by what was paid, and by why it comes back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db.models import Max
from django.db.models.functions import Coalesce

from sudapos.core import journal
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.core.rules import Rules

from .legs import Leg
from .refunds import Refund


def made(refund: Refund, *, today: date, rules: Rules) -> journal.Draft:
    """Approved: the customer has a claim. Revenue falls, less a fee that stays, or a deposit, or it is our cost (J05a, J08, J18c, J22a, J30a)."""
    if refund.is_deposit:
        return journal.deposit_promised(refund.refund_no, refund.total, kept=refund.kept)
    sold, goodwill = refund.sale.business_date, refund.is_goodwill
    promised = journal.refund_promised(
        refund.refund_no,
        refund.total,
        refund.tax,
        fee=journal.Fee(refund.fee, refund.fee_tax),
        goodwill=goodwill,
        earlier_year=sold.year < today.year,
    )
    asked = not goodwill and journal.may_adjust_last_year(sold, today, rules)
    return journal.to_confirm(promised) if asked else promised


def undone(leg: Leg) -> journal.Draft:
    """A leg that is given up, with its share of the fee. A deposit has one leg, so what was to be kept of it is the customer's again as well."""
    refund, fee = leg.refund, journal.Fee(leg.fee, leg.fee_tax)
    if refund.is_deposit:
        return journal.deposit_undone(refund.refund_no, leg.owed, kept=refund.kept)
    return journal.refund_undone(refund.refund_no, leg.owed, leg.tax, fee=fee, goodwill=refund.is_goodwill)


def last_refunds(refunds: Sequence[Refund]) -> dict[int, datetime]:
    """When each payment was last refunded, by its id: one that waited may meet another that went meanwhile."""
    payments = {part["payment_id"] for refund in refunds for part in refund.plan}
    rows = (
        Leg.objects.filter(payment_id__in=payments, route=Route.REFUND)
        .exclude(state=LegState.DROPPED)
        .values("payment_id")
        .annotate(last=Max(Coalesce("last_sent_at", "due_at")))
    )
    return {row["payment_id"]: row["last"] for row in rows}
