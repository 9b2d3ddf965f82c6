"""Alipay's server end: refund, refund query, trade query, bills, deposit-back notices (alipay §8–§18, §21 steps 7–10)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from aiohttp import web

from sudapos.sandbox import alipay_bill, alipay_notices, clock, coupons, faults, ledger, seals, world
from sudapos.sandbox.alipay_gate import (
    CHANNEL,
    PREFIX,
    Call,
    Complaint,
    Method,
    gateway,
    refused,
)
from sudapos.sandbox.fields import Anything, Group, Many, Text
from sudapos.sandbox.keys import Account
from sudapos.sandbox.world import End, File, World

WINDOW = 365 * clock.DAY
GAP = 3.0
"""Seconds between two refunds of one trade."""
URL_LIVES = 30.0
"""Seconds for which a bill can be fetched."""

_LONG, _SHORT = Text(most=64, narrow=False), Text(most=32, narrow=False)
_WHICH = {"out_trade_no": _LONG, "trade_no": _LONG}
_OPTIONS = {"query_options": Many(Text(most=64))}
_REFUND = Group(
    must={"refund_amount": Text(most=11)},
    may={
        **_WHICH,
        **_OPTIONS,
        "out_request_no": _LONG,
        "refund_reason": Text(most=256, narrow=False),
        "refund_goods_detail": Many(Anything()),
        "goods_detail": Many(Anything()),
        "refund_royalty_parameters": Many(Anything()),
        "operator_id": _SHORT,
        "store_id": _SHORT,
        "terminal_id": _SHORT,
        "refund_currency": Text(most=8),
        "related_settle_confirm_no": _LONG,
        "org_pid": Text(most=16),
    },
)
_ASK = Group(must={"out_request_no": _LONG}, may={**_WHICH, **_OPTIONS})
_TRADE = Group(must={}, may={**_WHICH, **_OPTIONS})
_BILL = Group(must={"bill_type": Text(most=32), "bill_date": Text(most=15)}, may={"smid": _SHORT})


def routes(at: World) -> Sequence[web.RouteDef]:
    """The gateway and the bill download."""
    methods = {
        "alipay.trade.refund": Method("refund", _REFUND, _refund),
        "alipay.trade.fastpay.refund.query": Method("ask", _ASK, _ask),
        "alipay.trade.query": Method(None, _TRADE, _trade),
        "alipay.data.dataservice.bill.downloadurl.query": Method("statement", _BILL, _bill_url),
    }
    entrance = gateway(at, methods)

    async def download(request: web.Request) -> web.StreamResponse:
        offered = at.offered(request.match_info["token"])
        if offered is None:
            return web.Response(status=403, text="link expired")
        headers = {"Content-Disposition": f'attachment; filename="{offered[1].name}"'}
        return web.Response(body=offered[1].content, content_type="application/zip", headers=headers)

    return (
        web.post(f"{PREFIX}/gateway.do", entrance),
        web.post(PREFIX, entrance),
        web.get(PREFIX + "/download/{token}/bill.csv.zip", download),
    )


def number_of_order(sequence: int, paid_at: float) -> str:
    """A trade_no: 28 digits."""
    return f"{clock.beijing(paid_at):%Y%m%d}2200140{sequence:013d}"


def _refund(call: Call) -> Mapping[str, object]:
    """`alipay.trade.refund` (alipay §8)."""
    order = _order(call)
    amount = _fen(str(call.asked["refund_amount"]))
    number = _number(call, order, amount)
    book = call.world.ledger
    world.turn(call.world)
    known = book.refund(CHANNEL, call.account.name, number, order.order_no)
    if known is not None:
        if known.amount != amount:
            raise refused("DISCORDANT_REPEAT_REQUEST", "同一退款请求号的金额与之前不一致")
        book.asked_again(known)
        return _shown(call, order, known, moved=False)
    _judge(call, order, amount)
    refund = _accept(call, order, number, amount)
    return _shown(call, order, refund, moved=refund.state == ledger.SUCCESS)


def _order(call: Call) -> ledger.Order:
    """The trade; the channel's number wins if both are there."""
    ours, theirs = str(call.asked.get("out_trade_no", "")), str(call.asked.get("trade_no", ""))
    if not ours and not theirs:
        raise refused("INVALID_PARAMETER", "out_trade_no 与 trade_no 至少一个")
    order = call.world.ledger.order(CHANNEL, call.account.name, order_no=ours, channel_ref=theirs)
    if order is None:
        raise refused("TRADE_NOT_EXIST", "交易不存在")
    return order


def _fen(text: str) -> int:
    if not re.fullmatch(r"\d{1,8}(\.\d{1,2})?", text):
        raise refused("INVALID_PARAMETER", "refund_amount 须为不超过两位小数的正数")
    yuan, _, rest = text.partition(".")
    fen = int(yuan) * 100 + int(rest.ljust(2, "0"))
    if fen == 0:
        raise refused("INVALID_PARAMETER", "refund_amount 须大于 0")
    return fen


