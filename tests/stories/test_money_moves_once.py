"""Whatever is lost on the way, the customer is paid once and the books say so."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta

import pytest
from django.db import connections

from sudapos.books import answers, audit, decisions, ledger, moves, remedies, requests
from sudapos.books.legs import Attempt, Leg, Move
from sudapos.books.sales import Payment
from sudapos.core.lifecycle import Progress
from sudapos.core.outcome import Accepted, Bounced, Refused, Settled, Unknown
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal
from sudapos.ops.worker import Worker

from .conftest import Afternoon


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def states(afternoon: Afternoon, refund) -> list[str]:
    return [m.after for m in Move.objects.filter(leg=afternoon.leg(refund)).order_by("id")]


def test_a_wechat_refund_is_accepted_then_settled(afternoon: Afternoon) -> None:
    sale = afternoon.sell("wechatpay", "S-W1")
    refund = afternoon.shop.refund(sale, lines={1: 1})
    afternoon.work()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.sent) == ("accepted", 1)
    assert decisions.progress_of(afternoon.again(refund)) is Progress.MOVING
    assert balance("2241.01") == -1999
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.paid_amount, leg.received_account) == ("settled", 1999, "支付用户零钱")
    assert states(afternoon, refund) == ["sending", "accepted", "settled"]
    assert (balance("2241.01"), balance("1122.01")) == (0, 5997 - 1999)
    assert afternoon.times_paid(refund) == 1
    assert decisions.progress_of(afternoon.again(refund)) is Progress.DONE


def test_an_alipay_refund_is_settled_by_its_first_answer(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("alipay", "S-A1"))
    afternoon.work()
    assert afternoon.leg(refund).state == "settled"
    assert (balance("2241.01"), balance("1122.02")) == (0, 0)
    assert afternoon.times_paid(refund) == 1


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
@pytest.mark.parametrize("fault", ["hang_after", "reset_after", "error_500_after"])
def test_a_lost_answer_is_asked_about_and_never_sent_twice(
    afternoon: Afternoon, channel: str, fault: str
) -> None:
    sale = afternoon.sell(channel, f"S-L-{channel}-{fault}")
    afternoon.fault(channel, "refund", fault)
    refund = afternoon.shop.refund(sale, lines={2: 1})
    afternoon.work()
    assert afternoon.leg(refund).state == "in_doubt"
    assert decisions.progress_of(afternoon.again(refund)) is Progress.ATTENTION
    assert Payment.objects.get(sale=sale).promised == 1999
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.sent) == ("settled", 1)
    assert afternoon.times_paid(refund) == 1


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
def test_an_order_that_never_arrived_is_sent_again_under_its_own_number(
    afternoon: Afternoon, channel: str
) -> None:
    refund = afternoon.shop.refund(afternoon.sell(channel, f"S-N-{channel}"))
    number = afternoon.leg(refund).leg_no
    afternoon.fault(channel, "refund", "hang_before")
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.sent, leg.leg_no) == ("settled", 2, number)
    assert states(afternoon, refund)[:4] == ["sending", "in_doubt", "ready", "sending"]
    assert afternoon.times_paid(refund) == 1


def test_power_cut_between_send_and_record(afternoon: Afternoon) -> None:
    """The attempt is on disk, the money moved, the process died before it could write the answer down."""
    refund = afternoon.shop.refund(afternoon.sell("alipay", "S-P1"))

    async def speak_and_die() -> None:
        worker = Worker(now=lambda: afternoon.shop.at)
        await worker.turn()
        await asyncio.wait(worker._calls)
        assert [type(task.result()) for task in worker._calls] == [Settled]
        worker._calls.clear()  # the power goes here: nothing was recorded
        await worker.aclose()

    asyncio.run(speak_and_die())
    assert afternoon.leg(refund).state == "sending"
    assert afternoon.times_paid(refund) == 1
    afternoon.work()  # the lease is not over: nobody touches it
    assert afternoon.leg(refund).state == "sending"
    afternoon.shop.later(seconds=61)
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.sent) == ("settled", 1)
    assert states(afternoon, refund) == ["sending", "in_doubt", "settled"]
    assert afternoon.times_paid(refund) == 1


def test_power_cut_before_a_byte_left(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-P2"))
    [order] = moves.claim(10, at=afternoon.shop.at)
    assert Attempt.objects.get(pk=order.attempt).outcome == ""
    afternoon.shop.later(seconds=61)
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.sent) == ("settled", 2)
    assert afternoon.times_paid(refund) == 1


def test_two_tills_refund_one_sale(afternoon: Afternoon) -> None:
    sale = afternoon.sell("wechatpay", "S-T1")
    start = threading.Barrier(2)
    answers: list[requests.Opened] = []

    def till(name: str) -> None:
        ask = afternoon.shop.ask(sale, everything=True, till=name, key=f"till-{name}")
        start.wait()
        answers.extend(requests.open([ask], at=afternoon.shop.at))
        connections.close_all()

    threads = [threading.Thread(target=till, args=(name,)) for name in ("T1", "T2")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(a.refusal.code if a.refusal else "opened" for a in answers) == ["opened", "over_refund"]
    afternoon.work_until_quiet()
    [leg] = Leg.objects.all()
    assert afternoon.sandbox.times_paid(leg.leg_no) == 1
    assert Payment.objects.get().promised == 5997


def test_a_double_click_is_one_refund(afternoon: Afternoon) -> None:
    sale = afternoon.sell("alipay", "S-D1")
    ask = afternoon.shop.ask(sale, lines={1: 1}, key="one-form")
    start = threading.Barrier(4)
    answers: list[requests.Opened] = []

    def click() -> None:
        start.wait()
        answers.extend(requests.open([ask], at=afternoon.shop.at))
        connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [a.refusal for a in answers] == [None] * 4
    assert len({a.refund.refund_no for a in answers if a.refund}) == 1
    assert sorted(a.replayed for a in answers) == [False, True, True, True]
    afternoon.work_until_quiet()
    assert [leg.amount for leg in Leg.objects.all()] == [1999]


def test_many_workers_share_the_legs_and_nothing_is_sent_twice(afternoon: Afternoon) -> None:
    sales = [afternoon.sell("alipay", f"S-M{n}") for n in range(12)]
    for sale in sales:
        afternoon.shop.refund(sale, lines={1: 1})
    threads = [threading.Thread(target=lambda: (afternoon.work(), connections.close_all())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    afternoon.work_until_quiet()
    legs = list(Leg.objects.all())
    assert [leg.state for leg in legs] == ["settled"] * 12
    assert [leg.sent for leg in legs] == [1] * 12
    assert {afternoon.sandbox.times_paid(leg.leg_no) for leg in legs} == {1}


def test_a_notice_only_makes_us_ask_sooner(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-F1"))
    afternoon.sandbox.fault("wechatpay", "refund", "processing_forever", times=1)
    afternoon.work()
    leg = afternoon.leg(refund)
    assert leg.state == "accepted"
    account = leg.account
    assert account is not None
    assert moves.hasten("guessed", leg.leg_no, at=afternoon.shop.at) is None
    assert moves.hasten(account.notice_secret, "R0", at=afternoon.shop.at) is None
    acknowledged = moves.hasten(account.notice_secret, leg.leg_no, at=afternoon.shop.at)
    assert acknowledged is not None and acknowledged.http_status == 200
    assert afternoon.leg(refund).due_at <= afternoon.shop.at + moves.HASTEN_GAP
    assert afternoon.leg(refund).state == "accepted"
    asked = afternoon.leg(refund).asked
    afternoon.shop.later(seconds=3)
    afternoon.work()
    assert (afternoon.leg(refund).state, afternoon.leg(refund).asked) == ("accepted", asked + 1)
    for _ in range(50):  # a storm of notices is one question
        moves.hasten(account.notice_secret, leg.leg_no, at=afternoon.shop.at)
    assert afternoon.leg(refund).due_at == afternoon.shop.at + moves.HASTEN_GAP


def test_a_declined_refund_keeps_its_promise_until_a_person_gives_it_up(afternoon: Afternoon) -> None:
    sale = afternoon.sell("alipay", "S-X1")
    afternoon.sandbox.fault("alipay", "refund", "closed_account", times=1)
    refund = afternoon.shop.refund(sale)
    afternoon.work()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code) == ("failed", "account_closed")
    assert Payment.objects.get(sale=sale).promised == 5997
    with pytest.raises(Forbidden, match="may_not"):
        remedies.drop(leg.leg_no, operator=afternoon.shop.c01, note="", at=afternoon.shop.at)
    remedies.drop(leg.leg_no, operator=afternoon.shop.f01, note="改为银行转账", at=afternoon.shop.at)
    assert Payment.objects.get(sale=sale).promised == 0
    assert balance("2241.01") == 0
    assert decisions.progress_of(afternoon.again(refund)) is Progress.CLOSED
    assert afternoon.shop.refund(sale, lines={1: 1}).total == 1999


def test_a_failed_leg_is_retried_under_a_new_number_by_another_person(afternoon: Afternoon) -> None:
    sale = afternoon.sell("alipay", "S-X2")
    afternoon.sandbox.fault("alipay", "refund", "closed_account", times=1)
    refund = afternoon.shop.refund(sale)
    afternoon.work()
    before = afternoon.leg(refund).leg_no
    remedies.retry(before, operator=afternoon.shop.f01, note="账户已恢复", at=afternoon.shop.at)
    afternoon.shop.later(seconds=5)
    afternoon.sandbox.advance(5)
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.leg_no != before) == ("settled", True)
    assert (afternoon.sandbox.times_paid(before), afternoon.times_paid(refund)) == (0, 1)


def test_a_leg_in_doubt_cannot_be_retried_or_dropped(afternoon: Afternoon) -> None:
    afternoon.fault("alipay", "refund", "hang_after")
    refund = afternoon.shop.refund(afternoon.sell("alipay", "S-X3"))
    afternoon.work()
    number = afternoon.leg(refund).leg_no
    for act in (remedies.retry, remedies.drop):
        with pytest.raises(Conflict, match="illegal_move"):
            act(number, operator=afternoon.shop.f01, note="", at=afternoon.shop.at)


def test_an_abnormal_refund_bounces_and_waits_for_people(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "closed_account", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-B1"))
    afternoon.work_until_quiet(hours=1)
    assert afternoon.leg(refund).state == "bounced"
    assert balance("2241.01") == -5997
    assert decisions.progress_of(afternoon.again(refund)) is Progress.ATTENTION


def test_a_short_balance_waits_and_pays_later_under_the_same_number(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "insufficient_balance", times=2)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-B2"))
    number = afternoon.leg(refund).leg_no
    afternoon.work()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code) == ("ready", "not_enough_balance")
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.leg_no, leg.sent) == ("settled", number, 3)
    assert afternoon.times_paid(refund) == 1


def test_an_answer_to_an_old_attempt_decides_nothing(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("alipay", "S-O1"))
    [old] = moves.claim(1, at=afternoon.shop.at)
    afternoon.shop.later(seconds=61)
    assert [o.verb for o in moves.claim(5, at=afternoon.shop.at)] == []
    afternoon.shop.later(seconds=5)
    [ask] = moves.claim(5, at=afternoon.shop.at)
    answers.record([answers.Answer(old.attempt, Refused(code="TRADE_STATUS_ERROR"))], at=afternoon.shop.at)
    assert afternoon.leg(refund).state == "in_doubt"
    answers.record([answers.Answer(ask.attempt, Unknown(code="no_answer"))], at=afternoon.shop.at)
    assert afternoon.leg(refund).state == "in_doubt"
    late = audit.AuditRecord.objects.get(act="leg.late_answer")
    assert late.facts["outcome"] == "refused"


def test_cash_waits_for_the_hand_that_gives_it(afternoon: Afternoon) -> None:
    sale = afternoon.shop.sell("S-C1")
    refund = afternoon.shop.refund(sale, lines={1: 1})
    leg = afternoon.leg(refund)
    assert (leg.state, balance("1001")) == ("accepted", 5997)
    with pytest.raises(Forbidden):
        remedies.confirm(leg.leg_no, operator=afternoon.shop.a01, at=afternoon.shop.at)
    remedies.confirm(leg.leg_no, operator=afternoon.shop.c01, at=afternoon.shop.at)
    remedies.confirm(leg.leg_no, operator=afternoon.shop.c01, at=afternoon.shop.at)
    assert (afternoon.leg(refund).state, balance("1001"), balance("2241.01")) == ("settled", 3998, 0)


def test_a_customer_who_left_before_the_cash_gets_nothing_booked(afternoon: Afternoon) -> None:
    sale = afternoon.shop.sell("S-C2")
    refund = afternoon.shop.refund(sale, lines={1: 1})
    remedies.drop(
        afternoon.leg(refund).leg_no, operator=afternoon.shop.m01, note="顾客离开", at=afternoon.shop.at
    )
    assert (balance("1001"), balance("2241.01"), balance("5001")) == (5997, 0, -5307)
    assert Payment.objects.get(sale=sale).promised == 0


def test_slow_channels_do_not_hold_up_quick_ones(afternoon: Afternoon) -> None:
    """While the slow one is still being spoken to, the quick one is done: told by their states and not by a stop-watch."""
    slow = afternoon.shop.refund(afternoon.sell("wechatpay", "S-S1"))
    quick = afternoon.shop.refund(afternoon.sell("alipay", "S-S2"))
    afternoon.sandbox.fault("wechatpay", "refund", "slow", seconds=4, times=1)

    async def go() -> dict[int, str]:
        worker = Worker(now=lambda: afternoon.shop.at)
        while True:
            await worker.turn()
            rows = await worker._books(lambda: dict(Leg.objects.values_list("refund_id", "state")))
            if rows[quick.pk] == "settled" or rows[slow.pk] not in ("ready", "sending"):
                break
            await worker._rest()
        worker.stop()
        await worker._finish()
        await worker.aclose()
        return rows

    assert asyncio.run(go()) == {slow.pk: "sending", quick.pk: "settled"}
    assert afternoon.leg(slow).state == "accepted"


def test_two_partial_refunds_of_one_wechat_sale_keep_the_minute_between_them(afternoon: Afternoon) -> None:
    sale = afternoon.sell("wechatpay", "S-G1")
    first = afternoon.shop.refund(sale, lines={1: 1})
    afternoon.work()
    second = afternoon.shop.refund(sale, lines={1: 1})
    assert afternoon.leg(second).due_at >= afternoon.shop.at + timedelta(seconds=59)
    afternoon.work()
    assert afternoon.leg(second).state == "ready"
    afternoon.sandbox.advance(61)
    afternoon.work_until_quiet()
    assert [afternoon.leg(r).state for r in (first, second)] == ["settled", "settled"]
    assert [afternoon.times_paid(r) for r in (first, second)] == [1, 1]


def test_a_rejection_and_a_new_refund_at_the_same_moment_lose_no_fen(afternoon: Afternoon) -> None:
    sale = afternoon.shop.sell("S-R1", lines=afternoon.shop.draft().lines)
    waiting = [afternoon.shop.refund(sale, amount=500, reason="goodwill") for _ in range(4)]
    start = threading.Barrier(8)

    def reject(number: str) -> None:
        start.wait()
        decisions.reject(number, operator=afternoon.shop.m01, note="不符合", at=afternoon.shop.at)
        connections.close_all()

    def ask(key: str) -> None:
        request = afternoon.shop.ask(sale, amount=100, reason="quality", key=key)
        start.wait()
        requests.open([request], at=afternoon.shop.at)
        connections.close_all()

    threads = [threading.Thread(target=reject, args=(r.refund_no,)) for r in waiting]
    threads += [threading.Thread(target=ask, args=(f"n{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Payment.objects.get(sale=sale).promised == 400


def test_a_notice_that_overtakes_its_answer_is_not_lost(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-N1"))
    [order] = moves.claim(5, at=afternoon.shop.at)
    leg = afternoon.leg(refund)
    assert leg.account is not None
    afternoon.shop.later(seconds=1)
    moves.hasten(leg.account.notice_secret, leg.leg_no, at=afternoon.shop.at)
    afternoon.shop.later(seconds=1)
    answers.record([answers.Answer(order.attempt, Unknown(code="no_answer"))], at=afternoon.shop.at)
    assert afternoon.leg(refund).due_at <= afternoon.shop.at + timedelta(seconds=1)


def test_a_person_may_have_the_channel_asked_now(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "reset_after", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-Q1"))
    afternoon.work()
    afternoon.sandbox.settle()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.due_at > afternoon.shop.at + timedelta(seconds=50)) == ("in_doubt", True)
    afternoon.shop.later(seconds=1)
    remedies.ask(leg.leg_no, operator=afternoon.shop.c01, at=afternoon.shop.at)
    afternoon.work()
    assert (afternoon.leg(refund).state, afternoon.leg(refund).sent) == ("settled", 1)
    cash = afternoon.shop.refund(afternoon.sell("cash", "S-Q2"))
    with pytest.raises(Refusal, match="leg_not_asked_about"):
        remedies.ask(cash.legs.get().leg_no, operator=afternoon.shop.c01, at=afternoon.shop.at)


def test_money_that_bounced_is_owed_until_it_arrives_and_cannot_be_given_up(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "closed_account", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-B3"))
    afternoon.work_until_quiet(hours=1)
    leg = afternoon.leg(refund)
    with pytest.raises(Refusal, match="bounced_needs_transfer"):
        remedies.retry(leg.leg_no, operator=afternoon.shop.f01, note="再试", at=afternoon.shop.at)
    with pytest.raises(Conflict, match="bounced_stays_owed"):
        remedies.drop(leg.leg_no, operator=afternoon.shop.f01, note="算了", at=afternoon.shop.at)
    assert balance("2241.01") == -5997


def test_what_bounced_goes_by_transfer_with_two_people(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    afternoon.sandbox.fault("wechatpay", "refund", "closed_account", times=1)
    refund = shop.refund(afternoon.sell("wechatpay", "S-B4"))
    afternoon.work_until_quiet(hours=1)
    first = afternoon.leg(refund).leg_no
    with pytest.raises(Forbidden, match="may_not"):
        remedies.retry(first, operator=shop.c02, route="transfer", at=shop.at)
    leg = remedies.retry(first, operator=shop.f01, route="transfer", note="同名账户已核对", at=shop.at)
    assert (leg.state, leg.route) == ("accepted", "transfer") and leg.leg_no != first
    with pytest.raises(Forbidden, match="maker_is_checker"):
        remedies.confirm(leg.leg_no, operator=shop.f01, reference="B1", at=shop.at)
    paid = remedies.confirm(leg.leg_no, operator=shop.f02, reference="B1", at=shop.at)
    assert paid.state == "settled"
    assert balance("2241.01") == 0 and balance("1002") == -5997
    assert ledger.Entry.objects.filter(recipe="J12b", business_no=refund.refund_no).count() == 1


def test_the_channel_pays_a_bounced_refund_after_all_before_the_transfer(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    refund = shop.refund(afternoon.sell("wechatpay", "S-B5"))
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Accepted())], at=shop.later(seconds=1))
    [ask] = moves.claim(10, at=shop.later(minutes=2))
    answers.record([answers.Answer(ask.attempt, Bounced(code="account_closed"))], at=shop.later(seconds=1))
    assert moves.claim(10, at=shop.later(hours=23)) == []
    [daily] = moves.claim(10, at=shop.later(hours=2))
    leg = remedies.retry(order.number, operator=shop.f01, route="transfer", at=shop.at)
    answers.record([answers.Answer(daily.attempt, Settled())], at=shop.later(seconds=1))
    leg = afternoon.leg(refund)
    assert (leg.state, leg.route, leg.leg_no) == ("settled", "refund", order.number)
    with pytest.raises(NotFound):
        remedies.confirm(f"{order.number[:-1]}2", operator=shop.f02, reference="B1", at=shop.at)
    assert balance("2241.01") == 0


def test_a_refund_that_comes_back_days_later_is_seen_when_the_channel_knocks(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    afternoon.sandbox.fault("wechatpay", "refund", "bounce_later", times=1)
    refund = shop.refund(afternoon.sell("wechatpay", "S-B6"))
    afternoon.work()
    afternoon.sandbox.settle()
    shop.later(seconds=61)
    afternoon.work()
    leg = afternoon.leg(refund)
    assert leg.state == "settled" and balance("2241.01") == 0
    afternoon.sandbox.settle()
    assert moves.hasten(leg.account.notice_secret, leg.leg_no, at=shop.at) is not None
    shop.later(seconds=3)
    afternoon.work()
    assert afternoon.leg(refund).state == "bounced"
    assert balance("2241.01") == -5997
