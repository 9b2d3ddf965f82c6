"""A shift is opened with a count, handed over, closed with a count; what it came to is a report (X any time, Z at its end)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Count as Number
from django.db.models import Q, Sum

from sudapos.core import calendar, masking
from sudapos.core import drawers as law
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, NotFound, Refusal
from sudapos.core.rules import Rules

from . import audit, cashmoves, counts, drawers, shops, staff
from .cashmoves import Wish
from .counts import Count, Money
from .drawers import Drawer, Shift
from .legs import Leg
from .refunds import Refund
from .sales import Payment
from .staff import Operator

X, Z = "X", "Z"
HANDED_OVER_AT_MOST = 50


class DrawerReport(models.Model):
    """What a shift came to at one moment. `slip` is what every copy shows; append-only by trigger."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="reports")
    kind = models.CharField(max_length=1)
    number = models.IntegerField()
    """Of a Z: the drawer's count of shifts, without gaps; of an X: the how many-th of its shift."""
    slip = models.JSONField()
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["shift", "kind", "number"], name="report_number_once_per_shift"),
            models.UniqueConstraint(fields=["shift"], condition=Q(kind="Z"), name="one_z_per_shift"),
        ]


class ReportCopy(models.Model):
    """One paper of a report; from the second on it is marked. Append-only by trigger."""

    report = models.ForeignKey(DrawerReport, on_delete=models.PROTECT, related_name="copies")
    copy_no = models.IntegerField()
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["copy_no"]
        constraints = [models.UniqueConstraint(fields=["report", "copy_no"], name="copy_no_once_per_report")]


@transaction.atomic
def open(
    store: str,
    till: str,
    money: Money,
    *,
    operator: Operator,
    float_fen: int = 0,
    beside: Operator | None = None,
    at: datetime,
) -> Shift:
    """Open a drawer with what was counted in it; `float_fen` comes out of the safe first, which a manager agrees to.

    The first opening of a drawer puts what the journal says of the time before into the safe, where it is counted with
    the safe. Raises NotFound, Forbidden, Invalid, Conflict drawer_is_open, Refusal drawer_empty.
    """
    staff.require(operator, Act.APPROVE_DRAWER if till == law.SAFE else Act.WORK_DRAWER)
    rules = shops.rules_of(shops.merchant())
    drawer, is_new = drawers.keep(store, till, at=at)
    staff.require_store(operator, drawer.store_id, drawer.store.code)
    already = drawers.open_shift(drawer)
    if already is not None:
        raise Conflict("drawer_is_open", shift_no=already.shift_no, operator=already.operator.code)
    acts: list[audit.Act] = []
    if is_new and not drawer.is_safe:
        _sweep(drawer, operator, rules, at, acts)
    shift = _begin(drawer, operator, rules, at)
    if float_fen:
        wish = Wish(
            kind=law.Kind.TOP_UP, store=store, till=till, amount=float_fen, key=f"float-{shift.shift_no}"
        )
        cashmoves.move(wish, operator=operator, beside=beside, at=at)
    row = counts.take(shift, money, operator=operator, at=at)
    counts.book(row, drawer, reason="", rules=rules, at=at)
    acts.append(_act("shift.opened", shift, operator, counted=row.counted, expected=row.expected))
    audit.write(acts, at=at)
    return shift


def _sweep(drawer: Drawer, operator: Operator, rules: Rules, at: datetime, acts: list[audit.Act]) -> None:
    """Nobody counted this drawer before: what the journal says of it is looked for in the safe."""
    before = drawers.held(drawer)
    if before <= 0:
        return
    safe, _ = drawers.keep(drawer.store.code, law.SAFE, at=at)
    wish = Wish(
        kind=law.Kind.DROP,
        store=drawer.store.code,
        till=drawer.code,
        amount=before,
        reason="钱箱启用前的账面现金",
        key=f"first-{drawer.pk}",
    )
    cashmoves.book(
        law.Kind.DROP, drawer, safe, wish, operator=operator, beside=None, rules=rules, at=at, acts=acts
    )


def _begin(drawer: Drawer, operator: Operator, rules: Rules, at: datetime) -> Shift:
    """The next shift of a held drawer: numbers have no gaps, because nobody else takes one meanwhile and none is deleted."""
    number = (drawer.shifts.aggregate(last=models.Max("number"))["last"] or 0) + 1
    return Shift.objects.create(
        shift_no=f"{drawer.store.code}-{drawer.code}-{number:04d}",
        drawer=drawer,
        number=number,
        operator=operator,
        business_date=calendar.business_date(at, cutover=rules.business_day_cutover),
        opened_at=at,
        began=drawers.totals([drawer])[drawer.pk],
    )


