"""The server end of Example Pay, written from its sheet and not from the connector."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from aiohttp import web

from sudapos.sandbox import faults, ledger, world
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, File, Letter, World

CHANNEL = "example"


class Complaint(Exception):
    """An error answer: its code."""


def routes(at: World) -> Sequence[web.RouteDef]:
    return (
        web.post("/example/refunds", _entrance(at, "refund", _refund)),
        web.post("/example/refunds/ask", _entrance(at, "ask", _ask)),
    )


def _seal(account: Account, content: bytes) -> str:
    return hmac.new(account.config["secret"].encode(), content, hashlib.sha256).hexdigest()


Work = Callable[[World, Account, dict[str, Any]], dict[str, Any]]


def _entrance(at: World, verb: str, work: Work) -> Any:
    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.read()
        fault = at.faults.draw(CHANNEL, verb, faults.ON_WIRE)
        kind = fault.fault if fault else ""
        if kind == "refuse_connection":
            return await faults.reset(request)
        if kind == "hang_before":
            return await faults.hang(request)
        if kind == "error_500_before":
            return web.Response(status=500)
        if kind == "slow" and fault is not None:
            await asyncio.sleep(fault.seconds or 1.0)
        account, told, status = _worked(at, verb, work, request, body)
        if kind == "reset_after":
            return await faults.reset(request)
        if kind == "hang_after":
            return await faults.hang(request)
        if kind == "error_500_after":
            return web.Response(status=500)
        if kind == "garbage":
            return web.Response(body=b"<html>")
        return _reply(account, told, status, forged=kind == "bad_signature")

    return answer


def _worked(
    at: World, verb: str, work: Work, request: web.Request, body: bytes
) -> tuple[Account | None, dict[str, Any], int]:
    account = None
    try:
        asked = json.loads(body)
        account = at.by_number(CHANNEL, asked.get("merchant", ""))
        if account is None or not hmac.compare_digest(
            _seal(account, body), request.headers.get("X-Signature", "")
        ):
            raise Complaint("bad_signature")
        instead = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
        if instead is not None:
            raise Complaint({"rate_limited": "too_fast"}.get(instead.fault, "unheard_of"))
        world.turn(at)
        return account, work(at, account, asked), 200
    except Complaint as complaint:
        return account, {"code": str(complaint), "message": ""}, 422


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
    refund = ledger.Refund(
        channel=CHANNEL,
        account=account.name,
        order_no=order.order_no,
        refund_no=str(asked["refund_no"]),
        amount=asked["amount"],
        terms=str(asked["amount"]),
        state=ledger.PROCESSING,
        accepted_at=at.clock.now(),
        notify_url=str(asked.get("notify_url", "")),
    )
    world.plan(at, refund, fate, settle_seconds=at.tempo.settle_seconds)
    at.ledger.accept(refund)
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
    if not refund.notify_url:
        return
    body = json.dumps({"refund_no": refund.refund_no})

    def pile(mode: str, late: float) -> None:
        at.ledger.add_notice(
            account=refund.account, url=refund.notify_url, head=mode, body=body, next_at=at.clock.now() + late
        )

    world.tell(at, refund, pile, forged=True)


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
