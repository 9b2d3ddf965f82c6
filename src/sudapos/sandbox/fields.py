"""What a field may hold, and the first thing that is wrong with a JSON body. Unknown fields and nulls are wrong too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import assert_never


@dataclass(frozen=True, slots=True)
class Text:
    """Between `least` and `most` characters; `most_bytes` counts UTF-8 bytes; `narrow` forbids 4-byte characters."""

    least: int = 1
    most: int = 10_000
    pattern: str = ""
    most_bytes: int = 1_000_000
    narrow: bool = True


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of at least `least`."""

    least: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """An object: the fields it must have and those it may have."""

    must: Mapping[str, Rule]
    may: Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Many:
    """A list of at least one."""

    of: Rule


@dataclass(frozen=True, slots=True)
class Anything:
    """Any JSON but null."""


Rule = Text | Whole | Choice | Group | Many | Anything


@dataclass(frozen=True, slots=True)
class Problem:
    """Where (`/amount/refund`), what stood there, and what is wrong."""

    field: str
    value: object
    issue: str


def first_problem(value: object, rule: Rule) -> Problem | None:
    """The first thing that is wrong, None if all is well."""
    return next(_problems(value, rule, ""), None)


def _problems(value: object, rule: Rule, at: str) -> Iterator[Problem]:
    match rule:
        case Text():
            yield from _text(value, rule, at)
        case Whole():
            if not isinstance(value, int) or isinstance(value, bool):
                yield Problem(at, value, "Value is not an integer")
            elif value < rule.least:
                yield Problem(at, value, f"Value is smaller than {rule.least}")
        case Choice():
            if not isinstance(value, str) or value not in rule.words:
                yield Problem(at, value, "Value is invalid")
        case Group():
            yield from _group(value, rule, at)
        case Many():
            if not isinstance(value, list) or not value:
                yield Problem(at, value, "Value is not a list with entries")
            else:
                for place, one in enumerate(value):
                    yield from _problems(one, rule.of, f"{at}/{place}")
        case Anything():
            if value is None:
                yield Problem(at, None, "null is not allowed")
        case _:
            assert_never(rule)


def _text(value: object, rule: Text, at: str) -> Iterator[Problem]:
    if not isinstance(value, str):
        yield Problem(at, value, "Value is not a string")
    elif not rule.least <= len(value) <= rule.most:
        yield Problem(at, value, f"Length is not between {rule.least} and {rule.most}")
    elif any(0xD800 <= ord(letter) <= 0xDFFF for letter in value):
        yield Problem(at, None, "Value is not Unicode text")
    elif rule.narrow and any(ord(letter) > 0xFFFF for letter in value):
        yield Problem(at, value, "Characters of more than 3 bytes are not supported")
    elif len(value.encode()) > rule.most_bytes:
        yield Problem(at, value, f"Value is longer than {rule.most_bytes} bytes")
    elif rule.pattern and not re.fullmatch(rule.pattern, value):
        yield Problem(at, value, "Value has characters that are not allowed")


def _group(value: object, rule: Group, at: str) -> Iterator[Problem]:
    if not isinstance(value, dict):
        yield Problem(at or "/", value, "Value is not an object")
        return
    for name in rule.must:
        if name not in value:
            yield Problem(f"{at}/{name}", None, "Required field is missing")
    for name, one in value.items():
        known = rule.must.get(name) or rule.may.get(name)
        if known is None:
            yield Problem(f"{at}/{name}", one, "Unknown field")
        else:
            yield from _problems(one, known, f"{at}/{name}")
