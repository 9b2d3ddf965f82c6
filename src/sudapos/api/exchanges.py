"""Exchanges for machines: previewed, asked for under a key, finished once approved."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from ninja import Router
from ninja.params.functions import Header
from pydantic import Field

from sudapos.books import exchanges
from sudapos.books.exchanges import Exchange, Given, Swap
from sudapos.books.intake import PaymentDraft
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid

from . import problems, reference, shapes
from .keys import allow, now, operator
from .refunds import KEY_HEADER, REPLAYED, known, required_key
from .schemas import Body, Fen, LineIn, Medium, Moment, Named, Number, Operator, RefundIn, Short, Tiny

router = Router(tags=["exchanges"])
Signed = Annotated[int, Field(strict=True)]


class GivenIn(Body):
    """What goes out: a sale without its payments."""

    sale_no: Number
    lines: list[LineIn]
    order_discount: Fen = 0
    rounding_off: Fen = 0

    def given(self) -> Given:
        return Given(
            sale_no=self.sale_no,
            lines=tuple(line.draft() for line in self.lines),
            order_discount=self.order_discount,
            rounding_off=self.rounding_off,
        )


class DifferenceIn(Body):
    """How the customer pays a difference; the amount is ours to say."""

    channel: Annotated[Named, Field(max_length=16)]
    account: Medium = ""
    out_trade_no: Medium = ""
    channel_ref: Medium = ""
    paid_at: Moment | None = None
    card_masked: Short = ""
    auth_code: Tiny = ""
    reference_no: Short = ""
    batch_no: Tiny = ""
    trace_no: Tiny = ""

    def payment(self) -> PaymentDraft:
        return PaymentDraft(payment_no="P1", amount=0, **self.model_dump())


class ExchangeIn(RefundIn):
    """A refund's fields say what comes back."""

    given: GivenIn
    payment: DifferenceIn | None = None
    expected_difference: Signed | None = None

    def swap(self, key: str = "") -> Swap:
        """As the books want it. Raises Invalid for money without goods."""
        if self.amount is not None:
            raise Invalid("input_invalid", errors=[FieldError(("amount",), "not_offered")])
        back = RefundIn.model_construct(**{name: getattr(self, name) for name in RefundIn.model_fields})
        return Swap(
            back=known(back.request(key)),
            given=self.given.given(),
            payment=self.payment.payment() if self.payment else None,
            expected_difference=self.expected_difference,
        )


class FinishIn(Body):
    operator: Operator
    payment: DifferenceIn | None = None
    sale_no: Medium = ""


@router.post(
    "/exchanges/preview",
    summary="What an exchange would come to: what comes back, what goes out, the difference; changes nothing",
    openapi_extra=reference.answers("404", "409"),
)
def preview(request: HttpRequest, body: ExchangeIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    shown = exchanges.preview(body.swap(), at=now())
    return {
        "refund": shapes.preview(shown.weighed, problems.language(request)),
        "price": shown.price,
        "difference": shown.difference,
    }


@router.post(
    "/exchanges",
    summary="Exchange under an Idempotency-Key: a refund and a new sale, linked",
    description="201 with the exchange, done or waiting; the same key and body again: 200, the same exchange, Idempotent-Replayed: true.",
    openapi_extra=reference.answers("200", "201", "404", "409"),
)
def post_exchange(
    request: HttpRequest, body: ExchangeIn, idempotency_key: str = Header("", alias=KEY_HEADER)
) -> HttpResponse:
    allow(request, Act.MAKE_REFUND)
    allow(request, Act.SELL)
    made = exchanges.open(body.swap(required_key(idempotency_key)), at=now())
    response = JsonResponse(shown(made.exchange), status=200 if made.replayed else 201)
    if made.replayed:
        response[REPLAYED] = "true"
    return response


@router.get(
    "/exchanges/{exchange_no}",
    summary="One exchange with the numbers of both documents",
    openapi_extra=reference.answers("404"),
)
def get_exchange(request: HttpRequest, exchange_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    return shown(exchanges.get(exchange_no))


@router.post(
    "/exchanges/{exchange_no}/finish",
    summary="Finish an exchange that waited; a repeat changes nothing",
    openapi_extra=reference.answers("403", "404", "409"),
)
def finish(request: HttpRequest, exchange_no: str, body: FinishIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    allow(request, Act.SELL)
    payment = body.payment.payment() if body.payment else None
    person = operator(body.operator)
    return shown(
        exchanges.finish(exchange_no, operator=person, payment=payment, sale_no=body.sale_no, at=now())
    )


def shown(row: Exchange) -> dict[str, Any]:
    return {
        "exchange_no": row.exchange_no,
        "state": row.state,
        "from_sale_no": row.refund.sale.sale_no,
        "refund_no": row.refund.refund_no,
        "needed": row.refund.needed,
        "returned": row.refund.total,
        "sale_no": row.sale.sale_no if row.sale else None,
        "price": row.price,
        "difference": row.difference,
        "store": row.refund.store.code,
        "operator": row.operator.code,
        "created_at": shapes.moment(row.created_at),
        "finished_at": shapes.moment(row.finished_at),
    }
