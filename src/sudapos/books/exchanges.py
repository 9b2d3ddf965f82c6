"""Exchanges 换货: a refund and a new sale, linked, the difference paid or paid back; both halves in one commit or neither.

What came back does not leave: it pays for what goes out, as a part of the very payment that was made. That part
keeps its origin, so that it goes back there should the new goods come back too (decision 17).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q, QuerySet

from sudapos.core import lifecycle, tenders
from sudapos.core.authority import Act
from sudapos.core.lifecycle import Event, RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound, Refusal

from . import audit, cards, decisions, intake, outbox, points_back, requests, shops, staff, weighing
from .changes import Changes
from .drafts import LineDraft, PaymentDraft, SaleDraft
from .legs import Leg
from .refunds import Refund, fingerprint_of, message
from .requests import RefundRequest, Weighed
from .sales import Payment, Sale
from .staff import Operator

CHANNEL = "exchange"


class Exchange(models.Model):
    """One exchange. `given` is what goes out, as it was asked for; `sale` is there once both halves are done."""

    exchange_no = models.CharField(max_length=32, unique=True)
    refund = models.OneToOneField(Refund, on_delete=models.PROTECT, related_name="exchange")
    sale = models.OneToOneField(Sale, null=True, on_delete=models.PROTECT, related_name="exchange")
    """The new sale."""
    given = models.JSONField()
    price = models.BigIntegerField()
    """What goes out costs so many fen."""
    key = models.CharField(max_length=64, unique=True)
    body_digest = models.CharField(max_length=64)
    operator = models.ForeignKey(Operator, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sale=None, finished_at=None) | Q(sale__isnull=False, finished_at__isnull=False),
                name="an_exchange_is_done_in_both_halves",
            ),
        ]

    def __str__(self) -> str:
        return self.exchange_no

    @property
    def difference(self) -> int:
        """Fen that the customer pays; negative: that she gets back."""
        return self.price - self.refund.total

    @property
    def state(self) -> str:
        """`done`, `waiting` for an approval, `ready` to be finished at the till, or `closed` without anything done."""
        if self.sale_id is not None:
            return "done"
        if self.refund.state != RefundState.AWAITING:
            return "closed"
        return "waiting" if self.refund.needed else "ready"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What goes out: a sale to be, without its payments. Amounts in fen."""

    sale_no: str
    lines: tuple[LineDraft, ...]
    order_discount: int = 0
    rounding_off: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    """What is asked for: `back` comes back, `given` goes out, `payment` pays a difference upwards (its amount is ours)."""

    back: RefundRequest
    given: Given
    payment: PaymentDraft | None = None
    expected_difference: int | None = None

    def digest(self) -> str:
        """Of everything but how the difference is paid: a customer may change her mind about that."""
        told = {"back": self.back.digest(), "given": asdict(self.given)}
        return weighing.digest(told)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an exchange would come to; nothing is changed."""

    weighed: Weighed
    price: int

    @property
    def difference(self) -> int:
        return self.price - self.weighed.total


@dataclass(frozen=True, slots=True)
class Swapped:
    exchange: Exchange
    replayed: bool = False


def preview(swap: Swap, *, at: datetime) -> Shown:
    """What comes back, what goes out, and the difference. Raises Refusal and its kin."""
    price = _price(swap, at)
    weighed = requests.preview(replace(swap.back, carry=price), at=at)
    shown = Shown(weighed, price)
    _check_difference(swap, shown.difference)
    own = [leg.channel for leg in weighed.plan.legs if leg.channel in tenders.OWN]
    if own:
        # a card's buckets know the sale that emptied them, and nothing of one that it was carried to
        raise Refusal("exchange_of_stored_value", channel=own[0])
    return shown


def open(swap: Swap, *, at: datetime) -> Swapped:
    """Ask for an exchange under its key, and finish it where nobody else must say yes and nothing is left to pay.

    Otherwise it waits: nothing has been done but that its money is reserved. Raises Refusal and its kin.
    """
    try:
        return _open(swap, at=at)
    except IntegrityError:
        return _open(swap, at=at)  # the same key came in twice at once: the first one is there now


def _open(swap: Swap, *, at: datetime) -> Swapped:
    seen = _whole().filter(key=swap.back.key).first()
    if seen is not None:
        if seen.body_digest != swap.digest():
            raise Refusal("idempotency_key_reused", key=swap.back.key)
        return Swapped(seen, replayed=True)
    price = preview(swap, at=at).price
    with transaction.atomic():
        [opened] = requests.open([replace(swap.back, carry=price, key=_key(swap.back.key))], at=at)
        if opened.refund is not None:
            row = _row(swap, opened.refund, price, at)
            if row.state == "ready" and (row.difference <= 0 or swap.payment is not None):
                row = finish(row.exchange_no, operator=row.operator, payment=swap.payment, at=at)
            return Swapped(row)
    assert opened.refusal is not None  # what was tried stays in the audit log
    raise opened.refusal


def _price(swap: Swap, at: datetime) -> int:
    if not swap.given.lines:
        raise Refusal("exchange_of_nothing")
    store = swap.back.store
    price = intake.price(_draft(swap.given, store=store, till="", operator="", at=at)).total
    if price <= 0:
        raise Refusal("exchange_of_nothing")
    return price


def _check_difference(swap: Swap, difference: int) -> None:
    if swap.expected_difference is not None and swap.expected_difference != difference:
        raise Conflict("difference_changed", expected=swap.expected_difference, amount=difference)


def _key(key: str) -> str:
    """A refund's keys and an exchange's are of two kinds: the same text may stand for one of each."""
    return f"exchange:{hashlib.sha256(key.encode()).hexdigest()[:40]}"


def _row(swap: Swap, refund: Refund, price: int, at: datetime) -> Exchange:
    row = Exchange.objects.create(
        exchange_no=f"X{refund.refund_no[1:]}",
        refund=refund,
        given=asdict(swap.given),
        price=price,
        key=swap.back.key,
        body_digest=swap.digest(),
        operator=refund.operator,
        created_at=at,
    )
    audit.write([_act("exchange.asked", row, refund.operator)], at=at)
    return row


def get(exchange_no: str) -> Exchange:
    """Raises NotFound exchange_not_found."""
    row = _whole().filter(exchange_no=exchange_no).first()
    if row is None:
        raise NotFound("exchange_not_found", exchange_no=exchange_no)
    return row


def of(sale: Sale) -> list[Exchange]:
    """Exchanges in which something of this sale came back, or that made it, oldest first."""
    return list(_whole().filter(Q(refund__sale=sale) | Q(sale=sale)).order_by("id"))


def _whole() -> QuerySet[Exchange]:
    return Exchange.objects.select_related(
        "refund__sale__store", "refund__store", "refund__operator", "sale", "operator"
    )


@transaction.atomic
def finish(
    exchange_no: str,
    *,
    operator: Operator,
    payment: PaymentDraft | None = None,
    sale_no: str = "",
    at: datetime,
) -> Exchange:
    """Both halves at once: the refund counts, the new sale is there, the difference is paid or on its way back.

    A repeat changes nothing. Raises NotFound, Conflict exchange_closed, exchange_waits, approval_expired,
    refund_altered; Refusal payment_needed and whatever the new sale is refused for; Forbidden.
    """
    row = _whole().select_for_update(of=("self",)).filter(exchange_no=exchange_no).first()
    if row is None:
        raise NotFound("exchange_not_found", exchange_no=exchange_no)
    refund = (
        Refund.objects.select_for_update(of=("self",))
        .select_related("sale__store", "store", "operator")
        .get(pk=row.refund_id)
    )
    row.refund = refund
    staff.require(operator, Act.SELL)
    staff.require(operator, Act.MAKE_REFUND)
    staff.require_store(operator, refund.store_id, refund.store.code)
    if row.sale_id is not None:
        return row
    _may_finish(row, refund, at)
    draft = _with_payments(row, payment, operator=operator, sale_no=sale_no, at=at)
    refund.state, refund.decided_at = lifecycle.decide(RefundState.AWAITING, "approve"), at
    refund.decided_by = refund.decided_by or operator.code
    refund.save(update_fields=["state", "decided_at", "decided_by"])
    outbox.write([message("refund.approved", refund)], at=at)
    # both halves may move cards: points come off one, another pays
    accounts = [row.account_id for row in points_back.of_refunds([refund.pk])]
    cards.locked(cards.paying(draft.payments).union(accounts))
    decisions.promise([refund], at=at)
    _settle(refund, operator, at)
    [taken] = intake.ingest([draft], by=operator.code, at=at)
    if taken.refusal is not None:
        raise taken.refusal
    if taken.status != "created":
        raise Conflict("number_reused", sale_no=draft.sale_no)
    row.sale, row.finished_at = Sale.objects.get(sale_no=draft.sale_no), at
    row.save(update_fields=["sale", "finished_at"])
    audit.write([_act("exchange.done", row, operator)], at=at)
    return row


def _may_finish(row: Exchange, refund: Refund, at: datetime) -> None:
    if row.state == "closed":
        raise Conflict("exchange_closed", exchange_no=row.exchange_no)
    if row.state == "waiting":
        raise Conflict("exchange_waits", exchange_no=row.exchange_no, needed=tuple(refund.needed))
    if fingerprint_of(refund) != refund.fingerprint:
        raise Conflict("refund_altered", refund_no=refund.refund_no)
    if decisions.expired(refund, shops.rules_of(shops.merchant()), at=at):
        raise Conflict("approval_expired", refund_no=refund.refund_no)


def _settle(refund: Refund, operator: Operator, at: datetime) -> None:
    """No money moves on these legs: what the customer is owed is taken over by the new sale in the same commit."""
    legs = list(
        Leg.objects.select_related("payment", "refund__store")
        .filter(refund=refund, route=Route.EXCHANGE)
        .order_by("id")
    )
    changes = Changes(at)
    for leg in legs:
        changes.move(leg, Event.SEND, by=operator.code)
        changes.move(leg, Event.SETTLE, by=operator.code)
        leg.settled_at, leg.confirmed_by = at, operator.code
    changes.write(legs)


def _with_payments(
    row: Exchange, payment: PaymentDraft | None, *, operator: Operator, sale_no: str, at: datetime
) -> SaleDraft:
    refund, given = row.refund, given_of(row)
    payments = [*_carried(refund)]
    rest = row.price - sum(each.amount for each in payments)
    if rest:
        if payment is None:
            raise Invalid("payment_needed", errors=[FieldError(("payment",), "missing")], amount=rest)
        payments.append(replace(payment, payment_no="P1", amount=rest, origin=""))
    given = replace(given, sale_no=sale_no or given.sale_no)
    draft = _draft(given, store=refund.store.code, till=refund.till, operator=operator.code, at=at)
    return replace(draft, payments=tuple(payments))


def _carried(refund: Refund) -> list[PaymentDraft]:
    """What the refund pays of the new sale: one part for each payment that was really made."""
    steps = [step for step in refund.plan if step["route"] == Route.EXCHANGE]
    known = Payment.objects.select_related("origin").in_bulk([step["payment_id"] for step in steps])
    return [
        PaymentDraft(
            payment_no=f"X{number}",
            channel=CHANNEL,
            amount=step["amount"],
            origin=str(known[step["payment_id"]].source.pk),
            paid_at=known[step["payment_id"]].source.paid_at,
        )
        for number, step in enumerate(steps, 1)
    ]


def given_of(row: Exchange) -> Given:
    """What goes out, as it was asked for."""
    told: Mapping[str, Any] = row.given
    return Given(**{**told, "lines": tuple(LineDraft(**line) for line in told["lines"])})


def _draft(given: Given, *, store: str, till: str, operator: str, at: datetime) -> SaleDraft:
    return SaleDraft(
        sale_no=given.sale_no,
        store=store,
        till=till,
        operator=operator,
        sold_at=at,
        lines=given.lines,
        payments=(),
        order_discount=given.order_discount,
        rounding_off=given.rounding_off,
    )


def _act(name: str, row: Exchange, operator: Operator) -> audit.Act:
    return audit.Act(
        act=name,
        subject="refund",
        subject_no=row.refund.refund_no,
        by=operator.code,
        store=row.refund.store.code,
        facts={
            "exchange_no": row.exchange_no,
            "sale_no": row.sale.sale_no if row.sale else "",
            "price": row.price,
            "difference": row.difference,
        },
    )
