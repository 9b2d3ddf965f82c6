"""批量退款: gathered from a search or a file, tried, approved by a second person, watched while it runs, told at the end."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import batch_decisions, batch_stands, batches, gathering
from sudapos.books.batches import Draft, RefundBatch
from sudapos.books.changes import BY_HAND
from sudapos.books.gathering import Wish
from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core import capability, sentences
from sudapos.core.authority import Act
from sudapos.core.batches import FAILED, OUT, OUTCOMES, PENDING, BatchState, Kind, Part, summed
from sudapos.core.refusal import Refusal
from sudapos.core.rules import REASONS
from sudapos.ops import batch_files, batch_report, reasons

from . import asking, days, errors, frame, language, moments, spreadsheets, words

PAGE = 50
SEARCHED = (Kind.RECALL, Kind.EVENT, Kind.PRICE)
LOOKS: Mapping[str, tuple[str, str]] = {
    BatchState.DRAFT: ("shut", "list"),
    BatchState.CHECKED: ("wait", "hourglass"),
    BatchState.APPROVED: ("wait", "stamp"),
    BatchState.RUNNING: ("move", "progress"),
    BatchState.PAUSED: ("doubt", "clock"),
    BatchState.DONE: ("done", "check"),
    BatchState.CANCELLED: ("shut", "ban"),
    "new": ("shut", "list"),
    "ready": ("wait", "check"),
    "denied": ("bad", "cross"),
    "dropped": ("shut", "undo"),
    "refused": ("bad", "ban"),
    "awaiting": ("wait", "hourglass"),
    "moving": ("move", "progress"),
    "customer": ("wait", "person"),
    "attention": ("bad", "alert"),
    "done": ("done", "check"),
    "closed": ("shut", "undo"),
}
"""Tone and icon of a batch's state, or of where an item stands."""


@dataclass(frozen=True, slots=True)
class Pill:
    """A state as it is shown: colour, icon and word together."""

    code: str
    tone: str
    icon: str
    word: str


@dataclass(frozen=True, slots=True)
class Count:
    """Items that stand at one place."""

    pill: Pill
    part: Part


def state_of(batch: RefundBatch) -> Pill:
    tone, icon = LOOKS[batch.state]
    return Pill(batch.state, tone, icon, sentences.batch_word(batch.state, language.current()))


def outcome(code: str) -> Pill:
    tone, icon = LOOKS[code]
    return Pill(code, tone, icon, sentences.outcome_word(code, language.current()))


@frame.page(Act.SEE_STUCK, Act.APPROVE)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """Newest first."""
    who = frame.operator_of(request)
    found = batches.find(operator=who, before=days.number(request.GET.get("before", "")), limit=PAGE + 1)
    told = {
        "rows": [(row, state_of(row), _kind(row)) for row in found[:PAGE]],
        "next": found[PAGE - 1].pk if len(found) > PAGE else None,
        "may_make": batches.may_make(who),
    }
    return render(request, "pages/batches.html", told)


def _kind(batch: RefundBatch) -> str:
    return sentences.batch_kind(batch.kind, language.current())


