"""The strings behind the scenes: /_control/* looks into the ledger, makes orders, plants faults and moves time.

Mistakes answer 4xx with `{"error", "message"}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import web

from sudapos.sandbox import clock, fields, keys, ledger, world
from sudapos.sandbox.faults import BadFault
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import World

_FILTERS = ("channel", "account", "order_no", "refund_no", "kind", "state")
_ORDER_TEXTS = fields.Text(most=64, narrow=False)
_WISHES = {"channel", "account", "verb", "fault", "times", "probability", "seconds"}
LONGEST_LIST = 20_000
"""Orders in one request."""


class Mistake(Exception):
    """A request that cannot be followed."""

    def __init__(self, http: int, error: str, message: str) -> None:
        super().__init__(message)
        self.http, self.error, self.message = http, error, message


Work = Callable[[World, web.Request], Awaitable[web.StreamResponse]]


def routes(at: World) -> Sequence[web.RouteDef]:
    """All controls."""

    def bound(work: Work) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            try:
                return await work(at, request)
            except Mistake as mistake:
                return _json({"error": mistake.error, "message": mistake.message}, mistake.http)

        return answer

    return (
        web.get("/_control/healthz", bound(_healthz)),
        web.get("/_control/ledger", bound(_ledger)),
        web.post("/_control/orders", bound(_orders)),
        web.get("/_control/faults", bound(_faults)),
        web.post("/_control/faults", bound(_plant)),
        web.delete("/_control/faults", bound(_clear)),
        web.post("/_control/advance", bound(_advance)),
        web.get("/_control/statement", bound(_statement)),
        web.get("/_control/accounts", bound(_accounts)),
        web.post("/_control/accounts", bound(_add_account)),
        web.post("/_control/gateway", bound(_gateway)),
        web.route("*", "/_control{rest:(/.*)?}", bound(_unknown)),
    )


async def _healthz(at: World, request: web.Request) -> web.StreamResponse:
    return _json({"ok": True, "now": clock.rfc3339(at.clock.now()), "ahead_seconds": at.clock.ahead})


async def _unknown(at: World, request: web.Request) -> web.StreamResponse:
    raise Mistake(404, "unknown_control", f"{request.method} {request.path} is not a control")


async def _ledger(at: World, request: web.Request) -> web.StreamResponse:
    unknown = set(request.query) - set(_FILTERS)
    if unknown:
        raise Mistake(400, "unknown_filter", f"filters are {', '.join(_FILTERS)}")
    world.turn(at)
    return _json(at.ledger.rows(**{name: value for name, value in request.query.items() if value}))


async def _orders(at: World, request: web.Request) -> web.StreamResponse:
    """One paid order or a list; all of a list or none."""
    asked = await _body(request)
    many = isinstance(asked, list)
    wishes = asked if isinstance(asked, list) else [asked]
    if not wishes or len(wishes) > LONGEST_LIST:
        raise Mistake(400, "bad_list", f"between 1 and {LONGEST_LIST} orders")
    made = []
    with at.ledger.together():
        for wish in wishes:
            made.append(_order(at, wish))
    return _json(made if many else made[0])


def _order(at: World, wish: object) -> dict[str, Any]:
    if not isinstance(wish, dict):
        raise Mistake(400, "bad_order", "an order is an object")
    account = _account(at, wish)
    amount = wish.get("amount")
    if not isinstance(amount, int) or isinstance(amount, bool) or amount < 1:
        raise Mistake(400, "bad_amount", "amount is a whole number of fen, 1 or more")
    number = _text(wish, "order_no")
    known = at.ledger.order(account.channel, account.name, order_no=number)
    if known is not None:
        if known.amount != amount or wish.get("channel_ref") not in (None, "", known.channel_ref):
            raise Mistake(409, "order_differs", f"order {number} is there with other content")
        return _shown(known)
    order = _new_order(at, account, wish, number, amount)
    try:
        at.ledger.add_order(order)
    except ledger.OrderDiffers as taken:
        raise Mistake(
            409, "order_differs", f"channel_ref {order.channel_ref} belongs to another order"
        ) from taken
    return _shown(order)


def _new_order(at: World, account: Account, wish: dict[str, Any], number: str, amount: int) -> ledger.Order:
    paid_at = _instant(wish["paid_at"]) if wish.get("paid_at") else at.clock.now()
    state, funding = wish.get("state") or ledger.PAID, wish.get("funding") or "balance"
    if state not in ledger.ORDER_STATES:
        raise Mistake(400, "bad_state", f"state is one of {', '.join(ledger.ORDER_STATES)}")
    if funding not in ("balance", "card"):
        raise Mistake(400, "bad_funding", "funding is balance or card")
    end, count = at.ends[account.channel], at.ledger.next_number("orders")
    theirs = end.number_of_order(count, paid_at)
    extra = wish.get("extra") or {}
    if not isinstance(extra, dict) or not all(isinstance(value, str) for value in extra.values()):
        raise Mistake(400, "bad_extra", "extra is an object of texts")
    return ledger.Order(
        channel=account.channel,
        account=account.name,
        order_no=number,
        channel_ref=_text(wish, "channel_ref", theirs),
        amount=amount,
        paid_at=paid_at,
        state=state,
        subject=_text(wish, "subject", "门店消费"),
        payer=_text(wish, "payer", "") if wish.get("payer") else "",
        funding=funding,
        extra={**end.extra_of_order(account, count, paid_at), **extra, **_coupon(wish, amount)},
    )


def _coupon(wish: dict[str, Any], amount: int) -> dict[str, str]:
    """What the platform paid of an order, told apart from what the payer paid."""
    coupon = _whole(wish, "coupon_amount") or 0
    if not 0 <= coupon <= amount:
        raise Mistake(400, "bad_coupon", "coupon_amount is between 0 and the amount")
    return {ledger.COUPON: str(coupon)} if coupon else {}


def _shown(order: ledger.Order) -> dict[str, Any]:
    return {
        "channel": order.channel,
        "account": order.account,
        "order_no": order.order_no,
        "channel_ref": order.channel_ref,
        "amount": order.amount,
        "paid_at": clock.rfc3339(order.paid_at),
        "state": order.state,
        "extra": {name: value for name, value in order.extra.items() if name != ledger.COUPON},
        "coupon_amount": order.coupon,
    }


async def _faults(at: World, request: web.Request) -> web.StreamResponse:
    return _json([fault.shown() for fault in at.faults.active()])


async def _plant(at: World, request: web.Request) -> web.StreamResponse:
    wish = await _body(request)
    if not isinstance(wish, dict) or set(wish) - _WISHES:
        raise Mistake(400, "bad_fault", f"a fault is an object with {', '.join(sorted(_WISHES))}")
    channel = wish.get("channel")
    if channel not in at.ends:
        raise Mistake(400, "unknown_channel", f"channel is one of {', '.join(at.ends)}")
    account = _account(at, wish).name if wish.get("account") else None
    probability = _number(wish, "probability")
    try:
        fault = at.faults.add(
            channel=channel,
            verb=_text(wish, "verb", "refund"),
            fault=_text(wish, "fault"),
            times=_whole(wish, "times"),
            probability=1.0 if probability is None else probability,
            seconds=_number(wish, "seconds"),
            account=account,
        )
    except BadFault as error:
        raise Mistake(400, "bad_fault", str(error)) from error
    return _json(fault.shown())


async def _clear(at: World, request: web.Request) -> web.StreamResponse:
    """All faults off; refunds that were to process for ever go on."""
    count = len(at.faults.active())
    at.faults.clear()
    released = at.ledger.release(at.clock.now() + at.tempo.settle_seconds)
    return _json({"removed": count, "released": released})


async def _advance(at: World, request: web.Request) -> web.StreamResponse:
    wish = await _body(request)
    if not isinstance(wish, dict) or len(set(wish) & {"seconds", "settle"}) != 1 or len(wish) != 1:
        raise Mistake(400, "bad_advance", 'either {"seconds": n} or {"settle": "all"}')
    if "settle" in wish:
        if wish["settle"] != "all":
            raise Mistake(400, "bad_advance", 'settle is "all"')
        steps = world.settle_all(at)
    else:
        seconds = _number(wish, "seconds")
        if seconds is None or seconds < 0:
            raise Mistake(400, "bad_advance", "seconds is a number, 0 or more")
        at.clock.advance(seconds)
        at.ledger.remember("ahead", str(at.clock.ahead))
        steps = world.turn(at)
    return _json({"now": clock.rfc3339(at.clock.now()), "settled": steps})


async def _statement(at: World, request: web.Request) -> web.StreamResponse:
    account = _account(at, dict(request.query))
    try:
        day = date.fromisoformat(request.query.get("date", ""))
    except ValueError as error:
        raise Mistake(400, "bad_date", "date is YYYY-MM-DD") from error
    file = at.ends[account.channel].statement(at, account, day)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}"}
    return web.Response(body=file.content, content_type="application/octet-stream", headers=headers)


async def _accounts(at: World, request: web.Request) -> web.StreamResponse:
    return _json([_account_shown(account) for account in at.accounts.values()])


async def _add_account(at: World, request: web.Request) -> web.StreamResponse:
    """One more contract: answers the config for `sudapos account add`. Asking again answers the same."""
    wish = await _body(request)
    if not isinstance(wish, dict):
        raise Mistake(400, "bad_account", "an account is an object with channel and account")
    channel, name = _text(wish, "channel"), _text(wish, "account")
    if channel not in at.ends:
        raise Mistake(400, "unknown_channel", f"channel is one of {', '.join(at.ends)}")
    try:
        keys.ensure(at.home, base_url=at.base_url, accounts=[(channel, name)])
    except ValueError as error:
        raise Mistake(409, "bad_account", str(error)) from error
    at.accounts = keys.load(at.home, base_url=at.base_url)
    return _json(_account_shown(at.accounts[name]))


def _account_shown(account: Account) -> dict[str, Any]:
    return {"channel": account.channel, "account": account.name, "config": dict(account.config)}


async def _gateway(at: World, request: web.Request) -> web.StreamResponse:
    """The application gateway that a shop sets in Alipay's console; an empty url unsets it."""
    wish = await _body(request)
    if not isinstance(wish, dict) or not isinstance(wish.get("url"), str):
        raise Mistake(400, "bad_gateway", "an object with channel, account and url")
    account = _account(at, wish)
    if wish["url"] and urlsplit(wish["url"]).scheme not in ("http", "https"):
        raise Mistake(400, "bad_gateway", "url is http or https")
    at.ledger.remember(f"gateway:{account.name}", wish["url"])
    return _json({"account": account.name, "url": wish["url"]})


