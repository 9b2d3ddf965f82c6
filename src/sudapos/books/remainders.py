"""What is left of a sale: read from its refunds in bulk, so that nobody keeps a second count that can drift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from sudapos.core import amounts, capability, kept_fees, promotions, tips
from sudapos.core.coupons import Funding
from sudapos.core.kept_fees import Sums
from sudapos.core.lifecycle import RefundState
from sudapos.core.outcome import Route
from sudapos.core.plan import Paid
from sudapos.core.policy import LEGAL_CLAIMS
from sudapos.core.promotions import Promotion

from . import fundings, roundings, terminals
from .legs import Leg
from .refunds import Refund, RefundCharge, RefundLine
from .sales import Charge, Payment, Sale, SaleLine

LIVE_STATES = (RefundState.AWAITING, RefundState.APPROVED)
"""Refunds in these keep what they asked for reserved (INV-05)."""


@dataclass(slots=True)
class Tender:
    """A payment, and what refunds have used of it so far."""

    payment: Payment
    refunds_made: int = 0
    last_refund_at: datetime | None = None
    surplus: int = 0
    """Fen that earlier cash refunds handed over above what they owed."""
    funding: Funding | None = None
    """Where a platform's coupon paid a part."""
    batch_open: bool = False
    """The terminal that took it has not settled its batch since."""

    @property
    def left(self) -> int:
        """Fen that may still be promised."""
        return self.payment.amount - self.payment.promised

    def paid(self, *, at: datetime) -> Paid:
        """As the plan wants to see it."""
        source = self.payment.source
        row = capability.get(source.channel)
        open_ = capability.void_open(row, paid_at=source.paid_at, at=at, batch_open=self.batch_open)
        return Paid(
            # a part that was carried over is no whole payment, so it is never voided
            voidable=open_ and not self.payment.promised and source is self.payment,
            payment_no=self.payment.payment_no,
            channel=source.channel,
            amount=source.amount,
            left=self.left,
            paid_at=source.paid_at,
            refunds_made=self.refunds_made,
            last_refund_at=self.last_refund_at,
            surplus=self.surplus,
            funding=self.funding,
        )


@dataclass
class Remainder:
    """One sale as amounts and plan want to see it, with its rows by number."""

    sale: Sale
    lines: dict[int, SaleLine]
    charges: dict[int, Charge]
    tenders: list[Tender]
    sold: amounts.Sold = field(default_factory=lambda: amounts.Sold(lines=(), charges=()))
    promotions: tuple[Promotion, ...] = ()

    @cached_property
    def left(self) -> amounts.Left:
        """What may still come back, per line and charge."""
        return amounts.left(self.sold)

    @property
    def left_but_tips(self) -> amounts.Left:
        """What "everything" would give back: a tip comes back only where it is named."""
        return amounts.left(tips.apart(self.sold))

    def take(self, worth: amounts.Worth, *, by_right: bool = False) -> None:
        """Count a refund that is being written, so that the next one in the same list sees less."""
        lines = {part.line_no: part for part in worth.lines}
        charges = {part.charge_no: part for part in worth.charges}
        self.sold = amounts.Sold(
            lines=tuple(
                _less_line(line, lines.get(line.line_no), by_right=by_right) for line in self.sold.lines
            ),
            charges=tuple(
                _less_charge(charge, charges.get(charge.charge_no)) for charge in self.sold.charges
            ),
        )
        self.__dict__.pop("left", None)


def _less_line(line: amounts.SoldLine, part: amounts.LinePart | None, *, by_right: bool) -> amounts.SoldLine:
    if part is None:
        return line
    return replace(
        line,
        back_milli=line.back_milli + part.milli,
        back_amount=line.back_amount + part.amount + part.fee,
        back_tax=line.back_tax + part.tax + part.fee_tax,
        fee=line.fee + part.fee,
        fee_tax=line.fee_tax + part.fee_tax,
        fee_due=line.fee_due - part.fee_again,
        back_by_right=line.back_by_right + (part.milli if by_right else 0),
    )


def _less_charge(charge: amounts.SoldCharge, part: amounts.ChargePart | None) -> amounts.SoldCharge:
    if part is None:
        return charge
    return replace(charge, back_amount=charge.back_amount + part.amount, back_tax=charge.back_tax + part.tax)


@dataclass(slots=True)
class _Back:
    """Quantity, amount and tax that one row gave up, the fee and its tax in them."""

    milli: int = 0
    amount: int = 0
    tax: int = 0
    undone: int = 0
    by_right: int = 0
    fee: int = 0
    fee_tax: int = 0
    fee_due: int = 0

    def add(self, stands: Sums) -> None:
        amount, tax, fee, fee_tax = stands
        self.amount += amount + fee
        self.tax += tax + fee_tax
        self.fee += fee
        self.fee_tax += fee_tax


def of(sales: Iterable[Sale]) -> dict[int, Remainder]:
    """The remainder of each sale by its id, in eight statements whatever the number of sales."""
    found = {sale.pk: Remainder(sale=sale, lines={}, charges={}, tenders=[]) for sale in sales}
    back_lines, back_charges = _came_back(found)
    for line in SaleLine.objects.filter(sale_id__in=found).order_by("sale_id", "line_no"):
        found[line.sale_id].lines[line.line_no] = line
    for charge in Charge.objects.filter(sale_id__in=found).order_by("sale_id", "charge_no"):
        found[charge.sale_id].charges[charge.charge_no] = charge
    for tender in _tenders(found):
        found[tender.payment.sale_id].tenders.append(tender)
    for remainder in found.values():
        remainder.promotions = tuple(_promotion(each) for each in remainder.sale.promotions)
        given = promotions.shares(
            {no: line.gross - line.discount for no, line in remainder.lines.items()}, remainder.promotions
        )
        remainder.sold = amounts.Sold(
            lines=tuple(
                _sold_line(line, back_lines[line.pk], given[line.line_no])
                for line in remainder.lines.values()
            ),
            charges=tuple(
                _sold_charge(charge, back_charges[charge.pk]) for charge in remainder.charges.values()
            ),
        )
    return found


