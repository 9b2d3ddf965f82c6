"""Refunds: previewed, asked for under a key, decided by people, followed to the end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header, Query

from sudapos.books import decisions, doors, links, requests, shops, timeline
from sudapos.books.refunds import Refund
from sudapos.books.requests import Opened, RefundRequest
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.lifecycle import Progress, RefundState
from sudapos.core.refusal import FieldError, Invalid

from . import bodies, problems, reference, shapes
from .keys import allow, now, operator
from .schemas import KEY, BatchIn, BatchItemIn, DecisionIn, RefundIn, before, clamp, moment, one_of

router = Router(tags=["refunds"])
KEY_HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
TILL_TIME = "X-Till-Time"


def required_key(given: str) -> str:
    """The header's number, if it is one. Raises Invalid idempotency_key_missing."""
    if not KEY.fullmatch(given):
        fault = FieldError((KEY_HEADER,), "unusable" if given else "missing")
        raise Invalid("idempotency_key_missing", errors=[fault])
    return given


def _timed(request: HttpRequest, asked: RefundRequest) -> RefundRequest:
    """With what the till's clock says in X-Till-Time, where the body does not say it (FR24). Raises Invalid."""
    told = request.headers.get(TILL_TIME, "")
    return asked if asked.till_time or not told else replace(asked, till_time=moment(told, TILL_TIME))


def known(request: RefundRequest) -> RefundRequest:
    """The request, if the people and places that it names exist. Raises Invalid."""
    operator(request.operator)
    if request.store in _strange_stores([request]):
        raise _no_store(request.store)
    return request


def _strange_stores(asked: Iterable[RefundRequest]) -> set[str]:
    """Stores that nobody opened: a refund would be booked to the sale's store without a word."""
    named = {request.store for request in asked if request.store}
    return named - set(shops.stores(named)) if named else set()


def _no_store(store: str) -> Invalid:
    return Invalid("input_invalid", store=store, errors=[FieldError(("store",), "store_not_found")])


@router.post(
    "/refunds/preview",
    summary="What a refund would come to, and why; changes nothing",
    openapi_extra=reference.answers("404", "409"),
)
def preview(request: HttpRequest, body: RefundIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    return shapes.preview(
        requests.preview(known(_timed(request, body.request())), at=now()), problems.language(request)
    )


@router.post(
    "/refunds",
    summary="Ask for a refund under an Idempotency-Key",
    description="201 with the refund; the same key and body again: 200, the same refund, Idempotent-Replayed: true.",
    openapi_extra=reference.answers("200", "201", "404", "409"),
)
def post_refund(
    request: HttpRequest, body: RefundIn, idempotency_key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    [opened] = requests.open([known(_timed(request, body.request(required_key(idempotency_key))))], at=now())
    if opened.refusal is not None:
        raise opened.refusal
    assert opened.refund is not None
    response = JsonResponse(
        shapes.refund(_linked(opened.refund.refund_no), problems.language(request)),
        status=200 if opened.replayed else 201,
    )
    if opened.replayed:
        response[REPLAYED] = "true"
    return response


@router.post(
    "/refunds/batch",
    summary="Up to 1000 refunds, each decided by itself",
    openapi_extra=reference.answers("413"),
)
def post_batch(request: HttpRequest, body: BatchIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    lang = problems.language(request)
    named = ["idempotency_key", "sale_no"]
    read = bodies.items(body.items, BatchItemIn, most=requests.AT_MOST, lang=lang, named=named)
    asked = [(index, _timed(request, item.request())) for index, item in read.good]
    strange = _strange_stores(request for _, request in asked)
    for index, one in asked:
        if one.store in strange:
            read.refuse(index, _no_store(one.store))
    good = [(index, one) for index, one in asked if one.store not in strange]
    opened = requests.open([one for _, one in good], at=now())
    for (index, _), answer in zip(good, opened, strict=True):
        if answer.refusal is not None:
            read.refuse(index, answer.refusal)
        else:
            read.results[index] |= _opened(answer)
    return {"results": read.results}


def _opened(opened: Opened) -> dict[str, Any]:
    assert opened.refund is not None
    return {
        "status": "replayed" if opened.replayed else "created",
        "refund_no": opened.refund.refund_no,
        "state": opened.refund.state,
        "total": opened.refund.total,
    }


@router.get("/refunds", summary="Refunds, newest first, narrowed by state, progress, store, channel and days")
def find_refunds(
    request: HttpRequest,
    state: str = "",
    progress: str = "",
    store: str = "",
    channel: str = "",
    since: str = Query("", alias="from"),
    until: str = Query("", alias="to"),
    q: str = "",
    sale_no: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    rows = decisions.find(
        decisions.Filter(
            state=one_of(state, "state", RefundState),
            progress=one_of(progress, "progress", Progress),
            store=store,
            channel=channel,
            q=q,
            sale_no=sale_no,
            since=moment(since, "from"),
            until=moment(until, "to", last=True),
            before=before(cursor),
            limit=limit + 1,
        )
    )
    lang = problems.language(request)
    return shapes.page(rows, limit, [shapes.refund(row, lang) for row in rows])


@router.get(
    "/refunds/{refund_no}", summary="One refund with its legs", openapi_extra=reference.answers("404")
)
def get_refund(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shapes.refund(_linked(refund_no), problems.language(request))


def _linked(refund_no: str) -> Refund:
    """The refund, and the address of the customer's page from the first time that somebody looks."""
    row = decisions.get(refund_no)
    links.ensure(row, at=now())
    return row


@router.get(
    "/refunds/{refund_no}/timeline",
    summary="Everything that happened to one refund",
    openapi_extra=reference.answers("404"),
)
def get_timeline(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    lang = problems.language(request)
    steps = timeline.of(decisions.get(refund_no))
    return {"items": [shapes.item(step, lang) for step in steps], "next_cursor": None}


def _checker(request: HttpRequest, body: DecisionIn) -> Operator:
    """The person named; a password that was typed at the till must be hers, and wrong ones are counted."""
    if body.password is None:
        return operator(body.operator)
    origin = str(request.META.get("REMOTE_ADDR", ""))[:64]
    required = settings.SECOND_FACTOR != "offered"
    return doors.on_the_spot(
        body.operator, body.password, body.digits, required=required, origin=origin, at=now()
    )


DECIDED = reference.answers("403", "404", "409")


@router.post(
    "/refunds/{refund_no}/approve", summary="A checker's yes, never by the maker", openapi_extra=DECIDED
)
def approve(request: HttpRequest, refund_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.APPROVE)
    row = decisions.approve(
        refund_no,
        operator=_checker(request, body),
        note=body.note,
        at=now(),
        fingerprint=body.fingerprint,
    )
    return shapes.refund(row, problems.language(request))


@router.post(
    "/refunds/{refund_no}/reject",
    summary="A checker's no, with the reason in note",
    openapi_extra=DECIDED,
)
def reject(request: HttpRequest, refund_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.APPROVE)
    row = decisions.reject(
        refund_no,
        operator=_checker(request, body),
        note=body.note,
        at=now(),
        fingerprint=body.fingerprint,
    )
    return shapes.refund(row, problems.language(request))


@router.post(
    "/refunds/{refund_no}/withdraw", summary="The maker takes back what still waits", openapi_extra=DECIDED
)
def withdraw(request: HttpRequest, refund_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    row = decisions.withdraw(refund_no, operator=operator(body.operator), note=body.note, at=now())
    return shapes.refund(row, problems.language(request))
