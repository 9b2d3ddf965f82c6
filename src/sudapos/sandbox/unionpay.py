"""UnionPay's server end: refund 04, void 31, query 00, settlement file 76, notices of success (unionpay §6–§17)."""

from __future__ import annotations

import base64
import hmac
import json
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from aiohttp import web

from sudapos.channels.signing import unionpay as seals
from sudapos.sandbox import clock, faults, ledger, makers, unionpay_file, world
from sudapos.sandbox.entrance import Say, entrance
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, File, Letter, World

CHANNEL = "unionpay"
PREFIX = "/unionpay"
WINDOW = 330 * clock.DAY
PAUSES = (60.0, 120.0, 240.0, 300.0)
NOBODY = "http://www.specialUrl.com"
KEY_11 = "88888888"
"""The public test key for signMethod 11 (unionpay §3.2)."""

_PATTERNS = {
    "orderId": r"[0-9A-Za-z]{8,40}",
    "txnTime": r"\d{14}",
    "txnAmt": r"[1-9]\d{0,11}",
    "origQryId": r"\d{21}",
    "origTxnTime": r"\d{14}",
    "merId": r"[0-9A-Za-z]{15}",
    "settleDate": r"\d{4}",
}
_COMMON = (
    "version",
    "encoding",
    "signature",
    "signMethod",
    "txnType",
    "txnSubType",
    "bizType",
    "accessType",
    "merId",
)
_NEEDED = {
    "04": (*_COMMON, "channelType", "backUrl", "orderId", "txnTime", "txnAmt"),
    "31": (*_COMMON, "channelType", "backUrl", "orderId", "txnTime", "txnAmt"),
    "00": (*_COMMON, "orderId", "txnTime"),
    "76": (*_COMMON, "settleDate", "txnTime", "fileType"),
}
_VERBS = {"04": "refund", "31": "void", "00": "ask", "76": "statement"}

Work = Callable[[World, Account, dict[str, str]], dict[str, str]]


class Complaint(Exception):
    """An answer other than 00: two characters, text, seven characters."""

    def __init__(self, code: str, text: str, long: str) -> None:
        super().__init__(code)
        self.code, self.message = code, f"{text}[{long}]"


def routes(at: World) -> Sequence[web.RouteDef]:
    back = {"04": _give_back, "31": _give_back}
    return (
        web.post(f"{PREFIX}/gateway/api/backTransReq.do", _door(at, back)),
        web.post(f"{PREFIX}/gateway/api/queryTrans.do", _door(at, {"00": _query})),
        web.post(f"{PREFIX}/files/", _door(at, {"76": _download})),
    )


def _merchant(request: web.Request, body: bytes) -> str:
    return dict(parse_qsl(body.decode("latin-1"))).get("merId", "")


def _door(at: World, works: Mapping[str, Work]) -> Any:
    """One handler per kind of transaction, so that faults strike the right verb."""
    doors = {
        kind: entrance(at, CHANNEL, _VERBS[kind], _speaker(kind, work), claim=_merchant)
        for kind, work in works.items()
    }

    async def answer(request: web.Request) -> web.StreamResponse:
        kind = dict(parse_qsl((await request.read()).decode("latin-1"))).get("txnType", "")
        door = doors.get(kind) or next(iter(doors.values()))
        return await door(request)

    return answer


def _speaker(kind: str, work: Work) -> Callable[[World, web.Request, bytes, Account | None], Say]:
    def speak(at: World, request: web.Request, body: bytes, account: Account | None) -> Say:
        asked: dict[str, str] = {}
        try:
            asked = _form(body)
            _check(asked, kind)
            if account is None:
                raise Complaint("31", "商户状态不正确", "2030031")
            _authenticate(account, asked)
            _instead(at, _VERBS[kind], account)
            world.turn(at)
            told = {"respCode": "00", "respMsg": "成功[0000000]", **work(at, account, asked)}
        except Complaint as complaint:
            told = {"respCode": complaint.code, "respMsg": complaint.message}
        return lambda forged: web.Response(
            body=_reply(at, account, asked, told, forged=forged), content_type="text/html", charset="utf-8"
        )

    return speak


