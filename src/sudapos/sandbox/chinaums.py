"""ChinaUMS's server end: POS通 refund, void, both queries, and 全民付 refunds with their notices (chinaums §2–§7, §11)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from sudapos.channels.signing import chinaums as signing
from sudapos.sandbox import clock, faults, fields, ledger, portal, world
from sudapos.sandbox.entrance import Nonces, Say, entrance
from sudapos.sandbox.fields import Choice, Group, Text, Whole
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, Letter, World

CHANNEL = "chinaums"
PREFIX = "/chinaums"
SKEW = 900
PAUSES = (15.0, 60.0, 300.0, 1800.0, 3600.0, 21_600.0, 43_200.0)
"""About a day (chinaums §5)."""

_POS: Mapping[str, fields.Rule] = {
    "merchantCode": Text(least=15, most=15),
    "terminalCode": Text(least=8, most=8),
}
_ORDER: Mapping[str, fields.Rule] = {
    "merchantOrderId": Text(most=50),
    "originalOrderId": Text(most=50),
    "oriTransDate": Text(least=8, most=8),
}
_REFUND = Group(
    must={
        **_POS,
        "refundRequestId": Text(most=50),
        "transactionAmount": Whole(),
        "transactionCurrencyCode": Choice(("156",)),
    },
    may={
        **_ORDER,
        "refundDesc": Text(),
        "storeId": Text(),
        "operatorId": Text(),
        "srcReserved": Text(most=255),
        "bizIdentifier": Text(),
    },
)
_VOID = Group(must=_POS, may={**_ORDER, "merchantRemark": Text()})
_QUERY = Group(must=_POS, may=_ORDER)
_REFUND_QUERY = Group(must={**_POS, "refundRequestId": Text(most=50)}, may=_ORDER)
_NET: Mapping[str, fields.Rule] = {
    "requestTimestamp": Text(least=19, most=19),
    "mid": Text(least=15, most=15),
    "tid": Text(least=8, most=8),
    "instMid": Text(most=32),
}
_MAY = {"msgId": Text(most=64), "srcReserve": Text(most=255)}
_NET_REFUND = Group(
    must={**_NET, "merOrderId": Text(least=6, most=32), "refundAmount": Whole(1)},
    may={**_MAY, "refundOrderId": Text(least=6, most=32), "refundDesc": Text()},
)
_NET_QUERY = Group(must=_NET, may={**_MAY, "merOrderId": Text(most=32), "refundOrderId": Text(most=32)})

Work = Callable[[World, Account, dict[str, Any]], dict[str, Any]]


class Complaint(Exception):
    """errCode other than success, with its text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


def routes(at: World) -> Sequence[web.RouteDef]:
    seen = Nonces()
    pos = "/v{n:[0-9]+}/poslink/transaction/"
    paths: tuple[tuple[str, str, Group, Work], ...] = (
        (pos + "refund", "refund", _REFUND, _refund),
        (pos + "voidpayment", "void", _VOID, _void),
        (pos + "query", "ask", _QUERY, _query),
        (pos + "{q:query-refund|refund-query}", "ask", _REFUND_QUERY, _refund_query),
        ("/v1/netpay/refund", "refund", _NET_REFUND, _net_refund),
        ("/v1/netpay/refund-query", "ask", _NET_QUERY, _net_refund_query),
        ("/v1/netpay/query", "ask", _NET_QUERY, _net_query),
    )
    return [web.post(PREFIX + path, _door(at, seen, verb, rule, work)) for path, verb, rule, work in paths]


def _app_id(request: web.Request, body: bytes) -> str:
    return signing.read_authorization(request.headers.get("Authorization", "")).get("app_id", "")


def _door(at: World, seen: Nonces, verb: str, rule: Group, work: Work) -> Any:
    text = "errMsg" if "mid" in rule.must else "errInfo"

    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        try:
            known = _authenticated(seen, request, body, account)
            asked = _checked(known, body, rule)
            _instead(at, verb, known)
            world.turn(at)
            told = {text: "成功", **work(at, known, asked)}
        except Complaint as complaint:
            told = {"errCode": complaint.code, text: complaint.text}
        return lambda forged: web.json_response(told, dumps=lambda one: json.dumps(one, ensure_ascii=False))

    return entrance(at, CHANNEL, verb, speak, claim=_app_id)


def _authenticated(seen: Nonces, request: web.Request, body: bytes, account: Account | None) -> Account:
    """The application whose key signed exactly these bytes, at about this hour, once (chinaums §11)."""
    parts = signing.read_authorization(request.headers.get("Authorization", ""))
    if not parts or account is None:
        raise Complaint("1000", "认证失败")
    said = datetime.strptime(parts["timestamp"], "%Y%m%d%H%M%S").replace(tzinfo=clock.BEIJING).timestamp()
    expected = signing.body_signature(
        parts["app_id"], account.config["app_key"], parts["timestamp"], parts["nonce"], body
    )
    if abs(said - clock.real()) > SKEW or not hmac.compare_digest(expected, parts["signature"]):
        raise Complaint("1000", "认证失败")
    if seen.again(parts["app_id"] + parts["nonce"]):
        raise Complaint("1000", "Nonce 重复")
    return account


