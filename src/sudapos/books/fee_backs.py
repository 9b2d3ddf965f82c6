"""What channels give back of their fee with a refund: as their statement says it, an estimate until then (domain §1.4, EX15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from sudapos.core import fees
from sudapos.core.outcome import Route

from .legs import Leg
from .refunds import Refund
from .sales import Payment
from .statements import StatementLine


@dataclass(frozen=True, slots=True)
class FeeBack:
    """One leg: what the channel kept of its payment, what of that comes back with it, and whether the statement said so."""

    leg: Leg
    charged: int
    back: int
    is_told: bool


def of(refund: Refund) -> list[FeeBack]:
    """Of each leg that went back through its channel, where a statement has told the fee of its payment. Three statements at most."""
    rows = Leg.objects.filter(refund=refund, route=Route.REFUND, account__isnull=False)
    mine = list(rows.exclude(state="dropped").select_related("payment__origin").order_by("id"))
    if not mine:
        return []
    sources = {leg.payment.source.pk: leg.payment.source for leg in mine}
    legs = _all_legs(sources)
    told = _lines([*sources.values()], [leg for each in legs.values() for leg in each])
    found = {
        leg_id: back for pk, payment in sources.items() for leg_id, back in _chain(payment, legs[pk], told)
    }
    return [FeeBack(leg, *found[leg.pk]) for leg in mine if leg.pk in found]


def _all_legs(payments: Iterable[int]) -> dict[int, list[Leg]]:
    """Every refund of these payments in its order, wherever their parts were carried to: the channel counts them together."""
    numbers = list(payments)
    which = Q(payment_id__in=numbers) | Q(payment__origin_id__in=numbers)
    rows = Leg.objects.filter(which, route=Route.REFUND).exclude(state="dropped").select_related("payment")
    legs: dict[int, list[Leg]] = defaultdict(list)
    for leg in rows.order_by("id"):
        legs[leg.payment.origin_id or leg.payment_id].append(leg)
    return legs


Told = dict[tuple[int, str, str], int]
"""Account, kind and number → the fee of a row that counts."""


def _lines(payments: Iterable[Payment], legs: Iterable[Leg]) -> Told:
    numbers = {leg.leg_no for leg in legs}
    accounts = set()
    refs = set()
    for payment in payments:
        numbers.add(payment.out_trade_no)
        refs |= {payment.channel_ref, payment.reference_no}
        accounts.add(payment.account_id)
    named = Q(number__in=numbers - {""}) | Q(ref__in=refs - {""}, kind="sale")
    rows = StatementLine.objects.filter(
        named,
        kind__in=("sale", "refund"),
        fee__isnull=False,
        statement__current=True,
        statement__account_id__in=accounts,
    )
    told: Told = {}
    for row in rows.select_related("statement"):
        for name in (row.number, row.ref):
            if name and row.fee is not None:
                told[row.statement.account_id, row.kind, name] = row.fee
    return told


def _chain(payment: Payment, legs: Iterable[Leg], told: Told) -> Iterable[tuple[int, tuple[int, int, bool]]]:
    """By running totals, so that the last refund brings the rest; what the statement says of a refund counts before our own sum."""
    account = payment.account_id or 0
    names = (payment.out_trade_no, payment.channel_ref, payment.reference_no)
    fee = next((told[account, "sale", name] for name in names if (account, "sale", name) in told), None)
    if fee is None:
        return
    gone = returned = 0
    for leg in legs:
        said = told.get((account, "refund", leg.leg_no))
        back = (
            -said
            if said is not None
            else fees.fee_returned(
                leg.amount, paid=payment.amount, fee=fee, refunded_before=gone, returned_before=returned
            )
        )
        gone, returned = gone + leg.amount, returned + back
        yield leg.pk, (fee, back, said is not None)
