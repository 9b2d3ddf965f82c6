"""The rows of WeChat Pay's and Alipay's bills as cells by heading, whatever they are read for (wechatpay §15, alipay §18)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from .rows import Problem, Remark, UnreadableFile
from .sources import Source

TICK = "`"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its line in the file, its cells by heading."""

    line: int
    cells: Mapping[str, str]


def signed_fen(cell: str) -> int:
    """Fen from yuan with a sign and any number of zeros; 0 for what is not a number (a row's own check speaks)."""
    try:
        value = Decimal(cell or "0") * 100
        return int(value) if value.is_finite() else 0
    except InvalidOperation:
        return 0


def ticked(source: Source) -> Iterator[Row | Problem]:
    """Rows and the summary row by heading; every cell begins with a back-tick, and names may hold commas."""
    headings: list[str] = []
    with source.lines() as text:
        for line, raw in enumerate(text, 1):
            plain = raw.rstrip("\r\n")
            if not plain.strip(", \t"):
                continue
            if not plain.startswith(TICK):
                headings = [cell.strip() for cell in plain.split(",")]
                if "总交易单数" not in headings and not {"微信订单号", "商户订单号", "交易时间"} <= set(
                    headings
                ):
                    raise UnreadableFile("not_this_bill", line=line, bill="wechatpay")
                continue
            cells = [cell.strip() for cell in plain[1:].split(f",{TICK}")]
            if not headings:
                raise UnreadableFile("not_this_bill", line=line, bill="wechatpay")
            whole = cells if "总交易单数" in headings else _rejoined(cells, headings, f",{TICK}")
            yield (
                Row(line, dict(zip(headings, whole, strict=False)))
                if whole
                else Problem(line, "wrong_number_of_cells")
            )
    if not headings:
        raise UnreadableFile("file_empty", file=source.path.name)


def alipay(source: Source) -> Iterator[Row | Problem | Remark]:
    """Rows by heading and the `#…合计` comments; identifiers end with a TAB, full-width brackets become plain."""
    headings: list[str] = []
    with source.lines() as text:
        for line, raw in enumerate(text, 1):
            plain = raw.rstrip("\r\n")
            if not plain.strip(", \t"):
                continue
            if plain.startswith("#"):
                yield Remark("comment", {"text": plain})
                continue
            cells = [cell.strip() for cell in next(csv.reader([plain]))]
            if not headings:
                headings = [cell.replace("（", "(").replace("）", ")") for cell in cells]
                if not {"支付宝交易号", "商户订单号", "业务类型", "订单金额(元)"} <= set(headings):
                    raise UnreadableFile("not_this_bill", line=line, bill="alipay")
                continue
            whole = _rejoined(cells, headings, ",")
            yield (
                Row(line, dict(zip(headings, whole, strict=True)))
                if whole
                else Problem(line, "wrong_number_of_cells")
            )
    if not headings:
        raise UnreadableFile("not_this_bill", line=1, bill="alipay")


def _rejoined(cells: list[str], headings: list[str], joint: str) -> list[str] | None:
    """The cells of one row; a name that holds what parts cells, which files do not quote, is put together again."""
    more = len(cells) - len(headings)
    if more < 0 or (more and "商品名称" not in headings):
        return None
    if not more:
        return cells
    place = headings.index("商品名称")
    return [*cells[:place], joint.join(cells[place : place + more + 1]), *cells[place + more + 1 :]]
