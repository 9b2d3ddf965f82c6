"""What people do to a leg: confirm that money was handed over, try again under a new number, give it up."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from sudapos.core import lifecycle, masking
from sudapos.core.authority import Act
from sudapos.core.lifecycle import OPEN_STATES, Event, LegState
from sudapos.core.outcome import Route, Verb
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal

from . import drawers, overdue, points_back, reissues, shops, staff
from .changes import BY_HAND, Changes
from .legs import Attempt, Leg, Move
from .moves import HASTEN_GAP, accept_by_hand
from .refunds import Refund
from .sales import Payment
from .staff import Operator


def locked(leg_no: str) -> Leg:
    """The refund first, then its leg: all that people do to one refund happens one after the other."""
    refund = Refund.objects.select_for_update(no_key=True).filter(legs__leg_no=leg_no).first()
    leg = (
        Leg.objects.select_for_update(of=("self",))
        .select_related("payment", "account", "refund__store", "refund__operator")
        .defer("account__config")
        .filter(leg_no=leg_no)
        .first()
    )
    if refund is None or leg is None:
        raise NotFound("leg_not_found", leg_no=leg_no)
    return leg


def confirm(leg_no: str, *, operator: Operator, reference: str = "", till: str = "", at: datetime) -> Leg:
    """Cash was handed over, or a bank transfer was made. Confirming twice changes nothing.

    `till` is the drawer that pays, the refund's own where none is named. Raises NotFound, Forbidden, Refusal
    leg_not_by_hand, drawer_closed or drawer_short, Conflict illegal_move.
    """
    try:
        return _confirm(leg_no, operator=operator, reference=reference, till=till, at=at)
    except Refusal as refusal:
        if refusal.code == "drawer_short":
            short = Leg.objects.select_related("refund__store").get(leg_no=leg_no)
            drawers.tell_short(short, refusal, at=at)
        raise


@transaction.atomic
def _confirm(leg_no: str, *, operator: Operator, reference: str, till: str, at: datetime) -> Leg:
    shops.require_open()
    leg = locked(leg_no)
    if leg.route not in BY_HAND:
        raise Refusal("leg_not_by_hand", leg_no=leg_no, channel=leg.channel)
    staff.require(operator, Act.PAY_CASH if leg.route == Route.CASH else Act.MAKE_TRANSFER)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.state == LegState.SETTLED:
        return leg
    if leg.route == Route.TRANSFER and not reference.strip():
        raise Refusal("transfer_reference_needed", leg_no=leg_no)
    _refuse_alarmed(leg)
    if leg.moves.filter(event=Event.RETRY, by=operator.code).exists():
        # money to another account than it came from: who decided it does not send it (domain F04, INV-06)
        raise Forbidden("maker_is_checker", operator=operator.code)
    if overdue.left_behind(leg):
        # the customer has gone: never into the hands of whoever asked for it (domain F22)
        _second_person(leg, operator, Act.PAY_CASH)
        if not reference.strip():
            raise Refusal("left_cash_needs_proof", leg_no=leg_no)
        reference = masking.scan(reference)
    changes = Changes(at)
    if leg.route == Route.CASH:
        leg.shift = drawers.pay(leg, operator=operator, till=till, rules=changes.rules)
    _move(leg, Event.SETTLE, changes, by=operator.code)
    leg.paid_amount, leg.settled_at, leg.confirmed_by = leg.to_customer, at, operator.code
    leg.channel_refund_ref = reference.strip()[:64]
    changes.write([leg])
    return leg


@transaction.atomic
def retry(leg_no: str, *, operator: Operator, note: str = "", route: str = "", at: datetime) -> Leg:
    """Send a failed leg again under a new number; never by the person who made the refund.

    A void that came too late goes by `route` "refund" when somebody at the till agrees to it; it is the same money to
    the same account, so the maker may (domain §2.1: explained and offered, never turned into one silently).
    Only a confirmed "no" gets a new number over the same channel (domain §2.3). What bounced goes by `route`
    "transfer" or "cash" only: the channel may still pay the old number, so the same way twice could pay twice (domain
    F04). Cash needs evidence in the note, stays below the manager's limit, and is paid out by somebody else.
    Raises NotFound, Forbidden, Refusal bounced_needs_transfer, correction_open, evidence_needed, coupon_not_by_cash or bounced_cash_limit, Conflict
    illegal_move or leg_alarmed.
    """
    shops.require_open()
    leg = locked(leg_no)
    match route:
        case Route.REFUND:
            staff.require(operator, Act.MAKE_REFUND)
        case Route.TRANSFER | Route.CASH:
            _second_person(leg, operator, Act.APPROVE_TRANSFER)
        case _:
            _second_person(leg, operator, Act.RETRY_LEG)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    _check_route(leg, route)
    if leg.state == LegState.BOUNCED and reissues.under_way(leg):
        # two ways at once would pay twice
        raise Conflict("reissue_under_way", leg_no=leg_no)
    if leg.state == LegState.BOUNCED:
        reissues.refuse_corrected(leg)
    _refuse_alarmed(leg)
    changes = Changes(at)
    if route == Route.CASH:
        _check_cash(leg, note, changes)
    _move(leg, Event.RETRY, changes, by=operator.code, code=note)
    leg.leg_no = next_number(leg)
    leg.sent, leg.asked = leg.sent + leg.asked, 0  # attempts count on: the number is new, the leg is not
    leg.first_sent_at = leg.last_sent_at = leg.asked_at = leg.lease_until = None
    leg.channel_refund_ref = leg.received_account = leg.error_code = leg.error_message = ""
    leg.paid_amount = leg.settled_at = None
    leg.recheck, leg.due_at = False, at
    leg.route = route or leg.route
    if leg.route in BY_HAND:
        accept_by_hand([leg], changes)
    changes.write([leg])
    return leg


@transaction.atomic
def pay_by_transfer(leg_no: str, *, operator: Operator, consent: str, at: datetime) -> Leg:
    """Cash that a drawer has not got goes to the customer's bank, because she agreed; her consent is kept with the leg.

    Another destination: a second person decides, and a third one makes the transfer (domain §8.4, INV-06). Raises
    NotFound, Forbidden, Refusal consent_needed, Conflict illegal_move.
    """
    shops.require_open()
    leg = locked(leg_no)
    _second_person(leg, operator, Act.APPROVE_TRANSFER)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.route != Route.CASH or leg.state != LegState.ACCEPTED:
        raise Conflict("illegal_move", state=leg.state, act="transfer")
    if not consent.strip():
        raise Refusal("consent_needed", leg_no=leg_no)
    changes = Changes(at)
    _move(leg, Event.REFUSE, changes, by=operator.code, code="drawer_short")
    _move(leg, Event.RETRY, changes, by=operator.code, code=masking.scan(consent.strip()))
    leg.leg_no, leg.route, leg.due_at = next_number(leg), Route.TRANSFER, at
    changes.tell(leg, "leg.consented", by=operator.code, note=masking.scan(consent.strip())[:200])
    accept_by_hand([leg], changes)
    changes.write([leg])
    return leg


def _check_cash(leg: Leg, note: str, changes: Changes) -> None:
    """Notes for money that came over a channel: only because the bank sent it back, and never much (domain R-02, R-22)."""
    if not note.strip():
        raise Refusal("evidence_needed", leg_no=leg.leg_no)
    if leg.user_amount is not None:
        # what she paid went through a platform that shares it: notes could not be told from its part (domain §5.6)
        raise Refusal("coupon_not_by_cash", leg_no=leg.leg_no)
    limit = changes.rules.cash_payout_fen["manager"]
    if leg.amount > limit:
        raise Refusal("bounced_cash_limit", amount=leg.amount, limit=limit)


def _check_route(leg: Leg, route: str) -> None:
    if route not in ("", Route.TRANSFER, Route.REFUND, Route.CASH):
        raise Invalid("unknown_route", errors=[FieldError(("route",), "unknown_route")], route=route)
    if leg.state == LegState.BOUNCED and route not in (Route.TRANSFER, Route.CASH):
        raise Refusal("bounced_needs_transfer", leg_no=leg.leg_no)
    if leg.route == Route.VOID and leg.state == LegState.FAILED and route == "":
        raise Refusal("void_needs_refund", leg_no=leg.leg_no)
    if route == Route.REFUND and leg.route != Route.VOID:
        raise Conflict("illegal_move", state=leg.state, act="retry")
    if route in (Route.TRANSFER, Route.CASH) and leg.state != LegState.BOUNCED:
        # a plain "no" is answered by another try, or dropped and refunded anew with the checks of a new refund
        raise Conflict("illegal_move", state=leg.state, act=route)


def next_number(leg: Leg) -> str:
    """A number that no leg and no attempt of this refund ever had; the refund is locked, so two never take one.

    Under the tag of now: books from a backup do not know which numbers the lost days took under the tag before.
    """
    stem = f"{leg.refund.refund_no}{shops.merchant().tag}"
    legs = Leg.objects.filter(refund_id=leg.refund_id).values_list("leg_no", flat=True)
    spoken = Attempt.objects.filter(leg__refund_id=leg.refund_id).values_list("leg_no", flat=True).distinct()
    moved = Move.objects.filter(leg__refund_id=leg.refund_id, event=Event.RETRY).count()
    numbers = [int(number.rpartition("L")[2]) for number in {*legs, *spoken}]
    return f"{stem}L{max(*numbers, len(legs) + moved - 1) + 1}"


@transaction.atomic
def drop(leg_no: str, *, operator: Operator, note: str = "", at: datetime) -> Leg:
    """Give a leg up that certainly moved no money: failed, not yet sent, or money that nobody has handed over.

    The promise is undone: the amount may be refunded again (J05e). Cash that waits is dropped by a second person,
    a transfer by finance with a note. Raises NotFound, Forbidden, Refusal note_needed, Conflict illegal_move,
    bounced_stays_owed or leg_alarmed.
    """
    shops.require_open()
    leg = locked(leg_no)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    check_drop(leg, operator=operator, note=note)
    changes = Changes(at)
    if _waits_by_hand(leg):
        _move(leg, Event.REFUSE, changes, by=operator.code, code="not_paid_out")
    _move(leg, Event.DROP, changes, by=operator.code, code=note)
    leg.error_message = note[:200]
    Payment.objects.filter(pk=leg.payment_id).update(promised=F("promised") - leg.amount)
    given_up = {
        "undone": leg.owed,
        "undone_tax": leg.tax,
        "undone_fee": leg.fee,
        "undone_fee_tax": leg.fee_tax,
    }
    Refund.objects.filter(pk=leg.refund_id).update(**{name: F(name) + fen for name, fen in given_up.items()})
    points_back.settle([leg.refund_id], changes)
    changes.write([leg])
    return leg


def check_drop(leg: Leg, *, operator: Operator, note: str = "") -> None:
    """Whether `drop` would do it now. Changes nothing, raises as `drop` does."""
    _may_drop(leg, operator, note, by_hand=_waits_by_hand(leg))
    _refuse_alarmed(leg)
    if leg.moves.filter(after=LegState.BOUNCED).exists():
        # the money left and came back, or waits between accounts: the customer is still owed (domain F04)
        raise Conflict("bounced_stays_owed", leg_no=leg.leg_no)
    if leg.state == LegState.READY and not never_heard(leg):
        # it was sent and came back "certainly not done", but an earlier send of this number may be on its way
        raise Conflict("illegal_move", state=leg.state, act="drop")


def _waits_by_hand(leg: Leg) -> bool:
    return leg.route in BY_HAND and leg.state == LegState.ACCEPTED


def _may_drop(leg: Leg, operator: Operator, note: str, *, by_hand: bool) -> None:
    if leg.state == LegState.READY and leg.last_sent_at is None:
        staff.require(operator, Act.DROP_LEG if operator.may(Act.DROP_LEG) else Act.APPROVE)
    elif by_hand and leg.route == Route.CASH:
        # the drawer may be short by this money already: never the word of its maker alone
        _second_person(leg, operator, Act.DROP_LEG if operator.may(Act.DROP_LEG) else Act.APPROVE)
    else:
        _second_person(leg, operator, Act.DROP_LEG)
        if by_hand and not note.strip():
            raise Refusal("note_needed", refund_no=leg.refund.refund_no)


def never_heard(leg: Leg) -> bool:
    """Nothing was sent under this number, or every send was put off before the channel did anything."""
    sends = leg.attempts.filter(leg_no=leg.leg_no).exclude(verb=Verb.ASK)
    return not sends.exclude(outcome="deferred").exists()


@transaction.atomic
def close_alarm(leg_no: str, *, operator: Operator, note: str, at: datetime) -> Leg:
    """Finance has looked into money that moved against the books, and says what was done about it.

    Raises NotFound, Forbidden, Refusal note_needed or no_alarm.
    """
    leg = locked(leg_no)
    _second_person(leg, operator, Act.SETTLE_BY_HAND)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if not note.strip():
        raise Refusal("note_needed", refund_no=leg.refund.refund_no)
    if not leg.alarm:
        raise Refusal("no_alarm", leg_no=leg_no)
    changes = Changes(at)
    changes.tell(leg, "leg.alarm_closed", by=operator.code, alarm=leg.alarm, note=note.strip()[:200])
    leg.alarm = ""
    changes.write([leg])
    return leg


@transaction.atomic
def ask(leg_no: str, *, operator: Operator, at: datetime) -> Leg:
    """Have the channel asked now instead of at its next turn, also about a leg that came to its end; the answer comes through the same door as every other.

    Raises NotFound, Forbidden, Refusal leg_not_asked_about.
    """
    leg = locked(leg_no)
    staff.require(operator, Act.LOOK_UP)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.route in BY_HAND or leg.last_sent_at is None or leg.state in (LegState.READY, LegState.SENDING):
        raise Refusal("leg_not_asked_about", leg_no=leg_no, state=leg.state)
    leg.due_at = max(at, leg.asked_at + HASTEN_GAP) if leg.asked_at else at
    leg.recheck = leg.recheck or leg.state not in OPEN_STATES
    changes = Changes(at)
    changes.tell(leg, "leg.asked_for", by=operator.code)
    changes.write([leg])
    return leg


@transaction.atomic
def hurry(leg_no: str, *, operator: Operator, at: datetime) -> Leg:
    """Send what the channel put off again now, under its own number: the account was topped up, or mended.

    Raises NotFound, Forbidden, Conflict illegal_move or leg_alarmed.
    """
    leg = locked(leg_no)
    staff.require(operator, Act.RETRY_LEG)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    _refuse_alarmed(leg)
    if leg.state != LegState.READY or not leg.error_code:
        raise Conflict("illegal_move", state=leg.state, act="send")
    leg.due_at = min(leg.due_at, at)
    changes = Changes(at)
    changes.tell(leg, "leg.hurried", by=operator.code)
    changes.write([leg])
    return leg


def _refuse_alarmed(leg: Leg) -> None:
    if leg.alarm:
        raise Conflict("leg_alarmed", leg_no=leg.leg_no, alarm=leg.alarm)
    # what came back and is owed by this leg now may have been paid by its channel after all
    before = leg.refund.legs.filter(replaced=True, payment_id=leg.payment_id).exclude(alarm="").first()
    if before is not None:
        raise Conflict("leg_alarmed", leg_no=before.leg_no, alarm=before.alarm)


def _second_person(leg: Leg, operator: Operator, act: Act) -> None:
    staff.require(operator, act)
    if leg.refund.operator_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)


def _move(leg: Leg, event: Event, changes: Changes, *, by: str, code: str = "") -> None:
    try:
        changes.move(leg, event, by=by, code=code)
    except lifecycle.IllegalMove as error:
        raise Conflict("illegal_move", state=error.state, act=error.event) from error
