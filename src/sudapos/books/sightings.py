"""Where a row of a statement and a row of ours meet: by the numbers that both carry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Q

from sudapos.core import capability
from sudapos.core.calendar import SHANGHAI

from .findings import Finding
from .legs import Leg
from .sales import Payment
from .shops import Account
from .statements import Statement, StatementLine


def payments_named(account: Account, lines: Iterable[StatementLine]) -> dict[str, Payment]:
    """Number of a payment, ours or the channel's → the payment, for refunds that we did not make."""
    names = {name for row in lines for name in (row.order_no, row.order_ref) if name}
    if not names:
        return {}
    named = Q(out_trade_no__in=names) | Q(channel_ref__in=names) | Q(reference_no__in=names)
    rows = Payment.objects.filter(named, account=account).select_related("sale__store").order_by("-id")
    found: dict[str, Payment] = {}
    for row in rows:
        for name in (row.out_trade_no, row.channel_ref, row.reference_no):
            if name:
                found[name] = row
    return found


def day_of(account: Account, row: Leg | Payment) -> date:
    """The channel's day on which this should stand; its day may end before midnight (unionpay §7)."""
    hour = capability.get(account.channel).clearing_hour
    ahead = timedelta(hours=24 - hour) if hour else timedelta()
    if isinstance(row, Payment):
        moment = row.paid_at
    else:
        accepted = row.first_sent_at if account.channel == "wechatpay" else None
        moment = accepted or row.settled_at or row.last_sent_at or row.created_at
    return (moment.astimezone(SHANGHAI) + ahead).date()


def our_side(row: Leg | Payment) -> dict[str, Any]:
    """What our books say, as a finding keeps it; nothing of the customer."""
    if isinstance(row, Payment):
        return {
            "kind": "sale",
            "sale_no": row.sale.sale_no,
            "amount": row.amount,
            "number": row.out_trade_no or row.channel_ref or row.reference_no,
            "ref": row.channel_ref or row.reference_no,
            "at": row.paid_at.isoformat(),
            "state": "settled",
        }
    moment = row.settled_at or row.last_sent_at
    return {
        "kind": row.route,
        "refund_no": row.refund.refund_no,
        "amount": row.amount,
        "number": row.leg_no,
        "ref": row.channel_refund_ref,
        "at": moment.isoformat() if moment else "",
        "state": row.state,
    }


def named_on(statement: Statement, waiting: Sequence[Finding]) -> list[Finding]:
    """Those of `waiting` whose row of ours this statement shows after all."""
    if not waiting:
        return []
    numbers = {name for row in waiting for name in _names(row)}
    lines = statement.lines.filter(Q(number__in=numbers) | Q(ref__in=numbers)).values_list(
        "kind", "number", "ref"
    )
    sold = {name for kind, number, ref in lines if kind == "sale" for name in (number, ref)}
    back = {name for kind, number, ref in lines if kind != "sale" for name in (number, ref)}
    return [row for row in waiting if _names(row) & (back if row.leg_id else sold)]


def _names(row: Finding) -> set[str]:
    if row.leg is not None:
        return {row.leg.leg_no, row.leg.channel_refund_ref} - {""}
    payment = row.payment
    assert payment is not None, "a missing payment without its row"
    return {payment.out_trade_no, payment.channel_ref, payment.reference_no} - {""}
