"""Cases on refunds for machines: opened, written in, handed files, taken over, ended."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import File, Form, Router
from ninja.files import UploadedFile
from pydantic import Field

from sudapos.books import attachments, cases
from sudapos.books.cases import Case, CaseFile
from sudapos.core.authority import Act

from . import files, reference, shapes
from .keys import allow, now
from .keys import operator as person
from .schemas import Body, Operator, Text, before, clamp

router = Router(tags=["cases"])
DONE = reference.answers("403", "404", "409")


class CaseIn(Body):
    operator: Operator
    text: Annotated[Text, Field(max_length=1000)] = ""


@router.get("/cases", summary="Cases, newest first; state open, closed or all")
def listed(
    request: HttpRequest,
    state: str = "open",
    store: str = "",
    owner: str = "",
    refund_no: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    rows = cases.of(
        state=state, store=store, owner=owner, refund_no=refund_no, before=before(cursor), limit=limit + 1
    )
    return shapes.page(rows, limit, [_shown(row) for row in rows])


@router.post(
    "/refunds/{refund_no}/cases",
    summary="A case on a refund: what the customer said, in text",
    openapi_extra=reference.answers("201", "403", "404"),
)
def open_case(request: HttpRequest, refund_no: str, body: CaseIn) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    case = cases.open(refund_no, what=body.text, operator=person(body.operator), at=now())
    return JsonResponse(_whole(case.case_no), status=201)


@router.get(
    "/cases/{case_no}", summary="One case with notes and files", openapi_extra=reference.answers("404")
)
def get_case(request: HttpRequest, case_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return _whole(case_no)


@router.post("/cases/{case_no}/notes", summary="What happened, in text", openapi_extra=DONE)
def note(request: HttpRequest, case_no: str, body: CaseIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    cases.note(case_no, text=body.text, operator=person(body.operator), at=now())
    return _whole(case_no)


@router.post("/cases/{case_no}/take", summary="The operator looks after it from now on", openapi_extra=DONE)
def take(request: HttpRequest, case_no: str, body: CaseIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    cases.take(case_no, operator=person(body.operator), at=now())
    return _whole(case_no)


@router.post("/cases/{case_no}/close", summary="How it ended, in text", openapi_extra=DONE)
def close(request: HttpRequest, case_no: str, body: CaseIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    cases.close(case_no, reason=body.text, operator=person(body.operator), at=now())
    return _whole(case_no)


@router.post(
    "/cases/{case_no}/files",
    summary="A PNG, JPEG, PDF or plain text of at most 5 MB (multipart: operator, file)",
    openapi_extra=reference.answers("201", "403", "404", "409"),
)
def attach(
    request: HttpRequest,
    case_no: str,
    file: File[UploadedFile],
    operator: Form[str],
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    content = file.read(attachments.LARGEST + 1)
    row = cases.attach(case_no, name=file.name or "", content=content, operator=person(operator), at=now())
    return JsonResponse(_file(row), status=201)


@router.get(
    "/cases/{case_no}/files/{digest}",
    summary="One file; the operator who looks is written down",
    openapi_extra=reference.answers("403", "404"),
)
def get_file(request: HttpRequest, case_no: str, digest: str, operator: str) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    row, content = cases.file(case_no, digest, operator=person(operator), at=now())
    return files.answer(row.name, row.kind, content)


def _whole(case_no: str) -> dict[str, Any]:
    case = cases.get(case_no)
    return _shown(case) | {
        "notes": [{"text": n.text, "by": n.by, "at": shapes.moment(n.at)} for n in case.notes.all()],
        "files": [_file(row) for row in case.files.all()],
    }


def _shown(case: Case) -> dict[str, Any]:
    return {
        "case_no": case.case_no,
        "refund_no": case.refund.refund_no,
        "store": case.store,
        "what": case.what,
        "state": "closed" if case.closed_at else "open",
        "owner": case.owner,
        "opened_by": case.opened_by,
        "opened_at": shapes.moment(case.opened_at),
        "closed_at": shapes.moment(case.closed_at),
        "closed_by": case.closed_by or None,
        "reason": case.reason or None,
    }


def _file(row: CaseFile) -> dict[str, Any]:
    return {
        "name": row.name,
        "kind": row.kind,
        "size": row.size,
        "digest": row.digest,
        "by": row.by,
        "at": shapes.moment(row.at),
    }
