"""A platform's coupon in the books: whole amount is revenue, the customer gets her own part, both figures stay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sudapos.books import answers, coupon_differences, decisions, ledger, links, moves, remedies, requests
from sudapos.books import vouchers as vouchers_of
from sudapos.books.findings import Finding
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.legs import Leg
from sudapos.books.sales import Payment, Sale
from sudapos.core.outcome import Bounced, Refused, Settled
from sudapos.ops import verifying
from tests.cast import Shop

pytestmark = pytest.mark.django_db


def couponed(
    shop: Shop, total: int = 1_000, coupon: int = 300, channel: str = "wechatpay", **told: Any
) -> Sale:
    number = told.pop("sale_no", "S-EX08")
    line = LineDraft(line_no=1, name="咖啡", milli=1000, unit_price=total, vat_bp=1300)
    paid = replace(shop.payment(number, channel, total), coupon_amount=coupon)
    return shop.sell(number, lines=(line,), payments=(paid,), **told)


def say(shop: Shop, leg: Leg, outcome: Any) -> None:
    """The channel answers this leg; the worker looks for differences as it does."""
    shop.later(minutes=2)
    orders = {order.number: order for order in moves.claim(10, at=shop.at)}
    heard = [answers.Answer(orders[leg.leg_no].attempt, outcome)]
    answers.record(heard, at=shop.at)
    coupon_differences.of_attempts([one.attempt for one in heard], at=shop.at)


def balances(*numbers: str) -> dict[str, int]:
    return {b.account: b.amount for b in ledger.balances(business_nos=numbers) if b.amount}


def only(refund: Any) -> Leg:
    [leg] = decisions.get(refund.refund_no).legs.all()
    return leg


def sound() -> None:
    assert [finding for _, finding in verifying.run() if finding] == []


def test_ex08_the_customer_gets_six_thirty_and_then_exactly_the_rest(shop: Shop) -> None:
    sale = couponed(shop)
    shown = requests.preview(shop.ask(sale, amount=900), at=shop.at)
    assert [(leg.amount, leg.user_amount) for leg in shown.plan.legs] == [(900, 630)]
    first = shop.refund(sale, amount=900)
    assert (only(first).amount, only(first).user_amount, only(first).to_customer) == (900, 630, 630)
    say(shop, only(first), Settled(amount=630, channel_refund_ref="50300001"))
    second = shop.refund(sale, amount=100)
    assert (only(second).amount, only(second).user_amount) == (100, 70)
    say(shop, only(second), Settled(amount=70))
    assert [only(each).paid_amount for each in (first, second)] == [630, 70]
    assert not Finding.objects.exists()
    sound()


def test_j19_the_whole_amount_is_revenue_and_the_channel_takes_the_whole_back(shop: Shop) -> None:
    sale = couponed(shop, 10_000, 3_000)
    assert Entry.objects.get(business_no=sale.sale_no).recipe == "J19a"
    assert balances(sale.sale_no) == {"1122.01": 10_000, "5001": -8_850, "2221.01": -1_150}
    refund = shop.refund(sale, amount=9_000)
    say(shop, only(refund), Settled(amount=6_300))
    assert balances(refund.refund_no) == {"5001": 7_965, "2221.01": 1_035, "1122.01": -9_000}
    sound()


def test_f18_when_the_channel_gives_another_sum_both_stay_and_somebody_looks_once(shop: Shop) -> None:
    refund = shop.refund(couponed(shop), amount=900)
    leg = only(refund)
    say(shop, leg, Settled(amount=629))
    leg.refresh_from_db()
    assert (leg.user_amount, leg.paid_amount, leg.to_customer) == (630, 629, 629)
    found = Finding.objects.get()
    assert (found.kind, found.difference, found.number, found.owner) == (
        "coupon_differs",
        0,
        leg.leg_no,
        "finance",
    )
    assert found.ours == {"refund_order_amount": 900, "refund_cash_amount": 630}
    assert found.theirs == {"refund_order_amount": 900, "refund_cash_amount": 629}
    coupon_differences.sweep(at=shop.at)
    assert Finding.objects.count() == 1
    # what she did not get now comes with the last one
    assert only(shop.refund("S-EX08", amount=100)).user_amount == 71
    sound()


def test_a_crash_before_the_finding_is_made_good_by_the_sweep(shop: Shop) -> None:
    leg = only(shop.refund(couponed(shop), amount=900))
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Settled(amount=900))], at=shop.at)
    assert not Finding.objects.exists()
    assert [row.number for row in coupon_differences.sweep(at=shop.at)] == [leg.leg_no]
    assert coupon_differences.sweep(at=shop.at) == []


def test_a_channel_that_does_not_say_leaves_our_figure(shop: Shop) -> None:
    leg = only(shop.refund(couponed(shop), amount=900))
    say(shop, leg, Settled())
    leg.refresh_from_db()
    assert leg.paid_amount == 630
    assert not Finding.objects.exists()


def test_a_part_that_was_refused_and_dropped_counts_for_nothing(shop: Shop) -> None:
    sale = couponed(shop)
    first = shop.refund(sale, amount=900)
    say(shop, only(first), Refused(code="INVALID_REQUEST"))
    remedies.drop(only(first).leg_no, operator=shop.f01, note="重新办理", at=shop.at)
    again = shop.refund(sale, amount=1_000)
    assert (only(again).amount, only(again).user_amount) == (1_000, 700)
    sound()


def test_a_refund_that_waited_is_shared_when_it_goes(shop: Shop) -> None:
    sale = couponed(shop, 200_000, 60_000)
    waits = shop.refund(sale, amount=100_000)
    assert (waits.state, waits.plan[0]["user_amount"]) == ("awaiting", 70_000)
    went = shop.refund(sale, amount=3, operator="c02")
    assert only(went).user_amount == 2
    done = decisions.approve(waits.refund_no, operator=shop.m01, at=shop.at)
    assert only(done).user_amount == 70_000


def test_two_of_one_list_see_each_other(shop: Shop) -> None:
    sale = couponed(shop, 1_000, 333)
    asked = [shop.ask(sale, amount=part, reason="other") for part in (333, 333, 334)]
    opened = requests.open(asked, at=shop.at)
    parts = [each.refund.plan[0]["user_amount"] for each in opened if each.refund]
    assert (parts, sum(parts)) == ([222, 222, 223], 667)


def test_alipay_gives_the_customer_her_own_money_first(shop: Shop) -> None:
    sale = couponed(shop, channel="alipay")
    assert [only(shop.refund(sale, amount=part)).user_amount for part in (600, 400)] == [600, 100]


def test_what_bounced_goes_by_transfer_and_only_her_own_part(shop: Shop) -> None:
    sale = couponed(shop)
    refund = shop.refund(sale, amount=900)
    say(shop, only(refund), Settled(amount=630))
    answer = answers.Answer
    moves.hasten(only(refund).account.notice_secret, only(refund).leg_no, at=shop.later(minutes=5))
    [order] = moves.claim(10, at=shop.at)
    answers.record([answer(order.attempt, Bounced(code="account_closed"))], at=shop.at)
    leg_no = only(refund).leg_no
    with pytest.raises(Exception, match="coupon_not_by_cash"):
        remedies.retry(leg_no, operator=shop.f01, note="本人身份证", route="cash", at=shop.at)
    leg = remedies.retry(leg_no, operator=shop.f01, note="同名账户", route="transfer", at=shop.at)
    assert (leg.amount, leg.to_customer) == (900, 630)
    paid = remedies.confirm(leg.leg_no, operator=shop.f02, reference="B-1", at=shop.at)
    assert paid.paid_amount == 630
    # 9.00 came back to the channel's account by J12a; 6.30 left the bank, 2.70 were never the customer's
    assert balances(refund.refund_no) == {"5001": 796, "2221.01": 104, "1002": -630, "5301": -270}
    sound()


def test_voucher_and_customers_page_name_what_she_gets(shop: Shop) -> None:
    refund = shop.refund(couponed(shop), amount=900)
    slip = vouchers_of.issue(refund.refund_no, at=shop.at).slip
    [tender] = slip["tenders"]
    assert (slip["total"], tender["amount"], tender["paid_amount"]) == (900, 900, 630)
    page = links.page_of(decisions.get(refund.refund_no), at=shop.at)
    assert (page.amount, [part.amount for part in page.parts]) == (630, [630])


def test_a_coupon_above_its_payment_or_on_cash_is_refused_and_the_database_agrees(shop: Shop) -> None:
    from sudapos.books import intake

    for channel, coupon in (("wechatpay", 1_001), ("cash", 1)):
        line = LineDraft(line_no=1, name="咖啡", milli=1000, unit_price=1_000, vat_bp=1300)
        paid = replace(shop.payment("S-1", channel, 1_000), coupon_amount=coupon)
        draft = shop.draft("S-1", lines=(line,), payments=(paid,))
        [taken] = intake.ingest([draft], by="test", at=shop.at)
        assert taken.refusal is not None and taken.refusal.code == "input_invalid"
    couponed(shop)
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(coupon_amount=1_001)


def test_a_repeat_of_a_sale_without_a_coupon_is_the_same_sale_as_before(shop: Shop) -> None:
    from sudapos.books import intake

    draft = shop.draft("S-2", channel="wechatpay")
    assert "coupon" not in repr(intake.content_digest(draft))
    told = replace(draft, payments=(replace(draft.payments[0], coupon_amount=1),))
    assert intake.content_digest(draft) != intake.content_digest(told)
