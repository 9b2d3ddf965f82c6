"""The customer's page: where her money is, to whoever holds the voucher; no name, no line, no cookie, no script.

And what the cashier reads out, with the address for the voucher.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.http import require_safe

from sudapos.books import links
from sudapos.books.links import Page, Part
from sudapos.books.refunds import Refund
from sudapos.books.shops import Merchant
from sudapos.core import money, sentences
from sudapos.core.authority import Act
from sudapos.core.customer import Told
from sudapos.core.wording import customer as words

from . import frame, language, moments
from .visits import Visits
from .words import State

WRONG = Visits(most=20)
"""Tokens that lead nowhere, per origin and minute; real ones are never held up by them."""
ALL = Visits(most=600)
"""Everything from one origin: a shop's own network, or a proxy in front of us, is one."""
REFRESH_SECONDS = 30
LOOKS: dict[Told, State] = {
    Told.TAKEN: State("wait", "clock"),
    Told.MOVING: State("move", "progress"),
    Told.COUNTER: State("wait", "cash"),
    Told.TRANSFER: State("move", "progress"),
    Told.ARRIVED: State("done", "check"),
    Told.TROUBLE: State("bad", "alert"),
    Told.CLOSED: State("shut", "undo"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One way of the money, in words."""

    amount: str
    state: str
    look: State
    account: str
    sentence: str
    expected: str
    look_at: str


@require_safe
def page(request: HttpRequest, token: str) -> HttpResponseBase:
    """Without signing in. Unknown, ended and revoked tokens get the same answer."""
    lang, at = language.of_stranger(request), moments.now()
    language.use(request, lang)
    origin = str(request.META.get("REMOTE_ADDR", ""))
    if ALL.too_many(origin, at=at):
        return _quiet(_gone(request, "page_too_often", lang, 429))
    ALL.count(origin, at=at)
    found = links.look(token, at=at)
    if found is not None:
        return _quiet(render(request, "pages/customer.html", _told(found, lang)))
    busy = WRONG.too_many(origin, at=at)
    WRONG.count(origin, at=at)
    return _quiet(_gone(request, *(("page_too_often", lang, 429) if busy else ("page_gone", lang, 404))))


def _gone(request: HttpRequest, code: str, lang: str, status: int) -> HttpResponse:
    told = {"gone": sentences.say(code, lang), "word": _words(lang), **_switch(lang)}
    response = render(request, "pages/customer.html", told, status=status)
    if status == 429:
        response["Retry-After"] = "60"
    return response


def _quiet(response: HttpResponse) -> HttpResponse:
    """Nobody keeps this page, finds it by a search or learns its address from a link."""
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'"
    )
    return response


def _words(lang: str) -> dict[str, str]:
    return {code: words.pick(words.PAGE, code, lang) for code in words.PAGE}


def _switch(lang: str) -> dict[str, str]:
    return {"other": "zh" if lang == "en" else "en", "html_lang": "en" if lang == "en" else "zh-CN"}


def _told(found: Page, lang: str) -> dict[str, Any]:
    parts = [_shown(part, lang) for part in found.parts]
    return {
        "amount": money.show(found.amount),
        "state": words.pick(words.STATES, found.told, lang),
        "look": LOOKS[found.told],
        "parts": parts,
        "where": list(dict.fromkeys(part.look_at for part in parts)),
        "phone": found.phone,
        "is_final": found.is_final,
        "refresh": REFRESH_SECONDS,
        "word": _words(lang),
        **_switch(lang),
    }


def _shown(part: Part, lang: str) -> Shown:
    account = _account(part, lang)
    open_ended = part.told in (Told.TAKEN, Told.MOVING, Told.TRANSFER)
    by = part.arrives_by if open_ended else None
    return Shown(
        amount=money.show(part.amount),
        state=words.pick(words.STATES, part.told, lang),
        look=LOOKS[part.told],
        account=account,
        sentence=words.sentence(part.told, lang, arrives_by=by, account=account, late=part.late),
        expected=words.day(by, lang) if by else "",
        look_at=words.look_at(part.channel, part.route, lang),
    )


def _account(part: Part, lang: str) -> str:
    return links.account_word(part, sentences.channel_word(part.channel, lang), lang)


@dataclass(frozen=True, slots=True)
class Tell:
    """What the cashier has at hand for the customer: a sentence, and the page with its code."""

    sentence: str
    where: str
    qr: SafeString | str
    may_take_back: bool


def tell(request: HttpRequest, refund: Refund, merchant: Merchant) -> Tell | None:
    """For the refund's page; None before the refund is approved."""
    link = links.ensure(refund, at=moments.now())
    if link is None:
        return None
    lang, found = language.current(), links.page_of(refund, at=moments.now(), merchant=merchant)
    where = links.path(link)
    loudest = next((part for part in found.parts if part.told == found.told), None)
    by: date | None = loudest.arrives_by if loudest and not loudest.late else None
    said = words.read_out(
        found.told,
        lang,
        amount=f"¥{money.show(found.amount)}",
        account=_account(loudest, lang) if loudest else words.pick(words.PAGE, "your_account", lang),
        arrives_by=by,
        phone=found.phone,
        has_code=bool(links.address(link)),
    )
    whole = links.address(link) or (request.build_absolute_uri(where) if where else "")
    may = frame.operator_of(request).may(Act.REPRINT)
    return Tell(said, where, _qr(whole) if whole else "", may)


def _qr(address: str) -> SafeString:
    drawn: str = segno.make(address, error="m").svg_inline(scale=3, border=2, dark="#111", light="#fff")
    return mark_safe(drawn)
