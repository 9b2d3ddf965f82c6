"""Who is told what, and finance's desk, for machines."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from sudapos.books import deliveries, recipients, staff, waiting
from sudapos.books.outbox import EVENTS, Delivery
from sudapos.books.recipients import Recipient, Wish
from sudapos.core.authority import Act
from sudapos.core.refusal import Invalid
from sudapos.core.wording import notices as words
from sudapos.ops import deliver

from . import keys, problems, reference, shapes
from .keys import allow, now

router = Router(tags=["notices"])
DONE = reference.answers("403", "404", "409", "422")


class RecipientIn(Schema):
    """A recipient as it should be; an address that is left empty stays."""

    operator: str
    name: str
    kind: str = recipients.MESSAGE
    address: str = ""
    events: list[str]
    store: str = ""
    quiet_hours: str = ""
    group_minutes: int = 5
    escalate_minutes: int = 0
    language: str = "zh"
    active: bool = True

    def wish(self) -> Wish:
        return Wish(**{**self.dict(exclude={"operator"}), "events": tuple(self.events)})


class OperatorIn(Schema):
    """Whose act it is."""

    operator: str


@router.get("/finance/desk", summary="What waits for this person today, by kind, each with its next step")
def desk(request: HttpRequest, operator: str) -> dict[str, Any]:
    allow(request, Act.SEE_STUCK)
    column = 1 if problems.language(request) == "en" else 0
    person = keys.operator(operator)
    staff.require(person, Act.SEE_STUCK)
    sections = waiting.desk(person, at=now())
    return {
        "sections": [
            {
                "kind": one.kind,
                "word": words.WAITING[one.kind][column],
                "next": words.NEXT[one.kind][column],
                "count": one.count,
                "amount": one.amount,
                "since": shapes.moment(one.since) if one.since else None,
                "things": [
                    {
                        "no": thing.no,
                        "refund_no": thing.refund_no or None,
                        "store": thing.store or None,
                        "amount": thing.amount,
                        "since": shapes.moment(thing.since),
                        **thing.facts,
                    }
                    for thing in one.things
                ],
            }
            for one in sections
        ]
    }


@router.get("/recipients", summary="Who is told what; addresses are not shown")
def listed(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_SETTINGS)
    return {"items": [shown(row) for row in Recipient.objects.all()], "next_cursor": None}


@router.post(
    "/recipients", summary="Add a recipient; a webhook's secret is in this answer only", openapi_extra=DONE
)
def add(request: HttpRequest, body: RecipientIn) -> dict[str, Any]:
    row = _put(request, body, None)
    return {**shown(row), "secret": row.secret or None}


@router.put("/recipients/{number}", summary="Change a recipient", openapi_extra=DONE)
def change(request: HttpRequest, number: int, body: RecipientIn) -> dict[str, Any]:
    return shown(_put(request, body, number))


def _put(request: HttpRequest, body: RecipientIn, number: int | None) -> Recipient:
    allow(request, Act.CHANGE_SETTINGS)
    wish = body.wish()
    deliver.check(wish.kind, wish.address)
    return recipients.put(
        wish, known=frozenset(EVENTS), operator=keys.operator(body.operator), at=now(), number=number
    )


@router.post("/recipients/{number}/try", summary="Send a trial", openapi_extra=DONE)
def try_out(request: HttpRequest, number: int, body: OperatorIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    staff.require(keys.operator(body.operator), Act.CHANGE_SETTINGS)
    error = deliver.try_out(recipients.get(number), at=now())
    return {"sent": not error, "error": error or None}


@router.get("/deliveries", summary="Messages on their way; state due, sent, moot or failed")
def on_their_way(request: HttpRequest, state: str = "failed", subject_no: str = "") -> dict[str, Any]:
    allow(request, Act.SEE_SETTINGS)
    if state not in ("due", "sent", "moot", "failed"):
        raise Invalid("input_invalid")
    rows = Delivery.objects.filter(state=state).select_related("message", "recipient").order_by("-id")
    if subject_no:
        rows = rows.filter(message__subject_no=subject_no)
    return {"items": [_delivery(row) for row in rows[:200]], "next_cursor": None}


@router.post("/deliveries/{number}/again", summary="Send once more what did not arrive", openapi_extra=DONE)
def again(request: HttpRequest, number: int, body: OperatorIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    return _delivery(deliveries.again(number, operator=keys.operator(body.operator), at=now()))


def shown(row: Recipient) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "kind": row.kind,
        "events": row.events,
        "store": row.store or None,
        "quiet_hours": row.quiet_hours or None,
        "group_minutes": row.group_minutes,
        "escalate_minutes": row.escalate_minutes,
        "language": row.language,
        "active": row.active,
    }


def _delivery(row: Delivery) -> dict[str, Any]:
    return {
        "id": row.pk,
        "event": row.message.event,
        "subject": row.message.subject,
        "subject_no": row.message.subject_no,
        "recipient": row.recipient.name,
        "state": row.state,
        "tries": row.tries,
        "error": row.error or None,
        "at": shapes.moment(row.message.at),
    }
