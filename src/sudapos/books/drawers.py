"""The drawers of a store, its safe among them: their rows, what each holds by the journal, and what of that may be paid out.

A store keeps drawers from its first opened shift on; before, cash is paid without them. Whoever takes cash out of a
drawer holds its row until the end of the commit, and a trigger says no to a balance below zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models import Q

from sudapos.core import drawers as law
from sudapos.core.authority import Act
from sudapos.core.chart import INTERNAL
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal
from sudapos.core.rules import Rules

from . import outbox, staff
from .legs import Leg
from .shops import Store, Till
from .staff import Operator

Totals = dict[str, int]
"""Fen by recipe since the drawer exists; their sum is what it should hold."""


class Drawer(models.Model):
    """One drawer 钱箱: a till's, or the safe of a store (`code` is core.drawers.SAFE)."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="drawers")
    code = models.CharField(max_length=16)
    since = models.DateTimeField()

    class Meta:
        ordering = ["store_id", "code"]
        constraints = [models.UniqueConstraint(fields=["store", "code"], name="drawer_once_per_till")]

    def __str__(self) -> str:
        return f"{self.store.code}/{self.code}"

    @property
    def is_safe(self) -> bool:
        return self.code == law.SAFE


class Shift(models.Model):
    """One shift 班次: who answers for a drawer from when to when. `number` counts per drawer without gaps: it is the Z number."""

    shift_no = models.CharField(max_length=40, unique=True)
    drawer = models.ForeignKey(Drawer, on_delete=models.PROTECT, related_name="shifts")
    number = models.IntegerField()
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    business_date = models.DateField()
    opened_at = models.DateTimeField()
    began = models.JSONField(default=dict)
    """Totals when it began, before anything was booked for it."""
    closed_at = models.DateTimeField(null=True)
    closed_by = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["drawer", "number"], name="shift_number_once_per_drawer"),
            models.UniqueConstraint(
                fields=["drawer"], condition=Q(closed_at=None), name="one_open_shift_per_drawer"
            ),
        ]

    def __str__(self) -> str:
        return self.shift_no

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class CashMove(models.Model):
    """Cash that moved without a sale or a refund: from, to, or both. Append-only by trigger; one `key` moves once."""

    move_no = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=12, choices=[(k.value, k.value) for k in law.Kind])
    source = models.ForeignKey(Drawer, null=True, on_delete=models.PROTECT, related_name="+")
    target = models.ForeignKey(Drawer, null=True, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    reason = models.CharField(max_length=120, blank=True, default="")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    beside = models.ForeignKey(Operator, null=True, on_delete=models.PROTECT, related_name="+")
    """Who came to the till and agreed."""
    key = models.CharField(max_length=80, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="cash_move_is_positive"),
            models.CheckConstraint(
                condition=Q(source__isnull=False) | Q(target__isnull=False), name="cash_move_has_a_drawer"
            ),
        ]


class Kick(models.Model):
    """A drawer opened without a sale or a refund, and why. Append-only by trigger."""

    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, related_name="kicks")
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=120)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]


def is_kept(store_id: int) -> bool:
    """Whether this store keeps drawers: a till of it was opened once."""
    return Shift.objects.filter(drawer__store_id=store_id).exclude(drawer__code=law.SAFE).exists()


def find(store: str, code: str) -> Drawer:
    """One drawer that was opened before. Raises NotFound drawer_not_found."""
    row = Drawer.objects.select_related("store").filter(store__code=store, code=code).first()
    if row is None:
        raise NotFound("drawer_not_found", store=store, till=code)
    return row


def put(store: str, code: str, *, at: datetime) -> tuple[Drawer, bool]:
    """The drawer of a till or the safe, and whether it is new; held by nobody yet. Raises NotFound."""
    place = Store.objects.filter(code=store).first()
    if place is None:
        raise NotFound("store_not_found", store=store)
    if code != law.SAFE and not Till.objects.filter(store=place, code=code).exists():
        raise NotFound("till_not_found", store=store, till=code)
    Drawer.objects.get_or_create(store=place, code=law.SAFE, defaults={"since": at})
    return Drawer.objects.get_or_create(store=place, code=code, defaults={"since": at})


def keep(store: str, code: str, *, at: datetime) -> tuple[Drawer, bool]:
    """The drawer of a till or the safe, made when it is new, held for this commit. Raises NotFound."""
    row, made = put(store, code, at=at)
    return hold_with_safe(row, at=at), made


