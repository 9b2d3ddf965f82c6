"""Which payments give back how much, and by which route: refund, void, transfer, cash.

Amounts in fen. The plan never promises more than a payment has left, and says for each leg why a way is
closed and which one is open (domain §2.1, §5.4).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from . import arrival, calendar, capability, cash, money
from .coupons import Funding
from .outcome import Route
from .refusal import FieldError, Invalid, Refusal
from .rules import Reason, Rules, Weight
from .workdays import WEEKENDS, WorkingDays

DEFAULT_ORDER = ("external", "stored_value", "points", "cash")
INTERNAL = frozenset({"stored_value", "points", "cash"})
"""Channels that are groups of their own in a waterfall; every other one is `external`."""
DUAL = ("manager", "finance")
"""Money that does not go back where it came from needs both (domain R-02, INV-06)."""
ROUTES = ("original", "cash", "transfer")
PAUSE_SLACK = timedelta(seconds=2)
"""The channel counts its pause from when it heard us, which is later than when we spoke."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """One payment as the books know it; `left` is what may still be promised."""

    payment_no: str
    channel: str
    amount: int
    left: int
    paid_at: datetime
    refunds_made: int = 0
    last_refund_at: datetime | None = None
    voidable: bool = False
    """Same clearing day, same unsettled batch, same terminal: `capability.void_open`."""
    surplus: int = 0
    """Fen that earlier cash refunds handed over above what they owed (domain §5.5)."""
    funding: Funding | None = None
    """Where a platform's coupon paid a part of it."""
    room: int = 0
    """Fen beyond `left` that a rounding alone may use: a rehearsal knows what one refund took, and no more."""

    @property
    def owed(self) -> int:
        """Fen that refunds may still ask of it; `left` is what may still be handed over."""
        return self.left + self.surplus


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedLeg:
    """One leg to be; `not_before` is set where the channel wants a pause after the last refund.

    `amount` moves, `rounding` of it is above (or below) what is owed; an amount of 0 was handed over before.
    """

    payment_no: str
    channel: str
    route: Route
    amount: int
    arrives_by: date | None = None
    not_before: datetime | None = None
    rounding: int = 0
    user_amount: int | None = None
    """What of it the customer gets, where a platform's coupon paid a part; None: all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The legs, and the reasons that policy must weigh (hand them to `policy.decide` as `more`)."""

    legs: tuple[PlannedLeg, ...] = ()
    reasons: tuple[Reason, ...] = ()


def split(
    total: int, paid: Sequence[Paid], *, tender_split: str, order: Sequence[str] = DEFAULT_ORDER
) -> list[int]:
    """Fen per payment, in the order of `paid`, each within what is left (domain §5.4).

    Raises Refusal over_refund when `total` is more than is left in all.
    """
    left = [each.owed for each in paid]
    if total > sum(left):
        raise Refusal("over_refund", total=total, left=sum(left))
    if total <= 0:
        return [0] * len(left)
    if tender_split == "PROPORTIONAL":
        # by what remains, not by what was paid: caps hold and the last refund clears everything
        return money.share(total, left)
    if tender_split == "WATERFALL":
        return _pour(total, paid, order)
    raise ValueError(f"no such split: {tender_split}")


def _pour(total: int, paid: Sequence[Paid], order: Sequence[str]) -> list[int]:
    """Each payment up to its rest, in the order given; payments of equal rank in the order of payment."""
    amounts = [0] * len(paid)
    for index in sorted(range(len(paid)), key=lambda i: _rank(paid[i].channel, order)):
        amounts[index] = min(total, paid[index].owed)
        total -= amounts[index]
    return amounts


def _rank(channel: str, order: Sequence[str]) -> int:
    group = channel if channel in INTERNAL else "external"
    for name in (channel, group):
        if name in order:
            return list(order).index(name)
    return len(order)


def plan(
    total: int,
    paid: Sequence[Paid],
    rules: Rules,
    *,
    at: datetime,
    route: str = "original",
    legs: Mapping[str, int] | None = None,
    days: WorkingDays = WEEKENDS,
    carry: int = 0,
) -> Plan:
    """Legs that add up to `total`, by `route` (original, cash, transfer), or as `legs` (payment_no → fen).

    Up to `carry` fen do not go back but pay for what goes out instead, of each payment its share (domain §1.1 换货).

    Raises Refusal over_refund, unknown_payment, leg_over_tender, legs_do_not_add_up; Invalid unknown_route.
    """
    if route not in ROUTES:
        raise Invalid("unknown_route", errors=[FieldError(("route",), "unknown_route")], route=route)
    amounts = split(total, paid, tender_split=rules.tender_split, order=rules.waterfall_order)
    reasons: list[Reason] = []
    if legs is not None:
        chosen = _chosen(total, paid, legs)
        if chosen != amounts:
            reasons.append(Reason(Weight.NOTE, "legs_chosen", {}))
        amounts = chosen
    kept = money.share(min(carry, total), amounts) if carry and total else [0] * len(amounts)
    planned: list[PlannedLeg] = [
        PlannedLeg(payment_no=payment.payment_no, channel=payment.channel, route=Route.EXCHANGE, amount=part)
        for payment, part in zip(paid, kept, strict=True)
        if part
    ]
    for payment, whole, part in zip(paid, amounts, kept, strict=True):
        amount = whole - part
        if amount > 0:
            leg, why = _leg(payment, amount, rules, at, route, days)
            planned.append(leg)
            reasons.extend(why)
    return Plan(legs=tuple(planned), reasons=tuple(reasons))


