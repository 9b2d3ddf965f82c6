"""Refunds as people meet them: found, listed, approved, rejected, withdrawn; and the promise that lets money go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from sudapos.core import authority, journal, lifecycle, money, plan
from sudapos.core.authority import Act
from sudapos.core.lifecycle import ATTENTION_STATES, HELD_STATES, LegState, Progress, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal
from sudapos.core.rules import Rules

from . import (
    alerts,
    alone,
    audit,
    card_backs,
    fundings,
    goods,
    invoices,
    outbox,
    points_back,
    promises,
    roundings,
    shops,
    staff,
)
from .approvals import Approval
from .changes import BY_HAND, Changes
from .legs import Leg
from .moves import accept_by_hand
from .refunds import Refund, RefundCharge, RefundLine, fingerprint_of, message
from .sales import Payment, Sale
from .staff import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which refunds to list; empty fields narrow nothing. `before` is a refund's id: the page starts below it."""

    state: str = ""
    progress: str = ""
    store: str = ""
    channel: str = ""
    q: str = ""
    sale_no: str = ""
    operator: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None
    limit: int = 50


def get(refund_no: str) -> Refund:
    """One refund with everything that hangs on it. Raises NotFound."""
    refund = _whole(Refund.objects.filter(refund_no=refund_no)).first()
    if refund is None:
        raise NotFound("refund_not_found", refund_no=refund_no)
    return refund


def find(which: Filter) -> list[Refund]:
    """Refunds, newest first, in a fixed number of statements."""
    rows = Refund.objects.all()
    equal = {
        "state": which.state,
        "store__code": which.store,
        "sale__sale_no": which.sale_no,
        "operator__code": which.operator,
    }
    rows = rows.filter(**{name: value for name, value in equal.items() if value})
    if which.channel:
        # a refund that waits has no legs yet, but a plan of them
        moved = Exists(Leg.objects.filter(refund=OuterRef("pk"), channel=which.channel))
        rows = rows.filter(moved | Q(plan__contains=[{"channel": which.channel}]))
    if which.q:
        numbers = Q(refund_no__endswith=which.q) | Q(refund_no__startswith=which.q) | Q(sale__sale_no=which.q)
        rows = rows.filter(numbers | Exists(Leg.objects.filter(refund=OuterRef("pk"), leg_no=which.q)))
    if which.since:
        rows = rows.filter(created_at__gte=which.since)
    if which.until:
        rows = rows.filter(created_at__lt=which.until)
    if which.before is not None:
        rows = rows.filter(pk__lt=which.before)
    if which.progress:
        rows = in_progress(rows, Progress(which.progress))
    return list(_whole(rows)[: which.limit])


def in_progress(rows: QuerySet[Refund], progress: Progress) -> QuerySet[Refund]:
    """The refunds that `lifecycle.progress` would describe with this word, chosen by the database."""

    def has(states: Iterable[str]) -> Exists:
        return Exists(Leg.objects.filter(refund=OuterRef("pk"), state__in=list(states)))

    approved = rows.filter(state=RefundState.APPROVED)
    alarmed = Exists(Leg.objects.filter(refund=OuterRef("pk"), alarm__gt=""))
    attention = has(ATTENTION_STATES) | alarmed
    # a cash refund that an earlier rounding has paid already has no leg at all
    alive = has(HELD_STATES) | ~Exists(Leg.objects.filter(refund=OuterRef("pk")))
    match progress:
        case Progress.WAITING:
            return rows.filter(state=RefundState.AWAITING)
        case Progress.CLOSED:
            return rows.exclude(state=RefundState.AWAITING).exclude(
                Q(state=RefundState.APPROVED) & (alive | alarmed)
            )
        case Progress.ATTENTION:
            return approved.filter(attention)
        case Progress.DONE:
            return approved.filter(alive).exclude(has(HELD_STATES - {LegState.SETTLED}) | alarmed)
        case Progress.MOVING:
            return approved.filter(has(HELD_STATES - ATTENTION_STATES - {LegState.SETTLED})).exclude(
                attention
            )


