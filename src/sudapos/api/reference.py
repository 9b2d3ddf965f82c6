"""The API's own description: OpenAPI with its problems and lists, and a page that needs nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from pydantic.json_schema import models_json_schema

from .schemas import BatchItemIn, SaleIn, SalesIn

REF = "#/components/schemas/"
MEANINGS = {
    "200": "Done, or done before",
    "201": "Created",
    "401": "The key is missing or unknown",
    "403": "The key or the operator may not",
    "404": "There is no such thing",
    "409": "The picture was stale, or the number stands for something else",
    "413": "Too large",
    "422": "Refused; code, detail and hint say why",
    "503": "The database is busy; come again with the same key",
}
EVERYWHERE = ("401", "403", "422", "503")
PROBLEM: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457, in Chinese, or in English for Accept-Language: en",
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "hint"],
    "properties": {
        **{name: {"type": "string"} for name in ("type", "title", "code", "detail", "hint")},
        "status": {"type": "integer"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["loc", "code", "message"],
                "properties": {
                    "loc": {"type": "array", "items": {"type": ["string", "integer"]}},
                    "code": {"type": "string"},
                    "message": {"type": "string"},
                },
            },
        },
    },
}
STYLE = (
    "body{font:15px/1.6 system-ui,'PingFang SC','Noto Sans SC',sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid #8884;border-radius:6px}"
    "h2{margin-top:2rem;font-size:1.1rem}.m{font-weight:700;color:#0B6E5F}:root{color-scheme:light dark}"
)


def answers(*statuses: str) -> dict[str, Any]:
    """The answers that an operation may give, beside those that every operation may give."""
    return {"responses": {status: _answer(status) for status in (*statuses, *EVERYWHERE)}}


def _answer(status: str) -> dict[str, Any]:
    told: dict[str, Any] = {"description": MEANINGS[status]}
    if status >= "400":
        told["content"] = {"application/problem+json": {"schema": {"$ref": f"{REF}Problem"}}}
    return told


def one_or_many(one: str, many: str) -> dict[str, Any]:
    """A body that is one thing or a list of them."""
    either = [{"$ref": REF + one}, {"$ref": REF + many}]
    content = {"application/json": {"schema": {"oneOf": either}}}
    return {"requestBody": {"required": True, "content": content}}


def complete(schema: dict[str, Any]) -> dict[str, Any]:
    """Add what the framework cannot know: the problem, bodies read by hand, and what lists hold."""
    models = models_json_schema(
        [(model, "validation") for model in (SaleIn, SalesIn, BatchItemIn)], ref_template=f"{REF}{{model}}"
    )
    shapes = schema.setdefault("components", {}).setdefault("schemas", {})
    shapes |= models[1]["$defs"] | {"Problem": PROBLEM}
    for many, one in (("SalesIn", "SaleIn"), ("BatchIn", "BatchItemIn")):
        shapes[many]["properties"]["items"] = {
            "type": "array",
            "maxItems": 1000,
            "items": {"$ref": REF + one},
        }
    for methods in schema["paths"].values():
        for about in methods.values():
            about["responses"] = answers()["responses"] | {
                str(status): told for status, told in about["responses"].items()
            }
    return schema


class Described(NinjaAPI):
    """An API whose description is complete."""

    def get_openapi_schema(self, **given: Any) -> Any:
        return complete(super().get_openapi_schema(**given))


def page(schema: dict[str, Any]) -> str:
    """Every path with its method, sentence, parameters, body and answers."""
    parts = [
        f"<!doctype html><html lang=zh><meta charset=utf-8><title>{escape(schema['info']['title'])}</title>"
        f"<style>{STYLE}</style><h1>{escape(schema['info']['title'])}</h1>"
        f"<p>{escape(schema['info'].get('description', ''))}</p><p><a href=openapi.json>openapi.json</a></p>"
    ]
    for path, methods in sorted(schema["paths"].items()):
        for method, about in methods.items():
            parts.append(_operation(path, method, about))
    shapes = schema.get("components", {}).get("schemas", {})
    for name in sorted(shapes):
        body = escape(json.dumps(shapes[name], ensure_ascii=False, indent=2))
        parts.append(
            f"<details id={escape(name)}><summary><code>{escape(name)}</code></summary><pre>{body}</pre></details>"
        )
    return "".join(parts)


def _operation(path: str, method: str, about: dict[str, Any]) -> str:
    parts = [
        f"<h2><span class=m>{method.upper()}</span> <code>{escape(path)}</code></h2>",
        f"<p>{escape(about['summary'])}</p><p>{escape(about.get('description', ''))}</p>",
    ]
    for where in ("query", "header"):
        names = [p["name"] for p in about.get("parameters", []) if p["in"] == where]
        if names:
            parts.append(
                f"<p>{where}: " + ", ".join(f"<code>{escape(name)}</code>" for name in names) + "</p>"
            )
    bodies = _refs(about.get("requestBody", {}))
    if bodies:
        parts.append("<p>body: " + " · ".join(f"<a href=#{name}>{name}</a>" for name in bodies) + "</p>")
    told = " · ".join(
        f"{status} {escape(a['description'])}" for status, a in sorted(about["responses"].items())
    )
    return "".join([*parts, f"<p><small>{told}</small></p>"])


def _refs(part: Any) -> list[str]:
    """Names of the shapes that a piece of the description refers to."""
    if isinstance(part, dict):
        own = [str(part["$ref"]).removeprefix(REF)] if "$ref" in part else []
        return own + [name for value in part.values() for name in _refs(value)]
    return [name for value in part for name in _refs(value)] if isinstance(part, list) else []


def view(request: HttpRequest) -> HttpResponse:
    from .urls import api

    return HttpResponse(page(api.get_openapi_schema()))
