"""What should have reached the customer by now: opened by a pass over the books, told once, closed with evidence.

Three kinds: `arrival` (a channel accepted a refund and its day is over), `refund` (the law's day for the whole refund
is over), `cash` (the customer left before she took her money). Closing one says what came of it; it never settles a leg.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from sudapos.core import calendar, capability, masking
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, FieldError, Forbidden, Invalid, NotFound, Refusal

from . import audit, outbox, staff
from .changes import BY_HAND
from .legs import Leg
from .refunds import Refund
from .staff import Operator

ARRIVAL, REFUND, CASH = "arrival", "refund", "cash"
KINDS = (ARRIVAL, REFUND, CASH)
HOW = ("arrived", "channel_proof", "agreed", "given_up")
"""What people may say came of it; `settled` is said by the books themselves."""
SETTLED = "settled"
FOLLOW_UP = timedelta(days=30)
"""So long is a customer called who left without her cash; then the item is late (domain F22)."""
AT_MOST = 500
"""Items that one pass opens of each kind; the next pass finds the rest."""
_EVENTS = {ARRIVAL: "leg.overdue", REFUND: "refund.overdue", CASH: "cash.left"}


class Overdue(models.Model):
    """One thing that is late. `due_on` is the day that passed, or the one on which following up ends."""

    kind = models.CharField(max_length=8)
    refund = models.ForeignKey("books.Refund", on_delete=models.PROTECT, related_name="overdue")
    leg = models.ForeignKey("books.Leg", null=True, on_delete=models.PROTECT, related_name="overdue")
    due_on = models.DateField()
    opened_at = models.DateTimeField()
    late_at = models.DateTimeField(null=True)
    """When its second day passed: deliberate delay, or nobody came for thirty days."""
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=32, blank=True, default="")
    how = models.CharField(max_length=16, blank=True, default="")
    evidence = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["due_on"], name="overdue_open", condition=Q(closed_at=None))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "refund", "leg", "due_on"], name="overdue_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(closed_at=None) | ~Q(how=""), name="overdue_ends_somehow"),
        ]

    @property
    def amount(self) -> int:
        """Fen that the customer waits for."""
        return self.leg.amount if self.leg is not None else self.refund.total - self.refund.undone


@dataclass(frozen=True, slots=True)
class Swept:
    """What one pass did."""

    asked: int
    opened: int
    closed: int


@transaction.atomic
def sweep(*, at: datetime) -> Swept:
    """One pass: close what has arrived, ask about what has not, open what is late. Safe to repeat; one at a time."""
    today = at.astimezone(calendar.SHANGHAI).date()
    closed = _close_settled(at)
    asked, late = _arrivals(today, at)
    opened = _open(late, at=at)
    opened += _open(_cash(today, at), at=at)
    opened += _open(_refunds(today), at=at)
    _escalate(today, at)
    return Swept(asked, opened, closed)


def _close_settled(at: datetime) -> int:
    rows = Overdue.objects.filter(closed_at=None)
    over = (LegState.SETTLED, LegState.DROPPED)
    moved = Q(kind=ARRIVAL) & ~Q(leg__state__in=[LegState.ACCEPTED, LegState.IN_DOUBT])
    done = Q(kind=CASH, leg__state__in=over) | moved
    waiting = Exists(Leg.objects.filter(refund=OuterRef("refund")).exclude(state__in=over))
    whole = Q(kind=REFUND) & ~Q(refund__state=RefundState.AWAITING) & ~waiting
    ids = list(rows.filter(done | whole).values_list("pk", flat=True))
    return Overdue.objects.filter(pk__in=ids).update(closed_at=at, closed_by="system", how=SETTLED)


def _arrivals(today: date, at: datetime) -> tuple[int, list[Overdue]]:
    """Channels are asked once more after the day is over; who still has not finished is late."""
    known = Overdue.objects.filter(kind=ARRIVAL, leg=OuterRef("pk"), due_on=OuterRef("arrives_by"))
    legs = (
        Leg.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("refund__store")
        .filter(state=LegState.ACCEPTED, account__isnull=False, arrives_by__lt=today, lease_until=None)
        .exclude(route__in=BY_HAND)
        .exclude(Exists(known))
        .order_by("id")[:AT_MOST]
    )
    ask, late = [], []
    for leg in legs:
        assert leg.arrives_by is not None
        since = calendar.midnight(leg.arrives_by + timedelta(days=1))
        if capability.get(leg.channel).askable and (leg.asked_at is None or leg.asked_at < since):
            ask.append(leg.pk)
        else:
            late.append(Overdue(kind=ARRIVAL, refund=leg.refund, leg=leg, due_on=leg.arrives_by))
    return Leg.objects.filter(pk__in=ask, due_at__gt=at).update(due_at=at), late


def _cash(today: date, at: datetime) -> list[Overdue]:
    """Cash of an earlier day that nobody took: its customer has left (domain F22)."""
    legs = _left(Leg.objects.filter(created_at__lt=calendar.day_began(at)))
    return [_left_behind(leg, today) for leg in legs[:AT_MOST]]


def _left(legs: QuerySet[Leg]) -> QuerySet[Leg]:
    rows = legs.filter(state=LegState.ACCEPTED, route=Route.CASH).select_related("refund__store")
    return rows.exclude(Exists(Overdue.objects.filter(kind=CASH, leg=OuterRef("pk")))).order_by("id")


def _left_behind(leg: Leg, today: date) -> Overdue:
    return Overdue(kind=CASH, refund=leg.refund, leg=leg, due_on=today + FOLLOW_UP)


def _refunds(today: date) -> list[Overdue]:
    """Refunds past the law's day; cash that its customer left behind is no delay of ours."""
    left = Overdue.objects.filter(kind=CASH, leg=OuterRef("pk"), closed_at=None)
    owed = Leg.objects.filter(refund=OuterRef("pk")).exclude(state__in=[LegState.SETTLED, LegState.DROPPED])
    open_still = Q(state=RefundState.AWAITING) | Q(state=RefundState.APPROVED) & Exists(
        owed.exclude(Exists(left))
    )
    rows = (
        Refund.objects.select_related("store")
        .filter(open_still, due_on__lt=today)
        .exclude(Exists(Overdue.objects.filter(kind=REFUND, refund=OuterRef("pk"))))
        .order_by("id")[:AT_MOST]
    )
    return [Overdue(kind=REFUND, refund=row, due_on=row.due_on) for row in rows if row.due_on]


