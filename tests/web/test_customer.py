from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from sudapos.books import answers, keyring, links, moves, shops
from sudapos.books.links import Link
from sudapos.books.vouchers import Voucher
from sudapos.core.outcome import Accepted, Settled
from sudapos.core.refusal import Forbidden
from sudapos.web import customer, visits
from tests.cast import Shop

from .conftest import said, text


@pytest.fixture(autouse=True)
def fresh():
    customer.WRONG.forget()
    customer.ALL.forget()


@pytest.fixture
def stranger() -> Client:
    return Client()


def linked(shop: Shop, **sale):
    refund = shop.refund(shop.sell(**({"channel": "wechatpay"} | sale)))
    link = links.ensure(refund, at=shop.at)
    assert link is not None
    return refund, f"/s/{link.token}"


def answer(shop: Shop, outcome) -> None:
    [order] = moves.claim(9, at=shop.at)
    answers.record([answers.Answer(order.attempt, outcome)], at=shop.at)


def test_a_customer_sees_amount_way_state_and_phone_and_nothing_else(shop, stranger):
    refund, address = linked(shop, phone="13800138000", name="顾明明")
    answer(shop, Accepted(channel_refund_ref="5030", received_account="支付用户零钱"))
    page = text(stranger.get(address))
    for part in ("¥59.97", "支付用户零钱", "退款处理中", "没收到怎么办", "0571-88886666", "12315"):
        assert part in page
    whole = stranger.get(address).content.decode()
    for hidden in (
        "红枣酸奶",
        "顾明明",
        "顾*",
        "138",
        "王",
        "c01",
        refund.refund_no,
        refund.sale.sale_no,
        "S01",
    ):
        assert hidden not in whole


def test_nobody_keeps_finds_or_marks_the_page(shop, stranger):
    _, address = linked(shop)
    response = stranger.get(address)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert "script-src" not in response.headers["Content-Security-Policy"]
    assert response.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert not response.cookies and not stranger.get(f"{address}?lang=en").cookies
    assert "<script" not in response.content.decode()