def progress_of(refund: Refund) -> Progress:
    """One word for the refund, from its state and its legs (prefetched)."""
    legs = refund.legs.all()
    states = [LegState(leg.state) for leg in legs]
    return lifecycle.progress(RefundState(refund.state), states, alarmed=any(leg.alarm for leg in legs))


def _whole(rows: QuerySet[Refund]) -> QuerySet[Refund]:
    return rows.select_related(
        "sale__store", "store", "operator", "voucher", "link", "exchange__sale", "points_back__account"
    ).prefetch_related(
        Prefetch(
            "legs",
            Leg.objects.select_related("payment__origin", "account").defer("account__config").order_by("id"),
        ),
        Prefetch("lines", RefundLine.objects.select_related("sale_line").order_by("id")),
        Prefetch("charges", RefundCharge.objects.select_related("charge").order_by("id")),
        "approvals__operator",
        "coupons_returned__coupon__returned",
    )


def promise(refunds: Sequence[Refund], *, at: datetime, acts: Sequence[audit.Act] = ()) -> None:
    """Approved refunds get their legs, their promise in the journal and their audit records, behind `acts`.

    The payments' counters were raised when the refund was asked for. A fixed number of statements for any list.
    """
    shops.require_open(merchant := shops.merchant())
    changes = Changes(at, acts=list(acts))
    last = promises.last_refunds(refunds)
    legs = [leg for refund in refunds for leg in _legs(refund, merchant.tag, last, changes)]
    fundings.share(legs)
    Leg.objects.bulk_create(legs)
    if lost := [refund.sale_id for refund in refunds if refund.receipt == "lost"]:
        # the paper, should it turn up, is worth nothing from now on (domain §9)
        Sale.objects.filter(pk__in=lost).update(receipt_lost=True)
    for refund in refunds:
        changes.post(refund, promises.made(refund, today=changes.today, rules=changes.rules))
        for owed in roundings.handed_over_before(refund.plan):
            changes.post(refund, journal.cash_rounded(refund.refund_no, owed=owed, paid=0))
    changes.acts += invoices.open(refunds, at=at)
    accept_by_hand(legs, changes)
    taken = points_back.of_refunds(refund.pk for refund in refunds)
    card_backs.hold(legs, accounts=(row.account_id for row in taken))
    on_cards = card_backs.give_back(legs, changes)
    points_back.move(taken, changes)
    goods.receive(refunds, changes)
    changes.write([*on_cards, *(leg for leg in legs if leg.route in BY_HAND)])


def _legs(refund: Refund, tag: str, last: dict[int, datetime], changes: Changes) -> list[Leg]:
    at = changes.at
    owed = [roundings.owed(part) for part in refund.plan]
    shares = [money.share(whole, owed) for whole in (refund.tax, refund.fee, refund.fee_tax)]
    return [
        Leg(
            leg_no=f"{refund.refund_no}{tag}L{number}",
            refund=refund,
            payment_id=part["payment_id"],
            account_id=part["account_id"],
            channel=part["channel"],
            route=part["route"],
            amount=part["amount"],
            rounding=part.get("rounding", 0),
            user_amount=part.get("user_amount"),
            tax=tax,
            fee=fee,
            fee_tax=fee_tax,
            due_at=_due_at(part, last.get(part["payment_id"]), changes),
            arrives_by=part["arrives_by"] and date.fromisoformat(part["arrives_by"]),
            created_at=at,
        )
        for number, (part, tax, fee, fee_tax) in enumerate(zip(refund.plan, *shares, strict=True), 1)
        if part["amount"]
    ]


