"""Money of a wrong refund that bounced: what she owes for it is set off against it, and only the rest goes out again (domain F04, F23).

The amount of a leg is never edited, so the one that bounced ends, and others hold its promise: one by route `set_off`,
which pays nothing, and one over the rest, bounced as before. Its own number is still asked about: if its channel pays
it after all, people are alarmed before the rest goes out.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from sudapos.core import corrections as law
from sudapos.core import journal
from sudapos.core.authority import Act
from sudapos.core.corrections import Event, State
from sudapos.core.lifecycle import Event as Step
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, Forbidden

from . import audit, reissues, remedies, shops, staff
from .changes import Changes
from .corrections import Correction
from .legs import Leg
from .staff import Operator

SET_OFF = str(Route.SET_OFF)
CLAIMS = (State.OPEN, State.GIVEN_UP)


def claimed(leg: Leg) -> int:
    """Fen that bounced and would be set off now; nothing where no correction asks for it."""
    if leg.state != LegState.BOUNCED:
        return 0
    return sum(law.set_off(_hers(leg), [row.left for row in _claims(leg)]))


@transaction.atomic
def set_off(leg_no: str, *, amount: int | None = None, operator: Operator, at: datetime) -> Leg:
    """Set what bounced off against the refund's corrections, the oldest first; answers the leg that pays nothing.

    `amount` is what the caller saw. By finance, never by whoever made the refund. Raises NotFound, Forbidden, Conflict
    illegal_move, leg_alarmed, reissue_under_way, nothing_to_set_off or set_off_changed.
    """
    shops.require_open()
    leg = remedies.locked(leg_no)
    staff.require(operator, Act.SETTLE_BY_HAND)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.refund.operator_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)
    _check(leg)
    rows = list(_claims(leg).select_for_update(of=("self",)).order_by("id"))
    parts = law.set_off(_hers(leg), [row.left for row in rows])
    whole = sum(parts)
    if not whole:
        raise Conflict("nothing_to_set_off", leg_no=leg_no)
    if amount is not None and amount != whole:
        raise Conflict("set_off_changed", leg_no=leg_no, amount=whole)
    changes = Changes(at)
    for row, part in zip(rows, parts, strict=True):
        if part:
            _lessen(row, part, leg, changes, operator)
    return _instead(leg, whole, changes, by=operator.code)


def _check(leg: Leg) -> None:
    if leg.state != LegState.BOUNCED:
        raise Conflict("illegal_move", state=leg.state, act="set_off")
    if leg.alarm:
        raise Conflict("leg_alarmed", leg_no=leg.leg_no, alarm=leg.alarm)
    if reissues.under_way(leg):
        raise Conflict("reissue_under_way", leg_no=leg.leg_no)


def _claims(leg: Leg) -> QuerySet[Correction]:
    rows = Correction.objects.filter(refund_id=leg.refund_id, state__in=CLAIMS, set_off__lt=F("amount"))
    return rows.order_by("id")


def _hers(leg: Leg) -> int:
    """What of it is the customer's to be set off: never a platform's coupon, nor the rounding of cash."""
    return leg.owed if leg.user_amount is None else leg.user_amount


def _lessen(row: Correction, part: int, leg: Leg, changes: Changes, operator: Operator) -> None:
    """So much of the claim is met. A loss that was booked for it is taken back first."""
    refund, was = leg.refund, State(row.state)
    if was is State.GIVEN_UP:
        changes.post(refund, journal.draft("J26e", refund.refund_no, amount=part), till="")
    row.set_off += part
    if not row.left:
        row.state = law.after(was, Event.SET_OFF)
        if was is State.OPEN:
            row.closed_by, row.closed_at, row.channel = operator.code, changes.at, "set_off"
    row.save(update_fields=["set_off", "state", "closed_by", "closed_at", "channel"])
    changes.acts.append(
        audit.Act(
            act="correction.set_off",
            subject="refund",
            subject_no=refund.refund_no,
            by=operator.code,
            store=refund.store.code,
            facts={
                "correction_no": row.correction_no,
                "leg_no": leg.leg_no,
                "amount": part,
                "left": row.left,
                "given_up": was is State.GIVEN_UP,
            },
        )
    )


def _instead(leg: Leg, part: int, changes: Changes, *, by: str) -> Leg:
    """Legs in place of one that bounced: one over what is set off, and one over the rest, which waits for people."""
    is_whole = part == _hers(leg)
    gone = _leg(leg, leg.amount if is_whole else part, changes.at)
    gone.route, legs = Route.SET_OFF, [leg, gone]
    if is_whole:
        gone.tax, gone.fee, gone.fee_tax, gone.rounding = leg.tax, leg.fee, leg.fee_tax, leg.rounding
        gone.user_amount = leg.user_amount
    else:
        gone.tax = (2 * leg.tax * part + leg.owed) // (2 * leg.owed)
    gone.save()
    if not is_whole:
        rest = _leg(leg, leg.amount - part, changes.at)
        rest.tax, rest.fee, rest.fee_tax, rest.rounding = (
            leg.tax - gone.tax,
            leg.fee,
            leg.fee_tax,
            leg.rounding,
        )
        rest.user_amount = None if leg.user_amount is None else leg.user_amount - part
        rest.error_code, rest.error_message = leg.error_code, leg.error_message
        rest.save()
        changes.move(rest, Step.BOUNCE, by=by, code=SET_OFF)
        legs.append(rest)
    changes.move(leg, Step.RETRY, by=by, code=SET_OFF)
    leg.replaced = True
    changes.move(leg, Step.DROP, by=by, code=SET_OFF)
    changes.move(gone, Step.SETTLE, by=by, code=SET_OFF)
    changes.write(legs)
    return gone


def _leg(leg: Leg, amount: int, at: datetime) -> Leg:
    """Over a part of the same payment, of the same day; never spoken of to the channel, which knows the old one only."""
    return Leg(
        leg_no=remedies.next_number(leg),
        refund=leg.refund,
        payment=leg.payment,
        channel=leg.channel,
        route=Route.TRANSFER,
        amount=amount,
        due_at=at,
        created_at=leg.created_at,
    )
