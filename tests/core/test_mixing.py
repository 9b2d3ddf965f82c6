"""The promise of the day of the sale with the limits of now, new windows, and which rule would have allowed it."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sudapos.core import allowing, fraud, mixing, policy, sentences
from sudapos.core.outcome import Route
from sudapos.core.plan import PlannedLeg
from sudapos.core.policy import FactLine, RefundFacts, Rules, Weight
from sudapos.core.refusal import Invalid

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)


def facts(days: int = 1, total: int = 1999, channel: str = "wechatpay", **more: Any) -> RefundFacts:
    route = Route.CASH if channel == "cash" else Route.REFUND
    legs = (PlannedLeg(payment_no="P1", channel=channel, route=route, amount=total),)
    given = {"reason": "no_reason", "sold_at": NOON - timedelta(days=days), "legs": legs, "total": total}
    return RefundFacts(**(given | more))


def line(category: str = "", *, returnable: bool = True) -> FactLine:
    return FactLine(line_no=1, name="酸奶", amount=1999, returnable=returnable, category=category)


def codes(asked: RefundFacts, rules: Rules) -> list[tuple[str, str]]:
    found = policy.decide(asked, rules, NOON).reasons
    return [(r.weight.name, r.code) for r in found if r.weight is not Weight.NOTE]


def test_the_sale_keeps_its_promise_and_today_keeps_its_limits() -> None:
    sold = Rules.from_mapping(
        {"promise_days": 15, "windows_days": {"cash": 60}, "approval_fen": {"cashier": 90_000}, "version": 1}
    )
    now = Rules.from_mapping(
        {"promise_days": 7, "approval_fen": {"cashier": 10_000}, "tender_split": "WATERFALL", "version": 2}
    )
    mixed = mixing.mix(of_sale=sold, now=now)
    assert (mixed.promise_days, mixed.windows_days["cash"]) == (15, 60)
    assert (mixed.approval_fen["cashier"], mixed.tender_split, mixed.version) == (10_000, "WATERFALL", 2)
    for each in fields(Rules):
        origin = sold if each.name in mixing.PROMISED else now
        assert getattr(mixed, each.name) == getattr(origin, each.name)


def test_the_same_rules_are_not_mixed() -> None:
    rules = Rules()
    assert mixing.mix(of_sale=Rules(), now=rules) is rules


@pytest.mark.parametrize(("days", "expected"), [(30, []), (31, [("REFER", "promise_over")])])
def test_a_reason_has_days_of_its_own(days: int, expected: list[tuple[str, str]]) -> None:
    rules = Rules.from_mapping({"windows_by_reason": {"no_reason": 30}})
    assert codes(facts(days), rules) == expected
    assert codes(facts(8, reason="wrong_item"), rules) == [("REFER", "promise_over")]


@pytest.mark.parametrize(("days", "expected"), [(90, []), (91, [("REFER", "reason_window_over")])])
def test_a_claim_is_looked_at_after_its_days_and_never_denied(
    days: int, expected: list[tuple[str, str]]
) -> None:
    rules = Rules.from_mapping({"windows_by_reason": {"quality": 90}, "cross_year_needs_finance": False})
    assert codes(facts(days, reason="quality"), rules) == expected


def test_the_category_speaks_first_and_the_shortest_time_counts() -> None:
    rules = Rules.from_mapping({"windows_by_category": {"生鲜": 1, "家电": 30}})
    assert codes(facts(1, lines=(line("生鲜"),)), rules) == []
    assert codes(facts(2, lines=(line("生鲜"), line("家电"))), rules) == [("REFER", "promise_over")]
    assert codes(facts(30, lines=(line("家电"),)), rules) == []
    assert codes(facts(30, lines=(line("家电"), line())), rules) == [("REFER", "promise_over")]
    assert codes(facts(2, reason="quality", lines=(line("生鲜"),)), rules) == []


def test_at_a_distance_no_category_is_shorter_than_the_law() -> None:
    rules = Rules.from_mapping({"windows_by_category": {"生鲜": 0}})
    assert codes(facts(7, sale_mode="online", lines=(line("生鲜"),)), rules) == []
    assert codes(facts(8, sale_mode="online", lines=(line("生鲜"),)), rules) == [("DENY", "cooling_off_over")]


@pytest.mark.parametrize(("override", "weight"), [(False, "DENY"), (True, "REFER")])
def test_a_manager_may_override_what_is_not_returnable_where_the_shop_lets_her(
    override: bool, weight: str
) -> None:
    rules = Rules(override_not_returnable=override)
    asked = facts(lines=(line(returnable=False),))
    assert codes(asked, rules) == [(weight, "not_returnable")]


@pytest.mark.parametrize(
    "setting",
    [
        {"windows_by_reason": {"mood": 3}},
        {"windows_by_category": {"生鲜": -1}},
        {"windows_by_category": {"生鲜": None}},
        {"override_not_returnable": "yes"},
        {"promise_days": 36_501},
        {"windows_days": {"cash": 10**12}},
        {"approval_fen": {"manager_finance": 10**12}},
    ],
)
def test_new_entries_are_checked_too(setting: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        Rules.from_mapping(setting)


LIFTED = [
    (facts(9), {}, "promise_days", 9),
    (facts(40), {"windows_by_reason": {"no_reason": 30}}, "windows_by_reason.no_reason", 40),
    (facts(2, lines=(line("生鲜"),)), {"windows_by_category": {"生鲜": 1}}, "windows_by_category.生鲜", 2),
    (facts(9, sale_mode="online"), {}, "promise_days", 9),
    (facts(3), {"promise_days": None}, "promise_days", 3),
    (facts(9, reason="quality"), {"windows_by_reason": {"quality": 8}}, "windows_by_reason.quality", 9),
    (facts(31, channel="cash", reason="quality"), {}, "windows_days.cash", 31),
    (facts(500, reason="quality"), {}, "cross_year_needs_finance", False),
    (facts(total=20_001), {}, "approval_fen.cashier", 20_001),
    (facts(total=9_000, split_before=12_000), {}, "approval_fen.cashier", 21_000),
    (facts(total=900, receipt="lost", channel="cash"), {"no_receipt_limit_fen": 800}, "no_receipt_limit_fen", 900),
    (facts(total=900, channel="cash"), {"cash_payout_fen": {"cashier": 800}}, "cash_payout_fen.cashier", 900),
    (facts(total=900, channel="cash"), {"cash_report_fen": 900}, "cash_report_fen", 901),
    (
        facts(total=900, channel="cash", cash_paid_today=200),
        {"cash_payout_fen": {"drawer_daily": 1000}},
        "cash_payout_fen.drawer_daily",
        1100,
    ),
    (facts(lines=(line(returnable=False),)), {}, "override_not_returnable", True),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "setting", "rule", "wanted"), LIFTED)
def test_the_rule_that_is_named_really_would_have_lifted_the_reason(
    asked: RefundFacts, setting: dict[str, Any], rule: str, wanted: Any
) -> None:
    rules = Rules.from_mapping(setting)
    spoken = policy.decide(asked, rules, NOON).reasons
    [(reason, found)] = [
        (r, one)
        for r in spoken
        for one in [allowing.of(r.code, r.weight, r.facts)]
        if one is not None and one.rule == rule
    ]
    assert found.wanted == wanted
    name, _, part = rule.partition(".")
    raised = {name: {part: wanted} if part else wanted}
    if name == "approval_fen":
        raised = {name: {"cashier": wanted}}
    wider = Rules.from_mapping(_over(rules.to_mapping(), raised))
    after = {(r.code, r.weight) for r in policy.decide(asked, wider, NOON).reasons}
    assert (reason.code, reason.weight) not in after
    for lang in ("zh", "en"):
        said = sentences.say(found.code, lang, **found.facts).text
        assert "…" not in said and sentences.entry_word(rule, lang) in said


def _over(kept: dict[str, Any], raised: dict[str, Any]) -> dict[str, Any]:
    for name, value in raised.items():
        kept[name] = {**kept[name], **value} if isinstance(value, dict) else value
    return kept


def test_what_no_rule_could_lift_names_none() -> None:
    assert allowing.of("sale_unpaid", Weight.DENY, {}) is None
    assert allowing.of("within_limit", Weight.NOTE, {}) is None
    assert allowing.of("not_returnable", Weight.REFER, {}) is None
    assert allowing.of("fr24", Weight.REFER, {"clock_off": 3, "clock_went_back": True}) is None


@pytest.mark.parametrize(
    ("code", "told", "rule", "wanted"),
    [
        ("fr04", {"same_payee_7d": 2}, "fraud.fr04_in_7d", None),
        ("fr07", {}, "opening_hours", None),
        ("fr19", {"offline_waiting": 5}, "fraud.fr19_oldest", None),
        ("fr22", {}, "fraud.fr22_within", None),
        ("fr24", {"clock_off": -121, "clock_went_back": False}, "clock_drift_block_seconds", 121),
    ],
)
def test_a_sign_that_holds_names_the_threshold_behind_it(
    code: str, told: dict[str, Any], rule: str, wanted: int | None
) -> None:
    found = allowing.of(code, Weight.REFER, told)
    assert found is not None and (found.rule, found.wanted) == (rule, wanted)
    for lang in ("zh", "en"):
        assert sentences.entry_word(rule, lang) in sentences.say(found.code, lang, **found.facts).text


def test_every_sign_that_may_hold_a_refund_names_a_rule() -> None:
    holds = {
        rule.number.lower() for rule in fraud.RULES if rule.action is fraud.Action.HOLD and not rule.elsewhere
    }
    assert holds <= set(allowing.RULES)


def test_every_threshold_has_a_word_of_its_own() -> None:
    for lang in ("zh", "en"):
        told = [sentences.entry_word(f"fraud.{name}", lang) for name in fraud.DEFAULTS]
        assert len(set(told)) == len(told) == len(fraud.DEFAULTS)
        assert all(word.startswith("FR") for word in told)
