"""Which rule would have allowed a refund: for each reason the entry of the policy that spoke, and the value it lacked.

Worked out from the facts that a reason carries; a reason that no rule could lift (a sale that is not paid, money to
another destination) has none, and neither has a right that the law alone decides on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .rules import Weight

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Allowing:
    """The entry `rule` (a path such as `approval_fen.cashier`) would have allowed it with the value `wanted`."""

    code: str
    rule: str
    wanted: int | bool | None = None

    @property
    def plain(self) -> dict[str, object]:
        """As JSON, kept with the verdict."""
        return {"code": self.code, "rule": self.rule, "wanted": self.wanted}

    @property
    def facts(self) -> dict[str, object]:
        """For the sentence; an amount is told as one."""
        name = "limit" if self.code == "would_allow_amount" else "days"
        return {"rule": self.rule, name: self.wanted}


def _days(rule: str) -> Callable[[Facts], Allowing | None]:
    return lambda facts: Allowing("would_allow_days", str(facts.get("rule", rule)), _number(facts, "days"))


def _amount(rule: str, *names: str) -> Callable[[Facts], Allowing | None]:
    return lambda facts: Allowing("would_allow_amount", rule, sum(_number(facts, name) for name in names))


def _number(facts: Facts, name: str) -> int:
    value = facts.get(name, 0)
    return value if isinstance(value, int) else 0


def _window(facts: Facts) -> Allowing:
    return Allowing("would_allow_window", f"windows_days.{facts.get('channel', '')}")


def _partials(facts: Facts) -> Allowing:
    most = _number(facts, "most") + 1
    return Allowing("would_allow_count", f"partial_refunds_max.{facts.get('channel', '')}", most)


def _reason_window(facts: Facts) -> Allowing:
    days = _number(facts, "days")
    return Allowing("would_allow_days", f"windows_by_reason.{facts.get('reason', '')}", days)


def _clock(facts: Facts) -> Allowing | None:
    if facts.get("clock_went_back"):
        return None  # no entry allows a clock that goes backwards
    return Allowing("would_allow_other", "clock_drift_block_seconds", abs(_number(facts, "clock_off")))


RULES: Mapping[str, Callable[[Facts], Allowing | None]] = {
    "cooling_off_over": _days("promise_days"),
    "no_promise": _days("promise_days"),
    "promise_over": _days("promise_days"),
    "reason_window_over": _reason_window,
    "too_late": _days("windows_days.cash"),
    "cross_year": lambda facts: Allowing("would_allow_off", "cross_year_needs_finance", False),
    "over_cashier_limit": _amount("approval_fen.cashier", "total"),
    "over_manager_limit": _amount("approval_fen.cashier", "total"),
    "over_owner_limit": _amount("approval_fen.cashier", "total"),
    "split_refunds": _amount("approval_fen.cashier", "whole"),
    "receipt_lost": lambda facts: Allowing("would_allow_receipt", "receipt"),
    "receipt_none": lambda facts: Allowing("would_allow_receipt", "receipt"),
    "no_receipt_over_limit": _amount("no_receipt_limit_fen", "cash"),
    "cash_over_cashier": _amount("cash_payout_fen.cashier", "cash"),
    "cash_over_manager": _amount("cash_payout_fen.cashier", "cash"),
    "cash_large": lambda facts: Allowing("would_allow_amount", "cash_report_fen", _number(facts, "cash") + 1),
    "cash_daily_cap": _amount("cash_payout_fen.drawer_daily", "cash", "today"),
    "fr04": lambda facts: Allowing("would_allow_other", "fraud.fr04_in_7d"),
    "fr07": lambda facts: Allowing("would_allow_other", "opening_hours"),
    "fr19": lambda facts: Allowing("would_allow_other", "fraud.fr19_oldest"),
    "fr22": lambda facts: Allowing("would_allow_other", "fraud.fr22_within"),
    "fr24": _clock,
    "window_closed": _window,
    "too_many_partials": _partials,
}
"""Code of a reason → what would have allowed it."""


def of(code: str, weight: Weight | int, facts: Facts) -> Allowing | None:
    """What would have lifted one reason of a verdict; None where no rule could, or where it stood in nobody's way."""
    if weight == Weight.NOTE:
        return None
    if code == "not_returnable" and weight == Weight.DENY:
        return Allowing("would_allow_override", "override_not_returnable", True)
    found = RULES.get(code)
    return found(facts) if found else None
