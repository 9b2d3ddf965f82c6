"""Coupon orders at the counter: the page, the refund and the paper say what the customer really gets."""

from __future__ import annotations

from sudapos.books import answers, coupon_differences, moves
from sudapos.books.refunds import Refund
from sudapos.core.outcome import Settled
from tests.books.test_coupon_returns import couponed as merchants
from tests.books.test_coupon_returns import pay
from tests.books.test_coupons import couponed, only
from tests.web.conftest import field, text


def test_ex08_preview_refund_and_voucher_say_six_thirty(shop, person):
    sale = couponed(shop)
    browser = person("c01")
    address = f"/counter/{sale.sale_no}/"
    form = {
        "scope": "amount",
        "amount": "9.00",
        "reason": "quality",
        "receipt": "present",
        "route": "original",
    }
    shown = text(browser.post(f"{address}preview/", form))
    assert "共退¥9.00" in shown and "顾客实得¥6.30" in shown
    assert "按订单申请 ¥9.00，顾客实得 ¥6.30，平台券 ¥2.70 不退给顾客" in shown
    assert "退款 ¥6.30 到微信" in shown
    page = browser.get(address)
    made = browser.post(address, {**form, "key": field(page, "key"), "expected_total": "900"})
    refund = text(browser.get(made.headers["Location"]))
    assert "顾客实得¥6.30" in refund and "按订单申请 ¥9.00" in refund
    number = made.headers["Location"].rstrip("/").rsplit("/", 1)[-1]
    browser.post(f"/refunds/{number}/voucher/")
    paper = text(browser.get(f"/refunds/{number}/voucher/?format=html&lang=zh"))
    assert "申请金额" in paper and "预计实退" in paper and "6.30" in paper


def test_two_figures_stand_side_by_side_where_the_channel_gave_another_sum(shop, person):
    refund = shop.refund(couponed(shop), amount=900)
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Settled(amount=629))], at=shop.at)
    coupon_differences.of_attempts([order.attempt], at=shop.at)
    assert only(refund).paid_amount == 629
    shown = text(person("c01").get(f"/refunds/{refund.refund_no}/"))
    assert "渠道实退顾客 ¥6.29；我们算的是 ¥6.30" in shown
    finance = person("f01")
    listed = text(finance.get("/findings/"))
    assert "顾客实得和我们算的不一样" in listed


def test_a_sale_without_a_coupon_says_nothing_of_one(shop, person):
    sale = shop.sell("S-1", channel="wechatpay")
    form = {
        "scope": "amount",
        "amount": "9.00",
        "reason": "quality",
        "receipt": "present",
        "route": "original",
    }
    shown = text(person("c01").post(f"/counter/{sale.sale_no}/preview/", form))
    assert "共退¥9.00" in shown and "顾客实得" not in shown


def test_the_shops_own_coupon_is_followed_from_the_counter_to_the_paper(shop, person):
    sale = merchants(shop)
    browser = person("c01")
    address = f"/counter/{sale.sale_no}/"
    assert "优惠券 MD10 ¥10.00 · 已用；整单退完才退回" in browser.read(address)
    form = {"scope": "everything", "reason": "quality", "receipt": "present", "route": "original"}
    assert "整单退完，款项到账后优惠券 MD10 退回" in text(browser.post(f"{address}preview/", form))
    key = field(browser.get(address), "key")
    made = browser.post(address, {**form, "key": key, "expected_total": "4997"})
    where = made.headers["Location"]
    assert "整单退完，款项到账后退回" in browser.read(where)
    refund = Refund.objects.get()
    pay(shop, refund)
    assert "整单已退完，券已退回" in browser.read(where)
    browser.post(f"{where}voucher/")
    paper = text(browser.get(f"{where}voucher/?format=html&lang=zh"))
    assert "优惠券 MD10" in paper and "已退回，可再用" in paper
