"""Cash on its way without a sale or a refund: dropped into the safe, topped up from it, moved, paid in or out; and drawers opened for nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from sudapos.core import calendar, fraud, journal, masking
from sudapos.core import drawers as law
from sudapos.core.authority import Act
from sudapos.core.lifecycle import LegState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Forbidden, Invalid, Refusal
from sudapos.core.rules import Rules

from . import alerts, audit, drawers, ledger, shops, staff
from .drawers import CashMove, Drawer, Kick, Shift
from .legs import Leg
from .staff import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be moved. `till` is the drawer it is about, `other` the second one of a transfer."""

    kind: str
    store: str
    amount: int
    key: str
    till: str = ""
    other: str = ""
    reason: str = ""


@transaction.atomic
def move(wish: Wish, *, operator: Operator, beside: Operator | None = None, at: datetime) -> CashMove:
    """Move cash and book it on both drawers. The same key again moves nothing. `beside` came to the till and agrees.

    Raises NotFound, Forbidden, Invalid, Refusal drawer_closed, drawer_empty or cash_reason_needed.
    """
    seen = CashMove.objects.select_related("source", "target").filter(key=wish.key).first()
    if seen is not None:
        if (seen.kind, seen.amount, seen.operator_id) != (wish.kind, wish.amount, operator.pk):
            raise Refusal("idempotency_key_reused", key=wish.key)
        return seen
    kind = _kind(wish)
    if wish.amount <= 0:
        raise Invalid("cash_amount_invalid", amount=wish.amount)
    if kind in (law.Kind.PAY_IN, law.Kind.PAY_OUT) and not wish.reason.strip():
        raise Refusal("cash_reason_needed")
    rules = shops.rules_of(shops.merchant())
    source, target = _ends(kind, wish, at)
    held = {row.pk: row for row in drawers.hold([row for row in (source, target) if row is not None])}
    source = held[source.pk] if source else None
    target = held[target.pk] if target else None
    _require(kind, source, target, wish.amount, operator, beside, rules)
    if source is not None and (there := drawers.held(source)) < wish.amount:
        raise Refusal("drawer_empty", held=there, wanted=wish.amount, till=source.code)
    return book(kind, source, target, wish, operator=operator, beside=beside, rules=rules, at=at)


def book(
    kind: law.Kind,
    source: Drawer | None,
    target: Drawer | None,
    wish: Wish,
    *,
    operator: Operator,
    beside: Operator | None,
    rules: Rules,
    at: datetime,
    acts: list[audit.Act] | None = None,
) -> CashMove:
    """Write a move whose drawers are held; with `acts` its audit record is left to the caller, who writes last."""
    row = CashMove.objects.create(
        move_no=_number(at),
        kind=kind,
        source=source,
        target=target,
        amount=wish.amount,
        reason=masking.scan(wish.reason.strip())[:120],
        operator=operator,
        beside=beside,
        key=wish.key,
        at=at,
    )
    day = calendar.business_date(at, cutover=rules.business_day_cutover)
    posted = [
        ledger.Posted(
            journal.draft(recipes[kind], row.move_no, amount=wish.amount), day, end.store.code, end.code
        )
        for end, recipes in ((source, law.OUT), (target, law.IN))
        if end is not None
    ]
    ledger.post(posted, at=at)
    act = _moved(row, wish.store)
    if acts is None:
        audit.write([act], at=at)
    else:
        acts.append(act)
    return row


def _moved(row: CashMove, store: str) -> audit.Act:
    facts = {"kind": str(row.kind), "amount": row.amount, "reason": row.reason}
    facts |= {name: end.code for name, end in (("from", row.source), ("to", row.target)) if end is not None}
    if row.beside is not None:
        facts["beside"] = row.beside.code
    return audit.Act(
        act="cash.moved",
        subject="cash_move",
        subject_no=row.move_no,
        by=row.operator.code,
        store=store,
        facts=facts,
    )


def _kind(wish: Wish) -> law.Kind:
    try:
        return law.Kind(wish.kind)
    except ValueError:
        raise Invalid("cash_kind_unknown", kind=wish.kind) from None


def _ends(kind: law.Kind, wish: Wish, at: datetime) -> tuple[Drawer | None, Drawer | None]:
    """Which drawer gives and which takes. Raises NotFound, Invalid same_drawer."""

    def drawer(code: str) -> Drawer:
        # the safe needs no opening: it is there as soon as somebody puts money in
        return drawers.put(wish.store, code, at=at)[0] if code == law.SAFE else drawers.find(wish.store, code)

    match kind:
        case law.Kind.DROP:
            ends = drawer(wish.till), drawer(law.SAFE)
        case law.Kind.TOP_UP:
            ends = drawer(law.SAFE), drawer(wish.till)
        case law.Kind.TRANSFER:
            ends = drawer(wish.till), drawer(wish.other)
        case law.Kind.PAY_IN:
            return None, drawer(wish.till)
        case law.Kind.PAY_OUT:
            return drawer(wish.till), None
        case law.Kind.TO_BANK:
            return drawer(wish.till or law.SAFE), None
        case law.Kind.FROM_BANK:
            return None, drawer(wish.till or law.SAFE)
    if ends[0].pk == ends[1].pk:
        raise Invalid("same_drawer", till=wish.till)
    return ends


