"""Shengpay's server end: refund and refund query, signed both ways (shengpay §2–§6, §9)."""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sudapos.channels.signing import sha1
from sudapos.channels.signing import shengpay as seals
from sudapos.sandbox import clock, faults, fields, keys, ledger, portal, world
from sudapos.sandbox.entrance import Say, entrance
from sudapos.sandbox.fields import Choice, Group, Text, Whole
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, Letter, World

CHANNEL = "shengpay"
PREFIX = "/shengpay"
PAUSES = (15.0, 60.0, 180.0, 600.0, 1800.0, 3600.0, 7200.0, 14_400.0, 28_800.0)
"""Ten sends in all with growing pauses (shengpay §6); the real pauses are not public."""

_COMMON: Mapping[str, fields.Rule] = {
    "mchId": Text(most=16),
    "nonceStr": Text(most=32),
    "signType": Choice(("RSA", "MD5")),
    "sign": Text(most=1024),
}
_REFUND = Group(
    must={**_COMMON, "outRefundNo": Text(most=32), "refundFee": Whole(1)},
    may={
        "subMchId": Text(most=16),
        "outTradeNo": Text(most=64),
        "transactionId": Text(most=64),
        "totalFee": Whole(1),
        "refundDesc": Text(most=128),
        "refundAccount": Choice(("RECHARGE", "UNSETTLED")),
        "notifyUrl": Text(most=300, pattern=r"https?://[^?]+"),
    },
)
_ASK = Group(must=_COMMON, may={"subMchId": Text(most=16), "outRefundNo": Text(most=32), "refundId": Text()})

Work = Callable[[World, Account, dict[str, Any]], dict[str, Any]]


class Complaint(Exception):
    """A refusal: at the door (returnCode FAIL), or by the business (resultCode FAIL with a text)."""

    def __init__(self, text: str, *, code: str = "", door: bool = False) -> None:
        super().__init__(text)
        self.text, self.code, self.door = text, code, door

    def fields(self) -> dict[str, Any]:
        """As JSON fields."""
        if self.door:
            return {"returnCode": "FAIL", "returnMsg": self.text}
        return {
            "returnCode": "SUCCESS",
            "returnMsg": "OK",
            "resultCode": "FAIL",
            "errorCode": self.code,
            "errorCodeDes": self.text,
        }


def routes(at: World) -> Sequence[web.RouteDef]:
    return (
        web.post(f"{PREFIX}/refund/orderRefund", _door(at, "refund", _REFUND, _refund)),
        web.post(f"{PREFIX}/refund/queryRefundOrder", _door(at, "ask", _ASK, _ask)),
    )


def _merchant(request: web.Request, body: bytes) -> str:
    try:
        return str(json.loads(body)["mchId"])
    except (ValueError, KeyError, TypeError):
        return ""


def _door(at: World, verb: str, rule: Group, work: Work) -> Any:
    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        sign_type = "RSA"
        try:
            if account is None:
                raise Complaint("商户不存在", door=True)
            asked = _checked(account, body, rule)
            sign_type = asked["signType"]
            _instead(at, verb, account)
            world.turn(at)
            told = {"returnCode": "SUCCESS", "returnMsg": "OK", "resultCode": "SUCCESS"} | work(
                at, account, asked
            )
        except Complaint as complaint:
            told = complaint.fields()
        return lambda forged: _reply(account, told, sign_type, forged=forged)

    return entrance(at, CHANNEL, verb, speak, claim=_merchant)


def _checked(account: Account, body: bytes, rule: Group) -> dict[str, Any]:
    """The fields of a request that is whole and signed by its merchant."""
    asked: dict[str, Any] = json.loads(body)
    problem = fields.first_problem(asked, rule)
    if problem is not None:
        raise Complaint(f"参数错误 {problem.field} {problem.issue}", door=True)
    text = seals.text(asked)
    if asked["signType"] == "MD5":
        good = hmac.compare_digest(seals.md5(text, _md5_key(account)), asked["sign"])
    else:
        good = sha1.verify(account.shop_key, text, asked["sign"])
    if not good:
        raise Complaint("签名错误", door=True)
    return asked


def _md5_key(account: Account) -> str:
    return account.own["md5_key"]


def _instead(at: World, verb: str, account: Account) -> None:
    match at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name):
        case None:
            return
        case drawn if drawn.fault == "rate_limited":
            raise Complaint("请求过于频繁", code="FREQUENCY_LIMITED")
    raise Complaint("沙箱：没有听说过的情形", code="SANDBOX_UNHEARD_OF")


