"""A refund request on the scales: what it is worth, which ways the money may go, and what policy says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sudapos.core import allowing, amounts, deposits, fraud, goods, kept_fees, passing, plan, policy, tips
from sudapos.core.authority import Act
from sudapos.core.drawers import Holding
from sudapos.core.outcome import Route
from sudapos.core.plan import Paid
from sudapos.core.points import NOTHING, Back
from sudapos.core.policy import Reason, Rules, Verdict
from sudapos.core.promotions import Promotion
from sudapos.core.refusal import Conflict, FieldError, Invalid, NotFound, Refusal

from . import (
    coupon_returns,
    drawers,
    keeping,
    obstacles,
    points_back,
    policies,
    remainders,
    staff,
    suspicions,
    workdays,
)
from .places import Place as Place
from .places import Places as Places
from .policies import Spoken, Terms
from .promised import Drawer, cash_promised, split_promised
from .remainders import Remainder
from .sales import Sale
from .staff import Operator
from .watch import Asked, Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLine:
    """One line that comes back, in thousandths of a unit."""

    line_no: int
    milli: int
    restock: bool = False
    goods: str = ""
    serial: str = ""


SENDING = frozenset({"key", "till_time", "queued_at"})
"""What a repeat of the same request may say otherwise."""
UNSAID: Mapping[str, object] = {"waive_fee": False, "keep": None}  # what the first requests did not know of


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
    goods: str = ""
    """The condition of every line that says none of its own (`core.goods`)."""
    serials: tuple[str, ...] = ()
    """Serial numbers as they were scanned, of whatever line."""
    till_time: datetime | None = None
    """What the till's clock said when it asked (FR24)."""
    queued_at: datetime | None = None
    """When the till wrote it down because it could not reach us (FR19)."""
    carry: int = 0
    """Price of what an exchange hands out: so much does not go back. Only `exchanges` sets it."""
    waive_fee: bool = False
    """The fee that the policy lets the shop keep is let go; the note says why."""
    keep: int | None = None
    """Fen of a deposit that stay with the shop; None for a sale. Only `deposits` sets it."""
    key: str = ""

    @property
    def shown(self) -> tuple[str, ...]:
        """Every serial number that was scanned."""
        return (*self.serials, *(line.serial for line in self.lines))

    def digest(self) -> str:
        """Fingerprint of the content, so that one key cannot mean two refunds; when it was sent is no content."""
        told = asdict(self)
        unsaid = SENDING | {name for name, nothing in UNSAID.items() if told[name] == nothing}
        return digest({name: told[name] for name in told if name not in unsaid})


