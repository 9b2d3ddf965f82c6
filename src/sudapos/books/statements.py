"""What channels say about a day: their files as they were read, line by line, and what matching made of them.

A file is kept once: the same content again changes nothing, other content for the same day is a new version beside the old one,
and says what changed. Lines are only ever added, by trigger.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Q

from sudapos.core.refusal import NotFound

from . import audit
from .shops import Account

CHUNK = 20_000
"""Lines handed to the database at a time."""
PROBLEMS_KEPT = 1_000


class Reading(models.Model):
    """How an account's files are read, and whether one is due for every day."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="reading")
    format = models.CharField(max_length=12)
    mapping = models.JSONField(default=dict)
    """Columns, for the format `mapped`."""
    expected = models.BooleanField(default=True)
    """A day is not over without this account's file."""
    changed_at = models.DateTimeField()


class Statement(models.Model):
    """One file of one account for one day. `current` is the version that counts."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="statements")
    day = models.DateField()
    version = models.IntegerField()
    current = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)
    """SHA-256 of the file; of nothing for a day without trade."""
    file_name = models.CharField(max_length=200)
    kept_as = models.CharField(max_length=200, blank=True, default="")
    """Where the file lies below SUDAPOS_HOME."""
    format = models.CharField(max_length=12)
    origin = models.CharField(max_length=8)
    """upload, fetch, folder or command."""
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=64)
    count = models.IntegerField(default=0)
    problems = models.JSONField(default=list)
    totals = models.JSONField(default=list)
    sums = models.JSONField(default=dict)
    changes = models.JSONField(default=dict)
    """Lines added and gone since the version before."""
    matched_at = models.DateTimeField(null=True)
    result = models.JSONField(default=dict)
    fee_charged = models.BigIntegerField(default=0)
    fee_returned = models.BigIntegerField(default=0)
    """Fees in fen that this version booked; a later version books the difference only."""

    class Meta:
        ordering = ["-day", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["account", "day", "version"], name="statement_version_once"),
            models.UniqueConstraint(fields=["account", "day", "digest"], name="statement_file_once_per_day"),
            models.UniqueConstraint(
                fields=["account", "day"], name="one_current_statement_per_day", condition=Q(current=True)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account.name} {self.day:%Y-%m-%d} v{self.version}"


class StatementLine(models.Model):
    """One row as the channel books it. `number` and `ref` are of the refund where it is one, else of the payment."""

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines")
    line = models.IntegerField()
    kind = models.CharField(max_length=6)
    amount = models.BigIntegerField()
    number = models.CharField(max_length=64, blank=True, default="")
    ref = models.CharField(max_length=64, blank=True, default="")
    order_no = models.CharField(max_length=64, blank=True, default="")
    order_ref = models.CharField(max_length=64, blank=True, default="")
    fee = models.BigIntegerField(null=True)
    net = models.BigIntegerField(null=True)
    state = models.CharField(max_length=8, default="settled")
    """settled, accepted, failed, or unknown where the file's word is not on the list."""
    happened_at = models.DateTimeField(null=True)
    said = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["statement", "line"], name="statement_line_place"),
            models.Index(fields=["number"], name="statement_line_number", condition=~Q(number="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="statement_line_amount_has_no_sign"),
            models.CheckConstraint(
                condition=Q(kind__in=["sale", "refund", "void", "other"]), name="statement_line_kind"
            ),
        ]


COLUMNS = (
    *("line", "kind", "amount", "number", "ref", "order_no", "order_ref", "fee", "net", "state"),
    *("happened_at", "said"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDraft:
    """One row before it is kept. Amounts in fen; `fee` is a cost above zero."""

    line: int
    kind: str
    amount: int
    number: str = ""
    ref: str = ""
    order_no: str = ""
    order_ref: str = ""
    fee: int | None = None
    net: int | None = None
    state: str = "settled"
    happened_at: datetime | None = None
    said: Mapping[str, str] = field(default_factory=dict)

    def face(self) -> tuple[object, ...]:
        """What makes two rows of two versions the same, wherever they stand."""
        return (
            self.kind,
            self.amount,
            self.number,
            self.ref,
            self.order_no,
            self.order_ref,
            self.fee,
            self.state,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A file that was read."""

    account: Account
    day: date
    digest: str
    file_name: str
    format: str
    origin: str
    lines: Sequence[LineDraft]
    problems: Sequence[Mapping[str, Any]] = ()
    totals: Sequence[Mapping[str, Any]] = ()
    kept_as: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """The statement, and what became of the file: new, same (nothing happened) or changed."""

    statement: Statement
    status: str


@transaction.atomic
def keep(draft: Draft, *, by: str, at: datetime) -> Kept:
    """Keep a file and its lines. The same file again answers the statement that it made."""
    Account.objects.select_for_update().get(pk=draft.account.pk)
    versions = list(Statement.objects.filter(account=draft.account, day=draft.day).order_by("version"))
    for known in versions:
        if known.digest == draft.digest:
            return Kept(known, "same")
    before = versions[-1] if versions else None
    if before is not None:
        Statement.objects.filter(account=draft.account, day=draft.day, current=True).update(current=False)
    row = Statement.objects.create(
        account=draft.account,
        day=draft.day,
        version=before.version + 1 if before else 1,
        digest=draft.digest,
        file_name=draft.file_name[:200],
        kept_as=draft.kept_as[:200],
        format=draft.format,
        origin=draft.origin,
        loaded_at=at,
        loaded_by=by,
        count=len(draft.lines),
        problems=[dict(problem) for problem in draft.problems[:PROBLEMS_KEPT]],
        totals=[dict(total) for total in draft.totals],
        sums=_sums(draft.lines),
        changes=_changes(before, draft.lines) if before else {},
    )
    _write_lines(row, draft.lines)
    told = {
        "day": f"{draft.day}",
        "file": draft.file_name[:100],
        "digest": draft.digest[:16],
        "rows": row.count,
    }
    act = "statement.changed" if before else "statement.loaded"
    _tell(act, draft.account.name, by, at, told | {"version": row.version, "origin": draft.origin})
    return Kept(row, "changed" if before else "new")


def _sums(lines: Iterable[LineDraft]) -> dict[str, dict[str, int]]:
    """Kind → how many, fen, fees charged, fees returned, and what reaches the merchant."""
    sums: dict[str, Counter[str]] = {}
    for line in lines:
        of = sums.setdefault(line.kind, Counter())
        of["count"] += 1
        of["amount"] += line.amount
        fee = line.fee or 0
        of["fee_charged"] += max(0, fee)
        of["fee_returned"] += max(0, -fee)
        of["net"] += net_of(line.kind, line.amount, line.fee, line.net)
    return {kind: dict(of) for kind, of in sorted(sums.items())}


def net_of(kind: str, amount: int, fee: int | None, net: int | None) -> int:
    """What a row adds to what the channel owes us, in fen: as it says itself, else amount less fee."""
    if net is not None:
        return net
    return (amount if kind == "sale" else -amount if kind in ("refund", "void") else 0) - (fee or 0)


def _changes(before: Statement, lines: Sequence[LineDraft]) -> dict[str, int]:
    old: Counter[tuple[object, ...]] = Counter(
        (row.kind, row.amount, row.number, row.ref, row.order_no, row.order_ref, row.fee, row.state)
        for row in before.lines.all()
    )
    new = Counter(line.face() for line in lines)
    return {"added": (new - old).total(), "gone": (old - new).total()}


def _write_lines(row: Statement, lines: Sequence[LineDraft]) -> None:
    """By COPY: a day of a chain has a million."""
    columns = ", ".join(("statement_id", *COLUMNS))
    with connection.cursor() as cursor:
        for start in range(0, len(lines), CHUNK):
            with cursor.copy(f"COPY books_statementline ({columns}) FROM STDIN") as copy:
                for line in lines[start : start + CHUNK]:
                    copy.write_row((row.pk, *_values(line)))


def _values(line: LineDraft) -> list[object]:
    texts = {name: getattr(line, name)[:64] for name in ("number", "ref", "order_no", "order_ref")}
    kept = {name: texts.get(name, getattr(line, name)) for name in COLUMNS}
    kept["said"] = json.dumps(dict(line.said), ensure_ascii=False)
    return list(kept.values())


def _tell(act: str, account: str, by: str, at: datetime, facts: Mapping[str, Any]) -> None:
    audit.write([audit.Act(act=act, subject="account", subject_no=account, by=by, facts=facts)], at=at)


def get(statement_id: int) -> Statement:
    """Raises NotFound."""
    row = Statement.objects.select_related("account").filter(pk=statement_id).first()
    if row is None:
        raise NotFound("statement_not_found", number=statement_id)
    return row


def current(accounts: Iterable[Account], days: Iterable[date]) -> dict[tuple[int, date], Statement]:
    """(account's id, day) → the version that counts."""
    rows = Statement.objects.filter(current=True, account__in=list(accounts), day__in=list(days))
    return {(row.account_id, row.day): row for row in rows.select_related("account")}


def readings(accounts: Iterable[Account]) -> dict[int, Reading]:
    """By the account's id."""
    return {row.account_id: row for row in Reading.objects.filter(account__in=list(accounts))}


def put_reading(
    account: Account, *, format: str, mapping: Mapping[str, Any], expected: bool, by: str, at: datetime
) -> Reading:
    """Say how an account's files are read."""
    with transaction.atomic():
        row, _ = Reading.objects.update_or_create(
            account=account,
            defaults={"format": format, "mapping": dict(mapping), "expected": expected, "changed_at": at},
        )
        facts = {"format": format, "expected": expected, "columns": sorted(mapping.get("columns", {}))}
        _tell("statement.reading", account.name, by, at, facts)
    return row


def matched(row: Statement, result: Mapping[str, Any], *, at: datetime) -> None:
    """Keep what matching made of a statement."""
    row.result, row.matched_at = dict(result), at
    row.save(update_fields=["result", "matched_at"])


def copy_csv(query: str, values: Mapping[str, object], out: io.BufferedIOBase) -> None:
    """The rows of a query as csv with a heading, straight from the database."""
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT csv, HEADER)", values) as copy,
    ):
        for piece in copy:
            out.write(piece)
