"""A drawer is counted blind, and what is over or short waits in 1901 until people have said what became of it (domain §8.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from sudapos.core import calendar, journal, masking
from sudapos.core import drawers as law
from sudapos.core.authority import Act
from sudapos.core.money import MOST
from sudapos.core.refusal import Conflict, Forbidden, Invalid, NotFound, Refusal
from sudapos.core.rules import Rules

from . import audit, drawers, ledger, shops, staff
from .drawers import Drawer, Shift
from .staff import Operator

TAKEN, RIGHT, WAITING, EXPLAINED = "taken", "right", "waiting", "explained"
"""Counted; booked and nothing to ask; booked and unexplained; explained."""


class Count(models.Model):
    """One count of a drawer. What was counted and expected stays as it was, by trigger; amounts in fen."""

    count_no = models.CharField(max_length=48, unique=True)
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="counts")
    counted = models.BigIntegerField()
    expected = models.BigIntegerField()
    notes = models.JSONField(default=dict)
    """Value of a note or coin in fen → how many, where they were counted one by one."""
    false_notes = models.BigIntegerField(default=0)
    """Counterfeit money that was found: it is not counted, so it is short, and never paid out again."""
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True, default="")
    state = models.CharField(max_length=10, default=TAKEN)
    how = models.CharField(max_length=8, blank=True, default="")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["id"], name="count_waiting", condition=Q(state="waiting"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(counted__gte=0, false_notes__gte=0), name="count_is_not_negative"
            )
        ]

    @property
    def difference(self) -> int:
        return self.counted - self.expected


class CountStep(models.Model):
    """One person's word about a difference. Append-only by trigger."""

    count = models.ForeignKey(Count, on_delete=models.PROTECT, related_name="steps")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    how = models.CharField(max_length=8)
    note = models.CharField(max_length=200)
    at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["count", "operator"], name="one_word_per_person_and_count"),
            models.UniqueConstraint(fields=["count", "role"], name="one_word_per_role_and_count"),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What somebody found in a drawer: one sum, or notes and coins, or both; counterfeit money apart. Fen."""

    sum: int = 0
    notes: Mapping[int, int] = field(default_factory=dict)
    false_notes: int = 0

    @property
    def counted(self) -> int:
        """Raises Invalid."""
        whole = law.added_up(self.notes, loose=self.sum)
        if self.sum < 0 or self.false_notes < 0 or whole > MOST:
            raise Invalid("cash_amount_invalid", amount=whole)
        return whole


@transaction.atomic
def count(shift_no: str, money: Money, *, operator: Operator, at: datetime) -> Count:
    """Write a blind count down; only now is it said what was expected. Nothing is booked before the shift is closed.

    Raises NotFound, Forbidden, Invalid, Conflict shift_closed.
    """
    shift = drawers.shift_of(shift_no)
    drawers.answers_for(shift, operator)
    drawers.hold([shift.drawer])
    drawers.require_open(drawers.shift_of(shift_no))
    row = take(shift, money, operator=operator, at=at)
    audit.write([_act("drawer.counted", row, operator)], at=at)
    return row


def take(shift: Shift, money: Money, *, operator: Operator, at: datetime, state: str = TAKEN) -> Count:
    """The row of a count of a held drawer."""
    return Count.objects.create(
        count_no=f"{shift.shift_no}-C{shift.counts.count() + 1}",
        shift=shift,
        counted=money.counted,
        expected=drawers.held(shift.drawer),
        notes={str(note): n for note, n in sorted(money.notes.items(), reverse=True) if n},
        false_notes=money.false_notes,
        operator=operator,
        state=state,
        at=at,
    )


def book(row: Count, drawer: Drawer, *, reason: str, rules: Rules, at: datetime) -> Count:
    """The journal follows the count: over or short goes to 1901 (J15a, J16a), what the tolerance covers goes on at once."""
    verdict = law.judge(row.expected, row.counted, rules)
    difference = verdict.difference
    row.reason = masking.scan(reason.strip())[:200]
    row.state = RIGHT if verdict.is_small else WAITING
    drafts = [journal.drawer_counted(row.count_no, expected=row.expected, counted=row.counted)]
    if difference and verdict.is_small:
        row.how = law.Why.LOSS if difference < 0 else law.Why.GAIN
        drafts.append(journal.draft(law.ENDS[law.Why(row.how)], row.count_no, amount=abs(difference)))
    row.save(update_fields=["reason", "state", "how"])
    ledger.post([_posted(draft, drawer, rules, at) for draft in drafts if draft is not None], at=at)
    return row


def _posted(draft: journal.Draft, drawer: Drawer, rules: Rules, at: datetime) -> ledger.Posted:
    day = calendar.business_date(at, cutover=rules.business_day_cutover)
    return ledger.Posted(draft, day, drawer.store.code, drawer.code)


def verdict_of(row: Count, rules: Rules) -> law.Verdict:
    return law.judge(row.expected, row.counted, rules)


def missing_roles(row: Count, rules: Rules) -> list[str]:
    """Whose word a difference still waits for."""
    if row.state != WAITING:
        return []
    given = {step.role for step in row.steps.all()}
    return [role for role in verdict_of(row, rules).roles if role not in given]


def role_open_to(row: Count, operator: Operator, rules: Rules) -> str:
    """For whom of the missing this person may speak; empty for whoever counted or answered for the drawer."""
    own = {row.operator_id, row.shift.operator_id, *(step.operator_id for step in row.steps.all())}
    store = row.shift.drawer.store_id
    away = operator.store_id is not None and operator.store_id != store
    if operator.pk in own or away or not operator.may(Act.APPROVE_DRAWER):
        return ""
    return next((role for role in missing_roles(row, rules) if role in operator.roles), "")


@transaction.atomic
def explain(count_no: str, *, how: str, note: str, operator: Operator, at: datetime) -> Count:
    """Say what a difference comes to; the last of those who must agree books it (J15b, J15c, J16b).

    Raises NotFound, Forbidden, Refusal note_needed, Invalid count_end_unknown, Conflict count_explained or count_other_end.
    """
    staff.require(operator, Act.APPROVE_DRAWER)
    row = _lock(count_no)
    store = row.shift.drawer.store
    staff.require_store(operator, store.pk, store.code)
    rules = shops.rules_of(shops.merchant())
    if row.state != WAITING:
        raise Conflict("count_explained", count_no=count_no)
    if how not in law.endings(row.difference):
        raise Invalid("count_end_unknown", how=how)
    if not note.strip():
        raise Refusal("note_needed", refund_no=count_no)
    role = role_open_to(row, operator, rules)
    if not role:
        raise Forbidden("maker_is_checker", operator=operator.code)
    if any(step.how != how for step in row.steps.all()):
        raise Conflict("count_other_end", count_no=count_no)
    CountStep.objects.create(
        count=row, operator=operator, role=role, how=how, note=masking.scan(note.strip())[:200], at=at
    )
    row = _lock(count_no)
    if not missing_roles(row, rules):
        row.state, row.how = EXPLAINED, how
        row.save(update_fields=["state", "how"])
        draft = journal.draft(law.ENDS[law.Why(how)], row.count_no, amount=abs(row.difference))
        ledger.post([_posted(draft, row.shift.drawer, rules, at)], at=at)
    audit.write([_act("drawer.explained", row, operator, how=how, note=note.strip()[:200])], at=at)
    return row


def _lock(count_no: str) -> Count:
    rows = Count.objects.select_for_update(of=("self",)).select_related(
        "shift__drawer__store", "shift__operator"
    )
    row = rows.prefetch_related("steps__operator").filter(count_no=count_no).first()
    if row is None:
        raise NotFound("count_not_found", count_no=count_no)
    return row


def waiting(store: str = "") -> list[Count]:
    """Differences that nobody has explained yet, oldest first."""
    rows = Count.objects.filter(state=WAITING).select_related(
        "shift__drawer__store", "shift__operator", "operator"
    )
    rows = rows.filter(shift__drawer__store__code=store) if store else rows
    return list(rows.prefetch_related("steps__operator").order_by("id")[:200])


def last_of(shift: Shift) -> Count | None:
    """The newest count that no close has used."""
    return shift.counts.filter(state=TAKEN).order_by("-id").first()


def _act(name: str, row: Count, operator: Operator, **facts: str) -> audit.Act:
    told = {"count_no": row.count_no, "counted": row.counted, "expected": row.expected}
    return audit.Act(
        act=name,
        subject="shift",
        subject_no=row.shift.shift_no,
        by=operator.code,
        store=row.shift.drawer.store.code,
        facts={**told, **facts},
    )
