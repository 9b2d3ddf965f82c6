from __future__ import annotations

import re

from sudapos.books import answers, decisions, links, moves, remedies, shops
from sudapos.books.intake import LineDraft
from sudapos.core.outcome import Accepted, Refused, Settled, Unknown

from .conftest import said, text

HTMX = {"HX-Request": "true"}


def answer(shop, outcome):
    [order] = moves.claim(1, at=shop.later(seconds=1))
    answers.record([answers.Answer(order.attempt, outcome)], at=shop.later(seconds=1))


def wallet(shop, **changes):
    return shop.refund(shop.sell(channel="wechatpay"), **changes)


def test_accepted_is_never_called_refunded(shop, person):
    refund = wallet(shop)
    answer(shop, Accepted(channel_refund_ref="5030"))
    page = person("c01").read(f"/refunds/{refund.refund_no}/")
    assert "微信支付已受理，今天到账，一般几分钟" in page
    assert "已受理" in page and "已退回" not in page


def test_a_lost_answer_says_so_and_warns_of_paying_twice(shop, person):
    refund = wallet(shop)
    answer(shop, Unknown(code="timeout"))
    browser = person("c01")
    response = browser.get(f"/refunds/{refund.refund_no}/")
    assert 'data-state="in_doubt"' in response.content.decode()
    assert "没有收到微信支付的答复，正在查询结果；请不要再次退款，也不要付现金" in text(response)


def test_settled_names_the_account_and_stops_looking(shop, person):
    refund = wallet(shop)
    answer(shop, Settled(received_account="招商银行信用卡0403"))
    response = person("c01").get(f"/refunds/{refund.refund_no}/")
    assert "已退回招商银行信用卡0403" in text(response)
    assert "hx-trigger" not in response.content.decode()


def test_the_story_is_told_from_asking_to_arrival(shop, person):
    refund = wallet(shop)
    answer(shop, Accepted())
    page = person("c01").read(f"/refunds/{refund.refund_no}/")
    steps = ["c01 申请退款", "发送到微信支付", "微信支付受理", "到账"]
    places = [page.index(step, page.index("经过")) for step in steps]
    assert places == sorted(places)


def test_the_live_part_is_silent_until_something_changes(shop, person):
    refund, browser = wallet(shop), person("c01")
    page = browser.get(f"/refunds/{refund.refund_no}/").content.decode()
    address = re.search(r'hx-get="([^"]+)"', page)[1]
    assert browser.get(address, headers=HTMX).status_code == 204
    answer(shop, Settled())
    changed = browser.get(address, headers=HTMX)
    assert changed.status_code == 200
    assert "已退款" in text(changed) and "<html" not in changed.content.decode()


def test_cash_is_confirmed_once_and_by_whoever_pays(shop, person):
    refund, browser = shop.refund(shop.sell()), person("c01")
    assert "已付现金 ¥59.97" in browser.read(f"/refunds/{refund.refund_no}/")
    address = f"/refunds/{refund.refund_no}/legs/{refund.legs.get().leg_no}/confirm/"
    assert browser.post(address).status_code == 302
    assert browser.post(address).status_code == 302
    leg = refund.legs.get()
    assert (leg.state, leg.confirmed_by, leg.paid_amount) == ("settled", "c01", 5997)
    assert "已付现金" not in browser.read(f"/refunds/{refund.refund_no}/").split("经过")[0]


def test_an_auditor_sees_the_refund_and_no_button(shop, person):
    refund, browser = shop.refund(shop.sell()), person("a01")
    response = browser.get(f"/refunds/{refund.refund_no}/")
    assert "已付现金 ¥" not in text(response)
    leg_no = refund.legs.get().leg_no
    assert browser.post(f"/refunds/{refund.refund_no}/legs/{leg_no}/confirm/").status_code == 403
    assert refund.legs.get().state == "accepted"


