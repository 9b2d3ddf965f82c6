"""GET /openapi.json and /docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.test import Client
from django.urls import URLPattern

from sudapos.api.urls import api as described

from .conftest import Caller


def refs(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from ([part["$ref"]] if "$ref" in part else [])
        for value in part.values():
            yield from refs(value)
    elif isinstance(part, list):
        for value in part:
            yield from refs(value)


def test_every_route_is_described(db: None) -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    routes = {
        "/api/v1/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(route.pattern))
        for route in described.urls[0]
        if isinstance(route, URLPattern) and route.name not in ("openapi-json", "api-root")
    }
    assert set(schema["paths"]) == routes
    for path, methods in schema["paths"].items():
        for method, about in methods.items():
            assert about["summary"], (method, path)
            assert {"200", "401", "403", "422", "503"} <= set(about["responses"]), (method, path)
            assert ("requestBody" in about) == (method in ("post", "put")), (method, path)


def test_every_reference_leads_to_a_shape(db: None) -> None:
    schema = Client().get("/api/v1/openapi.json").json()
    named = set(refs(schema))
    assert {"#/components/schemas/Problem", "#/components/schemas/SaleIn"} <= named
    shapes = schema["components"]["schemas"]
    assert {name for name in named if name.rpartition("/")[2] not in shapes} == set()
    assert all(name.startswith("#/components/schemas/") for name in named)


def test_parameters_carry_the_names_of_the_interface(db: None) -> None:
    paths = Client().get("/api/v1/openapi.json").json()["paths"]

    def names(path: str, method: str) -> set[str]:
        return {p["name"] for p in paths[path][method]["parameters"]}

    wanted = "q store from to amount card_last4 sku serial limit cursor"
    assert names("/api/v1/sales", "get") == set(wanted.split())
    assert {"state", "progress", "store", "channel", "from", "to"} <= names("/api/v1/refunds", "get")
    assert {"from", "to", "format"} <= names("/api/v1/journal", "get")
    assert names("/api/v1/refunds", "post") == {"Idempotency-Key"}


def test_the_page_needs_nothing_from_elsewhere(api: Caller) -> None:
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert "/api/v1/refunds/preview" in page and "Idempotency-Key" in page
    assert re.findall(r"<script|<link|@import|url\(|src=", page) == []
    assert all(target.startswith(("#", "openapi.json")) for target in re.findall(r"href=([^ >]+)", page))
