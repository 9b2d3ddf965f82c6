"""Two people decide about one refund at the same moment: one decision counts, the other gets the clear answer."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import connections

from sudapos.books import decisions, staff
from sudapos.books.approvals import Approval
from sudapos.books.audit import AuditRecord
from sudapos.books.ledger import Entry
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment
from sudapos.books.staff import Operator
from sudapos.core.refusal import Refusal
from tests.cast import PASSWORD, Shop

Act = Callable[[], object]
DECIDED = ("refund.approve", "refund.reject", "refund.withdrawn")


@pytest.fixture
def waiting(committed: None, shop: Shop) -> Refund:
    """A refund of everything, for which a manager must say yes."""
    refund = shop.refund(shop.sell(channel="alipay"), receipt="lost", operator="m01")
    assert (refund.state, refund.needed, Payment.objects.get().promised) == ("awaiting", ["manager"], 5997)
    return refund


def at_once(*acts: Act) -> list[str]:
    """What each of them got, when all began at the same moment on connections of their own: done, or the code of a refusal."""
    start, got = threading.Barrier(len(acts)), ["" for _ in acts]

    def run(n: int, act: Act) -> None:
        try:
            start.wait()
            act()
            got[n] = "done"
        except Refusal as refusal:
            got[n] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return got


def one_counts(refund: Refund, got: list[str]) -> str:
    """Exactly one was done and the other told that it no longer waits; which one, by the state that stands."""
    assert sorted(got) == ["done", "not_awaiting"]
    told = AuditRecord.objects.filter(subject_no=refund.refund_no, act__in=DECIDED)
    assert told.count() == 1
    refund.refresh_from_db()
    return refund.state


def promised(refund: Refund) -> tuple[int, int, int]:
    """The payment's counter, legs, and entries that owe the customer."""
    entries = Entry.objects.filter(business_no=refund.refund_no, recipe="J05a").count()
    return Payment.objects.get().promised, Leg.objects.filter(refund=refund).count(), entries


@pytest.mark.parametrize("again", range(5))
def test_two_managers_who_approve_at_once_promise_the_money_once(
    waiting: Refund, shop: Shop, again: int
) -> None:
    m02, other = shop.m02, second_manager(shop)
    got = at_once(
        lambda: decisions.approve(waiting.refund_no, operator=m02, at=shop.at),
        lambda: decisions.approve(waiting.refund_no, operator=other, at=shop.at),
    )
    assert one_counts(waiting, got) == "approved"
    assert promised(waiting) == (5997, 1, 1)
    assert Approval.objects.get().operator_id in (m02.pk, other.pk)
    assert waiting.decided_by == Approval.objects.get().operator.code


@pytest.mark.parametrize("again", range(5))
def test_one_who_approves_and_one_who_rejects_leave_one_decision(
    waiting: Refund, shop: Shop, again: int
) -> None:
    m02, other = shop.m02, second_manager(shop)
    got = at_once(
        lambda: decisions.approve(waiting.refund_no, operator=m02, at=shop.at),
        lambda: decisions.reject(waiting.refund_no, operator=other, note="金额不对", at=shop.at),
    )
    state = one_counts(waiting, got)
    assert (state, got.index("done")) in (("approved", 0), ("rejected", 1))
    assert promised(waiting) == ((5997, 1, 1) if state == "approved" else (0, 0, 0))
    assert Approval.objects.get().decision == ("approve" if state == "approved" else "reject")


@pytest.mark.parametrize("again", range(5))
def test_a_withdrawal_and_an_approval_at_once_leave_one_of_them(
    waiting: Refund, shop: Shop, again: int
) -> None:
    m01, m02 = shop.m01, shop.m02
    got = at_once(
        lambda: decisions.approve(waiting.refund_no, operator=m02, at=shop.at),
        lambda: decisions.withdraw(waiting.refund_no, operator=m01, at=shop.at),
    )
    state = one_counts(waiting, got)
    assert (state, got.index("done")) in (("approved", 0), ("withdrawn", 1))
    assert promised(waiting) == ((5997, 1, 1) if state == "approved" else (0, 0, 0))
    assert Approval.objects.count() == (state == "approved")


def second_manager(shop: Shop) -> Operator:
    """Another one who may say yes as a manager."""
    return staff.hire("m03", "何店长", ["manager"], at=shop.at, password=PASSWORD)
