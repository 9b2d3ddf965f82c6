"""Everything that goes wrong has one shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client

from sudapos.books import lookup, staff
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem


def send(api: Caller, path: str, body: bytes | str) -> HttpResponse:
    """A body that no JSON library would write."""
    return Client(raise_request_exception=False).post(
        f"/api/v1{path}",
        data=body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.secret}", "Idempotency-Key": "k"},
    )


def test_everything_that_goes_wrong_has_one_shape(api: Caller) -> None:
    assert problem(api.get("/nowhere")) == (404, "path_unknown")
    assert problem(api.call("delete", "/sales")) == (405, "method_not_allowed")
    answer = api.client.post(
        "/api/v1/sales",
        data="{",
        content_type="application/json",
        headers={"Authorization": f"Bearer {api.secret}"},
    )
    assert problem(answer) == (400, "json_malformed")
    assert problem(api.get("/sales?cursor=abc")) == (422, "input_invalid")
    assert problem(api.get("/sales?limit=many")) == (422, "input_invalid")
    assert problem(Client().get("/api/v2/sales")) == (404, "path_unknown")


POSTS = [
    "/sales",
    "/refunds",
    "/refunds/preview",
    "/refunds/batch",
    "/refunds/R1/approve",
    "/legs/L1/confirm",
]


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", ["{", '{"a":}', "[" * 100_000, b"\xff\xfe", b'"\xed\xa0\x80"', "{'a': 1}"])
def test_what_is_no_json_is_told(api: Caller, path: str, body: bytes | str) -> None:
    assert problem(send(api, path, body)) == (400, "json_malformed")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", ["[]", "null", "7", '"text"', "NaN"])
def test_a_body_that_is_no_object_is_told(api: Caller, path: str, body: str) -> None:
    assert faults(send(api, path, body)) == [(["body"], "wrong_type")]


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_too_large_is_told(api: Caller, path: str) -> None:
    assert problem(send(api, path, b" " * (8 * 1024 * 1024 + 1))) == (413, "payload_too_large")


@pytest.mark.parametrize("path", POSTS)
def test_an_unknown_field_is_named(api: Caller, path: str) -> None:
    wrong = (["colour"], "unknown_field")
    if path == "/refunds/batch":
        assert wrong in faults(api.post(path, {"items": [], "colour": 1}))
    else:
        assert wrong in faults(api.post(path, {"colour": 1}, **{"Idempotency-Key": "k"}))


def test_a_field_s_name_that_cannot_be_spoken_is_told_all_the_same(api: Caller) -> None:
    answer = send(api, "/sales", json.dumps({"\ud800": 1}))
    assert faults(answer) == [(["body"], "wrong_type")]


@pytest.mark.parametrize(
    ("path", "loc", "code"),
    [
        ("/sales?q=%00", "q", "unusable"),
        ("/refunds?store=%00", "store", "unusable"),
        ("/audit?by=a%00b", "by", "unusable"),
        ("/sales?cursor=%C2%B2", "cursor", "unusable"),
        ("/sales?cursor=99999999999999999999", "cursor", "unusable"),
        ("/sales?amount=1.5", "amount", "wrong_type"),
        ("/sales?from=2026-11-22T10:00:00", "from", "no_offset"),
        ("/sales?to=soon", "to", "wrong_type"),
        ("/refunds?from=0001-01-01", "from", "out_of_range"),
        ("/refunds?to=9999-12-31", "to", "out_of_range"),
        ("/refunds?state=lost", "state", "out_of_range"),
        ("/refunds?progress=lost", "progress", "out_of_range"),
    ],
)
def test_a_query_that_makes_no_sense_is_named(api: Caller, path: str, loc: str, code: str) -> None:
    assert faults(api.get(path)) == [([loc], code)]


@pytest.mark.parametrize("path", ["/sales/%00", "/refunds/R%00", "/refunds/R%00/voucher", "", "/", "/sales/"])
def test_an_address_that_leads_nowhere_is_told(api: Caller, path: str) -> None:
    assert problem(api.get(path)) == (404, "path_unknown")
    assert problem(Client().get("/api")) == (404, "path_unknown")


def test_a_wrong_method_says_which_are_right(api: Caller) -> None:
    answer = api.call("put", "/refunds/preview", {})
    assert problem(answer) == (405, "method_not_allowed")
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize("where", [(lookup, "find"), (staff, "find_key")])
def test_a_database_that_is_down_asks_to_come_again(
    api: Caller, monkeypatch: pytest.MonkeyPatch, where: tuple[Any, str]
) -> None:
    def down(*given: object, **more: object) -> None:
        raise OperationalError("the connection is lost")

    monkeypatch.setattr(*where, down)
    answer = api.get("/sales")
    assert problem(answer) == (503, "server_busy")
    assert answer["Retry-After"] == "2"
    assert "connection" not in answer.content.decode()


def test_a_bug_is_told_without_its_traceback(api: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object, **more: object) -> None:
        raise KeyError("inner-most-secret")

    monkeypatch.setattr(lookup, "find", broken)
    answer = api.get("/sales")
    assert problem(answer) == (500, "bug")
    assert "secret" not in answer.content.decode() and "Traceback" not in answer.content.decode()


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("", "找不到销售单 NOPE"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "找不到销售单 NOPE"),
        ("en;q=0.1, zh;q=0.9", "找不到销售单 NOPE"),
        ("fr", "找不到销售单 NOPE"),
        ("en-GB,en;q=0.9", "There is no sale NOPE"),
        ("fr, en;q=0.5", "There is no sale NOPE"),
    ],
)
def test_a_problem_speaks_the_caller_s_language(api: Caller, wanted: str, title: str) -> None:
    api.lang = wanted
    told = api.get("/sales/NOPE").json()
    assert (told["title"], told["status"], told["code"]) == (title, 404, "sale_not_found")
    assert told["hint"] not in ("", told["detail"])


def test_a_path_to_a_fault_is_the_same_wherever_it_was_found(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    by_shape = ask(expected_total=None, lines=[{"line_no": "1", "quantity": "1"}])
    by_books = ask(expected_total=None, lines=[{"line_no": 9, "quantity": "1"}])
    assert faults(api.refund(by_shape)) == [(["lines", 0, "line_no"], "wrong_type")]
    assert faults(api.refund(by_books)) == [(["lines", 0, "line_no"], "unknown_line")]
