"""财务: what waits today, by kind, each with its one next step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from sudapos.books import waiting
from sudapos.books.waiting import Section, Thing
from sudapos.core import sentences
from sudapos.core.authority import Act
from sudapos.core.wording import invoices as red
from sudapos.core.wording import notices as told
from sudapos.core.wording import ways

from . import frame, language, moments, words

TONES = {
    "bounced": "bad",
    "failed": "bad",
    "overdue": "bad",
    "undelivered": "bad",
    "in_doubt": "doubt",
}
ICONS = {
    "in_doubt": "question",
    "bounced": "bounce",
    "failed": "cross",
    "overdue": "clock",
    "short": "hourglass",
    "approve": "stamp",
    "hand_back": "stamp",
    "finding": "flag",
    "day": "tick",
}
LISTS = {
    "approve": ("approvals", ""),
    "hand_back": ("cards", ""),
    "overdue": ("overdue", ""),
    "finding": ("findings", ""),
    "day": ("days", ""),
    "undelivered": ("recipients", ""),
    "invoice": ("invoices", ""),
    "case": ("cases", ""),
}
"""Kind → the place with the whole list; everything else is a refund."""


PLACES = {"day": "days", "invoice": "invoices", "case": "cases"}
"""Kinds that have a page for each thing."""


@dataclass(frozen=True, slots=True)
class Row:
    """One thing as the page shows it."""

    thing: Thing
    what: str
    why: str
    link: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One kind as the page shows it."""

    section: Section
    word: str
    next: str
    tone: str
    icon: str
    rows: list[Row]
    link: str
    """The whole list."""

    @property
    def more(self) -> int:
        return self.section.count - len(self.rows)


@frame.page(Act.SEE_STUCK, Act.CLOSE_FINDING)
@require_safe
def home(request: HttpRequest) -> HttpResponseBase:
    """Fragments for htmx show the same: the page asks again every minute."""
    sections = waiting.desk(frame.operator_of(request), at=moments.now())
    page: dict[str, Any] = {"sections": [shown(section) for section in sections]}
    return render(request, "parts/finance.html" if frame.is_part(request) else "pages/finance.html", page)


def _column() -> int:
    return 1 if language.current() == "en" else 0


def shown(section: Section) -> Shown:
    """Words, tone and links of one kind."""
    column = _column()
    return Shown(
        section=section,
        word=told.WAITING[section.kind][column],
        next=told.NEXT[section.kind][column],
        tone=TONES.get(section.kind, "wait"),
        icon=ICONS.get(section.kind, "alert"),
        rows=[Row(thing, _what(thing), _why(thing), _link(thing)) for thing in section.things],
        link=_list(section.kind),
    )


def _list(kind: str) -> str:
    name, query = LISTS.get(kind, ("refunds", "?progress=attention"))
    return _address(name) + query


def _address(name: str, *args: str) -> str:
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return reverse("desk")


def _link(thing: Thing) -> str:
    if thing.kind == "finding":
        return _address("findings-one", thing.no)
    if thing.kind in ("day", "invoice", "case"):
        return _address(f"{PLACES[thing.kind]}-one", thing.no)
    if thing.kind == "approve":
        return f"{reverse('approvals')}#{thing.no}"
    if thing.kind == "hand_back":
        return _address("cards-hand-back", thing.no)
    if thing.kind == "undelivered":
        return _address("recipients")
    return _address("refunds-one", thing.refund_no)


def _what(thing: Thing) -> str:
    channel = str(thing.facts.get("channel", ""))
    if channel:
        return f"{thing.refund_no} · {words.channel(channel)}"
    if thing.kind == "undelivered":
        return f"{thing.facts['recipient']} · {thing.facts['subject_no']}"
    return thing.no


def _why(thing: Thing) -> str:
    """One line: what the channel said, what differs, which file is missing."""
    facts = thing.facts
    if thing.kind == "finding":
        late = _("已过期") if facts["late"] else _("%(day)s 前") % {"day": facts["due_on"]}
        return f"{words.finding(str(facts['finding']))} · {facts['account']} · {late}"
    if thing.kind == "day":
        accounts = facts["accounts"]
        assert isinstance(accounts, list)
        return ", ".join(map(str, accounts))
    if thing.kind == "approve":
        return f"{words.reason(str(facts['reason']))} · {facts['operator']}"
    if thing.kind == "hand_back":
        return f"{facts['card']} · {words.channel(str(facts['payout']))} · {facts['operator']}"
    if thing.kind == "undelivered":
        return str(facts["error"])
    if thing.kind == "overdue":
        kind = ways.KINDS[str(facts["overdue"])][_column()]
        return f"{kind} · " + _("%(day)s 前") % {"day": facts["due_on"]}
    if thing.kind == "invoice":
        late = " · " + _("已过期") if facts["late"] else ""
        return red.STATES[str(facts["state"])][_column()] + late
    if thing.kind == "case":
        return str(facts["what"])
    return _said(str(facts["code"]), str(facts["said"]))


def _said(code: str, said: str) -> str:
    """In our words where we have them, else in the channel's own."""
    if sentences.known(code):
        return sentences.say(code, language.current()).text.rstrip("。.")
    return said or code or _("原因不明")
