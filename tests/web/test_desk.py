from __future__ import annotations

from datetime import timedelta

from sudapos.books import answers, moves
from sudapos.core.outcome import Refused, Unknown


def test_an_empty_desk_says_what_to_do_first(person):
    page = person("c01").read("/")
    assert "没有等着处理的事" in page
    assert "顾客来退款时，扫小票或在上面输入单号。" in page


def test_today_in_four_numbers(shop, person):
    shop.refund(shop.sell())
    shop.refund(shop.sell(), lines={2: 1})
    page = person("c01").read("/")
    assert "今天退款2" in page.replace(" ", "")
    assert "¥79.96" in page
    assert "在路上2" in page.replace(" ", "")


def test_what_waits_stands_there_oldest_first(shop, person):
    legs = []
    for _ in range(2):
        legs.append(shop.refund(shop.sell(channel="wechatpay")).legs.get())
        shop.later(minutes=1)
    cash = shop.refund(shop.sell())
    orders = moves.claim(10, at=shop.at)
    said = [Refused(code="NOT_ENOUGH", message="余额不足"), Unknown(code="timeout")]
    answers.record(
        [answers.Answer(order.attempt, outcome) for order, outcome in zip(orders, said, strict=True)],
        at=shop.later(seconds=5),
    )
    page = person("c01").read("/")
    places = [page.index(number) for number in (legs[0].refund.refund_no, legs[1].refund.refund_no)]
    assert places == sorted(places) and places[1] < page.index(cash.refund_no)
    assert "未退出" in page and "确认中" in page and "付现金给顾客" in page
    assert "请不要再次退款，也不要付现金" in page


def test_a_manager_sees_what_waits_for_her_and_the_maker_that_it_waits(shop, person):
    refund = shop.refund(shop.sell(), reason="goodwill")
    assert "等我审批" in person("m01").read("/")
    page = person("c01").read("/")
    assert "我提交的，等别人审批" in page and "等我审批" not in page
    assert refund.state == "awaiting"


def test_the_admin_touches_no_money_and_sees_none(shop, person):
    shop.refund(shop.sell())
    browser = person("admin")
    assert "¥" not in browser.read("/")
    assert browser.get("/refunds/").status_code == 403


def test_the_desk_stays_cheap_however_much_waits(shop, person, django_assert_max_num_queries):
    for _ in range(6):
        shop.refund(shop.sell(), reason="goodwill")
        shop.refund(shop.sell())
    browser = person("m01")
    with django_assert_max_num_queries(21):
        browser.get("/")


def test_yesterdays_refunds_are_not_todays(shop, person):
    shop.at -= timedelta(days=2)
    shop.refund(shop.sell())
    assert "今天退款0" in person("c01").read("/").replace(" ", "")
