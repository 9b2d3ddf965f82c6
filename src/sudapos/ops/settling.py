"""The bank's statement, read for what channels paid: csv with a heading, columns found by their usual names or mapped."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from sudapos.books import settlements
from sudapos.books.settlements import CreditDraft, Settled
from sudapos.core.refusal import Invalid
from sudapos.ops import rows, sources
from sudapos.ops.rows import BadCell, Problem, UnreadableFile
from sudapos.ops.statements import shape

USUAL: Mapping[str, Sequence[str]] = {
    "day": ("记账日期", "入账日期", "交易日期", "交易时间", "日期", "Date"),
    "amount": ("贷方发生额", "贷方金额", "收入金额", "收入", "贷方", "Credit"),
    "payer": ("对方户名", "对方名称", "付款方", "付款人", "对方账户名称", "Payer"),
    "reference": ("流水号", "交易流水号", "凭证号", "业务流水号", "Reference"),
}
"""Headings of banks' own files; nothing is guessed from positions."""
LOOK_IN = 20
"""Lines before the heading that a bank may write."""


@dataclass(frozen=True, slots=True)
class Read:
    """Lines with money in, and lines that cannot be read."""

    credits: Sequence[CreditDraft]
    problems: Sequence[Problem]


def read(path: Path, columns: Mapping[str, str] | None = None) -> Read:
    """Lines of money in. Raises UnreadableFile, Invalid bank_columns_unknown."""
    source = sources.find(path)
    credits, problems = [], []
    places: dict[str, int] | None = None
    seen: dict[str, int] = {}
    with source.lines() as text:
        for number, raw in enumerate(text, 1):
            cells = [cell.strip().strip("\t`") for cell in next(csv.reader([raw.rstrip("\r\n")]), [])]
            if not any(cells):
                continue
            if places is None:
                places = _places(cells, columns or {})
                if places is None and number >= LOOK_IN:
                    break
                continue
            told = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
            if not told["amount"] or not told["day"]:
                continue
            try:
                draft = _credit(told, seen)
            except BadCell as bad:
                problems.append(Problem(number, bad.code, bad.facts))
                continue
            if draft is not None:
                credits.append(draft)
    if places is None:
        raise Invalid("bank_columns_unknown", known=", ".join(names[0] for names in USUAL.values()))
    return Read(credits, problems)


def _places(cells: Sequence[str], columns: Mapping[str, str]) -> dict[str, int] | None:
    """Field → place, where this line is the heading."""
    places = {}
    for name, usual in USUAL.items():
        wanted = (columns[name],) if name in columns else usual
        found = next((cells.index(each) for each in wanted if each in cells), None)
        if found is not None:
            places[name] = found
    return places if {"day", "amount"} <= set(places) else None


def _credit(told: Mapping[str, str], seen: dict[str, int]) -> CreditDraft | None:
    amount = shape.fen("amount", told["amount"], in_yuan=True)
    if amount <= 0:
        return None
    day = _day(told["day"])
    face = "|".join((f"{day}", f"{amount}", told.get("payer", ""), told.get("reference", "")))
    seen[face] = seen.get(face, 0) + 1  # two equal lines of one file are two payments
    digest = hashlib.sha256(f"{face}|{seen[face]}".encode()).hexdigest()
    return CreditDraft(
        value_day=day,
        amount=amount,
        payer=told.get("payer", ""),
        reference=told.get("reference", ""),
        digest=digest,
    )


def _day(text: str) -> date:
    return rows.instant("day", text).date()


def load(
    path: Path, *, columns: Mapping[str, str] | None = None, by: str, at: datetime
) -> tuple[Settled, Read]:
    """Read a bank's file and book what channels paid. The same file again changes nothing."""
    found = read(path, columns)
    return settlements.take(found.credits, by=by, at=at), found


def columns_of(text: str) -> dict[str, str]:
    """`day=记账日期,amount=贷方发生额,…` as a mapping. Raises Invalid bank_columns_unknown."""
    told = {}
    for part in filter(None, text.split(",")):
        name, _, heading = part.partition("=")
        if name.strip() not in USUAL or not heading.strip():
            raise Invalid("bank_columns_unknown", known=", ".join(USUAL))
        told[name.strip()] = heading.strip()
    return told


__all__ = ["UnreadableFile", "columns_of", "load", "read"]
