from __future__ import annotations

import re

import pytest
from django.test import Client

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