@transaction.atomic
def close(
    shift_no: str, *, operator: Operator, reason: str = "", to_safe: int = 0, at: datetime
) -> DrawerReport:
    """Close with the last count, which is booked; `to_safe` fen go from the drawer to the safe. Again: the same Z.

    Raises NotFound, Forbidden, Conflict count_stale, Refusal count_needed, count_reason_needed or drawer_empty.
    """
    shift = _locked(shift_no, operator, at)
    if not shift.is_open:
        return shift.reports.get(kind=Z)
    rules = shops.rules_of(shops.merchant())
    row = _usable(shift)
    verdict = counts.verdict_of(row, rules)
    if not verdict.is_small and not reason.strip():
        raise Refusal("count_reason_needed", counted=row.counted, expected=row.expected)
    counts.book(row, shift.drawer, reason=reason, rules=rules, at=at)
    if to_safe:
        _put_away(shift, to_safe, operator, at)
    report = _write(shift, Z, shift.number, operator, rules, at, row)
    shift.closed_at, shift.closed_by = at, operator.code
    shift.save(update_fields=["closed_at", "closed_by"])
    facts = {"counted": row.counted, "expected": row.expected, "reason": row.reason, "to_safe": to_safe}
    audit.write([_act("shift.closed", shift, operator, **facts)], at=at)
    return report


def _locked(shift_no: str, operator: Operator, at: datetime) -> Shift:
    """The shift as it is once its drawer is ours; whoever closed it meanwhile was first."""
    shift = drawers.shift_of(shift_no)
    drawers.answers_for(shift, operator)
    drawers.hold_with_safe(shift.drawer, at=at)
    return drawers.shift_of(shift_no)


def _usable(shift: Shift) -> Count:
    row = counts.last_of(shift)
    if row is None:
        raise Refusal("count_needed", shift_no=shift.shift_no)
    if row.expected != drawers.held(shift.drawer):
        raise Conflict("count_stale", shift_no=shift.shift_no)
    return row


def _put_away(shift: Shift, amount: int, operator: Operator, at: datetime) -> None:
    wish = Wish(
        kind=law.Kind.DROP,
        store=shift.drawer.store.code,
        till=shift.drawer.code,
        amount=amount,
        key=f"close-{shift.shift_no}",
    )
    cashmoves.move(wish, operator=operator, at=at)


@transaction.atomic
def hand_over(
    shift_no: str, *, operator: Operator, to: Operator, reason: str = "", at: datetime
) -> tuple[DrawerReport, Shift]:
    """Close one shift and begin the next with the same cash: both people have seen it counted.

    Raises what `close` raises, and Forbidden same_person.
    """
    staff.require(to, Act.WORK_DRAWER)
    shift = _locked(shift_no, operator, at)
    drawers.require_open(shift)
    if to.pk == shift.operator_id:
        raise Refusal("same_person", operator=to.code)
    staff.require_store(to, shift.drawer.store_id, shift.drawer.store.code)
    report = close(shift_no, operator=operator, reason=reason, at=at)
    rules = shops.rules_of(shops.merchant())
    begun = _begin(shift.drawer, to, rules, at)
    whole = drawers.held(shift.drawer)
    row = counts.take(begun, Money(sum=whole), operator=to, at=at, state=counts.RIGHT)
    audit.write([_act("shift.opened", begun, to, counted=row.counted, after=shift.shift_no)], at=at)
    return report, begun


@transaction.atomic
def take_x(shift_no: str, *, operator: Operator, at: datetime) -> DrawerReport:
    """An X report: where the shift stands, without closing it.

    Who answers for the drawer sees no cash in it before she has counted; who decides sees all. Raises NotFound, Forbidden.
    """
    shift = _locked(shift_no, operator, at)
    drawers.require_open(shift)
    number = shift.reports.filter(kind=X).count() + 1
    rules = shops.rules_of(shops.merchant())
    row = counts.last_of(shift)
    report = _write(shift, X, number, operator, rules, at, row, blind=is_blind(shift, operator))
    audit.write([_act("shift.looked_at", shift, operator, number=number)], at=at)
    return report


def is_blind(shift: Shift, operator: Operator) -> bool:
    """Whether this person may not be told yet what should be there."""
    return shift.is_open and not operator.may(Act.APPROVE_DRAWER) and counts.last_of(shift) is None


def _write(
    shift: Shift,
    kind: str,
    number: int,
    operator: Operator,
    rules: Rules,
    at: datetime,
    row: Count | None,
    *,
    blind: bool = False,
) -> DrawerReport:
    slip = _slip(shift, row, at, blind=blind) | {"kind": kind, "number": number}
    return DrawerReport.objects.create(
        shift=shift, kind=kind, number=number, slip=slip, operator=operator, at=at
    )


