"""人员: who works here and as what; a change is proposed by one and put into force by another."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from sudapos.books import factors, people, reviews, tries, visits
from sudapos.books.people import PersonChange, Wanted
from sudapos.books.shops import Store
from sudapos.books.staff import Operator
from sudapos.core import entry
from sudapos.core.authority import ROLES, Act, Role
from sudapos.core.refusal import FieldError, Forbidden, Invalid, Refusal

from . import errors, frame, moments, words


@frame.page(Act.SEE_PEOPLE)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    return _listed(request)


def _listed(
    request: HttpRequest, refusal: Refusal | None = None, about: int = 0, password: str = ""
) -> HttpResponse:
    operator = frame.operator_of(request)
    holders, locked = factors.holders(), tries.locked(at=moments.now())
    rows = [_row(row, holders, locked) for row in people.seen_by(operator)]
    told: dict[str, Any] = {
        "rows": rows,
        "waiting": [_change(row, operator) for row in people.changes(state="proposed")],
        "reviews": reviews.listed() if reviews.may_close(operator) else [],
        "about": about,
        "password": password,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
        told["typed_note"] = request.POST.get("note", "")
    return render(request, "pages/people.html", told, status=refusal.http_status if refusal else 200)


def _row(row: Operator, holders: set[int], locked: dict[str, int]) -> dict[str, Any]:
    return {
        "person": row,
        "roles": _roles(row.roles),
        "has_factor": row.pk in holders,
        "needs_factor": entry.needs_factor(row.roles),
        "is_locked": row.code in locked,
    }


def _roles(codes: list[str]) -> str:
    return _("、").join(words.title(words.role(code)) for code in codes)


def _change(row: PersonChange, operator: Operator) -> dict[str, Any]:
    """One change in words: what it is, what differs, and what this person may do with it."""
    is_open = row.state == "proposed"
    return {
        "row": row,
        "kind": KINDS()[row.kind],
        "state": STATES()[row.state],
        "facts": _differences(row),
        "may_approve": is_open
        and operator.may(Act.APPROVE_PEOPLE)
        and operator.code not in (row.made_by, row.person),
        "is_own": is_open and row.made_by == operator.code,
    }


def _differences(row: PersonChange) -> list[tuple[str, str, str]]:
    """(what, before, after) of each entry that differs."""
    names = {"name": _("姓名"), "roles": _("角色"), "store": _("门店")}
    found = []
    for key, word in names.items():
        old, new = row.before.get(key), row.content.get(key)
        if key in row.content and old != new:
            found.append((word, _shown(key, old), _shown(key, new)))
    return found


def _shown(key: str, value: Any) -> str:
    if value is None:
        return ""
    if key == "roles":
        return _roles(value)
    return str(value) or (_("全部门店") if key == "store" else "")


def KINDS() -> dict[str, str]:
    """What may be asked for, in the page's language."""
    return {
        "hire": _("新员工"),
        "change": _("修改"),
        "leave": _("停用"),
        "return": _("恢复"),
        "password": _("重置密码"),
        "factor": _("重置第二因素"),
        "unlock": _("解除锁定"),
    }


def STATES() -> dict[str, str]:
    return {
        "proposed": _("等另一个人同意"),
        "in_force": _("已生效"),
        "rejected": _("已退回"),
        "withdrawn": _("已撤回"),
    }


@frame.page(Act.PROPOSE_PEOPLE, Act.CHANGE_PEOPLE)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponseBase:
    """Somebody begins."""
    if request.method == "GET":
        return _form(request)
    try:
        done = people.propose(
            "hire",
            request.POST.get("code", "").strip(),
            operator=frame.operator_of(request),
            wanted=_wanted(request),
            note=request.POST.get("note", ""),
            at=moments.now(),
        )
    except Refusal as refusal:
        return _form(request, refusal=refusal)
    return _after(request, done)


def _wanted(request: HttpRequest) -> Wanted:
    roles = tuple(role for role in request.POST.getlist("roles") if role)
    return Wanted(name=request.POST.get("name", ""), roles=roles, store=request.POST.get("store", ""))


def _form(request: HttpRequest, *, refusal: Refusal | None = None) -> HttpResponse:
    told = _form_facts(request, None) | {"said": errors.say(refusal) if refusal else None}
    return render(request, "pages/person_new.html", told, status=refusal.http_status if refusal else 200)


