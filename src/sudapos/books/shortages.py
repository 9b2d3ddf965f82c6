"""Refunds that wait for money in a channel's account: how much is missing, as far as we can know (domain F03)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Sum

from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import NOT_ENOUGH

from .legs import Leg


@dataclass(frozen=True, slots=True)
class Shortage:
    """What one account must hold so that everything waiting on it can go; fen. No channel tells what it holds."""

    legs: int
    amount: int


def of(leg: Leg) -> Shortage | None:
    """The shortage that this leg is part of; None when it waits for something else."""
    if leg.state != LegState.READY or leg.error_code != NOT_ENOUGH:
        return None
    waiting = Leg.objects.filter(state=LegState.READY, error_code=NOT_ENOUGH, account=leg.account)
    sums = waiting.aggregate(legs=Count("id"), amount=Sum("amount"))
    return Shortage(sums["legs"], sums["amount"] or 0)
