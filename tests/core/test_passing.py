"""Every rule that was asked says so: those that let a refund pass leave a note, those that spoke against it leave none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sudapos.core import fraud, passing, policy, sentences
from sudapos.core.plan import Paid
from sudapos.core.policy import FactLine, RefundFacts, Rules
from sudapos.core.rules import Weight

from .test_policy import NOON, cash, facts

LINES = (FactLine(line_no=1, name="酸奶", amount=1999), FactLine(line_no=2, name="面包", amount=0))
PAID = (Paid(payment_no="P1", channel="wechatpay", amount=1999, left=1999, paid_at=NOON - timedelta(days=1)),)


def notes(asked: RefundFacts, rules: Rules | None = None) -> dict[str, dict[str, object]]:
    rules = rules or Rules()
    verdict = passing.told(policy.decide(asked, rules, NOON), asked, rules, NOON)
    return {reason.code: dict(reason.facts) for reason in verdict.reasons if reason.code.startswith("ok_")}


def test_a_small_refund_names_every_rule_that_let_it_pass():
    assert notes(facts(lines=LINES, paid=PAID)) == {
        "ok_paid": {},
        "ok_returnable": {"count": 2},
        "ok_receipt": {},
        "ok_claim": {"reason": "quality"},
        "ok_channel_window": {"channel": "wechatpay", "days": 1, "allowed": 365},
        "ok_same_year": {},
        "ok_fraud": {"count": len(fraud.RULES)},
        "ok_alone": {},
    }


def test_cash_names_its_two_limits_and_no_channel():
    told = notes(facts(lines=LINES, legs=cash(1999), cash_paid_today=501))
    assert told["ok_cash"] == {"cash": 1999, "limit": 50_000}
    assert told["ok_cash_day"] == {"today": 2500, "limit": 300_000}
    assert "ok_channel_window" not in told


@pytest.mark.parametrize(
    ("asked", "rules", "code", "told"),
    [
        ({"reason": "no_reason"}, {}, "ok_promise", {"days": 1, "allowed": 7, "rule": "promise_days"}),
        (
            {"reason": "other"},
            {"windows_by_reason": {"other": 3}},
            "ok_reason_window",
            {"days": 1, "allowed": 3, "rule": "windows_by_reason.other"},
        ),
        ({"exchange": True}, {}, "ok_exchange", {"days": 1}),
    ],
)
def test_the_window_that_counted_is_named_with_its_rule(asked, rules, code, told):
    assert notes(facts(**asked), Rules.from_mapping(rules))[code] == told


@pytest.mark.parametrize(
    ("asked", "silent"),
    [
        ({"sale_state": "unknown"}, "ok_paid"),
        ({"lines": (replace(LINES[0], returnable=False),)}, "ok_returnable"),
        ({"receipt": "lost"}, "ok_receipt"),
        ({"receipt_was_lost": True}, "ok_receipt"),
        ({"reason": "no_reason", "sold_at": NOON - timedelta(days=9)}, "ok_promise"),
        ({"exchange": True, "lines": LINES, "sold_at": NOON - timedelta(days=16)}, "ok_exchange"),
        ({"sold_at": NOON - timedelta(days=400)}, "ok_same_year"),
        ({"legs": cash(60_000)}, "ok_cash"),
        ({"legs": cash(2000), "cash_paid_today": 299_000}, "ok_cash_day"),
        ({"receipt": "lost", "lines": LINES}, "ok_alone"),
    ],
)
def test_a_rule_that_spoke_against_it_says_no_yes_beside_it(asked, silent):
    assert silent not in notes(facts(**asked))


def test_a_note_changes_no_decision_and_comes_after_what_decided():
    asked = facts(receipt="lost", lines=LINES)
    before = policy.decide(asked, Rules(), NOON)
    after = passing.told(before, asked, Rules(), NOON)
    assert (after.decision, after.approvals) == (before.decision, before.approvals)
    assert after.reasons[: len(before.reasons)] == before.reasons
    assert all(reason.weight is Weight.NOTE for reason in after.reasons[len(before.reasons) :])


@pytest.mark.parametrize("code", sorted(passing.CODES))
def test_every_note_has_a_sentence(code):
    assert sentences.known(code)
