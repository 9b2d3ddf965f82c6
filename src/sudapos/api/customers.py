"""What a customer may know of her refund: her page as JSON, for a till that prints its own paper or reads it out."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sudapos.books import decisions, links, wishes
from sudapos.books.links import Link, Page
from sudapos.core import money, sentences
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound
from sudapos.core.wording import customer as words
from sudapos.ops import customer_messages

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Code, DecisionIn, Operator, Text

router = Router(tags=["customers"])
DONE = reference.answers("403", "404")


@router.get(
    "/refunds/{refund_no}/customer-page",
    summary="The customer's page: its address, what stands on it, and a sentence to read out",
    openapi_extra=reference.answers("404"),
)
def get_page(request: HttpRequest, refund_no: str) -> dict[str, Any]:
    allow(request, Act.LOOK_UP)
    refund, lang = decisions.get(refund_no), problems.language(request)
    link = links.ensure(refund, at=now())
    if link is None:
        raise NotFound("no_customer_page", refund_no=refund_no)
    return shown(link, links.page_of(refund, at=now()), lang)


@router.post(
    "/refunds/{refund_no}/customer-page/renew",
    summary="The voucher went astray: a new address, the old one leads nowhere; the reason in note",
    openapi_extra=DONE,
)
def renew(request: HttpRequest, refund_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.REPRINT)
    return _again(request, refund_no, body, renew=True)


@router.post(
    "/refunds/{refund_no}/customer-page/revoke",
    summary="Take the page back; the reason in note",
    openapi_extra=DONE,
)
def revoke(request: HttpRequest, refund_no: str, body: DecisionIn) -> dict[str, Any]:
    allow(request, Act.REPRINT)
    return _again(request, refund_no, body, renew=False)


def _again(request: HttpRequest, refund_no: str, body: DecisionIn, *, renew: bool) -> dict[str, Any]:
    person = operator(body.operator)
    link = links.revoke(refund_no, operator=person, note=body.note, renew=renew, at=now())
    return shown(link, links.page_of(link.refund, at=now()), problems.language(request))


def shown(link: Link, page: Page, lang: str) -> dict[str, Any]:
    """As the page, with the codes behind its words; amounts in fen."""
    first = next((part for part in page.parts if part.told == page.told), None)
    account = (
        links.account_word(first, sentences.channel_word(first.channel, lang), lang)
        if first
        else words.pick(
            words.PAGE, "your_account", lang
        )  # nothing was left to pay: an earlier rounding gave it
    )
    said = words.read_out(
        page.told,
        lang,
        amount=f"¥{money.show(page.amount)}",
        account=account,
        arrives_by=first.arrives_by if first and not first.late else None,
        phone=page.phone,
        has_code=bool(links.address(link)),
    )
    return {
        "address": links.address(link) or None,
        "revoked": link.revoked_at is not None,
        "amount": page.amount,
        "state": str(page.told),
        "text": words.pick(words.STATES, page.told, lang),
        "read_out": said,
        "parts": [
            {
                "state": str(part.told),
                "amount": part.amount,
                "channel": part.channel,
                "account": links.account_word(part, sentences.channel_word(part.channel, lang), lang),
                "arrives_by": part.arrives_by.isoformat() if part.arrives_by else None,
                "late": part.late,
            }
            for part in page.parts
        ],
        "phone": page.phone or None,
    }


class WishIn(Body):
    """`to` is a mobile number of eleven digits or a mail address; empty for `forget`."""

    operator: Operator
    to: Annotated[Text, Field(max_length=120)] = ""
    lang: Code = "zh"


@router.post(
    "/refunds/{refund_no}/customer-message",
    summary="The customer asks to be told about this refund; nothing but a mask of her address comes back",
    openapi_extra=DONE,
)
def ask(request: HttpRequest, refund_no: str, body: WishIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    wish = wishes.ask(
        refund_no,
        to=body.to,
        lang=body.lang,
        offered=customer_messages.offered(),
        operator=operator(body.operator),
        at=now(),
    )
    return {"kind": wish.kind, "to": wish.masked, "lang": wish.lang, "asked_at": shapes.moment(wish.asked_at)}


@router.post(
    "/refunds/{refund_no}/customer-message/forget",
    summary="She does not want to be told any more; the address goes at once",
    openapi_extra=DONE,
)
def forget(request: HttpRequest, refund_no: str, body: WishIn) -> dict[str, Any]:
    allow(request, Act.MAKE_REFUND)
    wishes.forget(refund_no, operator=operator(body.operator), at=now())
    return {"forgotten": True}
