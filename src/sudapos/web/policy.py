"""The policy: its versions, a draft with its preview on last week's refunds, and the second person who decides."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import policies, rehearsals, shops
from sudapos.books.policies import Difference
from sudapos.books.versions import PolicyVersion
from sudapos.core import money, sentences
from sudapos.core.authority import Act
from sudapos.core.policy import Verdict
from sudapos.core.refusal import FieldError, Invalid, Refusal
from sudapos.core.rules import Rules

from . import days, errors, fee_rows, frame, language, moments, policy_form, words

FILE_AT_MOST = 200_000
"""Bytes of an imported file."""
SHOWN = 50
"""Refunds named in a preview; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry that differs, as people read it."""

    word: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Other:
    """A refund that a draft would have decided otherwise."""

    refund_no: str
    total: int
    before: str
    after: str
    why: str
    handed: int | None = None
    """What the draft would pay instead, where the money differs."""


@frame.page(Act.SEE_POLICY)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    """Every version, newest first."""
    return render(request, "pages/policies.html", _list())


def _list() -> dict[str, Any]:
    rows = [(row, state_word(row.state), _tone(row.state)) for row in policies.listed()]
    return {"rows": rows, "active": policies.current()}


@frame.page(Act.SEE_POLICY)
@require_safe
def one(request: HttpRequest, number: str) -> HttpResponseBase:
    return _show(request, policies.get(int(number)))


def _show(request: HttpRequest, row: PolicyVersion, refusal: Refusal | None = None) -> HttpResponse:
    active = policies.current()
    operator = frame.operator_of(request)
    may = operator.may(Act.APPROVE_POLICY) or operator.may(Act.APPLY_POLICY)
    is_open = row.state == "proposed"
    told: dict[str, Any] = {
        "row": row,
        "state": state_word(row.state),
        "tone": _tone(row.state),
        "active": active,
        "changes": changes(policies.differences(shops.rules_of(shops.merchant()), row.rules)),
        "entries": [
            (_word(path), told_value(path, value)) for path, value in policies.flat(row.rules).items()
        ],
        "is_stale": is_open and row.base != active.number,
        "may_decide": is_open and may and row.made_by != operator.code,
        "is_own": is_open and row.made_by == operator.code,
    }
    if is_open:
        told |= _rehearsed(request, row.rules)
    if refusal is not None:
        told |= {"said": errors.say(refusal), "typed_note": request.POST.get("note", "")}
    return render(
        request, "pages/policy.html", told, status=refusal.http_status if refusal is not None else 200
    )


@frame.page(Act.APPROVE_POLICY, Act.APPLY_POLICY)
@require_POST
def decide(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """Activate or reject; the address says which."""
    row = policies.get(int(number))
    verb = policies.activate if act == "approve" else policies.reject
    note, operator = request.POST.get("note", ""), frame.operator_of(request)
    try:
        verb(row.number, operator=operator, note=note, at=moments.now())
    except Refusal as refusal:
        return _show(request, row, refusal)
    return redirect("policy-one", row.number)


@frame.page(Act.SEE_POLICY)
@require_safe
def export(request: HttpRequest, number: str) -> HttpResponseBase:
    row = policies.get(int(number))
    text = json.dumps(policies.exported(row), ensure_ascii=False, indent=2)
    response = HttpResponse(text + "\n", content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="sudapos-policy-{row.number}.json"'
    return response


@frame.page(Act.PROPOSE_POLICY)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest) -> HttpResponseBase:
    """The form: read from the version in force, worked out (preview), or proposed; what was typed stays."""
    rules = shops.rules_of(shops.merchant())
    made = policy_form.groups(rules)
    active = policies.current()
    told: dict[str, Any] = {"groups": made, "active": active, "base": str(active.number)}
    if request.method != "POST":
        return render(request, "pages/policy_edit.html", told)
    told |= {name: request.POST.get(name, "") for name in ("note", "base", "carried")}
    try:
        carried = _carried(request, rules)
        made = told["groups"] = policy_form.groups(carried)
        policy_form.typed(made, request.POST.dict())
        draft = policy_form.read(made, carried)
        told["carried"] = _carry(draft)
        told |= {"changes": changes(policies.differences(rules, draft)), "is_worked_out": True}
        if request.POST.get("act") == "propose":
            row = policies.propose(
                draft.to_mapping(),
                operator=frame.operator_of(request),
                note=told["note"],
                base=_number(told["base"]),
                at=moments.now(),
            )
            return redirect("policy-one", row.number)
        told |= _rehearsed(request, draft)
    except Refusal as refusal:
        return _refused(request, told, refusal)
    return render(request, "pages/policy_edit.html", told)


@frame.page(Act.PROPOSE_POLICY)
@require_POST
def bring(request: HttpRequest) -> HttpResponseBase:
    """A file becomes the filled form; nothing is proposed yet."""
    told: dict[str, Any] = {"active": policies.current(), "base": str(policies.current().number)}
    rules = shops.rules_of(shops.merchant())
    try:
        file = request.FILES.get("file")
        if file is None or (file.size or 0) > FILE_AT_MOST:
            raise Invalid("policy_file_wrong")
        draft = policies.read(policies.imported(file.read()))
    except Refusal as refusal:
        told["groups"] = policy_form.groups(rules)
        return _refused(request, told, refusal)
    told |= {"groups": policy_form.groups(draft), "carried": _carry(draft), "is_worked_out": True}
    told["changes"] = changes(policies.differences(rules, draft))
    told |= _rehearsed(request, draft)
    return render(request, "pages/policy_edit.html", told)


def _carry(draft: Rules) -> str:
    """What the form does not show travels along as it was imported."""
    return json.dumps(draft.to_mapping(), ensure_ascii=False)


def _carried(request: HttpRequest, rules: Rules) -> Rules:
    text = request.POST.get("carried", "")
    if not text:
        return rules
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise Invalid("policy_file_wrong") from None
    if not isinstance(given, dict):
        raise Invalid("policy_file_wrong")
    return policies.read(given)


def _number(text: str) -> int:
    number = days.number(text)
    if number is None:
        raise Invalid("input_invalid", errors=[FieldError(("base",), "missing")])
    return number


def _refused(request: HttpRequest, told: dict[str, Any], refusal: Refusal) -> HttpResponse:
    left = policy_form.blame(told["groups"], refusal.errors)
    told |= {"said": errors.say(refusal), "left_over": left}
    return render(request, "pages/policy_edit.html", told, status=refusal.http_status)


def _rehearsed(request: HttpRequest, draft: Rules) -> dict[str, Any]:
    own = frame.operator_of(request).store_id
    seen = rehearsals.rehearse(draft, at=moments.now(), store_id=own)
    others = [
        Other(
            each.past.refund_no,
            each.past.facts.total,
            verdict_word(each.before),
            verdict_word(each.after),
            _why(each.after),
            each.handed[1] if each.handed[0] != each.handed[1] else None,
        )
        for each in seen.found[:SHOWN]
    ]
    return {"rehearsal": seen, "others": others, "more_others": len(seen.found) - len(others)}


def _why(verdict: Verdict) -> str:
    reason = verdict.reasons[0] if verdict.reasons else None
    if reason is None:
        return ""
    return sentences.say(reason.code, language.current(), **reason.facts).text


def verdict_word(verdict: Verdict) -> str:
    """直接退, 店长审批, 不能退."""
    if verdict.decision == "refer":
        return _("%(who)s审批") % {"who": words.roles(verdict.approvals)}
    return _("不用审批") if verdict.decision == "allow" else _("不能退")


def state_word(state: str) -> str:
    known = {"proposed": _("待启用"), "active": _("现行"), "rejected": _("已退回"), "retired": _("已停用")}
    return known[state]


def _tone(state: str) -> str:
    return {"proposed": "wait", "active": "done", "rejected": "bad"}.get(state, "shut")


def changes(found: list[Difference]) -> list[Change]:
    return [
        Change(_word(path), told_value(path, before), told_value(path, after))
        for path, before, after in found
    ]


def _word(path: str) -> str:
    name, _dot, part = path.partition(".")
    if name == policy_form.FEES and part:
        return f"{sentences.entry_word(name, language.current())} · {fee_rows.key_word(part)}"
    return sentences.entry_word(path, language.current())


def told_value(path: str, value: Any) -> str:
    """A value as people read it: yuan, yes and no, a list."""
    if value is None or value == {}:
        return "—"
    if isinstance(value, dict) and path.startswith(policy_form.FEES):
        return fee_rows.row_word(value)
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, int) and "_fen" in path:
        return f"¥{money.show(value)}"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return policy_form.choice_word(str(value))
