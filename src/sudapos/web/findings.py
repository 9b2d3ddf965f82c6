"""差异: what does not agree with a channel, whose it is, until when, and the acts that end it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import chart, explanations, findings
from sudapos.books.findings import Finding
from sudapos.books.ledger import Line
from sudapos.core import authority, calendar, money
from sudapos.core import findings as rules
from sudapos.core.authority import Act
from sudapos.core.chart import Chart
from sudapos.core.findings import Cause, Kind
from sudapos.core.journal import Posting
from sudapos.core.refusal import NotFound, Refusal
from sudapos.core.wording import Entry
from sudapos.core.wording import closing as words

from . import days, errors, frame, language, moments
from . import words as wording

PAGE = 50
STATES = ("open", "late", "suspended", "closed")


@dataclass(frozen=True, slots=True)
class Row:
    """One finding as the list shows it."""

    finding: Finding
    text: str
    hint: str
    is_late: bool


def _said(entry: Entry) -> tuple[str, str]:
    zh, zh_hint, en, en_hint = entry
    return (en, en_hint) if language.current() == "en" else (zh, zh_hint)


def row_of(finding: Finding) -> Row:
    """With its sentence in the page's language."""
    today = calendar.business_date(moments.now(), cutover="00:00")
    text, hint = _said(words.KINDS[finding.kind])
    return Row(finding, text, hint, finding.state != findings.CLOSED and finding.due_on < today)


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    asked = {name: request.GET.get(name, "").strip() for name in ("state", "kind", "account", "day")}
    state = asked["state"] if asked["state"] in (*STATES, "all") else "open"
    which = findings.Filter(
        state="" if state == "all" else state,
        kind=asked["kind"],
        account=asked["account"],
        day=days.read(asked["day"]),
        before=days.number(request.GET.get("before", "")),
        limit=PAGE + 1,
        store=frame.own_store(frame.operator_of(request)),
    )
    rows = findings.find(which, today=calendar.business_date(moments.now(), cutover="00:00"))
    told: dict[str, Any] = {
        "rows": [row_of(row) for row in rows[:PAGE]],
        "next": rows[PAGE - 1].pk if len(rows) > PAGE else None,
        "asked": asked | {"state": state},
        "states": [
            ("open", _("未了结")),
            ("late", _("过期")),
            ("suspended", _("挂账中")),
            ("closed", _("已了结")),
            ("all", _("全部")),
        ],
        "kinds": [(kind.value, _said(words.KINDS[kind])[0]) for kind in Kind],
        "tab": "findings",
    }
    return render(request, "pages/findings.html", told)


@frame.page(Act.SEE_STATEMENTS)
@require_safe
def one(request: HttpRequest, finding_no: str) -> HttpResponseBase:
    return _show(request, finding_no)


def _show(request: HttpRequest, finding_no: str, refusal: Refusal | None = None) -> HttpResponse:
    row = findings.get(finding_no)
    own = frame.own_store(frame.operator_of(request))
    if own and row.store != own:
        raise NotFound("finding_not_found", number=finding_no)
    draft = rules.suspended(row.finding_no, row.account.channel, row.difference)
    look = chart.now()
    offered = rules.causes(Kind(row.kind), row.difference)
    told: dict[str, Any] = {
        "row": row_of(row),
        "sides": _sides(row),
        "steps": [
            (
                step,
                _by(step.by),
                _said(words.STEPS[step.act])[0],
                _booked(look, step.entry.lines.all() if step.entry else ()),
            )
            for step in row.steps.all()
        ],
        "proposed": _booked(look, draft.postings if draft and row.state == findings.OPEN else ()),
        "causes": [
            (cause.value, _said(words.CAUSES[cause])[0], cause in rules.TWO_PEOPLE) for cause in offered
        ],
        "owner": _by(row.owner),
        "needs_tax": Cause.PORTAL_REFUND in offered and row.payment is None,
        "may_close": frame.operator_of(request).may(Act.CLOSE_FINDING) and row.state != findings.CLOSED,
        "typed": request.POST,
        "tab": "findings",
    }
    if row.cause:
        told["ended"] = _said(words.CAUSES[row.cause])[0]
    if refusal is not None:
        told["said"] = errors.say(refusal)
    return render(request, "pages/finding.html", told, status=refusal.http_status if refusal else 200)


def _booked(look: Chart, lines: Iterable[Line | Posting]) -> str:
    """An entry in one sentence, in the merchant's own codes."""
    return " · ".join(
        f"{line.side} {look.code(line.account)} {look.name(line.account, line.name)} {money.show(line.amount)}"
        for line in lines
    )


def _sides(row: Finding) -> list[tuple[str, str, str]]:
    """What is compared: our books beside the channel's, one fact per line."""
    names = {
        "number": _("单号"),
        "ref": _("渠道流水号"),
        "order_no": _("原订单号"),
        "order_ref": _("原渠道流水号"),
        "amount": _("金额"),
        "refund_order_amount": _("申请退款金额"),
        "refund_cash_amount": _("顾客实得"),
        "state": _("状态"),
        "at": _("时间"),
        "line": _("文件行"),
    }
    return [
        (word, _fact(name, row.ours.get(name, "")), _fact(name, row.theirs.get(name, "")))
        for name, word in names.items()
        if row.ours.get(name) or row.theirs.get(name)
    ]


def _fact(name: str, value: object) -> str:
    """Fen as yuan, a state by its word, a moment in Beijing's time."""
    match name:
        case "amount" | "refund_order_amount" | "refund_cash_amount" if isinstance(value, int):
            return money.show(value)
        case "state" if value:
            return _("不认识的状态") if value == "unknown" else str(wording.state(str(value)))
        case "at":
            return wording.moment(str(value))
    return str(value)


def _by(code: str) -> str:
    """A person's code, a role's word, or that nobody pressed a button."""
    if code == findings.SYSTEM:
        return _("系统匹配")
    return str(wording.role(code)) if code in authority.ROLES else code


@frame.page(Act.CLOSE_FINDING)
@require_POST
def act(request: HttpRequest, finding_no: str, act: str) -> HttpResponseBase:
    """Take it, note something, put it in suspense, or end it."""
    operator, at = frame.operator_of(request), moments.now()
    text = request.POST.get("note", "")
    try:
        match act:
            case "take" | "note":
                explanations.note(finding_no, text, operator=operator, take=act == "take", at=at)
            case "suspend":
                explanations.suspend(finding_no, text, operator=operator, at=at)
            case _:
                tax = days.number(request.POST.get("tax", "").strip())
                cause = request.POST.get("cause", "")
                explanations.close(finding_no, cause=cause, text=text, operator=operator, tax=tax, at=at)
    except Refusal as refusal:
        if isinstance(refusal, NotFound):
            raise
        return _show(request, finding_no, refusal)
    return redirect("findings-one", finding_no)