def test_a_failed_leg_is_sent_again_by_finance_under_a_new_number(shop, person):
    refund = wallet(shop)
    answer(shop, Refused(code="NOT_ENOUGH", message="余额不足"))
    leg_no = refund.legs.get().leg_no
    assert "重发 ¥59.97" not in person("c01").read(f"/refunds/{refund.refund_no}/")
    browser = person("f01")
    assert "重发 ¥59.97" in browser.read(f"/refunds/{refund.refund_no}/")
    assert (
        browser.post(f"/refunds/{refund.refund_no}/legs/{leg_no}/retry/", {"note": "已充值"}).status_code
        == 302
    )
    leg = refund.legs.get()
    assert leg.state == "ready" and leg.leg_no != leg_no


def test_a_failed_leg_given_up_is_refundable_again(shop, person):
    refund = wallet(shop)
    answer(shop, Refused(code="NOT_ENOUGH"))
    browser = person("f01")
    address = f"/refunds/{refund.refund_no}/legs/{refund.legs.get().leg_no}/drop/"
    assert browser.post(address, {"note": "顾客改要换货"}).status_code == 302
    page = browser.read(f"/refunds/{refund.refund_no}/")
    assert "已取消" in page and "钱没有退出" in page
    assert "可退 2件" in person("c01").read(f"/counter/{refund.sale.sale_no}/")


def test_a_button_that_came_too_late_says_so_on_the_page(shop, person):
    refund = wallet(shop)
    answer(shop, Refused(code="NOT_ENOUGH"))
    leg_no = refund.legs.get().leg_no
    remedies.drop(leg_no, operator=shop.f01, note="x", at=shop.at)
    response = person("f01").post(f"/refunds/{refund.refund_no}/legs/{leg_no}/retry/")
    assert (response.status_code, said(response)) == (409, "illegal_move")


def test_a_leg_of_another_refund_is_not_found_through_this_one(shop, person):
    one, other = shop.refund(shop.sell()), shop.refund(shop.sell())
    address = f"/refunds/{one.refund_no}/legs/{other.legs.get().leg_no}/confirm/"
    response = person("c01").post(address)
    assert said(response) == "leg_not_found"
    assert other.legs.get().state == "accepted"


def test_the_maker_withdraws_what_still_waits(shop, person):
    refund = wallet(shop, reason="goodwill")
    browser = person("c01")
    assert "撤回申请" in browser.read(f"/refunds/{refund.refund_no}/")
    browser.post(f"/refunds/{refund.refund_no}/withdraw/", {"note": "顾客走了"})
    assert decisions.get(refund.refund_no).state == "withdrawn"
    assert "由c01取消，顾客走了" in browser.read(f"/refunds/{refund.refund_no}/")
    again = browser.post(f"/refunds/{refund.refund_no}/withdraw/")
    assert said(again) == "not_awaiting"


def test_the_list_keeps_its_filters_in_the_address(shop, person):
    waiting = wallet(shop, reason="goodwill")
    cash = shop.refund(shop.sell())
    browser = person("m01")
    both = browser.read("/refunds/")
    assert waiting.refund_no in both and cash.refund_no in both
    page = browser.read("/refunds/", progress="waiting")
    assert waiting.refund_no in page and cash.refund_no not in page
    page = browser.read("/refunds/", channel="cash")
    assert cash.refund_no in page and waiting.refund_no not in page
    assert "没有符合的退款单" in browser.read("/refunds/", to="2020-01-01")
    tail = browser.read("/refunds/", q=cash.refund_no[-6:])
    assert cash.refund_no in tail and waiting.refund_no not in tail


def test_a_long_list_goes_on_where_it_stopped(shop, person, monkeypatch):
    from sudapos.web import refunds

    monkeypatch.setattr(refunds, "PAGE", 2)
    numbers = [shop.refund(shop.sell()).refund_no for _ in range(3)]
    browser = person("c01")
    first = browser.get("/refunds/?progress=moving").content.decode()
    assert numbers[2] in first and numbers[1] in first and numbers[0] not in first
    address = re.search(r'href="(\?[^"]*before=[^"]*)"', first)[1].replace("&amp;", "&")
    assert "progress=moving" in address
    second = browser.get(f"/refunds/{address}").content.decode()
    assert numbers[0] in second and numbers[1] not in second


