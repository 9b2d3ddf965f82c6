"""What people do to a leg: confirm that money was handed over, try again under a new number, give it up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from sudapos.core import lifecycle
from sudapos.core.authority import Act
from sudapos.core.lifecycle import Event, LegState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal

from . import audit, staff
from .legs import Leg
from .moves import BY_HAND, HASTEN_GAP, Changes
from .refunds import Refund
from .sales import Payment
from .staff import Operator


def _lock(leg_no: str) -> Leg:
    leg = (
        Leg.objects.select_for_update(of=("self",))
        .select_related("payment", "account", "refund__store", "refund__operator")
        .filter(leg_no=leg_no)
        .first()
    )
    if leg is None:
        raise NotFound("leg_not_found", leg_no=leg_no)
    return leg


@transaction.atomic
def confirm(leg_no: str, *, operator: Operator, reference: str = "", at: datetime) -> Leg:
    """Cash was handed over, or a bank transfer was made. Confirming twice changes nothing.

    Raises NotFound, Forbidden, Refusal leg_not_by_hand, Conflict illegal_move.
    """
    leg = _lock(leg_no)
    if leg.route not in BY_HAND:
        raise Refusal("leg_not_by_hand", leg_no=leg_no, channel=leg.channel)
    staff.require(operator, Act.PAY_CASH if leg.route == Route.CASH else Act.MAKE_TRANSFER)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.state == LegState.SETTLED:
        return leg
    if leg.route == Route.TRANSFER and not reference.strip():
        raise Refusal("transfer_reference_needed", leg_no=leg_no)
    changes = Changes(at)
    _move(leg, Event.SETTLE, changes, by=operator.code)
    leg.paid_amount, leg.settled_at, leg.confirmed_by = leg.amount, at, operator.code
    leg.channel_refund_ref = reference.strip()[:64]
    changes.write([leg])
    return leg


@transaction.atomic
def retry(leg_no: str, *, operator: Operator, note: str = "", at: datetime) -> Leg:
    """Send a failed or bounced leg again under a new number; never by the person who made the refund.

    Only a confirmed "no" or a bounce gets a new number (domain §2.3): a leg in doubt keeps its own.
    Raises NotFound, Forbidden, Conflict illegal_move.
    """
    leg = _lock(leg_no)
    _second_person(leg, operator, Act.RETRY_LEG)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    changes = Changes(at)
    _move(leg, Event.RETRY, changes, by=operator.code, code=note)
    stem, _, count = leg.leg_no.rpartition("L")
    leg.leg_no = _free_number(stem, int(count))
    leg.sent, leg.asked = leg.sent + leg.asked, 0  # attempts count on: the number is new, the leg is not
    leg.first_sent_at = leg.last_sent_at = leg.asked_at = leg.lease_until = None
    leg.channel_refund_ref = leg.received_account = leg.error_code = leg.error_message = ""
    leg.paid_amount = leg.settled_at = None
    leg.due_at = at
    changes.write([leg])
    return leg


def _free_number(stem: str, count: int) -> str:
    taken = set(Leg.objects.filter(leg_no__startswith=f"{stem}L").values_list("leg_no", flat=True))
    while f"{stem}L{count}" in taken:
        count += 1
    return f"{stem}L{count}"


@transaction.atomic
def drop(leg_no: str, *, operator: Operator, note: str = "", at: datetime) -> Leg:
    """Give a leg up that certainly moved no money: failed, not yet sent, or cash that was never handed over.

    The promise is undone: the amount may be refunded again (J05e). Raises NotFound, Forbidden, Conflict illegal_move.
    """
    leg = _lock(leg_no)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    waiting_cash = leg.route in BY_HAND and leg.state == LegState.ACCEPTED
    unsent = leg.state == LegState.READY and leg.sent == 0
    if waiting_cash or unsent:
        staff.require(operator, Act.APPROVE if not operator.may(Act.DROP_LEG) else Act.DROP_LEG)
    else:
        _second_person(leg, operator, Act.DROP_LEG)
    if leg.moves.filter(after=LegState.BOUNCED).exists():
        # the money left and came back, or waits between accounts: the customer is still owed (domain F04)
        raise Conflict("bounced_stays_owed", leg_no=leg_no)
    if leg.state == LegState.READY and not unsent:
        # it was sent and came back "certainly not done", but a later resend may be on its way to a worker
        raise Conflict("illegal_move", state=leg.state, act="drop")
    changes = Changes(at)
    if waiting_cash:
        _move(leg, Event.REFUSE, changes, by=operator.code, code="not_paid_out")
    _move(leg, Event.DROP, changes, by=operator.code, code=note)
    leg.error_message = note[:200]
    changes.write([leg])
    Payment.objects.filter(pk=leg.payment_id).update(promised=F("promised") - leg.amount)
    Refund.objects.filter(pk=leg.refund_id).update(undone=F("undone") + leg.amount)
    return leg


@transaction.atomic
def ask(leg_no: str, *, operator: Operator, at: datetime) -> Leg:
    """Have the channel asked now instead of at its next turn; the answer comes through the same door as every other.

    Raises NotFound, Forbidden, Refusal leg_not_asked_about.
    """
    leg = _lock(leg_no)
    staff.require(operator, Act.LOOK_UP)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.route in BY_HAND or leg.state not in (LegState.ACCEPTED, LegState.IN_DOUBT):
        raise Refusal("leg_not_asked_about", leg_no=leg_no, state=leg.state)
    leg.due_at = max(at, leg.asked_at + HASTEN_GAP) if leg.asked_at else at
    leg.save(update_fields=["due_at"])
    asked = audit.Act(
        act="leg.asked_for",
        subject="refund",
        subject_no=leg.refund.refund_no,
        by=operator.code,
        store=leg.refund.store.code,
        facts={"leg_no": leg_no},
    )
    audit.write([asked], at=at)
    return leg


def _second_person(leg: Leg, operator: Operator, act: Act) -> None:
    staff.require(operator, act)
    if leg.refund.operator_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)


def _move(leg: Leg, event: Event, changes: Changes, *, by: str, code: str = "") -> None:
    try:
        changes.move(leg, event, by=by, code=code)
    except lifecycle.IllegalMove as error:
        raise Conflict("illegal_move", state=error.state, act=error.event) from error
