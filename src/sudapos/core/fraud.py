"""Signs of refund fraud, FR01–FR24 of domain §6.2, as small pure functions over a history that the books hand in.

A sign is no verdict: BLOCK and HOLD speak in the verdict, with a sentence that can be read to the customer; ALERT is only for those
who look into it, and never seen at the till. Amounts in fen, ages in seconds. Nothing here rejects anybody silently (PIPL Art. 24).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Action(StrEnum):
    """What a sign leads to."""

    BLOCK = "block"
    HOLD = "hold"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known about a refund and what came before it; what the shop does not record stays as it is here and says nothing.

    Counts of earlier refunds do not count this one.
    """

    total: int = 0
    receipt: str = "present"
    no_receipt_today: int = 0
    no_receipt_today_fen: int = 0
    other_destination: bool = False
    came_back: bool = False
    """The money bounced or waits between accounts: then another destination has its own way with two people."""
    payee_is_staff: bool = False
    payee_works_as: str = ""
    """Code of the person whose wallet, card or phone it is."""
    same_payee_7d: int = 0
    same_payee_30d: int = 0
    split_count: int = 0
    split_fen: int = 0
    limit: int = 0
    """What the maker may refund alone."""
    near_limit_7d: int = 0
    outside_hours: bool = False
    cash_sale_age: int | None = None
    """Seconds since a cash sale was paid; None where no cash comes back."""
    late_cash_today: int = 0
    own_sale: bool = False
    quick_cash_today: int = 0
    maker_refunds_7d: int = 0
    maker_sales_7d: int = 0
    maker_sale_count_7d: int = 0
    store_median_bp: int = 0
    """Median share of refunds in sales over the store's makers, in basis points."""
    nothing_left: bool = False
    tried_elsewhere: bool = False
    pair_count_7d: int = 0
    pair_of_7d: int = 0
    """Approvals of this maker by this checker, and by anybody."""
    is_maker: bool = False
    seconds_since_made: int | None = None
    """Between making and approving at one till without signing in again; None otherwise."""
    customer_returns_30d: int = 0
    customer_return_bp: int = 0
    customer_orders: int = 0
    person_no_receipt_30d: int = 0
    person_no_receipt_fen: int = 0
    cash_for_other_tender: bool = False
    reprints: int = 0
    reprint_age: int | None = None
    offline_waiting: int = 0
    offline_oldest: int = 0
    price_changed_by_maker: bool = False
    round_no_receipt_7d: int = 0
    top_up_age: int | None = None
    other_card: bool = False
    drawer_opened_after_void: int | None = None
    clock_off: int = 0
    clock_went_back: bool = False


DEFAULTS: Mapping[str, int] = {
    "fr01_per_day": 2,
    "fr01_fen": 20_000,
    "fr04_in_7d": 3,
    "fr04_in_30d": 5,
    "fr05_count": 2,
    "fr06_from_percent": 90,
    "fr06_in_7d": 3,
    "fr08_after": 180,
    "fr08_per_day": 3,
    "fr09_within": 120,
    "fr09_per_day": 2,
    "fr10_bp": 500,
    "fr10_times_median": 3,
    "fr10_sales": 10,
    "fr12_percent": 80,
    "fr12_count": 10,
    "fr13_within": 5,
    "fr14_returns": 3,
    "fr14_bp": 5_000,
    "fr14_orders": 5,
    "fr15_returns": 2,
    "fr15_fen": 20_000,
    "fr16_fen": 500_000,
    "fr18_reprints": 3,
    "fr18_within": 600,
    "fr19_waiting": 5,
    "fr19_oldest": 7_200,
    "fr21_in_7d": 5,
    "fr22_within": 86_400,
    "fr23_within": 300,
}
"""Thresholds in fen, seconds, counts, per cent or basis points, as the names say; the shop's rules may override them."""

CLOCK = "fr24_off"
"""The till's clock has an entry of its own in the policy, `clock_drift_block_seconds` (FR24)."""
LIMITS: Mapping[str, int] = {**DEFAULTS, CLOCK: 120}
Limits = Mapping[str, int]
Check = Callable[[History, Limits], bool]


@dataclass(frozen=True, slots=True)
class Sign:
    """A rule that spoke, with what made it speak."""

    number: str
    action: Action
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the sheet's table. `elsewhere` names the check that does the same in policy, so that nobody is told twice."""

    number: str
    action: Action
    check: Check
    facts: tuple[str, ...] = ()
    elsewhere: str = ""


def _fr01(h: History, t: Limits) -> bool:
    unlinked = h.receipt == "none"
    return unlinked and (
        h.no_receipt_today + 1 > t["fr01_per_day"] or h.no_receipt_today_fen + h.total > t["fr01_fen"]
    )


def _fr02(h: History, t: Limits) -> bool:
    return h.other_destination and not h.came_back


def _fr04(h: History, t: Limits) -> bool:
    return h.same_payee_7d + 1 >= t["fr04_in_7d"] or h.same_payee_30d + 1 >= t["fr04_in_30d"]


def _fr05(h: History, t: Limits) -> bool:
    return h.split_count + 1 >= t["fr05_count"] and h.split_fen + h.total > h.limit >= h.total


def _near(amount: int, limit: int, t: Limits) -> bool:
    return limit * t["fr06_from_percent"] <= amount * 100 <= limit * 100


def _fr06(h: History, t: Limits) -> bool:
    return h.limit > 0 and _near(h.total, h.limit, t) and h.near_limit_7d + 1 >= t["fr06_in_7d"]


def _late_cash(h: History, t: Limits) -> bool:
    return h.cash_sale_age is not None and h.cash_sale_age > t["fr08_after"]


def _fr08(h: History, t: Limits) -> bool:
    return _late_cash(h, t) and h.late_cash_today + 1 >= t["fr08_per_day"]


