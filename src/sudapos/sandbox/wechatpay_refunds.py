"""How WeChat Pay takes a refund: every field, every rule, the same number only once (wechatpay §6, §10, §19 steps 7–11)."""

from __future__ import annotations

import ipaddress
import json
from typing import Any
from urllib.parse import urlsplit

from sudapos.sandbox import clock, coupons, faults, ledger, wechatpay_notices, world
from sudapos.sandbox.fields import Choice, Group, Many, Text, Whole, first_problem
from sudapos.sandbox.wechatpay_gate import CHANNEL, INNER, Call, Complaint, Reply, wrong

WINDOW = 365 * clock.DAY
GAP = 60.0
"""Seconds between two refunds of one order."""
MOST_REFUNDS = 50
NUMBER = r"[0-9A-Za-z_\-|*@]+"

_GOODS = Group(
    must={
        "merchant_goods_id": Text(most=32),
        "unit_price": Whole(1),
        "refund_amount": Whole(1),
        "refund_quantity": Whole(1),
    },
    may={"wechatpay_goods_id": Text(most=32), "goods_name": Text(most=256)},
)
_FROM = Group(must={"account": Choice(("AVAILABLE", "UNAVAILABLE")), "amount": Whole(1)}, may={})
_AMOUNT = Group(
    must={"refund": Whole(1), "total": Whole(1), "currency": Choice(("CNY",))}, may={"from": Many(_FROM)}
)
BODY = Group(
    must={"out_refund_no": Text(most=64, pattern=NUMBER), "amount": _AMOUNT},
    may={
        "transaction_id": Text(most=32),
        "out_trade_no": Text(least=6, most=32),
        "reason": Text(most=80, most_bytes=80),
        "notify_url": Text(least=8, most=256),
        "funds_account": Choice(("AVAILABLE", "UNSETTLED")),
        "goods_detail": Many(_GOODS),
    },
)


