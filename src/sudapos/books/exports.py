"""Entries on their way to accounting programs: vouchers with numbers that stay, and a record of every file.

An entry gets its voucher, and the voucher its number, with the first file that holds it; both stay, so the same
entries make the same file again. Rows are only ever added, by trigger. Amounts in fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, models
from django.db.models import Max, Q

from sudapos.core import sheets
from sudapos.core.chart import Chart
from sudapos.core.journal import MEMO_LENGTH, TO_CONFIRM, Posting
from sudapos.core.recipes import RECIPES
from sudapos.core.refusal import FieldError, Invalid, Refusal
from sudapos.core.sheets import Sheet, SheetLine

from . import audit, chart
from .ledger import Entry

GROUPINGS = ("document", "day")
"""One voucher per entry, or one per store, day and recipe (domain §4.2 rule 6)."""
ENTRIES_AT_MOST = 50_000
NUMBERING = 0x70DD
"""One file at a time gives numbers: the number of an advisory lock."""


class Batch(models.Model):
    """One file that was given away; its id is the batch number. Append-only by trigger."""

    profile = models.CharField(max_length=32)
    since = models.DateField()
    until = models.DateField()
    options = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)
    """SHA-256 of the file."""
    vouchers = models.IntegerField()
    entries = models.IntegerField()
    repeated = models.IntegerField()
    """Entries that an earlier file held already."""
    by = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]


class VoucherNo(models.Model):
    """The number of one voucher within its month. Append-only by trigger."""

    month = models.CharField(max_length=7)
    number = models.IntegerField()
    key = models.CharField(max_length=96, unique=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["month", "number"], name="voucher_number_once_per_month"),
            models.CheckConstraint(condition=Q(number__gt=0), name="voucher_number_is_positive"),
        ]


class ExportedEntry(models.Model):
    """The voucher that an entry belongs to, and the first file that held it. Append-only by trigger."""

    entry = models.ForeignKey("books.Entry", on_delete=models.PROTECT, related_name="exported")
    grouping = models.CharField(max_length=8)
    voucher = models.ForeignKey(VoucherNo, on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["entry", "grouping"], name="entry_in_one_voucher"),
            models.CheckConstraint(condition=Q(grouping__in=GROUPINGS), name="grouping_is_known"),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What to export. Days are business dates, both included; empty texts narrow nothing."""

    since: date
    until: date
    grouping: str = "document"
    store: str = ""
    recipe: str = ""
    business_no: str = ""

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise Invalid("period_backwards")
        if self.grouping not in GROUPINGS:
            raise _wrong("grouping", "not_offered", " ".join(GROUPINGS))
        if self.grouping == "day" and self.business_no:
            raise _wrong("business_no", "not_with_day")


def _wrong(name: str, code: str, message: str = "") -> Invalid:
    return Invalid("input_invalid", errors=[FieldError((name,), code, message)])


@dataclass(slots=True)
class _Group:
    """Entries that make one voucher; `number` is 0 until it has one."""

    key: str
    day: date
    store: str
    recipe: str
    voucher: int | None
    number: int
    entries: dict[int, str] = field(default_factory=dict)
    """Entry → business number."""
    memo: str = ""
    confirm: bool = False
    sums: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(side, account, name) → fen."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The vouchers of a file in their order, and what writing it down takes."""

    wish: Wish
    sheets: Sequence[Sheet]
    groups: Sequence[_Group]
    repeated: int

    @property
    def entries(self) -> int:
        return sum(len(group.entries) for group in self.groups)


ROWS = """
SELECT e.id, e.business_date, e.store, e.recipe, e.business_no, e.memo, l.side, l.account, l.name, l.amount,
       v.id, v.number, v.key
FROM books_entry e JOIN books_line l ON l.entry_id = e.id
LEFT JOIN books_exportedentry x ON x.entry_id = e.id AND x.grouping = %(grouping)s
LEFT JOIN books_voucherno v ON v.id = x.voucher_id
WHERE e.id = ANY(%(entries)s)
ORDER BY e.business_date, e.id, l.position
"""


def first_day() -> date | None:
    """The day of the first entry; None where there is none."""
    return Entry.objects.order_by("business_date").values_list("business_date", flat=True).first()


def last_day() -> date | None:
    return Entry.objects.order_by("-business_date").values_list("business_date", flat=True).first()


def plan(wish: Wish, look: Chart) -> Plan:
    """The vouchers that a file of this wish would hold, in four statements; nothing is written.

    Raises Refusal nothing_to_export, export_too_long and what `sheets.check` raises.
    """
    picked = _picked(wish)
    if len(picked) > ENTRIES_AT_MOST:
        raise Refusal("export_too_long", most=ENTRIES_AT_MOST)
    groups = [group for group in _groups(wish, picked) if any(group.sums.values())]
    if not groups:
        raise Refusal("nothing_to_export", since=wish.since.isoformat(), until=wish.until.isoformat())
    _number(groups)
    groups.sort(key=lambda group: (f"{group.day:%Y-%m}", group.number))
    made = [_sheet(group, look) for group in groups]
    _check(made, look, wish)
    repeated = ExportedEntry.objects.filter(entry__in=picked).values("entry").distinct().count()
    return Plan(wish, made, groups, repeated)


