"""What the bank received from channels: booked once, and held against the statements' days that it pays (domain §1.4).

With the sale and the channel's statement it is the third way: ours, theirs, the bank's. Who paid is held against the licence card (§1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import models, transaction

from sudapos.core import journal
from sudapos.core.findings import Kind

from . import audit, findings, ledger
from .findings import Finding
from .licences import LicenceCard
from .shops import Account
from .statements import Statement

LONGEST_RUN = 31
"""Days that one payout may cover: a monthly cycle."""


class BankCredit(models.Model):
    """One line of the bank's statement that a channel paid. Amount in fen. Append-only by trigger."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="credits")
    value_day = models.DateField()
    amount = models.BigIntegerField()
    payer = models.CharField(max_length=120, blank=True, default="")
    reference = models.CharField(max_length=64, blank=True, default="")
    digest = models.CharField(max_length=64, unique=True)
    days = models.JSONField(default=list)
    """The statements' days that it pays; empty where none fits."""
    entry = models.ForeignKey(ledger.Entry, on_delete=models.PROTECT, related_name="+")
    loaded_at = models.DateTimeField()
    loaded_by = models.CharField(max_length=64)

    class Meta:
        ordering = ["-value_day", "-id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="bank_credit_above_zero")
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditDraft:
    """One line of the bank's statement. `digest` names the line, so that a file may come twice."""

    value_day: date
    amount: int
    payer: str
    reference: str
    digest: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a list of lines."""

    booked: Sequence[BankCredit]
    known: int
    foreign: int
    """Lines that no channel of ours paid."""
    opened: Sequence[Finding]


@transaction.atomic
def take(drafts: Sequence[CreditDraft], *, by: str, at: datetime) -> Settled:
    """Book what channels paid; lines that are there already and lines of others are left alone. Answers the findings, too."""
    accounts = list(Account.objects.select_for_update(of=("self",)).order_by("pk"))
    there = set(
        BankCredit.objects.filter(digest__in=[d.digest for d in drafts]).values_list("digest", flat=True)
    )
    fresh = [d for d in drafts if d.digest not in there]
    board = _Board.of(accounts)
    booked, odd = [], []
    for draft in sorted(fresh, key=lambda d: (d.value_day, d.digest)):
        found = board.place(draft)
        if found is None:
            continue
        booked.append(_book(draft, found, by, at))
        odd += _odd(draft, found, board.names)
    opened = findings.open(odd, at=at)
    if booked:
        facts = {"rows": len(booked), "amount": sum(row.amount for row in booked)}
        audit.write(
            [
                audit.Act(
                    act="settlement.loaded",
                    subject="settlement",
                    subject_no=f"{at:%Y%m%d%H%M%S}",
                    by=by,
                    facts=facts,
                )
            ],
            at=at,
        )
    return Settled(booked, len(drafts) - len(fresh), len(fresh) - len(booked), opened)


@dataclass(frozen=True, slots=True)
class _Place:
    """The account that paid, the days that it paid for, and what was expected where none fits."""

    account: Account
    days: Sequence[date]
    by_name: bool
    expected: int


@dataclass
class _Board:
    """What each account still owes, day by day, and by what name it pays."""

    owed: dict[int, dict[date, int]]
    accounts: dict[int, Account]
    names: dict[int, str]

    @classmethod
    def of(cls, accounts: Iterable[Account]) -> _Board:
        rows = {row.pk: row for row in accounts}
        owed: dict[int, dict[date, int]] = {pk: {} for pk in rows}
        for row in Statement.objects.filter(current=True, account__in=rows).order_by("day"):
            net = sum(int(of.get("net", 0)) for of in row.sums.values())
            if net:
                owed[row.account_id][row.day] = net
        for account_id, days in BankCredit.objects.filter(account__in=rows).values_list("account_id", "days"):
            for day in days:
                owed[account_id].pop(date.fromisoformat(day), None)
        cards = LicenceCard.objects.filter(account__in=rows).exclude(legal_name="")
        return cls(owed, rows, dict(cards.values_list("account_id", "legal_name")))

    def place(self, draft: CreditDraft) -> _Place | None:
        """The account by the payer's name, else by an amount that only one of them owes; None for money of others."""
        payer = draft.payer.strip()
        named = [pk for pk, name in self.names.items() if payer and name == payer]
        runs = {pk: run for pk in (named or self.owed) if (run := self._run(pk, draft))}
        if len(runs) == 1:
            pk, run = next(iter(runs.items()))
        elif named and not runs:
            pk, run = named[0], []
        elif named:
            pk, run = min(runs.items(), key=lambda item: item[1])
        else:
            return None
        expected = sum(self.owed[pk].pop(day) for day in run) if run else self._next(pk, draft)
        return _Place(self.accounts[pk], run, bool(named), expected)

    def _run(self, pk: int, draft: CreditDraft) -> list[date]:
        """The earliest unpaid days, one after the other, that come to the amount."""
        days = [day for day in sorted(self.owed[pk]) if day <= draft.value_day]
        for start in range(len(days)):
            total, run = 0, []
            for day in days[start : start + LONGEST_RUN]:
                total += self.owed[pk][day]
                run.append(day)
                if total == draft.amount:
                    return run
        return []

    def _next(self, pk: int, draft: CreditDraft) -> int:
        days = [day for day in sorted(self.owed[pk]) if day <= draft.value_day]
        return self.owed[pk][days[0]] if days else 0


def _book(draft: CreditDraft, place: _Place, by: str, at: datetime) -> BankCredit:
    number = f"{place.account.name} {draft.reference or draft.digest[:8]}"[:60]
    entry = journal.draft("J03b", number, channel=place.account.channel, amount=draft.amount)
    [posted] = ledger.post([ledger.Posted(entry, draft.value_day, "")], at=at)
    return BankCredit.objects.create(
        account=place.account,
        value_day=draft.value_day,
        amount=draft.amount,
        payer=draft.payer[:120],
        reference=draft.reference[:64],
        digest=draft.digest,
        days=[f"{day}" for day in place.days],
        entry=posted,
        loaded_at=at,
        loaded_by=by,
    )


def _odd(draft: CreditDraft, place: _Place, names: dict[int, str]) -> list[findings.Draft]:
    """Money that fits no day, and a payer who is not the institution of the contract."""
    theirs: dict[str, Any] = {
        "kind": "bank",
        "amount": draft.amount,
        "number": draft.reference,
        "at": f"{draft.value_day}",
        "payer": draft.payer,
    }
    found: list[tuple[Kind, dict[str, Any]]] = []
    if not place.days:
        found.append((Kind.SETTLEMENT_DIFFERS, {"amount": place.expected}))
    name = names.get(place.account.pk, "")
    if name and not place.by_name:
        found.append((Kind.PAYER_DIFFERS, {"payer": name}))
    return [
        findings.Draft(
            kind=kind,
            account=place.account,
            day=draft.value_day,
            key=f"{place.account.pk} bank {kind} {draft.digest[:16]}",
            number=draft.reference,
            ours=ours,
            theirs=theirs,
        )
        for kind, ours in found
    ]
