"""The business bill of a day or month as a zip of two GBK files (alipay §18)."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from sudapos.sandbox import clock, ledger
from sudapos.sandbox.seals import money

COLUMNS = (
    *(
        "支付宝交易号",
        "商户订单号",
        "业务类型",
        "商品名称",
        "创建时间",
        "完成时间",
        "门店编号",
        "门店名称",
        "操作员",
    ),
    *(
        "终端号",
        "对方账户",
        "订单金额（元）",
        "商家实收（元）",
        "支付宝红包（元）",
        "集分宝（元）",
        "支付宝优惠（元）",
    ),
    *("商家优惠（元）", "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）"),
    *("退款批次号/请求号", "服务费（元）", "分润（元）", "备注"),
)
_SUMMARY = (
    *("门店编号", "门店名称", "交易订单总笔数", "退款订单总笔数", "订单金额（元）", "商家实收（元）"),
    *(
        "支付宝优惠（元）",
        "商家优惠（元）",
        "卡消费金额（元）",
        "服务费（元）",
        "分润（元）",
        "实收净额（元）",
    ),
)
FEE_BP = 60
"""Hundredths of a per cent."""
_RULE = "-" * 40


@dataclass(frozen=True, slots=True)
class Given:
    """A refund beside the payment that it gives back."""

    refund: ledger.Refund
    order: ledger.Order


class _GbkEntry(zipfile.ZipInfo):
    """An entry whose name is written in GBK without the UTF-8 flag, as the real files have it."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("gb18030"), self.flag_bits & ~0x800


def packed(
    pid: str,
    label: str,
    orders: Sequence[ledger.Order],
    given: Sequence[Given],
    *,
    start: float,
    end: float,
    now: float,
) -> bytes:
    """The zip; `label` is the day or month in the names, `start` and `end` bound it."""
    detail = _detail(pid, orders, given, start=start, end=end, now=now)
    summary = _summary(pid, orders, given, start=start, end=end, now=now)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("业务明细", detail), ("业务明细(汇总)", summary)):
            entry = _GbkEntry(f"{pid}_{label}_{name}.csv", clock.beijing(end).timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, text.encode("gb18030"))
    return buffer.getvalue()


def fee_of(amount: int) -> int:
    """The handling fee in fen, half up."""
    return (amount * FEE_BP + 5_000) // 10_000


def _detail(
    pid: str, orders: Sequence[ledger.Order], given: Sequence[Given], *, start: float, end: float, now: float
) -> str:
    sold, back = sum(order.amount for order in orders), sum(one.refund.amount for one in given)
    lines = _head("业务明细", pid, start, end) + [",".join(COLUMNS)]
    rows = [(order.paid_at, _sold_row(order)) for order in orders]
    rows += [(one.refund.success_at or one.refund.accepted_at, _back_row(one)) for one in given]
    lines += [",".join(cells) for _, cells in sorted(rows, key=lambda row: row[0])]
    lines += [
        f"#{_RULE}-业务明细列表结束{_RULE[:-4]}",
        f"#交易合计：{len(orders)}笔，商家实收共{money(sold)}元，商家优惠共0.00元",
        f"#退款合计：{len(given)}笔，商家实收退款共{money(-back)}元，商家优惠退款共0.00元",
        f"#导出时间：[{_long(now)}]",
    ]
    return "".join(line + "\r\n" for line in lines)


def _summary(
    pid: str, orders: Sequence[ledger.Order], given: Sequence[Given], *, start: float, end: float, now: float
) -> str:
    net = sum(order.amount for order in orders) - sum(one.refund.amount for one in given)
    fees = sum(fee_of(one.refund.amount) for one in given) - sum(fee_of(order.amount) for order in orders)
    cells = (
        *(
            "S01\t",
            "沙箱门店",
            str(len(orders)),
            str(len(given)),
            money(net),
            money(net),
            "0.00",
            "0.00",
            "0.00",
        ),
        *(money(fees), "0.00", money(net + fees)),
    )
    lines = [*_head("业务汇总", pid, start, end), ",".join(_SUMMARY), ",".join(cells)]
    lines += [f"#{_RULE}-业务汇总列表结束{_RULE[:-4]}", f"#导出时间：[{_long(now)}]"]
    return "".join(line + "\r\n" for line in lines)


def _head(title: str, pid: str, start: float, end: float) -> list[str]:
    return [
        f"#支付宝{title}查询",
        f"#账号：[{pid}0156]",
        f"#起始日期：[{_long(start)}]   终止日期：[{_long(end)}]",
        f"#{_RULE}-{title}列表{_RULE}",
    ]


def _long(at: float) -> str:
    """`2020年07月24日 10:00:00`, Beijing; built by hand because strftime depends on the locale."""
    when = clock.beijing(at)
    return f"{when.year}年{when.month:02d}月{when.day:02d}日 {when:%H:%M:%S}"


def _sold_row(order: ledger.Order) -> tuple[str, ...]:
    fee = -fee_of(order.amount)
    return _row(order, "交易", order.paid_at, order.amount, "", fee, "", packet=order.coupon)


def _back_row(one: Given) -> tuple[str, ...]:
    at = one.refund.success_at or one.refund.accepted_at
    fee = fee_of(one.refund.amount)
    return _row(
        *(one.order, "退款", at, -one.refund.amount, one.refund.refund_no + "\t", fee, one.refund.reason),
        packet=one.refund.payer_part - one.refund.amount,
    )


def _row(
    order: ledger.Order,
    kind: str,
    at: float,
    amount: int,
    request_no: str,
    fee: int,
    remark: str,
    *,
    packet: int,
) -> tuple[str, ...]:
    """One line, `packet` of it by red packet; identifiers end with a TAB so that spreadsheets keep their digits."""
    return (
        *(
            f"{order.channel_ref}\t",
            f"{order.order_no}\t",
            kind,
            _plain(order.subject),
            clock.plain(at),
            clock.plain(at),
        ),
        *("S01\t", "沙箱门店", "", "", order.payer or "150****8675", money(amount), money(amount)),
        *(
            money(packet),
            "0.00",
            "0.00",
            "0.00",
            "0.00",
            "",
            "0.00",
            "0.00",
            request_no,
            money(fee),
            "0.00",
            _plain(remark),
        ),
    )


def _plain(text: str) -> str:
    """Free text that cannot break the line: a comma becomes a full-width one."""
    return text.replace(",", "，").replace("\r", " ").replace("\n", " ")
