"""People on sales: opened with a reason, copied, corrected, erased; holds; and the purge of what is due."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sudapos.books import contacts, retention
from sudapos.core.authority import Act

from . import reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Operator, Text

router = Router(tags=["people"])
DONE = reference.answers("403", "404")
Reason = Annotated[Text, Field(max_length=200)]
Phone = Annotated[Text, Field(max_length=24)]


class WhyIn(Body):
    operator: Operator
    reason: Reason = ""


class PersonIn(Body):
    operator: Operator
    phone: Phone


class CorrectIn(Body):
    operator: Operator
    phone: Phone
    new_phone: Phone = ""
    new_name: Annotated[Text, Field(max_length=64)] = ""


class PurgeIn(Body):
    operator: Operator
    dry_run: bool


@router.post("/sales/{sale_no}/unmask", summary="Phone and name of a sale, with a reason", openapi_extra=DONE)
def unmask(request: HttpRequest, sale_no: str, body: WhyIn) -> dict[str, Any]:
    allow(request, Act.UNMASK)
    shown = contacts.unmask(sale_no, operator=operator(body.operator), reason=body.reason, at=now())
    return {"phone": shown.phone, "name": shown.name, "until": shapes.moment(shown.until)}


@router.post("/sales/{sale_no}/hold", summary="Keep everything of a sale from the purge", openapi_extra=DONE)
def hold(request: HttpRequest, sale_no: str, body: WhyIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    row = retention.hold(sale_no, reason=body.reason, operator=operator(body.operator), at=now())
    return {"sale_no": sale_no, "reason": row.reason, "by": row.by, "at": shapes.moment(row.at)}


@router.post("/sales/{sale_no}/release", summary="End the hold of a sale", openapi_extra=DONE)
def release(request: HttpRequest, sale_no: str, body: WhyIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    retention.release(sale_no, operator=operator(body.operator), at=now())
    return {"sale_no": sale_no}


@router.post("/people/copy", summary="Everything kept of the person with this phone", openapi_extra=DONE)
def copy(request: HttpRequest, body: PersonIn) -> dict[str, Any]:
    """The number stands in the body: addresses are logged wherever they pass."""
    allow(request, Act.CHANGE_SETTINGS)
    return retention.person(body.phone, operator=operator(body.operator), at=now())


@router.post("/people/correct", summary="Replace what is kept of a person", openapi_extra=DONE)
def correct(request: HttpRequest, body: CorrectIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    who = operator(body.operator)
    count = contacts.correct(
        body.phone, to_phone=body.new_phone, to_name=body.new_name, operator=who, at=now()
    )
    return {"corrected": count}


@router.post("/people/erase", summary="Forget a person where no duty stands against it", openapi_extra=DONE)
def erase(request: HttpRequest, body: PersonIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    done = retention.erase(body.phone, operator=operator(body.operator), at=now())
    return {"erased": done.erased, "kept": [{"sale_no": no, "reason": why} for no, why in done.kept]}


@router.post("/purge", summary="Anonymise what is due, or count it", openapi_extra=DONE)
def purge(request: HttpRequest, body: PurgeIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    who = operator(body.operator)
    retention.may_purge(who)
    found = retention.purge(at=now(), dry_run=body.dry_run, by=who.code)
    return {"contacts": found.contacts, "words": found.words, "held": found.held, "done": found.done}
