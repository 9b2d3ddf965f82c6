"""The fees of a policy as people write them: one row a line, `数码=5%`, `数码/不想要了=取消 10.00/件`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from sudapos.core import kept_fees, money, sentences

from . import language

RATE = re.compile(r"(?P<number>[0-9]{1,8}(?:\.[0-9]{1,2})?)(?P<per>%|/件|/unit|/行|/line)")
PER = {"%": "bp", "/件": "unit_fen", "/unit": "unit_fen", "/行": "line_fen", "/line": "line_fen"}
KIND = {
    "重新上架": "restocking",
    "restocking": "restocking",
    "取消": "cancellation",
    "cancellation": "cancellation",
}


class Unreadable(ValueError):
    """A row that is none; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kind_word(kind: str) -> str:
    """What a fee is called on a page."""
    return {"restocking": _("重新上架"), "cancellation": _("取消")}.get(kind, kind)


def row_word(row: Mapping[str, Any]) -> str:
    """重新上架 5%, 取消 10.00/件."""
    rates = []
    if row.get("bp"):
        rates.append(f"{money.show(row['bp']).rstrip('0').rstrip('.')}%")
    if row.get("unit_fen"):
        rates.append(f"{money.show(row['unit_fen'])}{_('/件')}")
    if row.get("line_fen"):
        rates.append(f"{money.show(row['line_fen'])}{_('/行')}")
    return f"{kind_word(str(row.get('kind', '')))} {'+'.join(rates) or '0%'}"


def key_word(key: str) -> str:
    """数码 · 不想要了; every category is 全部商品."""
    category, reason = _parts(key)
    named = _("全部商品") if category == kept_fees.ANY else category
    return f"{named} · {sentences.reason_word(reason, language.current())}" if reason else named


def _parts(key: str) -> tuple[str, str]:
    category, slash, reason = key.rpartition("/")
    return (category, reason) if slash and reason in kept_fees.REASONS else (key, "")


def shown(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Every row as it may be typed again."""
    lines = []
    for key, row in rows.items():
        category, reason = _parts(key)
        named = f"{category}/{sentences.reason_word(reason, language.current())}" if reason else category
        lines.append(f"{named}={row_word(row)}")
    return "\n".join(lines)


def read(text: str) -> dict[str, dict[str, Any]]:
    """The rows that were typed. Raises Unreadable bad_value or number_twice."""
    found: dict[str, dict[str, Any]] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        name, equals, told = line.replace("＝", "=").rpartition("=")
        key = _key(name.strip())
        if not equals or not key:
            raise Unreadable("bad_value")
        if key in found:
            raise Unreadable("number_twice")
        found[key] = _row(told.strip())
    return found


def _key(name: str) -> str:
    category, slash, word = name.rpartition("/")
    known = {sentences.reason_word(code, lang): code for code in _every_reason() for lang in ("zh", "en")}
    reason = known.get(word.strip(), word.strip()) if slash else ""
    return f"{category.strip()}/{reason}" if reason in _every_reason() else name


def _every_reason() -> tuple[str, ...]:
    return (*kept_fees.REASONS, *sorted(kept_fees.FREE_REASONS))


def _row(told: str) -> dict[str, Any]:
    """Kind first, restocking where none is named; then rates, added up with +."""
    first, _space, rest = told.partition(" ")
    kind = KIND.get(first.lower()) or next(
        (code for code in kept_fees.KINDS if told.startswith(kind_word(code))), ""
    )
    rates = (rest or told) if kind else told
    row: dict[str, Any] = {"kind": kind or kept_fees.KINDS[0]}
    for part in rates.replace("％", "%").replace("¥", "").replace(" ", "").split("+"):
        match = RATE.fullmatch(part)
        if match is None or PER[match["per"]] in row:
            raise Unreadable("bad_value")
        row[PER[match["per"]]] = money.yuan(match["number"])
    return row
