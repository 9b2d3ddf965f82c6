"""Finance's desk: everything that waits for somebody today, by kind, oldest first; read only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, F, Min, QuerySet, Sum

from sudapos.core import calendar
from sudapos.core import invoices as red
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState

from . import days, decisions, deliveries, hand_backs
from .cases import Case
from .days import Day
from .findings import CLOSED, Finding
from .invoices import RedInvoice
from .legs import Leg
from .overdue import Overdue
from .staff import Operator

SHORT = "not_enough_balance"
"""What a channel's connector answers when the merchant's balance is short (F03)."""
BLOCKED_AFTER = timedelta(minutes=15)
"""A leg that could not be sent for other reasons (an account's settings, the network) is shown from here on."""
SHOWN = 20
"""Things of one kind on the page; the rest is counted and has a list of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing that waits. `no` is its number, `refund_no` the refund that it belongs to; amount in fen."""

    kind: str
    no: str
    since: datetime
    refund_no: str = ""
    store: str = ""
    amount: int | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """All things of one kind: how many, how much together, since when, and the oldest SHOWN of them."""

    kind: str
    count: int
    amount: int | None
    since: datetime | None
    things: Sequence[Thing]


def desk(operator: Operator, *, at: datetime) -> list[Section]:
    """What this person should look at, the most urgent kind first; empty kinds are left out. A fixed number of statements."""
    sections = [section for make in _SECTIONS for section in make(operator, at)]
    return [section for section in sections if section.count]


def _approve(operator: Operator, at: datetime) -> Iterator[Section]:
    if not (operator.may(Act.APPROVE) or operator.may(Act.APPROVE_HIGH)):
        return
    rows = decisions.waiting_for(operator)
    yield _of(
        "approve",
        [
            Thing(
                kind="approve",
                no=r.refund_no,
                refund_no=r.refund_no,
                since=r.created_at,
                store=r.store.code,
                amount=r.total,
                facts={"reason": r.reason, "operator": r.operator.code},
            )
            for r in rows
        ],
    )


def _hand_backs(operator: Operator, at: datetime) -> Iterator[Section]:
    """Cards that others want to hand back at her store."""
    if not operator.may(Act.APPROVE_PREPAID_REFUND):
        return
    rows = [row for row in hand_backs.waiting(_own(operator)) if row.maker_id != operator.pk]
    yield _of(
        "hand_back",
        [
            Thing(
                kind="hand_back",
                no=row.number,
                since=row.asked_at,
                store=row.card.store.code,
                amount=row.total,
                facts={"card": row.card.number_masked, "payout": row.payout, "operator": row.maker.code},
            )
            for row in rows
        ],
    )


def _legs(
    kind: str, narrow: Callable[[QuerySet[Leg], datetime], QuerySet[Leg]]
) -> Callable[..., Iterator[Section]]:
    def make(operator: Operator, at: datetime) -> Iterator[Section]:
        if not operator.may(Act.SEE_STUCK):
            return
        rows = narrow(Leg.objects.all(), at)
        if operator.store_id is not None:
            rows = rows.filter(refund__store_id=operator.store_id)
        sums = rows.aggregate(count=Count("id"), amount=Sum("amount"), since=Min("created_at"))
        oldest = rows.select_related("refund__store").order_by("created_at", "id")[:SHOWN]
        things = [
            Thing(
                kind=kind,
                no=leg.leg_no,
                refund_no=leg.refund.refund_no,
                since=leg.created_at,
                store=leg.refund.store.code,
                amount=leg.amount,
                facts=_told(leg),
            )
            for leg in (oldest if sums["count"] else ())
        ]
        yield Section(
            kind=kind, count=sums["count"], amount=sums["amount"], since=sums["since"], things=things
        )

    return make


def _told(leg: Leg) -> dict[str, object]:
    return {
        "channel": leg.channel,
        "code": leg.error_code,
        "said": leg.error_message,
        "tries": leg.sent,
        "next_at": leg.due_at.isoformat() if leg.state in (LegState.READY, LegState.IN_DOUBT) else None,
        "arrives_by": leg.arrives_by.isoformat() if leg.arrives_by else None,
    }


def _findings(operator: Operator, at: datetime) -> Iterator[Section]:
    if not operator.may(Act.CLOSE_FINDING):
        return
    rows = Finding.objects.exclude(state=CLOSED)
    sums = rows.aggregate(count=Count("id"), since=Min("opened_at"))
    things = [
        Thing(
            kind="finding",
            no=row.finding_no,
            since=row.opened_at,
            store=row.store,
            amount=row.difference,
            facts={
                "finding": row.kind,
                "account": row.account.name,
                "due_on": row.due_on.isoformat(),
                "late": row.due_on < calendar.business_date(at),
            },
        )
        for row in rows.select_related("account").order_by("due_on", "id")[:SHOWN]
    ]
    yield Section(kind="finding", count=sums["count"], amount=None, since=sums["since"], things=things)


def _days(operator: Operator, at: datetime) -> Iterator[Section]:
    if not operator.may(Act.LOAD_STATEMENT):
        return
    rows = list(Day.objects.filter(state=days.OPEN).exclude(nagged_on=None).order_by("day"))
    things = [
        Thing(
            kind="day",
            no=f"{row.day:%Y-%m-%d}",
            since=row.looked_at,
            facts={"accounts": [one["account"] for one in row.missing if "account" in one]},
        )
        for row in rows
    ]
    yield _of("day", things)


def _undelivered(operator: Operator, at: datetime) -> Iterator[Section]:
    if not (operator.may(Act.SEE_STATEMENTS) or operator.may(Act.CHANGE_SETTINGS)):
        return
    yield _of(
        "undelivered",
        [
            Thing(
                kind="undelivered",
                no=f"{row.pk}",
                since=row.message.at,
                store=row.message.store,
                refund_no=str(row.message.facts.get("refund_no", "")),
                facts={
                    "recipient": row.recipient.name,
                    "event": row.message.event,
                    "subject_no": row.message.subject_no,
                    "error": row.error,
                },
            )
            for row in deliveries.undelivered()
        ],
    )


def _of(kind: str, things: Sequence[Thing]) -> Section:
    amounts = [thing.amount for thing in things if thing.amount is not None]
    return Section(
        kind=kind,
        count=len(things),
        amount=sum(amounts) if amounts else None,
        since=min((thing.since for thing in things), default=None),
        things=things[:SHOWN],
    )


def _short(rows: QuerySet[Leg], at: datetime) -> QuerySet[Leg]:
    return rows.filter(state=LegState.READY, error_code=SHORT)


def _blocked(rows: QuerySet[Leg], at: datetime) -> QuerySet[Leg]:
    waited = rows.filter(state=LegState.READY, created_at__lt=at - BLOCKED_AFTER)
    return waited.exclude(error_code__in=["", SHORT])


def _own(operator: Operator) -> str:
    return operator.store.code if operator.store_id is not None and operator.store else ""


def _overdue(operator: Operator, at: datetime) -> Iterator[Section]:
    """Money that did not arrive, refunds past the day by which they must be paid, cash that nobody came for."""
    if not operator.may(Act.SEE_STUCK):
        return
    rows = Overdue.objects.filter(closed_at=None)
    if own := _own(operator):
        rows = rows.filter(refund__store__code=own)
    sums = rows.aggregate(count=Count("id"), since=Min("opened_at"))
    things = [
        Thing(
            kind="overdue",
            no=f"{row.pk}",
            refund_no=row.refund.refund_no,
            since=row.opened_at,
            store=row.refund.store.code,
            amount=row.amount,
            facts={
                "overdue": row.kind,
                "due_on": row.due_on.isoformat(),
                "late": row.late_at is not None,
                "channel": row.leg.channel if row.leg else "",
            },
        )
        for row in rows.select_related("refund__store", "leg").order_by("due_on", "id")[:SHOWN]
    ]
    yield Section(kind="overdue", count=sums["count"], amount=None, since=sums["since"], things=things)


def _invoices(operator: Operator, at: datetime) -> Iterator[Section]:
    if not operator.may(Act.WORK_INVOICES):
        return
    rows = RedInvoice.objects.filter(state__in=sorted(red.OPEN))
    sums = rows.aggregate(count=Count("id"), since=Min("opened_at"))
    things = [
        Thing(
            kind="invoice",
            no=row.task_no,
            refund_no=row.refund.refund_no,
            since=row.opened_at,
            store=row.store,
            facts={
                "state": row.state,
                "due_at": row.due_at.isoformat() if row.due_at else None,
                "late": row.due_at is not None and row.due_at < at,
            },
        )
        for row in rows.select_related("refund").order_by(F("due_at").asc(nulls_last=True), "id")[:SHOWN]
    ]
    yield Section(kind="invoice", count=sums["count"], amount=None, since=sums["since"], things=things)


def _cases(operator: Operator, at: datetime) -> Iterator[Section]:
    """Those that nobody or this person looks after."""
    if not operator.may(Act.SEE_STUCK):
        return
    rows = Case.objects.filter(closed_at=None, owner__in=["", operator.code])
    if own := _own(operator):
        rows = rows.filter(store=own)
    things = [
        Thing(
            kind="case",
            no=row.case_no,
            refund_no=row.refund.refund_no,
            since=row.opened_at,
            store=row.store,
            facts={"what": row.what, "owner": row.owner},
        )
        for row in rows.select_related("refund").order_by("opened_at", "id")
    ]
    yield _of("case", things)


_SECTIONS: tuple[Callable[..., Iterator[Section]], ...] = (
    _legs("bounced", lambda rows, at: rows.filter(state=LegState.BOUNCED)),
    _legs("failed", lambda rows, at: rows.filter(state=LegState.FAILED)),
    _legs("in_doubt", lambda rows, at: rows.filter(state=LegState.IN_DOUBT)),
    _legs("short", _short),
    _legs("blocked", _blocked),
    _overdue,
    _approve,
    _hand_backs,
    _findings,
    _invoices,
    _cases,
    _days,
    _undelivered,
)
