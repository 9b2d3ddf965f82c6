"""Which payments give back how much, by which route, and why a way is closed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import arrival, capability, plan, policy
from sudapos.core.outcome import Route
from sudapos.core.plan import Paid
from sudapos.core.policy import Rules, Weight
from sudapos.core.refusal import Invalid, Refusal

CHINA = timezone(timedelta(hours=8))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=CHINA)  # a Monday
RULES = Rules()


def paid(payment_no: str, channel: str, amount: int, **more: Any) -> Paid:
    more = {"left": amount, "paid_at": NOON - timedelta(days=1)} | more
    return Paid(payment_no=payment_no, channel=channel, amount=amount, **more)


def told(made: plan.Plan) -> list[tuple[Weight, str, tuple[str, ...]]]:
    return [(reason.weight, reason.code, reason.roles) for reason in made.reasons]


def test_points_stored_value_and_wechat_share_by_what_is_left_ex06():
    tenders = [paid("P1", "points", 1000), paid("P2", "stored_value", 15000), paid("P3", "wechatpay", 14000)]
    assert plan.split(9999, tenders, tender_split="PROPORTIONAL") == [333, 5000, 4666]


def test_a_waterfall_empties_the_card_before_it_takes_cash_ex07():
    rest = {"cash": 5800, "card": 20000}
    splits = []
    for total in (7900, 15000, 2900):
        tenders = [paid("P1", "cash", 5800, left=rest["cash"]), paid("P2", "card", 20000, left=rest["card"])]
        cash, card = plan.split(total, tenders, tender_split="WATERFALL", order=("card", "cash"))
        splits.append({"card": card, "cash": cash})
        rest = {"cash": rest["cash"] - cash, "card": rest["card"] - card}
    assert splits == [{"card": 7900, "cash": 0}, {"card": 12100, "cash": 2900}, {"card": 0, "cash": 2900}]
    assert rest == {"cash": 0, "card": 0}


def test_the_default_waterfall_runs_from_outside_to_stored_value_to_points_to_cash():
    tenders = [
        paid("P1", "cash", 100),
        paid("P2", "points", 100),
        paid("P3", "stored_value", 100),
        paid("P4", "alipay", 100),
    ]
    got = [plan.split(total, tenders, tender_split="WATERFALL") for total in (150, 250, 350)]
    assert got == [[0, 0, 50, 100], [0, 50, 100, 100], [50, 100, 100, 100]]


def test_three_proportional_refunds_clear_three_tenders_ex16():
    left = [5000, 3333, 1667]
    splits = []
    for total in (3333, 3333, 3334):
        tenders = [
            paid(name, name, 5000, left=rest)
            for name, rest in zip(("card", "wechat", "stored"), left, strict=True)
        ]
        parts = plan.split(total, tenders, tender_split="PROPORTIONAL")
        splits.append(parts)
        left = [rest - part for rest, part in zip(left, parts, strict=True)]
    assert splits == [[1666, 1111, 556], [1667, 1111, 555], [1667, 1111, 556]]
    assert left == [0, 0, 0]


@given(
    lefts=st.lists(st.integers(0, 10_000_000), min_size=1, max_size=6),
    part=st.integers(0, 1000),
    way=st.sampled_from(["PROPORTIONAL", "WATERFALL"]),
)
def test_a_split_adds_up_and_never_takes_more_than_is_left(lefts, part, way):
    channels = ("cash", "wechatpay", "alipay", "points", "stored_value", "card")
    tenders = [paid(f"P{n}", channels[n], 10_000_000, left=left) for n, left in enumerate(lefts)]
    total = sum(lefts) * part // 1000
    parts = plan.split(total, tenders, tender_split=way)
    assert sum(parts) == total
    assert all(0 <= got <= left for got, left in zip(parts, lefts, strict=True))


def test_more_than_is_left_is_refused_with_what_is_left_ex21():
    with pytest.raises(Refusal) as refused:
        plan.plan(6318, [paid("P1", "wechatpay", 16300, left=6317)], RULES, at=NOON)
    assert (refused.value.code, refused.value.facts) == ("over_refund", {"total": 6318, "left": 6317})


def test_a_split_that_does_not_exist_is_a_bug():
    with pytest.raises(ValueError, match="no such split: HALVES"):
        plan.split(1, [paid("P1", "cash", 1)], tender_split="HALVES")


def test_money_goes_back_the_way_it_came():
    tenders = [paid("P1", "cash", 1000), paid("P2", "wechatpay", 2000), paid("P3", "transfer", 3000)]
    made = plan.plan(6000, tenders, RULES, at=NOON)
    assert [(leg.payment_no, leg.channel, leg.route, leg.amount) for leg in made.legs] == [
        ("P1", "cash", Route.CASH, 1000),
        ("P2", "wechatpay", Route.REFUND, 2000),
        ("P3", "transfer", Route.TRANSFER, 3000),
    ]
    assert made.reasons == ()


def test_a_payment_that_gives_nothing_has_no_leg():
    rules = Rules(tender_split="WATERFALL")
    made = plan.plan(500, [paid("P1", "cash", 1000), paid("P2", "alipay", 2000)], rules, at=NOON)
    assert [(leg.payment_no, leg.amount) for leg in made.legs] == [("P2", 500)]


def test_nothing_to_give_back_plans_nothing():
    assert plan.plan(0, [paid("P1", "cash", 1000)], RULES, at=NOON) == plan.Plan(legs=(), reasons=())


def test_the_merchants_waterfall_order_is_used():
    rules = Rules(tender_split="WATERFALL", waterfall_order=("cash", "external"))
    made = plan.plan(1500, [paid("P1", "alipay", 2000), paid("P2", "cash", 1000)], rules, at=NOON)
    assert [(leg.payment_no, leg.amount) for leg in made.legs] == [("P1", 500), ("P2", 1000)]


# ── legs by hand ──


def test_the_customer_may_agree_to_another_split_inside_each_payment():
    tenders = [paid("P1", "cash", 1000), paid("P2", "wechatpay", 1000)]
    made = plan.plan(1000, tenders, RULES, at=NOON, legs={"P2": 900, "P1": 100})
    assert [(leg.payment_no, leg.amount) for leg in made.legs] == [("P1", 100), ("P2", 900)]
    assert told(made) == [(Weight.NOTE, "legs_chosen", ())]


def test_choosing_the_planned_split_is_nothing_to_remark():
    tenders = [paid("P1", "cash", 1000), paid("P2", "wechatpay", 1000)]
    assert plan.plan(1000, tenders, RULES, at=NOON, legs={"P1": 500, "P2": 500}).reasons == ()


@pytest.mark.parametrize(
    ("legs", "code", "facts"),
    [
        ({"P9": 1000}, "unknown_payment", {"payment_no": "P9"}),
        ({"P1": 1001}, "leg_over_tender", {"payment_no": "P1", "amount": 1001, "left": 1000}),
        ({"P1": 400, "P2": 500}, "legs_do_not_add_up", {"total": 1000, "legs": 900}),
        ({}, "legs_do_not_add_up", {"total": 1000, "legs": 0}),
        ({"P1": -1, "P2": 1001}, "leg_negative", {}),
    ],
)
def test_legs_that_cannot_be_are_refused(legs, code, facts):
    tenders = [paid("P1", "cash", 1000), paid("P2", "wechatpay", 2000)]
    with pytest.raises(Refusal) as refused:
        plan.plan(1000, tenders, RULES, at=NOON, legs=legs)
    assert (refused.value.code, refused.value.facts) == (code, facts)


# ── routes ──


def test_cash_for_a_wallet_payment_is_denied_fr17():
    made = plan.plan(
        3000, [paid("P1", "cash", 1000), paid("P2", "wechatpay", 2000)], RULES, at=NOON, route="cash"
    )
    assert [(leg.payment_no, leg.route) for leg in made.legs] == [("P1", Route.CASH), ("P2", Route.CASH)]
    assert told(made) == [(Weight.DENY, "cash_for_non_cash", ())]
    assert made.reasons[0].facts == {"payment_no": "P2", "channel": "wechatpay"}


def test_cash_for_a_closed_wallet_payment_is_denied_too():
    old = paid("P1", "alipay", 1000, paid_at=NOON - timedelta(days=400))
    assert told(plan.plan(1000, [old], RULES, at=NOON, route="cash")) == [
        (Weight.DENY, "cash_for_non_cash", ())
    ]


def test_cash_for_a_bank_transfer_is_denied_too():
    made = plan.plan(1000, [paid("P1", "transfer", 1000)], RULES, at=NOON, route="cash")
    assert told(made) == [(Weight.DENY, "cash_for_non_cash", ())]


def test_cash_for_cash_is_simply_the_original_route():
    made = plan.plan(1000, [paid("P1", "cash", 1000)], RULES, at=NOON, route="cash")
    assert (made.legs[0].route, made.reasons) == (Route.CASH, ())


def test_a_transfer_instead_of_the_open_wallet_is_denied():
    made = plan.plan(1000, [paid("P1", "wechatpay", 1000)], RULES, at=NOON, route="transfer")
    assert made.legs[0].route is Route.TRANSFER
    assert told(made) == [(Weight.DENY, "other_destination", ())]


def test_a_transfer_instead_of_cash_needs_two_people():
    made = plan.plan(1000, [paid("P1", "cash", 1000)], RULES, at=NOON, route="transfer")
    assert made.legs[0].route is Route.TRANSFER
    assert told(made) == [(Weight.REFER, "transfer_for_cash", ("manager", "finance"))]


def test_a_route_that_does_not_exist_is_a_wrong_field():
    with pytest.raises(Invalid) as refused:
        plan.plan(1000, [paid("P1", "cash", 1000)], RULES, at=NOON, route="pigeon")
    assert refused.value.code == "unknown_route"
    assert [(error.loc, error.code) for error in refused.value.errors] == [(("route",), "unknown_route")]


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
def test_a_wallet_closes_365_days_after_the_payment_and_becomes_a_transfer(channel):
    last = paid("P1", channel, 1000, paid_at=NOON - timedelta(days=365))
    late = paid("P1", channel, 1000, paid_at=NOON - timedelta(days=365, seconds=1))
    assert plan.plan(1000, [last], RULES, at=NOON).legs[0].route is Route.REFUND
    made = plan.plan(1000, [late], RULES, at=NOON)
    assert made.legs[0].route is Route.TRANSFER
    assert told(made) == [(Weight.REFER, "window_closed", ("manager", "finance"))]
    assert made.reasons[0].facts == {
        "payment_no": "P1",
        "channel": channel,
        "days": 365,
        "paid_on": "2025-11-23",
    }


def test_a_transfer_is_the_right_request_once_the_wallet_is_closed():
    late = paid("P1", "alipay", 1000, paid_at=NOON - timedelta(days=366))
    made = plan.plan(1000, [late], RULES, at=NOON, route="transfer")
    assert told(made) == [(Weight.REFER, "window_closed", ("manager", "finance"))]


def test_the_contract_overrides_the_window():
    rules = Rules.from_mapping({"windows_days": {"alipay": 90}})
    old = paid("P1", "alipay", 1000, paid_at=NOON - timedelta(days=91))
    assert told(plan.plan(1000, [old], rules, at=NOON)) == [
        (Weight.REFER, "window_closed", ("manager", "finance"))
    ]
    never = Rules.from_mapping({"windows_days": {"alipay": None}})
    ancient = paid("P1", "alipay", 1000, paid_at=NOON - timedelta(days=4000))
    assert plan.plan(1000, [ancient], never, at=NOON).reasons == ()


def test_the_fifty_first_partial_refund_goes_another_way():
    fifty = paid("P1", "wechatpay", 10_000, left=5000, refunds_made=50)
    made = plan.plan(1000, [fifty], RULES, at=NOON)
    assert made.legs[0].route is Route.TRANSFER
    assert told(made) == [(Weight.REFER, "too_many_partials", ("manager", "finance"))]
    assert made.reasons[0].facts == {"payment_no": "P1", "channel": "wechatpay", "most": 50}
    last = paid("P1", "wechatpay", 10_000, left=5000, refunds_made=49)
    assert plan.plan(1000, [last], RULES, at=NOON).legs[0].route is Route.REFUND


def test_a_channel_that_is_not_connected_gives_no_money_back():
    made = plan.plan(1000, [paid("P1", "abacus", 1000)], RULES, at=NOON)
    assert told(made) == [(Weight.DENY, "channel_not_connected", ())]
    assert (made.legs[0].route, made.legs[0].arrives_by) == (Route.REFUND, None)


def only_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    row = capability.Capability(
        channel="whole", words_zh="整", words_en="Whole", source="test", partial=False, void="same_batch"
    )
    monkeypatch.setattr(capability, "TABLE", {**capability.TABLE, "whole": row})


def test_a_channel_without_partial_refunds_takes_all_or_nothing(monkeypatch):
    only_whole(monkeypatch)
    assert told(plan.plan(999, [paid("P1", "whole", 1000)], RULES, at=NOON)) == [
        (Weight.DENY, "partial_not_offered", ())
    ]
    assert plan.plan(1000, [paid("P1", "whole", 1000)], RULES, at=NOON).legs[0].route is Route.REFUND


def test_only_a_whole_untouched_payment_in_an_open_batch_is_voided(monkeypatch):
    only_whole(monkeypatch)
    routes = [
        plan.plan(total, [paid("P1", channel, 1000, **more)], RULES, at=NOON).legs[0].route
        for channel, total, more in (
            ("whole", 1000, {"voidable": True}),
            ("whole", 1000, {"voidable": True, "refunds_made": 1}),
            ("whole", 999, {"voidable": True}),
            ("whole", 1000, {}),
            ("wechatpay", 1000, {"voidable": True}),
        )
    ]
    assert routes == [Route.VOID, Route.REFUND, Route.REFUND, Route.REFUND, Route.REFUND]


# ── waiting and arriving ──


@pytest.mark.parametrize(("channel", "gap"), [("wechatpay", 60), ("alipay", 3)])
def test_two_refunds_of_one_payment_keep_their_distance(channel, gap):
    refunded = NOON - timedelta(seconds=gap - 1)
    made = plan.plan(
        100, [paid("P1", channel, 1000, left=500, refunds_made=1, last_refund_at=refunded)], RULES, at=NOON
    )
    assert made.legs[0].not_before == NOON + timedelta(seconds=1) + plan.PAUSE_SLACK
    assert told(made) == [(Weight.NOTE, "wait_between_refunds", ())]
    assert made.reasons[0].facts["not_before"] == "2026-11-23T12:00:03+08:00"


def test_after_the_pause_nothing_waits():
    refunded = NOON - timedelta(seconds=60) - plan.PAUSE_SLACK
    made = plan.plan(
        100,
        [paid("P1", "wechatpay", 1000, left=500, refunds_made=1, last_refund_at=refunded)],
        RULES,
        at=NOON,
    )
    assert (made.legs[0].not_before, made.reasons) == (None, ())


def test_cash_never_waits():
    made = plan.plan(
        100, [paid("P1", "cash", 1000, left=500, refunds_made=1, last_refund_at=NOON)], RULES, at=NOON
    )
    assert (made.legs[0].not_before, made.reasons) == (None, ())


def test_the_day_of_arrival_is_told_in_the_shops_time_zone():
    late_evening_utc = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)
    friday = datetime(2026, 11, 27, 12, 0, tzinfo=CHINA)
    days = [
        arrival.latest("cash", Route.CASH, RULES, at=NOON),
        arrival.latest("wechatpay", Route.REFUND, RULES, at=late_evening_utc),
        arrival.latest("alipay", Route.REFUND, RULES, at=friday),
        arrival.latest("wechatpay", Route.TRANSFER, RULES, at=friday),
    ]
    assert days == [date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 27), date(2026, 11, 30)]


def test_the_merchants_arrival_text_counts():
    rules = Rules.from_mapping({"arrival_text_days": {"wechat_balance": [0, 2]}})
    assert arrival.latest("wechatpay", Route.REFUND, rules, at=NOON) == date(2026, 11, 25)


def test_reasons_of_the_plan_are_the_ones_that_policy_weighs():
    assert policy.Reason is plan.Reason


def test_cash_is_handed_over_in_whole_jiao_and_the_surplus_lessens_the_next_refund_ex04():
    rules, left, surplus, out = Rules(cash_refund_rounding="UP_TO_JIAO"), 12430, 0, []
    for owed in (3547, 8883):
        [leg] = plan.plan(owed, [paid("P1", "cash", 12430, left=left, surplus=surplus)], rules, at=NOON).legs
        out.append((leg.amount, leg.rounding))
        left, surplus = left - leg.amount, surplus + leg.rounding
    assert (out, left, surplus) == ([(3550, 3), (8880, -3)], 0, 0)


def test_only_cash_is_rounded_and_a_transfer_instead_of_it_is_exact():
    rules = Rules(cash_refund_rounding="UP_TO_JIAO")
    both = [paid("P1", "cash", 1003), paid("P2", "wechatpay", 1003)]
    legs = plan.plan(1002, both, rules, at=NOON).legs
    assert [(leg.channel, leg.amount, leg.rounding) for leg in legs] == [
        ("cash", 510, 9),
        ("wechatpay", 501, 0),
    ]
    [leg] = plan.plan(501, [paid("P1", "cash", 1003)], rules, at=NOON, route="transfer").legs
    assert (leg.route, leg.amount, leg.rounding) == (Route.TRANSFER, 501, 0)


def test_odd_fen_that_were_handed_over_before_leave_a_leg_of_nothing():
    rules = Rules(cash_refund_rounding="UP_TO_JIAO")
    [leg] = plan.plan(3, [paid("P1", "cash", 100, left=50, surplus=7)], rules, at=NOON).legs
    assert (leg.amount, leg.rounding) == (0, -3)


@given(
    cash_paid=st.integers(1, 5_000),
    wallet=st.integers(0, 5_000),
    wishes=st.lists(st.integers(1, 3_000), max_size=12),
    way=st.sampled_from(["PROPORTIONAL", "WATERFALL"]),
)
def test_inv_01_02_03_hold_with_cash_in_whole_jiao(cash_paid, wallet, wishes, way):
    rules = Rules(cash_refund_rounding="UP_TO_JIAO", tender_split=way)
    first = {"P1": cash_paid, "P2": wallet} if wallet else {"P1": cash_paid}
    left, surplus, owed_left = dict(first), dict.fromkeys(first, 0), sum(first.values())
    for wish in [*wishes, owed_left]:
        total = min(wish, owed_left)
        if not total:
            break
        tenders = [
            paid(no, "cash" if no == "P1" else "alipay", first[no], left=left[no], surplus=surplus[no])
            for no in first
        ]
        legs = plan.plan(total, tenders, rules, at=NOON).legs
        assert sum(leg.amount - leg.rounding for leg in legs) == total
        for leg in legs:
            assert 0 <= leg.amount <= left[leg.payment_no]
            left[leg.payment_no] -= leg.amount
            surplus[leg.payment_no] += leg.rounding
        owed_left -= total
        assert 0 <= surplus["P1"] < 10 and not surplus.get("P2")
        assert (first["P1"] - left["P1"]) % 10 == 0 or not left["P1"]
    assert (owed_left, set(left.values()), set(surplus.values())) == (0, {0}, {0})
