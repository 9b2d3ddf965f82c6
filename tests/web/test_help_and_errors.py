from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.test import Client

from sudapos.web import frame

from .conftest import text


def test_every_question_of_the_guide_has_an_answer(person):
    page = person("c01").read("/help/")
    for question in (
        "怎么退一笔款？",
        "退现金还是原路退回？",
        "“确认中”怎么办？",
        "多久到账？",
        "小票丢了还能退吗？",
        "凭证怎么打、怎么重印？",
        "账怎么记？",
        "顾客的隐私怎么保护？",
        "一清机和二清机有什么区别？",
    ):
        assert question in page


def test_links_into_the_help_lead_to_something(person):
    browser = person("m01")
    ids = set(re.findall(r'id="([a-z-]+)"', browser.get("/help/").content.decode()))
    pages = [browser.get(address).content.decode() for address in ("/counter/", "/till/", "/", "/approvals/")]
    asked = {anchor for page in pages for anchor in re.findall(r'href="/help/#([a-z-]+)"', page)}
    assert asked and asked <= ids


def test_a_missing_page_speaks_our_words(person):
    response = person("c01").get("/no-such-place/")
    assert response.status_code == 404
    assert "没有这个页面。" in text(response) and "回到待办" in text(response)


def test_a_page_that_breaks_says_what_to_do(person, monkeypatch):
    from sudapos.web import desk

    def fall(*_args: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr(desk, "_todos", fall)
    browser = person("c01")
    browser.raise_request_exception = False
    response = browser.get("/")
    assert response.status_code == 500
    assert "页面出了问题" in text(response) and "RuntimeError" not in text(response)


@pytest.mark.parametrize(
    "address",
    ["/counter/?q=%00", "/counter/a%00b/", "/refunds/?q=%00&before=99999999999999999999", "/audit/?by=%00"],
)
def test_what_no_keyboard_can_type_is_refused_politely(person, address):
    response = person("a01" if "audit" in address else "m01").get(address)
    assert response.status_code == 422
    assert "这个请求看不懂。" in text(response)


@pytest.mark.parametrize(
    "address", ["/", "/counter/", "/refunds/", "/approvals/", "/till/", "/journal/", "/audit/", "/help/"]
)
def test_no_place_is_open_to_strangers(shop, address):
    response = Client().get(address)
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("address", ["/", "/counter/", "/refunds/", "/help/"])
def test_pages_with_peoples_names_and_sums_are_not_kept_by_browsers(person, address):
    assert person("c01").get(address).headers["Cache-Control"] == "no-store"


GUIDE = (
    "timeout", "wrong-amount", "not-arrived", "short-cash", "notify-finance", "lost-voucher", "lost-receipt", "one-clear",
    "privacy", "track", "policy", "red-invoice", "case", "customer-page", "approval", "amount", "money", "day", "cash", "start",
)  # fmt: skip
"""Questions of the guide that arise on some page."""


def test_each_question_is_linked_from_where_it_arises_and_every_link_has_an_answer(person):
    templates = Path(frame.__file__).parent / "templates"
    linked = {
        anchor
        for path in templates.rglob("*.html")
        for anchor in re.findall(r"""{% help "([a-z-]+)" %}|url 'help' %}#([a-z-]+)""", path.read_text())
        for anchor in anchor
        if anchor
    }
    answers = set(re.findall(r'id="([a-z-]+)"', person("c01").get("/help/").content.decode()))
    assert linked <= answers, linked - answers
    assert set(GUIDE) <= linked, set(GUIDE) - linked


def test_a_question_that_was_asked_stands_open_without_scripts(person):
    page = person("c01").get("/help/?open=short-cash").content.decode()
    assert re.findall(r"<details open><summary>([^<]+)", page) == ["钱箱现金不够退怎么办？"]
    assert "<details open>" not in person("c01").get("/help/").content.decode()


def test_a_mark_beside_a_heading_leads_to_its_answer(shop, person):
    refund = shop.refund(shop.sell())
    page = person("c01").get(f"/refunds/{refund.refund_no}/").content.decode()
    for anchor in ("cash", "track", "customer-page", "case", "wrong-amount"):
        assert f'href="/help/?open={anchor}#{anchor}"' in page
