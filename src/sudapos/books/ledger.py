"""The journal: entries that balance, and balances read from their lines. Rows are only ever added, by trigger."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import models
from django.db.models import Case, F, Sum, When

from sudapos.core.journal import Draft, balanced
from sudapos.core.recipes import DR


class Entry(models.Model):
    """One journal entry 分录. `business_no` is the number of the document that it books (INV-09)."""

    recipe = models.CharField(max_length=32)
    business_no = models.CharField(max_length=64)
    business_date = models.DateField()
    store = models.CharField(max_length=16)
    till = models.CharField(max_length=16, blank=True, default="")
    memo = models.CharField(max_length=120)
    posted_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["business_no"], name="entry_business_no"),
            models.Index(fields=["business_date"], name="entry_business_date"),
            models.Index(fields=["store", "till"], name="entry_drawer"),
        ]


class Line(models.Model):
    """One side of an entry. `amount` in fen; negative is red ink 红字."""

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="lines")
    position = models.SmallIntegerField()
    side = models.CharField(max_length=1)
    account = models.CharField(max_length=16)
    name = models.CharField(max_length=40)
    amount = models.BigIntegerField()

    class Meta:
        ordering = ["entry_id", "position"]
        indexes = [models.Index(fields=["account"], name="line_account")]
        constraints = [
            models.UniqueConstraint(fields=["entry", "position"], name="line_position_once_per_entry"),
            models.CheckConstraint(
                condition=models.Q(side__in=["借", "贷"]), name="line_side_is_debit_or_credit"
            ),
        ]


class Period(models.Model):
    """A month that is closed: no entry is dated in it any more, by trigger. Append-only."""

    month = models.DateField(unique=True)
    """Its first day."""
    until = models.DateField()
    """Its last day."""
    closed_at = models.DateTimeField()
    closed_by = models.CharField(max_length=64)
    report = models.JSONField(default=dict)

    class Meta:
        ordering = ["-month"]


@dataclass(frozen=True, slots=True)
class Posted:
    """A draft with the day, the store and the till that it belongs to: a drawer is 1001 of one store and till."""

    draft: Draft
    business_date: date
    store: str
    till: str = ""


def post(items: Sequence[Posted], *, at: datetime) -> list[Entry]:
    """Book drafts, in three statements whatever their number. Drafts without lines book nothing.

    What belongs to a closed month is dated on the first open day and says its own day in the memo (domain §4.2).
    """
    items = [item for item in items if item.draft.postings]
    if not items:
        return []
    for item in items:
        assert balanced(item.draft), f"unbalanced draft {item.draft.recipe} for {item.draft.business_no}"
    items = _into_open_days(items)
    entries = Entry.objects.bulk_create(
        Entry(
            recipe=item.draft.recipe,
            business_no=item.draft.business_no,
            business_date=item.business_date,
            store=item.store,
            till=item.till,
            memo=item.draft.memo[:120],
            posted_at=at,
        )
        for item in items
    )
    Line.objects.bulk_create(
        Line(
            entry=entry,
            position=position,
            side=posting.side,
            account=posting.account,
            name=posting.name,
            amount=posting.amount,
        )
        for entry, item in zip(entries, items, strict=True)
        for position, posting in enumerate(item.draft.postings, 1)
    )
    return entries


def closed_until() -> date | None:
    """The last day of the last closed month."""
    last = Period.objects.order_by("-until").first()
    return last.until if last else None


def _into_open_days(items: Sequence[Posted]) -> list[Posted]:
    closed = closed_until()
    if closed is None:
        return list(items)
    first = closed + timedelta(days=1)
    return [
        item
        if item.business_date > closed
        else replace(
            item,
            business_date=first,
            draft=replace(item.draft, memo=f"{item.draft.memo} 业务日{item.business_date:%Y-%m-%d}"),
        )
        for item in items
    ]


@dataclass(frozen=True, slots=True)
class Balance:
    """An account's balance in fen, debit positive."""

    account: str
    name: str
    amount: int


def balances(*, until: date | None = None, business_nos: Iterable[str] | None = None) -> list[Balance]:
    """Debit-positive balances by account, of everything or up to and including a day."""
    lines = Line.objects.all()
    if until is not None:
        lines = lines.filter(entry__business_date__lte=until)
    if business_nos is not None:
        lines = lines.filter(entry__business_no__in=list(business_nos))
    signed = Case(When(side=DR, then=F("amount")), default=-F("amount"))
    rows = lines.values("account").annotate(total=Sum(signed), name=models.Max("name")).order_by("account")
    return [Balance(row["account"], row["name"], row["total"]) for row in rows]


def trial_balance_off() -> int:
    """Debits less credits over the whole journal in fen; anything but 0 is a bug."""
    return sum(balance.amount for balance in balances())
