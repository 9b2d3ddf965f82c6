"""How messages read: several things in one letter, the urgent first, in words that need no login to understand. No names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from . import money
from .notices import URGENT
from .wording import notices as words
from .wording.words import CHANNELS

PATHS: Mapping[str, str] = {
    "refund": "refunds",
    "finding": "findings",
    "invoice": "invoices",
    "batch": "batches",
    "case": "cases",
    "deposit": "deposits",
    "hand_back": "cards/hand-backs",
}
"""Subject → place of the shop that shows it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One message: what happened to what. Facts are plain JSON; amounts in fen."""

    event: str
    subject: str
    subject_no: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    title: str
    body: str


def sentence(told: Told, lang: str) -> str:
    """One line about one thing."""
    column = 1 if lang == "en" else 0
    facts = {key: value for key, value in told.facts.items() if isinstance(value, str | int)}
    shown: dict[str, object] = {"subject_no": told.subject_no, "refund_no": told.subject_no, **facts}
    channel = str(facts.get("channel", ""))
    shown["channel"] = CHANNELS[channel][column] if channel in CHANNELS else channel
    amount = facts.get("amount", facts.get("total"))
    for name, fen in (("amount", amount), ("kept", facts.get("kept"))):
        shown[name] = f"¥{money.show(fen)}" if isinstance(fen, int) else ""
    zh_en = words.EVENTS[told.event]
    return " ".join(zh_en[column].format_map(_Blank(shown)).split())


def kind(event: str, lang: str) -> str:
    """What an event is called where somebody chooses among them."""
    return words.KINDS[event][1 if lang == "en" else 0]


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return ""


def compose(told: Sequence[Told], *, lang: str, address: str = "", escalated: bool = False) -> Written:
    """One letter. The title says how many things and the first of them; each line ends with where to look."""
    order = sorted(told, key=lambda one: one.event not in URGENT)
    column = 1 if lang == "en" else 0
    first = sentence(order[0], lang)
    title = first if len(order) == 1 else words.SEVERAL[column].format(count=len(order), first=first)
    if escalated:
        title = words.ESCALATED[column].format(title=title)
    lines = [f"· {sentence(one, lang)}{_where(one, address)}" for one in order]
    return Written(title=title, body="\n".join([*lines, "", words.FOOT[column]]))


def _where(told: Told, address: str) -> str:
    number = str(told.facts.get("refund_no", told.subject_no))
    place = PATHS.get("refund" if "refund_no" in told.facts else told.subject)
    return f"\n  {address}/{place}/{number}/" if address and place else ""


def trial(*, lang: str) -> Written:
    """A letter that only tries an address out."""
    column = 1 if lang == "en" else 0
    return Written(title=words.TRIAL[column], body=words.TRIAL_BODY[column])
