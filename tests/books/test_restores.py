"""A shop from a backup: new numbers, everything on its way in doubt, no money out, opened by a person."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from sudapos.books import (
    answers,
    batch_decisions,
    batch_runs,
    batches,
    decisions,
    moves,
    remedies,
    requests,
    restores,
    shops,
)
from sudapos.books.audit import AuditRecord
from sudapos.books.legs import Attempt, Leg
from sudapos.core.outcome import Absent, Accepted, Settled, Verb
from sudapos.core.refusal import Refusal


def restored(shop, **told):
    restores.begin({"taken_at": shop.at.isoformat(), "head": "0" * 64, **told}, by="cli", at=shop.at)


def refused(shop, sale):
    [opened] = requests.open([shop.ask(sale, everything=True)], at=shop.at)
    return opened.refusal and opened.refusal.code


def ask_all(shop, outcome):
    """The worker's turn: whatever is due is asked, and the channel says `outcome`."""
    orders = moves.claim(50, at=shop.at)
    answers.record([answers.Answer(order.attempt, outcome) for order in orders], at=shop.at)
    return [str(order.verb) for order in orders]


def test_what_may_have_been_sent_is_asked_and_not_sent(shop):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    leg = refund.legs.get()
    assert leg.state == "ready"
    restored(shop)
    leg.refresh_from_db()
    assert (leg.state, leg.leg_no) == ("in_doubt", refund.legs.get().leg_no)
    [order] = moves.claim(50, at=shop.at)
    assert (order.verb, order.number) == (Verb.ASK, leg.leg_no)
    answers.record([answers.Answer(order.attempt, Settled(amount=leg.amount))], at=shop.at)
    leg.refresh_from_db()
    assert (leg.state, leg.sent) == ("settled", 0)


def test_what_the_channel_does_not_know_waits_for_the_opening(shop):
    shop.refund(shop.sell(channel="wechatpay"))
    restored(shop)
    for _ in range(40):
        assert set(ask_all(shop, Absent())) <= {"ask"}
        shop.later(hours=1)
    assert Leg.objects.get().state == "ready"
    assert moves.claim(50, at=shop.at) == []
    restores.reopen(even_so="没有对账单", by="cli", at=shop.at)
    assert [str(order.verb) for order in moves.claim(50, at=shop.at)] == ["refund"]


def test_no_money_is_promised_or_paid_before_the_opening(shop):
    cash = shop.refund(shop.sell("S-CASH")).legs.get()
    waits = shop.refund(shop.sell("S-WAITS", channel="alipay"), reason="goodwill")
    if waits.state != "awaiting":
        pytest.fail("the story needs a refund that waits")
    restored(shop)
    assert refused(shop, shop.sell("S-NEW")) == "shop_restored"
    with pytest.raises(Refusal, match="shop_restored"):
        decisions.approve(waits.refund_no, operator=shop.m02, at=shop.later(minutes=2))
    for act in (
        lambda: remedies.confirm(cash.leg_no, operator=shop.c01, at=shop.at),
        lambda: remedies.drop(cash.leg_no, operator=shop.m01, at=shop.at),
        lambda: remedies.pay_by_transfer(cash.leg_no, operator=shop.m01, consent="x", at=shop.at),
    ):
        with pytest.raises(Refusal, match="shop_restored"):
            act()
    restores.reopen(even_so="演练", by="cli", at=shop.at)
    assert refused(shop, "S-NEW") is None


def test_the_database_itself_lets_nothing_out(shop):
    leg = shop.refund(shop.sell(channel="wechatpay")).legs.get()
    restored(shop)
    with pytest.raises(DatabaseError, match="comes? from a backup"), transaction.atomic():
        Attempt.objects.create(leg=leg, seq=9, leg_no=leg.leg_no, verb="refund", started_at=shop.at)
    Attempt.objects.create(leg=leg, seq=9, leg_no=leg.leg_no, verb="ask", started_at=shop.at)


def test_numbers_jump_and_carry_another_tag(shop):
    before = shop.refund(shop.sell(channel="alipay"))
    tag = shops.merchant().tag
    restored(shop)
    assert shops.merchant().tag != tag
    restores.reopen(even_so="演练", by="cli", at=shop.at)
    after = shop.refund(shop.sell(channel="alipay"))
    assert int(after.refund_no[-6:]) > int(before.refund_no[-6:]) + restores.GAP
    assert shops.merchant().tag in after.legs.get().leg_no and tag not in after.legs.get().leg_no


def test_a_second_restore_does_not_come_back_to_an_old_tag(shop):
    first = shops.merchant().tag
    restored(shop)
    second = shops.merchant().tag
    restored(shop, tags=shops.merchant().restored["tags"])
    assert shops.merchant().tag not in (first, second)
    assert shops.merchant().restored["tags"] == [first, second]


def test_the_shop_opens_when_channels_answered_and_statements_came(shop):
    shop.refund(shop.sell(channel="wechatpay"))
    restored(shop)
    with pytest.raises(Refusal, match="restore_not_asked"):
        restores.reopen(by="cli", at=shop.at)
    assert ask_all(shop, Accepted()) == ["ask"]
    with pytest.raises(Refusal, match="restore_statements_missing"):
        restores.reopen(by="cli", at=shop.at)
    assert [account for account, _day in restores.left().statements] == ["demo-wechatpay"]
    restores.reopen(even_so="今天的账单明早才有", by="cli", at=shop.at)
    row = AuditRecord.objects.get(act="shop.reopened")
    assert row.facts == {"unasked": 0, "statements": 1, "even_so": "今天的账单明早才有"}
    with pytest.raises(Refusal, match="not_restored"):
        restores.reopen(by="cli", at=shop.at)


def test_a_plain_no_is_asked_about_once_more(shop):
    from sudapos.core.outcome import Refused

    shop.refund(shop.sell(channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(order.attempt, Refused(code="no"))], at=shop.at)
    restored(shop)
    assert restores.left().legs == 1
    shop.later(minutes=1)
    assert ask_all(shop, Settled(amount=5997)) == ["ask"]
    assert Leg.objects.get().state == "settled"


def test_a_batch_that_ran_stands_still_until_a_person_goes_on(shop):
    shop.sell("S-1", channel="alipay")
    wanted = batches.Draft(kind="recall", title="召回", asks=[batches.Ask(sale_no="S-1")])
    number = batches.draft(wanted, operator=shop.m01, at=shop.at).batch_no
    seen = batch_decisions.check(number, operator=shop.m01, at=shop.at)
    batch_decisions.approve(number, operator=shop.m02, fingerprint=seen.fingerprint, at=shop.at)
    batch_decisions.steer(number, "start", operator=shop.m02, at=shop.at)
    assert batch_runs.running() == [number]
    restored(shop)
    assert batch_runs.running() == []
    assert batches.get(number).state == "paused"
    with pytest.raises(Refusal, match="shop_restored"):
        batch_decisions.steer(number, "resume", operator=shop.m02, at=shop.at)


def test_sequences_are_all_named_so_that_the_jump_finds_them(shop):
    with connection.cursor() as cursor:
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE sequencename NOT LIKE '%%_id_seq'")
        names = {name for (name,) in cursor.fetchall()}
    assert names and all(name.startswith("books_") and name.endswith("_number") for name in names)
