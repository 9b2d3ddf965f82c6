"""The desk: what waits for me, oldest first; the search field; today in four numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sudapos.books import decisions, shops
from sudapos.books.batches import RefundBatch
from sudapos.books.compensations import Compensation
from sudapos.books.counts import Count
from sudapos.books.days import Day
from sudapos.books.findings import SUSPENDED, Finding
from sudapos.books.hand_backs import HandBack
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.lifecycle import RefundState
from sudapos.core.refusal import Refusal

from . import errors, faces, frame, moments, queues, reasons, words

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that waits: what it is, how long, how much, and where to go."""

    since: datetime
    state: str
    what: str
    text: str
    amount: int | None
    link: str
    word: str = ""
    """On the pill of what is no refund; `state` is empty then."""


@frame.page()
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    operator = frame.operator_of(request)
    todos = sorted(_todos(operator), key=lambda todo: todo.since)
    told: dict[str, Any] = {
        "todos": todos[:SHOWN],
        "more": max(len(todos) - SHOWN, 0),
        "may_refund": operator.may(Act.MAKE_REFUND),
        "said": errors.say(Refusal("shop_restored")) if shops.is_restored() else None,
    }
    if operator.may(Act.LOOK_UP):
        told["numbers"] = queues.today(operator, moments.start_of(moments.today()))
    return render(request, "pages/desk.html", told)


def _todos(operator: Operator) -> list[Todo]:
    todos: list[Todo] = []
    if operator.may(Act.APPROVE) or operator.may(Act.APPROVE_HIGH):
        todos += [_to_approve(refund) for refund in decisions.waiting_for(operator)]
        todos += [_batch(row) for row in queues.batches_to_approve(operator)]
    if operator.may(Act.APPROVE_PREPAID_REFUND):
        todos += [_hand_back(row) for row in queues.cards_to_decide(operator)]
    if operator.may(Act.PAY_CASH):
        todos += [_cash(leg) for leg in queues.cash_to_pay(operator)]
    if operator.may(Act.SEE_STUCK) or operator.may(Act.MAKE_REFUND):
        todos += [_stuck(leg) for leg in queues.stuck(operator)]
    if operator.may(Act.MAKE_REFUND):
        todos += [_own(refund) for refund in queues.own_waiting(operator)]
    todos += [_beyond(row) for row in queues.compensations_for(operator)]
    if operator.may(Act.APPROVE_DRAWER):
        todos += [_off(row) for row in queues.to_explain(operator)]
    if operator.may(Act.CLOSE_FINDING):
        todos += [_finding(row) for row in queues.open_findings()]
        todos += [_late(row) for row in queues.late_days()]
    return todos


def _finding(row: Finding) -> Todo:
    return Todo(
        since=row.opened_at,
        state="",
        what=f"{row.finding_no} · {row.account.name}",
        text=words.finding(row.kind),
        amount=row.difference,
        link=reverse("findings-one", args=[row.finding_no]),
        word=_("挂账中") if row.state == SUSPENDED else _("差异"),
    )


def _beyond(row: Compensation) -> Todo:
    return Todo(
        since=row.decided_at or row.asked_at,
        state="",
        what=_("赔偿等我审批") if row.decided_at is None else _("赔偿等着支付"),
        text=f"{row.number} · {row.why}",
        amount=row.amount,
        link=reverse("compensations-one", args=[row.number]),
        word=_("待审批") if row.decided_at is None else _("待支付"),
    )


def _off(row: Count) -> Todo:
    return Todo(
        since=row.at,
        state="",
        what=_("短款等我说明") if row.difference < 0 else _("长款等我说明"),
        text=f"{row.shift.shift_no} · {row.reason}".removesuffix(" · "),
        amount=row.difference,
        link=f"{reverse('drawers')}#{row.count_no}",
        word=_("待说明"),
    )


def _late(row: Day) -> Todo:
    missing = ", ".join(str(one["account"]) for one in row.missing if "account" in one)
    return Todo(
        since=row.looked_at,
        state="",
        what=_("缺对账单"),
        text=f"{row.day:%Y-%m-%d} · {missing}",
        amount=None,
        link=reverse("days-one", args=[f"{row.day:%Y-%m-%d}"]),
        word=_("未日结"),
    )


def _to_approve(refund: Refund) -> Todo:
    return Todo(
        since=refund.created_at,
        state=RefundState.AWAITING,
        what=_("等我审批"),
        text=reasons.heaviest(refund.verdict),
        amount=refund.total,
        link=f"{reverse('approvals')}#{refund.refund_no}",
    )


def _batch(row: RefundBatch) -> Todo:
    return Todo(
        since=row.checked_at or row.created_at,
        state="",
        what=_("批次等我复核"),
        text=f"{row.batch_no} · {row.title}",
        amount=row.total,
        link=reverse("batches-one", args=[row.batch_no]),
        word=_("待复核"),
    )


def _hand_back(row: HandBack) -> Todo:
    return Todo(
        since=row.asked_at,
        state="",
        what=_("退卡等我复核"),
        text=f"{row.number} · {row.card.number_masked}",
        amount=row.total,
        link=reverse("cards-hand-back", args=[row.number]),
        word=_("待复核"),
    )


def _cash(leg: Leg) -> Todo:
    numbers = f"{leg.refund.refund_no} · {leg.refund.sale.sale_no}"
    return _of(leg, what=_("付现金给顾客"), text=numbers)


def _stuck(leg: Leg) -> Todo:
    return _of(leg, what=leg.refund.refund_no, text=faces.sentence(leg))


def _of(leg: Leg, *, what: str, text: str) -> Todo:
    return Todo(
        since=leg.created_at,
        state=leg.state,
        what=what,
        text=text,
        amount=leg.amount,
        link=reverse("refunds-one", args=[leg.refund.refund_no]),
    )


def _own(refund: Refund) -> Todo:
    return Todo(
        since=refund.created_at,
        state=RefundState.AWAITING,
        what=_("我提交的，等别人审批"),
        text=reasons.heaviest(refund.verdict),
        amount=refund.total,
        link=reverse("refunds-one", args=[refund.refund_no]),
    )