async def create(call: Call) -> Reply:
    """`POST /v3/refund/domestic/refunds`: accepted, not finished."""
    asked = _read(call)
    order = _order(call, asked)
    terms = _terms(asked)
    known = call.world.ledger.refund(CHANNEL, call.account.name, asked["out_refund_no"])
    if known is not None:
        if known.order_no != order.order_no or known.terms != terms:
            raise _refused("重入参数不一致：同一退款单号的请求参数与之前不同", INNER["reentry"])
        call.world.ledger.asked_again(known)
        return Reply(200, shown(call.world, known, order))
    _judge(call, asked, order)
    fate = call.world.faults.draw(CHANNEL, "refund", faults.FATE, call.account.name)
    if fate is not None and fate.fault == "insufficient_balance":
        raise Complaint(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
    refund = _accept(call, asked, order, terms, fate)
    answer = shown(call.world, refund, order)
    await _tell_early(call, refund)
    return Reply(200, answer)


async def query(call: Call) -> Reply:
    """`GET /v3/refund/domestic/refunds/{out_refund_no}`."""
    if call.request.query:
        name, value = next(iter(call.request.query.items()))
        raise wrong(name, value, "Unknown field", location="query", inner=INNER["extra"])
    number = call.request.match_info["out_refund_no"]
    world.turn(call.world)
    refund = call.world.ledger.refund(CHANNEL, call.account.name, number)
    if refund is None:
        raise Complaint(404, "RESOURCE_NOT_EXISTS", "退款单不存在")
    order = call.world.ledger.order(CHANNEL, call.account.name, order_no=refund.order_no)
    assert order is not None, "a refund without its order"
    return Reply(200, shown(call.world, refund, order))


def shown(at: world.World, refund: ledger.Refund, order: ledger.Order) -> dict[str, object]:
    """The refund object of section 6."""
    said = {
        "refund_id": wechatpay_notices.refund_id(refund),
        "out_refund_no": refund.refund_no,
        "transaction_id": order.channel_ref,
        "out_trade_no": order.order_no,
        "channel": "ORIGINAL",
        "user_received_account": refund.received_account,
        "create_time": clock.rfc3339(refund.accepted_at),
        "status": refund.state,
        "funds_account": json.loads(refund.terms).get("funds_account", "UNSETTLED"),
        "amount": coupons.wechat_amount(order, refund),
        **coupons.wechat_promotions(order, refund),
    }
    if refund.state == ledger.SUCCESS and refund.success_at is not None:
        said["success_time"] = clock.rfc3339(refund.success_at)
    return said


def _read(call: Call) -> dict[str, Any]:
    """The body, well-formed in every field (§19 step 7)."""
    try:
        asked = json.loads(call.body.decode("utf-8"), object_pairs_hook=_once)
    except ValueError as error:
        raise wrong("/", None, f"body is not JSON: {error}") from error
    problem = first_problem(asked, BODY)
    if problem is not None:
        inner = INNER["extra"] if problem.issue == "Unknown field" else 1
        raise wrong(problem.field, problem.value, problem.issue, inner=inner)
    assert isinstance(asked, dict)
    if ("transaction_id" in asked) == ("out_trade_no" in asked):
        raise wrong("/transaction_id", None, "send exactly one of transaction_id and out_trade_no")
    if "notify_url" in asked and not reachable(asked["notify_url"]):
        raise wrong(
            "/notify_url", asked["notify_url"], "https and public, or http on loopback; no query string"
        )
    _check_from(asked["amount"])
    return asked


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _check_from(amount: dict[str, Any]) -> None:
    sources = amount.get("from", [])
    if len({source["account"] for source in sources}) != len(sources):
        raise wrong("/amount/from", None, "accounts must be unique")
    if sources and sum(source["amount"] for source in sources) != amount["refund"]:
        raise wrong("/amount/from", None, "amounts must add up to refund")


def reachable(url: str) -> bool:
    """Whether a notice may go there: https to a public host, or http to this machine; never with a query."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        parts.port  # noqa: B018 — raises ValueError for a port out of range
    except ValueError:
        return False
    if not host or "?" in url or "#" in url or parts.username is not None:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        loopback = host == "localhost"
        public = "." in host and not loopback
    else:
        loopback, public = address.is_loopback, address.is_global
    return (parts.scheme == "https" and public) or (parts.scheme == "http" and loopback)


def _order(call: Call, asked: dict[str, Any]) -> ledger.Order:
    """The order, paid (§19 step 8)."""
    order = call.world.ledger.order(
        CHANNEL,
        call.account.name,
        order_no=asked.get("out_trade_no", ""),
        channel_ref=asked.get("transaction_id", ""),
    )
    if order is None or order.state == ledger.UNPAID:
        raise Complaint(404, "RESOURCE_NOT_EXISTS", "订单不存在或未支付", inner=INNER["no_order"])
    return order


def _terms(asked: dict[str, Any]) -> str:
    """What must not change under one number; where to send the notice may."""
    free = ("transaction_id", "out_trade_no", "notify_url", "out_refund_no")
    kept = {name: value for name, value in asked.items() if name not in free}
    return json.dumps(kept, sort_keys=True, ensure_ascii=False)


def _judge(call: Call, asked: dict[str, Any], order: ledger.Order) -> None:
    """The rules of business (§19 step 10)."""
    earlier = call.world.ledger.refunds_of(order)
    amount = asked["amount"]
    if order.state != ledger.PAID:
        raise _refused("订单状态不支持退款")
    if amount["total"] != order.amount:
        raise _refused("订单金额或退款金额与之前请求不一致，请核实后再试")
    if amount["refund"] > order.amount - ledger.taken(earlier):
        raise _refused("申请退款金额大于订单可退金额")
    if len(earlier) >= MOST_REFUNDS:
        raise _refused("订单退款次数超过 50 次")
    if call.now - order.paid_at > WINDOW:
        raise _refused("订单已超过可退款的最大期限（365 天）")
    if earlier and call.now - earlier[-1].accepted_at < GAP:
        raise Complaint(429, "FREQUENCY_LIMITED", "同一订单两次退款须间隔 1 分钟", inner=INNER["rate"])


def _refused(message: str, inner: int = 1) -> Complaint:
    return Complaint(400, "INVALID_REQUEST", message, inner=inner)


def _accept(
    call: Call, asked: dict[str, Any], order: ledger.Order, terms: str, fate: faults.Fault | None
) -> ledger.Refund:
    refund = ledger.Refund(
        channel=CHANNEL,
        account=call.account.name,
        order_no=order.order_no,
        refund_no=asked["out_refund_no"],
        amount=asked["amount"]["refund"],
        terms=terms,
        state=ledger.PROCESSING,
        accepted_at=call.now,
        reason=asked.get("reason", ""),
        notify_url=asked.get("notify_url", ""),
        received_account="招商银行信用卡0403" if order.funding == "card" else "支付用户零钱",
        user_part=_payer(call, order, asked["amount"]["refund"]),
    )
    world.plan(call.world, refund, fate, settle_seconds=call.world.tempo.settle_seconds)
    call.world.ledger.accept(refund)
    if call.world.tempo.settle_seconds == 0 and refund.next_at is not None:
        world.step(call.world, refund, call.now)
    return refund


def _payer(call: Call, order: ledger.Order, amount: int) -> int | None:
    return coupons.pro_rata(order, call.world.ledger.refunds_of(order), amount) if order.coupon else None


async def _tell_early(call: Call, refund: ledger.Refund) -> None:
    """Two faults strike while the refund is still processing: a forged notice, and a true one before the reply."""
    if not refund.notify_url or refund.state != ledger.PROCESSING:
        return
    early = ("forged_notice", "out_of_order_notice") if refund.next_at is not None else ("forged_notice",)
    fault = call.world.faults.draw(CHANNEL, "notice", early, refund.account)
    if fault is None:
        return
    if fault.fault == "forged_notice":
        wechatpay_notices.add(call.world, refund, mode="forged", claim=ledger.SUCCESS)
        return
    world.step(call.world, refund, call.now)
    if call.world.send_now is not None:
        await call.world.send_now()
