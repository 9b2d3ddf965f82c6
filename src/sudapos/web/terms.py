"""Days as the pages tell them: when money arrives by kind of account, and by when it must have arrived."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from sudapos.books import workdays
from sudapos.books.refunds import Refund
from sudapos.core import arrival, due
from sudapos.core.due import Level
from sudapos.core.lifecycle import LegState, RefundState
from sudapos.core.outcome import Route
from sudapos.core.plan import PlannedLeg
from sudapos.core.rules import Rules

from . import moments

KINDS = {
    "wechat_balance": later("零钱"),
    "wechat_bank_card": later("银行卡"),
    "alipay_balance": later("支付宝余额、花呗"),
    "alipay_bank_card": later("银行卡"),
    "unionpay_debit": later("借记卡"),
    "unionpay_credit": later("信用卡"),
    "bank_card": later("银行卡"),
    "wallet": later("钱包"),
}
"""Kinds of account of domain §11.1."""


@dataclass(frozen=True, slots=True)
class Term:
    """One refund's date as a page shows it."""

    on: date
    tone: str
    icon: str
    text: str


def by_kind(channel: str, route: str, rules: Rules, *, at: datetime) -> str:
    """`零钱今天；银行卡最晚 12-03`: where the channel pays to several kinds; empty where one date says all."""
    found = arrival.kinds(channel, Route(route), rules, at=at, days=workdays.at(at.date()))
    if len(found) < 2:
        return ""
    return _("；").join(
        _("%(kind)s今天") % {"kind": KINDS[each.kind]}
        if each.latest <= moments.today()
        else _("%(kind)s最晚 %(day)s") % {"kind": KINDS[each.kind], "day": moments.day(each.latest)}
        for each in found
    )


def planned(legs: Iterable[PlannedLeg], rules: Rules, *, at: datetime) -> list[tuple[PlannedLeg, str]]:
    """The legs of a preview, each with its days by kind of account."""
    return [(leg, by_kind(leg.channel, leg.route, rules, at=leg.not_before or at)) for leg in legs]


def settled(refund: Refund) -> bool:
    """Whether nothing of a refund is owed any more, as far as its prefetched legs tell."""
    if refund.state != RefundState.APPROVED:
        return refund.state != RefundState.AWAITING
    return all(leg.state in (LegState.SETTLED, LegState.DROPPED) for leg in refund.legs.all())


def of(refund: Refund, *, today: date) -> Term | None:
    """By when the customer must have her money; None once she has it."""
    if refund.due_on is None or refund.hard_due_on is None or settled(refund):
        return None
    facts = {"day": moments.day(refund.due_on), "hard": moments.day(refund.hard_due_on)}
    match due.level(refund.due_on, refund.hard_due_on, today=today):
        case Level.IN_TIME:
            return Term(refund.due_on, "", "clock", _("最晚 %(day)s退到") % facts)
        case Level.OVERDUE:
            return Term(refund.due_on, "wait", "clock", _("已过期限 %(day)s，%(hard)s后算故意拖延") % facts)
        case Level.LATE:
            return Term(refund.due_on, "bad", "alert", _("已过 %(hard)s，算故意拖延，请今天解决") % facts)
