"""通知: who is told what, by mail, group chat or webhook; tried out from here, and what did not arrive sent again."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import deliveries
from sudapos.books import recipients as rows
from sudapos.books.outbox import EVENTS
from sudapos.books.recipients import MESSAGE, WEBHOOK, Recipient, Wish
from sudapos.books.shops import Store
from sudapos.core import letters
from sudapos.core.authority import Act
from sudapos.core.refusal import Refusal
from sudapos.ops import deliver

from . import days, errors, frame, language, moments

USUAL = (
    "leg.failed",
    "leg.bounced",
    "leg.in_doubt",
    "leg.short",
    "leg.overdue",
    "finding.opened",
    "invoice.due",
)
"""What a new recipient hears unless somebody chooses otherwise: what waits for people."""
SECRET = "webhook_secret"
"""Where in the session a new webhook's secret waits to be shown once."""


@frame.page(Act.CHANGE_SETTINGS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    told: dict[str, Any] = {
        "rows": list(Recipient.objects.all()),
        "undelivered": [(row, _line(row.message)) for row in deliveries.undelivered()],
    }
    return render(request, "pages/recipients.html", told)


def _line(message: Any) -> str:
    told = letters.Told(message.event, message.subject, message.subject_no, message.facts)
    return letters.sentence(told, language.current())


@frame.page(Act.CHANGE_SETTINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, number: int | None = None) -> HttpResponseBase:
    row = rows.get(number) if number is not None else None
    if request.method != "POST":
        return _show(request, row, _kept(row))
    wish = _wish(request, row)
    try:
        deliver.check(wish.kind, wish.address)
        kept = rows.put(
            wish,
            known=frozenset(EVENTS),
            operator=frame.operator_of(request),
            at=moments.now(),
            number=number,
        )
    except Refusal as refusal:
        return _show(request, row, wish, refusal)
    if row is None and kept.kind == WEBHOOK:
        request.session[SECRET] = kept.pk
    return redirect("recipients-one", kept.pk)


def _kept(row: Recipient | None) -> Wish:
    if row is None:
        return Wish(name="", events=USUAL, quiet_hours="22:00-08:00", language=language.current())
    return Wish(
        name=row.name,
        kind=row.kind,
        events=tuple(row.events),
        store=row.store,
        quiet_hours=row.quiet_hours,
        group_minutes=row.group_minutes,
        escalate_minutes=row.escalate_minutes,
        language=row.language,
        active=row.active,
    )


def _wish(request: HttpRequest, row: Recipient | None) -> Wish:
    typed = request.POST
    return Wish(
        name=typed.get("name", "").strip(),
        kind=row.kind if row else typed.get("kind", MESSAGE),
        address=typed.get("address", "").strip(),
        events=tuple(typed.getlist("events")),
        store=typed.get("store", ""),
        quiet_hours=typed.get("quiet_hours", "").replace("–", "-").replace(" ", ""),
        group_minutes=_minutes(typed.get("group_minutes", "")),
        escalate_minutes=_minutes(typed.get("escalate_minutes", "")),
        language=typed.get("language", "zh"),
        active="active" in typed,
    )


def _minutes(text: str) -> int:
    return 0 if not text.strip() else -1 if (number := days.number(text.strip())) is None else number


def _show(
    request: HttpRequest, row: Recipient | None, wish: Wish, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    column = 1 if language.current() == "en" else 0
    wrong = {str(error.loc[-1]) for error in refusal.errors} if refusal is not None else set()
    fresh = row is not None and request.session.get(SECRET) == row.pk
    if fresh:
        del request.session[SECRET]
    told: dict[str, Any] = {
        "row": row,
        "wish": wish,
        "kinds": [(MESSAGE, _("邮件或群消息")), (WEBHOOK, "Webhook")],
        "events": [(event, _event(event, column), event in wish.events) for event in EVENTS],
        "languages": [("zh", "中文"), ("en", "English")],
        "stores": Store.objects.order_by("code"),
        "latest": [(one, _line(one.message)) for one in deliveries.latest(row)] if row else [],
        "secret": row.secret if row is not None and fresh else "",
        "wrong": wrong,
        **more,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    status = refusal.http_status if refusal is not None else 200
    return render(request, "pages/recipient.html", told, status=status)


def _event(event: str, column: int) -> str:
    return letters.kind(event, "en" if column else "zh")


@frame.page(Act.CHANGE_SETTINGS)
@require_POST
def try_out(request: HttpRequest, number: int) -> HttpResponseBase:
    row = rows.get(number)
    error = deliver.try_out(row, at=moments.now())
    return _show(request, row, _kept(row), tried=True, error=error)


@frame.page(Act.CHANGE_SETTINGS)
@require_POST
def again(request: HttpRequest, number: int) -> HttpResponseBase:
    try:
        deliveries.again(number, operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return errors.refused(request, refusal)
    return redirect("recipients")
