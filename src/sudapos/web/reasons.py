"""The reasons of a verdict as lines that a person reads: kept ones from a refund, fresh ones from a preview."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sudapos.core import allowing, passing, sentences
from sudapos.core.rules import Reason, Weight

from . import language

ICONS = {Weight.NOTE: "tick", Weight.REFER: "stamp", Weight.DENY: "ban"}


@dataclass(frozen=True, slots=True)
class Why:
    """One reason: how heavy it is (0 speaks for it, 1 asks a second person, 2 forbids), and its sentence."""

    weight: int
    icon: str
    text: str
    hint: str
    code: str
    allowing: str = ""
    """Which rule would have allowed it; empty where none could."""

    @property
    def is_for(self) -> bool:
        """A rule that let it pass; a page shows these folded."""
        return self.code in passing.CODES


def listed(verdict: Mapping[str, Any]) -> list[Why]:
    """The reasons that were kept with a refund, heaviest first."""
    return [
        _why(Weight[reason["weight"].upper()], reason["code"], reason["facts"])
        for reason in verdict.get("reasons", [])
    ]


def fresh(reasons: Iterable[Reason]) -> list[Why]:
    """The reasons of a verdict that nobody has written down yet."""
    return [_why(reason.weight, reason.code, reason.facts) for reason in reasons]


def heaviest(verdict: Mapping[str, Any]) -> str:
    """The sentence of the reason that decided."""
    why = listed(verdict)
    return why[0].text.rstrip("。.") if why else ""


def _why(weight: Weight, code: str, facts: Mapping[str, object]) -> Why:
    told = sentences.say(code, language.current(), **facts)
    found = allowing.of(code, weight, facts)
    rule = sentences.say(found.code, language.current(), **found.facts).text if found else ""
    return Why(
        int(weight), "cash" if code == "drawer_short" else ICONS[weight], told.text, told.hint, code, rule
    )
