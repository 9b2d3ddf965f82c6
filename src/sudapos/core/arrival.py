"""When the customer sees her money: per channel, and per kind of account as far as the channel tells it.

Before paying out a channel does not say where the money will land, so the first kind of its row is promised by
default, and every kind is named beside it; the answer that names the account makes it exact (domain §2.2, §11.1).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from . import calendar, capability
from .outcome import Route
from .rules import Rules
from .workdays import WEEKENDS, WorkingDays

BY_HAND = {Route.CASH: "cash", Route.TRANSFER: "transfer"}
"""Routes that a person goes, whatever the channel of the payment."""
_CREDIT = ("信用卡", "贷记", "CREDIT")
_BALANCE = ("零钱", "余额", "余额宝", "花呗")
_CARD = ("卡", "银行", "CARD", "BANK")


@dataclass(frozen=True, slots=True)
class Expected:
    """One kind of account, and the first and the last day on which money that leaves now is seen there."""

    kind: str
    soonest: date
    latest: date


def spans(channel: str, route: Route, rules: Rules) -> Mapping[str, tuple[int, int]]:
    """Kind of account → (soonest, latest) in working days: the channel's row, as the merchant's policy has it."""
    row = capability.get(BY_HAND.get(route, channel))
    return {kind: rules.arrival_text_days.get(kind, span) for kind, span in row.arrival.items()}


def kinds(
    channel: str, route: Route, rules: Rules, *, at: datetime, days: WorkingDays = WEEKENDS
) -> list[Expected]:
    """Every kind of account on which money that leaves at `at` may land, the likeliest first."""
    today = at.astimezone(calendar.SHANGHAI).date()
    return [
        Expected(kind, days.add(today, soonest), days.add(today, latest))
        for kind, (soonest, latest) in spans(channel, route, rules).items()
    ]


def latest(
    channel: str, route: Route, rules: Rules, *, at: datetime, kind: str = "", days: WorkingDays = WEEKENDS
) -> date | None:
    """The last day for the account that is known, else for the likeliest; None where nobody says."""
    found = kinds(channel, route, rules, at=at, days=days)
    told = [each for each in found if each.kind == kind] or found
    return told[0].latest if told else None


def kind_of(channel: str, account: str) -> str:
    """The kind of account that a channel's own words name; empty when they do not tell.

    Only the kinds of the channel's row can come out: what it cannot pay to is not guessed.
    """
    known = capability.get(channel).arrival
    for words, ending in ((_CREDIT, "credit"), (_BALANCE, "balance"), (_CARD, "card"), (_CARD, "debit")):
        if any(word in account.upper() for word in words):
            found = next((kind for kind in known if kind.endswith(ending)), "")
            if found:
                return found
    return ""