def test_it_speaks_the_browsers_language_and_changes_on_request(shop, stranger):
    _, address = linked(shop)
    english = stranger.get(address, headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "Being dealt with" in text(english) and 'lang="en"' in english.content.decode()
    assert "受理中" in text(stranger.get(f"{address}?lang=zh", headers={"Accept-Language": "en"}))
    assert "受理中" in text(stranger.get(address, headers={"Accept-Language": "de, fr;q=0.8"}))


def test_unknown_ended_and_revoked_tokens_get_the_same_answer(shop, stranger):
    refund, address = linked(shop)
    unknown = stranger.get("/s/" + "A" * 24)
    short = stranger.get("/s/x")
    links.revoke(refund.refund_no, operator=shop.m01, note="凭证丢了", at=shop.at)
    revoked = stranger.get(address)
    assert [r.status_code for r in (unknown, short, revoked)] == [404, 404, 404]
    assert unknown.content == short.content == revoked.content
    assert "失效或不存在" in text(unknown)


def test_the_page_ends_ninety_days_after_the_money_arrived_and_comes_back_when_it_bounces(
    shop, stranger, monkeypatch
):
    _, address = linked(shop)
    answer(shop, Settled(channel_refund_ref="5030", received_account="零钱"))
    now = {"at": shop.at + timedelta(days=90, seconds=-1)}
    monkeypatch.setattr("sudapos.web.moments.now", lambda: now["at"])
    assert "退款成功，已退回零钱" in text(stranger.get(address))
    now["at"] = shop.at + timedelta(days=90)
    assert stranger.get(address).status_code == 404


def test_money_on_its_way_keeps_the_page_and_a_passed_date_is_said(shop, stranger, monkeypatch):
    _, address = linked(shop)
    answer(shop, Accepted(channel_refund_ref="5030"))
    monkeypatch.setattr("sudapos.web.moments.now", lambda: shop.at + timedelta(days=400))
    assert "已过预计日期" in text(stranger.get(address))


def test_a_lost_answer_looks_like_any_other_refund_that_is_being_dealt_with(shop, stranger):
    from sudapos.core.outcome import Unknown

    _, address = linked(shop)
    answer(shop, Unknown(code="no_answer"))
    page = text(stranger.get(address))
    assert "受理中" in page and "确认中" not in page and "异常" not in page


def test_several_ways_are_told_each_with_its_amount(shop, stranger):
    parts = (shop.payment("S-2", "cash", 2000), shop.payment("S-2", "wechatpay", 3997, "P2"))
    _, address = linked(shop, sale_no="S-2", payments=parts)
    page = text(stranger.get(address))
    assert "待当面退付" in page and "现金" in page and "¥20.00" in page and "¥39.97" in page


def test_a_whole_number_from_a_channel_is_masked(shop, stranger):
    _, address = linked(shop)
    answer(shop, Settled(channel_refund_ref="1", received_account="6222021234567891234"))
    page = text(stranger.get(address))
    assert "6222021234567891234" not in page and "622202*********1234" in page


def test_guessing_is_slowed_down_and_the_real_page_stays_open(shop, stranger):
    _, address = linked(shop)
    statuses = [stranger.get(f"/s/{n:024d}").status_code for n in range(22)]
    assert statuses == [404] * 20 + [429, 429]
    assert stranger.get("/s/" + "B" * 24).headers["Retry-After"] == "60"
    assert stranger.get(address).status_code == 200


def test_visits_are_counted_per_origin_and_forgotten_beyond_a_bound(shop):
    seen = visits.Visits(most=2, places=3)
    for name in "aab":
        seen.count(name, at=shop.at)
    assert seen.too_many("a", at=shop.at) and not seen.too_many("b", at=shop.at)
    assert not seen.too_many("a", at=shop.at + timedelta(minutes=1))
    for name in "cdef":
        seen.count(name, at=shop.at)
    assert len(seen._seen) == 3


def test_a_wrong_token_costs_one_statement(shop, stranger):
    with CaptureQueriesContext(connection) as seen:
        stranger.get("/s/" + "C" * 24)
    assert len([q for q in seen if "books_link" in q["sql"]]) == 1 == len(seen)


def test_the_database_holds_no_token_in_plain(shop):
    _, address = linked(shop)
    token = address.removeprefix("/s/")
    assert len(token) == 24
    with connection.cursor() as cursor:
        cursor.execute("SELECT token, digest FROM books_link")
        [(sealed, digest)] = cursor.fetchall()
    assert token not in sealed + digest and len(digest) == 64


def test_two_refunds_have_pages_that_say_nothing_of_each_other(shop):
    tokens = {linked(shop)[1] for _ in range(20)}
    assert len(tokens) == 20


def test_the_voucher_carries_the_code_and_a_reprint_the_same_one(shop, person, settings):
    settings.PUBLIC_URL = "https://refunds.example.com"
    refund, where = linked(shop)
    browser = person("m01")
    paper = f"/refunds/{refund.refund_no}/voucher/"
    browser.post(paper)
    before = browser.get(f"{paper}?format=html").content.decode()
    assert "扫码查看退款进度" in before and where not in str(Voucher.objects.get().slip)
    browser.post(paper, {"reason": "lost"})
    again = browser.get(f"{paper}?format=html").content.decode()
    codes = [
        re.findall(r'<svg[^>]*class="qr".*?</svg>|<svg.*?</svg>', page, re.S) for page in (before, again)
    ]
    assert codes[0] and codes[0] == codes[1]
    settings.PUBLIC_URL = ""
    assert "扫码查看退款进度" not in browser.get(f"{paper}?format=html").content.decode()


def test_the_cashier_has_a_sentence_to_read_out(shop, person):
    refund, _ = linked(shop)
    answer(shop, Accepted(channel_refund_ref="5030", received_account="支付用户零钱"))
    page = person("c01").read(f"/refunds/{refund.refund_no}/")
    assert "可以这样告诉顾客" in page
    assert "您的退款 ¥59.97 渠道已经受理，退回支付用户零钱，预计" in page and "受理还不等于到账" in page


def test_before_the_approval_there_is_no_page(shop, person):
    refund = shop.refund(shop.sell(channel="wechatpay"), reason="goodwill", amount=100, everything=False)
    assert refund.state == "awaiting" and links.ensure(refund, at=shop.at) is None
    assert "可以这样告诉顾客" not in person("c01").read(f"/refunds/{refund.refund_no}/")
    assert Link.objects.count() == 0


def test_a_voucher_that_went_astray_gets_a_new_code_with_a_reason(shop, person, stranger):
    refund, address = linked(shop)
    browser = person("m01")
    where = f"/refunds/{refund.refund_no}/customer-page/renew/"
    assert said(browser.post(where, {"note": " "})) == "reason_needed"
    assert browser.post(where, {"note": "凭证被拿错"}).status_code == 302
    fresh = links.path(Link.objects.get())
    assert fresh != address
    assert [stranger.get(one).status_code for one in (address, fresh)] == [404, 200]


def test_only_who_may_reprint_takes_a_page_back_and_only_in_her_store(shop):
    refund, _ = linked(shop)
    with pytest.raises(Forbidden):
        links.revoke(refund.refund_no, operator=shop.a01, note="x", at=shop.at)
    other = shop.m02
    other.store = shops.Store.objects.get(code="S02")
    with pytest.raises(Forbidden, match="other_store"):
        links.revoke(refund.refund_no, operator=other, note="x", at=shop.at)


def test_the_code_survives_a_change_of_keys(shop, stranger, monkeypatch, tmp_path):
    from sudapos.books import sealing

    ring = sealing.Ring(tmp_path / "ring")
    ring.write(sealing.ring.keys())
    monkeypatch.setattr(sealing, "ring", ring)
    _, address = linked(shop)
    keyring.rotate(by="admin", at=shop.at)
    keyring.forget(by="admin", at=shop.at)
    assert f"/s/{Link.objects.get().token}" == address
    assert stranger.get(address).status_code == 200
