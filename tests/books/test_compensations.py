"""What is paid beyond the price: a document of its own, agreed by another person, exact entries, and no revenue less (R-23, R-24)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from sudapos.books import compensations, decisions, endings, ledger, requests, vat
from sudapos.books.audit import AuditRecord
from sudapos.books.compensations import Compensation, Wish
from sudapos.books.deposits import GiveBack
from sudapos.books.ledger import Entry
from sudapos.books.outbox import Message
from sudapos.books.refunds import Refund
from sudapos.core import calendar
from sudapos.core.refusal import Conflict, Forbidden, Invalid, Refusal
from sudapos.ops import verifying
from tests.books.test_deposits import end, take
from tests.books.test_drawers import at_once, fund, holds, start

DECEIVED = Wish(kind="deceived", price=5_997, why="以次充好", evidence="市监投诉 2026-118")


def ask(shop, wish=DECEIVED, *, sale="S-1", key="K-1", who="c02"):
    row, repeated = compensations.ask(sale, wish, key=key, operator=getattr(shop, who), at=shop.at)
    assert not repeated
    return row


def agreed(shop, **changes: Any):
    return compensations.approve(ask(shop, **changes).number, operator=shop.m01, at=shop.at)


def entries(number: str):
    rows = Entry.objects.filter(business_no=number).prefetch_related("lines").order_by("id")
    return [(row.recipe, [(n.side, n.account, n.amount) for n in row.lines.all()]) for row in rows]


def holding_together() -> bool:
    return all(found is None for _, found in verifying.run())


def test_three_times_the_price_is_owed_when_another_person_agrees_and_paid_by_a_third(shop):
    sale = shop.sell("S-1")
    today = calendar.business_date(shop.at, cutover="00:00")
    before = vat.report(today, today)
    row = ask(shop)
    assert (row.amount, row.state, row.number[0]) == (50_000, "awaiting", "P")
    assert entries(row.number) == []
    compensations.approve(row.number, operator=shop.m01, at=shop.at)
    assert holding_together()
    told = {"channel": "transfer", "person": "李小兰", "reference": "B-77", "at": shop.at}
    paid = compensations.pay(row.number, operator=shop.f01, **told)
    assert (paid.state, paid.person_masked, paid.payer, paid.reference) == ("paid", "李**", shop.f01, "B-77")
    assert entries(row.number) == [
        ("J31a", [("借", "5711", 50_000), ("贷", "2241.06", 50_000)]),
        ("J31b", [("借", "2241.06", 50_000), ("贷", "1002", 50_000)]),
    ]
    assert holding_together() and ledger.trial_balance_off() == 0
    assert vat.report(today, today) == before
    sale.refresh_from_db()
    assert [p.promised for p in sale.payments.all()] == [0]
    acts = AuditRecord.objects.filter(subject_no=row.number).order_by("id")
    assert [a.act for a in acts] == ["compensation.asked", "compensation.approved", "compensation.paid"]
    assert list(Message.objects.order_by("id").values_list("event", flat=True))[-2:] == [
        "compensation.asked",
        "compensation.paid",
    ]


def test_a_refund_above_what_was_paid_stays_impossible_and_the_excess_is_no_refund(shop):
    sale = shop.sell("S-1")
    agreed(shop)
    whole = shop.refund(sale)
    assert whole.total == sale.total
    [opened] = requests.open([shop.ask("S-1", amount=1)], at=shop.at)
    assert opened.refund is None and opened.refusal is not None


def test_cash_leaves_a_drawer_that_has_it_once_and_within_the_limit(shop):
    shop.sell("S-1")
    fund(shop)
    start(shop)
    row = agreed(shop, wish=Wish(kind="agreed", amount=10_000, why="误工", evidence="调解书 3 号"))
    before = holds("T1")
    told = {"channel": "cash", "person": "李小兰", "till": "T1", "at": shop.at}
    shift_ = compensations.pay(row.number, operator=shop.c01, **told).shift
    assert shift_ is not None and shift_.is_open
    assert holds("T1") == before - 10_000
    assert entries(row.number)[-1] == ("J31b", [("借", "2241.06", 10_000), ("贷", "1001", 10_000)])
    with pytest.raises(Conflict, match="compensation_decided"):
        compensations.pay(row.number, operator=shop.c01, **told)
    second = agreed(
        shop,
        key="K-2",
        sale=shop.sell("S-2").sale_no,
        wish=Wish(kind="agreed", amount=100_001, why="x", evidence="y"),
    )
    with pytest.raises(Refusal, match="compensation_by_transfer"):
        compensations.pay(second.number, operator=shop.c01, **told)
    third = agreed(
        shop,
        key="K-3",
        sale=shop.sell("S-3").sale_no,
        wish=Wish(kind="agreed", amount=99_999, why="x", evidence="y"),
    )
    with pytest.raises(Refusal, match="drawer_short"):
        compensations.pay(third.number, operator=shop.c01, **told)


def test_two_tills_that_pay_at_once_pay_once(committed, shop):
    shop.sell("S-1")
    number = agreed(shop).number
    told = {
        "channel": "transfer",
        "person": "李小兰",
        "reference": "B-1",
        "operator": shop.f01,
        "at": shop.at,
    }
    went = at_once(*[lambda: compensations.pay(number, **told).state for _ in range(4)])
    assert sorted(map(str, went)) == ["compensation_decided"] * 3 + ["paid"]
    assert [recipe for recipe, _ in entries(number)] == ["J31a", "J31b"]


@pytest.mark.parametrize("who", ["c02", "c01", "a01", "admin"])
def test_whoever_asked_or_has_no_such_office_does_not_agree(shop, who):
    shop.sell("S-1")
    row = ask(shop, who="c02")
    with pytest.raises(Forbidden) as refused:
        compensations.approve(row.number, operator=getattr(shop, who), at=shop.at)
    assert refused.value.code == ("maker_is_checker" if who == "c02" else "may_not")
    assert entries(row.number) == []


def test_a_manager_does_not_agree_above_her_limit_and_finance_does_not_send_what_it_agreed_to(shop):
    shop.sell("S-1")
    row = ask(shop, wish=Wish(kind="agreed", amount=200_001, why="摔伤", evidence="判决书"))
    with pytest.raises(Forbidden, match="compensation_not_hers"):
        compensations.approve(row.number, operator=shop.m01, at=shop.at)
    compensations.approve(row.number, operator=shop.f01, at=shop.at)
    told = {"channel": "transfer", "person": "李小兰", "reference": "B-1", "at": shop.at}
    with pytest.raises(Forbidden, match="maker_is_checker"):
        compensations.pay(row.number, operator=shop.f01, **told)
    with pytest.raises(Forbidden, match="may_not"):
        compensations.pay(row.number, operator=shop.c01, **told)


def test_what_was_agreed_to_by_mistake_is_taken_back_with_its_entry(shop):
    shop.sell("S-1")
    row = agreed(shop)
    with pytest.raises(Forbidden, match="maker_is_checker"):
        compensations.withdraw(row.number, note="算错", operator=shop.c02, at=shop.at)
    with pytest.raises(Refusal, match="note_needed"):
        compensations.withdraw(row.number, note=" ", operator=shop.m01, at=shop.at)
    compensations.withdraw(row.number, note="算错", operator=shop.m01, at=shop.at)
    assert entries(row.number)[1] == ("J31c", [("借", "5711", -50_000), ("贷", "2241.06", -50_000)])
    assert holding_together()
    again = ask(shop, key="K-2")
    compensations.withdraw(again.number, note="不用了", operator=shop.c02, at=shop.at)
    third = ask(shop, key="K-3")
    told = compensations.reject(third.number, note="没有依据", operator=shop.m01, at=shop.at)
    assert (again.number != row.number, told.state, told.note) == (True, "rejected", "没有依据")
    assert [len(entries(each.number)) for each in (again, third)] == [0, 0]


def test_one_of_a_kind_stands_and_one_key_asks_once(shop):
    shop.sell("S-1")
    row = ask(shop)
    again, repeated = compensations.ask("S-1", DECEIVED, key="K-1", operator=shop.c02, at=shop.at)
    assert (again.pk, repeated) == (row.pk, True)
    with pytest.raises(Conflict, match="compensation_stands"):
        ask(shop, key="K-2")
    other = Wish(kind="agreed", amount=1, why="x", evidence="y")
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        compensations.ask("S-1", other, key="K-1", operator=shop.c02, at=shop.at)
    assert ask(shop, other, key="K-3").state == "awaiting"


@pytest.mark.parametrize("change", [{"why": " "}, {"evidence": ""}, {"kind": "?"}, {"price": 10**9}])
def test_without_a_reason_or_a_proof_nothing_is_asked(shop, change):
    sale = shop.sell("S-1")
    wish = {"kind": "deceived", "price": sale.total, "why": "以次充好", "evidence": "投诉", **change}
    with pytest.raises(Invalid):
        ask(shop, Wish(**wish))
    assert not Compensation.objects.exists()


def test_what_it_says_cannot_be_edited_and_what_ended_stays(shop):
    shop.sell("S-1")
    row = agreed(shop)
    for change in ({"amount": 1}, {"why": "x"}, {"sale_id": None}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Compensation.objects.filter(pk=row.pk).update(**change)
    compensations.withdraw(row.number, note="x", operator=shop.m01, at=shop.at)
    with pytest.raises(DatabaseError), transaction.atomic():
        Compensation.objects.filter(pk=row.pk).update(state="approved")
    with pytest.raises(DatabaseError), transaction.atomic():
        Compensation.objects.filter(pk=row.pk).delete()


def test_verify_sees_a_compensation_that_was_paid_without_its_entry(shop):
    shop.sell("S-1")
    row = agreed(shop)
    Compensation.objects.filter(pk=row.pk).update(state="rejected", note="x")
    broken = {check: found for check, found in verifying.run() if found}
    assert (list(broken), broken["compensations"].place) == (["compensations"], row.number)


def test_doubled_earnest_money_goes_back_once_and_is_owed_once_more(shop):
    take(shop, kind="EARNEST_DINGJIN", price=100_000)
    made = end(shop, operator=shop.m01, ending="merchant_failed", why="没有货")
    assert made.refund is not None and (made.refund.total, made.compensation) == (20_000, 20_000)
    [row] = compensations.find()
    assert (row.kind, row.amount, row.why, row.maker, row.sale.sale_no) == (
        "earnest",
        20_000,
        "没有货",
        shop.m01,
        "D-1",
    )
    compensations.approve(row.number, operator=shop.m02, at=shop.at)
    told = {"channel": "transfer", "person": "李小兰", "reference": "B-1", "at": shop.at}
    compensations.pay(row.number, operator=shop.f01, **told)
    assert holding_together()


def test_an_ending_that_came_to_nothing_leaves_its_second_half_and_never_asks_for_it_twice(shop):
    take(shop, kind="EARNEST_DINGJIN", price=150_000, amount=30_000)
    first = end(shop, operator=shop.m01, key="E-1", ending="merchant_failed")
    assert first.refund is not None and first.refund.state == "awaiting"
    decisions.withdraw(first.refund.refund_no, operator=shop.m01, note="按错", at=shop.at)
    for other in (
        {"ending": "returned"},
        {
            "ending": "customer_failed",
            "why": "x",
            "evidence": "y",
            "confirmed": "signed",
            "confirmed_by": "李小兰",
        },
    ):
        with pytest.raises(Conflict, match="compensation_stands"):
            end(shop, operator=shop.m01, key="E-2", **other)
    end(shop, operator=shop.m01, key="E-3", ending="merchant_failed")
    [row] = compensations.find()
    compensations.withdraw(row.number, note="客户违约", operator=shop.m01, at=shop.at)
    decisions.withdraw(Refund.objects.latest("id").refund_no, operator=shop.m01, note="按错", at=shop.at)
    assert end(shop, operator=shop.m01, key="E-4", ending="returned").compensation == 0
    assert (Compensation.objects.count(), GiveBack.objects.count()) == (1, 3)


def test_a_deposit_knows_no_threefold_price_and_a_sale_no_earnest_money(shop):
    take(shop)
    shop.sell("S-1")
    for sale, wish in (
        ("D-1", Wish(kind="deceived", price=20_000, why="x", evidence="y")),
        ("S-1", Wish(kind="earnest", price=1_000, why="x")),
    ):
        with pytest.raises(Refusal, match="compensation_of_deposits"):
            ask(shop, wish, sale=sale)
    assert endings.preview("D-1", endings.Wish(), operator=shop.m01, at=shop.at).settled.back == 20_000
