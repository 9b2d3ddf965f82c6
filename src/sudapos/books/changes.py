"""What one commit writes about legs: their new states, the moves behind them, journal entries and audit records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from sudapos.core import calendar, journal, lifecycle, tenders
from sudapos.core.lifecycle import Event, LegState
from sudapos.core.outcome import Route
from sudapos.core.rules import Rules

from . import audit, bulk, coupon_returns, ledger, outbox, promises, shops
from .legs import Leg, Move
from .refunds import Refund, message

BY_HAND = (Route.CASH, Route.TRANSFER)
"""Routes on which a person moves the money."""
TOLD = (LegState.ACCEPTED, LegState.SETTLED, LegState.FAILED, LegState.BOUNCED, LegState.IN_DOUBT)
"""What the world hears of a leg."""
LEG_FIELDS = [
    "state", "due_at", "lease_until", "sent", "asked", "first_sent_at", "last_sent_at", "asked_at", "channel_refund_ref",
    "received_account", "paid_amount", "settled_at", "arrives_by", "error_code", "error_message", "confirmed_by", "shift", "leg_no", "route",
    "recheck", "alarm", "replaced",
]  # fmt: skip


@dataclass
class Changes:
    """What one commit will write: moved legs, their moves, journal drafts and audit acts."""

    at: datetime
    moves: list[Move] = field(default_factory=list)
    posted: list[ledger.Posted] = field(default_factory=list)
    acts: list[audit.Act] = field(default_factory=list)
    messages: list[outbox.Draft] = field(default_factory=list)

    def move(self, leg: Leg, event: Event, *, by: str, code: str = "") -> None:
        """Walk one step of the table. Raises IllegalMove."""
        before = LegState(leg.state)
        after = lifecycle.advance(before, event)
        leg.state = after
        self.moves.append(
            Move(leg=leg, event=event, before=before, after=after, at=self.at, by=by, code=code[:64])
        )
        self._book(leg, before, event)
        self._tell_the_world(leg, before, after, code)
        if after is not LegState.SENDING:
            self.acts.append(
                audit.Act(
                    act="leg.set_off" if leg.route == Route.SET_OFF else f"leg.{after}",
                    subject="refund",
                    subject_no=leg.refund.refund_no,
                    by=by,
                    store=leg.refund.store.code,
                    facts={"leg_no": leg.leg_no, "amount": leg.amount, "event": str(event), "code": code},
                )
            )

    def _tell_the_world(self, leg: Leg, before: LegState, after: LegState, code: str) -> None:
        if after not in TOLD or (after is LegState.ACCEPTED and leg.route in BY_HAND):
            return  # cash that lies ready has gone nowhere yet
        if leg.route == Route.SET_OFF:
            return  # nor does what is set off
        refund = leg.refund
        facts: dict[str, object] = {
            "refund_no": refund.refund_no,
            "channel": leg.channel,
            "amount": leg.amount,
        }
        facts["code"] = code
        if leg.user_amount is not None:
            facts["refund_cash_amount"] = leg.to_customer
        self.messages.append(
            outbox.Draft(
                event=f"leg.{after}",
                subject="leg",
                subject_no=leg.leg_no,
                store=refund.store.code,
                facts=facts,
                again="again" if before is LegState.BOUNCED else "",
            )
        )

    def _book(self, leg: Leg, before: LegState, event: Event) -> None:
        number = leg.refund.refund_no
        route = Route(leg.route)
        if event is Event.SETTLE:
            again = leg.moves.filter(after=LegState.BOUNCED).exists() if route is Route.TRANSFER else False
            if leg.channel in tenders.OWN and route is Route.REFUND:
                settled = _to_card(leg)
            elif route is Route.SET_OFF:
                settled = journal.set_off(number, leg.owed, user=leg.user_amount)
            elif _is_transferred_coupon(leg):
                settled = _coupon_by_transfer(leg)
            elif leg.rounding:
                settled = _rounded(leg)
            else:
                settled = journal.refund_settled(number, leg.channel, leg.amount, route=route, bounced=again)
            # cash leaves the drawer that pays, not the one where it was asked for (domain §8.3)
            self.post(leg.refund, settled, till=leg.shift.drawer.code if leg.shift is not None else None)
        elif event is Event.BOUNCE and before is LegState.SETTLED:
            bounced = journal.refund_bounced(number, leg.channel, leg.amount, route=route)
            if _is_transferred_coupon(leg):
                bounced = _coupon_by_transfer(leg).reverse()
            self.post(leg.refund, _rounded(leg).reverse() if leg.rounding else bounced)
        elif event is Event.DROP and not leg.replaced:
            self.post(leg.refund, promises.undone(leg))

    def post(self, refund: Refund, draft: journal.Draft, *, till: str | None = None) -> None:
        """An entry of today, whatever the day on which the refund was asked for; at its till unless another is named."""
        place = refund.till if till is None else till
        self.posted.append(ledger.Posted(draft, self.today, refund.store.code, place))

    def tell(self, leg: Leg, act: str, *, by: str, **facts: str) -> None:
        """An audit record about a leg that is not a move."""
        self.acts.append(
            audit.Act(
                act=act,
                subject="refund",
                subject_no=leg.refund.refund_no,
                by=by,
                store=leg.refund.store.code,
                facts={"leg_no": leg.leg_no, **facts},
            )
        )

    @cached_property
    def rules(self) -> Rules:
        """The merchant's rules of this moment, read once and only if they are needed."""
        return shops.rules_of(shops.merchant())

    @cached_property
    def today(self) -> date:
        return calendar.business_date(self.at, cutover=self.rules.business_day_cutover)

    def write(self, legs: Sequence[Leg]) -> None:
        """One statement per kind of row."""
        bulk.update(legs, LEG_FIELDS)
        Move.objects.bulk_create(self.moves)
        ledger.post(self.posted, at=self.at)
        done = self._done()
        coupons = coupon_returns.give_back(done, at=self.at)
        ended = [message("refund.done", refund) for refund in done]
        outbox.write([*self.messages, *ended, *coupons.messages], at=self.at)
        audit.write([*self.acts, *coupons.acts], at=self.at)

    def _done(self) -> list[Refund]:
        """Refunds whose last money has just come back."""
        settled = {
            move.leg.refund_id: move.leg.refund for move in self.moves if move.after == LegState.SETTLED
        }
        if not settled:
            return []
        if any(move.leg.route == Route.SET_OFF for move in self.moves):
            # a refund of which nothing was paid has not come to its end: it came to nothing
            paid = Leg.objects.filter(refund_id__in=settled, state=LegState.SETTLED)
            own = set(paid.exclude(route=Route.SET_OFF).values_list("refund_id", flat=True))
            settled = {number: refund for number, refund in settled.items() if number in own}
        ended = (LegState.SETTLED, LegState.DROPPED)
        open_still = set(
            Leg.objects.filter(refund_id__in=settled)
            .exclude(state__in=ended)
            .values_list("refund_id", flat=True)
        )
        return [refund for number, refund in settled.items() if number not in open_still]


def _is_transferred_coupon(leg: Leg) -> bool:
    return leg.route == Route.TRANSFER and leg.user_amount is not None and leg.user_amount < leg.amount


def _coupon_by_transfer(leg: Leg) -> journal.Draft:
    """From our own bank goes what the customer paid; the platform's part of the order is nobody's to give back."""
    assert leg.user_amount is not None
    return journal.coupon_by_transfer(leg.refund.refund_no, leg.amount, user=leg.user_amount)


def _rounded(leg: Leg) -> journal.Draft:
    """Cash in whole jiao leaves the drawer; where the customer agreed to a transfer instead, the bank (J20)."""
    source = "transfer" if leg.route == Route.TRANSFER else "cash"
    return journal.cash_rounded(leg.refund.refund_no, owed=leg.owed, paid=leg.amount, source=source)


def _to_card(leg: Leg) -> journal.Draft:
    """In the buckets of the card's own move, which was written just before."""
    move, refund = leg.card_move, leg.refund
    return journal.card_refunded(
        refund.refund_no,
        principal=move.principal,
        bonus=move.bonus,
        tax=move.tax,
        goodwill=refund.is_goodwill,
    )
