"""What waits for whom: pure look-ups for the desk and the badge in the header."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from sudapos.books import batch_decisions, compensations, counts, days, hand_backs, shops
from sudapos.books.batches import RefundBatch
from sudapos.books.compensations import Compensation
from sudapos.books.days import Day
from sudapos.books.findings import CLOSED, Finding
from sudapos.books.hand_backs import HandBack
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.batches import BatchState
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route

AT_MOST = 50


def count_to_approve(operator: Operator) -> int:
    """How many refunds wait for this person's yes or no; one statement."""
    if not (operator.may(Act.APPROVE) or operator.may(Act.APPROVE_HIGH)):
        return 0
    rows = _in_store(
        Refund.objects.filter(state=RefundState.AWAITING, needed__overlap=operator.roles), operator
    )
    return rows.exclude(operator=operator).exclude(approvals__operator=operator).count()


def batches_to_approve(operator: Operator) -> list[RefundBatch]:
    """Batches that were tried and wait for this person's yes."""
    rows = RefundBatch.objects.filter(state=BatchState.CHECKED, needed__overlap=operator.roles)
    if operator.store_id is not None:
        rows = rows.filter(store_id=operator.store_id)
    rows = rows.exclude(operator=operator).prefetch_related("approvals").order_by("id")[:AT_MOST]
    return [row for row in rows if batch_decisions.roles_open_to(row, operator)]


def cards_to_decide(operator: Operator) -> list[HandBack]:
    """Cards handed back that wait for a second person, which she may be."""
    rows = hand_backs.waiting(operator.store.code if operator.store else "")
    return [row for row in rows if row.maker_id != operator.pk]


def own_waiting(operator: Operator) -> QuerySet[Refund]:
    """This person's own refunds that others must decide, oldest first."""
    rows = Refund.objects.filter(state=RefundState.AWAITING, operator=operator)
    return rows.select_related("sale", "store").order_by("id")[:AT_MOST]


def cash_to_pay(operator: Operator) -> QuerySet[Leg]:
    """Cash that a customer is standing there for, oldest first."""
    rows = Leg.objects.filter(state=LegState.ACCEPTED, route=Route.CASH)
    return _legs_in_store(rows, operator)


def stuck(operator: Operator) -> QuerySet[Leg]:
    """Legs that people should look at: in doubt, failed, bounced; oldest first."""
    rows = Leg.objects.filter(state__in=[LegState.IN_DOUBT, LegState.FAILED, LegState.BOUNCED])
    return _legs_in_store(rows, operator)


def open_findings() -> QuerySet[Finding]:
    """Differences that nobody has ended, the most urgent first."""
    rows = Finding.objects.exclude(state=CLOSED).select_related("account")
    return rows.order_by("due_on", "id")[:AT_MOST]


def to_explain(operator: Operator) -> list[counts.Count]:
    """Drawers that were over or short and wait for this person's word; nobody's own (domain §8.4)."""
    store = operator.store.code if operator.store else ""
    rows = counts.waiting(store)
    if not rows:
        return []
    rules = shops.rules_of(shops.merchant())
    return [row for row in rows if counts.role_open_to(row, operator, rules)]


def compensations_for(operator: Operator) -> list[Compensation]:
    """What is owed beyond prices and waits for this person's yes, or for her to pay it; oldest first."""
    if not any(operator.may(act) for act in (Act.APPROVE, Act.APPROVE_HIGH, Act.MAKE_TRANSFER, Act.PAY_CASH)):
        return []
    rows = compensations.find(store=operator.store.code if operator.store else "", limit=AT_MOST)
    if not rows:
        return []
    rules = shops.rules_of(shops.merchant())
    return [row for row in reversed(rows) if compensations.waits_for(row, operator, rules)]


def late_days() -> QuerySet[Day]:
    """Days that were told to lack a statement."""
    return Day.objects.filter(state=days.OPEN).exclude(nagged_on=None).order_by("day")[:AT_MOST]


def today(operator: Operator, since: datetime) -> dict[str, int]:
    """Four numbers of the day: refunds asked for, fen asked for, legs on their way, legs that need people."""
    asked = _in_store(Refund.objects.filter(created_at__gte=since), operator).exclude(
        state__in=[RefundState.REJECTED, RefundState.WITHDRAWN]
    )
    legs = Leg.objects.all()
    if operator.store_id is not None:
        legs = legs.filter(refund__store_id=operator.store_id)
    moving = Q(state__in=[LegState.READY, LegState.SENDING, LegState.ACCEPTED])
    need = Q(state__in=[LegState.IN_DOUBT, LegState.FAILED, LegState.BOUNCED])
    sums = asked.aggregate(count=Count("id"), total=Sum("total"), undone=Sum("undone"))
    now = legs.filter(moving | need).aggregate(
        moving=Count("id", filter=moving), attention=Count("id", filter=need)
    )
    return {
        "count": sums["count"],
        "total": (sums["total"] or 0) - (sums["undone"] or 0),
        "moving": now["moving"],
        "attention": now["attention"],
    }


def _in_store(rows: QuerySet[Refund], operator: Operator) -> QuerySet[Refund]:
    return rows if operator.store_id is None else rows.filter(store_id=operator.store_id)


def _legs_in_store(rows: QuerySet[Leg], operator: Operator) -> QuerySet[Leg]:
    if operator.store_id is not None:
        rows = rows.filter(refund__store_id=operator.store_id)
    return rows.select_related("refund__sale", "refund__store", "payment").order_by("created_at", "id")[
        :AT_MOST
    ]