def _came_back(sale_ids: Iterable[int]) -> tuple[dict[int, _Back], dict[int, _Back]]:
    live = {
        refund.pk: refund
        for refund in Refund.objects.filter(sale_id__in=list(sale_ids), state__in=LIVE_STATES).only(
            "id",
            "total",
            "undone",
            "tax",
            "undone_tax",
            "reason",
            "fee",
            "fee_tax",
            "undone_fee",
            "undone_fee_tax",
        )
        if refund.undone < refund.total
    }
    lines: dict[int, _Back] = defaultdict(_Back)
    charges: dict[int, _Back] = defaultdict(_Back)
    parts: dict[int, list[RefundLine | RefundCharge]] = defaultdict(list)
    for line in RefundLine.objects.filter(refund_id__in=live):
        parts[line.refund_id].append(line)
    for charge in RefundCharge.objects.filter(refund_id__in=live):
        parts[charge.refund_id].append(charge)
    for refund_id, rows in parts.items():
        for row, stands in _standing(live[refund_id], rows):
            if isinstance(row, RefundLine):
                back = lines[row.sale_line_id]
                back.add(stands)
                back.milli += row.milli
                back.undone += row.amount + row.fee - stands[0] - stands[2]
                back.fee_due += _due_again(row, row.fee - stands[2]) - row.fee_again
                if live[refund_id].reason in LEGAL_CLAIMS:
                    back.by_right += row.milli
            else:
                charges[row.charge_id].add(stands)
    return lines, charges


def _standing(
    refund: Refund, rows: list[RefundLine | RefundCharge]
) -> list[tuple[RefundLine | RefundCharge, Sums]]:
    """The parts of a refund that still stand; a dropped leg gives its share of every part back, and of its fee."""
    sums = [_sums(row) for row in rows]
    if not refund.undone:
        return list(zip(rows, sums, strict=True))
    # what was booked back is the dropped legs' own tax: the rows bear exactly the rest, or the last refund is off
    left = (
        refund.total - refund.undone,
        refund.tax - refund.undone_tax,
        refund.fee - refund.undone_fee,
        refund.fee_tax - refund.undone_fee_tax,
    )
    return list(zip(rows, kept_fees.standing(sums, left), strict=True))


def _due_again(row: RefundLine, given_up: int) -> int:
    """Of a kept sum that was given up, the published fee: what paid for points is counted with the points."""
    return given_up * (row.fee - row.points) // row.fee if row.fee else 0


def _sums(row: RefundLine | RefundCharge) -> Sums:
    if isinstance(row, RefundLine):
        return row.amount, row.tax, row.fee, row.fee_tax
    return row.amount, row.tax, 0, 0


def _tenders(sale_ids: Iterable[int]) -> list[Tender]:
    payments = list(
        Payment.objects.filter(sale_id__in=list(sale_ids))
        .select_related("account", "origin__account")
        .defer("account__config", "origin__account__config")
        .order_by("sale_id", "id")
    )
    roots = {p.source.pk for p in payments}
    # the channel counts the refunds of a payment, whichever sales its parts were carried to
    used = {
        row["root"]: row
        for row in Leg.objects.filter(
            Q(payment_id__in=roots) | Q(payment__origin_id__in=roots), route__in=(Route.REFUND, Route.VOID)
        )
        .exclude(state="dropped")
        .values(root=Coalesce("payment__origin_id", "payment_id"))
        .annotate(made=Count("id"), last=Max(Coalesce("last_sent_at", "due_at")))
    }
    above, funded = roundings.surplus(sale_ids), fundings.of(payments)
    batches = terminals.open_batches(p.account_id for p in payments if p.channel == "card" and p.account_id)
    tenders = []
    for payment in payments:
        row = used.get(payment.source.pk)
        open_batch = batches.get(payment.account_id or 0)
        tender = Tender(
            payment,
            surplus=above.get(payment.pk, 0),
            funding=funded.get(payment.source.pk),
            batch_open=bool(open_batch) and payment.batch_no == open_batch,
        )
        if row:
            tender.refunds_made = row["made"]
            tender.last_refund_at = row["last"]
        tenders.append(tender)
    return tenders


def _promotion(kept: Mapping[str, Any]) -> Promotion:
    return Promotion(**{**kept, "lines": tuple(kept["lines"])})


def _sold_line(line: SaleLine, back: _Back, promoted: int) -> amounts.SoldLine:
    return amounts.SoldLine(
        line_no=line.line_no,
        milli=line.milli,
        weighed=line.weighed,
        gross=line.gross,
        net=line.net,
        vat_bp=line.vat_bp,
        back_milli=back.milli,
        back_amount=back.amount,
        back_tax=back.tax,
        undone=back.undone,
        fee=back.fee,
        fee_tax=back.fee_tax,
        fee_due=back.fee_due,
        gift_of=line.gift_of,
        marked_value=line.marked_value,
        discount=line.discount,
        full=line.net + promoted,
        back_by_right=back.by_right,
    )


def _sold_charge(charge: Charge, back: _Back) -> amounts.SoldCharge:
    return amounts.SoldCharge(
        charge_no=charge.charge_no,
        amount=charge.amount,
        vat_bp=charge.vat_bp,
        follows_lines=charge.follows_lines and charge.kind != tips.KIND,
        tip=charge.kind == tips.KIND,
        back_amount=back.amount,
        back_tax=back.tax,
    )
