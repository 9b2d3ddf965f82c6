"""A platform's coupon: what the customer gets of each refund, by the rule of her channel."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sudapos.core.coupons import PAYER_FIRST, Funding, split_coupon
from sudapos.core.refusal import Refusal


@st.composite
def orders(draw: st.DrawFn) -> tuple[str, int, int, list[int]]:
    """A channel, an order, its coupon and refunds that give all of it back."""
    total = draw(st.integers(1, 10_000))
    coupon = draw(st.integers(0, total))
    cuts = sorted(draw(st.lists(st.integers(1, total), max_size=6, unique=True)) + [total])
    requests = [end - start for start, end in zip([0, *cuts], cuts, strict=False) if end > start]
    return draw(st.sampled_from(["wechatpay", "alipay"])), total, coupon, requests


@given(orders())
@example(("wechatpay", 7725, 1426, [447, 854, 6423, 1]))
def test_the_customer_gets_back_exactly_what_she_paid_and_never_more_on_the_way(order) -> None:
    channel, total, coupon, requests = order
    funding = Funding(channel=channel, total=total, coupon=coupon)
    for request in requests:
        part = funding.split(request)
        assert part.user + part.coupon == request
        assert 0 <= part.user <= request
        funding = funding.after(request)
        assert funding.given <= total - coupon
    assert (funding.asked, funding.given) == (total, total - coupon)


@given(orders())
def test_without_a_coupon_she_gets_what_is_asked(order) -> None:
    channel, total, _, requests = order
    funding = Funding(channel=channel, total=total, coupon=0)
    for request in requests:
        assert funding.split(request).user == request
        funding = funding.after(request)


def test_wechat_shares_pro_rata_half_a_fen_up_and_alipay_gives_the_payer_first() -> None:
    wechat = Funding(channel="wechatpay", total=10_000, coupon=2_000)
    alipay = Funding(channel="alipay", total=10_000, coupon=2_000)
    assert [each.split(6_000).user for each in (wechat, alipay)] == [4_800, 6_000]
    assert [each.after(6_000).split(4_000).user for each in (wechat, alipay)] == [3_200, 2_000]
    assert split_coupon(5, order_total=10, user_paid=7).user == 4
    assert split_coupon(5, order_total=10, user_paid=7, rule=PAYER_FIRST).user == 5


def test_two_parts_rounded_down_do_not_leave_more_than_the_last_fen_can_give() -> None:
    funding = Funding(channel="wechatpay", total=7_725, coupon=1_426)
    given = []
    for request in (447, 854, 6_423, 1):
        given.append(funding.split(request).user)
        funding = funding.after(request)
    assert given == [364, 696, 5_238, 1] and sum(given) == 6_299


def test_what_a_channel_gave_otherwise_before_is_made_up_at_the_end() -> None:
    less = Funding(channel="wechatpay", total=1_000, coupon=300, asked=900, given=625)
    assert less.split(100).user == 75
    much = Funding(channel="wechatpay", total=1_000, coupon=300, asked=900, given=710)
    assert much.split(100).user == 0
    far = Funding(channel="wechatpay", total=1_000, coupon=300, asked=900, given=100)
    assert far.split(100).user == 100


def test_more_than_the_order_is_refused() -> None:
    with pytest.raises(Refusal) as refused:
        Funding(channel="wechatpay", total=1_000, coupon=300, asked=900, given=630).split(101)
    assert refused.value.code == "over_refund"
