"""Answers that come late, twice, or against what was believed: money is never lost sight of and never paid twice."""

from __future__ import annotations

import itertools

import pytest

from sudapos.books import answers, ledger, moves, remedies
from sudapos.books.answers import Answer
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment
from sudapos.core.lifecycle import Progress
from sudapos.core.outcome import Absent, Accepted, Deferred, Order, Outcome, Refused, Settled, Unknown
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.cast import Shop

SALES = itertools.count(1)


def balance(account: str, *numbers: str) -> int:
    rows = ledger.balances(business_nos=list(numbers)) if numbers else ledger.balances()
    return {row.account: row.amount for row in rows}.get(account, 0)


class Counter:
    """One refund over WeChat Pay, its calls and their answers."""

    def __init__(self, shop: Shop, *, two: bool = False) -> None:
        self.shop = shop
        number = f"S-C{next(SALES)}"
        parts = [3000, 3000] if two else [6000]
        payments = [
            shop.payment(number, "wechatpay", part, f"P{index}") for index, part in enumerate(parts, 1)
        ]
        lines = [LineDraft(line_no=1, name="茶叶", milli=1000, unit_price=6000, vat_bp=1300)]
        self.refund: Refund = shop.refund(shop.sell(number, payments=payments, lines=lines))

    @property
    def leg(self) -> Leg:
        return self.refund.legs.get()

    def claim(self, **later: float) -> Order:
        [order] = moves.claim(10, at=self.shop.later(**later))
        return order

    def answer(self, order: Order, outcome: Outcome) -> None:
        answers.record([Answer(order.attempt, outcome)], at=self.shop.at)

    def sent_twice(self) -> tuple[Order, Order]:
        """The first send is never answered, the channel has not seen it, so the same number is sent again."""
        first = self.claim()
        self.claim_nothing(seconds=61)
        ask = self.claim(minutes=10)
        self.answer(ask, Absent())
        again = self.claim()
        assert again.number == first.number
        return first, again

    def claim_nothing(self, **later: float) -> None:
        assert moves.claim(10, at=self.shop.later(**later)) == []

    def failed(self) -> Order:
        order = self.claim()
        self.answer(order, Refused(code="INVALID_REQUEST"))
        assert self.leg.state == "failed"
        return order

    def acts(self) -> list[str]:
        rows = AuditRecord.objects.filter(subject_no=self.refund.refund_no).order_by("id")
        return list(rows.values_list("act", flat=True))


def test_a_number_is_never_given_twice_whatever_order_legs_are_tried_again_in(shop: Shop) -> None:
    counter = Counter(shop, two=True)
    first, second = (leg.leg_no for leg in counter.refund.legs.all())
    orders = moves.claim(10, at=shop.at)
    answers.record([Answer(o.attempt, Refused(code="X")) for o in orders], at=shop.at)
    third = remedies.retry(second, operator=shop.f01, at=shop.at).leg_no
    fourth = remedies.retry(first, operator=shop.f01, at=shop.at).leg_no
    assert len({first, second, third, fourth}) == 4
    [fifth] = [
        remedies.retry(order.number, operator=shop.f01, at=shop.at).leg_no
        for order in moves.claim(1, at=shop.at)
        if answers.record([Answer(order.attempt, Refused(code="X"))], at=shop.at) is None
    ]
    assert fifth not in {first, second, third, fourth}


def test_a_no_to_a_second_send_waits_until_the_first_is_known(shop: Shop) -> None:
    counter = Counter(shop)
    _, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    assert counter.leg.state == "in_doubt"
    ask = counter.claim(minutes=10)
    assert ask.verb == "ask"
    counter.answer(ask, Settled(channel_refund_ref="5000"))
    assert counter.leg.state == "settled"


def test_a_no_after_which_the_channel_has_never_seen_the_number_is_a_no(shop: Shop) -> None:
    counter = Counter(shop)
    _, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    assert counter.leg.state == "failed"


