"""Each rule on both sides of its border, how reasons add up, and settings that cannot be made."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import interest, plan, policy
from sudapos.core.fraud import DEFAULTS
from sudapos.core.outcome import Route
from sudapos.core.plan import Paid, PlannedLeg
from sudapos.core.policy import FactLine, Reason, RefundFacts, Rules, Weight
from sudapos.core.refusal import Invalid

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)
RULES = Rules()
MANAGER, DUAL, ALL = ("manager",), ("manager", "finance"), ("manager", "finance", "owner")


def leg(amount: int, channel: str = "wechatpay", route: Route = Route.REFUND) -> PlannedLeg:
    return PlannedLeg(payment_no="P1", channel=channel, route=route, amount=amount)


def cash(amount: int) -> tuple[PlannedLeg, ...]:
    return (leg(amount, "cash", Route.CASH),)


def facts(total: int = 1999, **more: Any) -> RefundFacts:
    more = {"reason": "quality", "sold_at": NOON - timedelta(days=1), "legs": (leg(total),)} | more
    return RefundFacts(total=total, **more)


def weighed(
    asked: RefundFacts, rules: Rules = RULES, at: datetime = NOON
) -> list[tuple[str, tuple[str, ...]]]:
    """Code and roles of everything heavier than a note."""
    verdict = policy.decide(asked, rules, at)
    return [(reason.code, reason.roles) for reason in verdict.reasons if reason.weight is not Weight.NOTE]


def notes(asked: RefundFacts, rules: Rules = RULES) -> dict[str, dict[str, object]]:
    verdict = policy.decide(asked, rules, NOON)
    return {reason.code: dict(reason.facts) for reason in verdict.reasons if reason.weight is Weight.NOTE}


# ── how reasons add up ──


def test_a_small_refund_to_where_it_came_from_is_allowed_and_says_why():
    verdict = policy.decide(facts(), RULES, NOON)
    assert (verdict.decision, verdict.approvals) == ("allow", ())
    assert notes(facts()) == {
        "original_route": {"channels": ("wechatpay",)},
        "within_limit": {"limit": 20_000, "total": 1999},
        "within_window": {"days": 365},
    }


def test_the_heaviest_reason_is_the_verdict_and_stands_first():
    asked = facts(30_000, sale_state="disputed", receipt="lost")
    verdict = policy.decide(asked, RULES, NOON)
    assert (verdict.decision, verdict.approvals) == ("deny", ())
    assert [(reason.weight, reason.code) for reason in verdict.reasons] == [
        (Weight.DENY, "sale_unpaid"),
        (Weight.REFER, "over_cashier_limit"),
        (Weight.REFER, "receipt_lost"),
        (Weight.NOTE, "original_route"),
        (Weight.NOTE, "within_window"),
    ]


def test_approvals_are_the_union_of_all_referrals_in_the_order_of_the_ladder():
    more = [
        Reason(Weight.REFER, "fraud", {}, ("owner",)),
        Reason(Weight.REFER, "fraud_2", {}, ("finance", "manager")),
        Reason(Weight.NOTE, "by_the_way", {}, ("auditor",)),
    ]
    verdict = policy.decide(facts(), RULES, NOON, more=more)
    assert (verdict.decision, verdict.approvals) == ("refer", ALL)


def test_a_referral_without_a_role_goes_to_a_manager():
    verdict = policy.decide(facts(), RULES, NOON, more=[Reason(Weight.REFER, "odd", {})])
    assert verdict.approvals == MANAGER


def test_what_the_plan_denies_is_denied():
    tenders = [Paid(payment_no="P1", channel="alipay", amount=500, left=500, paid_at=NOON)]
    made = plan.plan(500, tenders, RULES, at=NOON, route="cash")
    verdict = policy.decide(facts(500, legs=made.legs, route="cash"), RULES, NOON, more=made.reasons)
    assert verdict.decision == "deny"
    assert verdict.reasons[0].code == "cash_for_non_cash"


# ── each rule ──


@pytest.mark.parametrize("state", ["unknown", "processing", "failed", "closed", "disputed"])
def test_a_sale_that_is_not_paid_is_not_refunded_f27(state):
    assert weighed(facts(sale_state=state)) == [("sale_unpaid", ())]
    assert policy.decide(facts(sale_state=state), RULES, NOON).reasons[0].facts == {"state": state}


@pytest.mark.parametrize("total", [0, -1])
def test_nothing_is_not_a_refund(total):
    assert weighed(facts(total, legs=())) == [("nothing_to_refund", ())]


@pytest.mark.parametrize("reason", ["no_reason", "wrong_item", "other"])
def test_goods_marked_as_not_returnable_stay_sold(reason):
    lines = (
        FactLine(line_no=1, name="酸奶", amount=900),
        FactLine(line_no=2, name="临期牛奶", amount=1099, returnable=False),
    )
    verdict = policy.decide(facts(reason=reason, lines=lines), RULES, NOON)
    assert verdict.decision == "deny"
    assert [(r.code, r.facts) for r in verdict.reasons if r.weight is Weight.DENY] == [
        ("not_returnable", {"line_no": 2, "name": "临期牛奶"})
    ]


@pytest.mark.parametrize("reason", ["quality", "wrong_charge", "duplicate_charge", "not_delivered"])
def test_a_legal_claim_outweighs_the_not_returnable_mark_r07(reason):
    lines = (FactLine(line_no=2, name="临期牛奶", amount=1999, returnable=False),)
    assert weighed(facts(reason=reason, lines=lines)) == [("not_returnable", MANAGER)]


@pytest.mark.parametrize("reason", ["no_reason", "wrong_item"])
def test_the_shops_promise_ends_with_its_seventh_day_r08(reason):
    sold = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
    last_minute = datetime(2026, 11, 23, 23, 59, tzinfo=CHINA)
    asked = facts(reason=reason, sold_at=sold)
    assert weighed(asked, at=last_minute) == []
    assert weighed(asked, at=last_minute + timedelta(minutes=1)) == [("promise_over", MANAGER)]


def test_days_are_counted_from_receipt_where_goods_were_delivered():
    asked = facts(reason="no_reason", sold_at=NOON - timedelta(days=20), received_at=NOON - timedelta(days=7))
    assert weighed(asked) == []
    assert notes(asked)["within_window"] == {"days": 7}


def test_a_shop_that_promised_nothing_asks_its_manager_r08():
    assert weighed(facts(reason="no_reason"), Rules(promise_days=None)) == [("no_promise", MANAGER)]
    assert weighed(facts(reason="quality"), Rules(promise_days=None)) == []


@pytest.mark.parametrize("promise", [None, 0, 7])
def test_distance_buyers_have_seven_days_by_law_and_not_one_more_r08(promise):
    rules = Rules(promise_days=promise)
    received = datetime(2026, 11, 16, 9, 0, tzinfo=CHINA)
    asked = facts(reason="no_reason", sale_mode="online", sold_at=received, received_at=received)
    last_minute = datetime(2026, 11, 23, 23, 59, tzinfo=CHINA)
    assert weighed(asked, rules, last_minute) == []
    assert weighed(asked, rules, last_minute + timedelta(minutes=1)) == [("cooling_off_over", ())]


def test_a_longer_promise_binds_online_as_well():
    asked = facts(reason="no_reason", sale_mode="online", sold_at=NOON - timedelta(days=15))
    assert weighed(asked, Rules(promise_days=15)) == []
    assert weighed(asked, Rules(promise_days=14)) == [("cooling_off_over", ())]


def test_cash_is_paid_by_the_cashier_alone_for_thirty_days():
    on_time = facts(sold_at=NOON - timedelta(days=30), legs=cash(1999))
    late = facts(sold_at=NOON - timedelta(days=31), legs=cash(1999))
    assert weighed(on_time) == []
    assert weighed(late) == [("too_late", MANAGER)]
    assert policy.decide(late, RULES, NOON).reasons[0].facts == {"days": 31, "allowed": 30}
    assert weighed(facts(sold_at=NOON - timedelta(days=31))) == []


def test_last_years_sale_is_looked_at_by_manager_and_finance():
    sold = datetime(2025, 12, 31, 23, 59, tzinfo=CHINA)
    assert weighed(facts(sold_at=sold)) == [("cross_year", DUAL)]
    assert weighed(facts(sold_at=sold + timedelta(minutes=1))) == []
    assert weighed(facts(sold_at=sold), Rules(cross_year_needs_finance=False)) == []


@pytest.mark.parametrize(
    ("total", "expected"),
    [
        (20_000, []),
        (20_001, [("over_cashier_limit", MANAGER)]),
        (200_000, [("over_cashier_limit", MANAGER)]),
        (200_001, [("over_manager_limit", DUAL)]),
        (2_000_000, [("over_manager_limit", DUAL)]),
        (2_000_001, [("over_owner_limit", ALL)]),
    ],
)
def test_the_approval_ladder(total, expected):
    assert weighed(facts(total)) == expected


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"manager"}), frozenset({"manager", "owner"})])
def test_a_manager_who_makes_a_refund_above_the_cashiers_limit_needs_another_one_inv07(roles):
    assert weighed(facts(20_001, roles=roles)) == [("over_cashier_limit", MANAGER)]
    assert weighed(facts(20_000, roles=roles)) == []


def test_the_limit_is_told_with_the_reason():
    verdict = policy.decide(facts(20_001), RULES, NOON)
    assert verdict.reasons[0].facts == {"limit": 20_000, "total": 20_001}


@pytest.mark.parametrize("receipt", ["lost", "none"])
def test_without_the_receipt_a_manager_is_asked_and_cash_is_less(receipt):
    code = f"receipt_{receipt}"
    assert weighed(facts(receipt=receipt)) == [(code, MANAGER)]
    assert weighed(facts(20_000, receipt=receipt, legs=cash(20_000))) == [(code, MANAGER)]
    assert weighed(facts(20_001, receipt=receipt, legs=cash(20_001))) == [
        ("over_cashier_limit", MANAGER),
        (code, MANAGER),
        ("no_receipt_over_limit", DUAL),
    ]


@pytest.mark.parametrize(
    ("reason", "goods_kept", "referred"),
    [
        ("goodwill", False, True),
        ("goodwill", True, True),
        ("other", True, True),
        ("other", False, False),
        ("no_reason", True, True),
        ("wrong_charge", True, False),
        ("duplicate_charge", True, False),
        ("not_delivered", True, False),
        ("quality", True, False),
    ],
)
def test_money_without_goods_needs_a_claim_or_a_manager(reason, goods_kept, referred):
    expected = [("without_goods", MANAGER)] if referred else []
    assert weighed(facts(reason=reason, without_goods=goods_kept)) == expected


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (50_000, []),
        (50_001, [("cash_over_cashier", MANAGER)]),
        (100_000, [("cash_over_cashier", MANAGER)]),
        (100_001, [("cash_over_manager", DUAL)]),
        (4_999_999, [("cash_over_manager", DUAL), ("cash_daily_cap", MANAGER)]),
        (5_000_000, [("cash_over_manager", DUAL), ("cash_large", ("finance",)), ("cash_daily_cap", MANAGER)]),
    ],
)
def test_cash_has_a_ladder_of_its_own(amount, expected):
    rules = Rules.from_mapping(
        {"approval_fen": {"cashier": 9_000_000, "manager": 9_000_000, "manager_finance": 9_000_000}}
    )
    assert weighed(facts(amount, legs=cash(amount)), rules) == expected


def test_only_the_cash_part_counts_for_the_cash_ladder():
    rules = Rules.from_mapping({"approval_fen": {"cashier": 200_000}})
    asked = facts(100_000, legs=(leg(50_000), *cash(50_000)))
    assert weighed(asked, rules) == []


def test_a_drawer_pays_three_thousand_yuan_a_day():
    assert weighed(facts(1000, legs=cash(1000), cash_paid_today=299_000)) == []
    assert weighed(facts(1001, legs=cash(1001), cash_paid_today=299_000)) == [("cash_daily_cap", MANAGER)]
    assert weighed(facts(1001, cash_paid_today=299_000)) == []


def test_another_route_than_the_original_is_not_called_original():
    assert set(notes(facts(legs=(leg(1999, "wechatpay", Route.TRANSFER),)))) == {"within_limit"}
    assert set(notes(facts(legs=(leg(1999, "transfer", Route.TRANSFER),)))) == {
        "original_route",
        "within_limit",
    }
    assert "original_route" in notes(facts(legs=(leg(1999, "card", Route.VOID),)))


@given(
    total=st.integers(1, 10_000_000),
    paid_today=st.integers(0, 1_000_000),
    age=st.integers(0, 800),
    reason=st.sampled_from(policy.REASONS),
    receipt=st.sampled_from(policy.RECEIPTS),
    by_cash=st.booleans(),
)
def test_whatever_is_allowed_is_within_the_cashiers_limits(total, paid_today, age, reason, receipt, by_cash):
    legs = cash(total) if by_cash else (leg(total),)
    asked = facts(
        total,
        reason=reason,
        receipt=receipt,
        legs=legs,
        sold_at=NOON - timedelta(days=age),
        cash_paid_today=paid_today,
    )
    verdict = policy.decide(asked, RULES, NOON)
    if verdict.decision == "allow":
        assert total <= 20_000 and receipt == "present" and reason != "goodwill"
        assert not by_cash or (paid_today + total <= 300_000 and age <= 30)
        assert verdict.approvals == ()
    else:
        assert verdict.decision == "refer" and verdict.approvals[0] == "manager"
    assert [r.weight for r in verdict.reasons] == sorted((r.weight for r in verdict.reasons), reverse=True)


# ── settings ──


def test_the_defaults_are_those_of_the_domain_sheet_11_1():
    sheet = {
        "money_unit": "fen",
        "timezone": "Asia/Shanghai",
        "business_day_cutover": "04:00",
        "tender_split": "PROPORTIONAL",
        "promotion_on_partial_return": "KEEP",
        "till_rounding": "DOWN_ONLY",
        "cash_refund_rounding": "EXACT",
        "journal_style": "RED_CREDIT",
        "windows_days": {"wechatpay": 365, "alipay": 365, "unionpay": 330, "cash": 30, "stored_value": None},
        "partial_refunds_max": {"wechatpay": 50},
        "min_seconds_between_refunds_same_order": {"wechatpay": 60, "alipay": 3},
        "arrival_text_days": {
            "cash": [0, 0],
            "wechat_balance": [0, 0],
            "wechat_bank_card": [1, 3],
            "alipay_balance": [0, 0],
            "alipay_bank_card": [1, 7],
            "unionpay_debit": [1, 7],
            "unionpay_credit": [3, 15],
        },
        "poll_seconds": {
            "wechatpay": [60, 120, 180, 240, 300, 600, 1200, 2400, 4200],
            "unionpay": [1, 3, 7, 15, 31, 63],
        },
        "due_days": {
            "no_reason_refund": 7,
            "hard_overdue": 15,
            "prepaid_no_agreement": 15,
            "prepaid_cooling_off": 7,
            "red_invoice_confirm_hours": 72,
        },
        "approval_fen": {"cashier": 20000, "manager": 200000, "manager_finance": 2000000},
        "cash_payout_fen": {
            "cashier": 50000,
            "manager": 100000,
            "drawer_daily": 300000,
            "min_float_left": 10000,
            "float": 50000,
        },
        "drawer_tolerance_fen": 200,
        "no_receipt_limit_fen": 20000,
        "clock_drift_block_seconds": 120,
        "unmask_seconds": 60,
        "customer_page_days": 90,
        "acquirer_check_max_age_days": 180,
        "retention_years": {"ACC_30Y": 30, "ACC_10Y": 10, "BIZ_5Y": 5, "SEC_5Y": 5},
    }
    ours = {
        "version": 1,
        "waterfall_order": ["external", "stored_value", "points", "cash"],
        "account_set": "small_enterprise",
        "annual_report_date": "04-30",
        "approval_minutes": 1_440,
        "batch_per_minute": {},
        "fraud": dict(DEFAULTS),
        "opening_hours": "",
        "promise_days": 7,
        "windows_by_reason": {},
        "windows_by_category": {},
        "exchange_days": {"*": 15},
        "override_not_returnable": False,
        "single_operator_mode": False,
        "kept_fees": {},
        "kept_fee_waiver": True,
        "points_taken_back": "negative",
        "points_per_yuan": 100,
        "lpr_one_year_bp": dict(interest.LPR_ONE_YEAR),
        "deposit_one_year_bp": {"2015-10-24": 150},
        "cash_report_fen": 5_000_000,
        "cross_year_needs_finance": True,
    }
    assert Rules().to_mapping() == sheet | ours


def test_rules_survive_json():
    rules = Rules.from_mapping({"version": 7, "promise_days": None, "poll_seconds": {"alipay": [5, 10]}})
    again = Rules.from_mapping(json.loads(json.dumps(rules.to_mapping())))
    assert again == rules
    assert again.poll_seconds["alipay"] == (5, 10)


def test_a_part_of_a_table_leaves_the_rest_alone_and_the_sheets_short_names_work():
    rules = Rules.from_mapping({"windows_days": {"wechat": 180}, "arrival_text_days": {"cash": 1}})
    assert rules.windows_days == {
        "wechatpay": 180,
        "alipay": 365,
        "unionpay": 330,
        "cash": 30,
        "stored_value": None,
    }
    assert rules.arrival_text_days["cash"] == (1, 1)


@pytest.mark.parametrize(
    ("setting", "loc", "code"),
    [
        ({"windows": {}}, ("windows",), "unknown_key"),
        ({"till_rounding": "HALF_UP"}, ("till_rounding",), "rounds_up"),
        ({"till_rounding": "JIAO_UP"}, ("till_rounding",), "rounds_up"),
        ({"tender_split": "HALVES"}, ("tender_split",), "not_offered"),
        ({"waterfall_order": "cash"}, ("waterfall_order",), "not_a_list_of_words"),
        ({"business_day_cutover": "24:00"}, ("business_day_cutover",), "not_an_hour"),
        ({"timezone": "UTC"}, ("timezone",), "not_offered"),
        ({"promise_days": -1}, ("promise_days",), "not_a_whole_number"),
        ({"no_receipt_limit_fen": 200.0}, ("no_receipt_limit_fen",), "not_a_whole_number"),
        ({"drawer_tolerance_fen": True}, ("drawer_tolerance_fen",), "not_a_whole_number"),
        ({"cross_year_needs_finance": "no"}, ("cross_year_needs_finance",), "not_yes_or_no"),
        ({"windows_days": 365}, ("windows_days",), "not_a_table"),
        ({"windows_days": {"alipay": "1"}}, ("windows_days", "alipay"), "bad_value"),
        ({"arrival_text_days": {"cash": [3, 1]}}, ("arrival_text_days", "cash"), "bad_value"),
        ({"poll_seconds": {"alipay": [10, 10]}}, ("poll_seconds", "alipay"), "bad_value"),
        ({"poll_seconds": {"alipay": []}}, ("poll_seconds", "alipay"), "bad_value"),
        ({"approval_fen": {"boss": 1}}, ("approval_fen", "boss"), "unknown_key"),
        ({"approval_fen": {"cashier": 200_001}}, ("approval_fen",), "ladder_not_rising"),
        ({"cash_payout_fen": {"manager": 1}}, ("cash_payout_fen",), "ladder_not_rising"),
    ],
)
def test_settings_that_make_no_sense_are_refused_with_their_place(setting, loc, code):
    with pytest.raises(Invalid) as refused:
        Rules.from_mapping(setting)
    assert refused.value.code == "rules_invalid"
    assert [(error.loc, error.code) for error in refused.value.errors] == [(loc, code)]


def test_rounding_up_cannot_be_constructed_either_r13():
    with pytest.raises(Invalid) as refused:
        Rules(till_rounding="UP")
    assert [error.code for error in refused.value.errors] == ["rounds_up"]


def test_a_ladder_without_a_step_is_refused():
    with pytest.raises(Invalid) as refused:
        Rules(approval_fen={"cashier": 1})
    assert [(error.loc, error.code) for error in refused.value.errors] == [
        (("approval_fen", "manager"), "missing_step")
    ]


@pytest.mark.parametrize(
    ("total", "before", "expected"),
    [
        (10_000, 10_000, []),
        (10_000, 10_001, [("split_refunds", MANAGER)]),
        (1, 20_000, [("split_refunds", MANAGER)]),
        (20_001, 1, [("over_cashier_limit", MANAGER)]),
    ],
)
def test_what_was_cut_is_asked_about_as_a_whole(total: int, before: int, expected: list[object]) -> None:
    """FR05: one fen below the limit and one above it."""
    assert weighed(replace(facts(total), split_before=before)) == expected


def test_an_entry_that_says_nothing_any_more_is_read_over():
    old = Rules().to_mapping() | {"fraud": {**DEFAULTS, "fr24_off": 60}}
    assert Rules.from_mapping(old) == Rules()
