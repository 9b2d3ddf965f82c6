"""Allinpay's server end: refund, cancel and query of both products, and a day's file (allinpay §2–§8, §11)."""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sudapos.channels.signing import allinpay as seals
from sudapos.channels.signing import sha1
from sudapos.sandbox import clock, faults, keys, ledger, world
from sudapos.sandbox.entrance import Say, entrance
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, File, Letter, World

CHANNEL = "allinpay"
PREFIX = "/allinpay"
WINDOW = 180 * clock.DAY
PAUSES = (15.0, 60.0, 300.0, 900.0)
COLUMNS = ("trxid", "reqsn", "trxcode", "trxamt", "trxdate", "fee", "srctrxid")
"""The sandbox's own layout: the real one is not public (allinpay §10)."""
FEE_BP = 60

_COMMON = {"cusid": 15, "appid": 8, "randomstr": 32, "sign": 1024}
_OPTIONAL = {"orgid": 15, "version": 2, "signtype": 8}
_MONEY = {"reqsn": 32, "trxamt": 12}
_ORIGINAL = {"oldreqsn": 32, "oldtrxid": 32, "remark": 160, "benefitdetail": 2000}

Work = Callable[[World, Account, dict[str, str]], dict[str, str]]


class Complaint(Exception):
    """`retcode` other than SUCCESS, or a `trxstatus` other than 0000."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code)
        self.code, self.text = code, text

    def fields(self, version: str) -> dict[str, str]:
        """Version 11 calls every trouble of a call FAIL."""
        if self.code.isdigit():
            return {"retcode": "SUCCESS", "trxstatus": self.code, "errmsg": self.text}
        return {"retcode": "FAIL" if version != "12" else self.code, "retmsg": self.text}


def routes(at: World) -> Sequence[web.RouteDef]:
    rules = [
        ("/tranx/refund", "refund", _MONEY, _ORIGINAL, _refund),
        ("/tranx/cancel", "void", _MONEY, _ORIGINAL, _cancel),
        ("/tranx/query", "ask", {}, {"reqsn": 32, "trxid": 32}, _query),
        ("/posol/refund", "refund", {**_MONEY, "trxid": 32}, {"remark": 160}, _refund),
        ("/posol/cancel", "void", {**_MONEY, "trxid": 32}, {"remark": 160}, _cancel),
        ("/posol/query", "ask", {}, {"reqsn": 32, "trxid": 32}, _query),
        ("/trxfile/get", "statement", {"date": 8}, {"filetype": 1}, _file_url),
    ]
    made = [
        web.post(PREFIX + path, _door(at, verb, must, may, work)) for path, verb, must, may, work in rules
    ]

    async def download(request: web.Request) -> web.StreamResponse:
        offered = at.offered(request.match_info["token"])
        if offered is None:
            return web.Response(status=403, text="link expired")
        return web.Response(body=offered[1].content, content_type="text/csv")

    return [*made, web.get(PREFIX + "/download/{token}", download)]


def _cusid(request: web.Request, body: bytes) -> str:
    return dict(parse_qsl(body.decode("latin-1"))).get("cusid", "")


def _door(at: World, verb: str, must: Mapping[str, int], may: Mapping[str, int], work: Work) -> Any:
    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        asked = dict(parse_qsl(body.decode("utf-8", errors="replace"), keep_blank_values=True))
        try:
            known = _authenticated(account, asked)
            _checked(asked, must, may)
            _instead(at, verb, known)
            world.turn(at)
            told = {"retcode": "SUCCESS", "trxstatus": "0000", **work(at, known, asked)}
        except Complaint as complaint:
            told = complaint.fields(asked.get("version", "11"))
        return lambda forged: _reply(account, told, asked, forged=forged)

    return entrance(at, CHANNEL, verb, speak, claim=_cusid)


def _authenticated(account: Account | None, asked: Mapping[str, str]) -> Account:
    if account is None or asked.get("appid") != account.config["appid"]:
        raise Complaint("SIGNAUTHERR", "商户或应用不存在")
    sign = asked.get("sign", "")
    if asked.get("signtype", "MD5") == "RSA":
        good = sha1.verify(account.shop_key, seals.text(asked), sign)
    else:
        good = hmac.compare_digest(seals.md5(asked, account.own["md5_key"]), sign.upper())
    if not good:
        raise Complaint("SIGNAUTHERR", "验签失败")
    return account


def _checked(asked: Mapping[str, str], must: Mapping[str, int], may: Mapping[str, int]) -> None:
    allowed = {**_COMMON, **_OPTIONAL, **must, **may}
    for name in (*_COMMON, *must):
        if not asked.get(name):
            raise Complaint("PARAMERR", f"{name} 不能为空")
    for name, value in asked.items():
        if name not in allowed or len(value) > allowed[name]:
            raise Complaint("PARAMERR", f"{name} 不正确")
    if "trxamt" in asked and not re.fullmatch(r"[1-9]\d*", asked["trxamt"]):
        raise Complaint("PARAMERR", "trxamt 不正确")


def _instead(at: World, verb: str, account: Account) -> None:
    drawn = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if drawn is None:
        return
    if drawn.fault == "rate_limited":
        raise Complaint("SYSTEMERR", "系统繁忙")
    raise Complaint("5999", "沙箱：没有听说过的情形")


def _reply(
    account: Account | None, told: Mapping[str, str], asked: Mapping[str, str], *, forged: bool
) -> web.Response:
    """Signed with the method of the request; nobody's request is answered without a signature."""
    said = dict(told)
    if account is not None:
        said |= {"cusid": account.number, "appid": account.config["appid"], "randomstr": secrets.token_hex(8)}
        said["sign"] = _seal(account, said, asked.get("signtype", "MD5"), forged=forged)
    return web.json_response(said, dumps=lambda one: json.dumps(one, ensure_ascii=False))


