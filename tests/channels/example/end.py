"""The server end of Example Pay, written from its sheet and not from the connector."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web

from sudapos.sandbox import faults, ledger, world
from sudapos.sandbox.entrance import Say, entrance
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, File, Letter, World

CHANNEL = "example"


class Complaint(Exception):
    """An error answer: its code."""


def routes(at: World) -> Sequence[web.RouteDef]:
    return (
        web.post("/example/refunds", _door(at, "refund", _refund)),
        web.post("/example/refunds/ask", _door(at, "ask", _ask)),
    )


def _seal(account: Account, content: bytes) -> str:
    return hmac.new(account.config["secret"].encode(), content, hashlib.sha256).hexdigest()


Work = Callable[[World, Account, dict[str, Any]], dict[str, Any]]


def _merchant(request: web.Request, body: bytes) -> str:
    try:
        return str(json.loads(body)["merchant"])
    except (ValueError, KeyError, TypeError):
        return ""


def _door(at: World, verb: str, work: Work) -> Any:
    """Signature, misbehaviour on request, the work, and a signed answer."""

    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        told, status = _worked(at, verb, work, request, body, account)
        return lambda forged: _reply(account, told, status, forged=forged)

    return entrance(at, CHANNEL, verb, speak, claim=_merchant)


def _worked(
    at: World, verb: str, work: Work, request: web.Request, body: bytes, account: Account | None
) -> tuple[dict[str, Any], int]:
    try:
        signature = request.headers.get("X-Signature", "")
        if account is None or not hmac.compare_digest(_seal(account, body), signature):
            raise Complaint("bad_signature")
        instead = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
        if instead is not None:
            raise Complaint({"rate_limited": "too_fast"}.get(instead.fault, "unheard_of"))
        world.turn(at)
        return work(at, account, json.loads(body)), 200
    except Complaint as complaint:
        return {"code": str(complaint), "message": ""}, 422


def _reply(account: Account | None, told: dict[str, Any], status: int, *, forged: bool) -> web.Response:
    content = json.dumps(told).encode()
    sealed = _seal(account, content) if account and not forged else "0" * 64
    return web.Response(
        body=content, status=status, headers={"X-Signature": sealed, "Content-Type": "application/json"}
    )


def _refund(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = at.ledger.order(CHANNEL, account.name, order_no=str(asked.get("order_no", "")))
    if order is None:
        raise Complaint("order_unknown")
    known = at.ledger.refund(CHANNEL, account.name, str(asked["refund_no"]))
    if known is not None:
        if known.amount != asked["amount"]:
            raise Complaint("number_taken")
        at.ledger.asked_again(known)
        return _shown(known)
    if asked["amount"] > order.amount - ledger.taken(at.ledger.refunds_of(order)):
        raise Complaint("over_amount")
    fate = at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    if fate is not None and fate.fault in ("insufficient_balance", "closed_account"):
        raise Complaint({"insufficient_balance": "balance_short"}.get(fate.fault, "buyer_closed"))
    refund = world.take(
        at,
        order,
        str(asked["refund_no"]),
        asked["amount"],
        fate,
        notify_url=str(asked.get("notify_url", "")),
    )
    return _shown(refund)


def _ask(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    refund = at.ledger.refund(CHANNEL, account.name, str(asked["refund_no"]))
    if refund is None:
        raise Complaint("not_found")
    return _shown(refund)


def _shown(refund: ledger.Refund) -> dict[str, Any]:
    state = {ledger.SUCCESS: "done", ledger.PROCESSING: "working"}.get(refund.state, "sent_back")
    return {"refund_no": refund.refund_no, "amount": refund.amount, "state": state, "number": str(refund.id)}


def announce(at: World, refund: ledger.Refund) -> None:
    world.announce_to_shop(at, refund, json.dumps({"refund_no": refund.refund_no}))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    good = waiting.head == "good"
    content = waiting.body.encode()
    sealed = _seal(account, content) if good else "0" * 64
    return Letter({"X-Signature": sealed, "Content-Type": "application/json"}, content, once=not good)


def statement(at: World, account: Account, day: date) -> File:
    return File("none.csv", b"")


def make_channel() -> dict[str, str]:
    """The channel's half of every contract."""
    return {"name": "Example Pay"}


def make_shop(own: Mapping[str, str]) -> dict[str, Any]:
    """A shop's half."""
    merchant = f"M{secrets.randbelow(10**9):09d}"
    return {"number": merchant, "secrets": {"merchant": merchant, "secret": secrets.token_hex(16)}}


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"EX{count:012d}",
    statement=statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200,
    pauses=(15.0, 60.0),
)
