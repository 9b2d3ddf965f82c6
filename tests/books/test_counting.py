"""定金抵作价款: a deposit counts towards a sale, nothing leaves, and what comes back later goes back over its payment."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books import counting, decisions, deposits, exchanges, vat
from sudapos.books.counting import Purchase
from sudapos.books.deposits import GiveBack
from sudapos.books.exchanges import Given
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from sudapos.core import calendar
from sudapos.core.refusal import Conflict, Forbidden, Invalid, Refusal
from tests.cast import Shop

from .test_deposits import balance, booked, end, sound, take
from .test_drawers import at_once
from .test_exchanges import CASH, line


def purchase(price: int = 100_000, **changes: Any) -> Purchase:
    given = Given(sale_no=changes.pop("sale_no", "NEW"), lines=(line(price),))
    return Purchase(**{"given": given, "payment": CASH, "store": "S01", "till": "T1", **changes})


def count(shop: Shop, wish: Purchase, *, key: str = "k-1", who: str = "m01", number: str = "D-1"):
    ended, exchange, again = counting.count(number, wish, key=key, operator=getattr(shop, who), at=shop.at)
    assert not again
    return ended, exchange


def test_earnest_money_pays_a_part_of_the_price_and_the_rest_is_collected(shop: Shop) -> None:
    take(shop, kind="EARNEST_DINGJIN", price=100_000)
    _, shown = counting.preview("D-1", purchase(), operator=shop.m01, at=shop.at)
    assert (shown.weighed.total, shown.price, shown.difference) == (20_000, 100_000, 80_000)
    assert not Refund.objects.exists()
    ended, exchange = count(shop, purchase(expected_difference=80_000))
    assert (exchange.state, exchange.difference) == ("done", 80_000)
    assert (ended.ending, ended.state, ended.kept) == ("applied", "applied", 0)
    assert deposits.get("D-1").state == "applied"
    sale = Sale.objects.get(sale_no="NEW")
    paid = [
        (p.channel, p.amount, p.origin.sale.sale_no if p.origin else "") for p in sale.payments.order_by("id")
    ]
    assert sorted(paid) == [("cash", 80_000, ""), ("exchange", 20_000, "D-1")]
    assert booked(ended.refund.refund_no) == [
        ("J18c", "借", "2241.03", 20_000),
        ("J18c", "贷", "2241.01", 20_000),
        ("J05b", "借", "2241.01", 20_000),
        ("J05b", "贷", "2241.05", 20_000),
    ]
    assert [balance(a) for a in ("2241.01", "2241.03", "2241.05")] == [0, 0, 0]
    assert (-balance("5001"), -balance("2221.01"), balance("1001")) == (88_496, 11_504, 80_000)
    sound()


def test_what_comes_back_later_goes_back_over_the_deposits_own_payment(shop: Shop) -> None:
    take(shop, kind="EARNEST_DINGJIN", price=100_000)
    count(shop, purchase())
    refund = shop.refund("NEW", everything=True, lines={})
    if refund.state == "awaiting":
        refund = decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    deposit = Payment.objects.get(sale__sale_no="D-1")
    legs = sorted((leg.channel, leg.amount, leg.payment.source.pk == deposit.pk) for leg in refund.legs.all())
    assert legs == [("cash", 80_000, False), ("wechatpay", 20_000, True)]
    sound()


def test_of_one_price_exactly_nothing_is_left_to_pay(shop: Shop) -> None:
    take(shop, kind="ADVANCE_DINGJIN2")
    ended, exchange = count(shop, purchase(20_000, payment=None))
    assert (exchange.state, exchange.difference, ended.state) == ("done", 0, "applied")
    sound()


def test_a_deposit_above_the_price_is_given_back_instead(shop: Shop) -> None:
    take(shop)
    for act in (
        lambda: counting.preview("D-1", purchase(19_999), operator=shop.m01, at=shop.at),
        lambda: count(shop, purchase(19_999)),
    ):
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.facts) == (
            "deposit_above_price",
            {"amount": 20_000, "price": 19_999},
        )
    assert not GiveBack.objects.exists() and not Sale.objects.filter(sale_no="NEW").exists()


def test_without_the_rest_or_with_another_difference_nothing_is_done(shop: Shop) -> None:
    take(shop)
    with pytest.raises(Conflict, match="difference_changed"):
        count(shop, purchase(expected_difference=79_999))
    _, exchange = count(shop, purchase(payment=None))
    assert (exchange.state, deposits.get("D-1").state) == ("ready", "waiting")
    assert not Sale.objects.filter(sale_no="NEW").exists()
    done = exchanges.finish(exchange.exchange_no, operator=shop.c01, payment=CASH, at=shop.at)
    assert (done.state, deposits.get("D-1").state) == ("done", "applied")
    sound()


def test_above_a_cashiers_limit_it_waits_and_a_no_leaves_the_deposit_held(shop: Shop) -> None:
    take(shop, amount=30_000)
    ended, exchange = count(shop, purchase(), who="c01")
    assert (exchange.state, ended.refund.needed, deposits.get("D-1").state) == (
        "waiting",
        ["manager"],
        "waiting",
    )
    decisions.reject(ended.refund.refund_no, operator=shop.m01, note="先别", at=shop.at)
    assert (deposits.get("D-1").state, exchanges.get(exchange.exchange_no).state) == ("held", "closed")
    again = end(shop, key="k-2", operator=shop.c01)
    assert again.refund is not None and again.ending == "returned"
    sound()


def test_one_key_counts_once_and_an_ended_deposit_counts_for_nothing(shop: Shop) -> None:
    take(shop)
    first, _ = count(shop, purchase())
    seen, _, again = counting.count("D-1", purchase(), key="k-1", operator=shop.m01, at=shop.at)
    assert (seen.pk, again) == (first.pk, True)
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        counting.count("D-1", purchase(90_000), key="k-1", operator=shop.m01, at=shop.at)
    with pytest.raises(Conflict, match="deposit_ended"):
        count(shop, purchase(sale_no="N-2"), key="k-2")
    with pytest.raises(Conflict, match="deposit_ended"):
        end(shop, key="k-3", operator=shop.m01)
    assert Sale.objects.filter(kind="").count() == 1


@pytest.mark.parametrize("same", [True, False])
def test_two_tills_at_once_count_it_once(committed: None, shop: Shop, same: bool) -> None:
    take(shop)
    wish, operator = purchase(), shop.m01
    keys = ["k-1", "k-1" if same else "k-2"]
    went = at_once(
        *[
            lambda key=key: counting.count("D-1", wish, key=key, operator=operator, at=shop.at)[1].exchange_no
            for key in keys
        ]
    )
    assert len({*map(str, went)}) == (1 if same else 2)
    assert same or "deposit_ended" in went
    assert (Refund.objects.count(), Sale.objects.filter(kind="").count()) == (1, 1)
    sound()


def test_it_is_no_ending_without_goods_and_needs_somebody_who_sells(shop: Shop) -> None:
    take(shop)
    with pytest.raises(Invalid):
        end(shop, ending="applied")
    with pytest.raises(Refusal, match="exchange_of_nothing"):
        counting.preview("D-1", Purchase(given=Given(sale_no="N", lines=())), operator=shop.m01, at=shop.at)
    with pytest.raises(Forbidden):
        count(shop, purchase(), who="f01")


def test_reports_and_vat_know_the_sale_and_nothing_of_the_deposit(shop: Shop) -> None:
    take(shop, kind="EARNEST_DINGJIN", price=100_000)
    today = calendar.business_date(shop.at, cutover="00:00")
    count(shop, purchase())
    told = vat.report(today, today)
    assert [(r.vat_bp, r.sold.amount, r.sold.tax, r.back.amount) for r in told.rates] == [
        (1300, 100_000, 11_504, 0)
    ]
    assert (told.movement, told.others) == (11_504, [])
