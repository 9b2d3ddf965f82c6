"""A batch tried, changed, approved and steered: nothing here moves money.

The dry run says what its refunds would be; other people's yes is bound to exactly that by a fingerprint.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from sudapos.core import authority, batches, masking
from sudapos.core.authority import Act
from sudapos.core.batches import BatchState, ItemState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, Forbidden, Refusal

from . import audit, batch_stands, bulk, dry_runs, shops
from .approvals import Approval
from .batches import BatchApproval, BatchItem, RefundBatch, act, get, lock, may_steer, move, require_maker
from .changes import BY_HAND
from .requests import RefundRequest, RequestLine, Weighed
from .staff import Operator
from .weighing import plain_verdict

CHECK_AT_ONCE = 500
ITEM_FIELDS = ["state", "total", "mark", "decision", "reasons", "roles", "legs", "accounts", "by_hand", "code", "facts"]  # fmt: skip


@transaction.atomic
def check(batch_no: str, *, operator: Operator, at: datetime) -> RefundBatch:
    """The dry run: every item weighed as it would be opened now, in chunks; what was approved before is void.

    Raises NotFound, Forbidden, Conflict batch_state.
    """
    require_maker(operator)
    batch = lock(batch_no, operator)
    move(batch, "check")
    items = list(batch.items.exclude(state=ItemState.DROPPED).order_by("item_no"))
    for start in range(0, len(items), CHECK_AT_ONCE):
        chunk = items[start : start + CHECK_AT_ONCE]
        answers = dry_runs.preview_all([request(item, batch) for item in chunk], at=at)
        paid = batch_stands.paid_before(chunk)
        for item, answer in zip(chunk, answers, strict=True):
            twice = Refusal("already_compensated", sale_no=item.sale_no)
            _note(item, twice if item.sale_no in paid else answer)
        bulk.update(chunk, ITEM_FIELDS)
    batch.checked_at = at
    _sum_up(batch)
    told = {"count": batch.count, "total": batch.total, "fingerprint": batch.fingerprint[:16]}
    audit.write([act("batch.checked", batch, operator.code, **told)], at=at)
    return get(batch_no)


def request(item: BatchItem, batch: RefundBatch) -> RefundRequest:
    """The item as a refund request; its key is made of the batch's number and its own, so that a crash never asks twice."""
    return RefundRequest(
        sale_no=item.sale_no,
        operator=batch.operator.code,
        lines=tuple(RequestLine(line_no=no, milli=milli) for no, milli in item.lines),
        amount=item.amount,
        everything=not item.lines and item.amount is None,
        reason=item.reason,
        note=f"{batch.batch_no} {batch.title}"[:200],
        key=f"batch {batch.batch_no} {item.item_no}",
    )


def _note(item: BatchItem, answer: Weighed | Refusal) -> None:
    item.mark, item.code, item.facts = "", "", {}
    if isinstance(answer, Refusal):
        item.state, item.decision, item.total = ItemState.DENIED, "deny", 0
        item.reasons, item.roles, item.legs, item.accounts, item.by_hand = [], [], [], [], False
        item.code, item.facts = answer.code[:64], plain(answer)
        return
    steps = dry_runs.steps(answer)
    denied = answer.verdict.decision == "deny"
    item.state = ItemState.DENIED if denied else ItemState.READY
    item.decision, item.total = answer.verdict.decision, answer.total
    told = plain_verdict(answer.verdict, answer.spoken)["reasons"]
    item.reasons = [reason for reason in told if reason["weight"] != "note"]
    item.roles = list(answer.verdict.approvals)
    item.legs = [[step["channel"], step["route"], step["amount"]] for step in steps]
    item.accounts = sorted(
        {
            step["account_id"]
            for step in steps
            if step["account_id"] and step["route"] in (Route.REFUND, Route.VOID)
        }
    )
    item.by_hand = any(step["route"] in BY_HAND for step in steps)
    item.mark = "" if denied else dry_runs.mark(answer, steps)


def plain(refusal: Refusal) -> dict[str, Any]:
    """What a refusal knows, as JSON that a page can say again."""
    known: dict[str, Any] = {
        name: value for name, value in refusal.facts.items() if isinstance(value, str | int)
    }
    if refusal.errors:
        known["fields"] = [[".".join(map(str, e.loc)), e.code] for e in refusal.errors][:5]
    return known


def _sum_up(batch: RefundBatch) -> None:
    """What the live items come to, who must agree, and the fingerprint that their yes is bound to."""
    live = list(batch.items.filter(state=ItemState.READY).values_list("item_no", "mark", "total", "roles"))
    batch.count, batch.total = len(live), sum(total for _, _, total, _ in live)
    # with the hour of the dry run in it, an older yes never counts for a newer one
    tried = (0, batch.checked_at.isoformat() if batch.checked_at else "")
    batch.fingerprint = batches.fingerprint([tried, *((number, mark) for number, mark, _, _ in live)])
    rules = shops.rules_of(shops.merchant())
    batch.needed = list(batches.approvals(batch.total, {r for *_, roles in live for r in roles}, rules))
    batch.save(update_fields=["count", "total", "fingerprint", "needed", "checked_at"])