def _chosen(total: int, paid: Sequence[Paid], legs: Mapping[str, int]) -> list[int]:
    """The customer may agree to another split, inside each payment's rest (domain §5.4)."""
    known = {each.payment_no: each for each in paid}
    for payment_no, amount in legs.items():
        if payment_no not in known:
            raise Refusal("unknown_payment", payment_no=payment_no)
        if amount < 0:
            raise Invalid("leg_negative", errors=[FieldError(("legs", payment_no), "leg_negative")])
        left = known[payment_no].owed
        if amount > left:
            raise Refusal("leg_over_tender", payment_no=payment_no, amount=amount, left=left)
    if sum(legs.values()) != total:
        raise Refusal("legs_do_not_add_up", total=total, legs=sum(legs.values()))
    return [legs.get(each.payment_no, 0) for each in paid]


def _leg(
    payment: Paid, amount: int, rules: Rules, at: datetime, route: str, days: WorkingDays
) -> tuple[PlannedLeg, list[Reason]]:
    way, reasons = _way(payment, amount, rules, at, route)
    speaks = way in (Route.REFUND, Route.VOID)
    not_before = pause_ends(payment.channel, payment.last_refund_at, rules, at=at) if speaks else None
    if not_before is not None:
        facts = {
            "payment_no": payment.payment_no,
            "channel": payment.channel,
            "not_before": not_before.isoformat(),
        }
        reasons.append(Reason(Weight.NOTE, "wait_between_refunds", facts))
    handed = _handed(payment, amount, way, rules)
    leg = PlannedLeg(
        payment_no=payment.payment_no,
        channel=payment.channel,
        route=way,
        amount=handed,
        rounding=handed - amount,
        arrives_by=arrival.latest(payment.channel, way, rules, at=not_before or at, days=days),
        not_before=not_before,
        user_amount=payment.funding.split(amount).user if payment.funding else None,
    )
    return leg, reasons


def _handed(payment: Paid, amount: int, way: Route, rules: Rules) -> int:
    """What moves for `amount`: cash is rounded as the shop promised, every other way is exact (EX04)."""
    if payment.channel != "cash":
        return amount
    up = way is Route.CASH and rules.cash_refund_rounding == "UP_TO_JIAO"
    most = payment.left + payment.room
    return cash.handed_over(amount, tender_left=most, surplus=payment.surplus, up_to_jiao=up)


def _way(payment: Paid, amount: int, rules: Rules, at: datetime, route: str) -> tuple[Route, list[Reason]]:
    """The route of one leg, and what is to be said about it."""
    facts = {"payment_no": payment.payment_no, "channel": payment.channel}
    if payment.channel not in capability.TABLE:
        return Route.REFUND, [Reason(Weight.DENY, "channel_not_connected", facts)]
    if payment.channel == "cash":
        return _cash_way(facts, route)
    if payment.channel == "transfer" and route != "cash":
        return Route.TRANSFER, []
    if route == "cash":
        # turning a card or a wallet into cash is how cards are cashed out (domain FR17, R-22)
        return Route.CASH, [Reason(Weight.DENY, "cash_for_non_cash", facts)]
    closed = _closed(payment, amount, rules, at)
    if closed is not None:
        return (Route.REFUND if closed.weight is Weight.DENY else Route.TRANSFER), [closed]
    if route == "transfer":
        return Route.TRANSFER, [Reason(Weight.DENY, "other_destination", facts)]
    return (Route.VOID if _undoes(payment, amount) else Route.REFUND), []


def _cash_way(facts: Mapping[str, object], route: str) -> tuple[Route, list[Reason]]:
    if route == "transfer":
        # the way out when the drawer is short: another destination, so two people (domain §8.4, INV-06)
        return Route.TRANSFER, [Reason(Weight.REFER, "transfer_for_cash", facts, DUAL)]
    return Route.CASH, []


def _closed(payment: Paid, amount: int, rules: Rules, at: datetime) -> Reason | None:
    """Why the channel's own way back is shut for this payment, or None (domain F07, R-02)."""
    row = capability.get(payment.channel)
    facts: dict[str, object] = {"payment_no": payment.payment_no, "channel": payment.channel}
    days = rules.windows_days.get(payment.channel, row.window_days)
    if days is not None and at > payment.paid_at + timedelta(days=days):
        return Reason(
            Weight.REFER, "window_closed", facts | {"days": days, "paid_on": _day(payment.paid_at)}, DUAL
        )
    most = rules.partial_refunds_max.get(payment.channel, row.max_partial)
    if most is not None and payment.refunds_made >= most:
        return Reason(Weight.REFER, "too_many_partials", facts | {"most": most}, DUAL)
    if not row.partial and amount != payment.amount:
        return Reason(Weight.DENY, "partial_not_offered", facts | {"amount": payment.amount})
    return None


def _day(when: datetime) -> str:
    """Facts are stored as JSON, so a day is told as text."""
    return when.astimezone(calendar.SHANGHAI).date().isoformat()


def _undoes(payment: Paid, amount: int) -> bool:
    """A void is always the whole payment, and only where the channel has one (domain §2.1)."""
    return (
        payment.voidable
        and payment.refunds_made == 0
        and amount == payment.amount
        and capability.get(payment.channel).void != "none"
    )


def pause_ends(channel: str, last: datetime | None, rules: Rules, *, at: datetime) -> datetime | None:
    """When the channel takes the next refund of one payment whose last one was at `last`; None: now."""
    gap = rules.min_seconds_between_refunds_same_order.get(channel, capability.get(channel).min_gap_seconds)
    if last is None or not gap:
        return None
    ends = last + timedelta(seconds=gap) + PAUSE_SLACK
    return ends if ends > at else None
