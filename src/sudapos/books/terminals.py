"""What a POS terminal must not forget, and what its slips say: batch, keys, trace numbers, every transaction (iso8583 §5–§9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from . import audit
from .sealing import SealedJson, SealedText
from .shops import Account

TRACES = 999_999
"""Trace numbers run from 1 to here and begin again."""
UNHEARD = timedelta(seconds=90)
"""A void that was sent and not answered for so long was cut off: its reversal is owed."""
PLACED, SENT, APPROVED, DECLINED = "free", "sent", "approved", "declined"
REVERSING, REVERSED, STUCK = "reversing", "reversed", "stuck"


class Terminal(models.Model):
    """One terminal, by its account. `key_block` is what the last sign-on brought, still under the master key."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="terminal")
    batch_no = models.CharField(max_length=6, default="000000")
    trace_no = models.IntegerField(default=0)
    key_block = SealedText(default="")
    signed_on_at = models.DateTimeField(null=True)


class TerminalRecord(models.Model):
    """One transaction of a terminal. Amount in fen; `reversal` holds no card number."""

    terminal = models.ForeignKey(Terminal, on_delete=models.PROTECT, related_name="records")
    kind = models.CharField(max_length=8)
    """sale, void, refund."""
    number = models.CharField(max_length=64)
    """Ours: the refund number of a leg, or the number of a sale."""
    batch_no = models.CharField(max_length=6)
    trace_no = models.CharField(max_length=6)
    amount = models.BigIntegerField()
    state = models.CharField(max_length=10, default=PLACED)
    reference_no = models.CharField(max_length=12, blank=True, default="")
    auth_code = models.CharField(max_length=6, blank=True, default="")
    response = models.CharField(max_length=40, blank=True, default="")
    card_masked = models.CharField(max_length=32, blank=True, default="")
    reversal = SealedJson(default=dict)
    tries = models.IntegerField(default=0)
    at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["terminal", "batch_no", "trace_no"], name="trace_once_per_batch"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="terminal_amount_above_zero"),
        ]
        indexes = [models.Index(fields=["number"], name="terminal_by_number")]


FACTS = ("reference_no", "auth_code", "response", "card_masked", "reversal", "tries")


def of(account: str) -> Terminal:
    """The terminal of an account, made at its first use."""
    found = Terminal.objects.filter(account__name=account).first()
    if found is None:
        row = Account.objects.get(name=account)
        found, _ = Terminal.objects.get_or_create(account=row)
    return found


def sign_on(account: str, *, batch_no: str, key_block: str, at: datetime) -> None:
    """Keep the host's batch and keys; both empty: the keys are of no more use."""
    with transaction.atomic():
        terminal = _locked(account)
        terminal.batch_no = batch_no or terminal.batch_no
        terminal.key_block = key_block
        if key_block:
            terminal.signed_on_at = at
        terminal.save(update_fields=["batch_no", "key_block", "signed_on_at"])
        if key_block:
            act = audit.Act(
                act="terminal.signed_on",
                subject="account",
                subject_no=account,
                by="terminal",
                facts={"batch_no": batch_no},
            )
            audit.write([act], at=at)


@transaction.atomic
def next_trace(account: str) -> str:
    """Six digits, given once."""
    return _next(_locked(account))


def _locked(account: str) -> Terminal:
    of(account)
    return Terminal.objects.select_for_update().get(account__name=account)


def _next(terminal: Terminal) -> str:
    terminal.trace_no = terminal.trace_no % TRACES + 1
    terminal.save(update_fields=["trace_no"])
    return f"{terminal.trace_no:06d}"


@transaction.atomic
def place(account: str, number: str, *, kind: str, amount: int, at: datetime) -> TerminalRecord:
    """Where this number stands: its last record, or a new one in the open batch where it was declined or is new."""
    terminal = _locked(account)
    known = found(account, number)
    if known is not None and known.state != DECLINED:
        return known
    return TerminalRecord.objects.create(
        terminal=terminal,
        kind=kind,
        number=number,
        batch_no=terminal.batch_no,
        trace_no=_next(terminal),
        amount=amount,
        at=at,
        changed_at=at,
    )


def found(account: str, number: str) -> TerminalRecord | None:
    """The last record of a number."""
    return (
        TerminalRecord.objects.filter(terminal__account__name=account, number=number).order_by("-id").first()
    )


def mark(
    account: str, batch_no: str, trace_no: str, state: str, facts: Mapping[str, Any], *, at: datetime
) -> None:
    """Keep a state with what the host said. A reversal that is given up is written down for people."""
    with transaction.atomic():
        row = TerminalRecord.objects.select_for_update().get(
            terminal__account__name=account, batch_no=batch_no, trace_no=trace_no
        )
        row.state, row.changed_at = state, at
        for name in FACTS:
            if name in facts:
                setattr(row, name, facts[name])
        row.save(update_fields=["state", "changed_at", *(name for name in FACTS if name in facts)])
        if state in (STUCK, REVERSED):
            told = {"batch_no": batch_no, "trace_no": trace_no, "amount": row.amount, "number": row.number}
            act = audit.Act(
                act=f"terminal.{state}", subject="account", subject_no=account, by="terminal", facts=told
            )
            audit.write([act], at=at)


def owed(account: str, *, at: datetime) -> list[TerminalRecord]:
    """Records whose reversal must go out before the next transaction, oldest first."""
    cut_off = Q(state=SENT, kind__in=("sale", "void"), changed_at__lt=at - UNHEARD)
    rows = TerminalRecord.objects.filter(Q(state=REVERSING) | cut_off, terminal__account__name=account)
    return list(rows.order_by("id"))


def batch(account: str, batch_no: str) -> list[TerminalRecord]:
    """What was approved in a batch."""
    rows = TerminalRecord.objects.filter(terminal__account__name=account, batch_no=batch_no, state=APPROVED)
    return list(rows.order_by("trace_no"))


def settled(account: str, *, batch_no: str, balanced: bool, uploaded: int, by: str, at: datetime) -> None:
    """Write down how a batch was closed."""
    facts = {"batch_no": batch_no, "balanced": balanced, "uploaded": uploaded}
    act = audit.Act(act="terminal.settled", subject="account", subject_no=account, by=by, facts=facts)
    audit.write([act], at=at)


def open_batches(account_ids: Iterable[int]) -> dict[int, str]:
    """Account's id → batch that is open, for accounts that have a terminal."""
    rows = Terminal.objects.filter(account_id__in=set(account_ids))
    return dict(rows.values_list("account_id", "batch_no"))


def numbers_at(account: str, places: Iterable[str]) -> dict[str, str]:
    """Batch and trace number as an acquirer's list shows them (twelve digits) → our number of that transaction."""
    wanted = set(places)
    rows = TerminalRecord.objects.filter(
        terminal__account__name=account,
        batch_no__in={place[:6] for place in wanted},
        trace_no__in={place[6:] for place in wanted},
    )
    found = {f"{row.batch_no}{row.trace_no}": row.number for row in rows}
    return {place: found[place] for place in wanted if place in found}


def slips(numbers: Iterable[str]) -> dict[str, TerminalRecord]:
    """Refund number → its record, for what a terminal's slip must show (iso8583 §11)."""
    rows = (
        TerminalRecord.objects.filter(number__in=set(numbers))
        .select_related("terminal__account")
        .order_by("id")
    )
    return {row.number: row for row in rows}
