"""A draft of the policy on last week's refunds: what would have been decided otherwise."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from sudapos.books import decisions, policies, rehearsals, shops
from sudapos.core.rules import Rules
from tests.cast import Shop


@pytest.fixture(autouse=True)
def midsummer(shop: Shop) -> None:
    """No refund of these tests goes across the turn of a year."""
    shop.at = datetime(2026, 6, 15, 4, 0, tzinfo=UTC)


def draft(**changes: Any) -> Rules:
    return Rules.from_mapping({**policies.current().content, **changes})


def found(shop: Shop, rules: Rules) -> list[tuple[str, str, str]]:
    seen = rehearsals.rehearse(rules, at=shop.at)
    return [(each.past.refund_no, each.before.decision, each.after.decision) for each in seen.found]


def test_the_same_rules_decide_the_same(shop: Shop) -> None:
    for reason in ("quality", "no_reason", "goodwill"):
        shop.refund(shop.sell(), reason=reason)
    wallet = shop.sell(channel="wechatpay")
    shop.refund(wallet, lines={1: 1})
    shop.refund(wallet, amount=500, reason="other")
    seen = rehearsals.rehearse(draft(), at=shop.at)
    assert (seen.count, seen.is_cut, seen.found) == (5, False, [])


@pytest.mark.parametrize("limit", [5997, 5996])
def test_a_lower_limit_would_have_asked_a_manager(shop: Shop, limit: int) -> None:
    refund = shop.refund(shop.sell())
    ladder = {"cashier": limit, "manager": 200_000, "manager_finance": 2_000_000}
    expected = [] if limit == 5997 else [(refund.refund_no, "allow", "refer")]
    assert found(shop, draft(approval_fen=ladder)) == expected


def test_a_refund_counts_with_what_was_cut_off_before_it(shop: Shop) -> None:
    sale = shop.sell()
    shop.refund(sale, lines={1: 1})
    second = shop.refund(sale, lines={2: 1})
    ladder = {"cashier": 3997, "manager": 200_000, "manager_finance": 2_000_000}
    assert found(shop, draft(approval_fen=ladder)) == [(second.refund_no, "allow", "refer")]
    assert found(shop, draft(approval_fen={**ladder, "cashier": 3998})) == []


def test_a_refund_counts_with_the_cash_that_its_drawer_paid_that_day(shop: Shop) -> None:
    shop.refund(shop.sell())
    second = shop.refund(shop.sell())
    shop.refund(shop.sell(), till="T2")
    caps = dict(draft().cash_payout_fen)
    assert found(shop, draft(cash_payout_fen={**caps, "drawer_daily": 2 * 5997})) == []
    assert found(shop, draft(cash_payout_fen={**caps, "drawer_daily": 2 * 5997 - 1})) == [
        (second.refund_no, "allow", "refer")
    ]


def test_a_longer_promise_would_have_asked_nobody(shop: Shop) -> None:
    sale = shop.sell()
    shop.later(days=9)
    refund = shop.refund(sale, reason="no_reason")
    assert found(shop, draft(promise_days=9)) == [(refund.refund_no, "refer", "allow")]


def test_a_shorter_window_of_a_channel_would_have_closed_its_way(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    shop.later(days=5)
    refund = shop.refund(sale)
    windows = {**draft().windows_days, "wechatpay": 4}
    [seen] = rehearsals.rehearse(draft(windows_days=windows), at=shop.at).found
    assert seen.past.refund_no == refund.refund_no
    assert (seen.after.decision, seen.after.approvals) == ("refer", ("manager", "finance"))


def test_what_is_denied_by_the_draft_is_among_them(shop: Shop) -> None:
    refund = shop.refund(shop.sell(), reason="no_reason", receipt="present")
    assert found(shop, draft(promise_days=None)) == [(refund.refund_no, "allow", "refer")]


def test_older_refunds_and_refunds_beyond_the_bound_are_left_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.refund(shop.sell())
    shop.later(days=8)
    for _ in range(3):
        shop.refund(shop.sell())
    assert rehearsals.rehearse(draft(), at=shop.at).count == 3
    monkeypatch.setattr(rehearsals, "AT_MOST", 2)
    seen = rehearsals.rehearse(draft(), at=shop.at)
    assert (seen.count, seen.is_cut) == (2, True)


def test_a_rejected_refund_is_weighed_and_burdens_no_other(shop: Shop) -> None:
    refused = shop.refund(shop.sell(), reason="goodwill")
    decisions.reject(refused.refund_no, operator=shop.m01, note="不符合", at=shop.at)
    shop.refund(shop.sell())
    caps = dict(draft().cash_payout_fen)
    assert found(shop, draft(cash_payout_fen={**caps, "drawer_daily": 5997})) == []


def test_cash_in_whole_jiao_shows_what_would_have_been_paid(shop: Shop) -> None:
    odd = shop.refund(shop.sell(), lines={1: 1})  # 19.99 in cash
    shop.refund(shop.sell(channel="wechatpay"), lines={1: 1})
    seen = rehearsals.rehearse(draft(cash_refund_rounding="UP_TO_JIAO"), at=shop.at)
    assert [(each.past.refund_no, each.handed) for each in seen.found] == [(odd.refund_no, (1999, 2000))]


def test_a_rounded_refund_is_rehearsed_as_it_was(shop: Shop) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "cash_refund_rounding": "UP_TO_JIAO"}
    merchant.save(update_fields=["rules"])
    odd = shop.refund(shop.sell(), lines={1: 1})
    assert rehearsals.rehearse(shops.rules_of(merchant), at=shop.at).found == []
    [other] = rehearsals.rehearse(draft(cash_refund_rounding="EXACT"), at=shop.at).found
    assert (other.past.refund_no, other.handed) == (odd.refund_no, (2000, 1999))
