"""A channel gave the customer another sum than we expected: both figures stay, and somebody looks (domain F18)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from sudapos.core import calendar
from sudapos.core.findings import Kind
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route

from . import findings
from .findings import Draft, Finding
from .legs import Leg

LOOK_BACK = timedelta(days=3)


def of_attempts(attempts: Sequence[int], *, at: datetime) -> list[Finding]:
    """Open what the answers to these attempts showed. Safe to repeat: each leg is found once."""
    return _open(Q(attempts__in=list(attempts)), at=at)


def sweep(*, at: datetime) -> list[Finding]:
    """The same over the last days, for answers whose finding a crash has cost."""
    return _open(Q(settled_at__gte=at - LOOK_BACK), at=at)


def _open(which: Q, *, at: datetime) -> list[Finding]:
    rows = (
        Leg.objects.filter(which, state=LegState.SETTLED, route__in=(Route.REFUND, Route.VOID))
        .filter(Q(user_amount__isnull=False) | ~Q(paid_amount=F("amount")))
        .exclude(paid_amount=Coalesce("user_amount", "amount"))
        .exclude(account=None)
        .exclude(findings__kind=Kind.COUPON_DIFFERS)
        .select_related("account", "payment__sale", "refund__store")
        .defer("account__config")
        .order_by("id")
        .distinct()
    )
    drafts = [_draft(leg, at) for leg in rows]
    return findings.open(drafts, at=at) if drafts else []


def _draft(leg: Leg, at: datetime) -> Draft:
    """No money of ours differs: the channel took the whole of the request from us either way."""
    assert leg.account is not None
    ours = leg.amount if leg.user_amount is None else leg.user_amount
    return Draft(
        kind=Kind.COUPON_DIFFERS,
        account=leg.account,
        day=calendar.business_date(leg.settled_at or at, cutover="00:00"),
        key=f"coupon {leg.leg_no}",
        number=leg.leg_no,
        ours={"refund_order_amount": leg.amount, "refund_cash_amount": ours},
        theirs={"refund_order_amount": leg.amount, "refund_cash_amount": leg.paid_amount},
        payment=leg.payment,
        leg=leg,
        store=leg.refund.store.code,
    )