def _checked(account: Account, body: bytes, rule: Group) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError:
        raise Complaint("9001", "参数校验失败") from None
    problem = fields.first_problem(asked, rule)
    if problem is not None:
        raise Complaint("9001", f"参数校验失败 {problem.field} {problem.issue}")
    assert isinstance(asked, dict)
    net = "mid" in rule.must
    if asked["mid" if net else "merchantCode"] != account.config["merchant_code"]:
        raise Complaint("NO_MERCHANT" if net else "03", "无效商户")
    if asked["tid" if net else "terminalCode"] != account.config["terminal_code"]:
        raise Complaint("NO_MERCHANT" if net else "97", "终端未登记")
    return asked


def _instead(at: World, verb: str, account: Account) -> None:
    drawn = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if drawn is not None:
        code = {"rate_limited": "9999"}.get(drawn.fault, "Q7")
        raise Complaint(code, "沙箱：系统繁忙" if code == "9999" else "沙箱：没有听说过的情形")


def _order(at: World, account: Account, asked: Mapping[str, Any]) -> ledger.Order:
    """originalOrderId wins where both are sent."""
    if asked.get("originalOrderId"):
        order = at.ledger.order(CHANNEL, account.name, channel_ref=asked["originalOrderId"])
    else:
        order = at.ledger.order(CHANNEL, account.name, order_no=str(asked.get("merchantOrderId", "")))
    if order is None:
        raise Complaint("25", "未找到原交易")
    return order