@transaction.atomic
def drop(batch_no: str, item_nos: Iterable[int], *, operator: Operator, at: datetime) -> RefundBatch:
    """Take items out before anything runs; what was approved before is void. Raises Forbidden, NotFound, Conflict batch_state."""
    require_maker(operator)
    batch = lock(batch_no, operator)
    move(batch, "change")
    out = batch.items.filter(item_no__in=list(item_nos)).exclude(state=ItemState.DROPPED)
    count = out.update(state=ItemState.DROPPED)
    if batch.state == BatchState.CHECKED:
        _sum_up(batch)
    else:
        batch.count = batch.items.exclude(state=ItemState.DROPPED).count()
        batch.save(update_fields=["count"])
    audit.write([act("batch.changed", batch, operator.code, dropped=count, total=batch.total)], at=at)
    return get(batch_no)


def given(batch: RefundBatch) -> list[BatchApproval]:
    """The yeses that still count: those given to the batch as it stands."""
    return [
        a for a in batch.approvals.all() if a.fingerprint == batch.fingerprint and a.decision == "approve"
    ]


def missing(batch: RefundBatch) -> list[str]:
    """Roles whose yes is still wanted."""
    have = {approval.role for approval in given(batch)}
    return [role for role in batch.needed if role not in have]


def roles_open_to(batch: RefundBatch, operator: Operator) -> list[str]:
    """The approvals still missing that this person may give; never the maker (INV-07), never twice."""
    mine = operator.pk == batch.operator_id or operator.pk in {a.operator_id for a in given(batch)}
    if batch.state != BatchState.CHECKED or mine or not operator.is_active:
        return []
    rules = shops.rules_of(shops.merchant())
    return [
        role for role in missing(batch) if authority.may_approve(operator.roles, role, batch.total, rules)
    ]


@transaction.atomic
def approve(
    batch_no: str, *, operator: Operator, fingerprint: str, note: str = "", at: datetime
) -> RefundBatch:
    """A second person's yes to exactly what the dry run showed; the last one makes it ready to start.

    Raises NotFound, Forbidden, Refusal batch_empty, Conflict batch_state, page_stale or batch_check_old.
    """
    batch, role = _to_decide(batch_no, operator, fingerprint)
    if not batch.count:
        raise Refusal("batch_empty")
    rules = shops.rules_of(shops.merchant())
    if batch.checked_at is None or at - batch.checked_at > timedelta(minutes=rules.approval_minutes):
        raise Conflict("batch_check_old", batch_no=batch_no)
    _decide(batch, operator, role, Approval.Decision.APPROVE, note, at)
    if not missing(batch):
        move(batch, "approve")
    told = {"role": role, "total": batch.total, "fingerprint": batch.fingerprint[:16], "note": note[:200]}
    audit.write([act("batch.approve", batch, operator.code, **told)], at=at)
    return get(batch_no)


@transaction.atomic
def reject(batch_no: str, *, operator: Operator, fingerprint: str, note: str, at: datetime) -> RefundBatch:
    """A no, with its reason; the maker may change and try again. Raises as `approve`, Refusal note_needed."""
    if not note.strip():
        raise Refusal("note_needed", refund_no=batch_no)
    batch, role = _to_decide(batch_no, operator, fingerprint)
    _decide(batch, operator, role, Approval.Decision.REJECT, note, at)
    move(batch, "reject")
    audit.write([act("batch.reject", batch, operator.code, role=role, note=note[:200])], at=at)
    return get(batch_no)


def _require_steering(operator: Operator) -> None:
    if not may_steer(operator):
        raise Forbidden("may_not", operator=operator.code, act=Act.APPROVE)


def _to_decide(batch_no: str, operator: Operator, fingerprint: str) -> tuple[RefundBatch, str]:
    _require_steering(operator)
    batch = lock(batch_no, operator)
    if batch.state != BatchState.CHECKED:
        raise Conflict("batch_state", batch_no=batch_no, batch_state=batch.state)
    if operator.pk == batch.operator_id:
        raise Forbidden("maker_is_checker", operator=operator.code)
    if fingerprint != batch.fingerprint:
        raise Conflict("page_stale", refund_no=batch_no)
    roles = roles_open_to(batch, operator)
    if not roles:
        needed = ", ".join(missing(batch))
        raise Forbidden("may_not", operator=operator.code, act=Act.APPROVE, needed=needed)
    return batch, roles[0]


def _decide(
    batch: RefundBatch, operator: Operator, role: str, decision: Approval.Decision, note: str, at: datetime
) -> None:
    BatchApproval.objects.create(
        batch=batch,
        operator=operator,
        role=role,
        decision=decision,
        note=masking.scan(note.strip())[:200],
        fingerprint=batch.fingerprint,
        at=at,
    )


@transaction.atomic
def steer(batch_no: str, name: str, *, operator: Operator, note: str = "", at: datetime) -> RefundBatch:
    """start, pause, resume or cancel the rest; what is open already goes its own way. Raises Forbidden, NotFound, Conflict."""
    _require_steering(operator)
    if name in ("start", "resume"):
        shops.require_open()
    batch = lock(batch_no, operator)
    was_started = batch.started_at is not None
    move(batch, name)
    if name == "start":
        batch.started_at = at
    if name == "cancel":
        batch.items.filter(state__in=(ItemState.NEW, ItemState.READY)).update(
            state=ItemState.DROPPED, code="batch_cancelled"
        )
        batch.ended_at = at
    batch.save(update_fields=["started_at", "ended_at"])
    if name == "cancel" and was_started:
        batch_stands.tell_end(batch, at=at)
    audit.write([act(f"batch.{name}", batch, operator.code, note=masking.scan(note)[:200])], at=at)
    return get(batch_no)
