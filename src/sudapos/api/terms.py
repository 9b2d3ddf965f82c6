"""Days as JSON: when money arrives, by kind of account."""

from __future__ import annotations

from typing import Any

from sudapos.books import workdays
from sudapos.books.requests import Weighed
from sudapos.core import arrival
from sudapos.core.plan import PlannedLeg


def by_kind(part: PlannedLeg, weighed: Weighed) -> list[dict[str, Any]]:
    """The days on every kind of account that the channel may pay to, the likeliest first."""
    at, rules = part.not_before or weighed.at, weighed.spoken.rules
    found = arrival.kinds(part.channel, part.route, rules, at=at, days=workdays.at(at.date()))
    return [
        {
            "kind": each.kind,
            "from": each.soonest.isoformat(),
            "by": each.latest.isoformat(),
            "is_estimate": workdays.is_estimate(each.latest),
        }
        for each in found
    ]