def hold(rows: Iterable[Drawer]) -> list[Drawer]:
    """Lock drawers in one order, so that two who move cash between them never wait for each other."""
    numbers = {row.pk for row in rows}
    locked = Drawer.objects.select_for_update(of=("self",)).select_related("store")
    return list(locked.filter(pk__in=numbers).order_by("pk"))


def hold_with_safe(row: Drawer, *, at: datetime) -> Drawer:
    """A drawer and its store's safe, held in one order."""
    safe, _ = Drawer.objects.get_or_create(store_id=row.store_id, code=law.SAFE, defaults={"since": at})
    return next(one for one in hold([row, safe]) if one.pk == row.pk)


def open_shift(drawer: Drawer) -> Shift | None:
    return drawer.shifts.select_related("operator", "drawer__store").filter(closed_at=None).first()


def has_open_shift(store_id: int, code: str) -> bool:
    """Whether somebody answers for this till's drawer now."""
    return Shift.objects.filter(drawer__store_id=store_id, drawer__code=code, closed_at=None).exists()


def shift_of(shift_no: str) -> Shift:
    """Raises NotFound."""
    rows = Shift.objects.select_related("operator", "drawer__store")
    row = rows.filter(shift_no=shift_no).first()
    if row is None:
        raise NotFound("shift_not_found", shift_no=shift_no)
    return row


def answers_for(shift: Shift, operator: Operator) -> None:
    """Raise Forbidden unless it is her own shift, or she may decide about drawers (domain §8.3: bound to cashier and terminal)."""
    staff.require(operator, Act.WORK_DRAWER)
    store = shift.drawer.store
    staff.require_store(operator, store.pk, store.code)
    if shift.operator_id != operator.pk and not operator.may(Act.APPROVE_DRAWER):
        raise Forbidden("drawer_of_another", shift_no=shift.shift_no, operator=shift.operator.code)


def require_open(shift: Shift) -> None:
    if not shift.is_open:
        raise Conflict("shift_closed", shift_no=shift.shift_no)


def totals(rows: Sequence[Drawer]) -> dict[int, Totals]:
    """By drawer: what the journal says, by recipe; one statement."""
    told: dict[int, Totals] = {row.pk: {} for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.id, e.recipe, sum(CASE WHEN l.side = '借' THEN l.amount ELSE -l.amount END)"
            " FROM books_drawer d JOIN books_store s ON s.id = d.store_id"
            " JOIN books_entry e ON e.store = s.code AND e.till = d.code"
            " JOIN books_line l ON l.entry_id = e.id AND l.account = %s"
            " WHERE d.id = ANY(%s) GROUP BY 1, 2",
            [INTERNAL["cash"], list(told)],
        )
        for number, recipe, amount in cursor.fetchall():
            told[number][recipe] = int(amount)
    return told


def held(drawer: Drawer) -> int:
    """What the drawer should hold: the balance of its journal account."""
    return sum(totals([drawer])[drawer.pk].values())


_RESERVED = """
SELECT w.store_id, w.till, sum(w.amount) FROM (
    SELECT r.id, r.store_id, r.till, l.amount FROM books_leg l JOIN books_refund r ON r.id = l.refund_id
    WHERE l.route = 'cash' AND l.state = 'accepted'
    UNION ALL
    SELECT r.id, r.store_id, r.till, (part->>'amount')::bigint
    FROM books_refund r CROSS JOIN jsonb_array_elements(r.plan) part WHERE r.state = 'awaiting' AND part->>'route' = 'cash'
) w WHERE w.store_id = ANY(%(stores)s) AND (%(before)s::bigint IS NULL OR w.id < %(before)s) GROUP BY 1, 2
"""


def holdings(rows: Sequence[Drawer], rules: Rules, *, before: int | None = None) -> Mapping[int, law.Holding]:
    """By drawer: what it holds, and what is promised to customers at it; `before` a refund's id: who came first is served first."""
    if not rows:
        return {}
    told = {"stores": sorted({row.store_id for row in rows}), "before": before}
    with connection.cursor() as cursor:
        cursor.execute(_RESERVED, told)
        reserved = {(store, till): int(amount) for store, till, amount in cursor.fetchall()}
    sums = totals(rows)
    return {
        row.pk: law.Holding(
            held=sum(sums[row.pk].values()),
            reserved=0 if row.is_safe else reserved.get((row.store_id, row.code), 0),
            stays=0 if row.is_safe else rules.cash_payout_fen["min_float_left"],
        )
        for row in rows
    }