def _form_facts(request: HttpRequest, person: Operator | None) -> dict[str, Any]:
    """What the form shows: as typed, else as it is."""
    operator = frame.operator_of(request)
    is_posted = request.method == "POST" and "name" in request.POST
    now = people.of(person) if person else {"name": "", "roles": [Role.CASHIER], "store": ""}
    if is_posted:
        now = {
            "name": request.POST["name"],
            "roles": request.POST.getlist("roles"),
            "store": request.POST.get("store", ""),
        }
    mine = operator.may(Act.CHANGE_PEOPLE)
    return {
        "typed": {"code": request.POST.get("code", ""), "note": request.POST.get("note", "")} | now,
        "roles": [(role, words.title(words.role(role))) for role in (ROLES if mine else (Role.CASHIER,))],
        "stores": _stores(operator),
        "whole": operator.store_id is None,
        "at_once": mine and not people.approvers(but=(operator.code, person.code if person else "")).exists(),
        "is_maker": mine,
    }


def _stores(operator: Operator) -> list[Store]:
    rows = Store.objects.order_by("code")
    return list(rows.filter(pk=operator.store_id) if operator.store_id else rows)


@frame.page(Act.SEE_PEOPLE)
@require_safe
def one(request: HttpRequest, code: str) -> HttpResponseBase:
    return _one(request, people.get(code, operator=frame.operator_of(request)))


def _one(request: HttpRequest, person: Operator, refusal: Refusal | None = None) -> HttpResponse:
    operator = frame.operator_of(request)
    told: dict[str, Any] = _row(person, factors.holders(), tries.locked(at=moments.now()))
    told |= _form_facts(request, person)
    told["held"] = factors.held(person)
    told["last"] = visits.Visit.objects.filter(operator=person).first()
    told["history"] = [_change(row, operator) for row in people.changes(person=person.code, limit=30)]
    told["is_open"] = any(each["row"].state == "proposed" for each in told["history"])
    told["may_change"] = person.code != operator.code and _reaches(operator, person)
    told["said"] = errors.say(refusal) if refusal else None
    return render(request, "pages/person_one.html", told, status=refusal.http_status if refusal else 200)


def _reaches(operator: Operator, person: Operator) -> bool:
    if operator.may(Act.CHANGE_PEOPLE):
        return True
    own = operator.store_id in (None, person.store_id)
    return operator.may(Act.PROPOSE_PEOPLE) and list(person.roles) == [Role.CASHIER] and own


@frame.page(Act.PROPOSE_PEOPLE, Act.CHANGE_PEOPLE)
@require_POST
def act(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """Ask for one change; `kind` is in the address."""
    operator = frame.operator_of(request)
    person = people.get(code, operator=operator)
    try:
        wanted = _wanted(request) if kind == "change" else None
        note = request.POST.get("note", "")
        done = people.propose(kind, code, operator=operator, wanted=wanted, note=note, at=moments.now())
    except Refusal as refusal:
        return _one(request, person, refusal)
    return _after(request, done)


@frame.page(Act.APPROVE_PEOPLE, Act.PROPOSE_PEOPLE)
@require_POST
def decide(request: HttpRequest, number: str, act: str) -> HttpResponseBase:
    """Agree, or turn down with a note; a maker takes her own proposal back."""
    operator, note, at = frame.operator_of(request), request.POST.get("note", ""), moments.now()
    try:
        if act == "approve":
            return _after(request, people.approve(int(number), operator=operator, note=note, at=at))
        people.reject(int(number), operator=operator, note=note or _own_note(act), at=at)
    except Refusal as refusal:
        return _listed(request, refusal, int(number))
    return redirect("people")


def _own_note(act: str) -> str:
    return _("撤回") if act == "withdraw" else ""


def _after(request: HttpRequest, done: people.Done) -> HttpResponseBase:
    """A one-time password is shown once, on the answer itself: it stands in no address and in no session."""
    if done.password:
        told = {"row": done.row, "password": done.password}
        return render(request, "pages/person_password.html", told)
    if done.row.state == "proposed" or done.row.kind == "hire":
        return redirect("people")
    return redirect("people-one", code=done.row.person)


@frame.page()
@require_http_methods(["GET", "POST"])
def review(request: HttpRequest) -> HttpResponseBase:
    """待复核: what one person did alone; the owner or the auditor closes each with a note."""
    operator = frame.operator_of(request)
    if not reviews.may_close(operator):
        raise Forbidden("may_not", operator=operator.code, act="review")
    said, status, about = None, 200, 0
    if request.method == "POST":
        try:
            about = _number(request.POST.get("number", ""))
            reviews.close(about, operator=operator, note=request.POST.get("note", ""), at=moments.now())
        except Refusal as refusal:
            said, status = errors.say(refusal), refusal.http_status
        else:
            return redirect("reviews")
    state = request.GET.get("state", "open")
    told = {
        "rows": reviews.listed(state=state),
        "state": state,
        "states": [("open", _("待复核")), ("closed", _("看过的")), ("all", _("全部"))],
        "said": said,
        "about": about,
    }
    return render(request, "pages/reviews.html", told, status=status)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid("input_invalid", errors=[FieldError(("number",), "wrong_type")])
    return int(text)
