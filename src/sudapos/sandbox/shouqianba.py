"""Shouqianba's server end: refund, revoke, query, check-in; replies are not signed, notices are (shouqianba §2–§9)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sudapos.channels.signing import shouqianba as signing
from sudapos.sandbox import clock, faults, fields, keys, ledger, makers, portal, seals, world
from sudapos.sandbox.entrance import Say, entrance
from sudapos.sandbox.fields import Group, Text
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, Letter, World

CHANNEL = "shouqianba"
PREFIX = "/shouqianba"
WINDOW = 92 * clock.DAY
PAUSES = (1.0, 5.0, 30.0, 600.0)

_WHICH: Mapping[str, fields.Rule] = {"sn": Text(most=16), "client_sn": Text(most=32)}
_ABOUT = Group(must={"terminal_sn": Text(most=32)}, may=_WHICH)
_REFUND = Group(
    must={
        "terminal_sn": Text(most=32),
        "refund_request_no": Text(most=20),
        "operator": Text(most=64),
        "refund_amount": Text(most=10, pattern=r"[1-9][0-9]*"),
    },
    may={
        **_WHICH,
        "client_tsn": Text(most=53),
        "refund_reason": Text(most=256),
        "extended": Text(),
        "goods_details": Text(),
    },
)
_CHECK_IN = Group(must={"terminal_sn": Text(most=32), "device_id": Text(most=128)}, may={})

Work = Callable[[World, Account, dict[str, str]], dict[str, Any]]


class Complaint(Exception):
    """`result_code` 400 for the call, or FAIL or another result for the business."""

    def __init__(self, code: str, message: str, *, result: str = "FAIL", door: bool = False) -> None:
        super().__init__(code)
        self.code, self.message, self.result, self.door = code, message, result, door

    def fields(self) -> dict[str, Any]:
        """As JSON fields."""
        said = {"error_code": self.code, "error_message": self.message}
        if self.door:
            return {"result_code": "400", **said}
        return {"result_code": "200", "biz_response": {"result_code": self.result, **said}}


class TooFast(Exception):
    """Answered with HTTP 429 by the gateway before anything else."""


def routes(at: World) -> Sequence[web.RouteDef]:
    return (
        web.post(f"{PREFIX}/upay/v2/refund", _door(at, "refund", _REFUND, _refund)),
        web.post(f"{PREFIX}/upay/v2/revoke", _door(at, "void", _ABOUT, _revoke)),
        web.post(f"{PREFIX}/upay/v2/query", _door(at, "ask", _ABOUT, _query)),
        web.post(f"{PREFIX}/terminal/checkin", _door(at, None, _CHECK_IN, _check_in)),
    )


def _terminal(request: web.Request, body: bytes) -> str:
    return request.headers.get("Authorization", "").partition(" ")[0]


def _door(at: World, verb: str | None, rule: Group, work: Work) -> Any:
    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        try:
            asked = _checked(at, request, body, account, rule, old_key=work is _check_in)
            assert account is not None
            if verb is not None:
                _instead(at, verb, account)
            world.turn(at)
            told: dict[str, Any] = {"result_code": "200", "biz_response": work(at, account, asked)}
        except Complaint as complaint:
            told = complaint.fields()
        except TooFast:
            return lambda forged: web.Response(status=429)
        return lambda forged: web.json_response(told, dumps=lambda one: json.dumps(one, ensure_ascii=False))

    return entrance(at, CHANNEL, verb, speak, claim=_terminal)


def _checked(
    at: World, request: web.Request, body: bytes, account: Account | None, rule: Group, *, old_key: bool
) -> dict[str, str]:
    """The fields of a request that its terminal has signed with the key of the day."""
    if account is None:
        raise Complaint("INVALID_TERMINAL", "终端不存在", door=True)
    sign = request.headers.get("Authorization", "").partition(" ")[2]
    good = [terminal_key(at, account)]
    if old_key:  # a check-in whose answer was lost may be repeated
        good.append(at.ledger.setting(f"shouqianba-old:{account.name}", good[0]))
    if not any(hmac.compare_digest(signing.body_sign(body, key), sign) for key in good):
        raise Complaint("ILLEGAL_SIGN", "签名错误", door=True)
    try:
        asked: dict[str, str] = json.loads(body)
    except ValueError:
        raise Complaint("INVALID_PARAMS", "不是 JSON", door=True) from None
    problem = fields.first_problem(asked, rule)
    if problem is not None:
        raise Complaint("INVALID_PARAMS", f"{problem.field} {problem.issue}", door=True)
    if asked["terminal_sn"] != account.number:
        raise Complaint("INVALID_TERMINAL", "终端号与签名者不一致", door=True)
    return asked


def terminal_key(at: World, account: Account) -> str:
    """The key that is good now: the one of the contract until the first check-in."""
    return at.ledger.setting(f"shouqianba-key:{account.name}", account.config["terminal_key"])


def _instead(at: World, verb: str, account: Account) -> None:
    drawn = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if drawn is None:
        return
    if drawn.fault == "rate_limited":
        raise TooFast
    raise Complaint("SANDBOX_UNHEARD_OF", "沙箱：没有听说过的情形", result="SANDBOX_UNHEARD_OF")


def _order(at: World, account: Account, asked: Mapping[str, str]) -> ledger.Order:
    """`sn` is tried first."""
    order = None
    if asked.get("sn"):
        order = at.ledger.order(CHANNEL, account.name, channel_ref=asked["sn"])
    elif asked.get("client_sn"):
        order = at.ledger.order(CHANNEL, account.name, order_no=asked["client_sn"])
    if order is None:
        raise Complaint("UPAY_ORDER_NOT_EXISTS", "订单不存在")
    return order


def _refund(at: World, account: Account, asked: dict[str, str]) -> dict[str, Any]:
    order = _order(at, account, asked)
    number, amount = asked["refund_request_no"], int(asked["refund_amount"])
    known = at.ledger.refund(CHANNEL, account.name, number, order.order_no)
    if known is not None:
        if known.amount != amount:
            raise Complaint("CLIENT_SN_CONFLICT", "退款序号重复且金额不一致")
        at.ledger.asked_again(known)
        if at.ledger.setting("shouqianba-noop"):
            raise Complaint("UPAY_REFUND_ORDER_NOOP", "此笔退款已经完成")
        return _said(at, order, known)
    earlier = at.ledger.refunds_of(order)
    if order.state != ledger.PAID or any(one.kind == "void" for one in earlier):
        raise Complaint("UPAY_REFUND_INVALID_ORDER_STATE", "订单状态不允许退款")
    if at.clock.now() - order.paid_at > WINDOW:
        raise Complaint("UPAY_REFUND_INVALID_ORDER_STATE", "超过退款期限")
    if amount > order.amount - ledger.taken(earlier):
        raise Complaint("REFUNDABLE_AMOUNT_NOT_ENOUGH", "可退金额不足")
    fate = at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    match fate.fault if fate else "":
        case "insufficient_balance":
            raise Complaint("SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
        case "closed_account":
            raise Complaint("TRADE_FAILED", "付款账户已注销", result="REFUND_FAIL")
    reference = asked.get("client_tsn") or f"{order.order_no}-{number}"
    at_once = fate is None or fate.fault != "processing_forever"
    refund = world.take(at, order, number, amount, fate, at_once=at_once, refund_ref=reference)
    return _said(at, order, refund)


def _said(at: World, order: ledger.Order, refund: ledger.Refund) -> dict[str, Any]:
    word = "CANCEL" if refund.kind == "void" else "REFUND"
    ends = {ledger.SUCCESS: f"{word}_SUCCESS", ledger.PROCESSING: f"{word}_IN_PROGRESS"}
    return {
        "result_code": ends.get(refund.state, f"{word}_ERROR"),
        "data": _shown(at, order, refund),
    }


def _revoke(at: World, account: Account, asked: dict[str, str]) -> dict[str, Any]:
    order = _order(at, account, asked)
    earlier = at.ledger.refunds_of(order)
    if any(one.kind == "void" for one in earlier):
        raise Complaint("UPAY_CANCEL_ORDER_NOOP", "订单已撤销")
    same_day = clock.beijing(order.paid_at).date() == clock.beijing(at.clock.now()).date()
    if earlier or order.state != ledger.PAID or not same_day:
        raise Complaint("UPAY_CANCEL_INVALID_ORDER_STATE", "订单状态不允许撤销")
    fate = at.faults.draw(CHANNEL, "void", faults.FATE, account.name)
    number = f"{order.order_no}-VOID"
    refund = world.take(at, order, number, order.amount, fate, at_once=True, kind="void", refund_ref=number)
    return _said(at, order, refund)


def _query(at: World, account: Account, asked: dict[str, str]) -> dict[str, Any]:
    order = _order(at, account, asked)
    flows = at.ledger.refunds_of(order)
    return {"result_code": "SUCCESS", "data": _shown(at, order, flows[-1] if flows else None)}


def _shown(at: World, order: ledger.Order, flow: ledger.Refund | None) -> dict[str, str]:
    """The order beside its latest flow; every value a text."""
    flows = at.ledger.refunds_of(order)
    back = sum(one.amount for one in flows if one.times_paid)
    said = {
        "terminal_sn": at.accounts[order.account].number,
        "sn": order.channel_ref,
        "client_sn": order.order_no,
        "client_tsn": flow.refund_ref if flow else order.order_no,
        "status": _flow_status(flow),
        "order_status": _order_status(order, flows, back),
        "trade_no": f"2026{order.channel_ref}",
        "total_amount": str(order.amount),
        "net_amount": str(order.amount - back),
        "subject": order.subject,
        "operator": "01",
    }
    at_hour = flow.success_at if flow else order.paid_at
    return said | ({"channel_finish_time": str(int(at_hour * 1000))} if at_hour else {})


def _flow_status(flow: ledger.Refund | None) -> str:
    if flow is None:
        return "SUCCESS"
    return {ledger.SUCCESS: "SUCCESS", ledger.PROCESSING: "IN_PROGRESS"}.get(flow.state, "REFUND_ERROR")


def _order_status(order: ledger.Order, flows: Sequence[ledger.Refund], back: int) -> str:
    if order.state == ledger.UNPAID:
        return "CREATED"
    if any(one.kind == "void" and one.times_paid for one in flows):
        return "CANCELED"
    if not back:
        return "PAID"
    return "REFUNDED" if back == order.amount else "PARTIAL_REFUNDED"


def _check_in(at: World, account: Account, asked: dict[str, str]) -> dict[str, Any]:
    """A new key for the terminal; the one before is good for nothing but another check-in."""
    at.ledger.remember(f"shouqianba-old:{account.name}", terminal_key(at, account))
    fresh = makers.hexadecimal(16)
    at.ledger.remember(f"shouqianba-key:{account.name}", fresh)
    return {"terminal_sn": account.number, "terminal_key": fresh}


def announce(at: World, refund: ledger.Refund) -> None:
    """Sent to the address of the payment, which a shop sets as its gateway here (shouqianba §8)."""
    url = at.ledger.setting(f"gateway:{refund.account}")
    if refund.state != ledger.SUCCESS or not url:
        return
    order = at.ledger.order(CHANNEL, refund.account, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    refund.notify_url = url
    world.announce_to_shop(at, refund, json.dumps(_shown(at, order, refund), ensure_ascii=False))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    body = waiting.body.encode()
    good = waiting.head in ("good", "damaged")
    signature = seals.sign(account.channel_key if good else keys.stranger(), body)
    headers = {"Content-Type": "application/json", "Authorization": f"{account.number} {signature}"}
    return Letter(headers, body + b" " * (waiting.head == "damaged"), once=waiting.head != "good")


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"7895{count:012d}",
    statement=portal.statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200 and body == b"success",
    pauses=PAUSES,
)
