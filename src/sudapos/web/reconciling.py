"""对账: the files of each day and account, what matching made of them, and a place to hand one in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import days as ends
from sudapos.books import statements
from sudapos.books.days import Day
from sudapos.books.findings import CLOSED, Finding
from sudapos.books.settlements import BankCredit, Settled
from sudapos.books.shops import Account
from sudapos.books.statements import Statement
from sudapos.core import calendar
from sudapos.core.authority import Act
from sudapos.core.refusal import Invalid, Refusal
from sudapos.ops import closing, fetching, reasons, reconciling, settling, uploads
from sudapos.ops.rows import UnreadableFile

from . import days, errors, frame, language, moments

SHOWN_DAYS = 14
BANK_ROWS = 8


@dataclass(frozen=True, slots=True)
class Cell:
    """One account on one day: its statement, or that it is missing; and how many differences are open."""

    account: Account
    statement: Statement | None
    findings: int


@dataclass(frozen=True, slots=True)
class DayRow:
    """One day with the accounts that it needs."""

    day: date
    end: Day | None
    cells: list[Cell]


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _show(request)


def _show(
    request: HttpRequest,
    refusal: Refusal | None = None,
    typed: Mapping[str, str] | None = None,
    settled: tuple[Settled, int] | None = None,
) -> HttpResponse:
    today = calendar.business_date(moments.now(), cutover="00:00")
    last = days.read(request.GET.get("until", "")) or today - timedelta(days=1)
    first = last - timedelta(days=SHOWN_DAYS - 1)
    told: dict[str, Any] = {
        "days": _days(first, last),
        "first": first,
        "earlier": first - timedelta(days=1),
        "later": last + timedelta(days=SHOWN_DAYS) if last < today - timedelta(days=1) else None,
        "accounts": Account.objects.order_by("channel", "name"),
        "typed": typed or {"date": f"{today - timedelta(days=1)}"},
        "may_load": frame.operator_of(request).may(Act.LOAD_STATEMENT),
        "fetched": sorted(fetching.FETCHED),
        "credits": BankCredit.objects.select_related("account")[:BANK_ROWS],
        "settled": settled,
        "tab": "statements",
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/statements.html", told, status=refusal.http_status if refusal else 200)


def _days(first: date, last: date) -> list[DayRow]:
    accounts = list(Account.objects.order_by("channel", "name"))
    whole = [last - timedelta(days=n) for n in range((last - first).days + 1)]
    have = statements.current(accounts, whole)
    known = ends.known(first, last)
    rows = Finding.objects.exclude(state=CLOSED).filter(day__gte=first, day__lte=last)
    waiting = {
        (row["account"], row["day"]): row["count"]
        for row in rows.values("account", "day").annotate(count=Count("id"))
    }
    shown = []
    for day in whole:
        needed = {row.pk for row in closing.due(accounts, day)}
        cells = [
            Cell(row, have.get((row.pk, day)), waiting.get((row.pk, day), 0))
            for row in accounts
            if row.pk in needed or (row.pk, day) in have
        ]
        if cells or day in known:
            shown.append(DayRow(day, known.get(day), cells))
    return shown


@frame.page(Act.LOAD_STATEMENT)
@require_POST
def load(request: HttpRequest) -> HttpResponseBase:
    """A file that a person downloaded in the channel's portal."""
    typed = {name: request.POST.get(name, "").strip() for name in ("account", "date")}
    file = request.FILES.get("file")
    try:
        if not isinstance(file, UploadedFile):
            raise Invalid("statement_file_missing")
        loaded = _loaded(file, typed, frame.operator_of(request).code)
    except Refusal as refusal:
        return _show(request, refusal, typed)
    return redirect(f"{reverse('statements-one', args=[loaded.statement.pk])}?now={loaded.status}")


def _loaded(file: UploadedFile, typed: Mapping[str, str], by: str) -> reconciling.Loaded:
    with uploads.kept(file) as path:
        try:
            return reconciling.load(
                reconciling.account_of(typed["account"]),
                path,
                name=file.name or "statement",
                day=days.read(typed["date"]),
                origin="upload",
                by=by,
                at=moments.now(),
            )
        except UnreadableFile as bad:
            raise _unreadable(bad) from None


def _unreadable(bad: UnreadableFile) -> Invalid:
    return Invalid("statement_unreadable", why=reasons.say(bad.code, language.current(), bad.facts))


@frame.page(Act.LOAD_STATEMENT)
@require_POST
def bank(request: HttpRequest) -> HttpResponseBase:
    """The bank's file: what channels paid."""
    file = request.FILES.get("file")
    try:
        if not isinstance(file, UploadedFile):
            raise Invalid("statement_file_missing")
        with uploads.kept(file) as path:
            try:
                told, read = settling.load(path, by=frame.operator_of(request).code, at=moments.now())
            except UnreadableFile as bad:
                raise _unreadable(bad) from None
    except Refusal as refusal:
        return _show(request, refusal)
    return _show(request, settled=(told, len(read.problems)))


@frame.page(Act.LOAD_STATEMENT)
@require_POST
def fetch(request: HttpRequest) -> HttpResponseBase:
    """Ask the channel itself."""
    typed = {name: request.POST.get(name, "").strip() for name in ("account", "date")}
    try:
        day = days.read(typed["date"])
        if day is None:
            raise Invalid("day_malformed")
        account = reconciling.account_of(typed["account"])
        got = fetching.fetch(account, day, by=frame.operator_of(request).code, at=moments.now())
        if got.loaded is None:
            raise Refusal("statement_not_given", account=account.name, why=got.why)
    except Refusal as refusal:
        return _show(request, refusal, typed)
    return redirect(f"{reverse('statements-one', args=[got.loaded.statement.pk])}?now={got.loaded.status}")


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def one(request: HttpRequest, statement_id: int) -> HttpResponseBase:
    row = statements.get(statement_id)
    classes = row.result.get("sums", {})
    told: dict[str, Any] = {
        "row": row,
        "classes": [(_classes()[name], classes[name]) for name in _classes() if name in classes],
        "sums": [(_kinds()[kind], row.sums[kind]) for kind in _kinds() if kind in row.sums],
        "totals": [(each, each["said"] == each["found"]) for each in row.totals],
        "problems": [
            (each["line"], reasons.say(each["code"], language.current(), each["facts"]))
            for each in row.problems[:50]
        ],
        "findings": Finding.objects.filter(statement=row).select_related("account"),
        "versions": Statement.objects.filter(account=row.account, day=row.day),
        "became": request.GET.get("now", ""),
        "tab": "statements",
    }
    return render(request, "pages/statement.html", told)


def _classes() -> dict[str, str]:
    return {
        "matched": _("一致"),
        "other_day": _("一致，记在相邻的日子"),
        "void_pair": _("当日撤销，两边都不用记"),
        "amount_differs": _("金额不同"),
        "state_differs": _("状态不同"),
        "only_ours": _("只有我们有"),
        "only_theirs": _("只有渠道有"),
    }


def _kinds() -> dict[str, str]:
    return {"sale": _("收款"), "refund": _("退款"), "void": _("撤销"), "other": _("渠道差错、调账")}
