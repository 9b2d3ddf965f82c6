"""Money that cannot go where it should: every story ends with the right entries, and one message for whoever must act."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sudapos.books import decisions, moves, outbox, overdue, remedies, shortages
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.outbox import Message
from sudapos.books.overdue import Overdue
from sudapos.books.refunds import Refund
from sudapos.core.due import Level, level
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.cast import Shop

from .conftest import Afternoon
from .test_money_moves_once import balance, states

ROUTINE = ("refund.", "leg.accepted", "leg.settled", "sale.")
"""What is told of every refund; the stories count the others."""


def entries(refund: Refund) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """Recipe and lines of everything that was booked for a refund, in order."""
    rows = Entry.objects.filter(business_no=refund.refund_no).prefetch_related("lines").order_by("id")
    return [(row.recipe, [(n.side, n.account, n.amount) for n in row.lines.all()]) for row in rows]


def told(refund: Refund) -> list[str]:
    """Messages that ask somebody to act, in order."""
    rows = Message.objects.filter(facts__refund_no=refund.refund_no).order_by("id")
    events = [row.event for row in rows]
    return [e for e in events if not e.startswith(ROUTINE) or e == "refund.overdue"]


PROMISED = ("J05a", [("贷", "5001", -5307), ("贷", "2221.01", -690), ("贷", "2241.01", 5997)])
PAID = ("J05b", [("借", "2241.01", 5997), ("贷", "1122.01", 5997)])
BOUNCED = ("J12a", [("借", "1122.01", 5997), ("贷", "2241.01", 5997)])
RESENT = ("J12b", [("借", "2241.01", 5997), ("贷", "1002", 5997)])


def bounced(afternoon: Afternoon, sale_no: str) -> tuple[Refund, str]:
    """A refund that the customer's bank sent back after it was settled, and the number that it went under."""
    afternoon.sandbox.fault("wechatpay", "refund", "bounce_later", times=1, seconds=120)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", sale_no))
    afternoon.work_until_quiet()
    assert (afternoon.leg(refund).state, afternoon.times_paid(refund)) == ("settled", 1)
    number = afternoon.leg(refund).leg_no
    afternoon.sandbox.advance(180)
    afternoon.shop.later(seconds=180)
    account = afternoon.leg(refund).account
    assert account is not None
    moves.hasten(account.notice_secret, number, at=afternoon.shop.at)
    afternoon.work(turns=2)
    assert afternoon.leg(refund).state == "bounced"
    return refund, number


def test_a_refund_that_bounced_goes_by_transfer_through_two_people(afternoon: Afternoon) -> None:
    refund, number = bounced(afternoon, "S-WAY-B1")
    assert balance("2241.01") == -5997
    remedies.retry(
        number, operator=afternoon.shop.m01, route="transfer", note="同名账户已核实", at=afternoon.shop.at
    )
    moved = afternoon.leg(refund)
    with pytest.raises(Refusal, match="transfer_reference_needed"):
        remedies.confirm(moved.leg_no, operator=afternoon.shop.f01, at=afternoon.shop.at)
    remedies.confirm(moved.leg_no, operator=afternoon.shop.f01, reference="BANK-1", at=afternoon.shop.at)
    assert entries(refund) == [PROMISED, PAID, BOUNCED, RESENT]
    assert balance("2241.01") == 0
    assert (afternoon.leg(refund).state, afternoon.sandbox.times_paid(number)) == ("settled", 1)
    assert told(refund) == ["leg.bounced"]


def test_a_refund_that_bounced_is_paid_in_cash_by_a_second_person_with_evidence(afternoon: Afternoon) -> None:
    refund, number = bounced(afternoon, "S-WAY-B2")
    shop, told_why = afternoon.shop, "本人到店，身份证已核对；原账户已销户"
    with pytest.raises(Forbidden):  # who asked for the refund decides nothing about it
        remedies.retry(number, operator=shop.c01, route="cash", note=told_why, at=shop.at)
    with pytest.raises(Refusal, match="evidence_needed"):
        remedies.retry(number, operator=shop.m01, route="cash", at=shop.at)
    remedies.retry(number, operator=shop.m01, route="cash", note=told_why, at=shop.at)
    moved = afternoon.leg(refund)
    assert (moved.route, moved.state) == ("cash", "accepted")
    with pytest.raises(Forbidden):  # nor does who decided hand it over
        remedies.confirm(moved.leg_no, operator=shop.m01, at=shop.at)
    remedies.confirm(moved.leg_no, operator=shop.m02, at=shop.at)
    in_cash = ("J05b", [("借", "2241.01", 5997), ("贷", "1001", 5997)])
    assert entries(refund) == [PROMISED, PAID, BOUNCED, in_cash]
    assert balance("2241.01") == 0
    assert (afternoon.leg(refund).state, afternoon.sandbox.times_paid(number)) == ("settled", 1)
    assert told(refund) == ["leg.bounced"]


