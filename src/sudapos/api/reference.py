"""The API's own description as a page that needs nothing from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from django.http import HttpRequest, HttpResponse

STYLE = (
    "body{font:15px/1.6 system-ui,'PingFang SC','Noto Sans SC',sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{font:13px/1.5 ui-monospace,monospace}pre{overflow:auto;padding:.75rem;border:1px solid #8884;border-radius:6px}"
    "h2{margin-top:2rem;font-size:1.1rem}.m{font-weight:700;color:#0B6E5F}:root{color-scheme:light dark}"
)


def page(schema: dict[str, Any]) -> str:
    """Every path with its method, sentence, parameters and body."""
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
        parts.append(f"<details><summary><code>{escape(name)}</code></summary><pre>{body}</pre></details>")
    return "".join(parts)


def _operation(path: str, method: str, about: dict[str, Any]) -> str:
    names = ", ".join(
        f"<code>{escape(p['name'])}</code>" for p in about.get("parameters", []) if p.get("in") == "query"
    )
    query = f"<p>{names}</p>" if names else ""
    return (
        f"<h2><span class=m>{method.upper()}</span> <code>{escape(path)}</code></h2>"
        f"<p>{escape(about.get('summary', ''))}</p>{query}"
    )


def view(request: HttpRequest) -> HttpResponse:
    from .urls import api

    return HttpResponse(page(api.get_openapi_schema()))