def of_stores(store_ids: Iterable[int], rules: Rules) -> dict[tuple[int, str], law.Holding]:
    """(store's id, till) → what every till's drawer of these stores can pay, in a fixed number of statements."""
    rows = list(Drawer.objects.filter(store_id__in=set(store_ids)).exclude(code=law.SAFE))
    found = holdings(rows, rules)
    return {(row.store_id, row.code): found[row.pk] for row in rows}


def pay(leg: Leg, *, operator: Operator, till: str, rules: Rules) -> Shift | None:
    """The shift that pays this cash, its drawer held; None where the store keeps no drawers.

    A refund belongs to the shift that pays it (domain §8.3). Raises Refusal drawer_closed or drawer_short, Forbidden.
    """
    store, code = leg.refund.store, till or leg.refund.till
    return pay_out(store, code, leg.amount, operator=operator, rules=rules, before=leg.refund_id)


def pay_out(
    store: Store, code: str, amount: int, *, operator: Operator, rules: Rules, before: int | None = None
) -> Shift | None:
    """The shift that pays `amount` at this till; `before` a refund's id: who came first is served first. As `pay`."""
    shift = take_in(store, code, operator=operator)
    if shift is None:
        return None
    holding = holdings([shift.drawer], rules, before=before)[shift.drawer_id]
    if missing := holding.missing(amount):
        told: dict[str, Any] = {"held": holding.free, "wanted": amount, "missing": missing}
        raise Refusal("drawer_short", hint="pay_at_another_till", till=code, store=store.code, **told)
    return shift


def take_in(store: Store, code: str, *, operator: Operator) -> Shift | None:
    """The shift whose drawer, held from now on, takes or gives cash at this till; None where the store keeps no drawers.

    Raises Refusal drawer_closed, Forbidden where somebody else answers for it.
    """
    if not is_kept(store.pk):
        return None
    row = Drawer.objects.filter(store=store, code=code).exclude(code=law.SAFE).first()
    shift = open_shift(hold([row])[0]) if row is not None else None
    if shift is None:
        raise Refusal("drawer_closed", store=store.code, till=code or "?")
    answers_for(shift, operator)
    return shift


def tell_short(leg: Leg, refusal: Refusal, *, at: datetime) -> None:
    """The world hears once that a customer waits for a drawer's cash."""
    names = ("held", "wanted", "missing", "till")
    facts = {"refund_no": leg.refund.refund_no, **{name: refusal.facts[name] for name in names}}
    draft = outbox.Draft(
        event="drawer.short",
        subject="leg",
        subject_no=leg.leg_no,
        store=leg.refund.store.code,
        facts=facts,
    )
    outbox.write([draft], at=at)


@dataclass(frozen=True, slots=True)
class Outlook:
    """A leg at a drawer that cannot pay it: how much is missing, and who else has it."""

    missing: int
    ways: tuple[str, ...]
    others: Sequence[tuple[Shift, law.Holding]]
    safe: int


def outlook(leg: Leg, *, till: str, rules: Rules) -> Outlook | None:
    """The ways out for cash that waits (domain §8.4); None where it can be paid, or no drawers are kept."""
    rows = list(Drawer.objects.select_related("store").filter(store_id=leg.refund.store_id))
    code = till or leg.refund.till
    own = next((row for row in rows if row.code == code and not row.is_safe), None)
    if own is None:
        return None
    found = holdings(rows, rules)
    missing = holdings([own], rules, before=leg.refund_id)[own.pk].missing(leg.amount)
    if not missing:
        return None
    shifts = Shift.objects.filter(drawer__in=rows, closed_at=None).select_related("drawer", "operator")
    others = [
        (shift, found[shift.drawer_id])
        for shift in shifts
        if shift.drawer_id != own.pk and not shift.drawer.is_safe and found[shift.drawer_id].free >= missing
    ]
    safe = next((found[row.pk].held for row in rows if row.is_safe), 0)
    ways = law.ways_out(leg.amount, missing, others=[holding for _, holding in others], safe=safe)
    return Outlook(missing, ways, others, safe)