@dataclass(slots=True)
class Before:
    """What came before a request, read in bulk: cash of each drawer today, and what each maker cut off each sale (FR05)."""

    cash: dict[Drawer, int]
    split: dict[tuple[int, int], int]
    watch: Watch
    holdings: Mapping[Drawer, Holding]
    """What each kept drawer holds; none where the store keeps no drawers."""
    points: points_back.Accounts
    coupons: coupon_returns.Held

    @classmethod
    def of(
        cls,
        sales: Iterable[Sale],
        operators: Iterable[Operator],
        places: Places,
        rules: Rules,
        *,
        at: datetime,
    ) -> Before:
        sales = list(sales)
        return cls(
            cash_promised(places.stores(), rules, at),
            split_promised([sale.pk for sale in sales], at),
            Watch.of(sales, operators, rules, at=at),
            drawers.of_stores(places.stores(), rules),
            points_back.of(sales),
            coupon_returns.of(sales),
        )

    def add(self, weighed: Weighed) -> None:
        """One more of the same list."""
        drawer, pair = weighed.place.drawer, (weighed.remainder.sale.pk, weighed.operator.pk)
        self.cash[drawer] = self.cash.get(drawer, 0) + weighed.cash
        self.split[pair] = self.split.get(pair, 0) + weighed.total
        self.watch.add(weighed.operator, weighed.asked, store=weighed.place.store.code)
        sale, reason = weighed.remainder.sale, weighed.request.reason
        points_back.add(self.points, sale, weighed.worth, weighed.points, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """A request after all that core has to say about it. Amounts in fen."""

    request: RefundRequest
    remainder: Remainder
    operator: Operator
    place: Place
    worth: amounts.Worth
    plan: plan.Plan
    verdict: Verdict
    spoken: Spoken
    at: datetime
    asked: Asked
    signs: tuple[fraud.Sign, ...] = ()
    points: Back = NOTHING
    points_of: points_back.Account | None = None

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
    terms = policies.Terms.read()
    terms.require_open()
    places = Places.of([request], [sale])
    earlier = Before.of([sale], operators.values(), places, terms.now, at=at)
    place = places.place(request, sale)
    return weigh(request, remainder, place, maker(request, operators), terms, earlier, at)


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
    place: Place,
    operator: Operator,
    terms: Terms,
    earlier: Before,
    at: datetime,
) -> Weighed:
    for store in (remainder.sale.store, place.store):
        staff.require_store(operator, store.pk, store.code)
    spoken = terms.of(remainder.sale)
    whole, account = _worth(request, remainder, spoken.rules), earlier.points.get(remainder.sale.pk)
    worth, back = points_back.weigh(account, remainder.sold, whole, reason=request.reason, rules=spoken.rules)
    if request.expected_total is not None and request.expected_total != worth.total:
        raise Conflict("total_changed", expected=request.expected_total, total=worth.total)
    paid = [tender.paid(at=at) for tender in remainder.tenders]
    way = _way(request, worth.total, paid, spoken.rules, at)
    facts = replace(
        _facts(request, remainder, operator, worth, paid, way),
        cash_paid_today=earlier.cash.get(place.drawer, 0),
        split_before=earlier.split.get((remainder.sale.pk, operator.pk), 0),
    )
    asked = suspicions.asked(request, remainder, worth, way.legs)
    signs = suspicions.signs(earlier.watch, remainder, operator, place.store, asked=asked, rules=terms.now)
    more = [
        *suspicions.said(signs),
        *_more(request, remainder, place, operator, worth, way, earlier, back, terms, at),
    ]
    verdict = passing.told(policy.decide(facts, spoken.rules, at, more=more), facts, spoken.rules, at)
    return Weighed(
        request=request,
        remainder=remainder,
        operator=operator,
        place=place,
        worth=worth,
        plan=way,
        verdict=verdict,
        spoken=spoken,
        at=at,
        asked=asked,
        signs=signs,
        points=back,
        points_of=account,
    )


def _more(
    request: RefundRequest,
    remainder: Remainder,
    place: Place,
    operator: Operator,
    worth: amounts.Worth,
    way: plan.Plan,
    earlier: Before,
    back: Back,
    terms: Terms,
    at: datetime,
) -> list[Reason]:
    """What is to be said beside the rules: the ways, the drawer, serial numbers, fees, points and coupons."""
    return [
        *way.reasons,
        *obstacles.unreachable(way, remainder),
        *obstacles.short(way, earlier.holdings.get(place.drawer)),
        *obstacles.serials(remainder, worth, reason=request.reason, shown=request.shown),
        *keeping.said(request, worth, operator=operator, rules=terms.now),
        *points_back.said(earlier.points.get(remainder.sale.pk), back),
        *coupon_returns.said(
            earlier.coupons.get(remainder.sale.pk, ()),
            remainder.left_but_tips,
            worth,
            reason=request.reason,
            at=at,
        ),
        *tips.said(remainder.sold, worth, whole=request.everything or request.amount is not None),
    ]


def _way(request: RefundRequest, total: int, paid: Sequence[Paid], rules: Rules, at: datetime) -> plan.Plan:
    return plan.plan(
        total,
        paid,
        rules,
        at=at,
        route=request.route,
        legs=request.legs,
        days=workdays.at(at.date()),
        carry=request.carry,
    )