def test_a_no_to_a_second_send_does_not_beat_the_yes_to_the_first(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(first, Accepted(channel_refund_ref="5000"))
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    assert counter.leg.state == "accepted" and counter.leg.channel_refund_ref == "5000"


def test_money_that_moved_after_a_no_settles_the_failed_leg(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    counter.answer(first, Settled(channel_refund_ref="5000"))
    assert (counter.leg.state, counter.leg.channel_refund_ref) == ("settled", "5000")
    assert balance("2241.01") == 0
    with pytest.raises(Conflict, match="illegal_move"):
        remedies.drop(counter.leg.leg_no, operator=shop.f01, at=shop.at)


def test_money_that_moved_under_the_old_number_takes_the_new_one_back(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    new = remedies.retry(counter.leg.leg_no, operator=shop.f01, at=shop.at).leg_no
    counter.answer(first, Settled(channel_refund_ref="5000"))
    assert (counter.leg.state, counter.leg.leg_no) == ("settled", first.number)
    counter.claim_nothing(minutes=10)
    assert new != first.number and "leg.late_answer" in counter.acts()


def test_money_that_may_have_moved_twice_raises_an_alarm_that_finance_closes(shop: Shop) -> None:
    from sudapos.books import decisions

    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    remedies.retry(counter.leg.leg_no, operator=shop.f01, at=shop.at)
    new = counter.claim()
    counter.answer(first, Settled(channel_refund_ref="5000"))
    counter.answer(new, Settled(channel_refund_ref="5001"))
    assert (counter.leg.state, counter.leg.alarm) == ("settled", "old_number_paid")
    assert decisions.progress_of(decisions.get(counter.refund.refund_no)) is Progress.ATTENTION
    [listed] = decisions.find(decisions.Filter(progress="attention"))
    assert listed.refund_no == counter.refund.refund_no
    assert decisions.find(decisions.Filter(progress="done")) == []
    with pytest.raises(Refusal, match="note_needed"):
        remedies.close_alarm(new.number, operator=shop.f01, note=" ", at=shop.at)
    with pytest.raises(Forbidden):
        remedies.close_alarm(new.number, operator=shop.c02, note="追回", at=shop.at)
    remedies.close_alarm(new.number, operator=shop.f01, note="已向顾客追回", at=shop.at)
    assert counter.leg.alarm == "" and counter.acts()[-1] == "leg.alarm_closed"
    with pytest.raises(Refusal, match="no_alarm"):
        remedies.close_alarm(new.number, operator=shop.f01, note="再次", at=shop.at)


def test_the_new_number_that_failed_gives_way_to_the_old_one_that_was_paid(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    remedies.retry(counter.leg.leg_no, operator=shop.f01, at=shop.at)
    new = counter.claim()
    counter.answer(first, Settled())
    with pytest.raises(Conflict):
        remedies.drop(new.number, operator=shop.f01, at=shop.at)
    counter.answer(new, Refused(code="ALREADY_REFUNDED"))
    assert (counter.leg.state, counter.leg.leg_no, counter.leg.alarm) == ("accepted", first.number, "")
    counter.answer(counter.claim(minutes=10), Settled())
    assert counter.leg.state == "settled" and balance("2241.01") == 0


def test_money_that_moved_after_the_leg_was_given_up_raises_an_alarm(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Refused(code="INVALID_REQUEST"))
    counter.answer(counter.claim(minutes=10), Absent())
    remedies.drop(first.number, operator=shop.f01, at=shop.at)
    counter.answer(first, Settled(channel_refund_ref="5000"))
    assert (counter.leg.state, counter.leg.alarm) == ("dropped", "paid_after_drop")
    assert "leg.alarm" in counter.acts()


def test_the_same_answer_twice_or_a_late_unknown_changes_nothing(shop: Shop) -> None:
    counter = Counter(shop)
    first, again = counter.sent_twice()
    counter.answer(again, Settled(channel_refund_ref="5000"))
    counter.answer(again, Refused(code="X"))
    counter.answer(first, Unknown(code="no_answer"))
    assert (counter.leg.state, counter.leg.channel_refund_ref) == ("settled", "5000")


def test_a_leg_that_was_put_off_every_time_may_be_given_up(shop: Shop) -> None:
    counter = Counter(shop)
    for _ in range(2):
        counter.answer(counter.claim(minutes=11), Deferred(code="not_enough_balance", after=600))
    with pytest.raises(Forbidden):
        remedies.drop(counter.leg.leg_no, operator=shop.m01, at=shop.at)
    assert remedies.drop(counter.leg.leg_no, operator=shop.f01, at=shop.at).state == "dropped"
    assert Payment.objects.get().promised == 0


def test_a_leg_that_may_have_been_heard_once_is_not_given_up_when_put_off_later(shop: Shop) -> None:
    counter = Counter(shop)
    _, again = counter.sent_twice()
    counter.answer(again, Deferred(code="not_enough_balance", after=600))
    with pytest.raises(Conflict, match="illegal_move"):
        remedies.drop(counter.leg.leg_no, operator=shop.f01, at=shop.at)


def test_a_new_number_that_was_never_sent_may_be_given_up(shop: Shop) -> None:
    counter = Counter(shop)
    order = counter.failed()
    new = remedies.retry(order.number, operator=shop.f01, at=shop.at).leg_no
    assert remedies.drop(new, operator=shop.f01, at=shop.at).state == "dropped"


def test_cash_that_waits_is_given_up_by_a_second_person_only(shop: Shop) -> None:
    refund = shop.refund(shop.sell(), operator="m01")
    leg = refund.legs.get()
    with pytest.raises(Forbidden, match="maker_is_checker"):
        remedies.drop(leg.leg_no, operator=shop.m01, at=shop.at)
    assert remedies.drop(leg.leg_no, operator=shop.m02, at=shop.at).state == "dropped"


def test_words_that_no_database_keeps_are_left_out(shop: Shop) -> None:
    counter = Counter(shop)
    counter.answer(counter.claim(), Refused(code="A\x00B", message="余额\ud83d不足" + "长" * 300))
    assert (counter.leg.error_code, counter.leg.error_message[:4]) == ("AB", "余额不足")
    assert len(counter.leg.error_message) == 200


@pytest.mark.parametrize("seed", range(6))
def test_taxes_end_at_nothing_whatever_leg_was_given_up(shop: Shop, seed: int) -> None:
    nets = [101 + 137 * (seed + k) % 899 for k in range(3)]
    total, number = sum(nets), f"S-T{seed}"
    payments = [
        shop.payment(number, "wechatpay", 50 + 31 * seed, "P1"),
        shop.payment(number, "alipay", total - 50 - 31 * seed, "P2"),
    ]
    lines = [
        LineDraft(line_no=k, name="x", milli=1000, unit_price=net, vat_bp=1300)
        for k, net in enumerate(nets, 1)
    ]
    sale = shop.sell(number, payments=payments, lines=lines)
    refund = shop.refund(sale, lines={1: 1, 2: 1})
    remedies.drop(refund.legs.all()[seed % 2].leg_no, operator=shop.m01, at=shop.at)
    rest = shop.refund(sale)
    numbers = (number, refund.refund_no, rest.refund_no)
    assert balance("2221.01", *numbers) == 0
    assert balance("5001", *numbers) == 0