def _due_at(part: Mapping[str, Any], last: datetime | None, changes: Changes) -> datetime:
    """Not before the channel's pause is over, as planned and as it stands now."""
    planned = datetime.fromisoformat(part["not_before"]) if part["not_before"] else changes.at
    if part["route"] not in (Route.REFUND, Route.VOID):
        return changes.at
    pause = plan.pause_ends(part["channel"], last, changes.rules, at=changes.at)
    return max(changes.at, planned, pause or changes.at)


def _lock(refund_no: str, fingerprint: str | None) -> Refund:
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("sale", "store", "operator")
        .filter(refund_no=refund_no)
        .first()
    )
    if refund is None:
        raise NotFound("refund_not_found", refund_no=refund_no)
    if fingerprint is not None and fingerprint != refund.fingerprint:
        raise Conflict("page_stale", refund_no=refund_no)
    return refund


def _decide(refund: Refund, act: str) -> RefundState:
    try:
        return lifecycle.decide(RefundState(refund.state), act)
    except lifecycle.IllegalMove:
        raise Conflict("not_awaiting", refund_no=refund.refund_no, state=refund.state) from None


@transaction.atomic
def approve(
    refund_no: str,
    *,
    operator: Operator,
    note: str = "",
    at: datetime,
    fingerprint: str | None = None,
    beside: Operator | None = None,
) -> Refund:
    """One checker's yes; the last one that the verdict asks for lets the money go. `beside` had the checker come to her till.

    Raises NotFound, Conflict not_awaiting, page_stale, refund_altered or approval_expired, Forbidden maker_is_checker or may_not.
    """
    refund = _lock(refund_no, fingerprint)
    after = _decide(refund, "approve")
    if fingerprint_of(refund) != refund.fingerprint:
        raise Conflict("refund_altered", refund_no=refund_no)
    rules = shops.rules_of(shops.merchant())
    if expired(refund, rules, at=at):
        raise Conflict("approval_expired", refund_no=refund_no)
    role = _role_for(refund, operator)
    act = _write_down(refund, operator, role, Approval.Decision.APPROVE, note, at, beside=beside)
    alone.flag(refund, operator, at=at)
    alerts.watch_pair(refund.operator, operator, store=refund.store.code, rules=rules, at=at)
    refund.needed.remove(role)
    # an exchange is finished at the till, where the customer pays or takes the difference
    done = not refund.needed and not refund.carry
    if done:
        refund.state, refund.decided_at = after, at
        refund.decided_by, refund.decision_note = operator.code, note[:200]
    refund.save(update_fields=["needed", "state", "decided_at", "decided_by", "decision_note"])
    # audit records come last in every commit: whoever waits for a row behind one would block the sealer
    if done:
        outbox.write([message("refund.approved", refund)], at=at)
        promise([refund], at=at, acts=[act])
    else:
        audit.write([act], at=at)
    return get(refund_no)


def expired(refund: Refund, rules: Rules, *, at: datetime) -> bool:
    """Whether a refund has waited so long that it must be asked for anew; what it reserved stays reserved."""
    return refund.state == RefundState.AWAITING and at - refund.created_at > timedelta(
        minutes=rules.approval_minutes
    )


@transaction.atomic
def reject(
    refund_no: str,
    *,
    operator: Operator,
    note: str = "",
    at: datetime,
    fingerprint: str | None = None,
    beside: Operator | None = None,
) -> Refund:
    """A checker's no, with the reason that the cashier can read out; what was reserved is free again.

    Raises Refusal note_needed and what `approve` raises.
    """
    if not note.strip():
        raise Refusal("note_needed", refund_no=refund_no)
    refund = _lock(refund_no, fingerprint)
    after = _decide(refund, "reject")
    role = _role_for(refund, operator)
    act = _write_down(refund, operator, role, Approval.Decision.REJECT, note, at, beside=beside)
    _close(refund, after, operator, note, at)
    outbox.write([message("refund.rejected", refund)], at=at)
    audit.write([act], at=at)
    return get(refund_no)