def _picked(wish: Wish) -> list[int]:
    rows = Entry.objects.filter(business_date__gte=wish.since, business_date__lte=wish.until)
    wanted = {"store": wish.store, "recipe": wish.recipe, "business_no": wish.business_no}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    return list(rows.values_list("pk", flat=True)[: ENTRIES_AT_MOST + 1])


def _groups(wish: Wish, picked: Sequence[int]) -> list[_Group]:
    groups: dict[str, _Group] = {}
    fresh: dict[tuple[Any, ...], str] = {}
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"grouping": wish.grouping, "entries": list(picked)})
        for entry, day, store, recipe, no, memo, side, account, name, amount, voucher, number, key in cursor:
            if key is None:
                together = (entry,) if wish.grouping == "document" else (day, store, recipe)
                # by the first entry: what comes in for the same day after a file was given makes a voucher of its own
                key = fresh.setdefault(together, f"{wish.grouping}:{day}:{store}:{recipe}:{entry}")
            group = groups.setdefault(key, _Group(key, day, store, recipe, voucher, number or 0))
            group.entries[entry] = no
            group.memo = memo
            group.confirm = group.confirm or memo.startswith(TO_CONFIRM)
            group.sums[side, account, name] += amount
    return list(groups.values())


def _number(groups: Sequence[_Group]) -> None:
    """Numbers for vouchers that have none yet: the next ones of their month, by day and entry."""
    months = {f"{group.day:%Y-%m}" for group in groups if not group.number}
    rows = VoucherNo.objects.filter(month__in=months).values_list("month").annotate(last=Max("number"))
    last: Counter[str] = Counter(dict(rows))
    for group in groups:
        if not group.number:
            last[f"{group.day:%Y-%m}"] += 1
            group.number = last[f"{group.day:%Y-%m}"]


def _sheet(group: _Group, look: Chart) -> Sheet:
    lines = [
        look.shown(Posting(side=side, account=account, name=name, amount=amount))
        for (side, account, name), amount in group.sums.items()
        if amount
    ]
    return Sheet(
        day=group.day,
        number=group.number,
        memo=sheets.fit(_memo(group)),
        store=group.store,
        lines=tuple(
            SheetLine(side=line.side, code=line.account, name=line.name, amount=line.amount) for line in lines
        ),
    )


def _memo(group: _Group) -> str:
    """The entry's own, or what a day holds: how many documents, the first and the last."""
    if group.key.startswith("document:"):
        return group.memo
    numbers = list(group.entries.values())
    title = RECIPES[group.recipe].title if group.recipe in RECIPES else group.recipe
    marked = f"{TO_CONFIRM} {title}" if group.confirm else title
    ends = numbers[:1] if len(numbers) == 1 else [numbers[0], numbers[-1]]
    room = (MEMO_LENGTH - len(marked) - len(f" {len(numbers)}笔 –")) // len(ends)
    return f"{marked} {len(numbers)}笔 {'–'.join(sheets.fit(no, max(8, room)) for no in ends)}"


def _check(made: Sequence[Sheet], look: Chart, wish: Wish) -> None:
    wrong = list(chart.faults(look))
    if wrong:
        raise Invalid("chart_invalid", errors=wrong)
    sheets.check(made, chart=look, since=wish.since, until=wish.until)
    sheets.check_rows([(sheet.day, sheet.number) for sheet in made for _ in sheet.lines])


def lock() -> None:
    """Wait until nobody else gives numbers; held until the end of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [NUMBERING])


def keep(
    made: Plan, *, profile: str, options: Mapping[str, str], digest: str, by: str, at: datetime
) -> Batch:
    """Write the file down: its vouchers' numbers, its entries, its digest, and who took it. In a transaction."""
    wish = made.wish
    batch = Batch.objects.create(
        profile=profile,
        since=wish.since,
        until=wish.until,
        options=dict(options),
        digest=digest,
        vouchers=len(made.sheets),
        entries=made.entries,
        repeated=made.repeated,
        by=by,
        at=at,
    )
    fresh = [group for group in made.groups if group.voucher is None]
    numbers = VoucherNo.objects.bulk_create(
        VoucherNo(month=f"{group.day:%Y-%m}", number=group.number, key=group.key) for group in fresh
    )
    ExportedEntry.objects.bulk_create(
        ExportedEntry(entry_id=entry, grouping=wish.grouping, voucher=number, batch=batch)
        for group, number in zip(fresh, numbers, strict=True)
        for entry in group.entries
    )
    facts = {"profile": profile, "since": wish.since.isoformat(), "until": wish.until.isoformat()}
    facts |= {"digest": digest[:16], "entries": str(made.entries), "repeated": str(made.repeated)}
    act = audit.Act(
        act="journal.exported",
        subject="batch",
        subject_no=str(batch.pk),
        by=by,
        store=wish.store,
        facts=facts,
    )
    audit.write([act], at=at)
    return batch


def batches(*, store: str = "", limit: int = 50) -> list[Batch]:
    """The newest files first; with `store` those of that store alone."""
    rows = Batch.objects.filter(options__store=store) if store else Batch.objects.all()
    return list(rows[:limit])


def batch_of(entries: Sequence[int]) -> dict[int, int]:
    """Entry → the first batch that held it."""
    rows = ExportedEntry.objects.filter(entry__in=entries).order_by("-batch_id")
    return dict(rows.values_list("entry_id", "batch_id"))
