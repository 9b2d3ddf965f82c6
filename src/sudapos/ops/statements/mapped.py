"""A statement of any channel whose columns a person has mapped: csv with a heading or without."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sudapos.core.calendar import SHANGHAI
from sudapos.core.refusal import FieldError, Invalid
from sudapos.ops import rows
from sudapos.ops.rows import BadCell, Problem, UnreadableFile
from sudapos.ops.sources import Source

from .shape import KINDS, Row, fen

FIELDS = (
    *("kind", "amount", "order_no", "channel_ref", "refund_no", "refund_ref", "fee", "net", "state"),
    *("happened_at", "account"),
)
_TEXTS = ("order_no", "channel_ref", "refund_no", "refund_ref", "state", "account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """How to read a file. A column is a heading, or a place counted from 1."""

    columns: Mapping[str, str | int]
    kinds: Mapping[str, str] = field(default_factory=dict)
    """The file's word → sale, refund, void or other. Without a column for the kind the amount's sign tells."""
    in_yuan: bool = True
    delimiter: str = ","
    heading: bool = True
    skip_lines: int = 0
    """Lines before the heading, or before the first row."""
    comment: str = ""
    """Lines that begin so are left out."""
    end: str = ""
    """From a line that begins so on, nothing is a row: totals, signatures."""
    time_format: str = ""
    """As for strptime; empty for the usual forms."""


def from_toml(path: Path) -> Mapped:
    """A mapping from a file. Raises Invalid statement_mapping_invalid, UnreadableFile."""
    try:
        return from_mapping(tomllib.loads(path.read_text("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnreadableFile("mapping_broken", file=path.name, why=str(error)[:120]) from None


def from_mapping(given: Mapping[str, Any]) -> Mapped:
    """Raises Invalid statement_mapping_invalid, naming each wrong key."""
    names = Mapped.__dataclass_fields__
    faults = [FieldError((key,), "unknown_field") for key in given if key not in names]
    types = {"in_yuan": bool, "heading": bool, "skip_lines": int, "columns": dict, "kinds": dict}
    faults += [
        FieldError((key,), "unusable")
        for key, value in given.items()
        if key in names and not isinstance(value, types.get(key, str))
    ]
    columns = given.get("columns")
    if isinstance(columns, dict):
        faults += [FieldError(("columns", key), "unknown_field") for key in columns if key not in FIELDS]
        faults += [
            FieldError(("columns", key), "unusable") for key, at in columns.items() if not _is_place(at)
        ]
        if "amount" not in columns:
            faults.append(FieldError(("columns", "amount"), "missing"))
    else:
        faults.append(FieldError(("columns",), "missing"))
    kinds = given.get("kinds", {})
    if isinstance(kinds, dict):
        faults += [
            FieldError(("kinds", str(key)), "unusable") for key, kind in kinds.items() if kind not in KINDS
        ]
    if len(str(given.get("delimiter", ","))) != 1:
        faults.append(FieldError(("delimiter",), "unusable"))
    if faults:
        raise Invalid("statement_mapping_invalid", errors=faults)
    return Mapped(**given)


def _is_place(at: object) -> bool:
    return (isinstance(at, str) and at != "") or (isinstance(at, int) and not isinstance(at, bool) and at > 0)


def read(source: Source, mapping: Mapped) -> Iterator[Row | Problem]:
    """Every row by the mapping. Raises UnreadableFile where a mapped heading is not there."""
    places: dict[str, int] | None = None if mapping.heading else _places(mapping, ())
    with source.lines() as text:
        for line, raw in enumerate(text, 1):
            plain = raw.rstrip("\r\n")
            if line <= mapping.skip_lines or not plain.strip(" \t,"):
                continue
            if mapping.end and plain.startswith(mapping.end):
                break
            if mapping.comment and plain.startswith(mapping.comment):
                continue
            cells = [_bare(cell) for cell in next(csv.reader([plain], delimiter=mapping.delimiter))]
            if places is None:
                places = _places(mapping, cells)
                continue
            yield _row(line, cells, places, mapping)
    if places is None:
        raise UnreadableFile("file_empty", file=source.path.name)


def _bare(cell: str) -> str:
    """Without the blanks, TABs and back-ticks that keep spreadsheets from rounding numbers."""
    return cell.strip().lstrip("`").strip()


def _places(mapping: Mapped, headings: Sequence[str]) -> dict[str, int]:
    """Field → place from 0. Raises UnreadableFile for a heading that is not there."""
    places = {}
    for name, at in mapping.columns.items():
        if isinstance(at, int):
            places[name] = at - 1
        elif at in headings:
            places[name] = headings.index(at)
        else:
            raise UnreadableFile("column_not_in_file", header=at, field=name, headers=", ".join(headings))
    return places


def _row(line: int, cells: Sequence[str], places: Mapping[str, int], mapping: Mapped) -> Row | Problem:
    if max(places.values()) >= len(cells):
        return Problem(line, "wrong_number_of_cells")
    told = {name: cells[at] for name, at in places.items()}
    try:
        amount = fen("amount", told["amount"], in_yuan=mapping.in_yuan)
        return Row(
            line=line,
            kind=_kind(told, amount, mapping),
            amount=abs(amount),
            fee=fen("fee", told["fee"], in_yuan=mapping.in_yuan) if told.get("fee") else None,
            net=fen("net", told["net"], in_yuan=mapping.in_yuan) if told.get("net") else None,
            happened_at=_moment(told["happened_at"], mapping.time_format)
            if told.get("happened_at")
            else None,
            said=told,
            **{name: told.get(name, "") for name in _TEXTS},
        )
    except BadCell as bad:
        return Problem(line, bad.code, bad.facts)


def _kind(told: Mapping[str, str], amount: int, mapping: Mapped) -> str:
    if "kind" not in told:
        return "refund" if amount < 0 else "sale"
    kind = mapping.kinds.get(told["kind"])
    if kind is None:
        raise BadCell("kind_unknown", text=told["kind"][:40])
    return kind


def _moment(cell: str, form: str) -> datetime:
    if not form:
        return rows.instant("happened_at", cell)
    try:
        at = datetime.strptime(cell, form)  # noqa: DTZ007 — an offset may stand in it
    except ValueError:
        raise BadCell("time_invalid", field="happened_at", text=cell[:40]) from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)
