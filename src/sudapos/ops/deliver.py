"""A message leaves: as mail or chat through `apprise`, or as a signed webhook (Standard Webhooks) to a machine.

One transaction claims, none is open while we speak, one records. A letter whose sender was killed is sent again when its
lease is over: a reader may get it twice, never not at all; webhooks carry an id that tells a repeat.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import apprise
import httpx
import structlog
from django.conf import settings
from django.db import close_old_connections, connection
from standardwebhooks.webhooks import Webhook

from sudapos.books import deliveries
from sudapos.books.deliveries import Letter
from sudapos.books.outbox import Message
from sudapos.books.recipients import WEBHOOK, Recipient
from sudapos.core import letters
from sudapos.core.refusal import FieldError, Invalid

log = structlog.get_logger("sudapos.notices")
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines quote addresses with their tokens

EVERY_SECONDS = 2.0
PATIENCE_SECONDS = 15.0
GONE = 410


@dataclass
class Postman:
    """Sends what is due, one turn after the other, beside the worker."""

    now: Callable[[], datetime]
    _stopped: threading.Event = field(default_factory=threading.Event)

    def turn(self) -> int:
        """Send the letters that are due; how many were tried."""
        due = deliveries.claim(at=self.now())
        for letter in due:
            error = send(letter, at=self.now())
            if error:
                log.warning("notice_not_sent", recipient=letter.recipient.name, error=error)
                gone = letter.recipient.kind == WEBHOOK and error == f"http_{GONE}"
                deliveries.not_sent(letter, error, at=self.now(), gone=gone)
            else:
                deliveries.sent(letter, at=self.now())
        return len(due)

    def run(self) -> None:
        """Until `stop`; a turn that fails is told and does not end the others."""
        while not self._stopped.is_set():
            try:
                close_old_connections()
                self.turn()
            except Exception as error:
                log.exception("notices_failed", error=type(error).__name__)
            finally:
                connection.close()
            self._stopped.wait(EVERY_SECONDS)

    def stop(self) -> None:
        self._stopped.set()


def send(letter: Letter, *, at: datetime) -> str:
    """Speak to the other side; empty when it took the letter, else a code that people can look up."""
    if letter.recipient.kind == WEBHOOK:
        return _post(letter.recipient, letter.messages[0], at)
    return _tell(letter.recipient, letter.messages)


def _tell(recipient: Recipient, messages: list[Message]) -> str:
    told = [letters.Told(m.event, m.subject, m.subject_no, m.facts) for m in messages]
    written = letters.compose(
        told,
        lang=recipient.language,
        address=settings.PUBLIC_URL,
        escalated=recipient.escalate_minutes > 0,
    )
    return say(recipient.address, written.title, written.body)


def say(address: str, title: str, body: str) -> str:
    """One letter to one address, as `apprise` knows it."""
    box = apprise.Apprise()
    if not box.add(address):
        return "address_unusable"
    try:
        taken = box.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT)
    except (OSError, TypeError, ValueError) as error:
        return type(error).__name__
    return "" if taken else "not_accepted"


def _post(recipient: Recipient, message: Message, at: datetime) -> str:
    number = f"msg_{message.pk}"
    body = json.dumps(
        {
            "type": message.event,
            "timestamp": message.at.isoformat(),
            "data": {
                "subject": message.subject,
                "subject_no": message.subject_no,
                "store": message.store,
                **message.facts,
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
    headers = {
        "content-type": "application/json",
        "webhook-id": number,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(recipient.secret).sign(number, at, body),
    }
    try:
        # the owner of the address decides who gets the message, not a redirect
        answer = httpx.post(
            recipient.address,
            content=body.encode(),
            headers=headers,
            timeout=PATIENCE_SECONDS,
            follow_redirects=False,
        )
    except httpx.HTTPError as error:
        return type(error).__name__
    return "" if answer.is_success else f"http_{answer.status_code}"


def check(kind: str, address: str) -> None:
    """Whether an address can be used at all. Raises Invalid."""
    if not address:
        return
    if kind == WEBHOOK:
        url = httpx.URL(address) if "://" in address else None
        good = url is not None and url.scheme in ("http", "https") and bool(url.host)
    else:
        good = apprise.Apprise().add(address)
    if not good:
        raise Invalid("input_invalid", errors=[FieldError(("address",), "address_unknown")])


def try_out(recipient: Recipient, *, at: datetime) -> str:
    """Send a sentence that says it is a trial; empty when it was taken."""
    if recipient.kind == WEBHOOK:
        return _post(
            recipient, Message(pk=0, event="test", subject="recipient", subject_no=recipient.name, at=at), at
        )
    written = letters.trial(lang=recipient.language)
    return say(recipient.address, written.title, written.body)
