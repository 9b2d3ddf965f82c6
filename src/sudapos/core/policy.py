"""Small checks, each with a reason; the heaviest reason is the verdict (domain §2.1, §3.2, §8.2, §9, §11.1).

A check reads facts and rules and says nothing, one thing or several. A new rule is a new function in CHECKS.
What the plan and the fraud checks found is handed in as `more`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from . import calendar
from .deposits import REASON as DEPOSIT
from .outcome import Route
from .plan import DUAL, Paid, PlannedLeg
from .rules import REASONS, Reason, Rules, Weight

__all__ = ["REASONS", "FactLine", "Reason", "RefundFacts", "Rules", "Verdict", "Weight", "decide"]

RECEIPTS = ("present", "lost", "none")
LEGAL_CLAIMS = frozenset({"quality", "wrong_charge", "duplicate_charge", "not_delivered"})
"""A right whatever the shelf says; "not returnable" is no answer (domain R-07, R-08)."""
CHANGED_MIND = frozenset({"no_reason", "wrong_item"})
"""Only what the shop promised, or what the law gives to distance buyers."""
STATUTORY_DAYS = 7
"""Distance sales, counted from the day after receipt (domain R-08)."""
LADDER = ("manager", "finance", "owner")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """One line that comes back, amount in fen."""

    line_no: int
    name: str
    amount: int
    returnable: bool = True
    category: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFacts:
    """Everything a check may look at. Amounts in fen; `roles` are the maker's."""

    total: int
    reason: str
    sold_at: datetime
    receipt: str = "present"
    receipt_was_lost: bool = False
    """An earlier refund went without the paper: the paper counts no more (domain §9)."""
    route: str = "original"
    legs: tuple[PlannedLeg, ...] = ()
    paid: tuple[Paid, ...] = ()
    lines: tuple[FactLine, ...] = ()
    sale_state: str = "paid"
    """`paid` when the channel or the drawer has the money; else nothing goes back (domain F27, F28)."""
    sale_mode: str = "offline"
    received_at: datetime | None = None
    """When the customer got the goods; None: at the sale."""
    roles: frozenset[str] = frozenset()
    cash_paid_today: int = 0
    """Cash refunds of this drawer today, this one not counted."""
    without_goods: bool = False
    exchange: bool = False
    """Something else goes out for it: the time for exchanges counts, not the one for returns (domain R-11)."""
    split_before: int = 0
    """What the same maker refunded of this sale in the last SPLIT_HOURS, this one not counted (FR05)."""


SPLIT_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`allow`, `refer` or `deny`, why (heaviest first), and which roles must approve."""

    decision: str
    reasons: tuple[Reason, ...] = ()
    approvals: tuple[str, ...] = ()


Check = Callable[[RefundFacts, Rules, datetime], Iterator[Reason]]


def decide(facts: RefundFacts, rules: Rules, at: datetime, *, more: Sequence[Reason] = ()) -> Verdict:
    """The verdict on a refund; `more` are the plan's and the fraud checks' reasons."""
    found = [reason for check in CHECKS for reason in check(facts, rules, at)]
    reasons = sorted([*found, *more], key=lambda reason: -reason.weight)
    heaviest = max((reason.weight for reason in reasons), default=Weight.NOTE)
    if heaviest is Weight.DENY:
        return Verdict(decision="deny", reasons=tuple(reasons))
    if heaviest is Weight.REFER:
        return Verdict(decision="refer", reasons=tuple(reasons), approvals=_approvals(reasons))
    return Verdict(decision="allow", reasons=tuple(reasons))


def _approvals(reasons: Sequence[Reason]) -> tuple[str, ...]:
    asked = {
        role for reason in reasons if reason.weight is Weight.REFER for role in reason.roles or ("manager",)
    }
    return tuple(sorted(asked, key=lambda role: LADDER.index(role) if role in LADDER else len(LADDER)))


def sale_unpaid(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    if facts.sale_state != "paid":
        yield Reason(Weight.DENY, "sale_unpaid", {"state": facts.sale_state})


def nothing_to_refund(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    if facts.total <= 0:
        yield Reason(Weight.DENY, "nothing_to_refund", {"total": facts.total})


def not_returnable(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """Marked and confirmed at the sale: no return, unless the law gives one (domain R-07, R-08)."""
    for line in facts.lines:
        if not line.returnable:
            told = {"line_no": line.line_no, "name": line.name}
            if facts.reason in LEGAL_CLAIMS or facts.without_goods or rules.override_not_returnable:
                yield Reason(Weight.REFER, "not_returnable", told, ("manager",))
            else:
                yield Reason(Weight.DENY, "not_returnable", told)


def changed_mind(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """In a shop only the shop's promise counts; at a distance the law gives seven days (domain R-08)."""
    if facts.reason not in CHANGED_MIND or facts.exchange:
        return
    days = days_since(facts.received_at or facts.sold_at, at)
    allowed, rule = promise_of(facts, rules)
    told = {"days": days, "allowed": allowed, "rule": rule}
    if allowed is None:
        yield Reason(Weight.REFER, "no_promise", {"days": days, "rule": rule}, ("manager",))
    elif days > allowed and facts.sale_mode == "online":
        yield Reason(Weight.DENY, "cooling_off_over", told)
    elif days > allowed:
        yield Reason(Weight.REFER, "promise_over", told, ("manager",))


