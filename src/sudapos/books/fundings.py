"""Who paid a payment beside the customer, and what of a refund reaches her: read and shared in bulk (domain §5.6)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from sudapos.core.coupons import Funding
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route

from .legs import Leg
from .sales import Payment


def of(payments: Iterable[Payment]) -> dict[int, Funding]:
    """By the id of the payment that the channel knows; one statement, none where no coupon paid.

    What an exchange kept was asked of nobody, so it counts for nothing.
    """
    roots = {p.source.pk: p.source for p in payments if p.source.coupon_amount}
    if not roots:
        return {}
    rows = (
        Leg.objects.filter(Q(payment_id__in=roots) | Q(payment__origin_id__in=roots))
        .exclude(state=LegState.DROPPED)
        .exclude(route=Route.EXCHANGE)
        .order_by()
        .values(root=Coalesce("payment__origin_id", "payment_id"))
        .annotate(asked=Sum("amount"), given=Sum(Coalesce("paid_amount", "user_amount", "amount")))
    )
    used = {row["root"]: (row["asked"], row["given"]) for row in rows}
    return {number: _funding(root, *used.get(number, (0, 0))) for number, root in roots.items()}


def _funding(root: Payment, asked: int, given: int) -> Funding:
    return Funding(
        channel=root.channel, total=root.amount, coupon=root.coupon_amount, asked=asked, given=given
    )


def share(legs: Sequence[Leg]) -> None:
    """Tell new legs what the customer gets of each, as things stand now: a refund that waited may meet others that went.

    Two statements, none where no coupon paid.
    """
    paid = [leg for leg in legs if leg.user_amount is not None and leg.route != Route.EXCHANGE]
    if not paid:
        return
    payments = Payment.objects.select_related("origin").in_bulk([leg.payment_id for leg in paid])
    found = of(payments.values())
    for leg in paid:
        root = payments[leg.payment_id].source.pk
        leg.user_amount = found[root].split(leg.amount).user
        found[root] = found[root].after(leg.amount)
