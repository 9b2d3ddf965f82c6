"""The printed proof: a snapshot taken once, and every copy counted (domain §7.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction

from sudapos.core import calendar, kept_fees, masking, money, tenders
from sudapos.core.invoices import Invoice
from sudapos.core.lifecycle import RefundState
from sudapos.core.outcome import Route
from sudapos.core.refusal import Refusal

from . import (
    audit,
    cards,
    coupon_returns,
    decisions,
    invoices,
    links,
    reprints,
    roundings,
    shops,
    staff,
    terminals,
)
from .cards import CardMove
from .drafts import quantity
from .legs import Leg
from .refunds import Refund
from .shops import NUMBER_ALPHABET
from .staff import Operator

CODE_LENGTH = 8
REPRINT_REASONS = ("printer", "lost", "audit")


class Voucher(models.Model):
    """One voucher 退款凭证 per refund. `slip` is what every copy shows, whatever changes later."""

    refund = models.OneToOneField("books.Refund", on_delete=models.PROTECT, related_name="voucher")
    code = models.CharField(max_length=12, unique=True)
    slip = models.JSONField()
    created_at = models.DateTimeField()


class PrintCopy(models.Model):
    """One copy that left a printer. Copy 1 is the original; later ones carry 重印. Append-only by trigger."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="copies")
    copy_no = models.IntegerField()
    reason = models.CharField(max_length=80, blank=True, default="")
    operator = models.ForeignKey("books.Operator", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["copy_no"]
        constraints = [
            models.UniqueConstraint(fields=["voucher", "copy_no"], name="copy_no_once_per_voucher")
        ]


def issue(refund_no: str, *, at: datetime) -> Voucher:
    """The refund's voucher; the first call takes the snapshot. Raises NotFound, Refusal voucher_not_ready."""
    refund = decisions.get(refund_no)
    found = Voucher.objects.filter(refund=refund).first()
    if found is not None:
        return found
    if refund.state != RefundState.APPROVED:
        raise Refusal("voucher_not_ready", refund_no=refund_no, state=refund.state)
    code = "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(CODE_LENGTH))
    try:
        with transaction.atomic():
            return Voucher.objects.create(refund=refund, code=code, slip=_slip(refund, code), created_at=at)
    except IntegrityError:
        return Voucher.objects.get(refund=refund)  # two tills asked for the first copy at once


def paper(voucher: Voucher, *, at: datetime) -> dict[str, Any]:
    """The snapshot with the address of the customer's page, which is found anew: a fact of the paper, not of the refund."""
    link = links.ensure(voucher.refund, at=at)
    where = links.address(link)
    return {**voucher.slip, "url": where} if where else dict(voucher.slip)


@transaction.atomic
def record_print(
    refund_no: str, *, operator: Operator, reason: str = "", at: datetime, origin: str = ""
) -> PrintCopy:
    """Count one more copy. From the second on it is a reprint and needs a reason and the right to.

    Raises NotFound, Forbidden, Refusal voucher_not_ready or reprint_reason_needed.
    """
    voucher = issue(refund_no, at=at)
    staff.require_store(operator, voucher.refund.store_id, voucher.refund.store.code)
    Voucher.objects.select_for_update().get(pk=voucher.pk)
    made = PrintCopy.objects.filter(voucher=voucher).count()
    reprints.require(operator, made=made, reason=reason, number=refund_no)
    copy = PrintCopy.objects.create(
        voucher=voucher, copy_no=made + 1, reason=masking.scan(reason)[:80], operator=operator, at=at
    )
    audit.write(
        [
            audit.Act(
                act="voucher.reprinted" if made else "voucher.printed",
                subject="refund",
                subject_no=refund_no,
                by=operator.code,
                store=voucher.refund.store.code,
                origin=origin,
                facts={"copy_no": copy.copy_no, "reason": copy.reason},
            )
        ],
        at=at,
    )
    return copy


def last_copy_no(refund_no: str) -> int:
    """How many copies were counted so far."""
    return PrintCopy.objects.filter(voucher__refund__refund_no=refund_no).count()


def last_copy(voucher: Voucher) -> PrintCopy | None:
    """The newest counted copy; None while nothing was printed."""
    return PrintCopy.objects.filter(voucher=voucher).select_related("operator").order_by("-copy_no").first()


def _slip(refund: Refund, code: str) -> dict[str, Any]:
    """The snapshot, as `printing.slip.VoucherSlip.from_mapping` takes it."""
    merchant, store, sale = shops.merchant(), refund.store, refund.sale
    legs = [leg for leg in refund.legs.all() if not leg.replaced]
    on_slip = _terminal_slips(legs)
    approvers = [a.operator for a in refund.approvals.all() if a.decision == "approve"]
    return {
        "kind": "deposit_voucher" if refund.is_deposit else _kind(legs),
        "merchant": {
            "name": merchant.name,
            "store": f"{store.name} {store.code}".strip(),
            "address": store.address,
            "phone": store.phone or merchant.phone,
        },
        "refund_no": refund.refund_no,
        "created_at": _moment(refund.created_at),
        "decided_at": _moment(refund.decided_at),
        "operator": _person(refund.operator),
        "approvers": [_person(person) for person in approvers],
        "till": refund.till,
        **_exchanged(refund),
        "sale": {"no": sale.sale_no, "sold_at": _moment(sale.sold_at), "paid": sale.total},
        "lines": [
            {
                "name": line.sale_line.name,
                "quantity": f"{quantity(line.milli)}{line.sale_line.unit}" if line.milli else "",
                "amount": line.amount + line.fee - line.points + share,
            }
            for line, share in zip(refund.lines.all(), _given_up(refund), strict=True)
        ],
        "charges": [{"name": part.charge.name, "amount": part.amount} for part in refund.charges.all()],
        "deductions": [
            {
                "kind": each["kind"],
                "amount": each["amount"],
                "name": kept_fees.category(each["kind"], each.get("code", "")),
            }
            for each in refund.deductions
        ],
        "total": refund.total,
        "tenders": [{**_tender(leg), **on_slip.get(leg.leg_no, {})} for leg in legs]
        + [_handed_over_before(owed) for owed in roundings.handed_over_before(refund.plan)],
        **_points(refund),
        **_coupons(refund),
        "reason": refund.reason,
        "receipt_lost": refund.receipt != "present",
        "invoice_state": _invoice_state(refund),
        "code": code,
    }


def _invoice_state(refund: Refund) -> str:
    """Where the red invoice stands; empty where none is needed."""
    task = invoices.last_of(refund)
    return task.state if task is not None and task.state != Invoice.NOT_NEEDED else ""


def _coupons(refund: Refund) -> Mapping[str, Any]:
    """What becomes of the shop's coupons, as far as it is known when the paper is made."""
    shown = [{"code": c.code, "face": c.face, "state": s} for c, s in coupon_returns.of_sale(refund.sale)]
    return {"coupons": shown} if shown else {}


def _points(refund: Refund) -> Mapping[str, Any]:
    """Points of the sale that came off its account with this refund (domain §5.9)."""
    back = getattr(refund, "points_back", None)
    return {"points_back": back.points, "points_account": back.account.number_masked} if back else {}


def _exchanged(refund: Refund) -> Mapping[str, str]:
    """The other half of an exchange, by its numbers."""
    made = getattr(refund, "exchange", None)
    if made is None or made.sale is None:
        return {}
    return {"exchange_no": made.exchange_no, "new_sale_no": made.sale.sale_no}


def _kind(legs: Sequence[Leg]) -> str:
    """Which of the papers of domain §7.1: a card's own slip is signed by its holder."""
    if all(leg.route in (Route.CASH, Route.SET_OFF) for leg in legs):
        return "cash_refund_voucher"
    if all(leg.channel == "card" for leg in legs):
        return "card_void_slip" if all(leg.route == Route.VOID for leg in legs) else "card_refund_slip"
    return "refund_voucher"


def _given_up(refund: Refund) -> list[int]:
    """What each line gave up to deductions (a fee is its own line's), so that lines less deductions is the total on the slip."""
    off = sum(each["amount"] for each in refund.deductions if not kept_fees.is_fee(each))
    parts = [line.amount for line in refund.lines.all()]
    return money.share(off, parts) if off and sum(parts) else [0] * len(parts)


def _tender(leg: Leg) -> Mapping[str, Any]:
    payment = leg.payment.source
    return {
        "channel": leg.channel,
        "route": leg.route,
        "amount": leg.owed,
        # cash in whole jiao: what is owed and what is handed over stand beside each other from the start
        "paid_amount": leg.paid_amount if leg.paid_amount is not None else _expected(leg),
        "state": leg.state,
        "settled_at": _moment(leg.settled_at),
        "arrives_by": leg.arrives_by.isoformat() if leg.arrives_by else None,
        "account_hint": leg.received_account or payment.card_masked,
        "channel_order_no": payment.out_trade_no,
        "channel_trade_no": payment.channel_ref,
        "leg_no": leg.leg_no,
        "channel_refund_no": leg.channel_refund_ref,
        **_card_after(leg),
    }


def _expected(leg: Leg) -> int | None:
    """What will come, where it is another sum than what is asked for: cash in whole jiao, a platform's coupon."""
    return leg.to_customer if leg.rounding or leg.user_amount is not None else None


def _card_after(leg: Leg) -> Mapping[str, Any]:
    """What the card holds after this refund, in its buckets (domain §7.1)."""
    if leg.channel not in tenders.OWN:
        return {}
    move = CardMove.objects.filter(leg=leg).select_related("card").first()
    if move is None:
        return {}
    holds = cards.held([move.card_id])[move.card_id]
    if move.card.kind == "points":
        return {"balance_bonus": holds.bonus}
    return {"balance_principal": holds.principal, "balance_bonus": holds.bonus}


def _handed_over_before(owed: int) -> Mapping[str, Any]:
    """Odd fen that an earlier cash refund of the same payment has paid already."""
    return {"channel": "cash", "route": "cash", "amount": owed, "paid_amount": 0, "state": "settled"}


def _terminal_slips(legs: Sequence[Leg]) -> dict[str, Mapping[str, Any]]:
    """Refund number → what a terminal's slip says of it (iso8583 §11)."""
    numbers = [leg.leg_no for leg in legs if leg.channel == "card"]
    records = terminals.slips(numbers) if numbers else {}
    slips: dict[str, Mapping[str, Any]] = {}
    for leg in legs:
        record, payment = records.get(leg.leg_no), leg.payment.source
        if record is None:
            continue
        config = record.terminal.account.config
        slips[leg.leg_no] = {
            "merchant_no": config.get("merchant_no", ""),
            "terminal_no": config.get("terminal_no", ""),
            "batch_no": record.batch_no,
            "trace_no": record.trace_no,
            "reference_no": record.reference_no,
            "auth_code": record.auth_code,
            "original_date": payment.paid_at.astimezone(calendar.SHANGHAI).date().isoformat(),
            "original_trace_no": payment.trace_no,
            "original_reference_no": payment.reference_no or payment.channel_ref,
        }
    return slips


def _person(operator: Operator) -> dict[str, str]:
    return {"code": operator.code, "name": masking.name(operator.name)}


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(calendar.SHANGHAI).isoformat(timespec="seconds") if at else None
