"""A wrong refund is corrected by a new linked record: undone before money left, else collected back or given up (domain F23).

Its entries bear the refund's number, beside those that they correct. What it says is never edited, by trigger; what may
still be refunded of the sale does not grow.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q, Sum

from sudapos.core import corrections as law
from sudapos.core import journal, masking
from sudapos.core.authority import Act
from sudapos.core.corrections import Event, State
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal

from . import audit, decisions, drawers, points_back, remedies, staff
from .changes import Changes
from .legs import Leg
from .refunds import Refund
from .sales import Payment
from .staff import Operator

UNSENT = (LegState.READY, LegState.FAILED)
CERTAIN = (LegState.SETTLED, LegState.DROPPED, LegState.FAILED, LegState.BOUNCED)
AWAY = (LegState.SETTLED, LegState.BOUNCED)
"""She has it, or has a claim to it that we can no longer drop: a correction of it is set off."""
ENDS = (State.UNDONE, State.OPEN)
"""What opening one may do."""
CHANNELS = ("cash", "transfer")


class Correction(models.Model):
    """One correction 更正单 of one refund; amounts in fen."""

    correction_no = models.CharField(max_length=40, unique=True)
    refund = models.ForeignKey(Refund, on_delete=models.PROTECT, related_name="corrections")
    key = models.CharField(max_length=64, unique=True)
    why = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    tax = models.BigIntegerField(default=0)
    set_off = models.BigIntegerField(default=0)
    """How much of it was found in money that bounced."""
    state = models.CharField(max_length=10, choices=[(s.value, s.value) for s in State])
    opened_by = models.CharField(max_length=32)
    opened_at = models.DateTimeField()
    closed_by = models.CharField(max_length=32, blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    channel = models.CharField(max_length=16, blank=True, default="")
    """How it came back: cash, transfer, or set_off."""
    till = models.CharField(max_length=16, blank=True, default="")
    reference = models.CharField(max_length=64, blank=True, default="")
    note = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0, tax__gte=0, tax__lte=models.F("amount")),
                name="correction_is_positive",
            ),
            models.CheckConstraint(
                condition=Q(set_off__gte=0, set_off__lte=models.F("amount")),
                name="set_off_within_correction",
            ),
        ]

    @property
    def left(self) -> int:
        """Fen that the customer owes, or that were given up; nothing of it is set off yet."""
        return self.amount - self.set_off


def find(
    *, state: str = "open", store: str = "", before: int | None = None, limit: int = 50
) -> list[Correction]:
    """Newest first; `state` is one of the states, or all."""
    rows = Correction.objects.select_related("refund__store")
    if state != "all":
        rows = rows.filter(state=state)
    if store:
        rows = rows.filter(refund__store__code=store)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows[:limit])


def get(correction_no: str) -> Correction:
    """Raises NotFound correction_not_found."""
    row = Correction.objects.select_related("refund__store").filter(correction_no=correction_no).first()
    if row is None:
        raise NotFound("correction_not_found", correction_no=correction_no)
    return row


def outlook(refund: Refund, operator: Operator) -> tuple[State, int]:
    """What a correction that she opened now would do, and at most over how much: `undone` takes the whole back before it
    left, `open` asks the customer for it. Changes nothing, and promises nothing that `open` would refuse her.

    Raises Refusal correction_waits, correction_too_much or deposit_not_corrected, and what `remedies.drop` raises.
    """
    legs = list(refund.legs.order_by("id"))
    unsent = _unsent(legs)
    if refund.state == RefundState.AWAITING or unsent:
        for leg in unsent:
            _check_held_back(leg, operator)
        return State.UNDONE, refund.total - refund.undone
    if not all(leg.state in CERTAIN for leg in legs):
        raise Refusal("correction_waits", refund_no=refund.refund_no)
    settled, _, corrected, _ = _sums(refund)
    law.check_amount(1, settled=settled, corrected=corrected)
    return State.OPEN, settled - corrected


def require_opener(refund: Refund, operator: Operator) -> None:
    """Whoever made it, and whoever approves, in her store. Raises Forbidden."""
    staff.require_store(operator, refund.store_id, refund.store.code)
    staff.require(operator, Act.MAKE_REFUND if operator.pk == refund.operator_id else Act.APPROVE)


def _unsent(legs: Sequence[Leg]) -> list[Leg]:
    """The legs to hold back; none where money of another leg has left, or is on its way."""
    if any(leg.state not in (*UNSENT, LegState.DROPPED) for leg in legs):
        return []
    return [leg for leg in legs if leg.state in UNSENT]


def _check_held_back(leg: Leg, operator: Operator) -> None:
    try:
        remedies.check_drop(leg, operator=operator)
    except Conflict as conflict:
        if conflict.code != "illegal_move":
            raise
        # it was sent under this number before: what became of that is not certain yet
        raise Refusal("correction_waits", refund_no=leg.refund.refund_no) from conflict


def open(
    refund_no: str,
    *,
    amount: int,
    why: str,
    operator: Operator,
    at: datetime,
    key: str,
    expected: State | None = None,
) -> Correction:
    """Say that a refund was wrong by so much. One `key` opens one; money that has not left is held back at once.

    Raises NotFound, Forbidden, Refusal note_needed, correction_waits, correction_whole_only, correction_too_much or
    idempotency_key_reused, Conflict correction_changed where it would not do what was `expected`, and as `outlook`.
    """
    told: dict[str, Any] = {
        "amount": amount,
        "why": why,
        "operator": operator,
        "at": at,
        "key": key,
        "expected": expected,
    }
    try:
        return _open(refund_no, **told)
    except IntegrityError:
        # the same key came in twice at once, of two refunds: the first one is there now
        return _open(refund_no, **told)


@transaction.atomic
def _open(
    refund_no: str,
    *,
    amount: int,
    why: str,
    operator: Operator,
    at: datetime,
    key: str,
    expected: State | None,
) -> Correction:
    refund = _locked(refund_no)
    require_opener(refund, operator)
    said = masking.scan(why.strip())[:200]
    if not said:
        raise Refusal("note_needed", refund_no=refund_no)
    earlier = Correction.objects.filter(key=key).first()
    if earlier is not None:
        if (earlier.refund_id, earlier.amount, earlier.why) != (refund.pk, amount, said):
            raise Refusal("idempotency_key_reused", key=key)
        return earlier
    row = Correction(refund=refund, key=key, why=said, amount=amount, opened_by=operator.code, opened_at=at)
    row.correction_no = f"{refund_no}C{refund.corrections.count() + 1}"
    state, _ = outlook(refund, operator)
    if expected not in (None, state):
        # the money moved while she looked: "take it back" must not become a debt of the customer
        raise Conflict("correction_changed", refund_no=refund_no, state=str(state))
    if state is State.UNDONE:
        _hold_back(row, _unsent(list(refund.legs.order_by("id"))), operator, at)
        row.state, row.closed_by, row.closed_at = State.UNDONE, operator.code, at
        row.save()
    else:
        _receivable(row)
        row.save()
        changes, net = Changes(at), amount - row.tax
        number = "J26g" if refund.is_goodwill else "J26a"
        draft = journal.draft(number, refund_no, amount=amount, net=net, tax=row.tax)
        changes.post(refund, draft, till="")
        points_back.settle([refund.pk], changes)
        changes.write([])
    _tell("correction.opened", row, operator, at)
    return row


def _hold_back(row: Correction, legs: Sequence[Leg], operator: Operator, at: datetime) -> None:
    """Take back what has not been sent, the existing way."""
    if row.amount != row.refund.total - row.refund.undone:
        raise Refusal("correction_whole_only", amount=row.amount)
    if row.refund.state == RefundState.AWAITING:
        decisions.withdraw(row.refund.refund_no, operator=operator, note=row.why, at=at)
    # every payment before the first card: a refund that is asked for meanwhile takes them in that order
    paid = Payment.objects.select_for_update(no_key=True).filter(pk__in=[leg.payment_id for leg in legs])
    list(paid.order_by("id"))
    for leg in legs:
        remedies.drop(leg.leg_no, operator=operator, note=row.why, at=at)


def _receivable(row: Correction) -> None:
    """Within what was settled in money and not yet corrected; its tax by running totals."""
    settled, tax, corrected, corrected_tax = _sums(row.refund)
    law.check_amount(row.amount, settled=settled, corrected=corrected)
    row.state = State.OPEN
    if not row.refund.is_goodwill:
        row.tax = law.tax_of(
            row.amount, corrected=corrected, corrected_tax=corrected_tax, settled=settled, tax=tax
        )


def _sums(refund: Refund) -> tuple[int, int, int, int]:
    """Settled in money (it may have bounced since) and the tax in it, corrected so far and the tax in that. Raises Refusal deposit_not_corrected."""
    if refund.is_deposit:
        raise Refusal("deposit_not_corrected", refund_no=refund.refund_no)
    legs = refund.legs.filter(state__in=AWAY).exclude(channel="stored_value").exclude(route=Route.EXCHANGE)
    sums = legs.aggregate(amount=Sum("amount"), rounding=Sum("rounding"), tax=Sum("tax"))
    undone = refund.corrections.exclude(state=State.UNDONE).aggregate(amount=Sum("amount"), tax=Sum("tax"))
    settled = (sums["amount"] or 0) - (sums["rounding"] or 0)
    return settled, sums["tax"] or 0, undone["amount"] or 0, undone["tax"] or 0


@transaction.atomic
def collect(
    correction_no: str, *, channel: str, reference: str = "", till: str = "", operator: Operator, at: datetime
) -> Correction:
    """The customer brought the money back: into a drawer that somebody answers for, or to the bank.

    Cash belongs to the open shift of that till and to whoever answers for it. Raises NotFound, Forbidden, Conflict
    correction_closed, Refusal correction_channel, correction_reference_needed or drawer_closed.
    """
    row = _opened(correction_no, operator)
    if channel not in CHANNELS:
        raise Refusal("correction_channel", channel=channel)
    staff.require(operator, Act.PAY_CASH if channel == "cash" else Act.MAKE_TRANSFER)
    row.state = law.after(State(row.state), Event.COLLECT)
    place = ""
    if channel == "cash":
        place = till or row.refund.till
        drawers.take_in(row.refund.store, place, operator=operator)
    elif not reference.strip():
        raise Refusal("correction_reference_needed", correction_no=correction_no)
    row.channel, row.till, row.reference = channel, place, masking.scan(reference.strip())[:64]
    _close(row, "J26b", operator, at)
    return row


@transaction.atomic
def give_up(correction_no: str, *, note: str, operator: Operator, at: datetime) -> Correction:
    """It will not come back: a loss, said by finance that did not open it (domain §8.2). Raises as `collect`, and note_needed."""
    row = _opened(correction_no, operator)
    staff.require(operator, Act.SETTLE_BY_HAND)
    if row.opened_by == operator.code:
        raise Forbidden("maker_is_checker", operator=operator.code)
    row.state = law.after(State(row.state), Event.GIVE_UP)
    row.note = masking.scan(note.strip())[:200]
    if not row.note:
        raise Refusal("note_needed", refund_no=row.refund.refund_no)
    _close(row, "J26c", operator, at)
    return row


def _close(row: Correction, recipe: str, operator: Operator, at: datetime) -> None:
    row.closed_by, row.closed_at = operator.code, at
    row.save(update_fields=["state", "closed_by", "closed_at", "channel", "till", "reference", "note"])
    changes = Changes(at)
    draft = journal.draft(recipe, row.refund.refund_no, channel=row.channel or "cash", amount=row.left)
    changes.post(row.refund, draft, till=row.till)
    changes.write([])
    _tell(f"correction.{row.state}", row, operator, at)


def _locked(refund_no: str) -> Refund:
    rows = Refund.objects.select_for_update(no_key=True, of=("self",)).select_related("store")
    refund = rows.filter(refund_no=refund_no).first()
    if refund is None:
        raise NotFound("refund_not_found", refund_no=refund_no)
    return refund


def _opened(correction_no: str, operator: Operator) -> Correction:
    """The row, locked, within her store."""
    rows = Correction.objects.select_for_update(of=("self",)).select_related("refund__store")
    row = rows.filter(correction_no=correction_no).first()
    if row is None:
        raise NotFound("correction_not_found", correction_no=correction_no)
    staff.require_store(operator, row.refund.store_id, row.refund.store.code)
    return row


def _tell(act: str, row: Correction, operator: Operator, at: datetime) -> None:
    facts = {
        "correction_no": row.correction_no,
        "amount": row.amount,
        "state": str(row.state),
        "why": row.why,
    }
    if row.set_off:
        facts["set_off"] = row.set_off
    more = {"channel": row.channel, "reference": row.reference, "note": row.note}
    told = audit.Act(
        act=act,
        subject="refund",
        subject_no=row.refund.refund_no,
        by=operator.code,
        store=row.refund.store.code,
        facts=facts | {name: value for name, value in more.items() if value},
    )
    audit.write([told], at=at)