def test_nonsense_in_the_address_narrows_nothing(shop, person):
    refund = shop.refund(shop.sell())
    page = person("c01").read("/refunds/", progress="so-so", before="x", **{"from": "yesterday"})
    assert refund.refund_no in page


def test_the_list_asks_a_fixed_number_of_questions(shop, person, django_assert_max_num_queries):
    for _ in range(8):
        shop.refund(shop.sell())
    browser = person("c01")
    with django_assert_max_num_queries(12):
        browser.get("/refunds/")


def test_one_refund_asks_a_fixed_number_of_questions(shop, person, django_assert_max_num_queries):
    refund = wallet(shop)
    answer(shop, Accepted())
    browser = person("c01")
    browser.post(f"/refunds/{refund.refund_no}/voucher/")
    with django_assert_max_num_queries(19):
        browser.get(f"/refunds/{refund.refund_no}/")


def test_a_strange_number_is_a_clear_page(person):
    response = person("c01").get("/refunds/R000/")
    assert (response.status_code, said(response)) == (404, "refund_not_found")


def test_what_bounced_is_sent_by_transfer_from_the_page(shop, person):
    refund = wallet(shop)
    leg = refund.legs.get()
    type(leg).objects.filter(pk=leg.pk).update(state="bounced", sent=1, last_sent_at=shop.at)
    finance, address = person("f01"), f"/refunds/{refund.refund_no}/"
    page = finance.read(address)
    assert "改为转账退回" in page and "换新单号重发" not in page
    finance.post(f"{address}legs/{leg.leg_no}/transfer/", {"note": "同名账户已核对"})
    new = refund.legs.get().leg_no
    assert "已转账" not in finance.read(address)
    other = person("f02")
    assert "已转账" in other.read(address)
    other.post(f"{address}legs/{new}/confirm/", {"reference": "B1"})
    assert refund.legs.get().state == "settled"


def test_an_alarm_is_loud_until_finance_closes_it(shop, person):
    refund = wallet(shop)
    leg = refund.legs.get()
    type(leg).objects.filter(pk=leg.pk).update(state="settled", alarm="old_number_paid")
    finance, address = person("f01"), f"/refunds/{refund.refund_no}/"
    assert "顾客可能收到两次" in finance.read(address)
    assert "关闭告警" not in person("c01").read(address)
    finance.post(f"{address}legs/{leg.leg_no}/close-alarm/", {"note": "已追回"})
    assert "顾客可能收到两次" not in finance.read(address)


def test_a_refund_that_an_earlier_rounding_paid_is_done_and_says_so(shop, person):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "cash_refund_rounding": "UP_TO_JIAO"}
    merchant.save(update_fields=["rules"])
    lines = (
        LineDraft(line_no=1, name="货", milli=1000, unit_price=3547),
        LineDraft(line_no=2, name="一分钱换购", milli=1000, unit_price=1),
    )
    sale = shop.sell(lines=lines)
    shop.refund(sale, lines={1: 1})
    last = shop.refund(sale, lines={2: 1})
    cashier = person("c01")
    page = text(cashier.get(f"/refunds/{last.refund_no}/"))
    assert "实付现金 ¥0.00，已抵上次多付的尾差 ¥0.01" in page and "已退款" in page
    assert "已退款" in text(cashier.get("/refunds/"))
    english = text(cashier.get(f"/refunds/{last.refund_no}/?lang=en"))
    assert "less ¥0.01 that an earlier rounding had paid already" in english
    page = links.page_of(last, at=shop.at)
    assert (page.parts, page.is_final) == ((), True)
    waiting = wallet(shop, reason="goodwill")
    assert not links.page_of(waiting, at=shop.at).is_final
