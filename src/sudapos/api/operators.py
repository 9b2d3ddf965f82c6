"""People over the API: who works here, changes proposed and decided, reviews of what one person did alone."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, JsonResponse
from ninja import Router
from pydantic import Field

from sudapos.books import factors, people, reviews, tries
from sudapos.books import staff as staff_books
from sudapos.books.people import PersonChange, Wanted
from sudapos.core.authority import Act
from sudapos.core.refusal import Forbidden

from . import reference, shapes
from .keys import allow, key_of, now, operator
from .schemas import Body, Code, Long, Operator, Text

router = Router(tags=["operators"])
DONE = reference.answers("403", "404", "409")
Role = Annotated[Text, Field(max_length=16)]


class WhoIn(Body):
    operator: Operator
    note: Long = ""


class PersonIn(Body):
    operator: Operator
    name: Annotated[Text, Field(max_length=64)]
    roles: Annotated[list[Role], Field(max_length=7)]
    store: Code = ""
    note: Long = ""


class HireIn(PersonIn):
    code: Operator


@router.get("/operators", summary="Everybody who works or worked here")
def listed(request: HttpRequest, store: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_PEOPLE)
    holders, locked = factors.holders(), tries.locked(at=now())
    rows = staff_books.Operator.objects.select_related("store").order_by("code")
    rows = rows.filter(store__code=store) if store else rows
    return {"items": [_person(row, holders, locked) for row in rows], "next_cursor": None}


@router.get("/operators/changes", summary="Changes; state proposed, in_force, rejected, withdrawn or all")
def changes(
    request: HttpRequest, state: str = "proposed", person: str = "", store: str = ""
) -> dict[str, Any]:
    allow(request, Act.SEE_PEOPLE)
    rows = people.changes(person=person, state="" if state == "all" else state, store=store)
    return {"items": [_change(row) for row in rows], "next_cursor": None}


@router.post("/operators", summary="Somebody begins; a second person agrees", openapi_extra=DONE)
def hire(request: HttpRequest, body: HireIn) -> JsonResponse:
    return _propose(request, "hire", body.code, body.operator, body.note, _wanted(body))


@router.post(
    "/operators/{code}/change", summary="Another name, other roles, another store", openapi_extra=DONE
)
def change(request: HttpRequest, code: str, body: PersonIn) -> JsonResponse:
    return _propose(request, "change", code, body.operator, body.note, _wanted(body))


@router.post("/operators/{code}/leave", summary="Stop the account", openapi_extra=DONE)
def leave(request: HttpRequest, code: str, body: WhoIn) -> JsonResponse:
    return _propose(request, "leave", code, body.operator, body.note)


@router.post("/operators/{code}/return", summary="Bring the account back", openapi_extra=DONE)
def come_back(request: HttpRequest, code: str, body: WhoIn) -> JsonResponse:
    return _propose(request, "return", code, body.operator, body.note)


@router.post("/operators/{code}/password", summary="A one-time password, shown once", openapi_extra=DONE)
def password(request: HttpRequest, code: str, body: WhoIn) -> JsonResponse:
    return _propose(request, "password", code, body.operator, body.note)


@router.post("/operators/{code}/factor", summary="Take the second factor away", openapi_extra=DONE)
def factor(request: HttpRequest, code: str, body: WhoIn) -> JsonResponse:
    return _propose(request, "factor", code, body.operator, body.note)


@router.post("/operators/{code}/unlock", summary="Lift the lock after wrong tries", openapi_extra=DONE)
def unlock(request: HttpRequest, code: str, body: WhoIn) -> JsonResponse:
    return _propose(request, "unlock", code, body.operator, body.note)


@router.post("/operators/changes/{number}/approve", summary="Put a proposal into force", openapi_extra=DONE)
def approve(request: HttpRequest, number: int, body: WhoIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_PEOPLE)
    done = people.approve(number, operator=operator(body.operator), note=body.note, at=now())
    return _done(done)


@router.post("/operators/changes/{number}/reject", summary="Turn a proposal down", openapi_extra=DONE)
def reject(request: HttpRequest, number: int, body: WhoIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_PEOPLE)
    row = people.reject(number, operator=operator(body.operator), note=body.note, at=now())
    return _change(row)


@router.get("/reviews", summary="What one person did alone; state open, closed or all")
def to_review(request: HttpRequest, state: str = "open", store: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    rows = reviews.listed(state=state, store=store)
    return {"items": [_review(row) for row in rows], "next_cursor": None}


@router.post("/reviews/{number}/close", summary="Say what was found, in note", openapi_extra=DONE)
def close(request: HttpRequest, number: int, body: WhoIn) -> dict[str, Any]:
    allow(request, Act.SEE_AUDIT)
    row = reviews.close(number, operator=operator(body.operator), note=body.note, at=now())
    return _review(row)


def _wanted(body: PersonIn) -> Wanted:
    return Wanted(name=body.name, roles=tuple(body.roles), store=body.store)


def _propose(
    request: HttpRequest, kind: str, code: str, who: str, note: str, wanted: Wanted | None = None
) -> JsonResponse:
    """200 where it is in force already, 201 for a proposal. The operator's own rights decide which it becomes."""
    key = key_of(request)
    if not (key.may(Act.PROPOSE_PEOPLE) or key.may(Act.CHANGE_PEOPLE)):
        raise Forbidden("may_not", operator=key.name, act=str(Act.CHANGE_PEOPLE))
    done = people.propose(kind, code, operator=operator(who), wanted=wanted, note=note, at=now())
    status = 201 if done.row.state == "proposed" else 200
    return JsonResponse(_done(done), status=status, json_dumps_params={"ensure_ascii": False})


def _done(done: people.Done) -> dict[str, Any]:
    return _change(done.row) | {"one_time_password": done.password or None}


def _person(row: staff_books.Operator, holders: set[int], locked: dict[str, int]) -> dict[str, Any]:
    return {
        "code": row.code,
        "name": row.name,
        "roles": row.roles,
        "store": row.store.code if row.store_id and row.store else None,
        "active": row.is_active,
        "second_factor": row.pk in holders,
        "must_change_password": row.must_change,
        "locked": row.code in locked,
        "last_sign_in": shapes.moment(row.last_login),
    }


def _change(row: PersonChange) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "person": row.person,
        "wanted": row.content,
        "before": row.before,
        "state": row.state,
        "alone": row.alone,
        "note": row.note,
        "made_by": row.made_by,
        "made_at": shapes.moment(row.made_at),
        "decided_by": row.decided_by or None,
        "decided_at": shapes.moment(row.decided_at),
        "decision_note": row.decision_note or None,
    }


def _review(row: reviews.Review) -> dict[str, Any]:
    return {
        "id": row.pk,
        "subject": row.subject,
        "subject_no": row.subject_no,
        "store": row.store or None,
        "by": row.by,
        "facts": row.facts,
        "opened_at": shapes.moment(row.opened_at),
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by or None,
        "note": row.note or None,
    }