@transaction.atomic
def withdraw(refund_no: str, *, operator: Operator, note: str = "", at: datetime) -> Refund:
    """The maker, or one who may decide, takes back what still waits. Raises NotFound, Conflict not_awaiting, Forbidden."""
    refund = _lock(refund_no, None)
    staff.require_store(operator, refund.store_id, refund.store.code)
    after = _decide(refund, "withdraw")
    if operator.pk != refund.operator_id:
        staff.require(operator, Act.APPROVE)
    else:
        staff.require(operator, Act.MAKE_REFUND)
    _close(refund, after, operator, note, at)
    audit.write([_act("refund.withdrawn", refund, operator, note)], at=at)
    return get(refund_no)


def _close(refund: Refund, after: RefundState, operator: Operator, note: str, at: datetime) -> None:
    refund.state, refund.decided_at = after, at
    refund.decided_by, refund.decision_note = operator.code, note[:200]
    refund.save(update_fields=["state", "decided_at", "decided_by", "decision_note"])
    for part in sorted(refund.plan, key=lambda part: part["payment_id"]):
        Payment.objects.filter(pk=part["payment_id"]).update(promised=F("promised") - part["amount"])


def roles_open_to(refund: Refund, operator: Operator, rules: Rules) -> list[str]:
    """The approvals still missing that this person may give; none for the maker (INV-07) but where she is alone."""
    if operator.pk == refund.operator_id or not operator.is_active:
        return alone.roles(refund, operator, rules)
    given = {a.operator_id for a in refund.approvals.all()}
    if operator.pk in given:
        return []
    if operator.store_id is not None and operator.store_id != refund.store_id:
        return []
    return [
        role for role in refund.needed if authority.may_approve(operator.roles, role, refund.total, rules)
    ]


def _role_for(refund: Refund, operator: Operator) -> str:
    staff.require_store(operator, refund.store_id, refund.store.code)
    roles = roles_open_to(refund, operator, shops.rules_of(shops.merchant()))
    if not roles and operator.pk == refund.operator_id:
        raise Forbidden("maker_is_checker", operator=operator.code)
    if not roles:
        raise Forbidden("may_not", operator=operator.code, act=Act.APPROVE, needed=", ".join(refund.needed))
    return roles[0]


def _write_down(
    refund: Refund,
    operator: Operator,
    role: str,
    decision: Approval.Decision,
    note: str,
    at: datetime,
    *,
    beside: Operator | None,
) -> audit.Act:
    Approval.objects.create(
        refund=refund,
        operator=operator,
        role=role,
        decision=decision,
        note=note[:200],
        fingerprint=refund.fingerprint,
        at=at,
    )
    where = {"beside": beside.code, "till": refund.till} if beside else {}
    where |= {"alone": "single_operator_mode"} if operator.pk == refund.operator_id else {}
    return _act(f"refund.{decision}", refund, operator, note, role=role, **where)


def _act(name: str, refund: Refund, operator: Operator, note: str, **facts: str) -> audit.Act:
    return audit.Act(
        act=name,
        subject="refund",
        subject_no=refund.refund_no,
        by=operator.code,
        store=refund.store.code,
        facts={"total": refund.total, "fingerprint": refund.fingerprint[:16], "note": note[:200], **facts},
    )


def waiting_for(operator: Operator, *, limit: int = 200) -> list[Refund]:
    """Refunds that this person may decide now, oldest first."""
    rules = shops.rules_of(shops.merchant())
    mine = Refund.objects.filter(state=RefundState.AWAITING, needed__overlap=list(operator.roles))
    mine = mine.exclude(operator=operator).exclude(approvals__operator=operator)
    if operator.store_id is not None:
        mine = mine.filter(store_id=operator.store_id)
    rows = _whole(mine).order_by("id")
    return [refund for refund in rows[:limit] if roles_open_to(refund, operator, rules)]
