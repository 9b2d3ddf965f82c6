"""Tables as files: the same cells give the same bytes, whenever and wherever they are written."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import xlsxwriter

from sudapos.core import money
from sudapos.core.refusal import Refusal
from sudapos.core.sheets import Cell, Money

CONTENT_TYPES = {
    "csv": "text/csv",
    "txt": "text/plain",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
MADE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)
"""Stands in every workbook: a clock in it would make each file another one."""
WIDTH_AT_MOST = 40
NEWLINE = "\r\n"


def as_csv(rows: Iterable[Sequence[Cell]], *, encoding: str = "utf-8") -> bytes:
    """Comma-separated; UTF-8 begins with a BOM, without which Excel takes it for something else.

    Raises Refusal not_in_gbk for a character that GBK does not have.
    """
    out = io.StringIO()
    csv.writer(out, lineterminator=NEWLINE).writerows([_plain(cell) for cell in row] for row in rows)
    return _encoded(out.getvalue(), "utf-8-sig" if encoding == "utf-8" else encoding)


def as_txt(rows: Iterable[Sequence[Cell]], *, preamble: str = "", encoding: str = "gbk") -> bytes:
    """One row per line, commas between, no quotes and no blank line: a comma in a text becomes a full-width one."""
    lines = [preamble] if preamble else []
    lines += [",".join(_plain(cell).replace(",", "，").replace('"', "＂") for cell in row) for row in rows]
    return _encoded("".join(line + NEWLINE for line in lines), encoding)


def as_xlsx(rows: Sequence[Sequence[Cell]], *, title: str, head: int = 1) -> bytes:
    """A workbook of one sheet; the first `head` rows are headings. Texts stay texts, amounts are numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    book.set_properties({"created": MADE, "author": "sudapos"})
    page = book.add_worksheet(title)
    bold, amount = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    widths: dict[int, int] = {}
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            widths[x] = min(WIDTH_AT_MOST, max(widths.get(x, 0), _width(cell)))
            if isinstance(cell, Money):
                page.write_number(y, x, Decimal(cell.fen) / 100, amount)
            elif isinstance(cell, int):
                page.write_number(y, x, cell)
            elif cell:
                page.write_string(y, x, cell, bold if y < head else None)
    for x, width in widths.items():
        page.set_column(x, x, width + 2)
    page.freeze_panes(head, 0)
    book.close()
    return out.getvalue()


def _plain(cell: Cell) -> str:
    return money.show(cell.fen) if isinstance(cell, Money) else str(cell)


def _width(cell: Cell) -> int:
    return sum(1 if letter.isascii() else 2 for letter in _plain(cell))


def _encoded(text: str, encoding: str) -> bytes:
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        raise Refusal("not_in_gbk", letter=text[error.start], encoding=encoding) from None
