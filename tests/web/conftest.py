"""People at their screens: a browser without scripts, signed in as one of the cast."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.http import HttpResponse
from django.test import Client

from tests.cast import PASSWORD, Shop

SEATS = {"c01": "S01/T1", "c02": "S01/T2", "m01": "S01/T1", "m02": "S01/T1"}


class Person(Client):
    """One person's browser. `text` is what she reads, without the tags."""

    def sign_in(self, code: str, *, seat: str | None = None, password: str = PASSWORD) -> HttpResponse:
        chosen = SEATS.get(code, "") if seat is None else seat
        return self.post("/sign-in/", {"code": code, "password": password, "seat": chosen})

    def read(self, address: str, *, status: int = 200, **asked: str) -> str:
        response = self.get(address, asked)
        assert response.status_code == status, (
            response.status_code,
            address,
            response.headers.get("Location"),
        )
        return text(response)


def text(response: HttpResponse) -> str:
    """What a person reads on the page, spaces made single."""
    body = re.sub(r"<(script|style)\b.*?</\1>", "", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body))


def field(response: HttpResponse, name: str) -> str:
    """The value of a form's field, as the page was sent."""
    match = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', response.content.decode())
    assert match, f"no field {name}"
    return match[1]


def said(response: HttpResponse) -> str:
    """The code of the refusal that the page shows."""
    match = re.search(r'data-code="([^"]*)"', response.content.decode())
    assert match, "the page refuses nothing"
    return match[1]


@pytest.fixture
def person(shop: Shop) -> Callable[[str], Person]:
    def arrive(code: str, **choices: str) -> Person:
        browser = Person()
        response = browser.sign_in(code, **choices)
        assert response.status_code == 302, text(response)
        return browser

    return arrive
