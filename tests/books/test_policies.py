"""The policy as rows: proposed by one, decided by another, once; and which version decides on which sale."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction

from sudapos.books import policies, requests, shops, versions
from sudapos.books.audit import AuditRecord
from sudapos.books.versions import PolicyVersion
from sudapos.core.refusal import Conflict, Forbidden, Invalid, NotFound, Refusal
from tests.cast import Shop


def rules_of(**changes: Any) -> dict[str, Any]:
    return policies.current().content | changes


def propose(shop: Shop, by: str = "f01", **changes: Any) -> PolicyVersion:
    content = rules_of(**(changes or {"promise_days": 15}))
    return policies.propose(content, operator=getattr(shop, by), note="旺季", at=shop.at)


def test_a_shop_begins_with_version_one(shop: Shop) -> None:
    row = policies.current()
    assert (row.number, row.state, row.active_from) == (1, "active", shop.at)
    assert row.rules == shops.rules_of(shops.merchant())


def test_what_is_proposed_changes_nothing_until_a_second_person_activates_it(shop: Shop) -> None:
    row = propose(shop)
    assert (row.number, row.state, row.base) == (2, "proposed", 1)
    assert shops.rules_of(shops.merchant()).promise_days == 7
    policies.activate(2, operator=shop.admin, at=shop.later(hours=1))
    assert shops.rules_of(shops.merchant()).promise_days == 15
    assert shops.rules_of(shops.merchant()).version == 2
    assert [(r.number, r.state) for r in policies.listed()] == [(2, "active"), (1, "retired")]
    acts = AuditRecord.objects.filter(subject="policy").order_by("id")
    assert [(a.act, a.by, a.facts["changed"]) for a in acts] == [
        ("policy.proposed", "f01", ["promise_days"]),
        ("policy.activated", "admin", ["promise_days"]),
    ]


def test_the_maker_is_never_the_checker(shop: Shop) -> None:
    propose(shop)
    for verb in (policies.activate, policies.reject):
        with pytest.raises(Forbidden) as refused:
            verb(2, operator=shop.f01, note="好", at=shop.at)
        assert refused.value.code == "policy_maker_is_checker"
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(number=2).update(
            state="active", decided_by="f01", decided_at=shop.at, active_from=shop.at
        )
    assert policies.current().number == 1


@pytest.mark.parametrize("code", ["c01", "a01", "admin"])
def test_who_may_not_propose_is_told(shop: Shop, code: str) -> None:
    with pytest.raises(Forbidden):
        propose(shop, by=code)
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("code", ["c01", "m01", "a01"])
def test_who_may_not_activate_is_told(shop: Shop, code: str) -> None:
    propose(shop)
    with pytest.raises(Forbidden) as refused:
        policies.activate(2, operator=getattr(shop, code), at=shop.at)
    assert refused.value.code == "may_not"


def test_finance_activates_what_is_about_money_and_no_more(shop: Shop) -> None:
    propose(shop, by="m01", unmask_seconds=30)
    with pytest.raises(Forbidden) as refused:
        policies.activate(2, operator=shop.f01, at=shop.at)
    assert refused.value.code == "policy_beyond_money"
    policies.activate(2, operator=shop.admin, at=shop.at)
    propose(shop, by="m01", no_receipt_limit_fen=100)
    assert policies.activate(3, operator=shop.f01, at=shop.at).state == "active"


def test_a_rejection_needs_a_note_and_is_final(shop: Shop) -> None:
    propose(shop)
    with pytest.raises(Invalid):
        policies.reject(2, operator=shop.f02, note="  ", at=shop.at)
    row = policies.reject(2, operator=shop.f02, note="等总部通知", at=shop.at)
    assert (row.state, row.decided_by, row.decision_note) == ("rejected", "f02", "等总部通知")
    with pytest.raises(Conflict) as refused:
        policies.activate(2, operator=shop.admin, at=shop.at)
    assert refused.value.code == "policy_decided"
    with pytest.raises(NotFound):
        policies.activate(9, operator=shop.admin, at=shop.at)


def test_a_proposal_that_is_older_than_the_version_in_force_undoes_nobodys_work(shop: Shop) -> None:
    propose(shop, promise_days=15)
    propose(shop, no_receipt_limit_fen=100)
    policies.activate(2, operator=shop.admin, at=shop.at)
    with pytest.raises(Conflict) as refused:
        policies.activate(3, operator=shop.admin, at=shop.at)
    assert (refused.value.code, refused.value.facts["active"]) == ("policy_stale", 2)
    assert shops.rules_of(shops.merchant()).no_receipt_limit_fen == 20_000
    assert policies.reject(3, operator=shop.admin, note="已过时", at=shop.at).state == "rejected"
    with pytest.raises(Conflict):
        policies.propose(rules_of(promise_days=9), operator=shop.f01, note="", base=1, at=shop.at)


def test_nothing_new_and_nonsense_are_refused(shop: Shop) -> None:
    with pytest.raises(Invalid) as refused:
        policies.propose(rules_of(), operator=shop.f01, note="", at=shop.at)
    assert refused.value.code == "policy_unchanged"
    with pytest.raises(Invalid) as refused:
        propose(shop, promise_days=-1)
    assert [error.loc for error in refused.value.errors] == [("promise_days",)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE books_policyversion SET content = '{}' WHERE number = 2",
        "UPDATE books_policyversion SET note = 'x' WHERE number = 2",
        "UPDATE books_policyversion SET state = 'proposed', active_from = NULL, decided_at = NULL WHERE number = 2",
        "UPDATE books_policyversion SET decided_by = 'm01' WHERE number = 2",
        "UPDATE books_policyversion SET active_from = now() + interval '1 day' WHERE number = 2",
        "DELETE FROM books_policyversion WHERE number = 2",
        "TRUNCATE books_policyversion",
    ],
)
def test_the_database_lets_nobody_rewrite_a_version(shop: Shop, sql: str) -> None:
    propose(shop)
    policies.activate(2, operator=shop.admin, at=shop.at)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_two_people_at_once_decide_once(committed: None, shop: Shop) -> None:
    propose(shop)
    people = [shop.f02, shop.admin]
    said: list[str] = []
    gate = threading.Barrier(2)

    def decide(verb: Any, who: Any) -> None:
        gate.wait()
        try:
            said.append(verb(2, operator=who, note="看过", at=shop.at).state)
        except Refusal as refusal:
            said.append(refusal.code)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in zip((policies.activate, policies.reject), people, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "policy_decided" in said
    assert len({"active", "rejected"} & set(said)) == 1
    assert AuditRecord.objects.filter(subject="policy").count() == 2


def test_two_proposals_at_once_get_two_numbers(committed: None, shop: Shop) -> None:
    made: list[int] = []
    gate = threading.Barrier(2)

    def write(days: int, who: Any) -> None:
        gate.wait()
        try:
            made.append(
                policies.propose(rules_of(promise_days=days), operator=who, note="", at=shop.at).number
            )
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=write, args=pair) for pair in zip((9, 10), (shop.f01, shop.m01), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [2, 3]


def test_a_day_has_the_version_with_which_it_began(shop: Shop) -> None:
    start = shop.at
    propose(shop)
    changed = shop.later(days=10)
    policies.activate(2, operator=shop.admin, at=changed)
    numbers = {
        when: row.number
        for when, row in (
            ("before the shop", versions.of_day(start - timedelta(days=400))),
            ("the day itself", versions.of_day(changed + timedelta(minutes=1))),
            ("the next day", versions.of_day(changed + timedelta(days=1))),
        )
        if row
    }
    assert numbers == {"before the shop": 1, "the day itself": 1, "the next day": 2}
    at = versions.in_force(changed)
    assert at is not None and at.number == 2
    before = versions.in_force(changed - timedelta(microseconds=1))
    assert before is not None and before.number == 1


def test_the_sale_keeps_its_promise_while_limits_are_todays(shop: Shop) -> None:
    old = shop.sell("S-OLD", channel="wechatpay")
    shop.later(days=9)
    row = propose(
        shop,
        promise_days=15,
        approval_fen={"cashier": 3000, "manager": 200_000, "manager_finance": 2_000_000},
        cross_year_needs_finance=False,
    )
    policies.activate(row.number, operator=shop.admin, at=shop.at)
    shop.later(days=1)
    new = shop.sell("S-NEW", channel="wechatpay", sold_at=shop.at)
    shop.later(days=9)
    kept = {sale.sale_no: shop.refund(sale, reason="no_reason", lines={1: 1}).verdict for sale in (old, new)}
    assert kept["S-OLD"]["policy"] == {"sale": 1, "now": 2}
    assert kept["S-NEW"]["policy"] == {"sale": 2, "now": 2}
    assert kept["S-NEW"]["decision"] == "allow"
    assert [(r["code"], r["would_allow"]["rule"]) for r in kept["S-OLD"]["reasons"] if r["would_allow"]] == [
        ("promise_over", "promise_days")
    ]
    whole = requests.preview(shop.ask(new, reason="quality", everything=True), at=shop.at)
    assert [r.code for r in whole.verdict.reasons][0] in ("over_cashier_limit", "split_refunds")