def reason_window(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """The shop may let a manager look at old claims; a right does not end with it (domain R-07)."""
    allowed = rules.windows_by_reason.get(facts.reason)
    days = days_since(facts.received_at or facts.sold_at, at)
    counts = facts.reason not in CHANGED_MIND and not facts.exchange
    if counts and allowed is not None and days > allowed:
        told = {"days": days, "allowed": allowed, "reason": facts.reason}
        yield Reason(Weight.REFER, "reason_window_over", told, ("manager",))


def exchange_window(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """Fifteen days unless the shop gives other ones; after them a manager decides (domain R-11)."""
    if not facts.exchange:
        return
    table = rules.exchange_days
    found = [(table.get(line.category, table.get("*")), line.category) for line in facts.lines]
    limits = [(allowed, category) for allowed, category in found if allowed is not None]
    days = days_since(facts.received_at or facts.sold_at, at)
    if limits and days > min(limits)[0]:
        allowed, category = min(limits)
        rule = f"exchange_days.{category if category in table else '*'}"
        told = {"days": days, "allowed": allowed, "rule": rule}
        yield Reason(Weight.REFER, "exchange_over", told, ("manager",))


def too_late(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """A cashier pays cash alone only inside the shop window (domain §8.2); the plan has the channels'.

    A deposit was the customer's all the while, however long that was.
    """
    allowed = rules.windows_days.get("cash")
    days = days_since(facts.sold_at, at)
    if facts.reason != DEPOSIT and allowed is not None and cash_of(facts) and days > allowed:
        yield Reason(Weight.REFER, "too_late", {"days": days, "allowed": allowed}, ("manager",))


def cross_year(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """Last year's revenue is reduced in this year's books: finance looks too (domain §4.2 rule 2, §8.2); a deposit is none."""
    sold, now = (when.astimezone(calendar.SHANGHAI).year for when in (facts.sold_at, at))
    if rules.cross_year_needs_finance and sold < now and facts.reason != DEPOSIT:
        yield Reason(Weight.REFER, "cross_year", {"year": sold}, DUAL)


def over_limit(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """The approval ladder (domain §8.2).

    It asks by amount only, whoever made the refund: a manager who makes one above the cashier's limit needs
    another manager, because nobody checks what she made herself (INV-07). A refund that was cut into small ones
    is asked about as a whole (FR05).
    """
    whole = facts.total + facts.split_before
    steps = (
        ("manager_finance", "over_owner_limit", LADDER),
        ("manager", "over_manager_limit", DUAL),
        ("cashier", "over_cashier_limit", ("manager",)),
    )
    for step, code, roles in steps:
        limit = rules.approval_fen[step]
        if facts.total > limit:
            yield Reason(Weight.REFER, code, {"limit": limit, "total": facts.total}, roles)
            return
        if whole > limit:
            told = {"limit": limit, "total": facts.total, "before": facts.split_before, "whole": whole}
            yield Reason(Weight.REFER, "split_refunds", told, roles)
            return


def receipt_missing(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """The right outlives the paper, with a manager beside it and less cash (domain §9, FR01, FR15)."""
    if facts.receipt == "present":
        if facts.receipt_was_lost:
            yield Reason(Weight.DENY, "receipt_was_lost")
        return
    yield Reason(Weight.REFER, f"receipt_{facts.receipt}", {}, ("manager",))
    cash, limit = cash_of(facts), rules.no_receipt_limit_fen
    if cash > limit:
        yield Reason(Weight.REFER, "no_receipt_over_limit", {"limit": limit, "cash": cash}, DUAL)


def without_goods(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """Money back out of kindness, or with the goods kept and no claim behind it."""
    if facts.reason == "goodwill" or (facts.without_goods and facts.reason not in LEGAL_CLAIMS):
        yield Reason(Weight.REFER, "without_goods", {"reason": facts.reason}, ("manager",))


def cash_payout(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """How much cash one refund may take; above, a transfer is the way out (domain §8.2, R-22)."""
    cash, limits = cash_of(facts), rules.cash_payout_fen
    if not cash:
        return
    if cash > limits["manager"]:
        yield Reason(Weight.REFER, "cash_over_manager", {"limit": limits["manager"], "cash": cash}, DUAL)
    elif cash > limits["cashier"]:
        yield Reason(
            Weight.REFER, "cash_over_cashier", {"limit": limits["cashier"], "cash": cash}, ("manager",)
        )
    if cash >= rules.cash_report_fen:
        yield Reason(Weight.REFER, "cash_large", {"limit": rules.cash_report_fen, "cash": cash}, ("finance",))


def cash_daily_cap(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    cash, limit = cash_of(facts), rules.cash_payout_fen.get("drawer_daily")
    if limit is not None and cash and cash + facts.cash_paid_today > limit:
        told = {"limit": limit, "cash": cash, "today": facts.cash_paid_today}
        yield Reason(Weight.REFER, "cash_daily_cap", told, ("manager",))


def why_allowed(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Reason]:
    """What speaks for the refund, so that the page can say why nobody else is asked."""
    own = {"cash": Route.CASH, "transfer": Route.TRANSFER}
    original = bool(facts.legs) and all(
        leg.route in (own.get(leg.channel, Route.REFUND), Route.VOID, Route.EXCHANGE) for leg in facts.legs
    )
    if original and not facts.exchange:
        yield Reason(Weight.NOTE, "original_route", {"channels": tuple(leg.channel for leg in facts.legs)})
    limit = rules.approval_fen["cashier"]
    if facts.total + facts.split_before <= limit:
        yield Reason(Weight.NOTE, "within_limit", {"limit": limit, "total": facts.total})
    window = _shortest_window(facts, rules)
    if (
        original
        and not facts.exchange
        and window is not None
        and days_since(facts.received_at or facts.sold_at, at) <= window
    ):
        yield Reason(Weight.NOTE, "within_window", {"days": window})


def _shortest_window(facts: RefundFacts, rules: Rules) -> int | None:
    windows = [rules.windows_days.get(leg.channel) for leg in facts.legs]
    if facts.reason in CHANGED_MIND:
        windows.append(promise_of(facts, rules)[0])
    else:
        windows.append(rules.windows_by_reason.get(facts.reason))
    return min((days for days in windows if days is not None), default=None)


def promise_of(facts: RefundFacts, rules: Rules) -> tuple[int | None, str]:
    """What a buyer who changed her mind has, and the rule that says so; at a distance never less than the law.

    A category speaks before a reason, a reason before the promise; of several lines the shortest time counts.
    """
    general: tuple[int | None, str] = (rules.promise_days, "promise_days")
    if facts.reason in rules.windows_by_reason:
        general = (rules.windows_by_reason[facts.reason], f"windows_by_reason.{facts.reason}")
    found = [
        (rules.windows_by_category[line.category], f"windows_by_category.{line.category}")
        if line.category in rules.windows_by_category
        else general
        for line in facts.lines
    ] or [general]
    days, rule = min(found, key=lambda each: -1 if each[0] is None else each[0])
    if facts.sale_mode == "online":
        return max(STATUTORY_DAYS, days or 0), rule
    return days, rule


def cash_of(facts: RefundFacts) -> int:
    return sum(leg.amount for leg in facts.legs if leg.route is Route.CASH)


def days_since(start: datetime, at: datetime) -> int:
    """Calendar days in the shop's time zone; the day after `start` is day 1, whatever the hour."""
    first, last = (when.astimezone(calendar.SHANGHAI).date() for when in (start, at))
    return (last - first).days


CHECKS: tuple[Check, ...] = (
    sale_unpaid,
    nothing_to_refund,
    not_returnable,
    changed_mind,
    reason_window,
    exchange_window,
    too_late,
    cross_year,
    over_limit,
    receipt_missing,
    without_goods,
    cash_payout,
    cash_daily_cap,
    why_allowed,
)
