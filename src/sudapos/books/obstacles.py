"""What stands in the way of a planned refund: a drawer that is short, a payment that no channel can be asked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sudapos.core import goods, plan, tenders
from sudapos.core.drawers import Holding
from sudapos.core.outcome import Route
from sudapos.core.policy import Reason, Weight
from sudapos.core.sold import Worth

from .remainders import Remainder


def short(way: plan.Plan, holding: Holding | None) -> Iterator[Reason]:
    """The drawer cannot pay it now: no reason against the refund, but the cashier knows before the customer does (domain §8.4)."""
    cash = sum(leg.amount for leg in way.legs if leg.route is Route.CASH)
    if holding is not None and cash and (missing := holding.missing(cash)):
        told = {"held": holding.free, "wanted": cash, "missing": missing}
        yield Reason(Weight.NOTE, "drawer_short", told)


def serials(remainder: Remainder, worth: Worth, *, reason: str, shown: Sequence[str]) -> list[Reason]:
    """Goods with a serial number that nobody scanned."""
    if reason in goods.NOT_BROUGHT:
        return []
    back = [remainder.lines[part.line_no] for part in worth.lines if part.milli]
    return goods.unproven([(line.name, line.serial) for line in back], shown)


def unreachable(way: plan.Plan, remainder: Remainder) -> list[Reason]:
    """A payment without an account cannot be refunded over its channel: nobody would know whom to speak to."""
    accounts = {t.payment.payment_no: t.payment.source.account_id for t in remainder.tenders}
    return [
        Reason(Weight.DENY, "account_missing", {"channel": leg.channel, "payment_no": leg.payment_no})
        for leg in way.legs
        if leg.route in (Route.REFUND, Route.VOID)
        and accounts[leg.payment_no] is None
        and leg.channel not in tenders.OWN
    ]
