"""What another policy would have said about refunds of the past: the same facts, weighed with two sets of rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from . import plan, policy
from .plan import Paid
from .policy import RefundFacts, Rules, Verdict
from .refusal import Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A refund as it was asked for: its facts, its payments as they were left, and the rules that decide on it now."""

    refund_no: str
    facts: RefundFacts
    paid: tuple[Paid, ...]
    at: datetime
    rules: Rules


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A refund on which the draft decides otherwise."""

    past: Past
    before: Verdict
    after: Verdict


def otherwise(pasts: Iterable[Past], draft: Rules) -> list[Otherwise]:
    """Those that `draft` would have decided otherwise, had it been in force on every day: verdict or approvals differ."""
    found = []
    for past in pasts:
        before, after = weigh(past, past.rules), weigh(past, draft)
        if (before.decision, before.approvals) != (after.decision, after.approvals):
            found.append(Otherwise(past, before, after))
    return found


def weigh(past: Past, rules: Rules) -> Verdict:
    """The verdict on a past refund by these rules; a plan that cannot be made is a no."""
    try:
        way = plan.plan(past.facts.total, past.paid, rules, at=past.at, route=past.facts.route)
    except Refusal as refusal:
        reason = policy.Reason(policy.Weight.DENY, refusal.code, refusal.facts)
        return Verdict(decision="deny", reasons=(reason,))
    facts = replace(past.facts, legs=way.legs, paid=past.paid)
    return policy.decide(facts, rules, past.at, more=way.reasons)
