"""A customer who asked is told where her money is: by mail through `apprise`, by SMS through the merchant's gateway.

SUDAPOS_CUSTOMER_MAIL is an apprise address with `{to}` in it; SUDAPOS_SMS_URL takes a POST of {"to", "text", "reference"}
with SUDAPOS_SMS_TOKEN as its bearer. Where neither is set nobody can ask.
"""

from __future__ import annotations

import os
from datetime import datetime
from urllib.parse import quote

import apprise
import httpx
import structlog

from sudapos.books import links, shops, wishes
from sudapos.books.links import Part
from sudapos.books.wishes import MAIL, PHONE, Letter
from sudapos.core import calendar, customer, money, sentences
from sudapos.core.customer import Told
from sudapos.core.wording import customer as words

log = structlog.get_logger("sudapos.customers")

MAIL_SETTING, SMS_SETTING, TOKEN_SETTING = "SUDAPOS_CUSTOMER_MAIL", "SUDAPOS_SMS_URL", "SUDAPOS_SMS_TOKEN"
PATIENCE_SECONDS = 10.0


def offered() -> tuple[str, ...]:
    """The ways that this installation can tell a customer: phone, mail."""
    ways = ((PHONE, SMS_SETTING), (MAIL, MAIL_SETTING))
    return tuple(kind for kind, name in ways if os.environ.get(name))


def turn(*, at: datetime) -> int:
    """Write what is new, send what is due, forget whom it is over with; how many were tried."""
    wishes.purge(at=at)
    wishes.notice(at=at)
    due = wishes.claim(at=at)  # committed: nothing is open while we speak
    for letter in due:
        error = _sent(letter, at)
        wishes.done(letter, error, at=at)
        if error:
            log.warning("customer_not_told", refund_no=letter.refund.refund_no, way=letter.kind, error=error)
    return len(due)


def _sent(letter: Letter, at: datetime) -> str:
    """Nothing when the letter was taken, else why not; no error text of others, which may quote the address."""
    title, text = compose(letter, at=at)
    try:
        return _by_sms(letter, text) if letter.kind == PHONE else _by_mail(letter, title, text)
    except (httpx.HTTPError, OSError, ValueError, TypeError) as error:
        return type(error).__name__


def _by_sms(letter: Letter, text: str) -> str:
    where, token = os.environ.get(SMS_SETTING, ""), os.environ.get(TOKEN_SETTING, "")
    if not where:
        return "not_set_up"
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body = {"to": letter.to, "text": text, "reference": f"{letter.refund.refund_no}-{letter.number}"}
    answer = httpx.post(where, json=body, headers=headers, timeout=PATIENCE_SECONDS)
    return "" if answer.is_success else f"http_{answer.status_code}"


def _by_mail(letter: Letter, title: str, text: str) -> str:
    where = os.environ.get(MAIL_SETTING, "")
    box = apprise.Apprise()
    if not where or not box.add(where.replace("{to}", quote(letter.to, safe="@"))):
        return "not_set_up"
    taken = box.notify(title=title, body=text, body_format=apprise.NotifyFormat.TEXT)
    return "" if taken else "not_taken"


def compose(letter: Letter, *, at: datetime) -> tuple[str, str]:
    """Title and text: shop, amount, way, state, the page; no name and no goods."""
    lang, merchant = letter.lang, shops.merchant()
    part: Part = links.part_of(letter.leg, today=calendar.business_date(at, cutover="00:00"))
    account = links.account_word(part, sentences.channel_word(part.channel, lang), lang)
    told = Told(letter.told)
    by = part.arrives_by if told not in customer.FINAL else None
    said = words.sentence(told, lang, arrives_by=by, account=account, late=False)
    facts = {
        "shop": merchant.name,
        "amount": f"¥{money.show(letter.leg.to_customer)}",
        "said": said,
        "phone": letter.refund.store.phone or merchant.phone,
        "page": links.address(links.ensure(letter.refund, at=at)),
    }
    text = words.pick(words.MESSAGE, "text" if facts["page"] else "text_without_page", lang, **facts)
    return words.pick(words.MESSAGE, "title", lang, **facts), text
