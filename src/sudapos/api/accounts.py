"""Contracts with channels, and the licence card of each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from sudapos.books import licences, shops
from sudapos.books.shops import Account
from sudapos.core import capability, sentences
from sudapos.core.authority import Act
from sudapos.core.refusal import NotFound
from sudapos.ops import contracts

from . import problems, reference, shapes
from .keys import allow, now, operator
from .schemas import Body, Operator, Text

router = Router(tags=["accounts"])
DONE = reference.answers("403", "404", "409")


class AccountIn(Body):
    operator: Operator
    channel: Annotated[Text, Field(max_length=16)]
    config: dict[str, str]


class CheckIn(Body):
    operator: Operator


class LicenceIn(Body):
    operator: Operator
    legal_name: Annotated[Text, Field(max_length=120)]
    licence_no: Annotated[Text, Field(max_length=40)] = ""
    business_type: Annotated[Text, Field(max_length=60)] = ""
    region: Annotated[Text, Field(max_length=60)] = ""
    valid_to: date | None = None
    evidence_ref: Annotated[Text, Field(max_length=200)] = ""
    payer: Annotated[Text, Field(max_length=120)] = ""
    checked: bool = False


@router.get("/accounts", summary="Contracts with channels; secrets are never told")
def listed(request: HttpRequest) -> dict[str, Any]:
    allow(request, Act.SEE_SETTINGS)
    rows = list(Account.objects.order_by("name"))
    return {"items": _shown(rows, problems.language(request)), "next_cursor": None}


def _shown(rows: list[Account], lang: str) -> list[dict[str, Any]]:
    cards, rules = licences.cards(rows), shops.rules_of(shops.merchant())
    return [_account(row, cards.get(row.pk), rules, lang) for row in rows]


def _account(row: Account, card: Any, rules: Any, lang: str) -> dict[str, Any]:
    ability = capability.get(row.channel)
    return {
        "name": row.name,
        "channel": row.channel,
        "config": {
            each.field.name: each.value for each in contracts.shown(row.channel, row.config) if each.value
        },
        "secrets_set": [
            e.field.name for e in contracts.shown(row.channel, row.config) if e.field.secret and e.is_set
        ],
        "changed_at": shapes.moment(row.changed_at),
        "capability": {
            "partial": ability.partial,
            "max_partial": ability.max_partial,
            "window_days": ability.window_days,
            "min_gap_seconds": ability.min_gap_seconds,
            "void": ability.void,
            "askable": ability.askable,
            "source": ability.source,
        },
        "licence": _card(card) if card else None,
        "warnings": [
            {"code": reason.code, "message": sentences.say(reason.code, lang, **reason.facts).text}
            for reason in licences.warnings(row, card, rules, at=now())
        ],
    }


def _card(card: licences.LicenceCard) -> dict[str, Any]:
    texts = {name: getattr(card, name) for name in (*licences.TEXTS, "checked_by")}
    days = {
        name: day.isoformat() if day else None
        for name in ("valid_to", "checked_at")
        for day in [getattr(card, name)]
    }
    return texts | days


def _one(request: HttpRequest, name: str) -> dict[str, Any]:
    row = shops.accounts([name]).get(name)
    if row is None:
        raise NotFound("account_not_found", name=name, account=name)
    return _shown([row], problems.language(request))[0]


@router.get("/accounts/{name}", summary="One contract", openapi_extra=DONE)
def one(request: HttpRequest, name: str) -> dict[str, Any]:
    allow(request, Act.SEE_SETTINGS)
    return _one(request, name)


@router.put(
    "/accounts/{name}", summary="Add or change a contract; a secret left out stays", openapi_extra=DONE
)
def put(request: HttpRequest, name: str, body: AccountIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    who = operator(body.operator)
    contracts.put(name, body.channel, body.config, by=who.code, operator=who, at=now())
    return _one(request, name)


@router.post("/accounts/{name}/check", summary="A harmless signed call", openapi_extra=DONE)
def check(request: HttpRequest, name: str, body: CheckIn) -> dict[str, Any]:
    allow(request, Act.SEE_SETTINGS)
    who = operator(body.operator)
    worked, said = contracts.check(name, by=who.code, operator=who, at=now())
    return {"worked": worked, "said": said}


@router.put("/accounts/{name}/licence", summary="Write the acquirer's licence card", openapi_extra=DONE)
def put_licence(request: HttpRequest, name: str, body: LicenceIn) -> dict[str, Any]:
    allow(request, Act.CHANGE_SETTINGS)
    draft = licences.CardDraft(**body.model_dump(exclude={"operator"}))
    licences.put(name, draft, operator=operator(body.operator), at=now())
    return _one(request, name)
