"""Shifts and drawers for machines: opened, counted, handed over, closed; cash moved; differences explained."""

from __future__ import annotations

from base64 import b64encode
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header
from pydantic import Field

from sudapos.books import cashmoves, counts, decisions, drawers, remedies, shifts, shops, staff
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Count, Money
from sudapos.books.drawers import CashMove, Drawer, Shift
from sudapos.books.shifts import DrawerReport
from sudapos.core import drawers as law
from sudapos.core.authority import Act
from sudapos.core.rules import Rules
from sudapos.printing import shifts as paper

from . import problems, reference, shapes
from .keys import allow, now, operator
from .refunds import KEY_HEADER, required_key
from .schemas import Body, Code, DecisionIn, Fen, Long, Medium, Named, Operator, before, clamp

router = Router(tags=["drawers"])
DONE = reference.answers("403", "404", "409")
MADE = reference.answers("201", "403", "404", "409")
Count_ = Annotated[int, Field(strict=True, ge=0, le=100_000)]


class MoneyIn(Body):
    """What was found in a drawer, in fen: one `sum`, or `notes` (value in fen → how many), or both; false money apart."""

    operator: Operator
    sum: Fen = 0
    notes: dict[int, Count_] = {}
    false_notes: Fen = 0

    def money(self) -> Money:
        return Money(sum=self.sum, notes=self.notes, false_notes=self.false_notes)


class OpenIn(MoneyIn):
    store: Named
    till: Named
    float: Fen = 0
    approver: Medium = ""


class CloseIn(Body):
    operator: Operator
    reason: Long = ""
    to_safe: Fen = 0


class HandOverIn(Body):
    operator: Operator
    to: Operator
    reason: Long = ""


class ActIn(Body):
    operator: Operator
    reason: Long = ""


class MoveIn(Body):
    operator: Operator
    kind: Named
    store: Named
    amount: Fen
    till: Code = ""
    other: Code = ""
    reason: Long = ""
    approver: Medium = ""


class EndIn(Body):
    operator: Operator
    how: Named
    note: Long = ""


@router.get("/drawers", summary="Every drawer, what it holds by the journal and what it may pay")
def listed(request: HttpRequest, store: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_DRAWERS)
    rows = Drawer.objects.select_related("store")
    rows = rows.filter(store__code=store) if store else rows
    found = drawers.holdings(list(rows), shops.rules_of(shops.merchant()))
    running = {s.drawer_id: s for s in Shift.objects.filter(closed_at=None).select_related("operator")}
    return {"items": [_drawer(row, found[row.pk], running.get(row.pk)) for row in rows]}


@router.get("/shifts", summary="Shifts, newest first")
def past(request: HttpRequest, store: str = "", limit: int = 50, cursor: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_DRAWERS)
    limit = clamp(limit)
    rows = shifts.listed(store, before=before(cursor), limit=limit + 1)
    return shapes.page(rows, limit, [_shift(row) for row in rows])


@router.post("/shifts", summary="Open a drawer with what was counted in it", openapi_extra=MADE)
def post_shift(request: HttpRequest, body: OpenIn) -> HttpResponse:
    allow(request, Act.WORK_DRAWER)
    row = shifts.open(
        body.store,
        body.till,
        body.money(),
        operator=operator(body.operator),
        float_fen=body.float,
        beside=staff.get(body.approver) if body.approver else None,
        at=now(),
    )
    return JsonResponse(_whole(row), status=201)


@router.get(
    "/shifts/{shift_no}", summary="One shift: its counts, its reports, what is still open", openapi_extra=DONE
)
def one(request: HttpRequest, shift_no: str) -> dict[str, Any]:
    allow(request, Act.SEE_DRAWERS)
    return _whole(drawers.shift_of(shift_no))


@router.post(
    "/shifts/{shift_no}/counts",
    summary="A blind count; the answer says what was expected",
    openapi_extra=MADE,
)
def post_count(request: HttpRequest, shift_no: str, body: MoneyIn) -> HttpResponse:
    allow(request, Act.WORK_DRAWER)
    row = counts.count(shift_no, body.money(), operator=operator(body.operator), at=now())
    return JsonResponse(_count(row, shops.rules_of(shops.merchant())), status=201)


@router.post(
    "/shifts/{shift_no}/close", summary="Close with the last count: the Z report", openapi_extra=DONE
)
def close(request: HttpRequest, shift_no: str, body: CloseIn) -> dict[str, Any]:
    allow(request, Act.WORK_DRAWER)
    who = operator(body.operator)
    report = shifts.close(shift_no, operator=who, reason=body.reason, to_safe=body.to_safe, at=now())
    return report_of(report)


@router.post("/shifts/{shift_no}/hand-over", summary="Close, and open for somebody else", openapi_extra=DONE)
def hand_over(request: HttpRequest, shift_no: str, body: HandOverIn) -> dict[str, Any]:
    allow(request, Act.WORK_DRAWER)
    report, begun = shifts.hand_over(
        shift_no, operator=operator(body.operator), to=operator(body.to), reason=body.reason, at=now()
    )
    return {"report": report_of(report), "shift": _whole(begun)}


