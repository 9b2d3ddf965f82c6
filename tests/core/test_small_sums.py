"""Cash rounding, coupons of a platform, fees, deposits, exchanges and prepaid cards at their edges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sudapos.core import cash, coupons, deposits, exchange, fees, prepaid
from sudapos.core.prepaid import Cause
from sudapos.core.refusal import Refusal

quick = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(
    ("owed", "left", "up_to_jiao", "handed"),
    [
        (3547, 12430, True, 3550),
        (3550, 12430, True, 3550),
        (3547, 3548, True, 3548),
        (3547, 12430, False, 3547),
    ],
)
def test_cash_is_rounded_up_to_the_jiao_and_never_over_the_tender(
    owed: int, left: int, up_to_jiao: bool, handed: int
) -> None:
    assert cash.round_cash_refund(owed, tender_left=left, up_to_jiao=up_to_jiao) == handed


@quick
@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=8), st.integers(0, 100))
def test_coupon_parts_add_up_and_end_at_what_the_user_paid(requests: list[int], percent: int) -> None:
    order_total = sum(requests)
    user_paid = order_total * percent // 100
    asked = user = 0
    for request in requests:
        part = coupons.split_coupon(
            request, order_total=order_total, user_paid=user_paid, requested_before=asked, user_before=user
        )
        assert part.user + part.coupon == request
        assert part.user >= 0
        asked, user = asked + request, user + part.user
    assert user == user_paid


def test_more_than_the_order_is_refused() -> None:
    with pytest.raises(Refusal) as refusal:
        coupons.split_coupon(200, order_total=1000, user_paid=700, requested_before=900, user_before=630)
    assert (refusal.value.code, refusal.value.facts) == ("over_refund", {"asked": 200, "left": 100})


@quick
@given(st.lists(st.integers(1, 9999), min_size=1, max_size=8), st.integers(0, 200))
def test_the_whole_fee_has_come_back_when_the_whole_payment_has(refunds: list[int], rate_bp: int) -> None:
    paid = sum(refunds)
    fee = paid * rate_bp // 10_000
    gone = returned = 0
    for refund in refunds:
        part = fees.fee_returned(refund, paid=paid, fee=fee, refunded_before=gone, returned_before=returned)
        assert 0 <= part <= fee
        gone, returned = gone + refund, returned + part
    assert returned == fee


@pytest.mark.parametrize("deduction", [-1, 20001])
def test_no_more_than_the_deposit_is_kept(deduction: int) -> None:
    with pytest.raises(Refusal, match="over_refund"):
        deposits.deposit_refund(20000, deduction=deduction, evidence=True)


def test_an_undamaged_deposit_goes_back_whole_without_evidence() -> None:
    assert deposits.deposit_refund(20000, deduction=0, evidence=False) == 20000


@pytest.mark.parametrize(("refund_doc", "sale_doc", "pays"), [(12900, 9900, -3000), (9900, 9900, 0)])
def test_an_exchange_for_less_gives_the_customer_money(refund_doc: int, sale_doc: int, pays: int) -> None:
    assert exchange.Exchange(refund_doc=refund_doc, sale_doc=sale_doc).customer_pays == pays


def test_an_unused_card_brings_its_price_and_an_empty_one_nothing() -> None:
    for cause in Cause:
        assert prepaid.card_worth(
            paid=100000, bonus=20000, consumed_face=0, cause=cause
        ) == prepaid.CardWorth(0, 100000)
        worth = prepaid.card_worth(paid=100000, bonus=20000, consumed_face=120000, cause=cause)
        assert worth.principal_refund == 0


@pytest.mark.parametrize(
    ("paid", "bonus", "consumed"), [(0, 0, 0), (100, -1, 0), (100, 20, 121), (100, 20, -1)]
)
def test_a_card_cannot_have_bought_more_than_it_held(paid: int, bonus: int, consumed: int) -> None:
    with pytest.raises(ValueError, match="consumption must lie within"):
        prepaid.card_worth(paid=paid, bonus=bonus, consumed_face=consumed, cause=Cause.CONSUMER)
