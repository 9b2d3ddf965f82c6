"""Lakala's server end: unified refund, void, both queries; every reply and notice signed (lakala §2–§8, §11)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from aiohttp import web

from sudapos.channels.signing import lakala as signing
from sudapos.sandbox import clock, faults, fields, keys, ledger, portal, seals, world
from sudapos.sandbox.entrance import Nonces, Say, entrance
from sudapos.sandbox.fields import Choice, Group, Text
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, Letter, World

CHANNEL = "lakala"
PREFIX = "/lakala"
SKEW = 300
"""Seconds; the real tolerance is not published (lakala §11)."""
WINDOW = 180 * clock.DAY
PAUSES = (15.0, 60.0, 300.0, 900.0, 3600.0)

_NUMBER = Text(most=32, pattern=r"[0-9A-Za-z_\-]+")
_TERMINAL: Mapping[str, fields.Rule] = {"merchant_no": Text(most=32), "term_no": Text(most=32)}
_WHERE = Group(must={"request_ip": Text(most=64)}, may={"location": Text(most=32)})
_ORIGIN: Mapping[str, fields.Rule] = {
    "origin_trade_no": Text(most=32),
    "origin_log_no": Text(least=14, most=14),
    "origin_out_trade_no": Text(most=32),
}
_REFUND = Group(
    must={
        **_TERMINAL,
        "out_trade_no": _NUMBER,
        "refund_amount": Text(most=12, pattern=r"[1-9][0-9]*"),
        "location_info": _WHERE,
    },
    may={
        **_ORIGIN,
        "refund_reason": Text(most=32, narrow=False),
        "refund_acc_mode": Choice(("00", "05", "06")),
        "refund_amt_sts": Choice(("00", "01")),
        "notify_url": Text(most=128),
    },
)
_VOID = Group(must={**_TERMINAL, "out_trade_no": _NUMBER, "location_info": _WHERE}, may=_ORIGIN)
_ASK = Group(must=_TERMINAL, may={"out_trade_no": _NUMBER, "trade_no": Text(most=32)})

Work = Callable[[World, Account, dict[str, Any]], dict[str, Any]]


class Complaint(Exception):
    """A code and its text."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text


def routes(at: World) -> Sequence[web.RouteDef]:
    seen = Nonces()
    paths: tuple[tuple[str, str, Group, Work], ...] = (
        ("rfd/refund_front/refund", "refund", _REFUND, _refund),
        ("rfd/refund_front/refund_query", "ask", _ASK, _ask),
        ("labs/relation/revoked", "void", _VOID, _void),
        ("labs/query/tradequery", "ask", _ASK, _ask),
    )
    return [
        web.post(f"{PREFIX}/api/v3/{path}", _door(at, seen, verb, rule, work))
        for path, verb, rule, work in paths
    ]


def _appid(request: web.Request, body: bytes) -> str:
    return signing.read_authorization(request.headers.get("Authorization", "")).get("appid", "")


def _door(at: World, seen: Nonces, verb: str, rule: Group, work: Work) -> Any:
    ok = "BBS00000" if work is _void else "000000"

    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        try:
            account = _authenticated(seen, request, body, account)
        except Complaint as gate:
            refused = {"code": gate.code, "message": gate.text}
            return lambda forged: web.json_response(refused)
        known = account
        try:
            envelope = json.loads(body)
            asked = _checked(known, envelope, rule)
            _instead(at, verb, known)
            world.turn(at)
            told: dict[str, Any] = {"code": ok, "msg": "操作成功", "resp_data": work(at, known, asked)}
        except Complaint as complaint:
            told = {"code": complaint.code, "msg": complaint.text}
        told["resp_time"] = f"{clock.beijing(at.clock.now()):%Y%m%d%H%M%S}"
        return lambda forged: _reply(known, told, forged=forged)

    return entrance(at, CHANNEL, verb, speak, claim=_appid)


