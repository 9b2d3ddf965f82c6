"""Many refunds under one decision: drafted from a search, a list or a file, tried, approved, run, paused, told."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import File, Form, Router
from ninja.files import UploadedFile
from ninja.params.functions import Form as FormField
from ninja.params.functions import Query
from pydantic import Field

from sudapos.books import batch_decisions, batch_stands, batches, gathering
from sudapos.books.batches import Ask, Draft, RefundBatch
from sudapos.books.gathering import Wish
from sudapos.core import sentences
from sudapos.core.authority import Act
from sudapos.core.batches import FAILED, OUT, OUTCOMES, PENDING, summed
from sudapos.core.refusal import FieldError, Invalid
from sudapos.ops import batch_files, batch_report

from . import problems, reference, shapes
from .keys import allow, key_of, now, operator
from .schemas import (
    Body,
    Code,
    Fen,
    Long,
    Medium,
    Moment,
    Named,
    Operator,
    Place,
    RefundLineIn,
    before,
    clamp,
    one_of,
)

router = Router(tags=["batches"])
DONE = reference.answers("403", "404", "409")
FILES = ("csv", "xlsx")


class SearchIn(Body):
    """Which sales; `charged` and `right` are fen per unit, for a wrong price."""

    store: Code = ""
    since: Moment | None = None
    until: Moment | None = None
    channel: Code = ""
    sku: Medium = ""
    serial: Medium = ""
    charged: Fen | None = None
    right: Fen | None = None


class AskIn(Body):
    """Lines, or an amount in fen without goods; neither: everything."""

    sale_no: Annotated[Named, Field(min_length=1, max_length=64)]
    lines: list[RefundLineIn] = []
    amount: Fen | None = None
    reason: Code = ""


class BatchDraftIn(Body):
    operator: Operator
    title: Annotated[Named, Field(max_length=120)]
    kind: Named
    reason: Annotated[Long, Field(max_length=20)] = ""
    search: SearchIn | None = None
    items: list[AskIn] = []


class MakerIn(Body):
    operator: Operator


class DropIn(Body):
    operator: Operator
    items: list[Place]


class YesIn(Body):
    operator: Operator
    fingerprint: Named
    note: Long = ""


class SteerIn(Body):
    operator: Operator
    note: Long = ""


@router.post(
    "/batches",
    summary="Draft a batch from a search (recall, event, price) or from items; nothing happens yet",
    openapi_extra=reference.answers("201", "403"),
)
def post(request: HttpRequest, body: BatchDraftIn) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    who = operator(body.operator)
    batches.require_maker(who)
    if bool(body.search) == bool(body.items):
        raise Invalid("input_invalid", errors=[FieldError(("search",), "missing")])
    if body.search is not None:
        found = gathering.gather(Wish(kind=body.kind, **body.search.model_dump()), operator=who)
        asked = {"search": body.search.model_dump(mode="json"), "nothing_left": found.nothing_left}
        asks = found.asks
    else:
        asks = [_ask(item) for item in body.items]
        digest = hashlib.sha256(repr(asks).encode()).hexdigest()
        batches.refuse_again(digest)
        asked = {"digest": digest}
    wanted = Draft(kind=body.kind, title=body.title, asks=asks, reason=body.reason, asked=asked)
    return _made(request, batches.draft(wanted, operator=who, at=now()))


def _ask(item: AskIn) -> Ask:
    return Ask(
        sale_no=item.sale_no,
        lines=tuple((line.line_no, line.quantity) for line in item.lines),
        amount=item.amount,
        reason=item.reason,
    )


@router.post(
    "/batches/file",
    summary="Draft a batch from a table or JSON lines; rows that cannot be read are told",
    openapi_extra=reference.answers("201", "403", "409"),
)
def post_file(
    request: HttpRequest,
    file: File[UploadedFile],
    operator_code: str = FormField("", alias="operator"),
    title: Form[str] = "",
    reason: Form[str] = "",
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    batch = batch_files.draft(
        file.read(),
        name=file.name or "file",
        title=title,
        reason=reason,
        operator=operator(operator_code),
        at=now(),
    )
    return _made(request, batch)


def _made(request: HttpRequest, batch: RefundBatch) -> HttpResponse:
    return JsonResponse(_whole(batch, problems.language(request)), status=201)


@router.get("/batches", summary="Batches, newest first")
def listed(request: HttpRequest, store: str = "", limit: int = 50, cursor: str = "") -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    rows = batches.find(store=store, before=before(cursor), limit=limit + 1)
    return shapes.page(rows, limit, [_row(row, problems.language(request)) for row in rows])


@router.get(
    "/batches/{batch_no}", summary="One batch: state, sums, who must agree, progress", openapi_extra=DONE
)
def one(request: HttpRequest, batch_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return _whole(batches.get(batch_no), problems.language(request))


@router.get(
    "/batches/{batch_no}/items",
    summary="Items in their order with the verdict of the dry run and where each stands",
    openapi_extra=DONE,
)
def items(
    request: HttpRequest, batch_no: str, outcome: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit, lang = clamp(limit), problems.language(request)
    batch = batches.get(batch_no)
    wanted = one_of(outcome, "outcome", OUTCOMES)
    rows = batch_report.rows(batch, lang, outcome=wanted, after=before(cursor) or 0, limit=limit + 1)
    more = str(rows[limit - 1].item.item_no) if len(rows) > limit else None
    return {"items": [_item(row, lang) for row in rows[:limit]], "next_cursor": more}


@router.get(
    "/batches/{batch_no}/report",
    summary="Every item with its result, as csv or xlsx",
    openapi_extra=DONE,
)
def report(request: HttpRequest, batch_no: str, kind: str = Query("csv", alias="file")) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    kind = one_of(kind or "csv", "file", FILES)
    name, content_type, content = batch_report.file(batches.get(batch_no), kind, problems.language(request))
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@router.post("/batches/{batch_no}/check", summary="The dry run; voids earlier approvals", openapi_extra=DONE)
def check(request: HttpRequest, batch_no: str, body: MakerIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    row = batch_decisions.check(batch_no, operator=operator(body.operator), at=now())
    return _whole(row, problems.language(request))


@router.post("/batches/{batch_no}/drop", summary="Take items out before it runs", openapi_extra=DONE)
def drop(request: HttpRequest, batch_no: str, body: DropIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    row = batch_decisions.drop(batch_no, body.items, operator=operator(body.operator), at=now())
    return _whole(row, problems.language(request))


@router.post(
    "/batches/{batch_no}/approve",
    summary="A second person's yes, bound to the fingerprint of the dry run",
    openapi_extra=DONE,
)
def approve(request: HttpRequest, batch_no: str, body: YesIn) -> dict[str, Any]:
    _allow_decision(request)
    row = batch_decisions.approve(
        batch_no, operator=operator(body.operator), fingerprint=body.fingerprint, note=body.note, at=now()
    )
    return _whole(row, problems.language(request))


@router.post("/batches/{batch_no}/reject", summary="A no, with the reason in note", openapi_extra=DONE)
def reject(request: HttpRequest, batch_no: str, body: YesIn) -> dict[str, Any]:
    _allow_decision(request)
    row = batch_decisions.reject(
        batch_no, operator=operator(body.operator), fingerprint=body.fingerprint, note=body.note, at=now()
    )
    return _whole(row, problems.language(request))


def _allow_decision(request: HttpRequest) -> None:
    """Either key will do; what its operator may is asked in the books, by the sum."""
    if not key_of(request).may(Act.APPROVE_HIGH):
        allow(request, Act.APPROVE)


def _steered(request: HttpRequest, batch_no: str, name: str, body: SteerIn) -> dict[str, Any]:
    _allow_decision(request)
    row = batch_decisions.steer(batch_no, name, operator=operator(body.operator), note=body.note, at=now())
    return _whole(row, problems.language(request))


@router.post("/batches/{batch_no}/start", summary="Let the worker begin", openapi_extra=DONE)
def start(request: HttpRequest, batch_no: str, body: SteerIn) -> dict[str, Any]:
    return _steered(request, batch_no, "start", body)


@router.post(
    "/batches/{batch_no}/pause",
    summary="Open nothing more; what is open goes its own way",
    openapi_extra=DONE,
)
def pause(request: HttpRequest, batch_no: str, body: SteerIn) -> dict[str, Any]:
    return _steered(request, batch_no, "pause", body)


@router.post("/batches/{batch_no}/resume", summary="Go on", openapi_extra=DONE)
def resume(request: HttpRequest, batch_no: str, body: SteerIn) -> dict[str, Any]:
    return _steered(request, batch_no, "resume", body)


@router.post("/batches/{batch_no}/cancel", summary="Give up what is not open yet", openapi_extra=DONE)
def cancel(request: HttpRequest, batch_no: str, body: SteerIn) -> dict[str, Any]:
    return _steered(request, batch_no, "cancel", body)


def _row(row: RefundBatch, lang: str) -> dict[str, Any]:
    return {
        "batch_no": row.batch_no,
        "kind": row.kind,
        "title": row.title,
        "reason": row.reason,
        "state": row.state,
        "state_word": sentences.batch_word(row.state, lang),
        "store": row.store.code if row.store else None,
        "operator": row.operator.code,
        "count": row.count,
        "total": row.total,
        "created_at": shapes.moment(row.created_at),
        "checked_at": shapes.moment(row.checked_at),
        "started_at": shapes.moment(row.started_at),
        "ended_at": shapes.moment(row.ended_at),
    }


def _whole(row: RefundBatch, lang: str) -> dict[str, Any]:
    """A batch with its progress: done, pending, failed and out add up to all of its items."""
    row = batches.get(row.batch_no)
    parts = batch_stands.outcomes(row)
    sums = {"done": {"done"}, "pending": PENDING, "failed": FAILED, "out": OUT}
    return _row(row, lang) | {
        "fingerprint": row.fingerprint,
        "needed": row.needed,
        "missing": batch_decisions.missing(row),
        "approvals": [
            {
                "operator": a.operator.code,
                "role": a.role,
                "decision": a.decision,
                "note": a.note,
                "at": shapes.moment(a.at),
                "counts": a.fingerprint == row.fingerprint,
            }
            for a in row.approvals.all()
        ],
        "outcomes": {name: {"count": part.number, "total": part.total} for name, part in parts.items()},
        "totals": {
            name: {"count": part.number, "total": part.total}
            for name, names in sums.items()
            for part in [summed(parts, names)]
        },
        "channels": [
            {"channel": channel, "route": route, "count": part.number, "total": part.total}
            for (channel, route), part in batch_stands.channels(row).items()
        ],
        "asked": {name: value for name, value in row.asked.items() if name != "digest"},
    }


def _item(row: batch_report.Row, lang: str) -> dict[str, Any]:
    item = row.item
    return {
        "item_no": item.item_no,
        "sale_no": item.sale_no,
        "lines": [{"line_no": no, "milli": milli} for no, milli in item.lines],
        "amount": item.amount,
        "reason": item.reason,
        "total": item.total,
        "decision": item.decision or None,
        "approvals": item.roles,
        "outcome": row.outcome,
        "outcome_word": sentences.outcome_word(row.outcome, lang),
        "code": item.code or None,
        "why": row.why,
        "legs": [{"channel": c, "route": r, "amount": amount} for c, r, amount in item.legs],
        "refund_no": row.refund_no or None,
    }