def test_much_money_that_bounced_is_not_paid_in_cash(shop: Shop) -> None:
    shop.sell(
        "S-BIG",
        channel="wechatpay",
        lines=(LineDraft(line_no=1, name="平板电脑", milli=1000, unit_price=129900, unit="台"),),
    )
    refund = shop.refund("S-BIG")
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    leg = refund.legs.get()
    type(leg).objects.filter(pk=leg.pk).update(state="bounced")
    with pytest.raises(Refusal, match="bounced_cash_limit"):
        remedies.retry(leg.leg_no, operator=shop.m02, route="cash", note="本人到店", at=shop.at)


def test_funds_short_is_told_once_and_goes_out_under_the_same_number(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "insufficient_balance", times=3)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-WAY-F1"))
    number = afternoon.leg(refund).leg_no
    afternoon.work()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code) == ("ready", "not_enough_balance")
    assert leg.due_at == afternoon.shop.at + timedelta(seconds=600)
    assert shortages.of(leg) == shortages.Shortage(1, 5997)
    afternoon.shop.later(seconds=600)
    afternoon.work()
    assert afternoon.leg(refund).sent == 2
    with pytest.raises(Forbidden):
        remedies.hurry(number, operator=afternoon.shop.c01, at=afternoon.shop.at)
    remedies.hurry(number, operator=afternoon.shop.f01, at=afternoon.shop.at)
    afternoon.work()
    assert (afternoon.leg(refund).state, afternoon.leg(refund).sent) == ("ready", 3)
    remedies.hurry(number, operator=afternoon.shop.f01, at=afternoon.shop.at)
    afternoon.work()
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.leg_no, leg.sent) == ("settled", number, 4)
    assert afternoon.times_paid(refund) == 1
    assert entries(refund) == [PROMISED, PAID]
    assert told(refund) == ["leg.short"]
    with pytest.raises(Conflict):
        remedies.hurry(number, operator=afternoon.shop.f01, at=afternoon.shop.at)


def test_without_funds_we_come_ever_more_seldom(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "insufficient_balance")
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-WAY-F2"))
    pauses = []
    for _ in range(7):
        afternoon.work()
        leg = afternoon.leg(refund)
        pauses.append(int((leg.due_at - afternoon.shop.at).total_seconds()))
        afternoon.shop.at = leg.due_at
    assert pauses == [600, 600, 600, 600, 1800, 3600, 3600]
    assert told(refund) == ["leg.short"]


def test_a_channel_that_closed_it_for_want_of_funds_gets_a_new_number_from_a_second_person(
    afternoon: Afternoon,
) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "closes_later", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-WAY-F3"))
    afternoon.work_until_quiet()
    first = afternoon.leg(refund)
    assert (first.state, first.error_code) == ("failed", "CLOSED")
    afternoon.sandbox.advance(120)
    afternoon.shop.later(seconds=120)
    remedies.retry(first.leg_no, operator=afternoon.shop.f01, note="已充值", at=afternoon.shop.at)
    afternoon.work_until_quiet()
    again = afternoon.leg(refund)
    assert again.leg_no != first.leg_no
    assert (again.state, afternoon.times_paid(refund), afternoon.sandbox.times_paid(first.leg_no)) == (
        "settled",
        1,
        0,
    )
    assert entries(refund) == [PROMISED, PAID]
    assert told(refund) == ["leg.failed"]


