"""A refund request on the scales: what it is worth, which ways the money may go, and what policy says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from sudapos.core import amounts, calendar, plan, policy
from sudapos.core.authority import Act
from sudapos.core.outcome import Route
from sudapos.core.policy import Reason, Rules, Verdict, Weight
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound

from . import remainders, shops, staff
from .remainders import Remainder
from .sales import Sale
from .staff import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One line that comes back, in thousandths of a unit."""

    line_no: int
    milli: int
    restock: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequest:
    """What a cashier or a machine asks for; one of `lines` (with `charges`), `everything` or `amount` (fen)."""

    sale_no: str
    operator: str
    store: str = ""
    till: str = ""
    lines: tuple[RequestLine, ...] = ()
    charges: tuple[int, ...] = ()
    everything: bool = False
    amount: int | None = None
    reason: str = ""
    note: str = ""
    receipt: str = "present"
    evidence: tuple[str, ...] = ()
    route: str = "original"
    legs: Mapping[str, int] | None = None
    expected_total: int | None = None
    key: str = ""

    def digest(self) -> str:
        """Fingerprint of the content, so that one key cannot mean two refunds."""
        return digest({name: value for name, value in asdict(self).items() if name != "key"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A request after all that core has to say about it. Amounts in fen."""

    request: RefundRequest
    remainder: Remainder
    operator: Operator
    worth: amounts.Worth
    plan: plan.Plan
    verdict: Verdict
    at: datetime

    @property
    def total(self) -> int:
        return self.worth.total

    @property
    def cash(self) -> int:
        """Fen that would leave a drawer."""
        return sum(leg.amount for leg in self.plan.legs if leg.route is Route.CASH)


def preview(request: RefundRequest, *, at: datetime) -> Weighed:
    """What would happen; changes nothing. Raises Refusal and its kin."""
    sale = Sale.objects.select_related("store").filter(sale_no=request.sale_no).first()
    if sale is None:
        raise NotFound("sale_not_found", sale_no=request.sale_no)
    operators = staff.find([request.operator])
    remainder = remainders.of([sale])[sale.pk]
    rules = shops.rules_of(shops.merchant())
    return weigh(request, remainder, maker(request, operators), rules, cash_promised([sale], rules, at), at)


def maker(request: RefundRequest, operators: Mapping[str, Operator]) -> Operator:
    operator = operators.get(request.operator)
    if operator is None:
        raise NotFound("operator_not_found", operator=request.operator)
    staff.require(operator, Act.MAKE_REFUND)
    _check_words(request)  # first: a misspelt receipt is a wrong word, not a missing right
    if request.receipt != "present":
        staff.require(operator, Act.MAKE_REFUND_WITHOUT_RECEIPT)
    return operator


def weigh(
    request: RefundRequest,
    remainder: Remainder,
    operator: Operator,
    rules: Rules,
    cash_today: Mapping[tuple[int, str], int],
    at: datetime,
) -> Weighed:
    staff.require_store(operator, remainder.sale.store_id, remainder.sale.store.code)
    worth = amounts.worth(
        remainder.sold,
        amounts.Ask(
            lines=tuple(amounts.AskLine(line_no=n.line_no, milli=n.milli) for n in request.lines),
            charges=request.charges,
            everything=request.everything,
            amount=request.amount,
        ),
    )
    if request.expected_total is not None and request.expected_total != worth.total:
        raise Conflict("total_changed", expected=request.expected_total, total=worth.total)
    paid = [tender.paid() for tender in remainder.tenders]
    way = plan.plan(worth.total, paid, rules, at=at, route=request.route, legs=request.legs)
    facts = _facts(
        request, remainder, operator, worth, way, cash_today.get((remainder.sale.store_id, request.till), 0)
    )
    verdict = policy.decide(facts, rules, at, more=[*way.reasons, *_unreachable(way, remainder)])
    return Weighed(
        request=request, remainder=remainder, operator=operator, worth=worth, plan=way, verdict=verdict, at=at
    )


def _check_words(request: RefundRequest) -> None:
    errors = []
    if request.reason not in policy.REASONS:
        errors.append(FieldError(("reason",), "unknown_reason"))
    if request.receipt not in policy.RECEIPTS:
        errors.append(FieldError(("receipt",), "unknown_receipt"))
    if errors:
        raise Invalid("input_invalid", errors=errors)


def _facts(
    request: RefundRequest,
    remainder: Remainder,
    operator: Operator,
    worth: amounts.Worth,
    way: plan.Plan,
    cash_today: int,
) -> policy.RefundFacts:
    sale = remainder.sale
    return policy.RefundFacts(
        total=worth.total,
        reason=request.reason,
        sold_at=sale.sold_at,
        receipt=request.receipt,
        route=request.route,
        legs=way.legs,
        paid=tuple(tender.paid() for tender in remainder.tenders),
        lines=tuple(
            policy.FactLine(
                line_no=part.line_no,
                name=remainder.lines[part.line_no].name,
                amount=part.amount,
                returnable=remainder.lines[part.line_no].returnable,
            )
            for part in worth.lines
            if part.milli
        ),
        sale_state=sale.state,
        sale_mode=sale.mode,
        roles=frozenset(operator.roles),
        cash_paid_today=cash_today,
        without_goods=request.amount is not None,
    )


def _unreachable(way: plan.Plan, remainder: Remainder) -> list[Reason]:
    """A payment without an account cannot be refunded over its channel: nobody would know whom to speak to."""
    accounts = {t.payment.payment_no: t.payment.account_id for t in remainder.tenders}
    return [
        Reason(Weight.DENY, "account_missing", {"channel": leg.channel, "payment_no": leg.payment_no})
        for leg in way.legs
        if leg.route in (Route.REFUND, Route.VOID) and accounts[leg.payment_no] is None
    ]


def cash_promised(sales: Sequence[Sale], rules: Rules, at: datetime) -> dict[tuple[int, str], int]:
    """Cash refunds promised today per store and till, in fen, for a drawer's daily cap (domain §8.2)."""
    today = calendar.business_date(at, cutover=rules.business_day_cutover)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.store_id, r.till, sum(l.amount) FROM books_leg l JOIN books_refund r ON r.id = l.refund_id"
            " JOIN books_sale s ON s.id = r.sale_id"
            " WHERE l.route = 'cash' AND l.state <> 'dropped' AND r.business_date = %s AND s.store_id = ANY(%s)"
            " GROUP BY s.store_id, r.till",
            [today, list({sale.store_id for sale in sales})],
        )
        return {(store, till): int(total) for store, till, total in cursor.fetchall()}


def plain_verdict(verdict: Verdict) -> dict[str, Any]:
    """A verdict as JSON, kept with the refund as it was given."""
    return {
        "decision": verdict.decision,
        "approvals": list(verdict.approvals),
        "reasons": [
            {
                "code": reason.code,
                "weight": reason.weight.name.lower(),
                "facts": json.loads(json.dumps(dict(reason.facts), default=str)),
                "roles": list(reason.roles),
            }
            for reason in verdict.reasons
        ],
    }


def digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