def _seal(account: Account, said: Mapping[str, str], kind: str, *, forged: bool) -> str:
    if kind == "RSA":
        return sha1.sign(keys.stranger() if forged else account.channel_key, seals.text(said))
    return seals.md5(said, "stranger" if forged else account.own["md5_key"])


def _order(at: World, account: Account, asked: Mapping[str, str]) -> ledger.Order:
    """The flow number is preferred; posol names the original by `trxid` alone."""
    theirs = asked.get("oldtrxid") or asked.get("trxid", "")
    order = at.ledger.order(CHANNEL, account.name, order_no=asked.get("oldreqsn", ""), channel_ref=theirs)
    if order is None:
        raise Complaint("1001", "交易不存在")
    return order


def _refund(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    """A number that was taken in is used up: a repeat is 3888 and must be asked about (allinpay §8)."""
    order, earlier = _fresh(at, account, asked)
    if any(one.kind == "void" and one.holds for one in earlier) or order.state != ledger.PAID:
        raise Complaint("3045", "原交易状态不允许退款")
    if int(asked["trxamt"]) > order.amount - ledger.taken(earlier):
        raise Complaint("3045", "退款金额超过可退金额")
    if at.clock.now() - order.paid_at > WINDOW:
        raise Complaint("3999", "超过退款期限")
    return _given(at, order, asked, "refund")


def _cancel(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    order, earlier = _fresh(at, account, asked)
    if any(one.kind == "void" and one.holds for one in earlier):
        raise Complaint("3050", "交易已撤销")
    if clock.beijing(order.paid_at).date() != clock.beijing(at.clock.now()).date():
        raise Complaint("3999", "只能撤销当日交易")
    if earlier or order.state != ledger.PAID or int(asked["trxamt"]) != order.amount:
        raise Complaint("3045", "交易不能撤销")
    return _given(at, order, asked, "void")


def _fresh(at: World, account: Account, asked: Mapping[str, str]) -> tuple[ledger.Order, list[ledger.Refund]]:
    known = at.ledger.refund(CHANNEL, account.name, asked["reqsn"])
    if known is not None:
        at.ledger.asked_again(known)
        raise Complaint("3888", "流水号重复")
    order = _order(at, account, asked)
    return order, at.ledger.refunds_of(order)


def _given(at: World, order: ledger.Order, asked: Mapping[str, str], kind: str) -> dict[str, str]:
    fate = at.faults.draw(CHANNEL, kind, faults.FATE, order.account)
    match fate.fault if fate else "":
        case "insufficient_balance":
            raise Complaint("3999", "商户余额不足")
        case "closed_account":
            raise Complaint("3889", "付款账户受限")
    url = at.ledger.setting(f"gateway:{order.account}")
    at_once = kind == "void"
    refund = world.take(
        at, order, asked["reqsn"], int(asked["trxamt"]), fate, at_once=at_once, kind=kind, notify_url=url
    )
    return _shown(order, refund)


def _query(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    refund = at.ledger.refund(CHANNEL, account.name, asked.get("reqsn", ""))
    if refund is None:
        raise Complaint("1001", "交易不存在")
    order = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    return _shown(order, refund) | {"trxamt": str(refund.amount), "initamt": str(order.amount)}


def _shown(order: ledger.Order, refund: ledger.Refund) -> dict[str, str]:
    states = {ledger.SUCCESS: "0000", ledger.PROCESSING: "2008"}
    said = {
        "reqsn": refund.refund_no,
        "trxid": f"26112{refund.id:010d}",
        "trxstatus": states.get(refund.state, "3999"),
        "fee": "0",
    }
    if refund.success_at is not None:
        said["fintime"] = f"{clock.beijing(refund.success_at):%Y%m%d%H%M%S}"
    return said


def _file_url(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    try:
        day = date.fromisoformat(f"{asked['date'][:4]}-{asked['date'][4:6]}-{asked['date'][6:]}")
    except ValueError:
        raise Complaint("PARAMERR", "date 不正确") from None
    if at.clock.now() < clock.span(day)[1] + at.tempo.bill_ready_hour * 3600:
        raise Complaint("FAIL", "对账文件尚未生成")
    token = at.offer(account, statement(at, account, day), seconds=300.0)
    return {"url": f"{at.base_url}{PREFIX}/download/{token}"}


def statement(at: World, account: Account, day: date) -> File:
    """A csv with a heading; columns are the sandbox's own."""
    world.turn(at)
    start, end = clock.span(day)
    rows = [",".join(COLUMNS)]
    for order in at.ledger.orders_between(CHANNEL, account.name, start, end):
        rows.append(_row(order.channel_ref, order.order_no, "VSP501", order.amount, order.paid_at, ""))
    for refund in at.ledger.refunds_between(CHANNEL, account.name, start, end, by="success_at"):
        order_ = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
        assert order_ is not None, "a refund without its order"
        code = "VSP502" if refund.kind == "void" else "VSP503"
        at_hour = refund.success_at or refund.accepted_at
        rows.append(
            _row(
                _shown(order_, refund)["trxid"],
                refund.refund_no,
                code,
                refund.amount,
                at_hour,
                order_.channel_ref,
            )
        )
    return File(f"allinpay-{account.number}-{day:%Y%m%d}.csv", "".join(f"{row}\r\n" for row in rows).encode())


def _row(trxid: str, reqsn: str, code: str, amount: int, at: float, original: str) -> str:
    fee = (amount * FEE_BP + 5_000) // 10_000
    signed = fee if code == "VSP501" else -fee
    return f"{trxid},{reqsn},{code},{amount},{clock.beijing(at):%Y%m%d%H%M%S},{signed},{original}"


def announce(at: World, refund: ledger.Refund) -> None:
    """Sent to the address that the shop has set (allinpay §7)."""
    order = at.ledger.order(CHANNEL, refund.account, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    told = _shown(order, refund) | {
        "trxamt": str(refund.amount),
        "trxcode": "VSP503",
        "srctrxid": order.channel_ref,
        "signtype": "RSA",
    }
    world.announce_to_shop(at, refund, json.dumps(told))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    told: dict[str, str] = json.loads(waiting.body) | {
        "cusid": account.number,
        "appid": account.config["appid"],
    }
    good = waiting.head in ("good", "damaged")
    told["sign"] = _seal(account, told, "RSA", forged=not good)
    if waiting.head == "damaged":
        told["trxamt"] += "0"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Letter(headers, urlencode(told).encode(), once=waiting.head != "good")


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"{clock.beijing(paid_at):%y%m%d}{count:09d}",
    statement=statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200 and body.strip() == b"success",
    pauses=PAUSES,
)