def _form(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True)
    except ValueError:
        raise Complaint("10", "报文格式错误", "2030001") from None
    if len(dict(pairs)) != len(pairs) or any(not value for _, value in pairs):
        raise Complaint("10", "报文格式错误", "2030001")
    return dict(pairs)


def _check(asked: Mapping[str, str], kind: str) -> None:
    missing = [name for name in _NEEDED[kind] if name not in asked]
    if missing:
        raise Complaint("13", f"报文交易要素缺失{missing[0]}", "2030013")
    wrong = [
        name
        for name, pattern in _PATTERNS.items()
        if name in asked and not re.fullmatch(pattern, asked[name])
    ]
    if (
        wrong
        or asked["version"] != "5.1.0"
        or asked["encoding"].upper() != "UTF-8"
        or asked["txnType"] != kind
    ):
        raise Complaint("10", f"报文格式错误{''.join(wrong[:1])}", "2030001")
    try:
        datetime.strptime(asked["txnTime"], "%Y%m%d%H%M%S")  # noqa: DTZ007 — only whether it is one
    except ValueError:
        raise Complaint("10", "报文格式错误txnTime", "2030001") from None


def _authenticate(account: Account, asked: Mapping[str, str]) -> None:
    match asked["signMethod"]:
        case "01":
            good = asked.get("certId") == account.config["cert_id"] and seals.holds(account.shop_key, asked)
        case "11":
            good = hmac.compare_digest(seals.keyed(asked, KEY_11), asked["signature"])
        case _:
            raise Complaint("10", "签名方法不支持", "2030001")
    if not good:
        raise Complaint("11", "验证签名失败", "9100004")


def _instead(at: World, verb: str, account: Account) -> None:
    drawn = at.faults.draw(CHANNEL, verb, faults.INSTEAD, account.name)
    if drawn is None:
        return
    if drawn.fault == "rate_limited":
        raise Complaint("37" if verb == "ask" else "43", "请求过于频繁，请稍后", "2030037")
    raise Complaint("ZZ", "沙箱：没有听说过的情形", "SANDBOX")


def _reply(
    at: World, account: Account | None, asked: Mapping[str, str], told: Mapping[str, str], *, forged: bool
) -> bytes:
    """`k=v&k=v`, values as they are; certificate and signature last (unionpay §4, §17.9)."""
    echoed = ("version", "encoding", "signMethod", "txnType", "txnSubType", "bizType", "accessType", "merId")
    own = ("orderId", "txnTime", "txnAmt", "origQryId", "reqReserved")
    said = {name: asked[name] for name in (*echoed, *own) if name in asked} | dict(told)
    said.setdefault("signMethod", "01")
    return _joined(_sealed(at, account, said, forged=forged))


def _sealed(at: World, account: Account | None, said: dict[str, str], *, forged: bool) -> dict[str, str]:
    """Signed by UnionPay, or by a merchant of the same authority where it is forged."""
    own = account.own if account is not None else next(iter(at.accounts.values())).own
    if account is None:
        own = next(one.own for one in at.accounts.values() if one.channel == CHANNEL)
    if said["signMethod"] == "11":
        return said | {"signature": "0" * 64 if forged else seals.keyed(said, KEY_11)}
    signer = "merchant" if forged else "signer"
    said["signPubKeyCert"] = own[f"{signer}_certificate"].strip().replace("\n", "\r\n")
    return said | {"signature": seals.sign(makers.private(own[f"{signer}_key"]), said)}


def _joined(said: Mapping[str, str]) -> bytes:
    last = ("signPubKeyCert", "signature")
    order = [*sorted(name for name in said if name not in last), *(name for name in last if name in said)]
    return "&".join(f"{name}={said[name]}" for name in order).encode()


