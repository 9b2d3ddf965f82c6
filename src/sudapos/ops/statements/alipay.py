"""Alipay's business bill 业务明细, as csv or out of its zip (alipay §18)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sudapos.ops import bill_rows, rows
from sudapos.ops.rows import BadCell, Problem, Remark
from sudapos.ops.sources import Source

from .shape import Row, Total, fen

KINDS = {"交易": "sale", "退款": "refund"}
_TOTAL = re.compile(r"#(交易|退款)合计：(\d+)笔，商家实收\D*?(-?[\d.]+)元")


def read(source: Source) -> Iterator[Row | Problem | Total]:
    """Every row, and whether the file's own totals fit them. Raises UnreadableFile."""
    counts = dict.fromkeys(KINDS, 0)
    received = dict.fromkeys(KINDS, 0)
    for row in bill_rows.alipay(source):
        if isinstance(row, Problem):
            yield row
        elif isinstance(row, Remark):
            found = _TOTAL.match(str(row.facts["text"]))
            if found:
                kind, count, amount = found.groups()
                yield Total(f"{kind}合计（笔）", int(count), counts[kind])
                yield Total(f"{kind}合计", bill_rows.signed_fen(amount), received[kind])
        else:
            kind = row.cells["业务类型"]
            if kind in KINDS:
                counts[kind] += 1
                received[kind] += bill_rows.signed_fen(row.cells.get("商家实收(元)", ""))
            yield _read(row)


def _read(row: bill_rows.Row) -> Row | Problem:
    cells = row.cells
    try:
        kind = KINDS.get(cells["业务类型"])
        if kind is None:
            raise BadCell("kind_unknown", text=cells["业务类型"])
        amount = fen("订单金额", cells["订单金额(元)"], in_yuan=True)
        received = fen("商家实收", cells.get("商家实收(元)") or "0", in_yuan=True)
        charged = fen("服务费", cells.get("服务费(元)") or "0", in_yuan=True)
        at = rows.instant("完成时间", cells.get("完成时间") or cells.get("创建时间", ""))
    except BadCell as bad:
        return Problem(row.line, bad.code, bad.facts)
    return Row(
        line=row.line,
        kind=kind,
        amount=abs(amount),
        order_no=cells["商户订单号"],
        channel_ref=cells["支付宝交易号"],
        refund_no=cells.get("退款批次号/请求号", ""),
        fee=-charged,  # the bill writes a fee as what leaves: -0.06
        net=received + charged,
        happened_at=at,
        said=cells,
    )
