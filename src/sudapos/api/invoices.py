"""Red invoices for machines: what is open, its lines and rates, and the steps of finance (R-16)."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sudapos.books import invoices
from sudapos.books.invoices import RedInvoice, Told
from sudapos.core import invoices as rules
from sudapos.core.authority import Act
from sudapos.core.invoices import Invoice, Part, Step
from sudapos.core.wording import invoices as words
from sudapos.core.wording.customer import pick

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Long, Operator, Short, Text, before, clamp, one_of

router = Router(tags=["invoices"])
DONE = reference.answers("403", "404", "409")
Number = Annotated[Text, Field(max_length=40)]


class StepIn(Body):
    """What a step needs: `issue` the red number, `ask-buyer` the form's number, `give-up` a note."""

    operator: Operator
    red_no: Number = ""
    form_no: Number = ""
    reason_code: Short = ""
    special: bool | None = None
    note: Long = ""


@router.get("/invoices", summary="Red invoice tasks, newest first; state open, all or one of the states")
def listed(
    request: HttpRequest,
    state: str = "open",
    store: str = "",
    q: str = "",
    limit: int = 50,
    cursor: str = "",
) -> dict[str, Any]:
    allow(request, Act.SEE_INVOICES)
    limit = clamp(limit)
    which = state if state in ("open", "all") else one_of(state, "state", Invoice)
    rows = invoices.of(which=which, q=q, store=store, before=before(cursor), limit=limit + 1)
    lang = problems.language(request)
    return shapes.page(rows, limit, [shown(row, lang) for row in rows])


@router.get(
    "/invoices/{task_no}",
    summary="One task with its lines, rates and moves",
    openapi_extra=reference.answers("404"),
)
def get_task(request: HttpRequest, task_no: str) -> dict[str, Any]:
    allow(request, Act.SEE_INVOICES)
    return _whole(task_no, problems.language(request))


@router.post(
    "/invoices/{task_no}/request",
    summary="The buyer has not used the blue invoice: the seller asks for the red one",
    openapi_extra=DONE,
)
def ask(request: HttpRequest, task_no: str, body: StepIn) -> dict[str, Any]:
    return _step(request, task_no, Step.REQUEST, body)


@router.post(
    "/invoices/{task_no}/ask-buyer",
    summary="The buyer has used it: a confirmation form was started, 72 hours begin",
    openapi_extra=DONE,
)
def ask_buyer(request: HttpRequest, task_no: str, body: StepIn) -> dict[str, Any]:
    return _step(request, task_no, Step.ASK_BUYER, body)


@router.post(
    "/invoices/{task_no}/issue", summary="The red invoice was issued, with its number", openapi_extra=DONE
)
def issue(request: HttpRequest, task_no: str, body: StepIn) -> dict[str, Any]:
    return _step(request, task_no, Step.ISSUE, body)


@router.post(
    "/invoices/{task_no}/give-up", summary="No red invoice is needed; the reason in note", openapi_extra=DONE
)
def give_up(request: HttpRequest, task_no: str, body: StepIn) -> dict[str, Any]:
    return _step(request, task_no, Step.GIVE_UP, body)


def _step(request: HttpRequest, task_no: str, which: Step, body: StepIn) -> dict[str, Any]:
    allow(request, Act.WORK_INVOICES)
    told = Told(
        red_no=body.red_no,
        form_no=body.form_no,
        reason_code=body.reason_code,
        special=body.special,
        note=body.note,
    )
    invoices.step(task_no, which, told, operator=operator(body.operator), at=now())
    return _whole(task_no, problems.language(request))


def _whole(task_no: str, lang: str) -> dict[str, Any]:
    task = invoices.get(task_no)
    after: RedInvoice | None = getattr(task, "followed_by", None)
    return shown(task, lang) | {
        "lines": [{"name": part.name, **_sums(part)} for part in invoices.parts_of(task)],
        "steps": [str(step).replace("_", "-") for step in rules.steps(Invoice(task.state))],
        "follows": task.follows.task_no if task.follows else None,
        "followed_by": after.task_no if after else None,
        "moves": [
            {
                "step": move.step,
                "before": move.before or None,
                "after": move.after,
                "by": move.by,
                "note": move.note,
                "at": shapes.moment(move.at),
            }
            for move in task.moves.all()
        ],
    }


def shown(task: RedInvoice, lang: str) -> dict[str, Any]:
    """Amounts in fen and positive: the red invoice itself carries the minus."""
    return {
        "task_no": task.task_no,
        "refund_no": task.refund.refund_no,
        "sale_no": task.refund.sale.sale_no,
        "store": task.store,
        "state": task.state,
        "text": pick(words.STATES, task.state, lang),
        "reason_code": task.reason_code,
        "special": task.special,
        "blue_no": task.blue_no,
        "form_no": task.form_no or None,
        "red_no": task.red_no or None,
        "rates": [_sums(part) for part in rules.by_rate(invoices.parts_of(task))],
        "opened_at": shapes.moment(task.opened_at),
        "due_at": shapes.moment(task.due_at),
        "late": invoices.is_late(task, at=now()),
        "note": task.note or None,
    }


def _sums(part: Part) -> dict[str, int]:
    return {"vat_bp": part.vat_bp, "net": part.net, "tax": part.tax, "amount": part.amount}
