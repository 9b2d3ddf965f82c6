"""日结: what a day came to, what is still missing, and the button that ends it; months are locked at its foot."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import days as ends
from sudapos.books.days import Day
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.refusal import Invalid, Refusal
from sudapos.core.wording import closing as words
from sudapos.ops import closing

from . import days, errors, frame, language, moments

SHOWN = 31


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _list(request)


def _today() -> date:
    return calendar.business_date(moments.now(), cutover="00:00")


def _list(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    today = _today()
    waiting = closing.open_days(today, at=moments.now())
    known = {row.day: row for row in Day.objects.all()[:SHOWN]}
    shown = sorted({*waiting, *known}, reverse=True)[:SHOWN]
    operator = frame.operator_of(request)
    told: dict[str, Any] = {
        "rows": [(day, known.get(day), findings_of(known.get(day))) for day in shown],
        "yesterday": today - timedelta(days=1),
        "periods": ends.periods(),
        "month": (today.replace(day=1) - timedelta(days=1)).replace(day=1),
        "may_end": operator.may(Act.LOAD_STATEMENT),
        "may_lock": operator.may(Act.CLOSE_PERIOD),
        "tab": "days",
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/days.html", told, status=refusal.http_status if refusal else 200)


def findings_of(row: Day | None) -> int:
    """How many differences were open when the day was last looked at."""
    return sum(row.report.get("open_findings", {}).values()) if row else 0


def _needed(text: str) -> date:
    day = days.read(text)
    if day is None:
        raise Invalid("day_malformed")
    return day


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def one(request: HttpRequest, day: str) -> HttpResponseBase:
    return _show(request, _needed(day))


def _show(
    request: HttpRequest, day: date, refusal: Refusal | None = None, just_now: bool = False
) -> HttpResponse:
    row = ends.get(day)
    report: Mapping[str, Any] = row.report if row else {}
    told: dict[str, Any] = {
        "day": day,
        "row": row,
        "report": report,
        "missing": [_missing(one) for one in (row.missing if row else [])],
        "open_findings": [
            (words.KINDS[kind][2 if language.current() == "en" else 0], count, kind)
            for kind, count in report.get("open_findings", {}).items()
        ],
        "may_end": frame.operator_of(request).may(Act.LOAD_STATEMENT)
        and day < _today()
        and not (row and row.state == ends.CLOSED),
        "just_now": just_now,
        "tab": "days",
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/day.html", told, status=refusal.http_status if refusal else 200)


def _missing(one: Mapping[str, Any]) -> str:
    if "account" in one:
        return _("缺 %(account)s 的对账单（%(why)s）") % {
            "account": one["account"],
            "why": _whys().get(one["why"], one["why"]),
        }
    if "shift" in one:
        return _("班次 %(no)s（%(who)s）还没有交班") % {"no": one["shift"], "who": one["operator"]}
    return _("账本核对不符：%(check)s %(place)s") % {"check": one["check"], "place": one["place"]}


def _whys() -> dict[str, str]:
    return {
        "no_statement": _("要人工下载"),
        "not_ready": _("渠道还没有出"),
        "no_answer": _("渠道没有应答"),
        "bad_signature": _("签名不对，没有采用"),
    }


@frame.page(Act.LOAD_STATEMENT)
@require_POST
def end(request: HttpRequest, day: str) -> HttpResponseBase:
    """Do the day's end now; the page shows what came of it."""
    on = _needed(day)
    try:
        closing.close(on, by=frame.operator_of(request).code, at=moments.now())
    except Refusal as refusal:
        return _show(request, on, refusal)
    return _show(request, on, just_now=True)


@frame.page(Act.CLOSE_PERIOD)
@require_POST
def lock(request: HttpRequest) -> HttpResponseBase:
    """Close a month: nothing is dated in it any more."""
    try:
        month = _needed(f"{request.POST.get('month', '').strip()}-01")
        if request.POST.get("sure") != "1":
            raise Refusal("tick_first")
        ends.close_month(month, operator=frame.operator_of(request), today=_today(), at=moments.now())
    except Refusal as refusal:
        return _list(request, refusal)
    return redirect("days")