def _refund(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _order(at, account, asked)
    amount, number = asked["transactionAmount"], asked["refundRequestId"]
    if amount < 1:
        raise Complaint("13", "无效金额")
    known = at.ledger.refund(CHANNEL, account.name, number)
    if known is not None:
        at.ledger.asked_again(known)
        if (known.amount, known.order_no) != (amount, order.order_no):
            raise Complaint("94", "重复交易")
        return _answered(order, known)
    _refundable(at, order, amount, closed=("22", "原交易已撤销"), over=("64", "与原金额不符"))
    fate = at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    match fate.fault if fate else "":
        case "insufficient_balance":
            raise Complaint("ER", "商户余额不足")
        case "closed_account":
            raise Complaint("57", "付款账户不允许此交易")
    at_once = fate is None or fate.fault not in ("processing_forever", "closes_later")
    return _answered(order, world.take(at, order, number, amount, fate, at_once=at_once))


def _refundable(
    at: World, order: ledger.Order, amount: int, *, closed: tuple[str, str], over: tuple[str, str]
) -> None:
    earlier = at.ledger.refunds_of(order)
    if order.state != ledger.PAID or any(one.kind == "void" and one.holds for one in earlier):
        raise Complaint(*closed)
    if amount > order.amount - ledger.taken(earlier):
        raise Complaint(*over)


def _answered(order: ledger.Order, refund: ledger.Refund) -> dict[str, Any]:
    """00 when the money is back, 0000 while it is under way."""
    now = clock.beijing(refund.accepted_at)
    return {
        "errCode": "00" if refund.times_paid else "0000",
        "transactionTime": f"{now:%H%M%S}",
        "transactionDate": f"{now:%m%d}",
        "retrievalRefNum": f"{refund.id:012d}",
        "transactionAmount": refund.amount,
        "refundInvoiceAmount": str(refund.amount),
        "orderId": order.channel_ref,
        "refundOrderId": f"3194{refund.id:022d}",
    }


def _void(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    """The whole order, on the same day, before any refund; a repeat finds it voided."""
    order = _order(at, account, asked)
    earlier = at.ledger.refunds_of(order)
    for one in earlier:
        if one.kind == "void" and one.holds:
            at.ledger.asked_again(one)
            return _answered(order, one)
    if earlier or order.state != ledger.PAID:
        raise Complaint("22", "原交易状态不允许撤销")
    if clock.beijing(order.paid_at).date() != clock.beijing(at.clock.now()).date():
        raise Complaint("22", "隔日交易不能撤销")
    fate = at.faults.draw(CHANNEL, "void", faults.FATE, account.name)
    number = f"{order.order_no}-VOID"
    return _answered(order, world.take(at, order, number, order.amount, fate, at_once=True, kind="void"))


def _query(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    """The order; both spellings of the misspelt fields, and 0 for what was refunded (chinaums §3.5)."""
    order = _order(at, account, asked)
    flows = at.ledger.refunds_of(order)
    code = "0"
    if any(one.kind == "void" and one.times_paid for one in flows):
        code = "2"
    elif any(one.times_paid for one in flows):
        code = "3"
    reference = f"{order.paid_at:012.0f}"
    return {
        "errCode": "00",
        "queryResCode": code,
        "orderId": order.channel_ref,
        "originalTransactionAmount": order.amount,
        "originalRetrievalRefNum": reference,
        "origialRetrievalRefNum": reference,
        "refundedAmount": 0,
        "refundAmonunt": 0,
    }


def _refund_query(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _order(at, account, asked)
    refund = at.ledger.refund(CHANNEL, account.name, asked["refundRequestId"], order.order_no)
    if refund is None:
        raise Complaint("FF", "交易不存在")
    return {
        **_answered(order, refund),
        "errCode": "00",
        "refundRequestId": refund.refund_no,
        "queryResCode": "00" if refund.times_paid else "01",
        "dealType": "refund",
        "originalAmount": str(order.amount),
    }


# 全民付 -------------------------------------------------------------------------------------------------------


def _net_order(at: World, account: Account, number: str) -> ledger.Order:
    order = at.ledger.order(CHANNEL, account.name, order_no=number)
    if order is None:
        raise Complaint("NO_ORDER", "订单不存在")
    return order


def _net_refund(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    """Idempotent on order and refund number (chinaums §4.2)."""
    order = _net_order(at, account, asked["merOrderId"])
    number = asked.get("refundOrderId") or order.order_no
    if not number.startswith(account.config["source_code"]):
        raise Complaint("BAD_REQUEST", "refundOrderId 须以来源编号开头")
    known = at.ledger.refund(CHANNEL, account.name, number, order.order_no)
    if known is not None:
        at.ledger.asked_again(known)
        if known.amount != asked["refundAmount"]:
            raise Complaint("DUP_ORDER", "退款单号重复")
        return _net_shown(order, known)
    _refundable(
        at,
        order,
        asked["refundAmount"],
        closed=("OPERATION_NOT_ALLOWED", "订单状态不允许退款"),
        over=("OPERATION_NOT_ALLOWED", "退款金额超限"),
    )
    fate = at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    if fate is not None and fate.fault == "insufficient_balance":
        raise Complaint("TARGET_FAIL", "商户余额不足")
    url = at.ledger.setting(f"gateway:{account.name}")
    return _net_shown(order, world.take(at, order, number, asked["refundAmount"], fate, notify_url=url))


def _net_refund_query(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    refund = at.ledger.refund(
        CHANNEL, account.name, asked.get("refundOrderId") or asked.get("merOrderId", "")
    )
    if refund is None:
        raise Complaint("NO_ORDER", "退款单不存在")
    return _net_shown(_net_order(at, account, refund.order_no), refund)


def _net_query(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _net_order(at, account, asked.get("merOrderId", ""))
    return {
        "errCode": "SUCCESS",
        "merOrderId": order.order_no,
        "status": "TRADE_SUCCESS",
        "totalAmount": order.amount,
    }


def _net_shown(order: ledger.Order, refund: ledger.Refund) -> dict[str, Any]:
    states = {ledger.SUCCESS: "SUCCESS", ledger.PROCESSING: "PROCESSING"}
    return {
        "errCode": "SUCCESS",
        "merOrderId": order.order_no,
        "refundOrderId": refund.refund_no,
        "refundTargetOrderId": f"RT{refund.id:016d}",
        "refundAmount": refund.amount,
        "totalAmount": order.amount,
        "refundStatus": states.get(refund.state, "FAIL"),
    }


def announce(at: World, refund: ledger.Refund) -> None:
    """全民付 refunds only; POS通 has no notice (chinaums §5)."""
    if refund.state != ledger.SUCCESS:
        return
    account = at.accounts[refund.account]
    told = {
        "mid": account.config["merchant_code"],
        "tid": account.config["terminal_code"],
        "instMid": "QRPAYDEFAULT",
        "merOrderId": refund.order_no,
        "refundOrderId": refund.refund_no,
        "refundAmount": str(refund.amount),
        "status": "TRADE_REFUND",
        "notifyId": f"n-{refund.id:08d}",
        "random": f"x{refund.id}",
        "signType": "SHA256",
    }
    world.announce_to_shop(at, refund, json.dumps(told))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    told: dict[str, str] = json.loads(waiting.body)
    good = waiting.head in ("good", "damaged")
    told["sign"] = signing.notice_digest(told, account.config["md5_key"] if good else "stranger")
    if waiting.head == "damaged":
        told["refundAmount"] += "0"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Letter(headers, urlencode(told).encode(), once=waiting.head != "good")


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"{clock.beijing(paid_at):%Y%m%d%H%M%S}{count:012d}",
    statement=portal.statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200 and body.strip() == b"SUCCESS",
    pauses=PAUSES,
)