def _number(call: Call, order: ledger.Order, amount: int) -> str:
    """A full refund may go without a number and takes that of the order; a partial one may not."""
    number = str(call.asked.get("out_request_no", ""))
    if not number and amount != order.amount:
        raise refused("REFUND_AMT_NOT_EQUAL_TOTAL", "部分退款必须传入 out_request_no")
    return number or order.order_no


def _judge(call: Call, order: ledger.Order, amount: int) -> None:
    """Whether this new refund may be (§21 steps 8 and 9)."""
    earlier = call.world.ledger.refunds_of(order)
    rest = order.amount - ledger.taken(earlier)
    if order.state == ledger.UNPAID:
        raise refused("TRADE_STATUS_ERROR", "交易状态不合法")
    if order.state == ledger.FROZEN:
        raise refused("REASON_TRADE_BEEN_FREEZEN", "请求退款的交易被冻结")
    if order.state == ledger.REVOKED or rest == 0:
        raise refused("TRADE_HAS_CLOSE", "交易已关闭")
    if order.state == ledger.FINISHED or call.now - order.paid_at > WINDOW:
        raise refused("TRADE_HAS_FINISHED", "交易已完结，不允许退款")
    if str(call.asked.get("refund_currency", "CNY")) != "CNY":
        raise refused("CURRENCY_NOT_SUPPORT", "币种不支持")
    if amount > order.amount:
        raise refused("REFUND_AMT_NOT_EQUAL_TOTAL", "退款金额超限")
    if amount > rest:
        raise refused("REASON_TRADE_REFUND_FEE_ERR", "退款金额超过可退金额")
    if earlier and call.now - earlier[-1].accepted_at < GAP:
        raise Complaint("40005", "isv.method-call-limited", "同一交易两次退款须间隔 3 秒")


def _accept(call: Call, order: ledger.Order, number: str, amount: int) -> ledger.Refund:
    fate = call.world.faults.draw(CHANNEL, "refund", faults.FATE, call.account.name)
    kind = fate.fault if fate else ""
    if kind == "insufficient_balance":
        raise refused("SELLER_BALANCE_NOT_ENOUGH", "卖家余额不足")
    if kind == "closed_account":
        raise refused("BUYER_ENABLE_STATUS_FORBID", "买家状态异常")
    refund = ledger.Refund(
        channel=CHANNEL,
        account=call.account.name,
        order_no=order.order_no,
        refund_no=number,
        amount=amount,
        terms=str(amount),
        state=ledger.PROCESSING,
        accepted_at=call.now,
        reason=str(call.asked.get("refund_reason", "")),
        received_account="银行卡" if order.funding == "card" else "支付宝账户",
        user_part=_payer(call, order, amount),
    )
    at_once = kind != "closes_later"
    world.plan(call.world, refund, fate, settle_seconds=0.0 if at_once else call.world.tempo.settle_seconds)
    call.world.ledger.accept(refund)
    if at_once and refund.next_at is not None:
        world.step(call.world, refund, call.now)
    return refund


def _payer(call: Call, order: ledger.Order, amount: int) -> int | None:
    return coupons.payer_first(order, call.world.ledger.refunds_of(order), amount) if order.coupon else None


def _shown(call: Call, order: ledger.Order, refund: ledger.Refund, *, moved: bool) -> Mapping[str, object]:
    """`refund_fee` is what the trade has given back in all, not this refund."""
    paid = sum(one.amount for one in call.world.ledger.refunds_of(order) if one.times_paid)
    said: dict[str, object] = {
        "buyer_logon_id": order.payer or "150****8675",
        "buyer_user_id": "2088000000000000",
        "fund_change": "Y" if moved else "N",
    }
    if refund.success_at is not None:
        said["gmt_refund_pay"] = clock.plain(refund.success_at)
    said |= {
        "out_trade_no": order.order_no,
        "refund_fee": seals.money(paid),
        "send_back_fee": "0.00",
        "trade_no": order.channel_ref,
    }
    return said | _optional(call, order, refund)


def _ask(call: Call) -> Mapping[str, object]:
    """`alipay.trade.fastpay.refund.query`: an unknown or unpaid number answers with almost nothing (alipay §9)."""
    order = _order(call)
    world.turn(call.world)
    number = str(call.asked["out_request_no"])
    refund = call.world.ledger.refund(CHANNEL, call.account.name, number, order.order_no)
    if refund is None or not refund.times_paid:
        return {}
    said: dict[str, object] = {
        "out_request_no": refund.refund_no,
        "out_trade_no": order.order_no,
        "refund_amount": seals.money(refund.amount),
        "refund_status": "REFUND_SUCCESS",
        "total_amount": seals.money(order.amount),
        "trade_no": order.channel_ref,
        "send_back_fee": seals.money(refund.amount),
    }
    if refund.reason:
        said["refund_reason"] = refund.reason
    if "gmt_refund_pay" in call.asked.get("query_options", ()) and refund.success_at is not None:
        said["gmt_refund_pay"] = clock.plain(refund.success_at)
    return said | _optional(call, order, refund)