def _account(at: World, wish: dict[str, Any]) -> Account:
    """By name; without one the only account of the channel."""
    channel, name = wish.get("channel"), wish.get("account")
    if channel not in at.ends:
        raise Mistake(400, "unknown_channel", f"channel is one of {', '.join(at.ends)}")
    mine = {account.name: account for account in at.accounts.values() if account.channel == channel}
    if name:
        if name not in mine:
            raise Mistake(404, "unknown_account", f"accounts of {channel}: {', '.join(mine)}")
        return mine[name]
    if len(mine) != 1:
        raise Mistake(400, "account_needed", f"accounts of {channel}: {', '.join(mine)}")
    return next(iter(mine.values()))


def _text(wish: dict[str, Any], name: str, default: str | None = None) -> str:
    value = wish.get(name) or default
    problem = fields.first_problem(value, _ORDER_TEXTS)
    if problem is not None or not isinstance(value, str):
        raise Mistake(400, f"bad_{name}", f"{name} is a text of 1 to 64 characters")
    return value


def _number(wish: dict[str, Any], name: str) -> float | None:
    value = wish.get(name)
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool) or not math.isfinite(value):
        raise Mistake(400, f"bad_{name}", f"{name} is a number")
    return value


def _whole(wish: dict[str, Any], name: str) -> int | None:
    value = _number(wish, name)
    if value is not None and not isinstance(value, int):
        raise Mistake(400, f"bad_{name}", f"{name} is a whole number")
    return value


def _instant(text: object) -> float:
    """ISO 8601 with offset; without one it is Beijing time."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Mistake(400, "bad_paid_at", "paid_at is ISO 8601") from error
    return (at if at.tzinfo else at.replace(tzinfo=clock.BEIJING)).timestamp()


async def _body(request: web.Request) -> Any:
    try:
        return json.loads(await request.text())
    except ValueError as error:
        raise Mistake(400, "bad_json", f"the body is not JSON: {error}") from error


def _json(content: object, http: int = 200) -> web.Response:
    return web.json_response(content, status=http, dumps=lambda one: json.dumps(one, ensure_ascii=False))
