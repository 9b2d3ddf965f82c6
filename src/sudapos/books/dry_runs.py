"""A list of requests weighed as `open` weighs it, changing nothing; and what a weighed request would be as a refund."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sudapos.core.policy import LEGAL_CLAIMS
from sudapos.core.refusal import NotFound, Refusal

from . import policies, remainders, staff
from .refunds import fingerprint
from .sales import Sale
from .weighing import Before, Places, RefundRequest, Weighed, maker, weigh


def reserve(weighed: Weighed, at: datetime) -> Iterator[tuple[int, int]]:
    """Take it off what is left, so that the next one of the same list sees less; (payment id, fen) of each payment."""
    weighed.remainder.take(weighed.worth, by_right=weighed.request.reason in LEGAL_CLAIMS)
    for tender in weighed.remainder.tenders:
        own = [leg for leg in weighed.plan.legs if leg.payment_no == tender.payment.payment_no]
        part = sum(leg.amount for leg in own)
        tender.surplus += sum(leg.rounding for leg in own)
        for leg in own:
            if tender.funding is not None and leg.user_amount is not None:
                tender.funding = tender.funding.after(leg.amount)
        if part:
            tender.payment.promised += part
            tender.refunds_made += 1
            tender.last_refund_at = at
            yield tender.payment.pk, part


def preview_all(requests: Sequence[RefundRequest], *, at: datetime) -> list[Weighed | Refusal]:
    """What `open` would say to each of a list, in a fixed number of statements; changes nothing. A denied one is a Weighed."""
    sales = {
        sale.sale_no: sale
        for sale in Sale.objects.select_related("store").filter(sale_no__in={r.sale_no for r in requests})
    }
    operators = staff.find(r.operator for r in requests)
    places = Places.of(requests, sales.values())
    left = remainders.of(sales.values())
    terms = policies.Terms.read()
    earlier = Before.of(sales.values(), operators.values(), places, terms.now, at=at)
    answers: list[Weighed | Refusal] = []
    for request in requests:
        try:
            if request.sale_no not in sales:
                raise NotFound("sale_not_found", sale_no=request.sale_no)
            remainder = left[sales[request.sale_no].pk]
            place = places.place(request, remainder.sale)
            weighed = weigh(request, remainder, place, maker(request, operators), terms, earlier, at)
            answers.append(weighed)
            if weighed.verdict.decision != "deny":
                dict(reserve(weighed, at))
                earlier.add(weighed)
        except Refusal as refusal:
            answers.append(refusal)
    return answers


def steps(weighed: Weighed) -> list[dict[str, Any]]:
    """The plan as a refund keeps it: one step for each leg."""
    payments = {t.payment.payment_no: t.payment for t in weighed.remainder.tenders}
    return [
        {
            "payment_id": payments[leg.payment_no].pk,
            "payment_no": leg.payment_no,
            "account_id": payments[leg.payment_no].source.account_id,
            "channel": leg.channel,
            "route": str(leg.route),
            "amount": leg.amount,
            "rounding": leg.rounding,
            "user_amount": leg.user_amount,
            "arrives_by": leg.arrives_by and leg.arrives_by.isoformat(),
            "not_before": leg.not_before and leg.not_before.isoformat(),
        }
        for leg in weighed.plan.legs
    ]


def mark(weighed: Weighed, made: list[dict[str, Any]]) -> str:
    """The fingerprint that the refund has, or would have."""
    return fingerprint(
        weighed.remainder.sale.sale_no,
        [asdict(part) for part in weighed.worth.lines],
        [asdict(part) for part in weighed.worth.charges],
        made,
        total=weighed.total,
        reason=weighed.request.reason,
    )
