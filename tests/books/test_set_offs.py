"""Money of a wrong refund that bounced: what she owes for it is set off, the rest goes out again, to the fen."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Sum

from sudapos.books import answers, corrections, ledger, moves, pairing, remedies, set_offs, wishes
from sudapos.books.audit import AuditRecord
from sudapos.books.ledger import Line
from sudapos.books.legs import Leg
from sudapos.books.outbox import Message
from sudapos.core import calendar
from sudapos.core.outcome import Accepted, Bounced, Settled
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from sudapos.ops import verifying
from tests.api.test_reissues import shop_secret

from .test_corrections import entries, wrong
from .test_coupons import couponed, say

WHOLE = 5997


def sent(shop, number="S-1"):
    """59.97 over WeChat Pay, refunded and arrived."""
    refund = shop.refund(shop.sell(number, channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    settled = Settled(amount=refund.total, at=shop.at, channel_refund_ref="50300")
    answers.record([answers.Answer(order.attempt, settled)], at=shop.at)
    return refund, order


def bounce(shop, order):
    """The bank sends it back."""
    shop.later(minutes=2)
    moves.hasten(shop_secret(order.number), order.number, at=shop.at)
    [got] = moves.claim(1, at=shop.at)
    back = Bounced(code="account_closed", channel_refund_ref="50300")
    answers.record([answers.Answer(got.attempt, back)], at=shop.at)


def paid(shop, order):
    """Its channel pays the old number after all."""
    shop.later(minutes=2)
    moves.hasten(shop_secret(order.number), order.number, at=shop.at)
    [got] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(got.attempt, Settled(at=shop.at, channel_refund_ref="50300"))], at=shop.at)


def bounced(shop, amount, *, given_up=False):
    """A refund of which `amount` was wrong, and which came back while that was asked of the customer."""
    refund, order = sent(shop)
    row = wrong(shop, refund, amount=amount)
    if given_up:
        corrections.give_up(row.correction_no, note="联系不上", operator=shop.f01, at=shop.at)
    bounce(shop, order)
    return refund, row, order


def balance(refund, account):
    rows = Line.objects.filter(entry__business_no=refund.refund_no, account=account)
    sums = dict(rows.order_by().values_list("side").annotate(sum=Sum("amount")))
    return sums.get("借", 0) - sums.get("贷", 0)


def ok():
    assert [fault for _, fault in verifying.run() if fault] == []
    assert ledger.trial_balance_off() == 0


@pytest.mark.parametrize("given_up", [False, True], ids=["open", "given up"])
@pytest.mark.parametrize("amount", [1, 1000, 3998, 5996, WHOLE])
def test_whatever_was_wrong_the_customer_gets_the_rest_and_no_account_keeps_a_fen(shop, amount, given_up):
    refund, row, _ = bounced(shop, amount, given_up=given_up)
    before, promised = len(entries(refund)), refund.legs.get().payment.promised
    ok()
    gone = set_offs.set_off(refund.legs.get().leg_no, amount=amount, operator=shop.f01, at=shop.at)
    loss = [("J26e", [("借", "1221.03", amount), ("借", "5711", -amount)])] if given_up else []
    assert entries(refund)[before:] == [
        *loss,
        ("J26d", [("借", "2241.01", amount), ("贷", "1221.03", amount)]),
    ]
    ok()
    assert (gone.route, gone.state, gone.amount, gone.to_customer) == ("set_off", "settled", amount, 0)
    row.refresh_from_db()
    assert (row.state, row.set_off, row.left) == ("set_off", amount, 0)
    rest = refund.legs.exclude(pk=gone.pk).exclude(replaced=True).first()
    if amount == WHOLE:
        assert rest is None
    else:
        assert (rest.state, rest.amount, rest.tax + gone.tax) == ("bounced", WHOLE - amount, refund.tax)
        remedies.retry(rest.leg_no, operator=shop.m02, note="同名账户", route="transfer", at=shop.at)
        rest.refresh_from_db()
        remedies.confirm(rest.leg_no, operator=shop.f01, reference="B-1", at=shop.at)
    got = {account: balance(refund, account) for account in ("2241.01", "1221.03", "5711", "1002", "1122.01")}
    assert got == {"2241.01": 0, "1221.03": 0, "5711": 0, "1002": -(WHOLE - amount), "1122.01": 0}
    assert balance(refund, "5001") + balance(refund, "2221.01") == WHOLE - amount
    assert gone.payment.__class__.objects.get().promised == promised
    ok()


@pytest.mark.parametrize("given_up", [False, True], ids=["open", "given up"])
def test_nothing_goes_out_again_before_it_is_set_off(shop, given_up):
    refund, row, _ = bounced(shop, 1000, given_up=given_up)
    leg, code = refund.legs.get(), "correction_given_up" if given_up else "correction_open"
    for route in ("transfer", "cash"):
        with pytest.raises(Refusal) as refusal:
            remedies.retry(leg.leg_no, operator=shop.m02, note="x", route=route, at=shop.at)
        assert (refusal.value.code, refusal.value.facts) == (
            code,
            {"correction_no": row.correction_no, "amount": 1000},
        )
    assert set_offs.claimed(leg) == 1000


def test_it_is_done_once_by_finance_over_what_was_seen_and_leaves_its_record(shop):
    refund, row, _ = bounced(shop, 1000)
    leg_no = refund.legs.get().leg_no
    with pytest.raises(Forbidden, match="may_not"):
        set_offs.set_off(leg_no, operator=shop.m02, at=shop.at)
    with pytest.raises(Conflict) as refusal:
        set_offs.set_off(leg_no, amount=999, operator=shop.f01, at=shop.at)
    assert (refusal.value.code, refusal.value.facts["amount"]) == ("set_off_changed", 1000)
    told = set(Message.objects.values_list("pk", flat=True))
    set_offs.set_off(leg_no, amount=1000, operator=shop.f01, at=shop.at)
    [message] = Message.objects.exclude(pk__in=told)
    assert (message.event, message.facts["amount"]) == ("leg.bounced", 4997)
    rest = refund.legs.get(state="bounced")
    assert rest.leg_no != leg_no
    with pytest.raises(Conflict, match="nothing_to_set_off"):
        set_offs.set_off(rest.leg_no, amount=1000, operator=shop.f01, at=shop.at)
    assert set_offs.claimed(rest) == 0
    [act] = AuditRecord.objects.filter(act="correction.set_off")
    assert (act.facts["correction_no"], act.facts["amount"], act.facts["left"]) == (
        row.correction_no,
        1000,
        0,
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        corrections.Correction.objects.filter(pk=row.pk).update(set_off=1)


def test_a_refund_does_not_set_itself_off(shop):
    refund, _, _ = bounced(shop, 1000)
    type(refund).objects.filter(pk=refund.pk).update(operator=shop.f01)
    with pytest.raises(Forbidden, match="maker_is_checker"):
        set_offs.set_off(refund.legs.get().leg_no, operator=shop.f01, at=shop.at)


def test_several_corrections_are_met_oldest_first(shop):
    refund, order = sent(shop)
    rows = [wrong(shop, refund, amount=fen, key=f"K-{fen}") for fen in (1000, 2000, 2997)]
    corrections.give_up(rows[1].correction_no, note="联系不上", operator=shop.f01, at=shop.at)
    corrections.collect(
        rows[2].correction_no, channel="transfer", reference="B", operator=shop.f01, at=shop.at
    )
    bounce(shop, order)
    gone = set_offs.set_off(refund.legs.get().leg_no, operator=shop.f01, at=shop.at)
    assert gone.amount == 3000
    assert refund.legs.get(state="bounced").amount == 2997
    for row in rows:
        row.refresh_from_db()
    assert [(row.state, row.set_off) for row in rows] == [
        ("set_off", 1000),
        ("set_off", 2000),
        ("collected", 0),
    ]
    assert (balance(refund, "1221.03"), balance(refund, "2241.01"), balance(refund, "5711")) == (0, -2997, 0)
    ok()


def test_what_the_money_does_not_cover_stays_owed(shop):
    parts = (shop.payment("S-2", "wechatpay", 2000), shop.payment("S-2", "alipay", 3997, "P2"))
    refund = shop.refund(shop.sell("S-2", payments=parts))
    orders = moves.claim(2, at=shop.at)
    for each in orders:
        settled = Settled(amount=each.amount, at=shop.at, channel_refund_ref="50300")
        answers.record([answers.Answer(each.attempt, settled)], at=shop.at)
    [order] = [each for each in orders if each.channel == "wechatpay"]
    row = wrong(shop, refund, amount=2500)
    bounce(shop, order)
    gone = set_offs.set_off(order.number, amount=2000, operator=shop.f01, at=shop.at)
    row.refresh_from_db()
    assert (gone.amount, gone.tax, row.state, row.set_off, row.left) == (2000, 230, "open", 2000, 500)
    assert not refund.legs.filter(state="bounced").exists()
    ok()
    done = corrections.collect(
        row.correction_no, channel="transfer", reference="B-2", operator=shop.f01, at=shop.at
    )
    assert done.state == "collected"
    assert entries(refund)[-1] == ("J26b", [("借", "1002", 500), ("贷", "1221.03", 500)])
    assert (balance(refund, "1221.03"), balance(refund, "2241.01")) == (0, 0)
    ok()


def test_what_bounced_before_anybody_saw_the_mistake_is_corrected_and_set_off(shop):
    refund, order = sent(shop)
    bounce(shop, order)
    row = wrong(shop, refund, amount=3998)
    assert (row.state, row.amount, row.tax) == ("open", 3998, 460)
    set_offs.set_off(refund.legs.get().leg_no, operator=shop.f01, at=shop.at)
    assert refund.legs.get(state="bounced").amount == 1999
    with pytest.raises(Refusal, match="correction_too_much"):
        wrong(shop, refund, amount=2000, key="K-2")
    ok()


@pytest.mark.parametrize("amount", [1000, WHOLE])
def test_an_old_number_that_is_paid_after_all_alarms_people_and_pays_nothing_here(shop, amount):
    refund, _, order = bounced(shop, amount)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    rest = refund.legs.filter(state="bounced").first()
    if rest is not None:
        remedies.retry(rest.leg_no, operator=shop.m02, note="同名账户", route="transfer", at=shop.at)
    booked = entries(refund)
    paid(shop, order)
    assert entries(refund) == booked
    [alarmed] = Leg.objects.exclude(alarm="")
    assert (alarmed.leg_no, alarmed.state, alarmed.alarm) == (order.number, "dropped", "paid_after_drop")
    assert not alarmed.recheck
    if rest is not None:
        rest.refresh_from_db()
        with pytest.raises(Conflict, match="leg_alarmed"):
            remedies.confirm(rest.leg_no, operator=shop.f01, reference="B-1", at=shop.at)
        remedies.close_alarm(order.number, operator=shop.f01, note="渠道已追回", at=shop.at)
        assert (
            remedies.confirm(rest.leg_no, operator=shop.f01, reference="B-1", at=shop.at).paid_amount == 4997
        )
    ok()


def test_its_channel_is_still_asked_and_saying_the_same_again_is_no_alarm(shop):
    refund, _, order = bounced(shop, 1000)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    for _ in range(3):
        bounce(shop, order)
    old = Leg.objects.get(leg_no=order.number)
    assert (old.state, old.alarm, old.recheck, old.replaced) == ("dropped", "", True, True)
    ok()


def test_what_its_channel_is_sending_elsewhere_waits(shop):
    from sudapos.books import reissues

    refund, order = sent(shop)
    bounce(shop, order)
    told = {"kind": "customer_card", "bank": "CMB", "card_number": "6225880000000123", "evidence": "销户"}
    reissues.propose(order.number, **told, operator=shop.m02, at=shop.at)
    reissues.portal(order.number, reference="MCH-7", operator=shop.f01, at=shop.at)
    wrong(shop, refund, amount=1000)
    with pytest.raises(Conflict, match="reissue_under_way"):
        set_offs.set_off(order.number, operator=shop.f01, at=shop.at)


def coupon_order(shop, wrong_by):
    """9.00 of a coupon order, of which the customer got 6.30; it came back."""
    sale = couponed(shop)
    refund = shop.refund(sale, amount=900)
    say(shop, refund.legs.get(), Settled(amount=630, channel_refund_ref="50300"))
    order = Leg.objects.get(refund=refund)
    row = wrong(shop, refund, amount=wrong_by)
    shop.later(minutes=2)
    moves.hasten(shop_secret(order.leg_no), order.leg_no, at=shop.at)
    say(shop, order, Bounced(code="account_closed", channel_refund_ref="50300"))
    return sale, refund, row, order.leg_no


def test_of_a_coupon_order_her_own_part_alone_is_set_off(shop):
    sale, refund, _, number = coupon_order(shop, 200)
    gone = set_offs.set_off(number, amount=200, operator=shop.f01, at=shop.at)
    rest = Leg.objects.get(refund=refund, state="bounced")
    assert (gone.amount, gone.to_customer, rest.amount, rest.to_customer) == (200, 0, 700, 430)
    remedies.retry(rest.leg_no, operator=shop.m02, note="同名账户", route="transfer", at=shop.at)
    rest.refresh_from_db()
    assert remedies.confirm(rest.leg_no, operator=shop.f01, reference="B-1", at=shop.at).paid_amount == 430
    assert entries(refund)[-2:] == [
        ("J26d", [("借", "2241.01", 200), ("贷", "1221.03", 200)]),
        ("J19c", [("借", "2241.01", 700), ("贷", "1002", 430), ("贷", "5301", 270)]),
    ]
    ok()
    shop.later(minutes=3)
    assert shop.refund(sale, amount=100).legs.get().user_amount == 70


def test_where_all_of_her_part_is_owed_the_platforms_goes_to_nobody(shop):
    _, refund, row, number = coupon_order(shop, 700)
    gone = set_offs.set_off(number, amount=630, operator=shop.f01, at=shop.at)
    row.refresh_from_db()
    assert (gone.amount, gone.to_customer, row.state, row.left) == (900, 0, "open", 70)
    assert entries(refund)[-1] == (
        "J26f",
        [("借", "2241.01", 900), ("贷", "1221.03", 630), ("贷", "5301", 270)],
    )
    assert not Leg.objects.filter(refund=refund, state="bounced").exists()
    ok()


def test_a_refund_that_came_to_nothing_is_not_told_as_done(shop):
    refund = shop.refund(shop.sell("S-1", channel="wechatpay"))
    [order] = moves.claim(1, at=shop.at)
    answers.record([answers.Answer(order.attempt, Accepted())], at=shop.at)
    bounce(shop, order)
    wrong(shop, refund, amount=WHOLE)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    assert not Message.objects.filter(event__in=("refund.done", "leg.settled")).exists()
    assert entries(refund)[-1] == ("J26d", [("借", "2241.01", WHOLE), ("贷", "1221.03", WHOLE)])
    ok()


def test_its_channels_statement_still_finds_what_it_paid_out_and_nothing_else(shop):
    refund, _, order = bounced(shop, 1000)
    day, account = shop.at.astimezone(calendar.SHANGHAI).date(), refund.legs.get().account

    def ours():
        out = io.BytesIO()
        pairing.write_ours(account, day - timedelta(days=1), day, out)
        rows = csv.DictReader(io.StringIO(out.getvalue().decode()))
        return [(row["number"], row["amount"], row["done"]) for row in rows if row["side"] == "out"]

    before = ours()
    assert before == [(order.number, "5997", "1")]
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    assert ours() == before


@pytest.mark.parametrize("amount", [1000, WHOLE])
def test_the_customer_is_written_to_about_money_and_never_about_a_set_off(shop, amount):
    refund, _, order = bounced(shop, amount)
    told = {"to": "13800000002", "lang": "zh", "offered": ("phone",)}
    wishes.ask(refund.refund_no, **told, operator=shop.c01, at=shop.at)
    wishes.notice(at=shop.at)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    assert wishes.notice(at=shop.at) == 0
    rest = refund.legs.filter(state="bounced").first()
    if rest is not None:
        remedies.retry(rest.leg_no, operator=shop.m02, note="同名账户", route="transfer", at=shop.at)
        rest.refresh_from_db()
        remedies.confirm(rest.leg_no, operator=shop.f01, reference="B-1", at=shop.at)
        assert wishes.notice(at=shop.at) == 1


def test_a_second_mistake_found_later_is_set_off_against_what_is_left(shop):
    refund, _, order = bounced(shop, 1000)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    rest = Leg.objects.get(refund=refund, state="bounced")
    wrong(shop, refund, amount=2000, key="K-2")
    with pytest.raises(Refusal, match="correction_open"):
        remedies.retry(rest.leg_no, operator=shop.m02, note="同名账户", route="transfer", at=shop.at)
    set_offs.set_off(rest.leg_no, amount=2000, operator=shop.f01, at=shop.at)
    last = Leg.objects.get(refund=refund, state="bounced")
    assert last.amount == 2997
    with pytest.raises(Refusal, match="correction_too_much"):
        wrong(shop, refund, amount=2998, key="K-3")
    remedies.retry(last.leg_no, operator=shop.m02, note="本人身份证，销户证明", route="cash", at=shop.at)
    last.refresh_from_db()
    remedies.confirm(last.leg_no, operator=shop.c01, at=shop.at)
    got = {account: balance(refund, account) for account in ("2241.01", "1221.03", "1001", "1122.01")}
    assert got == {"2241.01": 0, "1221.03": 0, "1001": -2997, "1122.01": 0}
    numbers = list(Leg.objects.filter(refund=refund).values_list("leg_no", flat=True))
    assert len(set(numbers)) == 5
    ok()
