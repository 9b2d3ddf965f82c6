"""WeChat Pay's server end: its paths, orders, certificates and bills (wechatpay §5, §13, §15). Refunds live next door."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from aiohttp import web

from sudapos.sandbox import (
    clock,
    ledger,
    seals,
    wechatpay_abnormal,
    wechatpay_bill,
    wechatpay_notices,
    wechatpay_refunds,
)
from sudapos.sandbox.keys import Account
from sudapos.sandbox.wechatpay_gate import (
    CHANNEL,
    PREFIX,
    Call,
    Complaint,
    Reply,
    route,
    unknown_route,
    wrong,
)
from sudapos.sandbox.world import End, File, World

URL_LIVES = 30.0
"""Seconds; older pages say 30 s, newer 5 min: the shorter (wechatpay §21.5)."""
MONTHS_KEPT = 92
"""Days for which bills can be fetched."""
_BILL_TYPES = ("ALL", "SUCCESS", "REFUND")
_STATE_WORDS = {
    "SUCCESS": "支付成功",
    "REFUND": "转入退款",
    "NOTPAY": "未支付",
    "REVOKED": "已撤销",
    "CLOSED": "已关闭",
}


def routes(world: World) -> Sequence[web.RouteDef]:
    """Every path of this channel, and 404 for the rest of its prefix."""

    async def other(request: web.Request) -> web.StreamResponse:
        return await unknown_route(request, world)

    refunds = f"{PREFIX}/v3/refund/domestic/refunds"
    orders = f"{PREFIX}/v3/pay/transactions"
    return (
        web.post(refunds, route(world, "refund", wechatpay_refunds.create)),
        web.post(
            refunds + "/{refund_id}/apply-abnormal-refund",
            route(world, "reissue", wechatpay_abnormal.apply),
        ),
        web.get(refunds + "/{out_refund_no}", route(world, "ask", wechatpay_refunds.query)),
        web.get(orders + "/out-trade-no/{out_trade_no}", route(world, None, _order_by_ours)),
        web.get(orders + "/id/{transaction_id}", route(world, None, _order_by_theirs)),
        web.get(f"{PREFIX}/v3/certificates", route(world, None, _certificates)),
        web.get(f"{PREFIX}/v3/bill/tradebill", route(world, "statement", _trade_bill)),
        web.get(f"{PREFIX}/v3/billdownload/file", route(world, None, _download)),
        web.route("*", PREFIX + "{rest:(/.*)?}", other),
    )


def number_of_order(sequence: int, paid_at: float) -> str:
    """A transaction_id: 28 digits."""
    return f"4200002026{clock.beijing(paid_at):%Y%m%d}{sequence:010d}"


async def _order_by_ours(call: Call) -> Reply:
    return _order(call, order_no=call.request.match_info["out_trade_no"])


async def _order_by_theirs(call: Call) -> Reply:
    return _order(call, channel_ref=call.request.match_info["transaction_id"])


def _order(call: Call, *, order_no: str = "", channel_ref: str = "") -> Reply:
    if call.request.query.get("mchid") != call.account.number:
        raise wrong(
            "mchid", call.request.query.get("mchid"), "must be the merchant that signs", location="query"
        )
    order = call.world.ledger.order(CHANNEL, call.account.name, order_no=order_no, channel_ref=channel_ref)
    if order is None:
        raise Complaint(404, "RESOURCE_NOT_EXISTS", "订单不存在", inner=268512771)
    state = _trade_state(call, order)
    said: dict[str, object] = {
        "mchid": call.account.number,
        "out_trade_no": order.order_no,
        "transaction_id": order.channel_ref,
        "trade_type": "MICROPAY",
        "trade_state": state,
        "trade_state_desc": _STATE_WORDS[state],
        "bank_type": "CMB_CREDIT" if order.funding == "card" else "OTHERS",
        "attach": "",
        "payer": {"openid": order.payer or "oSandboxPayer00000000000000"},
        "amount": {
            "total": order.amount,
            "payer_total": order.amount - order.coupon,
            "currency": "CNY",
            "payer_currency": "CNY",
        },
    }
    if state in ("SUCCESS", "REFUND"):
        said["success_time"] = clock.rfc3339(order.paid_at)
    return Reply(200, said)


def _trade_state(call: Call, order: ledger.Order) -> str:
    """Any accepted refund turns an order into REFUND; it says nothing about amount or success (wechatpay §8)."""
    if order.state == ledger.UNPAID:
        return "NOTPAY"
    if order.state == ledger.REVOKED:
        return "REVOKED"
    return "REFUND" if call.world.ledger.refunds_of(order) else "SUCCESS"


async def _certificates(call: Call) -> Reply:
    """The platform certificate, wrapped with the APIv3 key (wechatpay §5)."""
    own = call.account.own
    sealed = seals.envelope(
        call.account.config["apiv3_key"], own["platform_certificate"].encode(), associated="certificate"
    )
    start, end = wechatpay_bill.validity(own["platform_certificate"])
    entry = {
        "serial_no": own["platform_serial"],
        "effective_time": start,
        "expire_time": end,
        "encrypt_certificate": sealed,
    }
    return Reply(200, {"data": [entry]})


async def _trade_bill(call: Call) -> Reply:
    """Where to fetch the bill of a day (wechatpay §15.1)."""
    asked = dict(call.request.query)
    extra = set(asked) - {"bill_date", "bill_type", "tar_type"}
    if extra:
        raise wrong(min(extra), asked[min(extra)], "Unknown field", location="query")
    if asked.get("tar_type", "GZIP") != "GZIP":
        raise wrong("tar_type", asked["tar_type"], "Value is invalid", location="query")
    kind = asked.get("bill_type", "ALL")
    if kind not in _BILL_TYPES:
        raise Complaint(400, "INVALID_REQUEST", "沙箱只提供 ALL、SUCCESS、REFUND 账单")
    day = _ready_day(call, asked.get("bill_date", ""))
    file, rows = _bill(call.world, call.account, day, kind)
    if not rows:
        raise Complaint(400, "NO_STATEMENT_EXIST", "账单不存在：当日无交易")
    packed = gzip.compress(file.content, mtime=0) if "tar_type" in asked else file.content
    token = call.world.offer(call.account, File(file.name, packed), seconds=URL_LIVES)
    return Reply(
        200,
        {
            "hash_type": "SHA1",
            "hash_value": hashlib.sha1(file.content).hexdigest(),
            "download_url": f"{call.request.scheme}://{call.request.host}{PREFIX}/v3/billdownload/file?token={token}",
        },
    )


def _ready_day(call: Call, text: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=clock.BEIJING).date()
    except ValueError as error:
        raise wrong("bill_date", text, "must be yyyy-MM-dd", location="query") from error
    ready = clock.span(day)[1] + call.world.tempo.bill_ready_hour * 3600
    if call.now < clock.span(day)[0]:
        raise Complaint(400, "INVALID_REQUEST", "账单日期不合法")
    if call.now < ready:
        raise Complaint(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
    if day < clock.beijing(call.now).date() - timedelta(days=MONTHS_KEPT):
        raise Complaint(400, "INVALID_REQUEST", "仅支持三个月内的账单")
    return day


async def _download(call: Call) -> Reply:
    """The bytes; not signed (wechatpay §4)."""
    offered = call.world.offered(call.request.query.get("token", ""))
    if offered is None or offered[0].name != call.account.name:
        raise Complaint(400, "INVALID_REQUEST", "下载链接无效或已过期")
    return Reply(200, raw=offered[1].content)


def statement(world: World, account: Account, day: date) -> File:
    """The day's trade bill (ALL), also for a day that is not over or empty."""
    return _bill(world, account, day, "ALL")[0]


def _bill(world: World, account: Account, day: date, kind: str) -> tuple[File, int]:
    start, end = clock.span(day)
    orders = world.ledger.orders_between(CHANNEL, account.name, start, end)
    refunds = world.ledger.refunds_between(CHANNEL, account.name, start, end)
    numbered = {refund.order_no: None for refund in refunds}
    originals = {number: world.ledger.order(CHANNEL, account.name, order_no=number) for number in numbered}
    rows = wechatpay_bill.rows(
        account.number,
        orders,
        [(refund, originals[refund.order_no]) for refund in refunds],
        snapshot=end + 9 * 3600,
    )
    if kind != "ALL":
        rows = [row for row in rows if (row.state == "REFUND") == (kind == "REFUND")]
    content = wechatpay_bill.text(rows, kind).encode("utf-8-sig")
    return File(f"{account.number}{kind.title()}{day:%Y-%m-%d}.csv", content), len(rows)


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=number_of_order,
    statement=statement,
    announce=wechatpay_notices.announce,
    letter=wechatpay_notices.letter,
    heard=wechatpay_notices.heard,
    pauses=wechatpay_notices.PAUSES,
)
