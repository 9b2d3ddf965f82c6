"""What is to be refunded, from a table or from JSON lines: rows made asks, with a reason for each row that cannot be read."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sudapos.books import batches
from sudapos.books.batches import AT_MOST, Ask, Draft, RefundBatch
from sudapos.books.staff import Operator
from sudapos.core import sentences
from sudapos.core.batches import Kind
from sudapos.core.refusal import Refusal
from sudapos.core.rules import REASONS

from .rows import BadCell, Problem, fen, milli, text
from .sources import ENCODINGS

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sale_no": ("sale_no", "销售单号", "单号", "小票号"),
    "line_no": ("line_no", "行号", "行"),
    "quantity": ("quantity", "数量"),
    "amount": ("amount", "金额", "金额（元）", "金额(元)"),
    "reason": ("reason", "原因"),
}
LARGEST = 5 << 20
"""Bytes; ten thousand rows are far less."""
PROBLEMS_KEPT = 200
EXAMPLE = '{"sale_no": "S01-0001", "line_no": 1, "quantity": "2"}'


@dataclass(frozen=True, slots=True)
class Read:
    """What a file holds; `digest` knows it again."""

    asks: list[Ask]
    problems: list[Problem]
    digest: str


@dataclass(slots=True)
class _Sale:
    """The rows of one sale, which become one ask."""

    reason: str = ""
    lines: dict[int, int] = field(default_factory=dict)
    amount: int | None = None
    rows: list[int] = field(default_factory=list)
    everything: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: Mapping[str, str]
    in_yuan: bool


def read(content: bytes) -> Read:
    """A table with a heading (amounts in yuan) or JSON lines (amounts in fen); several rows of a sale are one ask.

    Raises Refusal batch_file_columns, batch_file_encoding, batch_too_big, batch_empty.
    """
    if len(content) > LARGEST:
        raise Refusal("batch_too_big", count=len(content), most=AT_MOST)
    whole = _decoded(content)
    problems: list[Problem] = []
    sales: dict[str, _Sale] = {}
    rows = _json_rows(whole, problems) if whole.lstrip().startswith("{") else _table_rows(whole)
    try:
        for row in rows:
            try:
                _take(row, sales)
            except BadCell as bad:
                problems.append(Problem(row.line, bad.code, bad.facts))
    except csv.Error:
        raise Refusal("batch_file_encoding") from None
    for number in {n for p in problems if (n := _sale_of(p, sales))}:
        # half of what is asked of a sale is worse than nothing of it
        sales.pop(number, None)
    asks = [_ask(number, sale) for number, sale in sales.items()]
    if not asks and not problems:
        raise Refusal("batch_empty")
    return Read(asks, sorted(problems, key=lambda p: p.line), hashlib.sha256(content).hexdigest())


def plain(problem: Problem) -> dict[str, Any]:
    """As it is kept with the batch."""
    return {
        "line": problem.line,
        "code": problem.code,
        "facts": {k: str(v) for k, v in problem.facts.items()},
    }


def _decoded(content: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal("batch_file_encoding")


def _table_rows(whole: str) -> Iterator[_Row]:
    rows = csv.reader(io.StringIO(whole, newline=""))
    heads = [cell.strip().lower() for cell in next(rows, [])]
    places = {
        name: heads.index(found)
        for name, known in COLUMNS.items()
        if (found := next((word for word in known if word in heads), None)) is not None
    }
    if "sale_no" not in places:
        raise Refusal("batch_file_columns", column="sale_no")
    for cells in rows:
        if any(cell.strip() for cell in cells):
            named = {name: cells[at] for name, at in places.items() if at < len(cells)}
            yield _Row(rows.line_num, named, in_yuan=True)


def _json_rows(whole: str, problems: list[Problem]) -> Iterator[_Row]:
    for number, line in enumerate(whole.splitlines(), 1):
        if not line.strip():
            continue
        try:
            given = json.loads(line)
        except (ValueError, RecursionError):
            given = None
        if not isinstance(given, dict) or set(given) - set(COLUMNS):
            problems.append(Problem(number, "batch_row_json", {"example": EXAMPLE}))
            continue
        yield _Row(number, {name: str(value) for name, value in given.items() if value is not None}, False)


def _take(row: _Row, sales: dict[str, _Sale]) -> None:
    cells = {name: cell.strip() for name, cell in row.cells.items()}
    number = text("sale_no", cells.get("sale_no", ""))
    if not number:
        raise BadCell("sale_no_missing")
    sale = sales.setdefault(number, _Sale())
    sale.rows.append(row.line)
    try:
        _note(sale, cells, row)
    except BadCell as bad:
        raise BadCell(bad.code, **{**bad.facts, "sale_no": number}) from None


def _note(sale: _Sale, cells: Mapping[str, str], row: _Row) -> None:
    if reason := cells.get("reason", ""):
        sale.reason = _reason(reason)
    line_no, quantity, amount = (cells.get(name, "") for name in ("line_no", "quantity", "amount"))
    if quantity and not line_no:
        raise BadCell("batch_row_quantity")
    if amount and line_no or (sale.rows[:-1] and not line_no):
        raise BadCell("batch_row_mixed")
    if amount:
        sale.amount = fen("amount", amount, in_yuan=row.in_yuan)
    elif line_no:
        if sale.amount is not None or sale.everything:
            raise BadCell("batch_row_mixed")
        if (
            not (line_no.isascii() and line_no.isdigit() and 0 < int(line_no) < 10**6)
            or int(line_no) in sale.lines
        ):
            raise BadCell("batch_row_line", text=line_no)
        sale.lines[int(line_no)] = milli(quantity or "1")
    else:
        sale.everything = True


def _reason(word: str) -> str:
    for code in REASONS:
        if word in (code, sentences.reason_word(code, "zh"), sentences.reason_word(code, "en")):
            return code
    raise BadCell("batch_row_reason", text=word[:40])


def _sale_of(problem: Problem, sales: Mapping[str, _Sale]) -> str:
    number = str(problem.facts.get("sale_no", ""))
    return number if number in sales else ""


def _ask(number: str, sale: _Sale) -> Ask:
    return Ask(
        sale_no=number, lines=tuple(sorted(sale.lines.items())), amount=sale.amount, reason=sale.reason
    )


def draft(
    content: bytes, *, name: str, title: str, reason: str, operator: Operator, at: datetime
) -> RefundBatch:
    """A batch of what the file asks for; rows that cannot be read stand beside it. Raises as `read` and `batches.draft`, Conflict batch_file_known."""
    found = read(content)
    if not found.asks:
        raise Refusal("batch_file_unreadable", line=found.problems[0].line)
    batches.refuse_again(found.digest)
    told = {
        "file": name[:80],
        "digest": found.digest,
        "problems": [plain(problem) for problem in found.problems[:PROBLEMS_KEPT]],
        "problem_count": len(found.problems),
    }
    wanted = Draft(kind=Kind.FILE, title=title, asks=found.asks, reason=reason, asked=told)
    return batches.draft(wanted, operator=operator, at=at)
