"""The end of a day, and of a month: what was missing, what it came to, who closed it. A closed month takes no entry any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Count, Sum

from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.refusal import Conflict, Refusal

from . import audit, ledger, outbox, staff
from .findings import CLOSED as FINDING_CLOSED
from .findings import OPEN as FINDING_OPEN
from .findings import Finding
from .ledger import Entry, Period
from .legs import Leg
from .sales import Payment, Sale
from .staff import Operator

OPEN = "open"
CLOSED = "closed"


class Day(models.Model):
    """One day at its end. `missing` names what keeps it open; the report is what was true when it was last looked at."""

    day = models.DateField(unique=True)
    state = models.CharField(max_length=6, default=OPEN)
    missing = models.JSONField(default=list)
    report = models.JSONField(default=dict)
    looked_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=64, blank=True, default="")
    nagged_on = models.DateField(null=True)

    class Meta:
        ordering = ["-day"]
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=[OPEN, CLOSED]), name="day_state"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


@transaction.atomic
def put(
    day: date, *, missing: Sequence[Mapping[str, Any]], report: Mapping[str, Any], by: str, at: datetime
) -> Day:
    """Write down how a day stands; it closes when nothing is missing. A closed day keeps its report and stays closed."""
    row, _ = Day.objects.select_for_update().get_or_create(day=day, defaults={"looked_at": at})
    if row.state == CLOSED:
        return row
    row.missing, row.report, row.looked_at = [dict(one) for one in missing], dict(report), at
    if not missing:
        row.state, row.closed_at, row.closed_by = CLOSED, at, by
    row.save()
    if row.state == CLOSED:
        facts = {"findings": report.get("findings", {}), "head": report.get("head", "")}
        audit.write(
            [audit.Act(act="day.closed", subject="day", subject_no=f"{day}", by=by, facts=facts)], at=at
        )
    return row


@transaction.atomic
def nag(day: date, missing: Sequence[Mapping[str, Any]], *, today: date, at: datetime) -> bool:
    """Write once a day that a statement is still missing. Answers whether this was the first time today."""
    row, _ = Day.objects.select_for_update().get_or_create(day=day, defaults={"looked_at": at})
    if row.state == CLOSED or row.nagged_on == today:
        return False
    # what else keeps it open, a shift or a broken check, was found when it was last looked at, and stays named
    others = [one for one in row.missing if "account" not in one]
    row.nagged_on, row.missing = today, [*(dict(one) for one in missing), *others]
    row.save(update_fields=["nagged_on", "missing"])
    facts = {"missing": [str(one.get("account", "")) for one in missing], "days_late": (today - day).days}
    audit.write(
        [audit.Act(act="day.late", subject="day", subject_no=f"{day}", by="worker", facts=facts)], at=at
    )
    return True


def get(day: date) -> Day | None:
    return Day.objects.filter(day=day).first()


def known(since: date, until: date) -> dict[date, Day]:
    return {row.day: row for row in Day.objects.filter(day__gte=since, day__lte=until)}


def sums(day: date) -> dict[str, Any]:
    """What a business day came to, in fen: sales and payments, refunds asked and paid, entries; in a fixed number of statements."""
    sales = Sale.objects.filter(business_date=day, kind="").aggregate(count=Count("id"), amount=Sum("total"))
    paid = (
        Payment.objects.filter(sale__business_date=day)
        .values("channel")
        .annotate(count=Count("id"), whole=Sum("amount"))
    )
    start, end = calendar.day_bounds(day)
    went = Leg.objects.filter(settled_at__gte=start, settled_at__lt=end, state__in=["settled", "bounced"])
    back = went.values("channel", "route").annotate(count=Count("id"), whole=Sum("amount"))
    entries = Entry.objects.filter(business_date=day).count()
    return {
        "sales": {"count": sales["count"], "amount": sales["amount"] or 0},
        "payments": [
            {"channel": row["channel"], "count": row["count"], "amount": row["whole"]}
            for row in paid.order_by("channel")
        ],
        "refunds": [
            {"channel": row["channel"], "route": row["route"], "count": row["count"], "amount": row["whole"]}
            for row in back.order_by("channel", "route")
        ],
        "entries": entries,
    }


def open_findings(until: date) -> dict[str, int]:
    """Kind → findings of days up to `until` that are not closed."""
    rows = (
        Finding.objects.exclude(state=FINDING_CLOSED)
        .filter(day__lte=until)
        .values("kind")
        .annotate(count=Count("id"))
    )
    return {row["kind"]: row["count"] for row in rows.order_by("kind")}


@transaction.atomic
def close_month(month: date, *, operator: Operator, today: date, at: datetime) -> Period:
    """Lock a month. Every day with trade must be closed, every difference at least in suspense, earlier months closed.

    Raises Forbidden, Conflict period_closed, Refusal month_not_over, earlier_month_open, days_open, findings_open.
    """
    staff.require(operator, Act.CLOSE_PERIOD)
    first = month.replace(day=1)
    until = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if today <= until:
        raise Refusal("month_not_over", month=f"{first:%Y-%m}", until=f"{until}")
    with connection.cursor() as cursor:
        # whoever is posting finishes first; whoever comes later sees the closed month
        cursor.execute("LOCK TABLE books_entry IN EXCLUSIVE MODE")
    if Period.objects.filter(month=first).exists():
        raise Conflict("period_closed", month=f"{first:%Y-%m}")
    closed = ledger.closed_until()
    earlier = Entry.objects.filter(business_date__lt=first)
    if closed is not None:
        earlier = earlier.filter(business_date__gt=closed)
    if (oldest := earlier.order_by("business_date").first()) is not None:
        raise Refusal("earlier_month_open", month=f"{oldest.business_date:%Y-%m}")
    _days_closed(first, until)
    waiting = Finding.objects.filter(state=FINDING_OPEN, difference__gt=0) | Finding.objects.filter(
        state=FINDING_OPEN, difference__lt=0
    )
    if count := waiting.filter(day__gte=first, day__lte=until).count():
        raise Refusal("findings_open", count=count, month=f"{first:%Y-%m}")
    balances = {b.account: b.amount for b in ledger.balances(until=until)}
    row = Period.objects.create(
        month=first, until=until, closed_at=at, closed_by=operator.code, report={"balances": balances}
    )
    facts = {"until": f"{until}", "accounts": len(balances), "off": sum(balances.values())}
    told = outbox.Draft(event="period.closed", subject="period", subject_no=f"{first:%Y-%m}")
    outbox.write([told], at=at)
    audit.write(
        [
            audit.Act(
                act="period.closed",
                subject="period",
                subject_no=f"{first:%Y-%m}",
                by=operator.code,
                facts=facts,
            )
        ],
        at=at,
    )
    return row


def _days_closed(first: date, until: date) -> None:
    traded = set(
        Sale.objects.filter(business_date__gte=first, business_date__lte=until).values_list(
            "business_date", flat=True
        )
    )
    done = set(Day.objects.filter(day__gte=first, day__lte=until, state=CLOSED).values_list("day", flat=True))
    if left := sorted(traded - done):
        raise Refusal("days_open", count=len(left), day=f"{left[0]}", month=f"{first:%Y-%m}")


def periods() -> list[Period]:
    return list(Period.objects.all())
