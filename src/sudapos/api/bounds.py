"""A key of one store stays in it: what it names must be of that store, what it lists is that store's, the rest is shut.

Every address that such a key may use stands here; one that does not is refused, so that a new address is shut until
somebody has thought about it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.http import HttpRequest

from sudapos.books.sales import Sale
from sudapos.books.staff import ApiKey, Operator
from sudapos.core.refusal import Forbidden

THINGS: Mapping[str, tuple[str, str, str]] = {
    "sales/<sale_no>": ("Sale", "sale_no", "store__code"),
    "refunds/<refund_no>": ("Refund", "refund_no", "store__code"),
    "legs/<leg_no>": ("Leg", "leg_no", "refund__store__code"),
    "cases/<case_no>": ("Case", "case_no", "refund__store__code"),
    "shifts/<shift_no>": ("Shift", "shift_no", "drawer__store__code"),
    "counts/<count_no>": ("Count", "count_no", "shift__drawer__store__code"),
    "compensations/<number>": ("Compensation", "number", "sale__store__code"),
    "corrections/<correction_no>": ("Correction", "correction_no", "refund__store__code"),
    "deposits/<deposit_no>": ("Deposit", "sale__sale_no", "sale__store__code"),
    "exchanges/<exchange_no>": ("Exchange", "exchange_no", "refund__store__code"),
    "invoices/<task_no>": ("RedInvoice", "task_no", "refund__store__code"),
    "cards/<card_ref>": ("StoredCard", "pk", "store__code"),
    "hand-backs/<number>": ("HandBack", "number", "card__store__code"),
    "batches/<batch_no>": ("RefundBatch", "batch_no", "store__code"),
    "goods/<number>": ("GoodsMove", "pk", "line__refund__store__code"),
    "alerts/<number>": ("Alert", "pk", "store"),
    "overdue/<number>": ("Overdue", "pk", "refund__store__code"),
    "reviews/<number>": ("Review", "pk", "store"),
    "payees/<number>": ("StaffPayee", "pk", "operator__store__code"),
    "operators/<code>": ("Operator", "code", "store__code"),
}
"""Beginning of an address → model, its field, and the way to the code of its store."""

LISTS = frozenset(
    [
        "alerts",
        "audit",
        "batches",
        "cards",
        "cases",
        "compensations",
        "corrections",
        "counts",
        "deposits",
        "drawers",
        "goods",
        "hand-backs",
        "invoices",
        "journal/accounts/<account>",
        "journal/cash",
        "journal/owed",
        "journal/trial",
        "journal/vat",
        "operators",
        "operators/changes",
        "overdue",
        "payees",
        "refunds",
        "reports/<code>",
        "reviews",
        "sales",
        "shifts",
    ]
)
"""GET with `store`: the key's own, named or not."""

BODIES = frozenset(
    [
        "batches",
        "cards",
        "cash-moves",
        "deposits",
        "exchanges",
        "exchanges/preview",
        "lost-receipts",
        "operators",
        "payees",
        "refunds",
        "refunds/batch",
        "refunds/preview",
        "sales",
        "shifts",
    ]
)
"""POST whose body says which store it is about: by its store, its sales, or the operator."""

EVERYWHERE = frozenset(["finance/desk", "policies", "policies/<number>", "reports"])
"""GET of what is the same in all stores, or narrowed by the operator."""

NAMES_STORE = frozenset(
    ["cards", "cash-moves", "deposits", "operators", "operators/<code>/change", "sales", "shifts"]
)
"""POST whose `store` must be there, because an empty one would mean all of them."""

PEOPLE = ("operator", "approver", "to")
calling: ContextVar[ApiKey | None] = ContextVar("calling", default=None)
"""The key of the request that is under way in this thread."""


