"""A shop's coupon comes back to the customer when its whole sale has: once, and only while it is valid (domain §2.2).

It comes back with the last money, not with the promise of it: what is promised may still be given up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Sum

from sudapos.core import calendar, tips
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.rules import Reason, Weight
from sudapos.core.sold import Left, Worth

from . import audit, outbox
from .coupons import CouponReturn, SaleCoupon
from .legs import Leg
from .refunds import Refund, RefundLine
from .sales import Charge, Sale, SaleLine

RETURNED = "returned"
EXPIRED = "expired"
Held = dict[int, list[SaleCoupon]]
"""Coupons that have not come back, by the id of their sale."""


@dataclass(slots=True)
class Given:
    """What the world and the audit chain hear of coupons that came back."""

    messages: list[outbox.Draft] = field(default_factory=list)
    acts: list[audit.Act] = field(default_factory=list)


def of(sales: Iterable[Sale]) -> Held:
    """One statement."""
    found: Held = defaultdict(list)
    for row in SaleCoupon.objects.filter(sale__in=list(sales), returned=None).order_by("id"):
        found[row.sale_id].append(row)
    return found


def said(
    coupons: Sequence[SaleCoupon], left: Left, worth: Worth, *, reason: str, at: datetime
) -> Iterator[Reason]:
    """What becomes of each coupon if this is refunded: the customer hears it before she agrees."""
    if reason == "goodwill":
        return
    back = {part.line_no: part.milli for part in worth.lines}
    goods = all(line.milli == back.get(line.line_no, 0) for line in left.lines)
    whole = goods and left.total == worth.total + worth.fee
    for row in coupons:
        told: dict[str, object] = {"coupon": row.code, "face": row.face}
        if not row.is_valid(_day(at)):
            yield Reason(Weight.NOTE, "coupon_expired", told | {"until": f"{row.valid_to}"})
        else:
            yield Reason(Weight.NOTE, "coupon_comes_back" if whole else "coupon_stays_used", told)


def of_sale(sale: Sale) -> list[tuple[SaleCoupon, str]]:
    """Each coupon of a sale with what became, or will become of it: returned, expired, due (with the last money) or used."""
    rows = list(SaleCoupon.objects.filter(sale=sale).select_related("returned").order_by("id"))
    ends = {row.pk: row.returned.state for row in rows if hasattr(row, "returned")}
    whole = bool(rows) and len(ends) < len(rows) and bool(_whole({sale.pk: sale}, moved=False))
    return [(row, ends.get(row.pk, "due" if whole else "used")) for row in rows]


def give_back(done: Sequence[Refund], *, at: datetime) -> Given:
    """After the last money of these refunds: coupons whose whole sale is back. One statement where there are none.

    Two refunds of one sale may be done at once: the coupon's row is locked, so the later one sees the earlier.
    """
    if not done:
        return Given()
    last = {refund.sale_id: refund for refund in done}
    rows = list(
        SaleCoupon.objects.select_for_update(of=("self",), no_key=True)
        .select_related("sale__store")
        .filter(sale_id__in=last, returned=None)
        .order_by("id")
    )
    given = Given()
    whole = _whole({row.sale_id: row.sale for row in rows})
    returns = []
    for row in rows:
        if row.sale_id not in whole:
            continue
        state = RETURNED if row.is_valid(_day(at)) else EXPIRED
        refund = last[row.sale_id]
        returns.append(CouponReturn(coupon=row, refund=refund, state=state, at=at))
        facts = {"coupon": row.code, "amount": row.face, "state": state, "refund_no": refund.refund_no}
        told = {"subject": "sale", "subject_no": row.sale.sale_no, "store": row.sale.store.code}
        given.acts.append(audit.Act(act=f"coupon.{state}", by="system", facts=facts, **told))
        if state == RETURNED:
            given.messages.append(
                outbox.Draft(event="coupon.returned", facts=facts, again=f"{row.pk}", **told)
            )
    CouponReturn.objects.bulk_create(returns)
    return given


def _whole(sales: dict[int, Sale], *, moved: bool = True) -> set[int]:
    """Sales of which all goods and all money are back (or, not `moved`, on their way); kindness gives no sale back."""
    if not sales:
        return set()
    refunds = Refund.objects.filter(sale_id__in=sales, state=RefundState.APPROVED).exclude(reason="goodwill")
    waiting = Leg.objects.filter(refund__in=refunds).exclude(state__in=(LegState.SETTLED, LegState.DROPPED))
    open_still = set(waiting.values_list("refund_id", flat=True)) if moved else set()
    ended = [refund for refund in refunds if refund.pk not in open_still]
    money: dict[int, int] = defaultdict(int)
    for refund in ended:
        money[refund.sale_id] += refund.total - refund.undone + refund.fee - refund.undone_fee
    rows = RefundLine.objects.filter(refund__in=ended).order_by().values("sale_line_id")
    back = {row["sale_line_id"]: row["milli"] for row in rows.annotate(milli=Sum("milli"))}
    here = {
        line.sale_id
        for line in SaleLine.objects.filter(sale_id__in=sales)
        if back.get(line.pk, 0) < line.milli
    }
    staff = Charge.objects.filter(sale_id__in=sales, kind=tips.KIND).order_by().values("sale_id")
    tipped = {row["sale_id"]: row["fen"] for row in staff.annotate(fen=Sum("amount"))}
    # a tip is no part of what the coupon was for, and stays with the staff
    whole = {number for number, sale in sales.items() if money[number] >= sale.total - tipped.get(number, 0)}
    return whole - here


def _day(at: datetime) -> date:
    return at.astimezone(calendar.SHANGHAI).date()
