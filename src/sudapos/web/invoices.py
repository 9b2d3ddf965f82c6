"""红字发票: what finance does about the invoices of refunded sales; one task, one next step (R-16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import invoices
from sudapos.books.invoices import RedInvoice, Told
from sudapos.books.refunds import Refund
from sudapos.core import invoices as rules
from sudapos.core.authority import Act
from sudapos.core.invoices import Invoice, Part, Step
from sudapos.core.refusal import Refusal
from sudapos.core.sheets import Cell, Money
from sudapos.core.wording import invoices as words
from sudapos.core.wording.customer import pick

from . import days, errors, frame, language, moments, spreadsheets
from .words import State

PAGE = 50
AT_MOST = 2_000
"""Tasks in one file for the tax portal."""
LOOKS: dict[str, State] = {
    Invoice.BLUE_ISSUED: State("wait", "inbox"),
    Invoice.RED_REQUESTED: State("move", "progress"),
    Invoice.WAITING_CONFIRM: State("wait", "hourglass"),
    Invoice.RED_ISSUED: State("done", "check"),
    Invoice.LAPSED: State("bad", "clock"),
    Invoice.NOT_NEEDED: State("shut", "undo"),
    Invoice.NOT_INVOICED: State("shut", "ban"),
}


@dataclass(frozen=True, slots=True)
class Face:
    """One task as a page shows it; amounts are those of the red invoice, which prints them with a minus."""

    task: RedInvoice
    state: str
    look: State
    reason: str
    rates: list[Part]
    is_late: bool

    @property
    def net(self) -> int:
        return sum(part.net for part in self.rates)

    @property
    def tax(self) -> int:
        return sum(part.tax for part in self.rates)

    @property
    def amount(self) -> int:
        return self.net + self.tax


def face_of(task: RedInvoice) -> Face:
    lang = language.current()
    return Face(
        task=task,
        state=pick(words.STATES, task.state, lang),
        look=LOOKS[task.state],
        reason=pick(words.REASONS, task.reason_code, lang),
        rates=rules.by_rate(invoices.parts_of(task)),
        is_late=invoices.is_late(task, at=moments.now()),
    )


def of_refund(refund: Refund) -> Face | None:
    """Where the red invoice of a refund stands; asks nothing where the sale was not invoiced."""
    task = invoices.last_of(refund) if refund.sale.invoice_no else None
    return face_of(task) if task is not None else None


@frame.page(Act.SEE_INVOICES)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """What is open; every filter stands in the address."""
    operator, asked = frame.operator_of(request), request.GET
    which, q = asked.get("state", "open"), asked.get("q", "").strip()
    kind = spreadsheets.wanted(request)
    limit = AT_MOST if kind else PAGE + 1
    before = days.number(asked.get("before", ""))
    rows = invoices.find(operator=operator, which=which, q=q, before=before, limit=limit)
    if kind:
        return _file(kind, rows)
    lang = language.current()
    told: dict[str, Any] = {
        "rows": [face_of(row) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "state": which,
        "q": q,
        "states": [
            ("open", _("要办的")),
            *((s, pick(words.STATES, s, lang)) for s in ("waiting_confirm", "red_issued", "lapsed")),
            ("all", _("全部")),
        ],
    }
    return render(request, "pages/invoices.html", told)


@frame.page(Act.SEE_INVOICES)
@require_safe
def one(request: HttpRequest, task_no: str) -> HttpResponseBase:
    return _show(request, task_no)


def _show(request: HttpRequest, task_no: str, refusal: Refusal | None = None) -> HttpResponse:
    operator, lang = frame.operator_of(request), language.current()
    task = invoices.get(task_no, operator=operator)
    facts = {"due": _due(task), "red_no": task.red_no, "note": task.note}
    told: dict[str, Any] = {
        "face": face_of(task),
        "task": task,
        "parts": invoices.parts_of(task),
        "undone": task.refund.undone,
        "kept_fee": task.refund.fee - task.refund.undone_fee,
        "next_step": pick(words.NEXT, task.state, lang, **facts),
        "steps": set(rules.steps(Invoice(task.state))) if operator.may(Act.WORK_INVOICES) else set(),
        "reasons": [(code, pick(words.REASONS, code, lang)) for code in rules.REASON_CODES],
        "special_hint": words.SPECIAL_HINT[1 if lang == "en" else 0],
        "moves": [(move, pick(words.STEPS, move.step, lang)) for move in task.moves.all()],
        "typed": request.POST,
        "followed_by": getattr(task, "followed_by", None),
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/invoice.html", told, status=refusal.http_status if refusal else 200)


def _due(task: RedInvoice) -> str:
    return moments.when(task.due_at) if task.due_at else ""


@frame.page(Act.WORK_INVOICES)
@require_POST
def step(request: HttpRequest, task_no: str, which: str) -> HttpResponseBase:
    """One of the steps; a refusal is said on the same page, with what was typed."""
    typed = request.POST
    told = Told(
        red_no=typed.get("red_no", ""),
        form_no=typed.get("form_no", ""),
        reason_code=typed.get("reason_code", ""),
        special={"yes": True, "no": False}.get(typed.get("special", "")),
        note=typed.get("note", ""),
    )
    try:
        invoices.step(task_no, Step(which), told, operator=frame.operator_of(request), at=moments.now())
    except Refusal as refusal:
        return _show(request, task_no, refusal)
    return redirect("invoices-one", task_no)


def _file(kind: str, rows: list[RedInvoice]) -> HttpResponse:
    """One row per line and rate, with the minus of red letters, as the tax portal asks."""
    lang = language.current()
    headings = [pick(words.COLUMNS, code, lang) for code in words.COLUMNS]
    lines: list[list[Cell]] = []
    for task in rows:
        head = [task.task_no, task.refund.refund_no, task.refund.sale.sale_no, task.blue_no]
        why = [pick(words.REASONS, task.reason_code, lang), task.reason_code]
        end = [pick(words.STATES, task.state, lang), task.red_no]
        for part in invoices.parts_of(task):
            sums = [Money(-part.net), Money(-part.tax), Money(-part.amount)]
            lines.append([*head, *why, part.name, f"{part.vat_bp / 100:g}%", *sums, *end])
    return spreadsheets.table(kind, f"red-invoices-{moments.today():%Y%m%d}", headings, lines)
