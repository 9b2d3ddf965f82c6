"""A code becomes a sentence and a next step, in Chinese or English, in words that can be read aloud."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from . import calendar, masking, money
from .wording import (
    Entry,
    acquirers,
    batches,
    bookkeeping,
    bounds,
    cards,
    cases,
    channels,
    closing,
    compensations,
    corrections,
    customer,
    deciding,
    deposits,
    drawers,
    exchanges,
    fraud,
    goods,
    invoices,
    keeping,
    kept_fees,
    legs,
    notices,
    pages,
    passing,
    payees,
    people,
    policies,
    reasons,
    refusals,
    reports,
    restoring,
    states,
    tips,
    ways,
    words,
)

CATALOGUE: dict[str, Entry] = {
    **channels.TABLE,
    **acquirers.TABLE,
    **batches.TABLE,
    **cases.TABLE,
    **closing.TABLE,
    **compensations.TABLE,
    **corrections.TABLE,
    **customer.TABLE,
    **deciding.TABLE,
    **deposits.TABLE,
    **drawers.TABLE,
    **exchanges.TABLE,
    **fraud.TABLE,
    **goods.TABLE,
    **invoices.TABLE,
    **bookkeeping.TABLE,
    **bounds.TABLE,
    **cards.TABLE,
    **keeping.TABLE,
    **kept_fees.TABLE,
    **tips.TABLE,
    **legs.TABLE,
    **notices.TABLE,
    **pages.TABLE,
    **passing.TABLE,
    **payees.TABLE,
    **people.TABLE,
    **policies.TABLE,
    **reasons.TABLE,
    **reports.TABLE,
    **restoring.TABLE,
    **refusals.TABLE,
    **ways.TABLE,
}

FEN = frozenset(
    [
        "total",
        "before",
        "whole",
        "left",
        "asked",
        "limit",
        "paid",
        "cash",
        "amount",
        "today",
        "expected",
        "held",
        "wanted",
        "missing",
        "counted",
        "legs",
    ]
)
"""Facts with these names are amounts; they are shown in yuan."""
_UNKNOWN: Entry = (
    "发生了没有说明的情况（{code}）",
    "请联系技术支持",
    "Something without a description: {code}",
    "Ask support",
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """What is the matter, and what to do next."""

    text: str
    hint: str


class _Lenient(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _second(lang: str) -> bool:
    return lang.lower().startswith("en")


def say(code: str, lang: str, /, **facts: object) -> Sentence:
    """The sentence for a code; facts that are not given are left open, unknown codes are named as they are."""
    zh, zh_hint, en, en_hint = CATALOGUE.get(code, _UNKNOWN)
    shown = _told({**facts, "code": code}, lang)
    pair = (en, en_hint) if _second(lang) else (zh, zh_hint)
    return Sentence(*(text.format_map(shown) for text in pair))


def _told(facts: Mapping[str, object], lang: str) -> _Lenient:
    return _Lenient({name: _shown(name, value, lang) for name, value in facts.items() if value is not None})


def _shown(name: str, value: object, lang: str) -> str:
    if isinstance(value, (list, tuple, set, frozenset)):
        parts = (_shown(name, each, lang) for each in value)
        return (", " if _second(lang) else "、").join(parts)
    if name in FEN and isinstance(value, int):
        return f"¥{money.show(value)}" if value >= 0 else f"−¥{money.show(-value)}"
    if isinstance(value, datetime):
        return f"{value.astimezone(calendar.SHANGHAI):%m-%d %H:%M}"
    if isinstance(value, str) and name in _WORDS:
        return _WORDS[name](value, lang)
    return masking.scan(str(value))  # what was typed comes back in errors, too


def known(code: str) -> bool:
    """Whether the catalogue has a sentence of its own for this code."""
    return code in CATALOGUE


def _word(table: words.Words, code: str, lang: str) -> str:
    pair = table.get(code)
    return pair[_second(lang)] if pair else code


def reason_word(reason: str, lang: str) -> str:
    """质量问题, 不想要了 …: why the customer wants the money back; the code itself where there is no word."""
    return _word(words.REASONS, reason, lang)


def channel_word(channel: str, lang: str) -> str:
    """微信支付, 支付宝 …"""
    return _word(words.CHANNELS, channel, lang)


def role_word(role: str, lang: str) -> str:
    """收银员, 店长 …"""
    return _word(words.ROLES, role, lang)


def route_word(route: str, lang: str) -> str:
    """原路退回, 撤销, 银行转账, 现金."""
    return _word(words.ROUTES, route, lang)


def goods_word(condition: str, lang: str) -> str:
    """完好，放回货架 …: the condition of goods that came back."""
    return _word(goods.CONDITIONS, condition, lang)


EVENT_CODES = tuple(words.EVENTS)
"""Codes of events and acts that have a word."""


def event_word(event: str, lang: str) -> str:
    """A step of a timeline: an act (refund.opened), a leg's move (settle) or a call to a channel (ask)."""
    return _word(words.EVENTS, event, lang)


def state_word(state: str, lang: str) -> str:
    """待审批, 已受理 …: one word per state everywhere (desk §2)."""
    entry = states.TABLE.get(state)
    return entry[2 if _second(lang) else 0] if entry else state


def state_sentence(state: str, lang: str, /, **facts: object) -> str:
    """The sentence under a state (desk §2)."""
    entry = states.TABLE.get(state)
    if entry is None:
        return state
    return entry[3 if _second(lang) else 1].format_map(_told(facts, lang))


def field_word(code: str, lang: str) -> str:
    """What is wrong with one field."""
    return _word(words.FAULTS, code, lang) if code in words.FAULTS else say(code, lang).text


def entry_word(path: str, lang: str) -> str:
    """What an entry of the policy is called: 审批限额（收银员）."""
    return policies.entry(path, second=_second(lang))


def _moment(text: str, lang: str) -> str:
    try:
        return _shown("", datetime.fromisoformat(text), lang)
    except ValueError:
        return text


def batch_word(code: str, lang: str) -> str:
    """What a state of a batch is called."""
    return _word(batches.STATES, code, lang)


def batch_kind(code: str, lang: str) -> str:
    """商品召回, 标错价 …"""
    return _word(batches.KINDS, code, lang)


def outcome_word(code: str, lang: str) -> str:
    """Where an item of a batch stands."""
    return _word(batches.OUTCOMES, code, lang)


_WORDS: Mapping[str, Callable[[str, str], str]] = {
    "batch_state": batch_word,
    "channel": channel_word,
    "role": role_word,
    "needed": role_word,
    "reason": reason_word,
    "not_before": _moment,
    "rule": entry_word,
    "invoice_state": lambda state, lang: _word(invoices.STATES, state, lang),
}
"""Facts with these names are codes or moments; they are shown as words."""