@frame.page(Act.APPROVE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """From a search or from a file; what is found is tried at once."""
    if request.method == "GET":
        return _form(request)
    who, at = frame.operator_of(request), moments.now()
    try:
        batch = _from_file(request, who) if "file" in request.FILES else _from_search(request, who)
        batch_decisions.check(batch.batch_no, operator=who, at=at)
    except Refusal as refusal:
        return _form(request, refusal)
    return redirect("batches-one", batch.batch_no)


def _from_search(request: HttpRequest, who: Operator) -> RefundBatch:
    typed = {name: text.strip() for name, text in request.POST.items() if isinstance(text, str)}
    price = typed.get("kind") == Kind.PRICE
    wish = Wish(
        kind=typed.get("kind", ""),
        store=typed.get("store", ""),
        since=days.start(typed.get("from", "")),
        until=days.end(typed.get("to", "")),
        channel=typed.get("channel", ""),
        sku=typed.get("sku", ""),
        serial=typed.get("serial", ""),
        charged=asking.fen(typed["charged"]) if price and typed.get("charged") else None,
        right=asking.fen(typed["right"]) if price and typed.get("right") else None,
    )
    found = gathering.gather(wish, operator=who)
    kept = ("store", "from", "to", "channel", "sku", "serial", "charged", "right")
    asked = {
        "search": {name: typed[name] for name in kept if typed.get(name)},
        "nothing_left": found.nothing_left,
    }
    wanted = Draft(
        kind=wish.kind,
        title=typed.get("title", ""),
        asks=found.asks,
        reason=typed.get("reason", ""),
        asked=asked,
    )
    return batches.draft(wanted, operator=who, at=moments.now())


def _from_file(request: HttpRequest, who: Operator) -> RefundBatch:
    file = request.FILES["file"]
    assert not isinstance(file, list)
    return batch_files.draft(
        file.read(),
        name=file.name or "",
        title=request.POST.get("title", ""),
        reason=request.POST.get("reason", ""),
        operator=who,
        at=moments.now(),
    )


def _form(request: HttpRequest, refusal: Refusal | None = None) -> HttpResponse:
    lang, who = language.current(), frame.operator_of(request)
    told: dict[str, Any] = {
        "typed": request.POST,
        "kinds": [(kind.value, sentences.batch_kind(kind, lang)) for kind in SEARCHED],
        "reasons": REASONS,
        "channels": list(capability.TABLE),
        "stores": [] if who.store_id else list(Store.objects.order_by("code")),
        "from_file": "file" in request.FILES,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
        told["wrong"] = {str(error.loc[0]) for error in refusal.errors if error.loc}
    return render(request, "pages/batch_new.html", told, status=refusal.http_status if refusal else 200)


@frame.page(Act.SEE_STUCK, Act.APPROVE)
@require_safe
def one(request: HttpRequest, batch_no: str) -> HttpResponseBase:
    """A batch: what it is, what it comes to, what may be done now, and its items."""
    return _show(request, _seen(request, batch_no))


def _seen(request: HttpRequest, batch_no: str) -> RefundBatch:
    return batches.get(batch_no, operator=frame.operator_of(request))


@frame.page(Act.SEE_STUCK, Act.APPROVE)
@require_safe
def live(request: HttpRequest, batch_no: str) -> HttpResponseBase:
    """The moving part alone; 204 while nothing has changed."""
    told = _progress(request, _seen(request, batch_no))
    if request.GET.get("seen") == told["stamp"]:
        return HttpResponse(status=204)
    return render(request, "parts/batch.html", told)


@frame.page(Act.SEE_STUCK, Act.APPROVE)
@require_safe
def report(request: HttpRequest, batch_no: str) -> HttpResponseBase:
    """Every item with its result, for the screen, for paper, and as a file."""
    batch, lang = _seen(request, batch_no), language.current()
    wanted = _outcome(request)
    if kind := spreadsheets.wanted(request):
        return spreadsheets.sent(*batch_report.file(batch, kind, lang, outcome=wanted))
    told = _progress(request, batch) | {
        "headings": batch_report.HEADINGS[lang],
        "rows": [(row, outcome(row.outcome)) for row in batch_report.rows(batch, lang, outcome=wanted)],
    }
    return render(request, "pages/batch_report.html", told)


def _outcome(request: HttpRequest) -> str:
    asked = request.GET.get("outcome", "")
    return asked if asked in OUTCOMES else ""


@frame.page(Act.APPROVE, Act.APPROVE_HIGH)
@require_POST
def act(request: HttpRequest, batch_no: str, act: str) -> HttpResponseBase:
    """Try again, take out, approve, reject, start, pause, resume, cancel; the address says which."""
    who, at = frame.operator_of(request), moments.now()
    note, seen = request.POST.get("note", ""), request.POST.get("fingerprint", "")
    items = [int(text) for text in request.POST.getlist("item") if text.isascii() and text.isdigit()]
    verbs: dict[str, Callable[[], object]] = {
        "check": lambda: batch_decisions.check(batch_no, operator=who, at=at),
        "drop": lambda: batch_decisions.drop(batch_no, items, operator=who, at=at),
        "approve": lambda: batch_decisions.approve(
            batch_no, operator=who, fingerprint=seen, note=note, at=at
        ),
        "reject": lambda: batch_decisions.reject(batch_no, operator=who, fingerprint=seen, note=note, at=at),
    }
    steer = lambda: batch_decisions.steer(batch_no, act, operator=who, note=note, at=at)  # noqa: E731
    try:
        verbs.get(act, steer)()
    except Refusal as refusal:
        return _show(request, _seen(request, batch_no), refusal)
    return redirect("batches-one", batch_no)


def _show(request: HttpRequest, batch: RefundBatch, refusal: Refusal | None = None) -> HttpResponse:
    lang = language.current()
    wanted, after = _outcome(request), days.number(request.GET.get("after", "")) or 0
    found = batch_report.rows(batch, lang, outcome=wanted, after=after, limit=PAGE + 1)
    told = _progress(request, batch) | {
        "rows": [(row, outcome(row.outcome)) for row in found[:PAGE]],
        "next": found[PAGE - 1].item.item_no if len(found) > PAGE else None,
        "outcome": wanted,
        "asked": [(_asked_word(name), value) for name, value in batch.asked.get("search", {}).items()],
        "problems": [
            (each["line"], reasons.say(each["code"], lang, each["facts"]))
            for each in batch.asked.get("problems", [])
        ],
    }
    if refusal is not None:
        told |= {"said": errors.say(refusal), "typed_note": request.POST.get("note", "")}
    return render(request, "pages/batch.html", told, status=refusal.http_status if refusal else 200)


def _asked_word(name: str) -> str:
    """What an entry of the search is called; one that came over the API keeps its own name."""
    known = {
        "kind": _("为什么退"),
        "store": _("门店"),
        "from": _("从哪天卖的"),
        "to": _("到哪天"),
        "channel": _("渠道"),
        "sku": _("商品条码"),
        "serial": _("序列号"),
        "charged": _("标错价：收了多少一件"),
        "right": _("标错价：应收多少一件"),
    }
    return known.get(name, name)


def _progress(request: HttpRequest, batch: RefundBatch) -> dict[str, Any]:
    """What moves: counts and sums, the buttons that fit, and a stamp that changes with any of it."""
    who, lang = frame.operator_of(request), language.current()
    parts = batch_stands.outcomes(batch)
    total = sum(part.number for part in parts.values())
    ended = total - summed(parts, PENDING - {"customer"}).number
    state, ways = batch.state, batch_stands.channels(batch)
    seen = f"{state}{parts}{batch_decisions.missing(batch)}"
    makes, steers = batches.may_make(who), batches.may_steer(who)
    return {
        "batch": batch,
        "state": state_of(batch),
        "kind": _kind(batch),
        "counts": [Count(outcome(code), part) for code, part in parts.items()],
        "done": summed(parts, {"done"}),
        "pending": summed(parts, PENDING - {"customer"}),
        "customer": summed(parts, {"customer"}),
        "failed": summed(parts, FAILED),
        "out": summed(parts, OUT),
        "items_total": total,
        "percent": ended * 100 // total if total else 0,
        "channels": [(batch_report.way(*key, lang), part) for key, part in ways.items()],
        "by_hand": sum(part.number for (_channel, route), part in ways.items() if route in BY_HAND),
        "given": batch_decisions.given(batch),
        "missing": words.roles(batch_decisions.missing(batch)),
        "is_moving": state == BatchState.RUNNING or bool(parts.get("moving")),
        "may_decide": bool(batch_decisions.roles_open_to(batch, who)),
        "is_own": batch.operator_id == who.pk,
        "may_check": makes and state in (BatchState.DRAFT, BatchState.CHECKED, BatchState.APPROVED),
        "may_drop": makes and state in (BatchState.DRAFT, BatchState.CHECKED),
        "may_start": steers and state == BatchState.APPROVED,
        "may_pause": steers and state == BatchState.RUNNING,
        "may_resume": steers and state == BatchState.PAUSED,
        "may_cancel": steers and state not in (BatchState.DONE, BatchState.CANCELLED),
        "stamp": hashlib.sha256(seen.encode()).hexdigest()[:16],
    }
