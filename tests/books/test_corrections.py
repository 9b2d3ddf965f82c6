"""A wrong refund is corrected by a new record: exact entries, two people for a loss, nothing edited."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from sudapos.books import answers, corrections, decisions, ledger, moves, remedies, vat
from sudapos.books.audit import AuditRecord
from sudapos.books.ledger import Entry
from sudapos.core import calendar
from sudapos.core.outcome import Bounced, Settled
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.api.test_reissues import shop_secret
from tests.books.test_drawers import at_once, fund, start

OPENED = ("J26a", [("借", "1221.03", 3998), ("贷", "5001", 3538), ("贷", "2221.01", 460)])


def entries(refund):
    rows = Entry.objects.filter(business_no=refund.refund_no).prefetch_related("lines").order_by("id")
    return [(row.recipe, [(n.side, n.account, n.amount) for n in row.lines.all()]) for row in rows]


def paid(shop):
    """59.97 in cash went out instead of 19.99."""
    refund = shop.refund(shop.sell("S-1"))
    if refund.state == "awaiting":
        refund = decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    for leg in refund.legs.all():
        remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)
    return refund


def wrong(shop, refund, **changes):
    told = {
        "amount": 3998,
        "why": "三件录成一件",
        "operator": shop.m01,
        "at": shop.at,
        "key": "K-1",
        **changes,
    }
    return corrections.open(refund.refund_no, **told)


def test_what_was_paid_is_collected_in_cash_into_the_drawer(shop):
    refund = paid(shop)
    before = len(entries(refund))
    row = wrong(shop, refund)
    assert (row.state, row.amount, row.tax, row.correction_no) == ("open", 3998, 460, f"{refund.refund_no}C1")
    assert corrections.find() == [row]
    corrections.collect(row.correction_no, channel="cash", till="T1", operator=shop.c01, at=shop.at)
    assert entries(refund)[before:] == [
        OPENED,
        ("J26b", [("借", "1001", 3998), ("贷", "1221.03", 3998)]),
    ]
    assert (Entry.objects.latest("id").till, ledger.trial_balance_off(), corrections.find()) == ("T1", 0, [])
    today = calendar.business_date(shop.at, cutover="00:00")
    told = vat.report(today, today)
    assert (told.off, list(told.others), told.tax) == (0, [], 460)
    acts = AuditRecord.objects.filter(act__startswith="correction.").order_by("id")
    assert [each.act for each in acts] == ["correction.opened", "correction.collected"]
    with pytest.raises(Conflict):
        corrections.collect(row.correction_no, channel="cash", operator=shop.c01, at=shop.at)


def test_a_loss_takes_two_people(shop):
    refund, both = paid(shop), shop.f02
    both.roles = ["finance", "manager"]
    row = wrong(shop, refund, operator=both)
    for code, who in (("maker_is_checker", both), ("may_not", shop.m02)):
        with pytest.raises(Forbidden, match=code):
            corrections.give_up(row.correction_no, note="联系不上", operator=who, at=shop.at)
    with pytest.raises(Refusal, match="note_needed"):
        corrections.give_up(row.correction_no, note=" ", operator=shop.f01, at=shop.at)
    corrections.give_up(row.correction_no, note="联系不上", operator=shop.f01, at=shop.at)
    assert entries(refund)[-2:] == [OPENED, ("J26c", [("借", "5711", 3998), ("贷", "1221.03", 3998)])]
    assert ledger.trial_balance_off() == 0


def test_before_money_leaves_the_refund_is_withdrawn_and_nothing_is_booked(shop):
    sale = shop.sell("S-1", channel="wechatpay")
    refund = shop.refund(sale, reason="no_reason", operator="c01")
    before = entries(refund)
    if refund.state == "awaiting":
        assert before == []
    with pytest.raises(Refusal, match="correction_whole_only"):
        wrong(shop, refund, amount=1)
    row = wrong(shop, refund, amount=5997)
    assert (row.state, row.tax, row.closed_by) == ("undone", 0, "m01")
    booked = entries(refund)[len(before) :]
    assert booked == (
        [("J05e", [("贷", "5001", 5307), ("贷", "2221.01", 690), ("贷", "2241.01", -5997)])] if before else []
    )
    assert ledger.trial_balance_off() == 0


def test_one_key_opens_one_and_never_more_than_was_paid(shop):
    refund = paid(shop)
    row = wrong(shop, refund)
    assert wrong(shop, refund) == row
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        wrong(shop, refund, amount=1)
    with pytest.raises(Refusal, match="correction_too_much"):
        wrong(shop, refund, amount=2000, key="K-2")
    rest = wrong(shop, refund, amount=1999, key="K-3")
    assert (rest.tax, row.tax + rest.tax) == (230, refund.tax)


def test_what_was_said_is_never_edited(shop):
    row = wrong(shop, paid(shop))
    for change in ({"amount": 1}, {"why": "x"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            corrections.Correction.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        corrections.Correction.objects.filter(pk=row.pk).delete()


def test_a_loss_is_booked_once_and_leaves_its_record(shop):
    refund = paid(shop)
    row = wrong(shop, refund)
    with pytest.raises(Forbidden):
        corrections.give_up(row.correction_no, note="联系不上", operator=shop.c02, at=shop.at)
    corrections.give_up(row.correction_no, note="联系不上", operator=shop.f01, at=shop.at)
    with pytest.raises(Conflict) as refusal:
        corrections.give_up(row.correction_no, note="再来一次", operator=shop.f01, at=shop.at)
    assert refusal.value.code == "correction_closed"
    assert [name for name, _ in entries(refund)].count("J26c") == 1
    assert AuditRecord.objects.filter(act="correction.given_up").count() == 1


def test_collected_cash_belongs_to_whoever_answers_for_the_drawer(shop):
    fund(shop)
    start(shop)
    row = wrong(shop, paid(shop))
    with pytest.raises(Forbidden):
        corrections.collect(row.correction_no, channel="cash", till="T1", operator=shop.c02, at=shop.at)
    with pytest.raises(Refusal) as refusal:
        corrections.collect(row.correction_no, channel="cash", till="T2", operator=shop.c02, at=shop.at)
    assert refusal.value.code == "drawer_closed"
    done = corrections.collect(row.correction_no, channel="cash", till="T1", operator=shop.c01, at=shop.at)
    assert done.state == "collected"


def test_what_bounced_is_not_paid_again_whole_while_a_part_is_asked_back(shop):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    settled = Settled(amount=refund.total, at=shop.at, channel_refund_ref="50300")
    answers.record([answers.Answer(order.attempt, settled)], at=shop.at)
    row = wrong(shop, refund, amount=1000)
    bounce(shop, order)
    leg = refund.legs.get()
    assert leg.state == "bounced"
    told = {"operator": shop.f01, "note": "收款卡已注销", "route": "transfer", "at": shop.at}
    with pytest.raises(Refusal) as refusal:
        remedies.retry(leg.leg_no, **told)
    assert (refusal.value.code, refusal.value.facts["amount"]) == ("correction_open", 1000)
    corrections.give_up(row.correction_no, note="没有到账，不追", operator=shop.f01, at=shop.at)
    with pytest.raises(Refusal, match="correction_given_up"):
        remedies.retry(leg.leg_no, **told)
    collected = wrong(shop, refund, amount=500, key="K-2")
    corrections.collect(
        collected.correction_no, channel="transfer", reference="B", operator=shop.f01, at=shop.at
    )
    with pytest.raises(Refusal, match="correction_given_up"):
        remedies.retry(leg.leg_no, **told)


def bounce(shop, order):
    shop.later(minutes=2)
    moves.hasten(shop_secret(order.number), order.number, at=shop.at)
    for _ in range(2):
        for got in moves.claim(1, at=shop.at):
            back = Bounced(code="account_closed", channel_refund_ref="50300")
            answers.record([answers.Answer(got.attempt, back)], at=shop.at)
        shop.later(minutes=2)
        moves.hasten(shop_secret(order.number), order.number, at=shop.at)


def test_one_key_for_two_refunds_at_once_is_answered(committed, shop):
    pair = [shop.refund(shop.sell(number)) for number in ("S-1", "S-2")]
    for refund in pair:
        for leg in refund.legs.all():
            remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)

    def act(refund):
        try:
            return wrong(shop, refund, amount=100, key="SAME").state
        except Refusal as refusal:
            return refusal.code

    said = at_once(lambda: act(pair[0]), lambda: act(pair[1]))
    assert sorted(map(str, said)) == ["idempotency_key_reused", "open"]
