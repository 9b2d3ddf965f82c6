"""Sales from a table: one row per line, any headings, the rows of one sale number together.

Read twice: first to see where each sale number ends, then sale by sale, so that a long file needs little memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sudapos.books.intake import LineDraft, PaymentDraft, SaleDraft
from sudapos.core.refusal import Refusal

from . import drafts, rows
from .rows import BadCell, Defaults, Found, Problem, UnreadableFile
from .sources import Source

AMOUNTS = frozenset({"unit_price", "discount", "amount", "order_discount", "rounding_off"})
PAYMENT_TEXTS = (
    "account",
    "out_trade_no",
    "channel_ref",
    "card_masked",
    "auth_code",
    "reference_no",
    "batch_no",
    "trace_no",
)
FIELDS = frozenset(
    [
        "sale_no",
        "line_no",
        "sku",
        "name",
        "category",
        "quantity",
        "unit",
        "vat_bp",
        "returnable",
        "serial",
        "sold_at",
        "till",
        "operator",
        "store",
        "payment",
        "payment_no",
        "paid_at",
        "invoice_no",
        "phone",
        "customer",
    ]
).union(AMOUNTS, PAYMENT_TEXTS)
NEEDED = ("sale_no", "quantity", "unit_price", "sold_at")
TENDERS = {
    "现金": "cash",
    "微信": "wechatpay",
    "微信支付": "wechatpay",
    "支付宝": "alipay",
    "云闪付": "unionpay",
    "银联": "unionpay",
    "银行卡": "card",
    "刷卡": "card",
    "转账": "transfer",
}
"""What tills write for a channel."""
NO_NAME = "—"
Value = TypeVar("Value")
_RETURN = re.compile(r"C\d+")
csv.field_size_limit(1 << 20)


class BadColumns(ValueError):
    """A mapping that makes no sense: code and facts for the sentence."""

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


@dataclass(frozen=True, slots=True)
class Column:
    """One field and the heading of its column."""

    field: str
    header: str
    in_yuan: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: dict[str, str]
    ragged: bool

    @property
    def sale_no(self) -> str:
        return self.cells["sale_no"].strip()


def columns(mapping: str) -> tuple[Column, ...]:
    """`sale_no=InvoiceNo,unit_price=UnitPrice:yuan` as columns. Raises BadColumns."""
    found: dict[str, Column] = {}
    for part in filter(None, (p.strip() for p in mapping.split(","))):
        name, equals, header = (p.strip() for p in part.partition("="))
        in_yuan = header.endswith(":yuan")
        header = header.removesuffix(":yuan").strip()
        if not equals or not header:
            raise BadColumns("columns_not_pairs", part=part)
        if name not in FIELDS:
            raise BadColumns("column_unknown_field", field=name, known=", ".join(sorted(FIELDS)))
        if name in found:
            raise BadColumns("column_twice", field=name)
        if in_yuan and name not in AMOUNTS:
            raise BadColumns("column_not_an_amount", field=name, known=", ".join(sorted(AMOUNTS)))
        found[name] = Column(name, header, in_yuan)
    return tuple(found.values())


def read(source: Source, wanted: Sequence[Column], defaults: Defaults) -> Iterator[Found]:
    """Every sale of the table. Without `wanted` the headings are the field names. Raises BadColumns, UnreadableFile."""
    sheet = _Sheet(source, wanted)
    last = {row.sale_no: row.line for row in sheet.rows()}
    waiting: dict[str, list[_Row]] = {}
    for row in sheet.rows():
        if not row.sale_no:
            yield rows.refused("", row.line, "sale_no_missing")
            continue
        waiting.setdefault(row.sale_no, []).append(row)
        if last[row.sale_no] == row.line:
            yield _sale(waiting.pop(row.sale_no), sheet.in_yuan, defaults)


def names_payments(source: Source, wanted: Sequence[Column]) -> bool:
    """Whether the table says how its sales were paid. Raises BadColumns, UnreadableFile."""
    return any(column.field == "payment" for column in _Sheet(source, wanted).columns)


class _Sheet:
    """The table below its headings."""

    def __init__(self, source: Source, wanted: Sequence[Column]) -> None:
        self._source = source
        with source.lines() as text:
            self._delimiter = max(",\t;", key=text.readline().count)
            text.seek(0)
            try:
                headings = next(csv.reader(text, delimiter=self._delimiter, strict=True), [])
            except csv.Error as error:
                raise UnreadableFile("csv_broken", line=1, why=str(error)) from None
        self._headings = [h.strip() for h in headings]
        if not any(self._headings):
            raise UnreadableFile("file_empty", file=source.path.name)
        self.columns = tuple(wanted) or tuple(Column(h, h) for h in self._headings if h in FIELDS)
        self.in_yuan = frozenset(c.field for c in self.columns if c.in_yuan)
        self._places = {column.field: self._place(column) for column in self.columns}
        missing = [name for name in NEEDED if name not in self._places]
        if missing:
            raise BadColumns("columns_missing", fields=", ".join(missing), headers=", ".join(self._headings))

    def _place(self, column: Column) -> int:
        if column.header not in self._headings:
            headers = ", ".join(self._headings)
            raise BadColumns("column_not_in_file", field=column.field, header=column.header, headers=headers)
        return self._headings.index(column.header)

    def rows(self) -> Iterator[_Row]:
        """Rows that hold anything. Raises UnreadableFile where quotes do not close."""
        width = len(self._headings)
        with self._source.lines() as text:
            table = csv.reader(text, delimiter=self._delimiter, strict=True)
            try:
                next(table)
                ended = table.line_num
                for cells in table:
                    line, ended = ended + 1, table.line_num
                    if any(cell.strip() for cell in cells):
                        yield self._row(line, cells, width)
            except csv.Error as error:
                raise UnreadableFile("csv_broken", line=table.line_num, why=str(error)) from None

    def _row(self, line: int, cells: list[str], width: int) -> _Row:
        ragged = len(cells) < width or any(cell.strip() for cell in cells[width:])
        padded = cells + [""] * (width - len(cells))
        return _Row(line, {name: padded[place] for name, place in self._places.items()}, ragged)


def _sale(group: Sequence[_Row], in_yuan: frozenset[str], defaults: Defaults) -> Found:
    reader = _Reader(in_yuan, defaults)
    lines = tuple(row.line for row in group)
    goods: list[LineDraft] = []
    problems: dict[int, Problem] = {}
    for row in group:
        try:
            goods.append(reader.line(row))
        except BadCell as bad:
            problems[row.line] = Problem(row.line, bad.code, bad.facts)
    if not problems and not any(line.unit_price for line in goods):
        problems = {line: Problem(line, "sale_of_nothing") for line in lines}
    if not problems:
        try:
            return Found(group[0].sale_no, lines, reader.sale(group, goods))
        except _BadSale as bad:
            problems[bad.line] = Problem(bad.line, bad.why.code, bad.why.facts)
    because = min(problems)
    every = (problems.get(n) or Problem(n, "sale_refused", {"because": because}) for n in lines)
    return Found(group[0].sale_no, lines, problems=tuple(every))


class _BadSale(Exception):
    """A cell that concerns the whole sale, and where it stands."""

    def __init__(self, line: int, why: BadCell) -> None:
        super().__init__(why.code)
        self.line, self.why = line, why


class _Reader:
    def __init__(self, in_yuan: frozenset[str], defaults: Defaults) -> None:
        self._in_yuan = in_yuan
        self._defaults = defaults

    def line(self, row: _Row) -> LineDraft:
        """One row as one line of its sale. Raises BadCell."""
        cells = row.cells
        if row.ragged:
            raise BadCell("wrong_number_of_cells")
        backwards = cells["quantity"].strip().startswith("-")
        if _RETURN.fullmatch(row.sale_no) or (backwards and row.sale_no.startswith("C")):
            raise BadCell("is_a_return", sale_no=row.sale_no)
        if backwards:
            raise BadCell("stock_correction", text=cells["quantity"].strip())
        sku = self._text(row, "sku")
        line = LineDraft(
            line_no=int(cells["line_no"]) if cells.get("line_no", "").strip().isdecimal() else 0,
            sku=sku,
            name=self._text(row, "name") or sku or NO_NAME,
            category=self._text(row, "category"),
            milli=rows.milli(cells["quantity"]),
            unit=self._text(row, "unit"),
            unit_price=self._fen(row, "unit_price"),
            discount=self._fen(row, "discount"),
            vat_bp=rows.basis_points("vat_bp", cells["vat_bp"]) if cells.get("vat_bp", "").strip() else 0,
            returnable=rows.yes_no("returnable", cells["returnable"])
            if cells.get("returnable", "").strip()
            else True,
            serial=self._text(row, "serial"),
        )
        if line.milli * line.unit_price > rows.LARGEST * 1000:
            raise BadCell("amount_invalid", field="unit_price", text=cells["unit_price"].strip())
        return line

    def sale(self, group: Sequence[_Row], goods: list[LineDraft]) -> SaleDraft:
        """All rows as one sale. Raises _BadSale."""
        first = group[0]
        draft = SaleDraft(
            sale_no=_at(first, lambda row: self._text(row, "sale_no")),
            store=self._same(group, "store") or self._defaults.store,
            till=self._same(group, "till"),
            operator=self._same(group, "operator"),
            sold_at=min(_at(row, lambda r: rows.instant("sold_at", r.cells["sold_at"])) for row in group),
            lines=drafts.numbered(goods),
            payments=(),
            order_discount=self._same_fen(group, "order_discount"),
            rounding_off=self._same_fen(group, "rounding_off"),
            phone=self._same(group, "phone"),
            name=self._same(group, "customer"),
            invoice_no=self._same(group, "invoice_no"),
        )
        tenders = self._tenders(group)
        try:
            return drafts.paid(draft, tenders, self._defaults)
        except BadCell as bad:
            raise _BadSale(first.line, bad) from None
        except Refusal as refusal:
            index, code, facts = drafts.fault(refusal)
            raise _BadSale(group[index or 0].line, BadCell(code, **facts)) from None

    def _tenders(self, group: Sequence[_Row]) -> list[PaymentDraft]:
        """The distinct tenders of the rows: exports repeat the same one on every row of its sale."""
        found: dict[PaymentDraft, None] = {}
        for row in group:
            if row.cells.get("payment", "").strip() or row.cells.get("amount", "").strip():
                found[_at(row, self._tender)] = None
        return list(found)

    def _tender(self, row: _Row) -> PaymentDraft:
        said = row.cells.get("payment", "").strip()
        channel = TENDERS.get(said, said.lower()) or self._defaults.payment
        if not channel:
            raise BadCell("payment_missing")
        paid_at = row.cells.get("paid_at", "")
        texts: dict[str, Any] = {name: self._text(row, name) for name in PAYMENT_TEXTS}
        return PaymentDraft(
            payment_no=self._text(row, "payment_no"),
            channel=channel,
            amount=self._fen(row, "amount"),
            paid_at=rows.instant("paid_at", paid_at) if paid_at.strip() else None,
            **texts,
        )

    def _text(self, row: _Row, name: str) -> str:
        return rows.text(name, row.cells.get(name, ""))

    def _fen(self, row: _Row, name: str) -> int:
        cell = row.cells.get(name, "")
        if not cell.strip() and name != "unit_price":
            return 0
        return rows.fen(name, cell, in_yuan=name in self._in_yuan)

    def _same(self, group: Sequence[_Row], name: str) -> str:
        """What the rows of one sale say with one voice, or nothing. Raises _BadSale where they differ."""
        said = ""
        for row in group:
            here = _at(row, lambda r: self._text(r, name))
            if said and here and here != said:
                raise _BadSale(row.line, BadCell("rows_disagree", field=name, one=said, other=here))
            said = said or here
        return said

    def _same_fen(self, group: Sequence[_Row], name: str) -> int:
        amounts = {_at(row, lambda r: self._fen(r, name)): row.line for row in reversed(group)}
        amounts.pop(0, None)
        if len(amounts) > 1:
            raise _BadSale(max(amounts.values()), BadCell("rows_disagree", field=name, one="", other=""))
        return next(iter(amounts), 0)


def _at(row: _Row, make: Callable[[_Row], Value]) -> Value:
    """A value of the whole sale; what is wrong with it is wrong on this line."""
    try:
        return make(row)
    except BadCell as bad:
        raise _BadSale(row.line, bad) from None
