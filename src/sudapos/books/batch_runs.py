"""A batch on its way: opens what was approved, a portion at a time, as ordinary refunds.

Each portion is one commit under keys made of the batch's number: killed between any two lines, the next worker goes on
and nobody is asked for twice. What would come out otherwise than it was approved is not opened. Amounts in fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Q

from sudapos.core import batches, capability, lifecycle
from sudapos.core.batches import BatchState, ItemState
from sudapos.core.lifecycle import OPEN_STATES, LegState, RefundState
from sudapos.core.refusal import Refusal

from . import audit, batch_stands, bulk, card_backs, decisions, outbox, requests, shops
from .alerts import Alert
from .approvals import Approval
from .batch_decisions import given, plain, request
from .batches import BatchApproval, BatchItem, RefundBatch, act, move
from .changes import BY_HAND
from .legs import Leg
from .refunds import Refund, message
from .requests import Opened
from .shops import Account

AT_ONCE = 200
"""Refunds of one portion: one commit, short enough that a till never waits for it."""
MOST_WAITING = 100
"""Refunds of batches that may wait for one account: a channel that is slow or short of funds is not given more."""
COUNTING_RULES = ("FR06", "FR10")
"""Signs that only count how many refunds one person makes: in a batch that is what was approved."""


def running() -> list[str]:
    """Batches that have something to do, oldest first."""
    rows = RefundBatch.objects.filter(state=BatchState.RUNNING).order_by("id")
    return list(rows.values_list("batch_no", flat=True))


@transaction.atomic
def turn(batch_no: str, *, at: datetime, most: int = AT_ONCE) -> int:
    """Open the next portion, or finish when nothing is left to do. Answers how many items moved; 0 if another worker has it."""
    batch = (
        RefundBatch.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("store", "operator")
        .filter(batch_no=batch_no, state=BatchState.RUNNING)
        .first()
    )
    if batch is None:
        return 0
    items = _next(batch, _rooms(at), most)
    if items:
        _run(batch, items, at)
        return len(items)
    return _finish(batch, at)


def _rooms(at: datetime) -> dict[int, int]:
    """Account → how many refunds of batches it may be given now."""
    rules = shops.rules_of(shops.merchant())
    recent = Leg.objects.filter(background=True, created_at__gt=at - timedelta(seconds=60))
    short = Count("id", filter=Q(created_at__gt=at - timedelta(seconds=6)))
    told = recent.values("account_id").annotate(short=short, long=Count("id"))
    lately = {row["account_id"]: row for row in told}
    ready = Leg.objects.filter(background=True, state=LegState.READY).values("account_id")
    waiting = {row["account_id"]: row["count"] for row in ready.annotate(count=Count("id"))}
    rooms = {}
    for pk, name, channel in Account.objects.values_list("id", "name", "channel"):
        own = rules.batch_per_minute.get(name, rules.batch_per_minute.get(channel))
        pace = batches.pace(capability.get(channel).batch_per_minute if own is None else own)
        seen = lately.get(pk, {"short": 0, "long": 0})
        rooms[pk] = batches.room(
            pace,
            lately=seen["short"] if pace.seconds == 6 else seen["long"],
            waiting=waiting.get(pk, 0),
            most_waiting=MOST_WAITING,
        )
    return rooms


def _next(batch: RefundBatch, rooms: Mapping[int, int], most: int) -> list[BatchItem]:
    """The next items whose accounts have room; one account that is full holds up nobody else's."""
    rows = batch.items.filter(state=ItemState.READY)
    for account in [pk for pk, room in rooms.items() if not room]:
        rows = rows.exclude(accounts__contains=[account])
    room, chosen = dict(rooms), []
    for item in rows.order_by("item_no")[:most]:
        if all(room.get(account, 0) for account in item.accounts):
            chosen.append(item)
            for account in item.accounts:
                room[account] -= 1
    return chosen


def _run(batch: RefundBatch, items: Sequence[BatchItem], at: datetime) -> None:
    opened = _open(batch, items, at)
    refunds = [answer.refund for _, answer in opened if answer.refund is not None]
    for item, answer in opened:
        if answer.refund is not None:
            item.state, item.refund = ItemState.OPENED, answer.refund
        else:
            assert answer.refusal is not None
            item.state, item.code, item.facts = ItemState.REFUSED, answer.refusal.code, plain(answer.refusal)
    _approve(batch, [i for i, answer in opened if answer.refund is not None], at)
    Leg.objects.filter(refund__in=refunds).update(background=True)
    _close_alerts(batch, refunds, at)
    bulk.update(items, ["state", "refund", "code", "facts"])


class _TakenBack(Exception):
    """Some of a portion may not be opened: all of it is undone, and the others are opened again."""