def _open(drafts: Sequence[Overdue], *, at: datetime, by: str = "system") -> int:
    for row in drafts:
        row.opened_at = at
    Overdue.objects.bulk_create(drafts, ignore_conflicts=True)
    _tell(drafts, at=at)
    audit.write([_act("overdue.opened", row, by) for row in drafts], at=at)
    return len(drafts)


def _escalate(today: date, at: datetime) -> None:
    """Past the second day: the refund's hard one, or the end of following up."""
    rows = Overdue.objects.filter(closed_at=None, late_at=None).select_related("refund__store", "leg")
    hard = Q(kind=REFUND, refund__hard_due_on__lt=today)
    late = list(rows.filter(hard | Q(kind=CASH, due_on__lt=today)).order_by("id")[:AT_MOST])
    Overdue.objects.filter(pk__in=[row.pk for row in late]).update(late_at=at)
    _tell([row for row in late if row.kind == REFUND], at=at, again="late")


def _tell(rows: Iterable[Overdue], *, at: datetime, again: str = "") -> None:
    drafts = [
        outbox.Draft(
            event=_EVENTS[row.kind],
            subject="leg" if row.leg is not None else "refund",
            subject_no=row.leg.leg_no if row.leg is not None else row.refund.refund_no,
            store=row.refund.store.code,
            facts={
                "refund_no": row.refund.refund_no,
                "channel": row.leg.channel if row.leg is not None else "",
                "amount": row.amount,
                "due_on": row.due_on.isoformat(),
            },
            again=again or (row.due_on.isoformat() if row.kind == ARRIVAL else ""),
        )
        for row in rows
    ]
    outbox.write(drafts, at=at)


