"""After a restore: numbers jump, what was on its way is asked about and never sent, and somebody opens the shop again (F30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from sudapos.core import calendar, capability, masking
from sudapos.core.lifecycle import Event, LegState
from sudapos.core.outcome import Verb
from sudapos.core.refusal import Refusal

from . import audit, batch_runs, shops
from .changes import BY_HAND, Changes
from .legs import Attempt, Leg
from .sales import Payment
from .shops import Merchant
from .statements import Statement
from .terminals import TRACES, Terminal

GAP = 10_000
"""How far every number sequence jumps: more than a shop opens between two backups."""
TRACE_GAP = 1_000
"""A card terminal's trace number has six digits and starts again, so it jumps less far."""
ON_THE_WAY = (LegState.SENDING, LegState.ACCEPTED, LegState.IN_DOUBT)
NO_ANSWER = ("", "unknown", "deferred")
"""What an attempt's outcome says when the channel said nothing."""


@dataclass(frozen=True, slots=True)
class Left:
    """What stands between a restored shop and its opening."""

    legs: int
    statements: list[tuple[str, date]]
    """Account and day without a statement since the backup."""


@transaction.atomic
def begin(about: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """Stop the shop and make every number new. `about` is the backup's manifest in short."""
    row = Merchant.objects.select_for_update().get(id=1)
    before = [*about.get("tags", []), row.tag]
    tag = row.tag
    while tag in before:
        tag = shops.new_tag()
    row.restored_at, row.tag, row.restored = at, tag, {**about, "tags": before}
    row.save(update_fields=["restored_at", "tag", "restored"])
    _jump()
    for number in batch_runs.running():
        batch_runs.stop(
            number, error="restored", at=at
        )  # what it opened since is not known: a person goes on
    count = _doubt(at)
    facts = {"taken_at": about.get("taken_at", ""), "head": about.get("head", ""), "gap": GAP, "asked": count}
    _tell("backup.restored", by, facts, at)


def _jump() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE sequencename LIKE 'books\\_%\\_number'")
        for (name,) in cursor.fetchall():
            cursor.execute("SELECT setval(%s::regclass, nextval(%s::regclass) + %s)", [name, name, GAP])
    for terminal in Terminal.objects.select_for_update().order_by("pk"):
        terminal.trace_no = (terminal.trace_no + TRACE_GAP - 1) % TRACES + 1
        terminal.save(update_fields=["trace_no"])


def _doubt(at: datetime) -> int:
    """Whatever may have been sent since the backup is in doubt until its channel says how it stands; how many."""
    changes = Changes(at)
    legs = list(
        Leg.objects.select_for_update(of=("self",))
        .select_related("payment", "account", "refund__store")
        .defer("account__config")
        .filter(state__in=(LegState.READY, *ON_THE_WAY))
        .exclude(route__in=BY_HAND)
        .order_by("id")
    )
    for leg in legs:
        if leg.state == LegState.READY:
            changes.move(leg, Event.SEND, by="restore", code="restored")
            leg.first_sent_at = leg.first_sent_at or at
            leg.last_sent_at = at
        if leg.state == LegState.SENDING:
            changes.move(leg, Event.LOSE, by="restore", code="restored")
        leg.due_at, leg.lease_until = at, None
    changes.write(legs)
    # a plain no may have been tried anew since: the old number is asked about once more
    again = Leg.objects.filter(state__in=(LegState.FAILED, LegState.BOUNCED), last_sent_at__isnull=False)
    return len(legs) + again.exclude(route__in=BY_HAND).update(recheck=True, due_at=at)


def left() -> Left:
    """What is still missing. Raises Refusal not_restored."""
    row = shops.merchant()
    if row.restored_at is None:
        raise Refusal("not_restored")
    return Left(_unasked(row.restored_at).count(), list(_without_statement(row)))


def _unasked(since: datetime) -> QuerySet[Leg]:
    """Legs on their way, at a channel that can be asked, without an answer since then."""
    answered = Attempt.objects.filter(leg=OuterRef("pk"), verb=Verb.ASK, started_at__gte=since)
    answered = answered.exclude(outcome__in=NO_ANSWER)
    askable = [name for name, ability in capability.TABLE.items() if ability.askable]
    return Leg.objects.filter(
        Q(state__in=ON_THE_WAY) | Q(recheck=True), ~Exists(answered), channel__in=askable
    ).exclude(route__in=BY_HAND)


def _without_statement(row: Merchant) -> Iterator[tuple[str, date]]:
    """Each day from the backup's to the restore's: what was refunded then is known to nobody else."""
    assert row.restored_at is not None
    taken = datetime.fromisoformat(row.restored["taken_at"])
    day, last = (moment.astimezone(calendar.SHANGHAI).date() for moment in (taken, row.restored_at))
    there = set(
        Statement.objects.filter(day__gte=day, loaded_at__gte=row.restored_at).values_list(
            "account_id", "day"
        )
    )
    paid = Payment.objects.filter(account__isnull=False).values("account_id")
    accounts = list(shops.Account.objects.filter(pk__in=paid).order_by("name"))
    while day <= last:
        for account in accounts:
            if (account.pk, day) not in there:
                yield account.name, day
        day += timedelta(days=1)


@transaction.atomic
def reopen(*, even_so: str = "", by: str, at: datetime) -> None:
    """Money may leave again. Raises Refusal not_restored, restore_not_asked, restore_statements_missing.

    `even_so` is a reason to open although something is missing; it is kept. What is in doubt stays in doubt and is
    never sent again before its channel has said that it does not know it.
    """
    row = Merchant.objects.select_for_update().get(id=1)
    missing = left()
    if not even_so.strip():
        if missing.legs:
            raise Refusal("restore_not_asked", count=missing.legs)
        if missing.statements:
            named = [f"{account} {day}" for account, day in missing.statements]
            raise Refusal("restore_statements_missing", missing="、".join(named[:6]))
    row.restored_at = None
    row.save(update_fields=["restored_at"])
    facts: dict[str, Any] = {"unasked": missing.legs, "statements": len(missing.statements)}
    if even_so.strip():
        facts["even_so"] = masking.scan(even_so.strip())[:200]
    _tell("shop.reopened", by, facts, at)


def made(facts: Mapping[str, Any], *, by: str, at: datetime) -> None:
    """A backup is being taken; written before its snapshot, so that the restored books know of it."""
    _tell("backup.made", by, facts, at)


def _tell(name: str, by: str, facts: Mapping[str, Any], at: datetime) -> None:
    audit.write([audit.Act(act=name, subject="merchant", subject_no="1", by=by, facts=facts)], at=at)