def _open(batch: RefundBatch, items: Sequence[BatchItem], at: datetime) -> list[tuple[BatchItem, Opened]]:
    """Open them; if some came out otherwise than approved, take all back and open the others: each round has fewer."""
    while items:
        wrong: dict[int, str] = {}
        try:
            with transaction.atomic():
                card_backs.hold_of(
                    item.sale_no for item in items
                )  # some are promised here, others in _approve
                asked = [replace(request(item, batch), expected_total=item.total) for item in items]
                pairs = list(zip(items, requests.open(asked, at=at), strict=True))
                wrong = _wrong(pairs)
                if wrong:
                    raise _TakenBack
                return pairs
        except _TakenBack:
            items = [item for item in items if not _turned_away(item, wrong.get(item.pk))]
    return []


def _wrong(pairs: Sequence[tuple[BatchItem, Opened]]) -> dict[int, str]:
    """Items that were opened just now and should not be, with the reason; asked while their sales are ours."""
    fresh = [(item, answer.refund) for item, answer in pairs if answer.refund and not answer.replayed]
    paid = batch_stands.paid_before([item for item, _ in fresh], but=[refund.pk for _, refund in fresh])
    # other parts, other routes: not what was approved
    wrong = {item.pk: "batch_item_changed" for item, refund in fresh if refund.fingerprint != item.mark}
    return wrong | {item.pk: "already_compensated" for item, _ in fresh if item.sale_no in paid}


def _turned_away(item: BatchItem, code: str | None) -> bool:
    if code:
        item.state, item.code, item.facts = ItemState.REFUSED, code, {"sale_no": item.sale_no}
    return bool(code)


def _approve(batch: RefundBatch, items: Sequence[BatchItem], at: datetime) -> None:
    """The batch's yeses are given to each refund that asks for them, bound to its own fingerprint.

    A refund that asks for a role that nobody gave waits on the page of approvals, as any other does.
    """
    yes: dict[str, BatchApproval] = {approval.role: approval for approval in given(batch)}
    refunds = [item.refund for item in items if _is_covered(item, yes)]
    rows = [
        Approval(
            refund=refund,
            operator_id=yes[role].operator_id,
            role=role,
            decision=Approval.Decision.APPROVE,
            note=batch.batch_no,
            fingerprint=refund.fingerprint,
            at=at,
        )
        for refund in refunds
        if refund is not None
        for role in refund.needed
    ]
    covered = [refund for refund in refunds if refund is not None]
    by = ", ".join(sorted({row.operator.code for row in yes.values()}))[:32]
    told = [_approved(refund, batch, by) for refund in covered]
    Approval.objects.bulk_create(rows)
    after = lifecycle.decide(RefundState.AWAITING, "approve")
    note = batch.batch_no
    Refund.objects.filter(pk__in=[refund.pk for refund in covered]).update(
        state=after, needed=[], decided_at=at, decided_by=by, decision_note=note
    )
    for refund in covered:
        refund.state, refund.needed = after, []
    outbox.write([message("refund.approved", refund) for refund in covered], at=at)
    decisions.promise(covered, at=at, acts=told)


def _is_covered(item: BatchItem, yes: Mapping[str, BatchApproval]) -> bool:
    refund = item.refund
    return (
        refund is not None
        and refund.state == RefundState.AWAITING
        and refund.fingerprint == item.mark
        and all(role in yes for role in refund.needed)
    )


def _approved(refund: Refund, batch: RefundBatch, by: str) -> audit.Act:
    return audit.Act(
        act="refund.approve",
        subject="refund",
        subject_no=refund.refund_no,
        by=by,
        store=refund.store.code,
        facts={
            "total": refund.total,
            "fingerprint": refund.fingerprint[:16],
            "batch": batch.batch_no,
            "roles": list(refund.needed),
        },
    )


def _close_alerts(batch: RefundBatch, refunds: Sequence[Refund], at: datetime) -> None:
    """Five thousand times "many refunds by one person" would bury the one alert that matters; they stay in the closed list."""
    Alert.objects.filter(
        rule__in=COUNTING_RULES,
        subject="refund",
        subject_no__in=[refund.refund_no for refund in refunds],
        closed_at=None,
    ).update(closed_at=at, closed_by="system", reason=batch.batch_no)


def _finish(batch: RefundBatch, at: datetime) -> int:
    """Done when nothing is left for a machine: what waits for a customer or for people is told as such."""
    if batch.items.filter(state=ItemState.READY).exists():
        return 0  # the accounts are full for a moment
    legs = Leg.objects.filter(refund__batch_item__batch=batch, state__in=OPEN_STATES)
    if legs.exclude(route__in=BY_HAND).exists():
        return 0
    move(batch, "finish")
    batch.ended_at = at
    batch.save(update_fields=["ended_at"])
    batch_stands.tell_end(batch, at=at)
    told = {name: list(part) for name, part in batch_stands.outcomes(batch).items()}
    audit.write([act("batch.done", batch, "worker", outcomes=told)], at=at)
    return 1


@transaction.atomic
def stop(batch_no: str, *, error: str, at: datetime) -> None:
    """Something happened that nobody thought of: the batch stands still until a person looks, and the counter goes on."""
    batch = RefundBatch.objects.select_for_update(of=("self",)).select_related("store").get(batch_no=batch_no)
    try:
        move(batch, "pause")
    except Refusal:
        return  # it stands still already
    audit.write([act("batch.stopped", batch, "worker", error=error[:80])], at=at)
