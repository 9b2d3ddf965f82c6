"""How the promise of a refund is booked, and how it is taken back: by what was paid, and by why it comes back."""

from __future__ import annotations

from datetime import date

from sudapos.core import journal
from sudapos.core.rules import Rules

from .legs import Leg
from .refunds import Refund


def made(refund: Refund, *, today: date, rules: Rules) -> journal.Draft:
    """Approved: the customer has a claim. Revenue falls, less a fee that stays, or it is our cost (J05a, J08, J22a, J30a)."""
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
    """A leg that is given up, with its share of the fee."""
    refund, fee = leg.refund, journal.Fee(leg.fee, leg.fee_tax)
    return journal.refund_undone(refund.refund_no, leg.owed, leg.tax, fee=fee, goodwill=refund.is_goodwill)
