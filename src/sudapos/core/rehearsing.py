"""What another policy would have said about refunds of the past: the same facts, weighed with two sets of rules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from . import kept_fees, plan, policy
from .amounts import SoldLine
from .plan import Paid
from .policy import RefundFacts, Rules, Verdict
from .refusal import Refusal


@dataclass(frozen=True, slots=True)
class Piece:
    """One line that came back: what it gave up, fee included, and the goods that a fee is counted from."""

    line: SoldLine
    category: str
    milli: int
    gross: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A refund as it was asked for: its facts, its payments as they were left, and the rules that decide on it now."""

    refund_no: str
    facts: RefundFacts
    paid: tuple[Paid, ...]
    at: datetime
    rules: Rules
    pieces: tuple[Piece, ...] = ()
    """What came back as goods; none where the fee was waived."""


@dataclass(frozen=True, slots=True)
class Otherwise:
    """A refund on which the draft decides otherwise."""

    past: Past
    before: Verdict
    after: Verdict
    handed: tuple[int, int] = (0, 0)
    """Fen that leave the shop now and by the draft; 0 where nothing may."""


def otherwise(pasts: Iterable[Past], draft: Rules) -> list[Otherwise]:
    """Those that `draft` would have decided otherwise, had it been in force on every day: verdict, approvals or money differ."""
    found = []
    for past in pasts:
        (before, paid), (after, draws) = weigh(past, past.rules), weigh(past, draft)
        same = (before.decision, before.approvals, paid) == (after.decision, after.approvals, draws)
        if not same:
            found.append(Otherwise(past, before, after, (paid, draws)))
    return found


def weigh(past: Past, rules: Rules) -> tuple[Verdict, int]:
    """The verdict on a past refund by these rules, and the fen that it would pay; a plan that cannot be made is a no."""
    past = _with_fee(past, rules)
    try:
        way = plan.plan(past.facts.total, past.paid, rules, at=past.at, route=past.facts.route)
    except Refusal as refusal:
        reason = policy.Reason(policy.Weight.DENY, refusal.code, refusal.facts)
        return Verdict(decision="deny", reasons=(reason,)), 0
    facts = replace(past.facts, legs=way.legs, paid=past.paid)
    verdict = policy.decide(facts, rules, past.at, more=way.reasons)
    return verdict, sum(leg.amount for leg in way.legs) if verdict.decision != "deny" else 0


def _with_fee(past: Past, rules: Rules) -> Past:
    """The same refund with the fee that `rules` would keep of it, out of the first payment that has room for it."""
    more = fee(past, past.rules) - fee(past, rules)
    if not more:
        return past
    paid = list(past.paid)
    for n, each in enumerate(paid):
        if 0 < each.left + more <= each.amount:
            paid[n] = replace(each, left=each.left + more)
            return replace(past, facts=replace(past.facts, total=past.facts.total + more), paid=tuple(paid))
    return past


def fee(past: Past, rules: Rules) -> int:
    """Fen that these rules keep of a past refund, as if nothing of its lines had come back before."""
    terms = kept_fees.terms(
        rules.kept_fees,
        {piece.line.line_no: piece.category for piece in past.pieces},
        reason=past.facts.reason,
        mode=past.facts.sale_mode,
        exchange=past.facts.exchange,
    )
    return sum(
        min(piece.gross, terms.rates[piece.line.line_no].so_far(piece.line, piece.milli))
        for piece in past.pieces
        if piece.line.line_no in terms.rates
    )