def _authenticated(seen: Nonces, request: web.Request, body: bytes, account: Account | None) -> Account:
    """The application whose key signed this (lakala §11.1)."""
    parts = signing.read_authorization(request.headers.get("Authorization", ""))
    if account is None or parts.get("serial_no") != account.config["serial_no"]:
        raise Complaint("GW0001", "appid 或证书序列号不正确")
    stamp, nonce = parts.get("timestamp", ""), parts.get("nonce_str", "")
    if not stamp.isdigit() or abs(int(stamp) - clock.real()) > SKEW or not 12 <= len(nonce) <= 32:
        raise Complaint("GW0004", "时间戳或随机串不正确")
    text = signing.call_text((parts["appid"], parts["serial_no"], stamp, nonce), body)
    if not seals.holds(account.shop_key, text, parts.get("signature", "")):
        raise Complaint("GW0001", "验签失败")
    if seen.again(parts["appid"] + nonce):
        raise Complaint("GW0004", "随机串重复")
    return account


def _checked(account: Account, envelope: object, rule: Group) -> dict[str, Any]:
    frame = Group(
        must={"req_time": Text(least=14, most=14), "version": Choice(("3.0",)), "req_data": rule},
        may={"out_org_code": Text(most=32)},
    )
    problem = fields.first_problem(envelope, frame)
    if problem is not None:
        raise Complaint("RFD00002", f"参数错误 {problem.field} {problem.issue}")
    assert isinstance(envelope, dict)
    asked: dict[str, Any] = envelope["req_data"]
    if (asked["merchant_no"], asked["term_no"]) != (account.config["merchant_no"], account.config["term_no"]):
        raise Complaint("RFD00003", "商户或终端不存在")
    return asked


def _instead(at: World, verb: str, account: Account) -> None:
    drawn = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if drawn is None:
        return
    if drawn.fault == "rate_limited":
        raise Complaint("RFD11112", "系统繁忙，请稍后查询")
    raise Complaint("RFD99998", "沙箱：没有听说过的情形")


def _reply(account: Account, told: Mapping[str, Any], *, forged: bool) -> web.Response:
    body = json.dumps(told, ensure_ascii=False).encode()
    headers = _seal(account, body, forged=forged)
    return web.Response(body=body, headers={"Content-Type": "application/json", **headers})


def _seal(account: Account, body: bytes, *, forged: bool) -> dict[str, str]:
    stamp, nonce = str(int(clock.real())), secrets.token_hex(6)
    serial = account.own["platform_serial"]
    text = signing.call_text((account.number, serial, stamp, nonce), body)
    return {
        "Lklapi-Appid": account.number,
        "Lklapi-Serial": serial,
        "Lklapi-Timestamp": stamp,
        "Lklapi-Nonce": nonce,
        "Lklapi-Signature": seals.sign(keys.stranger() if forged else account.channel_key, text),
    }


def _order(at: World, account: Account, asked: Mapping[str, Any]) -> ledger.Order:
    """By the documented priority: Lakala's number, the flow number, ours (lakala §4.1)."""
    book, order = at.ledger, None
    if asked.get("origin_trade_no"):
        order = book.order(CHANNEL, account.name, channel_ref=asked["origin_trade_no"])
    elif asked.get("origin_out_trade_no"):
        order = book.order(CHANNEL, account.name, order_no=asked["origin_out_trade_no"])
    elif not asked.get("origin_log_no"):
        raise Complaint("710052", "原交易订单号为空")
    if order is None:
        raise Complaint("710050", "原交易订单号有误")
    return order