def _worth(request: RefundRequest, remainder: Remainder, rules: Rules) -> amounts.Worth:
    """Before points. Raises Refusal over_refund, nothing_to_refund, only_tip_left or deposit_goes_back_apart, Invalid."""
    if (remainder.sale.kind == deposits.SALE_KIND) != (request.keep is not None):
        raise Refusal("deposit_goes_back_apart", sale_no=request.sale_no)
    if request.keep is not None:
        return deposits.worth(remainder.sold, request.keep)
    whole = request.everything or request.amount is not None
    sold, charges = tips.of(remainder.sold, request.charges, whole=whole, reason=request.reason)
    return kept_fees.worth(
        sold,
        amounts.Ask(
            lines=tuple(amounts.AskLine(line_no=n.line_no, milli=n.milli) for n in request.lines),
            charges=charges,
            everything=request.everything,
            amount=request.amount,
        ),
        clawback=_clawback(request, remainder, rules),
        fees=keeping.terms(request, remainder.lines.values(), mode=remainder.sale.mode, rules=rules),
    )


def _clawback(request: RefundRequest, remainder: Remainder, rules: Rules) -> tuple[Promotion, ...]:
    """The sale's promotions, where the shop said on its day that they are taken back (domain §5.6).

    Not where the customer has a right to what she paid: what was faulty is no choice of hers (domain R-07).
    """
    if rules.promotion_on_partial_return != "CLAWBACK" or request.reason in policy.LEGAL_CLAIMS:
        return ()
    return remainder.promotions


def _check_words(request: RefundRequest) -> None:
    errors = []
    if request.reason not in (policy.REASONS if request.keep is None else (deposits.REASON,)):
        errors.append(FieldError(("reason",), "unknown_reason"))
    if request.receipt not in policy.RECEIPTS:
        errors.append(FieldError(("receipt",), "unknown_receipt"))
    words = [((), request.goods), *((("lines", n), line.goods) for n, line in enumerate(request.lines))]
    errors += [
        FieldError((*loc, "goods"), "not_offered")
        for loc, word in words
        if word and word not in goods.CONDITIONS
    ]
    if errors:
        raise Invalid("input_invalid", errors=errors)


def _facts(
    request: RefundRequest,
    remainder: Remainder,
    operator: Operator,
    worth: amounts.Worth,
    paid: Sequence[Paid],
    way: plan.Plan,
) -> policy.RefundFacts:
    sale = remainder.sale
    return policy.RefundFacts(
        total=worth.total + (request.keep or 0),
        reason=request.reason,
        sold_at=sale.sold_at,
        receipt=request.receipt,
        receipt_was_lost=sale.receipt_lost,
        route=request.route,
        legs=way.legs,
        paid=tuple(paid),
        lines=tuple(
            policy.FactLine(
                line_no=part.line_no,
                name=remainder.lines[part.line_no].name,
                amount=part.amount,
                returnable=remainder.lines[part.line_no].returnable,
                category=remainder.lines[part.line_no].category,
            )
            for part in worth.lines
            if part.milli or part.amount
        ),
        sale_state=sale.state,
        sale_mode=sale.mode,
        roles=frozenset(operator.roles),
        without_goods=request.amount is not None,
        exchange=bool(request.carry),
    )


def plain_verdict(verdict: Verdict, spoken: Spoken) -> dict[str, Any]:
    """A verdict as JSON, kept with the refund as it was given, with the versions of the policy that gave it."""
    return {
        "policy": spoken.plain,
        "decision": verdict.decision,
        "approvals": list(verdict.approvals),
        "reasons": [
            {
                "code": reason.code,
                "weight": reason.weight.name.lower(),
                "facts": json.loads(json.dumps(dict(reason.facts), default=str)),
                "roles": list(reason.roles),
                "would_allow": found.plain if found else None,
            }
            for reason in verdict.reasons
            if reason.code != "drawer_short"  # true for this minute only: the page asks the drawer itself
            for found in [allowing.of(reason.code, reason.weight, reason.facts)]
        ],
    }


def digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
