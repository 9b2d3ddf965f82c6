"""Files for accounting programs: choose a period and a profile, look, take; the chart of accounts; columns of one's own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as later
from django.views.decorators.http import require_http_methods

from sudapos.books import chart, exports, layouts, shops, staff
from sudapos.books.exports import GROUPINGS, Wish
from sudapos.books.staff import Operator
from sudapos.core import chart as charts
from sudapos.core.authority import Act
from sudapos.core.profiles import BUILT_IN, FILLS, KINDS, Column, Profile
from sudapos.core.refusal import FieldError, Invalid, Refusal
from sudapos.ops import exporting

from . import errors, frame, language, moments, spreadsheets
from .balances import Asked, asked

GROUPING_WORDS = {"document": later("一单一张"), "day": later("每店每日每类一张")}
SETS = {
    "small_enterprise": later("小企业会计准则（一般纳税人）"),
    "small_scale": later("小企业会计准则（小规模纳税人）"),
    "enterprise": later("企业会计准则"),
}
STYLES = {"RED_CREDIT": later("红字冲减（贷方负数）"), "DEBIT": later("借方正数")}


@frame.page(Act.SEE_JOURNAL)
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest) -> HttpResponseBase:
    """What a file would hold, then the file; the list of those that were given away."""
    which, who = asked(request), frame.operator_of(request)
    chosen = _chosen(request)
    told = which.told | {
        "here": "exports",
        "profiles": [(each, _title(each)) for each in layouts.offered()],
        "groupings": [(name, GROUPING_WORDS[name]) for name in GROUPINGS],
        "kinds": KINDS,
        "chosen": chosen,
        "may_export": who.may(Act.EXPORT_JOURNAL),
        "is_asked": "profile" in request.GET,
    }
    status = 200
    try:
        if request.method == "POST":
            return _file(which, chosen, who)
        if told["is_asked"]:
            told["preview"] = exporting.preview(_wish(which, chosen), layouts.profile(chosen["profile"]))
    except Refusal as refusal:
        told["said"], status = errors.say(refusal), refusal.http_status
    own = frame.own_store(who)
    told["batches"] = [(each, _known(each.profile)) for each in exports.batches(store=own)]
    return render(request, "pages/exports.html", told, status=status)


def _chosen(request: HttpRequest) -> dict[str, str]:
    names = ("profile", "grouping", "file", "encoding")
    typed = {name: request.GET.get(name, "").strip() for name in names}
    return typed | {
        "profile": typed["profile"] or "generic_csv",
        "grouping": typed["grouping"] or "document",
    }


def _wish(which: Asked, chosen: dict[str, str]) -> Wish:
    return Wish(since=which.since, until=which.until, grouping=chosen["grouping"], store=which.store)


def _file(which: Asked, chosen: dict[str, str], who: Operator) -> HttpResponse:
    staff.require(who, Act.EXPORT_JOURNAL)
    made = exporting.export(
        _wish(which, chosen),
        layouts.profile(chosen["profile"]),
        kind=chosen["file"],
        encoding=chosen["encoding"],
        by=who.code,
        at=moments.now(),
    )
    response = spreadsheets.sent(made.name, made.content_type, made.content)
    response["Sudapos-Batch"] = str(made.batch.pk)
    response["Sudapos-Exported-Before"] = str(made.repeated)
    return response


def _title(profile: Profile) -> str:
    return profile.en if language.current() == "en" else profile.zh


def _known(name: str) -> str:
    return _title(BUILT_IN[name]) if name in BUILT_IN else name


@frame.page(Act.SEE_JOURNAL)
@require_http_methods(["GET", "POST"])
def codes(request: HttpRequest) -> HttpResponseBase:
    """The chart: our account, the standard's code, the merchant's."""
    who = frame.operator_of(request)
    rules = shops.rules_of(shops.merchant())
    look, standard = chart.of(rules), charts.standard(rules)
    shown: dict[str, tuple[str, str]] = dict(look.codes)
    told: dict[str, Any] = {"here": "chart", "saved": request.GET.get("saved") == "1"}
    wrong: set[str] = set()
    status = 200
    if request.method == "POST":
        posted = request.POST
        shown |= {
            key: (posted.get(f"code-{key}", shown[key][0]), posted.get(f"name-{key}", shown[key][1]))
            for key in shown
        }
        try:
            chart.put(shown, operator=who, at=moments.now())
            return redirect(f"{reverse('journal-chart')}?saved=1")
        except Refusal as refusal:
            told["said"], status = errors.say(refusal), refusal.http_status
            wrong = {f"{error.loc[0]}-{error.loc[-1]}" for error in refusal.errors}
    told["rows"] = [
        {
            "key": key,
            "internal": charts.INTERNAL[key],
            "code": code,
            "name": name,
            "standard": standard[key],
            "is_own": (code, name) != standard[key],
            "wrong_code": f"{key}-code" in wrong,
            "wrong_name": f"{key}-name" in wrong,
        }
        for key, (code, name) in sorted(shown.items(), key=lambda item: charts.INTERNAL[item[0]])
    ]
    told |= {
        "account_set": SETS[rules.account_set],
        "style": STYLES[rules.journal_style],
        "may_change": who.may(Act.EXPORT_JOURNAL),
    }
    return render(request, "pages/chart.html", told, status=status)


@frame.page(Act.SEE_JOURNAL)
@require_http_methods(["GET", "POST"])
def columns(request: HttpRequest) -> HttpResponseBase:
    """Columns of one's own, after the pattern of a profile: one line each, `heading = filling`."""
    who = frame.operator_of(request)
    known = {each.name: each for each in layouts.offered()}
    pattern = known.get(request.GET.get("like", ""), known["generic_csv"])
    is_own = pattern.name not in BUILT_IN
    typed = {
        "name": pattern.name if is_own else "",
        "title": _title(pattern) if is_own else "",
        "base": layouts.base_of(pattern.name),
        "kind": pattern.kinds[0],
        "columns": "\n".join(f"{column.heading} = {column.fills}" for column in pattern.columns),
    }
    told: dict[str, Any] = {"here": "exports", "saved": request.GET.get("saved") == "1"}
    status = 200
    if request.method == "POST":
        typed = {name: request.POST.get(name, "") for name in typed}
        try:
            layouts.put_profile(
                typed["name"].strip(),
                title=typed["title"],
                base=typed["base"],
                kind=typed["kind"],
                columns=_read(typed["columns"]),
                operator=who,
                at=moments.now(),
            )
            address = urlencode({"like": typed["name"].strip(), "saved": "1"})
            return redirect(f"{reverse('journal-columns')}?{address}")
        except Refusal as refusal:
            told["said"], status = errors.say(refusal), refusal.http_status
    told |= {
        "typed": typed,
        "profiles": [(each, _title(each)) for each in known.values()],
        "patterns": [(each, _title(each)) for each in BUILT_IN.values()],
        "pattern": pattern.name,
        "kinds": KINDS,
        "fills": [(name, fill.en if language.current() == "en" else fill.zh) for name, fill in FILLS.items()],
        "may_change": who.may(Act.EXPORT_JOURNAL),
    }
    return render(request, "pages/columns.html", told, status=status)


def _read(text: str) -> list[Column]:
    """`heading = filling`, one per line; empty lines say nothing. Raises Invalid for a line without `=`."""
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        heading, sign, fills = line.rpartition(" = ") if " = " in line else line.rpartition("=")
        if not sign:
            raise Invalid("profile_invalid", errors=[FieldError(("columns",), "bad_value", line[:40])])
        found.append(Column(heading.strip(), fills.strip()))
    return found
