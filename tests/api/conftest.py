"""A machine that calls the API with a key that may do everything."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from sudapos.books import staff
from tests.cast import Shop


@dataclass
class Caller:
    """Sends JSON with a Bearer key; `lang` goes into Accept-Language."""

    secret: str
    lang: str = "zh"
    client: Client = field(default_factory=Client)
    _keys: Any = field(default_factory=lambda: itertools.count(1))

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        given = {"Authorization": f"Bearer {self.secret}", "Accept-Language": self.lang, **headers}
        more = {"data": body, "content_type": "application/json"} if body is not None else {}
        answer: HttpResponse = getattr(self.client, method)(f"/api/v1{path}", headers=given, **more)
        return answer

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("get", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("post", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("put", path, body, **headers)

    def upload(self, path: str, fields: dict[str, Any]) -> HttpResponse:
        """A form with a file."""
        given = {"Authorization": f"Bearer {self.secret}", "Accept-Language": self.lang}
        answer: HttpResponse = self.client.post(f"/api/v1{path}", fields, headers=given)
        return answer

    def refund(self, body: dict[str, Any], key: str | None = None) -> HttpResponse:
        headers = {"Idempotency-Key": key or f"key-{next(self._keys)}"}
        return self.post("/refunds", body, **headers)


def ask(sale_no: str = "S-1", **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "sale_no": sale_no,
        "lines": [{"line_no": 1, "quantity": "1", "restock": True}],
        "charges": [],
        "everything": False,
        "amount": None,
        "reason": "quality",
        "note": "",
        "receipt": "present",
        "evidence": [],
        "route": "original",
        "legs": None,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "expected_total": 1999,
    }
    return {**body, **changes}


def faults(answer: HttpResponse) -> list[tuple[list[str | int], str]]:
    """Place and code of each wrong field."""
    assert problem(answer) == (422, "input_invalid")
    return [(each["loc"], each["code"]) for each in answer.json()["errors"]]


@pytest.fixture
def api(shop: Shop) -> Caller:
    _, secret = staff.create_key("till", acts=["*"], at=shop.at)
    return Caller(secret)


def problem(answer: HttpResponse) -> tuple[int, str]:
    """Status and code of a problem, its shape checked."""
    assert answer["Content-Type"].startswith("application/problem+json"), answer.content
    told = answer.json()
    assert {"type", "title", "status", "code", "detail", "hint"} <= set(told)
    assert told["status"] == answer.status_code
    assert all(told[name] for name in ("type", "title", "code", "detail", "hint"))
    return answer.status_code, told["code"]
