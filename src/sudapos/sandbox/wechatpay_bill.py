"""The trade bill of a day, byte for byte as the sheet describes it (wechatpay §15.2).

UTF-8 with BOM, CR LF, a back-tick before every cell that is not a heading, yuan with two decimals, fees with five.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509

from sudapos.sandbox import clock, ledger, wechatpay_notices
from sudapos.sandbox.seals import money

_BEFORE = (
    *(
        "交易时间",
        "公众账号ID",
        "商户号",
        "特约商户号",
        "设备号",
        "微信订单号",
        "商户订单号",
        "用户标识",
        "交易类型",
    ),
    *("交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额"),
)
_TIMES = ("退款申请时间", "退款成功时间")
_REFUND = ("微信退款单号", "商户退款单号", "退款金额", "充值券退款金额", "退款类型", "退款状态")
_GOODS = ("商品名称", "商户数据包", "手续费", "费率", "订单金额")
COLUMNS = {
    "ALL": (*_BEFORE, *_REFUND, *_GOODS, "申请退款金额", "费率备注"),
    "SUCCESS": (*_BEFORE, *_GOODS, "费率备注"),
    "REFUND": (*_BEFORE, *_TIMES, *_REFUND, *_GOODS, "申请退款金额", "费率备注"),
}
SUMMARY = (
    *("总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额", "订单总金额"),
    "申请退款总金额",
)
FEE_BP = 60
"""Hundredths of a per cent."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line: its cells by heading, and the figures behind the summary in fen."""

    state: str
    cells: dict[str, str]
    sold: int
    refunded: int
    fee: int
    coupon: int = 0
    """Of a refund, what falls to prepaid coupons."""


def rows(
    mchid: str,
    orders: Sequence[ledger.Order],
    refunds: Sequence[tuple[ledger.Refund, ledger.Order | None]],
    *,
    snapshot: float,
) -> list[Row]:
    """Payments, then refunds by the day they were accepted, with the states that held at the hour `snapshot`."""
    paid = [_paid(mchid, order) for order in orders]
    given = [_given(mchid, refund, order, snapshot) for refund, order in refunds if order is not None]
    return sorted(paid + given, key=lambda row: row.cells["交易时间"])


def text(lines: Sequence[Row], kind: str) -> str:
    """The file without its BOM."""
    columns = COLUMNS[kind]
    fees = sum(row.fee for row in lines)
    sold, refunded = sum(row.sold for row in lines), sum(row.refunded for row in lines)
    totals = (
        *(
            str(len(lines)),
            money(sold),
            money(refunded),
            money(sum(row.coupon for row in lines)),
            money(fees),
        ),
        money(sold),
        money(refunded),
    )
    body = [",".join(columns)]
    body += [_ticked([row.cells[name] for name in columns]) for row in lines]
    body += [",".join(SUMMARY), _ticked(totals)]
    return "".join(line + "\r\n" for line in body)


def validity(certificate_pem: str) -> tuple[str, str]:
    """From when until when a certificate holds, as /v3/certificates says it."""
    certificate = x509.load_pem_x509_certificate(certificate_pem.encode())
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return clock.rfc3339(start.timestamp()), clock.rfc3339(end.timestamp())


def fee_of(amount: int) -> int:
    """The handling fee in fen, half up."""
    return (amount * FEE_BP + 5_000) // 10_000


def _paid(mchid: str, order: ledger.Order) -> Row:
    fee = fee_of(order.amount)
    state = "REVOKED" if order.state == ledger.REVOKED else "SUCCESS"
    cells = _common(mchid, order, at=order.paid_at, state=state) | {
        "应结订单金额": money(order.amount),
        "微信退款单号": "0",
        "商户退款单号": "0",
        "退款金额": "0.00",
        "退款类型": "",
        "退款状态": "",
        "手续费": f"{money(fee)}000",
        "订单金额": money(order.amount),
        "申请退款金额": "0.00",
        "退款申请时间": "",
        "退款成功时间": "",
    }
    return Row(state, cells, order.amount, 0, fee)


def _given(mchid: str, refund: ledger.Refund, order: ledger.Order, snapshot: float) -> Row:
    fee = -fee_of(refund.amount)
    state = _state_at(refund, snapshot)
    done = refund.success_at if state == ledger.SUCCESS else None
    cells = _common(mchid, order, at=refund.accepted_at, state="REFUND") | {
        "应结订单金额": "0.00",
        "微信退款单号": wechatpay_notices.refund_id(refund),
        "商户退款单号": refund.refund_no,
        "代金券金额": money(refund.amount - refund.payer_part),
        "退款金额": money(refund.amount),
        "充值券退款金额": money(refund.amount - refund.payer_part),
        "退款类型": "ORIGINAL",
        "退款状态": state,
        "手续费": f"{money(fee)}000",
        "订单金额": "0.00",
        "申请退款金额": money(refund.amount),
        "退款申请时间": clock.plain(refund.accepted_at),
        "退款成功时间": clock.plain(done) if done is not None else "",
    }
    return Row("REFUND", cells, 0, refund.amount, fee, refund.amount - refund.payer_part)


def _state_at(refund: ledger.Refund, snapshot: float) -> str:
    """A bill is a snapshot that is never updated."""
    if refund.state_at <= snapshot:
        return refund.state
    if refund.success_at is not None and refund.success_at <= snapshot:
        return ledger.SUCCESS
    return ledger.PROCESSING


def _common(mchid: str, order: ledger.Order, *, at: float, state: str) -> dict[str, str]:
    return {
        "交易时间": clock.plain(at),
        "公众账号ID": "wx0000sandbox00000",
        "商户号": mchid,
        "特约商户号": "0",
        "设备号": "",
        "微信订单号": order.channel_ref,
        "商户订单号": order.order_no,
        "用户标识": order.payer or "oSandboxPayer00000000000000",
        "交易类型": "MICROPAY",
        "交易状态": state,
        "付款银行": "CMB_CREDIT" if order.funding == "card" else "OTHERS",
        "货币种类": "CNY",
        "代金券金额": money(order.coupon),
        "充值券退款金额": "0.00",
        "商品名称": order.subject,
        "商户数据包": "",
        "费率": "0.60%",
        "费率备注": "",
    }


def _ticked(cells: Sequence[str]) -> str:
    return ",".join(
        "`" + cell.replace("\r", "\\r").replace("\n", "\\n").replace("\x01", "\\x01") for cell in cells
    )
