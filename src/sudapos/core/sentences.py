"""A code becomes a sentence and a next step, in Chinese or English, in words that can be read aloud."""

from __future__ import annotations

from dataclasses import dataclass

from . import money
from .wording import Entry, channels, reasons, refusals, states

CATALOGUE: dict[str, Entry] = {**channels.TABLE, **reasons.TABLE, **refusals.TABLE}

FEN = frozenset(
    [
        "total",
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


def say(code: str, lang: str, **facts: object) -> Sentence:
    """The sentence for a code; facts that are not given are left open, unknown codes are named as they are."""
    zh, zh_hint, en, en_hint = CATALOGUE.get(code, _UNKNOWN)
    shown = _Lenient({name: _shown(name, value, lang) for name, value in facts.items()}, code=code)
    pair = (en, en_hint) if _second(lang) else (zh, zh_hint)
    return Sentence(*(text.format_map(shown) for text in pair))


def _shown(name: str, value: object, lang: str) -> str:
    if name in FEN and isinstance(value, int):
        return f"¥{money.show(value)}"
    if name in ("channel", "role", "needed") and isinstance(value, str):
        return word(value, lang)
    return str(value)


def known(code: str) -> bool:
    """Whether the catalogue has a sentence of its own for this code."""
    return code in CATALOGUE


def word(code: str, lang: str) -> str:
    """The word for a reason, channel, way, role or step; the code itself where there is none."""
    pair = states.WORDS.get(code)
    return pair[_second(lang)] if pair else code


def reason_word(reason: str, lang: str) -> str:
    return word(reason, lang)


def channel_word(channel: str, lang: str) -> str:
    return word(channel, lang)


def role_word(role: str, lang: str) -> str:
    return word(role, lang)


def route_word(route: str, lang: str) -> str:
    return word(route, lang)


def event_word(event: str, lang: str) -> str:
    return word(event, lang)


def state_word(state: str, lang: str) -> str:
    """待审批, 已受理 …: one word per state everywhere (desk §2)."""
    entry = states.TABLE.get(state)
    return entry[2 if _second(lang) else 0] if entry else state


def state_sentence(state: str, lang: str, **facts: object) -> str:
    """The sentence under a state (desk §2)."""
    entry = states.TABLE.get(state)
    if entry is None:
        return state
    shown = _Lenient({name: _shown(name, value, lang) for name, value in facts.items()})
    return entry[3 if _second(lang) else 1].format_map(shown)


def field_word(code: str, lang: str) -> str:
    """What is wrong with one field."""
    pair = states.FAULTS.get(code)
    return pair[_second(lang)] if pair else say(code, lang).text
