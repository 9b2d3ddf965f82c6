"""Who paid, as digests: a refund to somebody who works here is blocked, many to one payee wait, a till's clock and queue are looked at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sudapos.books import payers, requests, shops
from sudapos.books.alerts import Alert
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft, PaymentDraft
from sudapos.books.payers import StaffPayee
from sudapos.books.sales import Payment, Sale
from sudapos.core.refusal import Conflict, Forbidden, Invalid, NotFound
from tests.cast import Shop

pytestmark = pytest.mark.django_db
CARD = "622202******1234"


def sold(shop: Shop, *, payer: str = "", card: str = "", **changes: Any) -> Sale:
    payment = PaymentDraft(
        payment_no="P1",
        channel="wechatpay",
        account="demo-wechatpay",
        amount=5997,
        payer=payer,
        card_masked=card,
    )
    return shop.sell(payments=(payment,), **changes)


def codes(shop: Shop, sale: Sale, **changes: Any) -> list[str]:
    weighed = requests.preview(shop.ask(sale, lines={1: 1}, **changes), at=shop.at)
    return [reason.code for reason in weighed.verdict.reasons if reason.weight]


def test_a_digest_tells_two_payers_apart_and_neither_can_be_read(shop: Shop) -> None:
    sold(shop, payer="oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")
    digest = Payment.objects.get().payer_digest
    assert len(digest) == 64 and "oUpF8" not in digest
    assert digest == payers.digest_of("wechatpay", " oUpF8uMuAJO_M2pxb1Q9zNjWeS6o ")
    assert digest != payers.digest_of("alipay", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o")


@pytest.mark.parametrize("masked", ["", "****1234", "622202", "6222021234", "6222020000001234"])
def test_too_little_of_a_card_is_no_payer(masked: str) -> None:
    assert payers.card_digest(masked) == ""


def test_a_card_is_known_by_its_first_six_and_last_four_however_it_is_masked(shop: Shop) -> None:
    sold(shop, card="622202*********1234")
    assert Payment.objects.get().payer_digest == payers.card_digest(CARD)


@pytest.mark.parametrize(
    ("kind", "number", "sale"),
    [
        ("card", CARD, {"card": "622202*********1234"}),
        ("wechatpay", "openid-of-c01", {"payer": "openid-of-c01"}),
        ("phone", "13800138000", {"phone": "138 0013 8000"}),
    ],
)
def test_fr03_blocks_what_was_paid_by_somebody_who_works_here(
    shop: Shop, kind: str, number: str, sale: dict[str, Any]
) -> None:
    theirs, other = sold(shop, **sale), sold(shop, payer="a-customer", phone="13900139000")
    assert codes(shop, theirs) == []
    payers.register(shop.c02, kind, number, at=shop.at)
    assert (codes(shop, theirs), codes(shop, other)) == (["fr03"], [])


def test_who_left_is_no_longer_one_of_the_staff(shop: Shop) -> None:
    sale = sold(shop, payer="openid-of-c02")
    payers.register(shop.c02, "wechatpay", "openid-of-c02", at=shop.at)
    leaver = shop.c02
    leaver.is_active = False
    leaver.save(update_fields=["is_active"])
    assert codes(shop, sale) == []


def test_fr04_asks_a_manager_at_the_third_refund_to_one_payee(shop: Shop) -> None:
    sales = [sold(shop, payer="same-person") for _ in range(3)]
    made = [shop.refund(sale, lines={1: 1}) for sale in sales]
    assert [refund.state for refund in made] == ["approved", "approved", "awaiting"]
    assert made[2].verdict["reasons"][0]["code"] == "fr04"
    assert shop.refund(sold(shop, payer="another"), lines={1: 1}).state == "approved"
    assert shop.refund(sold(shop, payer="same-person"), lines={1: 1}, operator="c02").state == "approved"


def test_fr04_counts_the_same_list_and_forgets_after_thirty_days(shop: Shop) -> None:
    sales = [sold(shop, payer="same-person") for _ in range(3)]
    opened = requests.open([shop.ask(sale, lines={1: 1}) for sale in sales], at=shop.at)
    assert [one.refund.state for one in opened if one.refund] == ["approved", "approved", "awaiting"]
    shop.later(days=8)
    assert "fr04" not in codes(shop, sold(shop, payer="same-person"))
    shop.later(days=23)
    assert "fr04" not in codes(shop, sold(shop, payer="same-person"))


def lines(**changes: Any) -> tuple[LineDraft, ...]:
    return (LineDraft(line_no=1, name="货", milli=2000, unit_price=1000, **changes),)


@pytest.mark.parametrize(("by", "seen"), [("", 0), ("c02", 0), ("c01", 1)])
def test_fr20_sees_a_price_that_its_own_maker_changed(shop: Shop, by: str, seen: int) -> None:
    shop.refund(shop.sell(lines=lines(override_by=by), channel="wechatpay"), lines={1: 1})
    assert Alert.objects.filter(rule="FR20").count() == seen


@pytest.mark.parametrize(("off", "held"), [(120, []), (121, ["fr24"]), (-120, []), (-121, ["fr24"])])
def test_fr24_holds_refunds_of_a_till_whose_clock_is_off(shop: Shop, off: int, held: list[str]) -> None:
    sale = shop.sell(channel="wechatpay")
    assert codes(shop, sale, till_time=shop.at + timedelta(seconds=off)) == held


def test_fr24_listens_to_the_policys_own_entry(shop: Shop) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "clock_drift_block_seconds": 30}
    merchant.save(update_fields=["rules"])
    sale = shop.sell(channel="wechatpay")
    for off, held in ((30, []), (31, ["fr24"])):
        assert codes(shop, sale, till_time=shop.at + timedelta(seconds=off)) == held


@pytest.mark.parametrize(
    ("off", "till", "held"),
    [(10, "T1", []), (9, "T1", ["fr24"]), (9, "T2", []), (11, "T1", [])],
    ids=["the same", "a second less", "another till", "a second more"],
)
def test_fr24_holds_a_refund_of_a_till_whose_clock_was_set_back(
    shop: Shop, off: int, till: str, held: list[str]
) -> None:
    """The first said ten seconds more than ours, a minute later it says less than it did then; by preview and for good."""
    said = shop.at + timedelta(seconds=10)
    first = shop.refund(shop.sell(channel="wechatpay"), lines={1: 1}, till_time=said)
    assert (first.state, first.till_time) == ("approved", said)
    now = shop.at + timedelta(seconds=off)
    shop.later(minutes=1)
    sale = shop.sell(channel="wechatpay", sold_at=shop.at - timedelta(minutes=2))
    assert codes(shop, sale, till_time=now, till=till) == held
    refund = shop.refund(sale, lines={1: 1}, till_time=now, till=till)
    assert refund.state == ("awaiting" if held else "approved")


def test_fr24_sees_a_clock_that_goes_back_inside_one_list_and_forgives_one_that_was_put_right(
    shop: Shop,
) -> None:
    sales = [shop.sell(channel="wechatpay") for _ in range(3)]
    said = [shop.at + timedelta(seconds=seconds) for seconds in (60, 0, 1)]
    asked = [shop.ask(s, lines={1: 1}, till_time=at) for s, at in zip(sales, said, strict=True)]
    opened = requests.open(asked, at=shop.at)
    assert [one.refund.state for one in opened if one.refund] == ["approved", "awaiting", "approved"]


def test_fr24_says_nothing_of_a_till_that_says_no_time(shop: Shop) -> None:
    shop.refund(shop.sell(channel="wechatpay"), lines={1: 1}, till_time=shop.at + timedelta(seconds=60))
    assert codes(shop, shop.sell(channel="wechatpay")) == []


@pytest.mark.parametrize(("age", "held"), [(7_200, []), (7_201, ["fr19"])])
def test_fr19_refuses_what_waited_too_long_at_the_till(shop: Shop, age: int, held: list[str]) -> None:
    sale = shop.sell(channel="wechatpay")
    assert codes(shop, sale, queued_at=shop.at - timedelta(seconds=age)) == held


def test_fr19_refuses_from_the_fifth_of_one_tills_queue(shop: Shop) -> None:
    queued = shop.at - timedelta(minutes=1)
    asks = [
        shop.ask(shop.sell(channel="wechatpay"), lines={1: 1}, queued_at=queued, operator=maker, till=till)
        for maker, till in [("c01", "T1")] * 4 + [("c02", "T2"), ("c02", "T1")]
    ]
    opened = requests.open(asks, at=shop.at)
    states = [one.refund.state for one in opened if one.refund]
    assert states == ["approved"] * 5
    refusal = opened[-1].refusal
    assert refusal is not None
    assert refusal.code == "refund_denied"
    assert Alert.objects.filter(rule="FR19").count() == 1
    shop.later(minutes=9)
    assert codes(shop, shop.sell(channel="wechatpay"), queued_at=queued, operator="m01") == ["fr19"]
    shop.later(minutes=2)
    assert codes(shop, shop.sell(channel="wechatpay"), queued_at=queued, operator="m01") == []


def test_a_repeat_may_tell_another_time_and_is_still_the_same_refund(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    first = shop.refund(sale, lines={1: 1}, key="once", till_time=shop.at)
    again = shop.refund(sale, lines={1: 1}, key="once", till_time=shop.at + timedelta(seconds=9))
    assert first.pk == again.pk


def test_what_one_registered_only_somebody_else_removes(shop: Shop) -> None:
    row = payers.register(shop.m01, "card", CARD, at=shop.at)
    assert (row.hint, row.digest) == ("622202******1234", payers.card_digest(CARD))
    with pytest.raises(Conflict, match="payee_known"):
        payers.register(shop.m01, "card", "622202**1234", at=shop.at)
    with pytest.raises(Forbidden, match="payee_own"):
        payers.remove(row.pk, operator=shop.m01, at=shop.at)
    with pytest.raises(Forbidden, match="may_not"):
        payers.remove(row.pk, operator=shop.c01, at=shop.at)
    payers.remove(row.pk, operator=shop.m02, at=shop.at)
    with pytest.raises(Conflict, match="payee_removed"):
        payers.remove(row.pk, operator=shop.m02, at=shop.at)
    with pytest.raises(NotFound):
        payers.remove(9999, operator=shop.m02, at=shop.at)
    assert payers.works_here() == {} and StaffPayee.objects.get().removed_by == "m02"
    acts = (
        AuditRecord.objects.filter(act__startswith="payee.")
        .order_by("id")
        .values_list("act", "by", "subject_no")
    )
    assert list(acts) == [("payee.registered", "m01", "m01"), ("payee.removed", "m02", "m01")]
    payers.register(shop.m01, "card", CARD, at=shop.at)


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        ("card", "6222020000001232", "full_card_number"),
        ("card", "****1234", "bad_value"),
        ("phone", "no digits", "bad_value"),
        ("wechatpay", "abc", "bad_value"),
        ("cash", "12345", "out_of_range"),
    ],
)
def test_what_is_no_account_is_refused_by_field(shop: Shop, kind: str, number: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        payers.register(shop.c01, kind, number, at=shop.at)
    assert [error.code for error in refusal.value.errors] == [code]
    assert StaffPayee.objects.count() == 0
