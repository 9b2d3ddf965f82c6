"""FR01–FR24: each just below its threshold and exactly at it (domain §6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.core import fraud
from sudapos.core.fraud import BY_NUMBER, LIMITS, RULES, Action, History

PAIRS: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "FR01": [
        ({"receipt": "none", "no_receipt_today": 1}, {"receipt": "none", "no_receipt_today": 2}),
        ({"receipt": "none", "total": 20_000}, {"receipt": "none", "total": 20_001}),
        ({"receipt": "lost", "total": 90_000}, {"receipt": "none", "total": 90_000}),
    ],
    "FR02": [({"other_destination": True, "came_back": True}, {"other_destination": True})],
    "FR03": [({}, {"payee_is_staff": True})],
    "FR04": [({"same_payee_7d": 1}, {"same_payee_7d": 2}), ({"same_payee_30d": 3}, {"same_payee_30d": 4})],
    "FR05": [
        (
            {"split_count": 1, "split_fen": 10_000, "total": 10_000, "limit": 20_000},
            {"split_count": 1, "split_fen": 10_001, "total": 10_000, "limit": 20_000},
        ),
        (
            {"split_count": 0, "split_fen": 15_000, "total": 10_000, "limit": 20_000},
            {"split_count": 1, "split_fen": 15_000, "total": 10_000, "limit": 20_000},
        ),
    ],
    "FR06": [
        (
            {"total": 17_999, "limit": 20_000, "near_limit_7d": 2},
            {"total": 18_000, "limit": 20_000, "near_limit_7d": 2},
        ),
        (
            {"total": 20_001, "limit": 20_000, "near_limit_7d": 2},
            {"total": 20_000, "limit": 20_000, "near_limit_7d": 2},
        ),
        (
            {"total": 19_000, "limit": 20_000, "near_limit_7d": 1},
            {"total": 19_000, "limit": 20_000, "near_limit_7d": 2},
        ),
    ],
    "FR07": [({}, {"outside_hours": True})],
    "FR08": [
        ({"cash_sale_age": 180, "late_cash_today": 2}, {"cash_sale_age": 181, "late_cash_today": 2}),
        ({"cash_sale_age": 181, "late_cash_today": 1}, {"cash_sale_age": 181, "late_cash_today": 2}),
    ],
    "FR09": [
        (
            {"own_sale": True, "cash_sale_age": 120, "quick_cash_today": 1},
            {"own_sale": True, "cash_sale_age": 119, "quick_cash_today": 1},
        ),
        (
            {"cash_sale_age": 60, "quick_cash_today": 5},
            {"own_sale": True, "cash_sale_age": 60, "quick_cash_today": 5},
        ),
    ],
    "FR10": [
        (
            {"maker_sale_count_7d": 10, "maker_sales_7d": 100_000, "maker_refunds_7d": 5_009},
            {"maker_sale_count_7d": 10, "maker_sales_7d": 100_000, "maker_refunds_7d": 5_010},
        ),
        (
            {"maker_sale_count_7d": 9, "maker_sales_7d": 100_000, "maker_refunds_7d": 50_000},
            {"maker_sale_count_7d": 10, "maker_sales_7d": 100_000, "maker_refunds_7d": 50_000},
        ),
        (
            {
                "maker_sale_count_7d": 10,
                "maker_sales_7d": 100_000,
                "maker_refunds_7d": 9_000,
                "store_median_bp": 300,
            },
            {
                "maker_sale_count_7d": 10,
                "maker_sales_7d": 100_000,
                "maker_refunds_7d": 9_010,
                "store_median_bp": 300,
            },
        ),
    ],
    "FR11": [({}, {"nothing_left": True}), ({}, {"tried_elsewhere": True})],
    "FR12": [
        ({"pair_count_7d": 9, "pair_of_7d": 9}, {"pair_count_7d": 10, "pair_of_7d": 10}),
        ({"pair_count_7d": 12, "pair_of_7d": 15}, {"pair_count_7d": 13, "pair_of_7d": 16}),
    ],
    "FR13": [({"seconds_since_made": 5}, {"seconds_since_made": 4}), ({}, {"is_maker": True})],
    "FR14": [
        ({"customer_returns_30d": 1}, {"customer_returns_30d": 2}),
        (
            {"customer_orders": 5, "customer_return_bp": 5_000},
            {"customer_orders": 5, "customer_return_bp": 5_001},
        ),
    ],
    "FR15": [
        ({"receipt": "lost"}, {"receipt": "lost", "person_no_receipt_30d": 1}),
        ({"receipt": "lost", "total": 20_000}, {"receipt": "lost", "total": 20_001}),
    ],
    "FR16": [({"total": 499_999}, {"total": 500_000})],
    "FR17": [({}, {"cash_for_other_tender": True})],
    "FR18": [({"reprints": 2}, {"reprints": 3}), ({"reprint_age": 601}, {"reprint_age": 600})],
    "FR19": [
        ({"offline_waiting": 4}, {"offline_waiting": 5}),
        ({"offline_oldest": 7_200}, {"offline_oldest": 7_201}),
    ],
    "FR20": [({}, {"price_changed_by_maker": True})],
    "FR21": [
        (
            {"receipt": "lost", "total": 5_000, "round_no_receipt_7d": 3},
            {"receipt": "lost", "total": 5_000, "round_no_receipt_7d": 4},
        ),
        (
            {"receipt": "lost", "total": 5_001, "round_no_receipt_7d": 4},
            {"receipt": "lost", "total": 5_000, "round_no_receipt_7d": 4},
        ),
    ],
    "FR22": [({"top_up_age": 86_400}, {"top_up_age": 86_399}), ({}, {"other_card": True})],
    "FR23": [({"drawer_opened_after_void": 301}, {"drawer_opened_after_void": 300})],
    "FR24": [
        ({"clock_off": 120}, {"clock_off": 121}),
        ({"clock_off": -120}, {"clock_off": -121}),
        ({}, {"clock_went_back": True}),
    ],
}
CASES = [(number, below, at) for number, pairs in PAIRS.items() for below, at in pairs]


def test_every_rule_of_the_sheet_is_here_and_has_its_pair() -> None:
    assert [rule.number for rule in RULES] == [f"FR{n:02d}" for n in range(1, 25)]
    assert set(PAIRS) == set(BY_NUMBER)


@pytest.mark.parametrize(("number", "below", "at"), CASES)
def test_just_below_says_nothing_and_at_the_threshold_it_speaks(
    number: str, below: dict[str, Any], at: dict[str, Any]
) -> None:
    check = BY_NUMBER[number].check
    assert not check(History(**below), LIMITS)
    assert check(History(**at), LIMITS)


def test_an_ordinary_refund_is_no_sign_of_anything() -> None:
    assert list(fraud.signs(History(total=1_999, limit=20_000))) == []


def test_what_policy_says_already_is_not_said_twice() -> None:
    everything = History(
        other_destination=True, cash_for_other_tender=True, total=900_000, is_maker=True, payee_is_staff=True
    )
    assert [(sign.number, sign.action) for sign in fraud.signs(everything)] == [("FR03", Action.BLOCK)]


def test_thresholds_are_the_shops() -> None:
    history = History(receipt="lost", person_no_receipt_30d=1)
    assert [sign.number for sign in fraud.signs(history)] == ["FR15"]
    assert list(fraud.signs(history, {**LIMITS, "fr15_returns": 3})) == []
