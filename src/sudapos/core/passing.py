"""The rules that were asked about a refund and said yes: each leaves a short note beside those that spoke against it.

A note is a code and its facts, as every reason is; it weighs nothing and decides nothing. `rule` is the entry of the policy
that let it pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from . import fraud, policy
from .outcome import Route
from .policy import RefundFacts, Rules, Verdict
from .rules import Reason, Weight

CODES = frozenset(
    {
        "original_route", "within_limit", "within_window", "fee_kept", "ok_paid", "ok_returnable", "ok_receipt", "ok_promise",
        "ok_claim", "ok_reason_window", "ok_exchange", "ok_channel_window", "ok_same_year", "ok_cash", "ok_cash_day",
        "ok_fraud", "ok_alone",
    }
)  # fmt: skip
"""Notes that speak for a refund: a page shows them folded."""
FRAUD = frozenset(rule.number.lower() for rule in fraud.RULES)


def told(verdict: Verdict, facts: RefundFacts, rules: Rules, at: datetime) -> Verdict:
    """The verdict with a note of every rule that let the refund pass."""
    against = {reason.code for reason in verdict.reasons if reason.weight is not Weight.NOTE}
    notes = [
        Reason(Weight.NOTE, code, told)
        for asked in ASKED
        for code, told in asked(facts, rules, at)
        if not against & SILENCED.get(code, frozenset())
    ]
    if not against & FRAUD:
        notes.append(Reason(Weight.NOTE, "ok_fraud", {"count": len(fraud.RULES)}))
    if verdict.decision == "allow":
        notes.append(Reason(Weight.NOTE, "ok_alone"))
    return replace(verdict, reasons=(*verdict.reasons, *notes))


Note = tuple[str, dict[str, object]]


def paid(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    if facts.sale_state == "paid":
        yield "ok_paid", {}


def returnable(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    if facts.lines and all(line.returnable for line in facts.lines):
        yield "ok_returnable", {"count": len(facts.lines)}


def receipt(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    if facts.receipt == "present" and not facts.receipt_was_lost:
        yield "ok_receipt", {}


def window(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    """The shop's promise, its time for this reason, or a right that no promise ends."""
    days = policy.days_since(facts.received_at or facts.sold_at, at)
    if facts.exchange:
        yield "ok_exchange", {"days": days}
    elif facts.reason in policy.CHANGED_MIND:
        allowed, rule = policy.promise_of(facts, rules)
        if allowed is not None and days <= allowed:
            yield "ok_promise", {"days": days, "allowed": allowed, "rule": rule}
    elif facts.reason in rules.windows_by_reason:
        allowed = rules.windows_by_reason[facts.reason]
        if days <= allowed:
            rule = f"windows_by_reason.{facts.reason}"
            yield "ok_reason_window", {"days": days, "allowed": allowed, "rule": rule}
    elif facts.reason in policy.LEGAL_CLAIMS:
        yield "ok_claim", {"reason": facts.reason}


def channel_window(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    """How long each channel takes a refund back the way it was paid."""
    sold = {each.payment_no: each.paid_at for each in facts.paid}
    seen = set()
    for leg in facts.legs:
        allowed = rules.windows_days.get(leg.channel)
        if leg.route not in (Route.REFUND, Route.VOID) or allowed is None or leg.channel in seen:
            continue
        days = policy.days_since(sold.get(leg.payment_no, facts.sold_at), at)
        if days <= allowed:
            seen.add(leg.channel)
            yield "ok_channel_window", {"channel": leg.channel, "days": days, "allowed": allowed}


def same_year(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    if rules.cross_year_needs_finance:
        yield "ok_same_year", {}


def cash(facts: RefundFacts, rules: Rules, at: datetime) -> Iterator[Note]:
    out, daily = policy.cash_of(facts), rules.cash_payout_fen.get("drawer_daily")
    if out:
        yield "ok_cash", {"cash": out, "limit": rules.cash_payout_fen["cashier"]}
    if out and daily is not None:
        yield "ok_cash_day", {"today": out + facts.cash_paid_today, "limit": daily}


ASKED: tuple[Callable[[RefundFacts, Rules, datetime], Iterator[Note]], ...] = (
    paid,
    returnable,
    receipt,
    window,
    channel_window,
    same_year,
    cash,
)
SILENCED: dict[str, frozenset[str]] = {
    "ok_exchange": frozenset({"exchange_over"}),
    "ok_same_year": frozenset({"cross_year"}),
    "ok_channel_window": frozenset({"window_closed"}),
    "ok_cash": frozenset({"cash_over_cashier", "cash_over_manager", "cash_large"}),
    "ok_cash_day": frozenset({"cash_daily_cap"}),
}
"""A note is not left where the same rule spoke against the refund."""