def _fr09(h: History, t: Limits) -> bool:
    quick = h.own_sale and h.cash_sale_age is not None and h.cash_sale_age < t["fr09_within"]
    return quick and h.quick_cash_today + 1 >= t["fr09_per_day"]


def _fr10(h: History, t: Limits) -> bool:
    if h.maker_sale_count_7d < t["fr10_sales"] or not h.maker_sales_7d:
        return False
    share = (h.maker_refunds_7d + h.total) * 10_000 // h.maker_sales_7d
    return share > t["fr10_bp"] and share > t["fr10_times_median"] * h.store_median_bp


def _fr11(h: History, t: Limits) -> bool:
    return h.nothing_left or h.tried_elsewhere


def _fr12(h: History, t: Limits) -> bool:
    return h.pair_count_7d >= t["fr12_count"] and h.pair_count_7d * 100 > h.pair_of_7d * t["fr12_percent"]


def _fr13(h: History, t: Limits) -> bool:
    return h.is_maker or (h.seconds_since_made is not None and h.seconds_since_made < t["fr13_within"])


def _fr14(h: History, t: Limits) -> bool:
    often = h.customer_returns_30d + 1 >= t["fr14_returns"]
    return often or (h.customer_orders >= t["fr14_orders"] and h.customer_return_bp > t["fr14_bp"])


def _fr15(h: History, t: Limits) -> bool:
    if h.receipt == "present":
        return False
    return (
        h.person_no_receipt_30d + 1 >= t["fr15_returns"] or h.person_no_receipt_fen + h.total > t["fr15_fen"]
    )


def _fr16(h: History, t: Limits) -> bool:
    return h.total >= t["fr16_fen"]


def _fr18(h: History, t: Limits) -> bool:
    return h.reprints >= t["fr18_reprints"] or (
        h.reprint_age is not None and h.reprint_age <= t["fr18_within"]
    )


def _fr19(h: History, t: Limits) -> bool:
    return h.offline_waiting >= t["fr19_waiting"] or h.offline_oldest > t["fr19_oldest"]


def _fr21(h: History, t: Limits) -> bool:
    whole = h.receipt != "present" and h.total > 0 and h.total % 100 == 0
    return whole and h.round_no_receipt_7d + 1 >= t["fr21_in_7d"]


def _fr22(h: History, t: Limits) -> bool:
    return h.other_card or (h.top_up_age is not None and h.top_up_age < t["fr22_within"])


def _fr23(h: History, t: Limits) -> bool:
    return h.drawer_opened_after_void is not None and h.drawer_opened_after_void <= t["fr23_within"]


def _fr24(h: History, t: Limits) -> bool:
    return h.clock_went_back or abs(h.clock_off) > t[CLOCK]


RULES: tuple[Rule, ...] = (
    Rule("FR01", Action.ALERT, _fr01, ("no_receipt_today", "total")),
    Rule("FR02", Action.BLOCK, _fr02, elsewhere="destination"),
    Rule("FR03", Action.BLOCK, lambda h, t: h.payee_is_staff, ("payee_works_as",)),
    Rule("FR04", Action.HOLD, _fr04, ("same_payee_7d", "same_payee_30d")),
    Rule("FR05", Action.HOLD, _fr05, ("split_count", "split_fen"), elsewhere="split_refunds"),
    Rule("FR06", Action.ALERT, _fr06, ("near_limit_7d", "total", "limit")),
    Rule("FR07", Action.HOLD, lambda h, t: h.outside_hours),
    Rule("FR08", Action.ALERT, _fr08, ("cash_sale_age", "late_cash_today")),
    Rule("FR09", Action.ALERT, _fr09, ("cash_sale_age", "quick_cash_today")),
    Rule("FR10", Action.ALERT, _fr10, ("maker_refunds_7d", "maker_sales_7d", "store_median_bp")),
    Rule("FR11", Action.BLOCK, _fr11, ("nothing_left", "tried_elsewhere")),
    Rule("FR12", Action.ALERT, _fr12, ("pair_count_7d", "pair_of_7d")),
    Rule("FR13", Action.BLOCK, _fr13, elsewhere="maker_is_checker"),
    Rule("FR14", Action.ALERT, _fr14, ("customer_returns_30d", "customer_return_bp")),
    Rule("FR15", Action.ALERT, _fr15, ("person_no_receipt_30d", "person_no_receipt_fen")),
    Rule("FR16", Action.HOLD, _fr16, ("total",), elsewhere="ladder"),
    Rule("FR17", Action.BLOCK, lambda h, t: h.cash_for_other_tender, elsewhere="destination"),
    Rule("FR18", Action.ALERT, _fr18, ("reprints", "reprint_age")),
    Rule("FR19", Action.BLOCK, _fr19, ("offline_waiting", "offline_oldest")),
    Rule("FR20", Action.ALERT, lambda h, t: h.price_changed_by_maker),
    Rule("FR21", Action.ALERT, _fr21, ("round_no_receipt_7d", "total")),
    Rule("FR22", Action.HOLD, _fr22, ("top_up_age", "other_card")),
    Rule("FR23", Action.ALERT, _fr23, ("drawer_opened_after_void",)),
    Rule("FR24", Action.HOLD, _fr24, ("clock_off", "clock_went_back")),
)
BY_NUMBER: Mapping[str, Rule] = {rule.number: rule for rule in RULES}


def signs(history: History, limits: Limits = LIMITS) -> Iterator[Sign]:
    """Every rule that speaks and is not said elsewhere, in the order of the sheet."""
    for rule in RULES:
        if not rule.elsewhere and rule.check(history, limits):
            yield Sign(rule.number, rule.action, {name: getattr(history, name) for name in rule.facts})