def _refund(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _order(at, account, asked)
    number, amount = asked["out_trade_no"], int(asked["refund_amount"])
    known = at.ledger.refund(CHANNEL, account.name, number)
    if known is not None:
        at.ledger.asked_again(known)
        if known.amount != amount or known.order_no != order.order_no:
            raise Complaint("RFD00094", "退款单号重复")
        return _shown(order, known)
    earlier = at.ledger.refunds_of(order)
    trouble = ""
    if order.state != ledger.PAID or any(one.kind == "void" and one.holds for one in earlier):
        trouble = "RFD00012#原交易状态不允许退款"
    elif amount > order.amount - ledger.taken(earlier):
        trouble = "RFD00061#退款金额超过可退金额"
    elif at.clock.now() - order.paid_at > WINDOW:
        trouble = "RFD00022#超过可退期限"
    fate = None if trouble else at.faults.draw(CHANNEL, "refund", faults.FATE, account.name)
    match fate.fault if fate else "":
        case "insufficient_balance":
            trouble = "RFD00051#商户余额不足"
        case "closed_account":
            trouble = "RFD00062#付款账户已注销"
    if trouble:
        return {"out_trade_no": number, "trade_state": "FAIL", "channel_ret_desc": trouble}
    return _shown(order, world.take(at, order, number, amount, fate, notify_url=asked.get("notify_url", "")))


def _void(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    order = _order(at, account, asked)
    known = at.ledger.refund(CHANNEL, account.name, asked["out_trade_no"])
    if known is not None:
        at.ledger.asked_again(known)
        return _shown(order, known)
    same_day = clock.beijing(order.paid_at).date() == clock.beijing(at.clock.now()).date()
    if not same_day:
        raise Complaint("BBS00122", "只能撤销当日交易")
    if order.state != ledger.PAID or ledger.taken(at.ledger.refunds_of(order)):
        raise Complaint("710034", "交易已退款，不能撤销")
    fate = at.faults.draw(CHANNEL, "void", faults.FATE, account.name)
    return _shown(
        order, world.take(at, order, asked["out_trade_no"], order.amount, fate, at_once=True, kind="void")
    )


def _ask(at: World, account: Account, asked: dict[str, Any]) -> dict[str, Any]:
    refund = at.ledger.refund(CHANNEL, account.name, asked.get("out_trade_no", ""))
    if refund is None:
        raise Complaint("710050", "原交易订单号有误")
    order = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    return _shown(order, refund)


def _shown(order: ledger.Order, refund: ledger.Refund) -> dict[str, Any]:
    states = {ledger.SUCCESS: "SUCCESS", ledger.PROCESSING: "PROCESSING"}
    trade_no = f"2026{refund.id:028d}"
    said = {
        "merchant_no": order.extra.get("merchant_no", ""),
        "out_trade_no": refund.refund_no,
        "trade_no": trade_no,
        "log_no": trade_no[-14:],
        "trade_state": states.get(refund.state, "FAIL"),
        "total_amount": str(order.amount),
        "refund_amount": str(refund.amount),
        "payer_amount": str(refund.amount),
        "origin_trade_no": order.channel_ref,
        "origin_out_trade_no": order.order_no,
        "channel_ret_desc": "RFD00000#成功",
    }
    if refund.success_at is not None:
        said["trade_time"] = f"{clock.beijing(refund.success_at):%Y%m%d%H%M%S}"
    return said


def announce(at: World, refund: ledger.Refund) -> None:
    order = at.ledger.order(CHANNEL, refund.account, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    merchant_no = at.accounts[refund.account].config["merchant_no"]
    world.announce_to_shop(at, refund, json.dumps(_shown(order, refund) | {"merchant_no": merchant_no}))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    """Signed over three lines in `Authorization` (lakala §2)."""
    body = waiting.body.encode()
    stamp, nonce = str(int(clock.real())), secrets.token_hex(6)
    good = waiting.head in ("good", "damaged")
    key = account.channel_key if good else keys.stranger()
    parts = {"timestamp": stamp, "nonce_str": nonce}
    parts["signature"] = seals.sign(key, signing.notice_text(stamp, nonce, body))
    headers = {"Content-Type": "application/json", "Authorization": signing.authorization(parts)}
    return Letter(headers, body + b" " * (waiting.head == "damaged"), once=waiting.head != "good")


def heard(status: int, body: bytes) -> bool:
    try:
        return status == 200 and json.loads(body).get("code") == "SUCCESS"
    except (ValueError, AttributeError):
        return False


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"{clock.beijing(paid_at):%Y%m%d}66{count:014d}",
    statement=portal.statement,
    announce=announce,
    letter=letter,
    heard=heard,
    pauses=PAUSES,
)