def _optional(call: Call, order: ledger.Order, refund: ledger.Refund) -> dict[str, object]:
    """What only comes when asked for by query_options."""
    wanted = call.asked.get("query_options", ())
    said: dict[str, object] = {}
    card = order.funding == "card"
    if "refund_detail_item_list" in wanted and refund.times_paid:
        said["refund_detail_item_list"] = _items(order, refund.payer_part, refund.amount - refund.payer_part)
    back = alipay_notices.deposit_back(refund, card=card)
    if "deposit_back_info" in wanted and back:
        said["deposit_back_info"] = {"has_deposit_back": "true", **back}
    return said


def _items(order: ledger.Order, payer: int, coupon: int, *, typed: bool = True) -> list[dict[str, str]]:
    """Where money came from or goes back to: the payer's account or card, and Alipay's own red packet."""
    card = order.funding == "card"
    own = {"fund_channel": "BANKCARD" if card else "ALIPAYACCOUNT", "amount": seals.money(payer)}
    own |= {"fund_type": "DEBIT_CARD"} if card and typed else {}
    packet = {"fund_channel": "COUPON", "amount": seals.money(coupon)}
    return [item for item, fen in ((own, payer), (packet, coupon)) if fen]


def _trade(call: Call) -> Mapping[str, object]:
    """`alipay.trade.query` (alipay §12)."""
    order = _order(call)
    rest = order.amount - ledger.taken(call.world.ledger.refunds_of(order))
    if order.state == ledger.UNPAID:
        state = "WAIT_BUYER_PAY"
    elif order.state == ledger.REVOKED or rest == 0:
        state = "TRADE_CLOSED"
    elif order.state == ledger.FINISHED or call.now - order.paid_at > WINDOW:
        state = "TRADE_FINISHED"
    else:
        state = "TRADE_SUCCESS"
    total = seals.money(order.amount)
    said: dict[str, object] = {
        "buyer_logon_id": order.payer or "150****8675",
        "buyer_pay_amount": seals.money(order.amount - order.coupon),
        "invoice_amount": total,
        "out_trade_no": order.order_no,
        "point_amount": "0.00",
        "receipt_amount": total,
        "total_amount": total,
        "trade_no": order.channel_ref,
        "trade_status": state,
        "fund_bill_list": _items(order, order.amount - order.coupon, order.coupon, typed=False),
    }
    if order.state != ledger.UNPAID:
        said["send_pay_date"] = clock.plain(order.paid_at)
    return said


def _bill_url(call: Call) -> Mapping[str, object]:
    """Where to fetch a bill; the link needs no signature (alipay §18)."""
    if call.asked["bill_type"] != "trade":
        raise Complaint("40004", "TYPE_NOT_SUPPORTED", "沙箱只提供业务账单 trade")
    text = str(call.asked["bill_date"])
    start, end = _period(text)
    if call.now < end + call.world.tempo.bill_ready_hour * 3600:
        raise Complaint("40004", "BILL_NOT_EXIST", "账单不存在或尚未生成")
    file, rows = _file(call.world, call.account, text.replace("-", ""), start, end)
    if not rows:
        raise Complaint("40004", "NO_BILL_DATA", "没有交易数据")
    token = call.world.offer(call.account, file, seconds=URL_LIVES)
    origin = f"{call.request.scheme}://{call.request.host}"
    return {"bill_download_url": f"{origin}{PREFIX}/download/{token}/bill.csv.zip"}


def _period(text: str) -> tuple[float, float]:
    """First second of a day or month, and first second after it."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return clock.span(date.fromisoformat(text))
        month = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 — only the date is used
        after = date(month.year + month.month // 12, month.month % 12 + 1, 1)
        return clock.span(month)[0], clock.span(after)[0]
    except ValueError as error:
        raise Complaint("40004", "INVAILID_ARGUMENTS", "bill_date 须为 yyyy-MM-dd 或 yyyy-MM") from error


def statement(at: World, account: Account, day: date) -> File:
    """The zip of a day, also for a day that is not over or empty."""
    start, end = clock.span(day)
    return _file(at, account, f"{day:%Y%m%d}", start, end)[0]


def _file(at: World, account: Account, label: str, start: float, end: float) -> tuple[File, int]:
    world.turn(at)
    orders = at.ledger.orders_between(CHANNEL, account.name, start, end)
    given = []
    for refund in at.ledger.refunds_between(CHANNEL, account.name, start, end, by="success_at"):
        order = at.ledger.order(CHANNEL, account.name, order_no=refund.order_no)
        assert order is not None, "a refund without its order"
        given.append(alipay_bill.Given(refund, order))
    pid = account.own["pid"]
    content = alipay_bill.packed(pid, label, orders, given, start=start, end=end, now=at.clock.now())
    return File(f"{pid}_{label}.csv.zip", content), len(orders) + len(given)


END = End(
    channel=CHANNEL,
    routes=routes,
    number_of_order=number_of_order,
    statement=statement,
    announce=alipay_notices.announce,
    letter=alipay_notices.letter,
    heard=alipay_notices.heard,
    pauses=alipay_notices.PAUSES,
)