def _reply(account: Account | None, told: dict[str, Any], sign_type: str, *, forged: bool) -> web.Response:
    said = dict(told)
    if account is not None:
        said |= {"mchId": account.number, "nonceStr": secrets.token_hex(8), "signType": sign_type}
        said["sign"] = _seal(account, said, sign_type, forged=forged)
    return web.json_response(said, dumps=lambda one: json.dumps(one, ensure_ascii=False))


def _seal(account: Account, said: Mapping[str, Any], sign_type: str, *, forged: bool) -> str:
    text = seals.text(said)
    if sign_type == "MD5":
        return seals.md5(text, "stranger" if forged else _md5_key(account))
    return sha1.sign(keys.stranger() if forged else account.channel_key, text)


def _refund(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _order(at, account, asked)
    number, amount = str(asked["outRefundNo"]), int(asked["refundFee"])
    known = at.ledger.refund(CHANNEL, account.name, number)
    if known is not None:
        if (known.amount, known.order_no) != (amount, order.order_no):
            raise Complaint("退款单号重复且金额不一致", code="DUPLICATE_REFUND_NO")
        at.ledger.asked_again(known)
        return _taken(order, known)
    if asked.get("totalFee", order.amount) != order.amount:
        raise Complaint("订单金额不一致", code="AMOUNT_ERROR")
    if order.state != ledger.PAID:
        raise Complaint("订单已关闭", code="ORDER_CLOSED")
    if amount > order.amount - ledger.taken(at.ledger.refunds_of(order)):
        raise Complaint("退款金额超过可退金额", code="AMOUNT_ERROR")
    fate = at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    match fate.fault if fate else "":
        case "insufficient_balance":
            raise Complaint("商户余额不足", code="BALANCE_NOT_ENOUGH")
        case "closed_account":
            raise Complaint("付款账户已注销", code="ACCOUNT_CLOSED")
    return _taken(
        order, world.take(at, order, number, amount, fate, notify_url=str(asked.get("notifyUrl", "")))
    )


def _order(at: World, account: Account, asked: Mapping[str, Any]) -> ledger.Order:
    ours, theirs = str(asked.get("outTradeNo", "")), str(asked.get("transactionId", ""))
    order = at.ledger.order(CHANNEL, account.name, order_no=ours, channel_ref=theirs)
    if order is None or (ours and order.order_no != ours):
        raise Complaint("订单不存在", code="ORDER_NOT_EXIST")
    return order


def _ask(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    refund = at.ledger.refund(CHANNEL, account.name, str(asked.get("outRefundNo", "")))
    if refund is None:
        raise Complaint("退款单不存在", code="REFUND_NOT_EXIST")
    order = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    return _taken(order, refund) | {"refundStatus": _status(refund)}


def _status(refund: ledger.Refund) -> str:
    names = {ledger.SUCCESS: "REFUND_SUCCESS", ledger.PROCESSING: "REFUND_PROCESSING"}
    return names.get(refund.state, "REFUND_FAIL")


def _taken(order: ledger.Order, refund: ledger.Refund) -> dict[str, Any]:
    return {
        "outTradeNo": order.order_no,
        "transactionId": order.channel_ref,
        "outRefundNo": refund.refund_no,
        "refundId": f"SR{refund.id:016d}",
        "totalFee": order.amount,
        "refundFee": refund.amount,
    }


def announce(at: World, refund: ledger.Refund) -> None:
    """Only a refund that is done is told (shengpay §6)."""
    if refund.state == ledger.SUCCESS:
        told = {
            "refundOrderNo": refund.refund_no,
            "refundId": f"SR{refund.id:016d}",
            "refundFee": refund.amount,
            "refundStatus": "REFUND_SUCCESS",
        }
        world.announce_to_shop(at, refund, json.dumps(told))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    told = {
        **json.loads(waiting.body),
        "mchId": account.number,
        "nonceStr": secrets.token_hex(8),
        "signType": "RSA",
    }
    forged = waiting.head not in ("good", "damaged")
    told["sign"] = _seal(account, told, "RSA", forged=forged)
    if waiting.head == "damaged":
        told["refundFee"] += 1
    body = json.dumps(told, ensure_ascii=False).encode()
    return Letter({"Content-Type": "application/json; charset=UTF-8"}, body, once=waiting.head != "good")


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"SP{clock.beijing(paid_at):%Y%m%d}{count:010d}",
    statement=portal.statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200 and body == b"SUCCESS",
    pauses=PAUSES,
)
