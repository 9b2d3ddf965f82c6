"""Reports say what the rows say, to the fen."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sudapos.books import decisions, reports
from sudapos.books.legs import Leg, Move
from sudapos.books.reports import Which
from sudapos.core import calendar
from sudapos.core.refusal import NotFound
from sudapos.core.reports import REPORTS
from tests.cast import Shop


@pytest.fixture
def today(shop: Shop) -> Which:
    day = calendar.business_date(shop.at)
    return Which(since=day, until=day)


def test_the_rate_is_money_back_over_money_in(shop: Shop, today: Which) -> None:
    shop.sell("S-1")
    shop.sell("S-2", channel="wechatpay")
    shop.refund("S-2", lines={1: 1})
    [row] = reports.table("rate", "day", today).rows
    assert row == (f"{today.since}", 2, 11994, 1, 1999, 1667)
    by_channel = reports.table("rate", "channel", today)
    assert by_channel.rows == [("cash", 1, 5997, 0, 0, 0), ("wechatpay", 1, 5997, 1, 1999, 3333)]
    assert by_channel.total() == (None, 2, 11994, 1, 1999, 1667)


def test_what_waits_or_was_given_up_is_not_money_back(shop: Shop, today: Which) -> None:
    shop.sell("S-1", channel="wechatpay")
    refund = shop.refund("S-1", reason="goodwill", everything=False, amount=500)
    assert refund.state == "awaiting"
    assert reports.sums(today).refunded == 0
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    assert reports.sums(today).refunded == 500
    Leg.objects.update(state="dropped")
    assert reports.sums(today).refunded == 0


def test_every_day_stands_there_also_an_empty_one(shop: Shop, today: Which) -> None:
    week = Which(since=today.until - timedelta(days=6), until=today.until)
    rows = reports.table("rate", "day", week).rows
    assert [row[0] for row in rows] == [f"{week.since + timedelta(days=n)}" for n in range(7)]
    assert {row[5] for row in rows} == {None}


def test_reasons_and_goods_are_ranked_by_money(shop: Shop, today: Which) -> None:
    for number in ("S-1", "S-2"):
        shop.sell(number, channel="wechatpay")
    shop.refund("S-1", lines={1: 2}, reason="quality")
    shop.refund("S-2", lines={2: 1}, reason="wrong_item")
    assert reports.table("reasons", "reason", today).rows == [
        ("quality", 1, 3998, 6667),
        ("wrong_item", 1, 1999, 3333),
    ]
    assert reports.table("goods", "goods", today).rows == [
        ("6901", "红枣酸奶", 2000, 3998, 4000, 5000),
        ("6902", "全麦面包", 1000, 1999, 2000, 5000),
    ]


def test_times_are_medians_of_what_people_and_channels_took(shop: Shop, today: Which) -> None:
    for count, minutes in enumerate((10, 20, 90), 1):
        shop.sell(f"S-{count}", channel="wechatpay")
        refund = shop.refund(f"S-{count}", reason="goodwill", everything=False, amount=100)
        decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at + timedelta(minutes=minutes))
        Leg.objects.filter(refund=refund).update(
            state="settled", settled_at=shop.at + timedelta(minutes=2 * minutes)
        )
    [row] = [row for row in reports.table("times", "channel", today).rows if row[0] == "wechatpay"]
    assert row == ("wechatpay", 3, 20, 90, 3, 20, 90)


def test_trouble_counts_legs_and_not_their_moves(shop: Shop, today: Which) -> None:
    shop.sell("S-1", channel="wechatpay")
    shop.sell("S-2", channel="wechatpay")
    first, second = (shop.refund(number).legs.get() for number in ("S-1", "S-2"))
    for leg, states in (
        (first, ("sending", "in_doubt", "ready", "sending", "in_doubt", "settled")),
        (second, ("sending", "settled")),
    ):
        for state in states:
            Move.objects.create(leg=leg, event="x", before="x", after=state, at=shop.at)
    [row] = reports.table("trouble", "channel", today).rows
    assert row == ("wechatpay", 2, 1, 0, 0, 5000)


def test_filters_narrow_every_report(shop: Shop, today: Which) -> None:
    shop.sell("S-1", channel="wechatpay")
    shop.sell("S-2", store="S02", channel="alipay")
    shop.refund("S-1", lines={1: 1})
    for narrowed, sold in (
        ({"store": "S02"}, 5997),
        ({"channel": "wechatpay"}, 5997),
        ({"operator": "c02"}, 0),
    ):
        which = Which(since=today.since, until=today.until, **narrowed)
        assert reports.sums(which).sold == sold
        for code, shape in REPORTS.items():
            for by in shape.by:
                reports.table(code, by, which)
    elsewhere = Which(since=today.since, until=today.until, store="S02")
    assert reports.table("goods", "goods", elsewhere).rows == []


@pytest.mark.parametrize(("code", "by"), [("nonsense", "day"), ("rate", "reason"), ("reasons", "day")])
def test_what_there_is_not_is_said(shop: Shop, today: Which, code: str, by: str) -> None:
    with pytest.raises(NotFound):
        reports.table(code, by, today)


def test_a_report_asks_the_database_at_most_twice(shop: Shop, today: Which) -> None:
    for code, shape in REPORTS.items():
        with CaptureQueriesContext(
            connection,
        ) as asked:
            reports.table(code, shape.by[0], today)
        assert len(asked) <= 2, code


def test_a_span_is_at_most_a_year(today: Which) -> None:
    long = Which(since=today.until - timedelta(days=2000), until=today.until).bounded()
    assert (long.until - long.since).days == 365
