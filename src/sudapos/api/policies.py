"""The policy over the API: versions, proposals, decisions by a second person, and a draft tried on last week's refunds."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, JsonResponse
from ninja import Router

from sudapos.books import policies, rehearsals, shops
from sudapos.books.versions import PolicyVersion
from sudapos.core import sentences
from sudapos.core.authority import Act
from sudapos.core.policy import Verdict
from sudapos.core.refusal import NotFound

from . import problems, reference, shapes
from .keys import allow, key_of, now, operator
from .schemas import Body, Long, Operator, Place

router = Router(tags=["policies"])
DONE = reference.answers("403", "404", "409")


class PolicyIn(Body):
    operator: Operator
    content: dict[str, Any]
    note: Long = ""
    base: Place | None = None


class DraftIn(Body):
    content: dict[str, Any]


class DecideIn(Body):
    operator: Operator
    note: Long = ""


@router.get("/policies", summary="Every version of the policy, newest first")
def listed(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_POLICY)
    return {"items": [_row(row) for row in policies.listed()], "next_cursor": None}


@router.post("/policies/preview", summary="What a draft would have decided otherwise last week")
def preview(request: HttpRequest, body: DraftIn) -> dict[str, Any]:
    allow(request, Act.PROPOSE_POLICY)
    draft, lang = policies.read(body.content), problems.language(request)
    seen = rehearsals.rehearse(draft, at=now())
    return {
        "changes": _changes(policies.differences(shops.rules_of(shops.merchant()), draft), lang),
        "looked_at": seen.count,
        "is_cut": seen.is_cut,
        "otherwise": [
            {
                "refund_no": each.past.refund_no,
                "total": each.past.facts.total,
                "before": _verdict(each.before, lang),
                "after": _verdict(each.after, lang),
                "paid_before": each.handed[0],
                "paid_after": each.handed[1],
            }
            for each in seen.found
        ],
    }


@router.get(
    "/policies/{number}", summary="One version with its content, as a file holds it", openapi_extra=DONE
)
def one(request: HttpRequest, number: str) -> dict[str, Any]:
    allow(request, Act.SEE_POLICY)
    return _whole(policies.get(_number(number)), problems.language(request))


@router.post("/policies", summary="Propose a version; a second person activates it", openapi_extra=DONE)
def post(request: HttpRequest, body: PolicyIn) -> JsonResponse:
    allow(request, Act.PROPOSE_POLICY)
    row = policies.propose(
        body.content, operator=operator(body.operator), note=body.note, base=body.base, at=now()
    )
    return JsonResponse(_whole(row, problems.language(request)), status=201)


@router.post("/policies/{number}/approve", summary="Put a proposed version into force", openapi_extra=DONE)
def approve(request: HttpRequest, number: str, body: DecideIn) -> dict[str, Any]:
    _allow_decision(request)
    row = policies.activate(_number(number), operator=operator(body.operator), note=body.note, at=now())
    return _whole(row, problems.language(request))


@router.post("/policies/{number}/reject", summary="Turn a proposal down, with a note", openapi_extra=DONE)
def reject(request: HttpRequest, number: str, body: DecideIn) -> dict[str, Any]:
    _allow_decision(request)
    row = policies.reject(_number(number), operator=operator(body.operator), note=body.note, at=now())
    return _whole(row, problems.language(request))


def _allow_decision(request: HttpRequest) -> None:
    """A key that may apply what others approve decides as well; the operator's own roles are asked in the books."""
    if not key_of(request).may(Act.APPLY_POLICY):
        allow(request, Act.APPROVE_POLICY)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound("policy_not_found", number=text)
    return int(text)


def _row(row: PolicyVersion) -> dict[str, Any]:
    return {
        "number": row.number,
        "state": row.state,
        "base": row.base,
        "note": row.note,
        "made_by": row.made_by,
        "made_at": shapes.moment(row.made_at),
        "decided_by": row.decided_by,
        "decided_at": shapes.moment(row.decided_at),
        "decision_note": row.decision_note,
        "active_from": shapes.moment(row.active_from),
    }


def _whole(row: PolicyVersion, lang: str) -> dict[str, Any]:
    """A version with what it says otherwise than the one in force; `file` can be imported elsewhere."""
    found = policies.differences(shops.rules_of(shops.merchant()), row.rules)
    return _row(row) | {
        "content": row.content,
        "changes": _changes(found, lang),
        "file": policies.exported(row),
    }


def _changes(found: list[policies.Difference], lang: str) -> list[dict[str, Any]]:
    return [
        {"entry": path, "word": sentences.entry_word(path, lang), "before": before, "after": after}
        for path, before, after in found
    ]


def _verdict(verdict: Verdict, lang: str) -> dict[str, Any]:
    return {
        "decision": verdict.decision,
        "approvals": list(verdict.approvals),
        "reasons": shapes.verdict_reasons(verdict.reasons, lang),
    }