def _require(
    kind: law.Kind,
    source: Drawer | None,
    target: Drawer | None,
    amount: int,
    operator: Operator,
    beside: Operator | None,
    rules: Rules,
) -> None:
    """Her own drawer is hers; the safe, the bank, another's drawer and large sums want one who may decide (domain §8.2)."""
    staff.require(operator, Act.WORK_DRAWER)
    decides = beside or operator
    own = True
    for end in (source, target):
        if end is None:
            continue
        staff.require_store(operator, end.store_id, end.store.code)
        staff.require_store(decides, end.store_id, end.store.code)
        if end.is_safe:
            own = own and kind is law.Kind.DROP  # whoever puts money in needs nobody
            continue
        shift = drawers.open_shift(end)
        if shift is None and kind is not law.Kind.TOP_UP:
            raise Refusal("drawer_closed", store=end.store.code, till=end.code)
        own = own and shift is not None and (shift.operator_id == operator.pk or end is target)
    if kind in (law.Kind.TO_BANK, law.Kind.FROM_BANK):
        own = False
    if kind is law.Kind.PAY_OUT and amount > rules.cash_payout_fen["cashier"]:
        own = False
    if not own and not decides.may(Act.APPROVE_DRAWER):
        raise Forbidden("cash_needs_manager", operator=operator.code)
    if kind is law.Kind.PAY_OUT and amount > rules.cash_payout_fen["manager"]:
        raise Refusal("pay_out_too_large", limit=rules.cash_payout_fen["manager"])


def _number(at: datetime) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('books_cash_move_number')")
        return f"M{at.astimezone(calendar.SHANGHAI):%y%m%d}{cursor.fetchone()[0]:06d}"


@transaction.atomic
def kick(shift_no: str, *, operator: Operator, reason: str, at: datetime) -> Kick:
    """The drawer is opened without a sale: written down, and an alert when a void came just before (FR23). Raises Refusal, Forbidden."""
    shift = drawers.shift_of(shift_no)
    drawers.answers_for(shift, operator)
    drawers.require_open(shift)
    if not reason.strip():
        raise Refusal("cash_reason_needed")
    row = Kick.objects.create(
        shift=shift, operator=operator, reason=masking.scan(reason.strip())[:120], at=at
    )
    _watch(shift, operator, at)
    act = audit.Act(
        act="drawer.kicked",
        subject="shift",
        subject_no=shift.shift_no,
        by=operator.code,
        store=shift.drawer.store.code,
        facts={"till": shift.drawer.code, "reason": row.reason},
    )
    audit.write([act], at=at)
    return row


def _watch(shift: Shift, operator: Operator, at: datetime) -> None:
    """FR23: a void, or a cash sale given back whole, was the last thing at this till."""
    rules = shops.rules_of(shops.merchant())
    since = at - timedelta(seconds=rules.fraud["fr23_within"])
    whole = Q(route=Route.VOID) | Q(route=Route.CASH, state=LegState.SETTLED, amount=F("payment__amount"))
    legs = Leg.objects.filter(
        whole,
        refund__store_id=shift.drawer.store_id,
        refund__till=shift.drawer.code,
        moves__at__gte=since,
        moves__at__lte=at,
    )
    last = legs.order_by("-moves__at").values_list("refund__refund_no", "moves__at").first()
    if last is None:
        return
    history = fraud.History(drawer_opened_after_void=int((at - last[1]).total_seconds()))
    rule = fraud.BY_NUMBER["FR23"]
    if rule.check(history, rules.fraud):
        draft = alerts.Draft(
            rule="FR23",
            store=shift.drawer.store.code,
            operator=operator.code,
            subject="refund",
            subject_no=last[0],
            facts={name: getattr(history, name) for name in rule.facts},
        )
        alerts.open([draft], at=at)


def moves_of(shift: Shift) -> list[CashMove]:
    """Cash moves of a shift's drawer while it was open, newest first."""
    rows = CashMove.objects.select_related("source", "target", "operator", "beside")
    rows = rows.filter(Q(source=shift.drawer) | Q(target=shift.drawer), at__gte=shift.opened_at)
    return list(rows.filter(at__lte=shift.closed_at) if shift.closed_at else rows)
