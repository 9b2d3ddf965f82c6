"""A sale in spring, another policy since: the promise of its day is kept, the limit is today's, and the money goes back."""

from __future__ import annotations

from sudapos.books import decisions, policies
from sudapos.books.audit import AuditRecord

from .conftest import Afternoon


def test_the_promise_of_the_day_of_the_sale_is_kept_after_the_policy_changed(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    first = policies.current().content | {"cross_year_needs_finance": False}
    policies.propose({**first, "promise_days": 15}, operator=shop.f01, note="周年庆", at=shop.at)
    policies.activate(2, operator=shop.admin, at=shop.at)
    shop.later(days=1)
    spring = afternoon.sell("wechatpay", "S-SPRING", sold_at=shop.at)
    shop.later(days=1)
    ladder = {**first["approval_fen"], "cashier": 1000}
    changed = {**policies.current().content, "promise_days": 3, "approval_fen": ladder}
    policies.propose(changed, operator=shop.m01, note="活动结束，防套现", at=shop.at)
    policies.activate(3, operator=shop.f01, at=shop.at)
    shop.later(days=1)
    summer = afternoon.sell("wechatpay", "S-SUMMER", sold_at=shop.at)
    shop.later(days=10)

    kept = shop.refund(spring, lines={1: 1}, reason="no_reason")
    assert kept.verdict["policy"] == {"sale": 2, "now": 3}
    assert [(r["code"], r["weight"]) for r in kept.verdict["reasons"]][0] == ("over_cashier_limit", "refer")
    assert "promise_over" not in {r["code"] for r in kept.verdict["reasons"]}
    late = shop.refund(summer, lines={1: 1}, reason="no_reason")
    assert late.verdict["policy"] == {"sale": 3, "now": 3}
    [over] = [r for r in late.verdict["reasons"] if r["code"] == "promise_over"]
    assert (over["facts"]["days"], over["facts"]["allowed"]) == (10, 3)
    assert over["would_allow"] == {"code": "would_allow_days", "rule": "promise_days", "wanted": 10}

    assert not kept.legs.exists()
    decisions.approve(kept.refund_no, operator=shop.m01, at=shop.at)
    afternoon.work_until_quiet()
    assert afternoon.leg(kept).state == "settled"
    assert (afternoon.times_paid(kept), late.legs.count()) == (1, 0)
    told = AuditRecord.objects.filter(act="policy.activated").order_by("id")
    assert [(row.subject_no, row.by, row.facts["changed"]) for row in told] == [
        ("2", "admin", ["promise_days", "cross_year_needs_finance"]),
        ("3", "f01", ["promise_days", "approval_fen.cashier"]),
    ]
