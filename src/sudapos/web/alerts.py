"""提醒: signs of fraud for those who look into them; never shown at the till."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import alerts
from sudapos.books.alerts import Alert
from sudapos.core.authority import Act
from sudapos.core.fraud import RULES
from sudapos.core.refusal import Refusal
from sudapos.core.wording import fraud as words

from . import days, frame, language, moments, saying

PAGE = 40


def _said(rule: str) -> tuple[str, str]:
    zh, zh_note, en, en_note = words.SIGNS[rule]
    return (en, en_note) if language.current() == "en" else (zh, zh_note)


@frame.page(Act.SEE_ALERTS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(request: HttpRequest, refusal: Refusal | None = None, about: int = 0) -> HttpResponse:
    operator = frame.operator_of(request)
    state = request.GET.get("state", "open")
    rows = alerts.find(
        operator=operator,
        state=state,
        rule=request.GET.get("rule", ""),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
    )
    told: dict[str, Any] = {
        "rows": [
            (row, *_said(row.rule), _facts(row), alerts.overdue(row, at=moments.now())) for row in rows[:PAGE]
        ],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": state,
        "states": [("open", _("要看的")), ("closed", _("看过的")), ("all", _("全部"))],
        "rule": request.GET.get("rule", ""),
        "rules": [(rule.number, _said(rule.number)[0]) for rule in RULES],
        "may_close": operator.may(Act.CLOSE_ALERT),
        "about": about,
    }
    return saying.page(request, "pages/alerts.html", told, refusal)


def _facts(row: Alert) -> str:
    """What made it speak, by the names of the history."""
    return " · ".join(f"{name} {value}" for name, value in row.facts.items() if value not in (None, False))


@frame.page(Act.CLOSE_ALERT)
@require_POST
def close(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        alerts.close(
            number,
            reason=request.POST.get("reason", ""),
            operator=frame.operator_of(request),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _show(request, refusal, number)
    return redirect("alerts")