def _act(name: str, row: Overdue, by: str, **facts: str) -> audit.Act:
    leg_no = {"leg_no": row.leg.leg_no} if row.leg is not None else {}
    told = {"kind": row.kind, "due_on": row.due_on.isoformat(), "amount": row.amount}
    return audit.Act(
        act=name,
        subject="refund",
        subject_no=row.refund.refund_no,
        by=by,
        store=row.refund.store.code,
        facts={**told, **leg_no, **facts},
    )


@transaction.atomic
def leave(leg_no: str, *, operator: Operator, at: datetime) -> Overdue:
    """The customer left before she took her cash: it stays owed, and from now on nobody pays it out alone.

    Saying it twice changes nothing. Raises NotFound, Forbidden, Conflict illegal_move.
    """
    leg = (
        Leg.objects.select_for_update(of=("self",))
        .select_related("refund__store")
        .filter(leg_no=leg_no)
        .first()
    )
    if leg is None:
        raise NotFound("leg_not_found", leg_no=leg_no)
    staff.require(operator, Act.PAY_CASH)
    staff.require_store(operator, leg.refund.store_id, leg.refund.store.code)
    if leg.route != Route.CASH or leg.state != LegState.ACCEPTED:
        raise Conflict("illegal_move", state=leg.state, act="leave")
    known = Overdue.objects.filter(kind=CASH, leg=leg).first()
    if known is None:
        known = _left_behind(leg, at.astimezone(calendar.SHANGHAI).date())
        _open([known], at=at, by=operator.code)
        known = Overdue.objects.get(kind=CASH, leg=leg)
    return known


def left_behind(leg: Leg) -> bool:
    """Whether this cash waits for a customer who has gone."""
    return leg.route == Route.CASH and Overdue.objects.filter(kind=CASH, leg=leg, closed_at=None).exists()


def of(*, state: str, kind: str, store: str, before: int | None, limit: int) -> list[Overdue]:
    """Newest first; `state` is open, closed or all."""
    rows = Overdue.objects.select_related("refund__store", "refund__sale", "leg")
    if state in ("open", "closed"):
        rows = rows.filter(closed_at__isnull=state == "open")
    for name, value in (("kind", kind), ("refund__store__code", store)):
        if value:
            rows = rows.filter(**{name: value})
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by(F("pk").desc())[:limit])


@transaction.atomic
def close(number: int, *, operator: Operator, how: str, evidence: str, at: datetime) -> Overdue:
    """Say what came of it, and what proves it. Nobody closes what belongs to her own refund.

    The leg stays as it is: only the channel, its statement or a payment by hand settles it. Raises NotFound,
    Forbidden, Invalid unknown_how, Refusal evidence_needed, Conflict overdue_closed.
    """
    staff.require(operator, Act.SETTLE_BY_HAND)
    row = (
        Overdue.objects.select_for_update(of=("self",))
        .select_related("refund__store", "leg")
        .filter(pk=number)
        .first()
    )
    if row is None:
        raise NotFound("overdue_not_found", number=number)
    staff.require_store(operator, row.refund.store_id, row.refund.store.code)
    if how not in HOW:
        raise Invalid("input_invalid", errors=[FieldError(("how",), "not_offered", " ".join(HOW))])
    if not evidence.strip():
        raise Refusal("evidence_needed", refund_no=row.refund.refund_no)
    if row.closed_at is not None:
        raise Conflict("overdue_closed", number=number)
    if row.refund.operator_id == operator.pk:
        raise Forbidden("maker_is_checker", operator=operator.code)
    row.closed_at, row.closed_by, row.how = at, operator.code, how
    row.evidence = masking.scan(evidence.strip())[:200]
    row.save(update_fields=["closed_at", "closed_by", "how", "evidence"])
    audit.write([_act("overdue.closed", row, operator.code, how=how, note=row.evidence)], at=at)
    return row