def keep(request: HttpRequest, key: ApiKey) -> None:
    """Raise Forbidden where the request leaves the key's store; its lists are narrowed. A key of all stores passes."""
    calling.set(key)
    if key.store is None:
        return
    own, route = key.store.code, _route(request)
    named = next((name for name in THINGS if route == name or route.startswith(f"{name}/")), None)
    is_read = request.method == "GET"
    if named is not None:
        _require(key, _stores_of(named, _last(request, named)))
    elif is_read and route in LISTS:
        _narrow(request, key)
    elif not (is_read and route in EVERYWHERE) and not (request.method == "POST" and route in BODIES):
        raise Forbidden("key_of_one_store", name=key.name, store=own)
    parts = list(_parts(request))
    if request.method == "POST" and route in NAMES_STORE and not all(part.get("store") for part in parts):
        raise Forbidden("key_of_one_store", name=key.name, store=own)
    _require_parts(key, parts, sells=route == "sales")


def narrowed(person: Operator) -> Operator:
    """The operator as the calling key may use her: who works in all stores works in the key's. Never saved."""
    key = calling.get()
    if key is None or key.store is None:
        return person
    _require(key, [person.store.code] if person.store else [])
    person.store = key.store
    return person


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    assert match is not None
    return match.route.removeprefix("api/v1/")


def _last(request: HttpRequest, named: str) -> str:
    match = request.resolver_match
    assert match is not None
    return str(match.kwargs[named.split("<")[1].rstrip(">")])


def _stores_of(named: str, number: str) -> list[str]:
    """The store's code; nothing where there is no such thing, which its own address says better."""
    model, field, way = THINGS[named]
    number = number.removeprefix("C") if model == "StoredCard" else number
    if field == "pk" and not (number.isascii() and number.isdigit() and len(number) < 19):
        return []
    rows = apps.get_model("books", model)._default_manager.filter(**{field: number})
    return [code or "" for code in rows.values_list(way, flat=True)]


def _require(key: ApiKey, stores: Iterable[str]) -> None:
    assert key.store is not None
    for code in stores:
        if code != key.store.code:
            raise Forbidden("other_store", operator=key.name, store=code or "*")


def _narrow(request: HttpRequest, key: ApiKey) -> None:
    assert key.store is not None
    asked = request.GET.get("store")
    _require(key, [asked] if asked else [])
    given = request.GET.copy()
    given["store"] = key.store.code
    request.GET = given  # type: ignore[assignment]  # as immutable as the rest of the request lets it be


def _parts(request: HttpRequest) -> Iterator[Mapping[str, Any]]:
    """The body, and what its list holds; a body that cannot be read is told by its own address."""
    if request.method == "GET":
        filters = _route(request).startswith("reports/")  # there `operator` is what to look for
        yield {} if filters else request.GET.dict()
    elif (request.content_type or "").startswith("multipart/"):
        yield request.POST.dict()
    else:
        yield from _read(request.body)


def _read(body: bytes) -> Iterator[Mapping[str, Any]]:
    try:
        read = json.loads(body)
    except ValueError:
        return
    if isinstance(read, dict):
        items = read.get("items")
        listed = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if not listed or len(read) > 1:
            yield read
        yield from listed


def _require_parts(key: ApiKey, parts: list[Mapping[str, Any]], *, sells: bool) -> None:
    """Stores, people and sales that the bodies name, with two statements at most."""
    stores = [_text(part.get("store")) for part in parts]
    _require(key, [code for code in stores if code])
    people = {_text(part.get(name)) for part in parts for name in PEOPLE} - {""}
    if people:
        places = Operator.objects.filter(code__in=people).exclude(store=None)
        _require(key, places.values_list("store__code", flat=True))
    sales = {_text(part.get("sale_no")) for part in parts} - {""}
    if sales and not sells:
        _require(key, Sale.objects.filter(sale_no__in=sales).values_list("store__code", flat=True))


def _text(given: object) -> str:
    return given if isinstance(given, str) and "\0" not in given else ""
