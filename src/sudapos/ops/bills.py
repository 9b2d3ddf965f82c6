"""Sales from the bills of WeChat Pay and Alipay: every payment becomes a sale of one line (wechatpay §15, alipay §18).

Refunds and reversed payments are no sales. What the file says about its own totals is compared with its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from sudapos.books.intake import LineDraft, PaymentDraft, SaleDraft

from . import bill_rows, rows
from .bill_rows import Row
from .rows import BadCell, Defaults, Found, Problem, Remark
from .sources import Source

_SUMS = {
    "订单总金额": "订单金额",
    "应结订单总金额": "应结订单金额",
    "退款总金额": "退款金额",
    "申请退款总金额": "申请退款金额",
    "总金额": "总金额",
}
"""Heading in the summary → column that it adds up; fees are rounded by the channel and not compared."""
ALIPAY_COUPONS = ("支付宝红包(元)", "集分宝(元)", "支付宝优惠(元)")
"""What Alipay paid of an order; what the merchant gave away itself stands in other columns (alipay §18)."""
_ALIPAY_TOTAL = re.compile(r"#(交易|退款)合计：(\d+)笔，商家实收\D*?(-?[\d.]+)元")


@dataclass(slots=True)
class _Sums:
    """What the rows add up to, in fen, by column; and how many there are."""

    count: int = 0
    amounts: dict[str, int] = field(default_factory=dict)

    def add(self, cells: Mapping[str, str], names: Sequence[str]) -> None:
        self.count += 1
        for name in names:
            if name in cells:
                self.amounts[name] = self.amounts.get(name, 0) + bill_rows.signed_fen(cells[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Payment:
    """One payment as a bill tells it, still in words."""

    number: str
    channel: str
    channel_ref: str
    amount: str
    at: str
    name: str
    till: str = ""
    operator: str = ""
    account: str = ""
    coupon: tuple[str, ...] = ()
    """What platforms paid of it, by cell."""


def _sale(row: Row, said: _Payment, defaults: Defaults) -> Found:
    """One payment as a sale of one line, or the reason why not."""
    number = said.number.strip()
    try:
        sale_no = rows.text("out_trade_no", number)
        amount = rows.fen("amount", said.amount, in_yuan=True)
        at = rows.instant("paid_at", said.at)
        if not sale_no:
            raise BadCell("sale_no_missing")
        if not amount:
            raise BadCell("sale_of_nothing")
        draft = _draft(sale_no, said, defaults, amount=amount, at=at)
    except BadCell as bad:
        return rows.refused(number, row.line, bad.code, **bad.facts)
    return Found(sale_no, (row.line,), draft)


def _draft(sale_no: str, said: _Payment, defaults: Defaults, *, amount: int, at: datetime) -> SaleDraft:
    coupon = sum(rows.fen("coupon_amount", cell or "0", in_yuan=True) or 0 for cell in said.coupon)
    return SaleDraft(
        sale_no=sale_no,
        store=defaults.store,
        till=rows.text("till", said.till),
        operator=rows.text("operator", said.operator),
        sold_at=at,
        lines=(LineDraft(line_no=1, name=rows.text("name", said.name), milli=1000, unit_price=amount),),
        payments=(
            PaymentDraft(
                payment_no="P1",
                channel=said.channel,
                account=said.account,
                amount=amount,
                coupon_amount=min(amount, coupon),
                out_trade_no=sale_no,
                channel_ref=rows.text("channel_ref", said.channel_ref),
                paid_at=at,
            ),
        ),
    )


# WeChat Pay -----------------------------------------------------------------------------------------------------


def wechatpay(source: Source, defaults: Defaults) -> Iterator[Found | Remark]:
    """The trade bill, ALL, SUCCESS or REFUND, also with the older headings. Raises UnreadableFile."""
    reversed_on = {
        r.cells.get("商户订单号", ""): r.line
        for r in bill_rows.ticked(source)
        if isinstance(r, Row) and r.cells.get("交易状态") == "REVOKED"
    }
    sums, kept, summed = _Sums(), _Sums(), False
    for row in bill_rows.ticked(source):
        if isinstance(row, Problem):
            sums.count, kept.count = sums.count + 1, kept.count + 1
            yield rows.refused("", row.line, row.code)
        elif "总交易单数" in row.cells:
            summed = True
            yield from _compared(row, sums, kept)
        else:
            sums.add(row.cells, tuple(_SUMS.values()))
            if row.cells.get("交易状态") != "REVOKED":
                kept.add(row.cells, tuple(_SUMS.values()))
            yield _wechatpay_row(row, reversed_on, defaults)
    if not summed:
        yield Remark("summary_missing")


def _wechatpay_row(row: Row, reversed_on: Mapping[str, int], defaults: Defaults) -> Found:
    cells, state = row.cells, row.cells.get("交易状态", "")
    number = cells["商户订单号"]
    if state == "REFUND":
        return rows.refused(number, row.line, "is_a_refund", refund_no=cells.get("商户退款单号", ""))
    if state == "REVOKED":
        return rows.refused(number, row.line, "is_reversed")
    if number in reversed_on:
        return rows.refused(number, row.line, "sale_refused", because=reversed_on[number])
    if state != "SUCCESS":
        return rows.refused(number, row.line, "not_a_payment", state=state)
    if cells.get("货币种类", "CNY") != "CNY":
        return rows.refused(number, row.line, "other_currency", currency=cells["货币种类"])
    till = cells.get("设备号", "")
    said = _Payment(
        number=number,
        channel="wechatpay",
        channel_ref=cells["微信订单号"],
        amount=cells.get("订单金额") or cells.get("总金额", ""),
        at=cells["交易时间"],
        name=cells.get("商品名称") or "微信支付收款",
        till=till if len(till) <= rows.LONGEST["till"] else "",
        account=defaults.account_for("wechatpay", cells.get("商户号", "")),
        coupon=(cells.get("代金券金额") or cells.get("代金券或立减优惠金额", ""),),
    )
    return _sale(row, said, defaults)


def _compared(summary: Row, sums: _Sums, kept: _Sums) -> Iterator[Remark]:
    """Whether the summary fits the rows, with or without the reversed ones."""
    pairs = [("总交易单数", bill_rows.signed_fen(summary.cells["总交易单数"]) // 100, sums.count, kept.count)]
    pairs += [
        (
            name,
            bill_rows.signed_fen(summary.cells[name]),
            sums.amounts.get(column, 0),
            kept.amounts.get(column, 0),
        )
        for name, column in _SUMS.items()
        if name in summary.cells and column in sums.amounts
    ]
    for name, said, all_rows, without_reversed in pairs:
        if said not in (all_rows, without_reversed):
            yield Remark(
                "summary_differs", {"name": name, "said": summary.cells[name], **_shown(name, all_rows)}
            )
            return


def _shown(name: str, found: int) -> dict[str, object]:
    return {"found": str(found) if "笔" in name or name == "总交易单数" else f"{Decimal(found) / 100:.2f}"}


# Alipay ---------------------------------------------------------------------------------------------------------


def alipay(source: Source, defaults: Defaults) -> Iterator[Found | Remark]:
    """The business bill 业务明细, as csv or out of its zip. Raises UnreadableFile."""
    sums = {"交易": _Sums(), "退款": _Sums()}
    for row in bill_rows.alipay(source):
        if isinstance(row, Remark):
            yield from _alipay_total(str(row.facts["text"]), sums)
        elif isinstance(row, Problem):
            yield rows.refused("", row.line, row.code)
        else:
            kind = row.cells["业务类型"]
            if kind in sums:
                sums[kind].add(row.cells, ("商家实收(元)",))
            yield _alipay_row(row, kind, defaults)


def _alipay_row(row: Row, kind: str, defaults: Defaults) -> Found:
    cells = row.cells
    number = cells["商户订单号"]
    if kind == "退款":
        return rows.refused(number, row.line, "is_a_refund", refund_no=cells.get("退款批次号/请求号", ""))
    if kind != "交易":
        return rows.refused(number, row.line, "not_a_payment", state=kind)
    till, operator = cells.get("终端号", ""), cells.get("操作员", "")
    said = _Payment(
        number=number,
        channel="alipay",
        channel_ref=cells["支付宝交易号"],
        amount=cells["订单金额(元)"],
        at=cells.get("完成时间") or cells.get("创建时间", ""),
        name=cells.get("商品名称") or "支付宝收款",
        till=till if len(till) <= rows.LONGEST["till"] else "",
        operator=operator if len(operator) <= rows.LONGEST["operator"] else "",
        account=defaults.account_for("alipay", ""),
        coupon=tuple(cells.get(name, "") for name in ALIPAY_COUPONS),
    )
    return _sale(row, said, defaults)


def _alipay_total(comment: str, sums: Mapping[str, _Sums]) -> Iterator[Remark]:
    found = _ALIPAY_TOTAL.match(comment)
    if found is None:
        return
    kind, count, amount = found.groups()
    rows_of = sums[kind]
    if int(count) != rows_of.count:
        yield Remark(
            "summary_differs", {"name": f"{kind}合计（笔）", "said": count, "found": str(rows_of.count)}
        )
    elif bill_rows.signed_fen(amount) != rows_of.amounts.get("商家实收(元)", 0):
        there = rows_of.amounts.get("商家实收(元)", 0)
        yield Remark("summary_differs", {"name": f"{kind}合计", "said": amount, **_shown(kind, there)})
