"""Contracts with channels: what each can do, its keys, whether it answers, and whether its acquirer is licensed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sudapos.books import licences, shops
from sudapos.books.licences import LicenceCard
from sudapos.books.shops import Account
from sudapos.core import capability, sentences
from sudapos.core.authority import Act
from sudapos.core.refusal import FieldError, Invalid, NotFound, Refusal
from sudapos.core.rules import Reason, Rules
from sudapos.ops import contracts

from . import errors, frame, language, moments, words

BUSINESS_TYPES = ("支付交易处理Ⅰ类", "支付交易处理Ⅱ类", "储值账户运营Ⅰ类", "储值账户运营Ⅱ类", "bank")
"""Names of the licence regime of 2024 (domain §1.3)."""


@dataclass(frozen=True, slots=True)
class Row:
    """One account in the list, with what its licence card warns of."""

    account: Account
    card: LicenceCard | None
    warnings: list[str]


@frame.page(Act.SEE_SETTINGS)
@require_safe
def listed(request: HttpRequest) -> HttpResponseBase:
    rules = shops.rules_of(shops.merchant())
    accounts = list(Account.objects.order_by("channel", "name"))
    cards = licences.cards(accounts)
    told: dict[str, Any] = {
        "rows": [_row(account, cards.get(account.pk), rules) for account in accounts],
        "channels": contracts.CONNECTED,
        "may_change": frame.operator_of(request).may(Act.CHANGE_SETTINGS),
    }
    return render(request, "pages/accounts.html", told)


def _row(account: Account, card: LicenceCard | None, rules: Rules) -> Row:
    found = licences.warnings(account, card, rules, at=moments.now())
    return Row(account, card, [_said(reason) for reason in found])


def _said(reason: Reason) -> str:
    return sentences.say(reason.code, language.current(), **reason.facts).text


@frame.page(Act.SEE_SETTINGS)
@require_safe
def one(request: HttpRequest, name: str) -> HttpResponseBase:
    return _show(request, _account(name))


@frame.page(Act.CHANGE_SETTINGS)
@require_safe
def new(request: HttpRequest, channel: str) -> HttpResponseBase:
    return _show(request, Account(channel=_connected(channel)))


def _account(name: str) -> Account:
    found = shops.accounts([name]).get(name)
    if found is None:
        raise NotFound("account_not_found", name=name, account=name)
    return found


def _connected(channel: str) -> str:
    if channel not in contracts.CONNECTED:
        raise Refusal("channel_not_connected", channel=channel)
    return channel


def _show(
    request: HttpRequest, account: Account, refusal: Refusal | None = None, **more: Any
) -> HttpResponse:
    typed = request.POST.dict() if refusal is not None else {}
    keys = contracts.shown(account.channel, {**account.config, **typed})
    card = licences.cards([account]).get(account.pk) if account.pk else None
    rules = shops.rules_of(shops.merchant())
    wrong = {str(error.loc[-1]) for error in refusal.errors} if refusal is not None else set()
    told: dict[str, Any] = {
        "account": account,
        "keys": [(each, each.field.zh if language.current() == "zh" else each.field.en) for each in keys],
        "wrong": wrong,
        "facts": words.capability_facts(capability.get(account.channel)),
        "evidence": _evidence(account.channel),
        "card": card,
        "paper": _paper(card, typed),
        "business_types": BUSINESS_TYPES,
        "warnings": _row(account, card, rules).warnings if account.pk else [],
        "may_change": frame.operator_of(request).may(Act.CHANGE_SETTINGS),
        **more,
    }
    if refusal is not None:
        told["said"] = errors.say(refusal)
    status = 200 if refusal is None else refusal.http_status
    return render(request, "pages/account.html", told, status=status)


def _paper(card: LicenceCard | None, typed: Mapping[str, str]) -> dict[str, str]:
    """The licence card's texts as the form shows them: what was typed, else what is kept."""
    kept = {name: str(getattr(card, name) or "") for name in (*licences.TEXTS, "valid_to")} if card else {}
    return kept | {name: typed[name] for name in (*licences.TEXTS, "valid_to") if name in typed}


def _evidence(channel: str) -> dict[str, tuple[str, ...]]:
    found = contracts.evidence(channel)
    if language.current() == "zh":
        return {"verified": found.verified_zh, "to_ask": found.to_ask_zh}
    return {"verified": found.verified_en, "to_ask": found.to_ask_en}


@frame.page(Act.CHANGE_SETTINGS)
@require_POST
def keep(request: HttpRequest) -> HttpResponseBase:
    """Add an account or change its keys; secrets that are left empty stay as they are."""
    name, channel = request.POST.get("name", "").strip(), request.POST.get("channel", "")
    operator = frame.operator_of(request)
    given = {
        each.field.name: request.POST.get(each.field.name, "")
        for each in contracts.shown(_connected(channel), {})
    }
    try:
        if not name or len(name) > 64:
            raise Invalid(
                "input_invalid", errors=[FieldError(("name",), "missing" if not name else "too_long")]
            )
        contracts.put(name, channel, given, by=operator.code, operator=operator, at=moments.now())
    except Refusal as refusal:
        known = shops.accounts([name]).get(name)
        shown = (
            known if known is not None and known.channel == channel else Account(name=name, channel=channel)
        )
        return _show(request, shown, refusal)
    return redirect("accounts-one", name)


def _act(request: HttpRequest, name: str, act: Callable[[Account], str]) -> HttpResponseBase:
    account = _account(name)
    try:
        done = act(account)
    except Refusal as refusal:
        return _show(request, account, refusal)
    return redirect(f"{reverse('accounts-one', args=[name])}{done}")


@frame.page(Act.SEE_SETTINGS)
@require_POST
def check(request: HttpRequest, name: str) -> HttpResponseBase:
    """A harmless signed call; the answer stands on the page."""
    operator = frame.operator_of(request)
    worked, told = contracts.check(name, by=operator.code, operator=operator, at=moments.now())
    return _show(request, _account(name), checked=True, worked=worked, told=told)


@frame.page(Act.CHANGE_SETTINGS)
@require_POST
def licence(request: HttpRequest, name: str) -> HttpResponseBase:
    operator = frame.operator_of(request)

    def kept(account: Account) -> str:
        licences.put(account.name, _draft(request), operator=operator, at=moments.now())
        return "#licence"

    return _act(request, name, kept)


def _draft(request: HttpRequest) -> licences.CardDraft:
    typed = {field: request.POST.get(field, "") for field in licences.TEXTS}
    day = request.POST.get("valid_to", "").strip()
    try:
        valid_to = date.fromisoformat(day) if day else None
    except ValueError:
        raise Invalid("input_invalid", errors=[FieldError(("valid_to",), "not_a_day")]) from None
    return licences.CardDraft(**typed, valid_to=valid_to, checked=request.POST.get("checked") == "1")
