"""The shop's own coupon comes back with the last money of a sale that came back whole: once, and while it is valid."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction

from sudapos.books import answers, intake, moves, remedies, requests
from sudapos.books import vouchers as vouchers_of
from sudapos.books.audit import AuditRecord
from sudapos.books.coupons import CouponReturn, SaleCoupon
from sudapos.books.drafts import CouponDraft
from sudapos.books.outbox import Message
from sudapos.books.sales import Sale
from sudapos.core.calendar import SHANGHAI
from sudapos.core.outcome import Refused, Settled
from sudapos.ops import verifying
from tests.books.test_cards import agreed
from tests.cast import Shop

pytestmark = pytest.mark.django_db


def today(shop: Shop) -> date:
    return shop.at.astimezone(SHANGHAI).date()


def couponed(shop: Shop, **told: Any) -> Sale:
    """59.97 less a coupon of 10 yuan: 49.97."""
    coupon = {
        "code": "MD10",
        "amount": 1_000,
        "valid_to": today(shop) + timedelta(days=1),
        **told.pop("coupon", {}),
    }
    return shop.sell(order_discount=1_000, coupons=(CouponDraft(**coupon),), **told)


def pay(shop: Shop, refund: Any) -> None:
    for leg in refund.legs.all():
        remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)


def states() -> list[tuple[str, str, str]]:
    return [(row.coupon.code, row.state, row.refund.refund_no) for row in CouponReturn.objects.order_by("id")]


def sound() -> None:
    assert [finding for _, finding in verifying.run() if finding] == []


def test_a_coupon_comes_back_when_the_last_money_of_its_sale_does(shop: Shop) -> None:
    refund = shop.refund(couponed(shop))
    assert (refund.total, states()) == (4_997, [])
    pay(shop, refund)
    assert states() == [("MD10", "returned", refund.refund_no)]
    [told] = Message.objects.filter(event="coupon.returned")
    assert (told.subject_no, told.facts["coupon"], told.facts["amount"]) == (
        refund.sale.sale_no,
        "MD10",
        1_000,
    )
    assert AuditRecord.objects.filter(act="coupon.returned", subject_no=refund.sale.sale_no).count() == 1
    sound()


def test_in_several_steps_the_one_that_ends_the_sale_gives_it_back(shop: Shop) -> None:
    sale = couponed(shop)
    first = shop.refund(sale, lines={1: 1})
    pay(shop, first)
    second = agreed(shop, shop.refund(sale, lines={1: 1}, operator="c02"))
    pay(shop, second)
    assert states() == []
    third = agreed(shop, shop.refund(sale, lines={2: 1}, operator="m02"))
    pay(shop, third)
    assert states() == [("MD10", "returned", third.refund_no)]
    pay(shop, third)
    assert CouponReturn.objects.count() == 1


def test_all_the_money_without_the_goods_gives_no_coupon_back(shop: Shop) -> None:
    refund = agreed(shop, shop.refund(couponed(shop), amount=4_997, reason="wrong_charge"))
    pay(shop, refund)
    assert states() == []


def test_an_expired_coupon_says_so_and_stays_away(shop: Shop) -> None:
    sale = couponed(shop, coupon={"valid_to": today(shop) - timedelta(days=1)})
    weighed = requests.preview(shop.ask(sale, everything=True), at=shop.at)
    assert "coupon_expired" in [reason.code for reason in weighed.verdict.reasons]
    refund = shop.refund(sale)
    pay(shop, refund)
    assert states() == [("MD10", "expired", refund.refund_no)]
    assert not Message.objects.filter(event="coupon.returned").exists()


def test_it_is_valid_on_its_last_day(shop: Shop) -> None:
    refund = shop.refund(couponed(shop, coupon={"valid_to": today(shop)}))
    pay(shop, refund)
    assert states()[0][1] == "returned"


def test_a_leg_that_was_given_up_gives_nothing_back_until_it_is_refunded_anew(shop: Shop) -> None:
    sale = couponed(shop, channel="wechatpay")
    refund = shop.refund(sale)
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Refused(code="INVALID_REQUEST"))], at=shop.at)
    remedies.drop(refund.legs.get().leg_no, operator=shop.f01, note="重来", at=shop.at)
    assert states() == []
    again = agreed(shop, shop.refund(sale, operator="c02"))
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Settled(amount=4_997))], at=shop.at)
    assert states() == [("MD10", "returned", again.refund_no)]


def test_two_legs_answered_together_give_it_back_once(shop: Shop) -> None:
    sale = couponed(shop, channel="alipay")
    first = shop.refund(sale, lines={1: 2})
    second = agreed(shop, shop.refund(sale, lines={2: 1}, operator="c02"))
    shop.later(minutes=2)
    heard = [answers.Answer(order.attempt, Settled()) for order in moves.claim(10, at=shop.at)]
    answers.record(heard, at=shop.at)
    assert len(states()) == 1 and states()[0][2] in (first.refund_no, second.refund_no)


@pytest.mark.parametrize(
    ("asked", "code"), [({"lines": {1: 1}}, "coupon_stays_used"), ({"everything": True}, "coupon_comes_back")]
)
def test_the_preview_says_what_becomes_of_it(shop: Shop, asked: dict[str, Any], code: str) -> None:
    weighed = requests.preview(shop.ask(couponed(shop), **asked), at=shop.at)
    assert code in [reason.code for reason in weighed.verdict.reasons]


def test_the_voucher_says_whether_it_comes_back(shop: Shop) -> None:
    sale = couponed(shop)
    part = shop.refund(sale, lines={1: 1})
    slip = vouchers_of.issue(part.refund_no, at=shop.at).slip
    assert slip["coupons"] == [{"code": "MD10", "face": 1_000, "state": "used"}]
    whole = agreed(shop, shop.refund(sale, operator="c02"))
    slip = vouchers_of.issue(whole.refund_no, at=shop.at).slip
    assert [each["state"] for each in slip["coupons"]] == ["due"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": 1_001}, "amount"),
        ({"amount": 0}, "amount"),
        ({"face": 999}, "amount"),
        ({"lines": (7,)}, "lines"),
        ({"code": " "}, "code"),
    ],
)
def test_a_coupon_that_does_not_fit_its_sale_names_the_field(
    shop: Shop, wrong: dict[str, Any], field: str
) -> None:
    coupon = CouponDraft(**{"code": "MD10", "amount": 1_000, **wrong})
    draft = shop.draft("S-1", order_discount=1_000, coupons=(coupon,))
    [taken] = intake.ingest([draft], by="test", at=shop.at)
    assert taken.refusal is not None
    assert [fault.loc for fault in taken.refusal.errors] == [("coupons", 0, field)]


def test_what_was_used_and_given_back_never_changes(shop: Shop) -> None:
    pay(shop, shop.refund(couponed(shop)))
    for table, told in ((SaleCoupon, {"face": 9_999}), (CouponReturn, {"state": "used"})):
        with pytest.raises(Exception, match="append"), transaction.atomic():
            table.objects.update(**told)