def _give_back(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    """Refund or void. No replay: a number that was seen is a duplicate (unionpay §6)."""
    void = asked["txnType"] == "31"
    number, amount = asked["orderId"], int(asked["txnAmt"])
    known = at.ledger.refund(CHANNEL, account.name, number)
    if known is not None:
        at.ledger.asked_again(known)
        raise Complaint("12", "重复交易", "2010002")
    order = _original(at, account, asked)
    earlier = at.ledger.refunds_of(order)
    if order.state != ledger.PAID:
        raise Complaint("35", "原交易状态不正确", "2040004")
    if any(one.kind == "void" and one.holds for one in earlier):
        raise Complaint("35", "原交易已撤销", "2050002")
    verb = "void" if void else "refund"
    _void_allowed(at, order, earlier, amount) if void else _refund_allowed(at, order, earlier, amount)
    fate = at.faults.draw(CHANNEL, verb, faults.FATE, account.name)
    if fate is not None and fate.fault == "insufficient_balance":
        raise Complaint("64", "商户余额不足", "2060064")
    refund = world.take(
        at,
        order,
        number,
        amount,
        fate,
        kind=verb,
        terms=json.dumps(
            {
                name: asked[name]
                for name in ("txnTime", "bizType", "txnType", "origQryId", "reqReserved")
                if name in asked
            }
        ),
        notify_url="" if asked["backUrl"] == NOBODY else asked["backUrl"],
    )
    return {"queryId": query_id(refund)}


def _original(at: World, account: Account, asked: Mapping[str, str]) -> ledger.Order:
    if "origQryId" in asked:
        order = at.ledger.order(CHANNEL, account.name, channel_ref=asked["origQryId"])
    elif "origOrderId" in asked and "origTxnTime" in asked:
        order = at.ledger.order(CHANNEL, account.name, order_no=asked["origOrderId"])
    else:
        raise Complaint("13", "报文交易要素缺失origQryId", "2030013")
    if order is None:
        raise Complaint("35", "原交易不存在或状态不正确", "2040004")
    return order


def _refund_allowed(at: World, order: ledger.Order, earlier: Sequence[ledger.Refund], amount: int) -> None:
    if amount > order.amount - ledger.taken(earlier):
        raise Complaint("36", "与原交易信息不符", "2050004")
    if at.clock.now() - order.paid_at > WINDOW:
        raise Complaint("35", "原交易已超过退货期限", "4040007")


def _void_allowed(at: World, order: ledger.Order, earlier: Sequence[ledger.Refund], amount: int) -> None:
    if unionpay_file.clearing_day(order.paid_at) != unionpay_file.clearing_day(at.clock.now()):
        raise Complaint("35", "原交易不可撤销", "2040006")
    if amount != order.amount:
        raise Complaint("36", "金额与原交易不符", "2050001")
    if ledger.taken(earlier):
        raise Complaint("35", "原交易已退货", "2050002")


def query_id(refund: ledger.Refund) -> str:
    """21 digits: two, the hour, the trace number, 8 (unionpay §6)."""
    return f"44{clock.beijing(refund.accepted_at):%y%m%d%H%M%S}{refund.id % 1_000_000:06d}8"


def _query(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    """Found by number and hour together (unionpay §8)."""
    refund = at.ledger.refund(CHANNEL, account.name, asked["orderId"])
    terms = json.loads(refund.terms) if refund else {}
    if refund is None or terms["txnTime"] != asked["txnTime"]:
        raise Complaint("34", "查无此交易", "2600000")
    code, text = _result(refund)
    return {
        "txnType": terms["txnType"],
        "txnAmt": str(refund.amount),
        "queryId": query_id(refund),
        "traceNo": f"{refund.id % 1_000_000:06d}",
        "settleDate": f"{unionpay_file.clearing_day(refund.accepted_at):%m%d}",
        "currencyCode": "156",
        "origRespCode": code,
        "origRespMsg": text,
    }


def _result(refund: ledger.Refund) -> tuple[str, str]:
    if refund.times_paid:
        return "00", "成功[0000000]"
    if refund.state == ledger.PROCESSING:
        return "05", "交易已受理，请稍后查询[0000005]"
    return "63", "卡状态不正确[1000063]"


def _download(at: World, account: Account, asked: dict[str, str]) -> dict[str, str]:
    """The zip of a clearing day, packed once more with zlib and Base64 (unionpay §13.1)."""
    day = _day(at, asked["settleDate"])
    file, rows = _file(at, account, day)
    over = clock.span(day)[1] - 3600 + at.tempo.bill_ready_hour * 3600
    if not rows or at.clock.now() < over:
        raise Complaint("98", "文件不存在", "9800098")
    return {"fileName": file.name, "fileContent": base64.b64encode(zlib.compress(file.content)).decode()}


def _day(at: World, text: str) -> date:
    """The last day of that month and day that is not in the future."""
    today = clock.beijing(at.clock.now()).date()
    try:
        day = date(today.year, int(text[:2]), int(text[2:]))
    except ValueError:
        raise Complaint("10", "报文格式错误settleDate", "2030001") from None
    return day if day <= today else day.replace(year=today.year - 1)


def statement(at: World, account: Account, day: date) -> File:
    return _file(at, account, day)[0]


def _file(at: World, account: Account, day: date) -> tuple[File, int]:
    world.turn(at)
    start, end = (hour - 3600 for hour in clock.span(day))
    orders = at.ledger.orders_between(CHANNEL, account.name, start, end)
    given = []
    for refund in at.ledger.refunds_between(CHANNEL, account.name, start, end, by="success_at"):
        order = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
        assert order is not None, "a refund without its order"
        given.append(unionpay_file.Given(refund, order, query_id(refund)))
    content = unionpay_file.packed(account.number, day, orders, given)
    return File(f"{account.number}_{day:%Y%m%d}.zip", content), len(orders) + len(given)


def announce(at: World, refund: ledger.Refund) -> None:
    """Only successes are told (unionpay §12)."""
    if refund.state != ledger.SUCCESS:
        return
    terms = json.loads(refund.terms)
    said = {
        "version": "5.1.0",
        "encoding": "UTF-8",
        "signMethod": "01",
        "txnSubType": "00",
        "accessType": "0",
        "merId": at.accounts[refund.account].number,
        "orderId": refund.refund_no,
        "txnAmt": str(refund.amount),
        "currencyCode": "156",
        "queryId": query_id(refund),
        "respCode": "00",
        "respMsg": "成功[0000000]",
        "settleAmt": str(refund.amount),
        "settleCurrencyCode": "156",
        "settleDate": f"{unionpay_file.clearing_day(refund.accepted_at):%m%d}",
        "traceNo": f"{refund.id % 1_000_000:06d}",
        "traceTime": f"{clock.beijing(refund.accepted_at):%m%d%H%M%S}",
        **terms,
    }
    world.announce_to_shop(at, refund, json.dumps(said))


def letter(account: Account, waiting: ledger.Waiting) -> Letter:
    good = waiting.head in ("good", "damaged")
    signer = "signer" if good else "merchant"
    said: dict[str, str] = json.loads(waiting.body)
    said["signPubKeyCert"] = account.own[f"{signer}_certificate"].strip().replace("\n", "\r\n")
    said["signature"] = seals.sign(makers.private(account.own[f"{signer}_key"]), said)
    if waiting.head == "damaged":
        said["txnAmt"] += "0"
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    return Letter(headers, urlencode(said).encode(), once=waiting.head != "good")


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=lambda count, paid_at: f"88{clock.beijing(paid_at):%y%m%d%H%M%S}{count % 1_000_000:06d}8",
    statement=statement,
    announce=announce,
    letter=letter,
    heard=lambda status, body: status == 200,
    pauses=PAUSES,
)
