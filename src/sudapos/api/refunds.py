"""Refunds: previewed, asked for under a key, decided by people, followed to the end."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from pydantic import ValidationError

from sudapos.books import decisions, requests, timeline
from sudapos.books.requests import Opened, RefundRequest
from sudapos.core.authority import Act
from sudapos.core.lifecycle import Progress
from sudapos.core.refusal import FieldError, Invalid, NotFound, Refusal

from . import problems, shapes
from .keys import allow, now, operator
from .sales import before, clamp
from .schemas import BatchIn, BatchItemIn, DecisionIn, RefundIn, moment

router = Router(tags=["refunds"])
KEY_HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"


def _key(request: HttpRequest) -> str:
    key = request.headers.get(KEY_HEADER, "")
    if not 1 <= len(key) <= 64 or not key.isprintable():
        raise Invalid("idempotency_key_missing", errors=[FieldError((KEY_HEADER,), "missing")])
    return key


def _known(request: RefundRequest) -> RefundRequest:
    operator(request.operator)
    return request


@router.post("/refunds/preview", summary="What a refund would come to, and why; changes nothing")
def preview(request: HttpRequest, body: RefundIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    return shapes.preview(requests.preview(_known(body.request()), at=now()), problems.language(request))


@router.post("/refunds", summary="Ask for a refund under an Idempotency-Key")
def post_refund(request: HttpRequest, body: RefundIn) -> HttpResponse:
    key = allow(request, Act.MAKE_REFUND)
    [opened] = requests.open([_known(body.request(_key(request)))], at=now(), by=key.name)
    if opened.refusal is not None:
        raise opened.refusal
    assert opened.refund is not None
    response = JsonResponse(
        shapes.refund(decisions.get(opened.refund.refund_no), problems.language(request)),
        status=200 if opened.replayed else 201,
    )
    if opened.replayed:
        response[REPLAYED] = "true"
    return response


@router.post("/refunds/batch", summary="Up to 1000 refunds, each decided by itself")
def post_batch(request: HttpRequest, body: BatchIn) -> dict[str, Any]:
    key = allow(request, Act.MAKE_REFUND)
    if len(body.items) > requests.AT_MOST:
        raise Refusal("too_many_items", count=len(body.items), most=requests.AT_MOST)
    lang = problems.language(request)
    results: list[dict[str, Any]] = []
    asked: list[RefundRequest] = []
    places: list[int] = []
    for index, item in enumerate(body.items):
        results.append({"idempotency_key": item.get("idempotency_key"), "sale_no": item.get("sale_no")})
        try:
            asked.append(BatchItemIn.model_validate(item).request())
            places.append(index)
        except ValidationError as error:
            faults = problems.field_errors(error, ("items", index))
            results[index] |= {
                "status": "refused",
                "problem": problems.shape("input_invalid", 422, lang, {}, faults),
            }
    opened = requests.open(asked, at=now(), by=key.name)
    for place, one in zip(places, opened, strict=True):
        results[place] |= _result(one, lang)
    return {"results": results}


def _result(opened: Opened, lang: str) -> dict[str, Any]:
    if opened.refusal is not None:
        return {"status": "refused", "problem": problems.of_refusal(opened.refusal, lang)}
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
    q: str = "",
    sale_no: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    if progress and progress not in set(Progress):
        raise Invalid("input_invalid", errors=[FieldError(("progress",), "wrong_type")])
    since, until = request.GET.get("from", ""), request.GET.get("to", "")
    limit = clamp(limit)
    rows = decisions.find(
        decisions.Filter(
            state=state,
            progress=progress,
            store=store,
            channel=channel,
            q=q,
            sale_no=sale_no,
            since=moment(since, "from") if since else None,
            until=moment(until, "to") if until else None,
            before=before(cursor),
            limit=limit + 1,
        )
    )
    lang = problems.language(request)
    return shapes.page(rows, limit, [shapes.refund(row, lang) for row in rows])


@router.get("/refunds/{refund_no}", summary="One refund with its legs")
def get_refund(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shapes.refund(decisions.get(refund_no), problems.language(request))


@router.get("/refunds/{refund_no}/timeline", summary="Everything that happened to one refund")
def get_timeline(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    lang = problems.language(request)
    steps = timeline.of(decisions.get(refund_no))
    return {"items": [shapes.item(step, lang) for step in steps], "next_cursor": None}


@router.post("/refunds/{refund_no}/{act}", summary="approve, reject or withdraw a refund that waits")
def decide(request: HttpRequest, refund_no: str, act: str, body: DecisionIn) -> dict[str, Any]:
    if act not in ("approve", "reject", "withdraw"):
        raise NotFound("path_unknown")
    allow(request, Act.MAKE_REFUND if act == "withdraw" else Act.APPROVE)
    person = operator(body.operator)
    if act == "approve":
        row = decisions.approve(
            refund_no, operator=person, note=body.note, at=now(), fingerprint=body.fingerprint
        )
    elif act == "reject":
        row = decisions.reject(
            refund_no, operator=person, note=body.note, at=now(), fingerprint=body.fingerprint
        )
    else:
        row = decisions.withdraw(refund_no, operator=person, note=body.note, at=now())
    return shapes.refund(row, problems.language(request))