def test_what_is_overdue_is_asked_about_once_more_then_told_and_closes_itself(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "processing_forever", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-WAY-O1"))
    afternoon.work()
    leg = afternoon.leg(refund)
    assert (leg.state, overdue.sweep(at=afternoon.shop.at)) == ("accepted", overdue.Swept(0, 0, 0))
    afternoon.shop.later(days=1, hours=1)
    type(leg).objects.filter(pk=leg.pk).update(due_at=afternoon.shop.at + timedelta(hours=9))
    assert overdue.sweep(at=afternoon.shop.at) == overdue.Swept(1, 0, 0)
    afternoon.work(turns=2)
    assert (afternoon.leg(refund).state, afternoon.leg(refund).asked) == ("accepted", leg.asked + 1)
    assert overdue.sweep(at=afternoon.shop.at) == overdue.Swept(0, 1, 0)
    assert overdue.sweep(at=afternoon.shop.at) == overdue.Swept(0, 0, 0)
    [item] = Overdue.objects.all()
    assert (item.kind, item.due_on, item.amount) == ("arrival", leg.arrives_by, 5997)
    remedies.ask(leg.leg_no, operator=afternoon.shop.f01, at=afternoon.shop.at)
    afternoon.sandbox.clear_faults()  # what was to process for ever goes on
    afternoon.work_until_quiet(hours=40)
    assert afternoon.leg(refund).state == "settled"
    assert overdue.sweep(at=afternoon.shop.at) == overdue.Swept(0, 0, 1)
    item.refresh_from_db()
    assert (item.how, item.closed_by) == ("settled", "system")
    assert entries(refund) == [PROMISED, PAID]
    assert afternoon.times_paid(refund) == 1
    assert told(refund) == ["leg.overdue"]


def test_an_overdue_item_is_closed_with_evidence_and_settles_nothing(afternoon: Afternoon) -> None:
    afternoon.sandbox.fault("wechatpay", "refund", "processing_forever", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", "S-WAY-O2"))
    afternoon.work()
    afternoon.shop.later(days=1, hours=1)
    overdue.sweep(at=afternoon.shop.at)
    afternoon.work(turns=2)
    overdue.sweep(at=afternoon.shop.at)
    [item] = Overdue.objects.all()
    shop = afternoon.shop
    with pytest.raises(Forbidden):
        overdue.close(item.pk, operator=shop.c01, how="arrived", evidence="x", at=shop.at)
    with pytest.raises(Refusal, match="evidence_needed"):
        overdue.close(item.pk, operator=shop.f01, how="arrived", evidence=" ", at=shop.at)
    overdue.close(item.pk, operator=shop.f01, how="arrived", evidence="顾客来电确认 13800138000", at=shop.at)
    with pytest.raises(Conflict, match="overdue_closed"):
        overdue.close(item.pk, operator=shop.f01, how="arrived", evidence="又一次", at=shop.at)
    item.refresh_from_db()
    assert (item.how, item.closed_by, "13800138000" in item.evidence) == ("arrived", "f01", False)
    assert AuditRecord.objects.filter(act="overdue.closed", by="f01").count() == 1
    assert afternoon.leg(refund).state == "accepted"
    assert (entries(refund), balance("2241.01")) == ([PROMISED], -5997)
    overdue.sweep(at=shop.at)
    assert (Overdue.objects.count(), told(refund)) == (1, ["leg.overdue"])


def test_a_refund_that_nobody_decided_is_overdue_on_day_8_and_escalates_on_day_16(
    afternoon: Afternoon,
) -> None:
    shop = afternoon.shop
    refund = shop.refund(afternoon.sell("wechatpay", "S-WAY-D8"), receipt="lost", operator="m01")
    assert refund.state == "awaiting" and refund.due_on is not None and refund.hard_due_on is not None
    began = shop.at
    for day, events, late in ((7, 0, False), (8, 1, False), (15, 1, False), (16, 2, True), (17, 2, True)):
        shop.at = began + timedelta(days=day)
        overdue.sweep(at=shop.at)
        assert (
            told(refund).count("refund.overdue"),
            Overdue.objects.filter(late_at__isnull=False).exists(),
        ) == (
            events,
            late,
        ), day
    assert (
        level(refund.due_on, refund.hard_due_on, today=refund.hard_due_on + timedelta(days=1)) is Level.LATE
    )
    decisions.withdraw(refund.refund_no, operator=shop.m01, at=shop.at)
    assert overdue.sweep(at=shop.at).closed == 1
    assert entries(refund) == []


def test_cash_that_its_customer_left_behind_stays_owed_and_is_never_paid_to_its_maker(
    afternoon: Afternoon,
) -> None:
    shop = afternoon.shop
    refund = shop.refund(shop.sell("S-WAY-C1"))
    leg = afternoon.leg(refund)
    assert (leg.route, leg.state) == ("cash", "accepted")
    overdue.leave(leg.leg_no, operator=shop.c01, at=shop.at)
    overdue.leave(leg.leg_no, operator=shop.c01, at=shop.at)
    assert (balance("2241.01"), told(refund)) == (-5997, ["cash.left"])
    shop.later(days=31)
    overdue.sweep(at=shop.at)
    [item] = Overdue.objects.all()
    assert (item.kind, item.late_at, item.closed_at) == ("cash", shop.at, None)
    with pytest.raises(Forbidden, match="maker_is_checker"):
        remedies.confirm(leg.leg_no, operator=shop.c01, reference="本人", at=shop.at)
    with pytest.raises(Refusal, match="left_cash_needs_proof"):
        remedies.confirm(leg.leg_no, operator=shop.m01, at=shop.at)
    remedies.confirm(leg.leg_no, operator=shop.m01, reference="核对了小票与手机号", at=shop.at)
    assert overdue.sweep(at=shop.at).closed == 1
    assert [recipe for recipe, _ in entries(refund)] == ["J05a", "J05b"]
    assert entries(refund)[1][1] == [("借", "2241.01", 5997), ("贷", "1001", 5997)]
    assert (balance("2241.01"), states(afternoon, refund)[-1]) == (0, "settled")
    assert told(refund) == ["cash.left"]


def test_cash_of_yesterday_counts_as_left_behind_without_anybody_saying_so(afternoon: Afternoon) -> None:
    shop = afternoon.shop
    refund = shop.refund(shop.sell("S-WAY-C2"))
    overdue.sweep(at=shop.at)
    assert Overdue.objects.count() == 0
    shop.later(days=1)
    overdue.sweep(at=shop.at)
    assert [(o.kind, o.due_on) for o in Overdue.objects.all()] == [
        ("cash", (shop.at + timedelta(days=30, hours=8)).date())
    ]
    assert told(refund) == ["cash.left"]


def test_every_event_of_these_stories_has_its_name() -> None:
    assert {"leg.bounced", "leg.short", "leg.overdue", "refund.overdue", "cash.left"} < set(outbox.EVENTS)