@router.post("/shifts/{shift_no}/x", summary="An X report: where the shift stands", openapi_extra=MADE)
def post_x(request: HttpRequest, shift_no: str, body: ActIn) -> HttpResponse:
    allow(request, Act.WORK_DRAWER)
    return JsonResponse(
        report_of(shifts.take_x(shift_no, operator=operator(body.operator), at=now())), status=201
    )


@router.post(
    "/shifts/{shift_no}/kicks",
    summary="The drawer is opened without a sale: written down, then the printer's pulse (base64)",
    openapi_extra=MADE,
)
def post_kick(request: HttpRequest, shift_no: str, body: ActIn) -> HttpResponse:
    allow(request, Act.WORK_DRAWER)
    row = cashmoves.kick(shift_no, operator=operator(body.operator), reason=body.reason, at=now())
    told = {
        "shift_no": shift_no,
        "operator": body.operator,
        "reason": row.reason,
        "at": shapes.moment(row.at),
        "escpos": b64encode(paper.pulse()).decode(),
    }
    return JsonResponse(told, status=201)


@router.post(
    "/cash-moves", summary="Cash between drawers, safe and bank, under an Idempotency-Key", openapi_extra=MADE
)
def post_move(
    request: HttpRequest, body: MoveIn, idempotency_key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.WORK_DRAWER)
    given = body.model_dump(exclude={"operator", "approver"})
    row = cashmoves.move(
        Wish(**given, key=required_key(idempotency_key)),
        operator=operator(body.operator),
        beside=staff.get(body.approver) if body.approver else None,
        at=now(),
    )
    return JsonResponse(_move(row), status=201)


@router.get("/counts", summary="Differences that nobody has explained yet")
def unexplained(request: HttpRequest, store: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_DRAWERS)
    rules = shops.rules_of(shops.merchant())
    return {"items": [_count(row, rules) for row in counts.waiting(store)]}


@router.post("/counts/{count_no}/explain", summary="Say what a difference comes to", openapi_extra=DONE)
def explain(request: HttpRequest, count_no: str, body: EndIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_DRAWER)
    row = counts.explain(count_no, how=body.how, note=body.note, operator=operator(body.operator), at=now())
    return _count(row, shops.rules_of(shops.merchant()))


@router.post(
    "/legs/{leg_no}/by-transfer",
    summary="Cash that the drawer has not got goes to the customer's bank; note says how she agreed",
    openapi_extra=DONE,
)
def by_transfer(request: HttpRequest, leg_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.APPROVE_TRANSFER)
    leg = remedies.pay_by_transfer(leg_no, operator=operator(body.operator), consent=body.note, at=now())
    return shapes.refund(decisions.get(leg.refund.refund_no), problems.language(request))


def _drawer(row: Drawer, holding: law.Holding, shift: Shift | None) -> dict[str, Any]:
    return {
        "store": row.store.code,
        "till": row.code,
        "held": holding.held,
        "reserved": holding.reserved,
        "free": holding.free,
        "shift_no": shift.shift_no if shift else None,
        "operator": shift.operator.code if shift else None,
    }


def _shift(row: Shift) -> dict[str, Any]:
    return {
        "shift_no": row.shift_no,
        "store": row.drawer.store.code,
        "till": row.drawer.code,
        "number": row.number,
        "operator": row.operator.code,
        "state": "open" if row.is_open else "closed",
        "business_date": row.business_date.isoformat(),
        "opened_at": shapes.moment(row.opened_at),
        "closed_at": shapes.moment(row.closed_at),
        "closed_by": row.closed_by or None,
    }


def _whole(row: Shift) -> dict[str, Any]:
    rules = shops.rules_of(shops.merchant())
    found = row.counts.select_related("operator", "shift__operator").prefetch_related("steps__operator")
    return _shift(row) | {
        "counts": [_count(each, rules) for each in found],
        "moves": [_move(each) for each in cashmoves.moves_of(row)],
        "reports": [
            {"kind": each.kind, "number": each.number, "at": shapes.moment(each.at)}
            for each in row.reports.all()
        ],
        "left_over": shifts.left_over(row.drawer),
    }


def _count(row: Count, rules: Rules) -> dict[str, Any]:
    verdict = counts.verdict_of(row, rules)
    return {
        "count_no": row.count_no,
        "shift_no": row.shift.shift_no,
        "counted": row.counted,
        "expected": row.expected,
        "difference": row.difference,
        "false_notes": row.false_notes,
        "notes": row.notes,
        "needs_reason": not verdict.is_small,
        "needs": counts.missing_roles(row, rules) if row.state == counts.WAITING else list(verdict.roles),
        "state": row.state,
        "how": row.how or None,
        "reason": row.reason or None,
        "operator": row.operator.code,
        "at": shapes.moment(row.at),
    }


def _move(row: CashMove) -> dict[str, Any]:
    return {
        "move_no": row.move_no,
        "kind": row.kind,
        "from": row.source.code if row.source else None,
        "to": row.target.code if row.target else None,
        "amount": row.amount,
        "reason": row.reason or None,
        "operator": row.operator.code,
        "approver": row.beside.code if row.beside else None,
        "at": shapes.moment(row.at),
    }


def report_of(row: DrawerReport) -> dict[str, Any]:
    return {"kind": row.kind, "number": row.number, "at": shapes.moment(row.at), "slip": row.slip}
