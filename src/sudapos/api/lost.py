"""A receipt that was lost: search by evidence without seeing other people's sales."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from sudapos.books import lost
from sudapos.books.lost import Case, Proof
from sudapos.core.authority import Act
from sudapos.core.evidence import Answers
from sudapos.core.wording import lost as words

from . import problems, reference
from .keys import allow, now, operator
from .schemas import Body, Fen, Long, Moment, Named, Operator

router = Router(tags=["lost receipts"])
DONE = reference.answers("403")


class ProofIn(Body):
    kind: Named
    reference: Long = ""


class AnswersIn(Body):
    """What the customer said before anything was read to her; `about` in fen."""

    store: Long = ""
    day: Long = ""
    hour: Long = ""
    paid_with: Long = ""
    about: Fen | None = None
    also_bought: Long = ""
    discount: bool | None = None
    till: Long = ""
    invoice: bool | None = None


class LostIn(Body):
    operator: Operator
    answers: AnswersIn = AnswersIn()
    evidence: list[ProofIn] = []
    amount: Fen | None = None
    moment: Moment | None = None


@router.post(
    "/lost-receipts",
    summary="Look for a sale by evidence: how many are left, and the one that is proven",
    openapi_extra=DONE,
)
def look(request: HttpRequest, body: LostIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND_WITHOUT_RECEIPT)
    case = Case(
        answers=Answers(**body.answers.model_dump()),
        proofs=tuple(Proof(each.kind, each.reference) for each in body.evidence),
        amount=body.amount,
        moment=body.moment if isinstance(body.moment, datetime) else None,
    )
    found = lost.look(case, operator=operator(body.operator), at=now())
    place = 1 if problems.language(request) == "en" else 0
    return {
        "record": found.record.pk,
        "candidates": min(found.record.candidates, lost.AT_MOST),
        "many": found.record.candidates > lost.AT_MOST,
        "fits": found.record.fits,
        "wanted": [{"code": code, "text": words.WANTED[code][place]} for code in found.wanted],
        "sale_no": found.sale.sale_no if found.sale else None,
        "evidence": [f"{each['kind']}: {each['reference']}".strip(": ") for each in found.record.evidence],
    }
