"""客诉: what a customer complained about, who looks after it, what was said and shown."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import attachments, cases
from sudapos.books.staff import Operator
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal

from . import days, downloads, errors, frame, moments
from .refunds import show, whole

PAGE = 50


@frame.page(Act.LOOK_UP)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """What nobody has ended yet; every filter stands in the address."""
    operator, asked = frame.operator_of(request), request.GET
    state, mine = asked.get("state", "open"), asked.get("mine") == "1"
    rows = cases.of(
        state=state,
        store=frame.own_store(operator),
        owner=operator.code if mine else "",
        before=days.number(asked.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": rows[:PAGE],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "mine": mine,
        "states": [("open", _("没了结")), ("closed", _("已了结")), ("all", _("全部"))],
    }
    return render(request, "pages/cases.html", told)


@frame.page(Act.LOOK_UP)
@require_safe
def one(request: HttpRequest, case_no: str) -> HttpResponseBase:
    return _show(request, case_no)


def _show(request: HttpRequest, case_no: str, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    case = cases.get(case_no, operator=operator)
    told: dict[str, Any] = {
        "case": case,
        "may_work": case.closed_at is None and cases.may_work(operator),
        "is_mine": case.owner == operator.code,
        "largest": attachments.LARGEST // (1024 * 1024),
        "typed": request.POST,
        "said": errors.say(refusal) if refusal else None,
    }
    return render(request, "pages/case.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.LOOK_UP)
@require_POST
def open(request: HttpRequest, refund_no: str) -> HttpResponseBase:
    """From the refund's page; a refusal is said there."""
    refund, operator = whole(request, refund_no), frame.operator_of(request)
    try:
        case = cases.open(refund_no, what=request.POST.get("what", ""), operator=operator, at=moments.now())
    except Refusal as refusal:
        return show(request, refund, refusal)
    return redirect("cases-one", case.case_no)


@frame.page(Act.LOOK_UP)
@require_POST
def act(request: HttpRequest, case_no: str, which: str) -> HttpResponseBase:
    """Write down, hand in, take over or end; a refusal is said on the same page."""
    try:
        _do(request, case_no, which, frame.operator_of(request))
    except Refusal as refusal:
        return _show(request, case_no, refusal)
    return redirect("cases-one", case_no)


def _do(request: HttpRequest, case_no: str, which: str, operator: Operator) -> None:
    text, at = request.POST.get("text", ""), moments.now()
    match which:
        case "note":
            cases.note(case_no, text=text, operator=operator, at=at)
        case "take":
            cases.take(case_no, operator=operator, at=at)
        case "close":
            cases.close(case_no, reason=text, operator=operator, at=at)
        case _:
            name, content = _handed_in(request)
            cases.attach(case_no, name=name, content=content, operator=operator, at=at)


def _handed_in(request: HttpRequest) -> tuple[str, bytes]:
    """Name and content; of a file that is too large only as much as shows it."""
    given = request.FILES.get("file")
    if not isinstance(given, UploadedFile):
        raise Refusal("file_empty")
    return given.name or "", given.read(attachments.LARGEST + 1)


@frame.page(Act.LOOK_UP)
@require_safe
def file(request: HttpRequest, case_no: str, digest: str) -> HttpResponseBase:
    """One file, as a download: nothing in it runs here."""
    row, content = cases.file(case_no, digest, operator=frame.operator_of(request), at=moments.now())
    return downloads.answer(row.name, row.kind, content)