def _slip(shift: Shift, row: Count | None, at: datetime, *, blind: bool) -> dict[str, Any]:
    merchant, store = shops.merchant(), shift.drawer.store
    now = drawers.totals([shift.drawer])[shift.drawer_id]
    told: dict[str, Any] = {
        "merchant": merchant.name,
        "store": f"{store.name} {store.code}".strip(),
        "till": shift.drawer.code,
        "shift_no": shift.shift_no,
        "operator": {"code": shift.operator.code, "name": masking.name(shift.operator.name)},
        "business_date": shift.business_date.isoformat(),
        "opened_at": _moment(shift.opened_at),
        "at": _moment(at),
        "sales": _sold(shift, at),
        "refunds": _refunded(shift, at),
        "kicks": shift.kicks.count(),
        "left_over": left_over(shift.drawer),
    }
    if not blind:
        told |= {
            "opening": sum(shift.began.values()),
            "lines": law.grouped(now, shift.began),
            "balance": sum(now.values()),
        }
    if row is not None:
        told |= {
            "expected": row.expected,
            "counted": row.counted,
            "notes": row.notes,
            "false_notes": row.false_notes,
            "reason": row.reason,
            "count_state": row.state,
        }
    return told


def _sold(shift: Shift, at: datetime) -> list[dict[str, Any]]:
    """What the till took while the shift was open, by channel."""
    rows = Payment.objects.filter(
        sale__store_id=shift.drawer.store_id,
        sale__till=shift.drawer.code,
        sale__created_at__gte=shift.opened_at,
        sale__created_at__lte=at,
    )
    return _by_channel(rows.values("channel").annotate(count=Number("id"), amount=Sum("amount")))


def _refunded(shift: Shift, at: datetime) -> list[dict[str, Any]]:
    """What went back: cash that this shift paid, and the other ways of refunds made at its till."""
    other = ~Q(route=Route.CASH) & Q(
        refund__store_id=shift.drawer.store_id,
        refund__till=shift.drawer.code,
        settled_at__gte=shift.opened_at,
        settled_at__lte=at,
    )
    rows = Leg.objects.filter(Q(shift=shift) | other, state=LegState.SETTLED)
    return _by_channel(rows.values("channel").annotate(count=Number("id"), amount=Sum("amount")))


def _by_channel(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({**row, "amount": int(row["amount"])} for row in rows), key=lambda row: row["channel"])


def left_over(drawer: Drawer) -> dict[str, list[str]]:
    """The hand-over list of a till: refunds that are not done, customers who wait for cash, vouchers nobody printed (domain §8.3)."""
    here = Refund.objects.filter(store_id=drawer.store_id, till=drawer.code).order_by("id")
    moving = [LegState.READY, LegState.SENDING, LegState.ACCEPTED, LegState.IN_DOUBT, LegState.FAILED]
    undone = Q(state=RefundState.AWAITING) | Q(legs__state__in=[*moving, LegState.BOUNCED])
    cash = here.filter(legs__route=Route.CASH, legs__state=LegState.ACCEPTED)
    bare = here.filter(state=RefundState.APPROVED, voucher=None).exclude(
        legs__state__in=[LegState.FAILED, LegState.DROPPED]
    )
    if shift := drawers.open_shift(drawer):
        bare = bare.filter(created_at__gte=shift.opened_at)
    named = {"refunds": here.filter(undone), "cash": cash, "vouchers": bare}
    return {
        name: list(rows.distinct().values_list("refund_no", flat=True)[:HANDED_OVER_AT_MOST])
        for name, rows in named.items()
    }


@transaction.atomic
def record_print(report: DrawerReport, *, operator: Operator, at: datetime) -> ReportCopy:
    """Count one more paper of a report."""
    store = report.shift.drawer.store
    staff.require_store(operator, store.pk, store.code)
    DrawerReport.objects.select_for_update().get(pk=report.pk)
    copy = ReportCopy.objects.create(
        report=report, copy_no=report.copies.count() + 1, operator=operator, at=at
    )
    facts = {"kind": report.kind, "number": report.number, "copy_no": copy.copy_no}
    audit.write([_act("shift.printed", report.shift, operator, **facts)], at=at)
    return copy


def report_of(shift_no: str, kind: str, number: int) -> DrawerReport:
    """Raises NotFound."""
    rows = DrawerReport.objects.select_related("shift__drawer__store", "shift__operator", "operator")
    row = rows.filter(shift__shift_no=shift_no, kind=kind, number=number).first()
    if row is None:
        raise NotFound("report_not_found", shift_no=shift_no, number=number)
    return row


def listed(store: str = "", *, before: int | None = None, limit: int = 50) -> list[Shift]:
    """Shifts, newest first."""
    rows = Shift.objects.select_related("drawer__store", "operator")
    rows = rows.filter(drawer__store__code=store) if store else rows
    return list((rows.filter(pk__lt=before) if before else rows)[:limit])


def open_on(day: object) -> list[Shift]:
    """Shifts that began by this business day and are not closed: an exception of the day's end (domain §8.3)."""
    rows = Shift.objects.select_related("drawer__store", "operator")
    return list(rows.filter(business_date__lte=day, closed_at=None).order_by("id"))


def _act(name: str, shift: Shift, operator: Operator, **facts: object) -> audit.Act:
    return audit.Act(
        act=name,
        subject="shift",
        subject_no=shift.shift_no,
        by=operator.code,
        store=shift.drawer.store.code,
        origin=shift.drawer.code,
        facts=facts,
    )


def _moment(at: datetime) -> str:
    return at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds")
