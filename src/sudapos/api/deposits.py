"""押金, 定金 and 订金 for machines: taken under the caller's number, previewed, given back under a key."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header
from pydantic import Field

from sudapos.books import counting, deposits, endings, proofs
from sudapos.books.counting import Purchase
from sudapos.books.deposits import Deposit, GiveBack, Taking
from sudapos.books.endings import Shown, Wish
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid
from sudapos.printing import papers

from . import exchanges, files, problems, reference, shapes
from .exchanges import DifferenceIn, GivenIn
from .keys import allow, now
from .keys import operator as person
from .refunds import KEY_HEADER, REPLAYED, required_key
from .schemas import (
    Body,
    Code,
    CustomerIn,
    Fen,
    Long,
    Medium,
    Moment,
    Named,
    Number,
    Operator,
    before,
    clamp,
    one_of,
)

router = Router(tags=["deposits"])
DONE = reference.answers("403", "404", "409")
MADE = reference.answers("200", "201", "403", "404", "409")
STATES = ("held", "ended", "all")


class PaidIn(DifferenceIn):
    """How it is paid; the numbers are those of a sale's payment, the amount is the deposit's."""

    payer: Medium = ""


class DepositIn(Body):
    """`type` is DEPOSIT_YAJIN 押金, EARNEST_DINGJIN 定金 (with `contract_price`) or ADVANCE_DINGJIN2 订金."""

    deposit_no: Number
    store: Annotated[Named, Field(max_length=16)]
    till: Code = ""
    operator: Operator
    type: Named
    amount: Fen
    purpose: Annotated[Named, Field(max_length=120)]
    contract_no: Medium = ""
    contract_price: Fen = 0
    payment: PaidIn
    customer: CustomerIn | None = None
    taken_at: Moment | None = None

    def taking(self) -> Taking:
        """As the books want it."""
        return Taking(
            number=self.deposit_no,
            store=self.store,
            till=self.till,
            kind=self.type,
            amount=self.amount,
            purpose=self.purpose,
            contract_no=self.contract_no,
            price=self.contract_price,
            payment=self.payment.payment(),
            taken_at=self.taken_at or now(),
            phone=self.customer.phone if self.customer else "",
            name=self.customer.name if self.customer else "",
        )


class FileIn(Body):
    """A PNG, JPEG, PDF or plain text of at most 5 MB, its content in base64."""

    name: Medium
    content: Named

    def read(self) -> tuple[str, bytes]:
        """Raises Invalid."""
        try:
            return self.name, base64.b64decode(self.content, validate=True)
        except (binascii.Error, ValueError):
            raise Invalid("input_invalid", errors=[FieldError(("file", "content"), "unusable")]) from None


class EndingIn(Body):
    """`ending` returned, or of earnest money customer_failed or merchant_failed; `confirmed` signed, message, phone or spoken."""

    operator: Operator
    ending: Named = "returned"
    deduction: Fen = 0
    why: Long = ""
    evidence: Long = ""
    file: FileIn | None = None
    confirmed: Code = ""
    confirmed_by: Medium = ""
    receipt: Named = "present"
    route: Named = "original"
    store: Code = ""
    till: Code = ""
    expected_total: Fen | None = None

    def wish(self) -> Wish:
        """As the books want it."""
        return Wish(
            **self.model_dump(exclude={"operator", "file"}), file=self.file.read() if self.file else None
        )


class CountIn(Body):
    """`given` is the sale that it pays a part of, `payment` pays the rest."""

    operator: Operator
    till: Code = ""
    given: GivenIn
    payment: DifferenceIn | None = None
    expected_difference: Fen | None = None

    def purchase(self) -> Purchase:
        return Purchase(
            given=self.given.given(),
            payment=self.payment.payment() if self.payment else None,
            expected_difference=self.expected_difference,
            till=self.till,
        )


@router.post(
    "/deposits",
    summary="Take a deposit, earnest money or an advance; its number makes a repeat harmless",
    openapi_extra=MADE,
)
def post_deposit(request: HttpRequest, body: DepositIn) -> HttpResponse:
    allow(request, Act.SELL)
    row, again = deposits.take(body.taking(), operator=person(body.operator), at=now())
    return JsonResponse(shown(row), status=200 if again else 201)


@router.get("/deposits", summary="Deposits, newest first: held, ended or all")
def listed(
    request: HttpRequest, state: str = "held", store: str = "", q: str = "", limit: int = 50, cursor: str = ""
) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    limit = clamp(limit)
    state = one_of(state, "state", STATES)
    rows = deposits.find(state=state, store=store, q=q, before=before(cursor), limit=limit + 1)
    return shapes.page(rows, limit, [shown(row) for row in rows])


@router.get("/deposits/{deposit_no}", summary="One deposit and how it ended", openapi_extra=DONE)
def one(request: HttpRequest, deposit_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shown(deposits.get(deposit_no))


@router.post(
    "/deposits/{deposit_no}/give-back/preview",
    summary="What giving it back would come to, over which channel, and what is still wanted; changes nothing",
    openapi_extra=DONE,
)
def preview(request: HttpRequest, deposit_no: str, body: EndingIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    who = person(body.operator)
    return _preview(
        endings.preview(deposit_no, body.wish(), operator=who, at=now()), problems.language(request)
    )


@router.post(
    "/deposits/{deposit_no}/give-back",
    summary="Give it back, whole or less what is proven and agreed, under an Idempotency-Key",
    description="201 with the deposit and the number of its refund; the same key and body again: 200, Idempotent-Replayed: true.",
    openapi_extra=MADE,
)
def give_back(
    request: HttpRequest, deposit_no: str, body: EndingIn, key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    made, again = endings.give_back(
        deposit_no, body.wish(), key=required_key(key), operator=person(body.operator), at=now()
    )
    row = deposits.get(deposit_no)
    number = made.refund.refund_no if made.refund else None
    answer = JsonResponse(shown(row) | {"refund_no": number}, status=200 if again else 201)
    if again:
        answer[REPLAYED] = "true"
    return answer


@router.post(
    "/deposits/{deposit_no}/count/preview",
    summary="What is left to pay of a sale that it counts towards; changes nothing",
    openapi_extra=DONE,
)
def count_preview(request: HttpRequest, deposit_no: str, body: CountIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    told = counting.preview(deposit_no, body.purchase(), operator=person(body.operator), at=now())[1]
    return {
        "refund": shapes.preview(told.weighed, problems.language(request)),
        "price": told.price,
        "difference": told.difference,
    }


@router.post(
    "/deposits/{deposit_no}/count",
    summary="Count it towards the price of a sale, under an Idempotency-Key",
    description="201 with the exchange that does it, done or waiting; the same key and body again: 200, Idempotent-Replayed: true.",
    openapi_extra=MADE,
)
def count(
    request: HttpRequest, deposit_no: str, body: CountIn, key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    allow(request, Act.SELL)
    _, exchange, again = counting.count(
        deposit_no, body.purchase(), key=required_key(key), operator=person(body.operator), at=now()
    )
    answer = JsonResponse(exchanges.shown(exchange), status=200 if again else 201)
    if again:
        answer[REPLAYED] = "true"
    return answer


@router.get("/deposits/{deposit_no}/receipt", summary="What the customer takes with her", openapi_extra=DONE)
def receipt(request: HttpRequest, deposit_no: str, format: str = "json", lang: str = "zh") -> HttpResponse:
    """`format` json, html, pdf, png or escpos."""
    allow(request, Act.LOOK_UP)
    told = deposits.receipt(deposits.get(deposit_no))
    return files.paper(told, papers.DepositPaper(**told), format, lang)


@router.get(
    "/deposits/{deposit_no}/files/{digest}",
    summary="The file that proves a deduction; the operator who looks is written down",
    openapi_extra=reference.answers("403", "404"),
)
def get_file(request: HttpRequest, deposit_no: str, digest: str, operator: str) -> HttpResponse:
    allow(request, Act.LOOK_UP)
    found = proofs.file(deposit_no, digest, operator=person(operator), at=now())
    return files.answer(found.name, found.kind, found.content)


def shown(row: Deposit) -> dict[str, Any]:
    """A deposit as machines see it."""
    sale = row.sale
    [payment] = sale.payments.all()
    return {
        "deposit_no": row.number,
        "type": row.kind,
        "state": row.state,
        "amount": row.amount,
        "purpose": row.purpose,
        "contract_no": row.contract_no or None,
        "contract_price": row.price,
        "store": sale.store.code,
        "till": sale.till,
        "operator": sale.operator,
        "taken_at": shapes.moment(sale.sold_at),
        "customer": {"phone": sale.phone_masked or None, "name": sale.name_masked or None},
        "payment": {
            "channel": payment.channel,
            "account": payment.account.name if payment.account else None,
            "out_trade_no": payment.out_trade_no or None,
            "channel_ref": payment.channel_ref or None,
            "card_masked": payment.card_masked or None,
        },
        "endings": [_ending(each) for each in row.endings.all()],
    }


def _ending(made: GiveBack) -> dict[str, Any]:
    names = (
        "ending",
        "state",
        "kept",
        "compensation",
        "why",
        "evidence",
        "confirmed",
        "confirmed_by",
        "file_name",
        "file_digest",
    )
    return {name: getattr(made, name) for name in names} | {
        "refund_no": made.refund.refund_no if made.refund else None,
        "returned": made.refund.total if made.refund else 0,
        "operator": made.operator.code,
        "at": shapes.moment(made.at),
    }


def _preview(told: Shown, lang: str) -> dict[str, Any]:
    settled = told.settled
    return {
        "type": told.deposit.kind,
        "taken": told.deposit.amount,
        "kept": settled.kept,
        "returned": settled.back,
        "compensation": settled.compensation,
        "total": settled.back + settled.compensation,
        "wanted": list(told.wanted),
        "refund": shapes.preview(told.weighed, lang) if told.weighed else None,
    }
