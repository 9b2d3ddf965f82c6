"""WeChat Pay's trade bill, ALL, SUCCESS or REFUND, old headings and new (wechatpay §15)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sudapos.ops import bill_rows, rows
from sudapos.ops.rows import BadCell, Problem
from sudapos.ops.sources import Source

from .shape import Row, Total, fen

KINDS = {"SUCCESS": "sale", "REFUND": "refund", "REVOKED": "void"}


@dataclass
class _Sums:
    """What the rows add up to, for the summary row; a row that cannot be read counts, too."""

    count: int = 0
    ordered: int = 0
    refunded: int = 0


def read(source: Source) -> Iterator[Row | Problem | Total]:
    """Every row, and whether the file's own summary fits them. Raises UnreadableFile."""
    sums = _Sums()
    for row in bill_rows.ticked(source):
        if isinstance(row, Problem):
            sums.count += 1
            yield row
        elif "总交易单数" in row.cells:
            yield from _totals(row, sums)
        else:
            sums.count += 1
            yield _read(row, sums)


def _read(row: bill_rows.Row, sums: _Sums) -> Row | Problem:
    cells = row.cells
    state = cells.get("交易状态", "")
    try:
        kind = KINDS.get(state)
        if kind is None:
            raise BadCell("kind_unknown", text=state)
        ordered = fen("订单金额", cells.get("订单金额") or cells.get("总金额", ""), in_yuan=True)
        refunded = fen("退款金额", cells.get("申请退款金额") or cells.get("退款金额") or "0", in_yuan=True)
        fee = fen("手续费", cells.get("手续费") or "0", in_yuan=True)
        at = rows.instant("交易时间", cells.get("交易时间", ""))
    except BadCell as bad:
        return Problem(row.line, bad.code, bad.facts)
    sums.ordered += ordered if kind == "sale" else 0
    sums.refunded += refunded if kind != "sale" else 0
    amount = ordered if kind == "sale" else refunded or ordered
    return Row(
        line=row.line,
        kind=kind,
        amount=amount,
        order_no=cells.get("商户订单号", ""),
        channel_ref=cells.get("微信订单号", ""),
        refund_no=_given(cells.get("商户退款单号", "")),
        refund_ref=_given(cells.get("微信退款单号", "")),
        fee=fee,
        net=amount - fee if kind == "sale" else -amount - fee,
        state=cells.get("退款状态", "") if kind == "refund" else state,
        happened_at=at,
        account=cells.get("商户号", ""),
        said=cells,
    )


def _given(cell: str) -> str:
    """Rows of payments have a 0 where a refund's number would stand."""
    return "" if cell == "0" else cell


def _totals(summary: bill_rows.Row, sums: _Sums) -> Iterator[Total]:
    cells = summary.cells
    yield Total("总交易单数", bill_rows.signed_fen(cells["总交易单数"]) // 100, sums.count)
    for name, found in (("订单总金额", sums.ordered), ("申请退款总金额", sums.refunded)):
        if name in cells:
            yield Total(name, bill_rows.signed_fen(cells[name]), found)
