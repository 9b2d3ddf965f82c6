"""What a merchant may set: every default of domain §11.1, and the reasons that decisions are made of.

`policy` re-exports all of it; it stands here so that `plan` and `policy` can both read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from enum import IntEnum
from typing import Any

from . import interest, kept_fees, money
from .fraud import DEFAULTS
from .refusal import FieldError, Invalid


class Weight(IntEnum):
    """How heavy a reason is; the heaviest one of a refund is its verdict."""

    NOTE = 0
    REFER = 1
    DENY = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a refund is allowed, referred or denied: a code, its facts (plain as JSON), who must approve."""

    weight: Weight
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    roles: tuple[str, ...] = ()


REASONS = (
    "quality",
    "no_reason",
    "wrong_item",
    "wrong_charge",
    "duplicate_charge",
    "not_delivered",
    "goodwill",
    "other",
)
"""Why a customer wants her money back."""

DAYS_AT_MOST = 36_500
COUNT_AT_MOST = money.MOST
"""No amount of ours is larger; moments stay inside the calendar as well."""

_ALIASES = {"wechat": "wechatpay", "stored": "stored_value"}
"""Short names of domain §11.1 → our channel names."""


def _map(**entries: Any) -> Any:
    return field(default_factory=lambda: dict(entries))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One version of the merchant's policy; amounts in fen. Invalid settings cannot be constructed."""

    version: int = 1
    money_unit: str = "fen"
    timezone: str = "Asia/Shanghai"
    business_day_cutover: str = "04:00"
    tender_split: str = "PROPORTIONAL"
    waterfall_order: tuple[str, ...] = ("external", "stored_value", "points", "cash")
    """Channel names or groups, first one emptied first (domain §5.4)."""
    promotion_on_partial_return: str = "KEEP"
    till_rounding: str = "DOWN_ONLY"
    cash_refund_rounding: str = "EXACT"
    journal_style: str = "RED_CREDIT"
    account_set: str = "small_enterprise"
    annual_report_date: str = "04-30"
    """MM-DD on which last year's report goes out; until then a return of last year's sale may adjust it (domain §4.2)."""
    promise_days: int | None = 7
    """What the shop promises for returns without a reason; None: no promise (domain R-08)."""
    windows_by_reason: Mapping[str, int] = _map()
    """Reason → days; a change of mind has these instead of the promise, other reasons ask a manager after them."""
    windows_by_category: Mapping[str, int] = _map()
    """Category of goods → days for a change of mind, instead of the promise (domain R-08)."""
    exchange_days: Mapping[str, int | None] = _map(**{"*": 15})
    """Category of goods → days to exchange, * for every other one; None: no limit (domain R-11)."""
    override_not_returnable: bool = False
    """A manager may take back what was sold as not returnable."""
    kept_fees: Mapping[str, Mapping[str, Any]] = _map()
    """Category, category/reason or * → kind and rate of the fee that the shop keeps of a return (domain R-06, R-07)."""
    kept_fee_waiver: bool = True
    """Somebody who approves may let such a fee go."""
    lpr_one_year_bp: Mapping[str, int] = _map(**interest.LPR_ONE_YEAR)
    """First day → one-year loan prime rate, for the interest of a card handed back (domain R-12); to be confirmed."""
    deposit_one_year_bp: Mapping[str, int] = _map(**interest.DEPOSIT_ONE_YEAR)
    points_taken_back: str = "negative"
    """What becomes of earned points that are spent when their sale is refunded: the account falls below nothing, or `deduct`."""
    points_per_yuan: int = 100
    """Points that are worth one yuan where a refund pays for them (domain §5.9)."""
    single_operator_mode: bool = False
    """Who is the only one able to approve may approve her own refund; the owner looks at each later (domain §8.1)."""
    windows_days: Mapping[str, int | None] = _map(
        wechatpay=365, alipay=365, unionpay=330, cash=30, stored_value=None
    )
    partial_refunds_max: Mapping[str, int] = _map(wechatpay=50)
    min_seconds_between_refunds_same_order: Mapping[str, int] = _map(wechatpay=60, alipay=3)
    arrival_text_days: Mapping[str, tuple[int, int]] = _map(
        cash=(0, 0),
        wechat_balance=(0, 0),
        wechat_bank_card=(1, 3),
        alipay_balance=(0, 0),
        alipay_bank_card=(1, 7),
        unionpay_debit=(1, 7),
        unionpay_credit=(3, 15),
    )
    poll_seconds: Mapping[str, tuple[int, ...]] = _map(
        wechatpay=(60, 120, 180, 240, 300, 600, 1200, 2400, 4200), unionpay=(1, 3, 7, 15, 31, 63)
    )
    due_days: Mapping[str, int] = _map(
        no_reason_refund=7,
        hard_overdue=15,
        prepaid_no_agreement=15,
        prepaid_cooling_off=7,
        red_invoice_confirm_hours=72,
    )
    approval_fen: Mapping[str, int] = _map(cashier=20_000, manager=200_000, manager_finance=2_000_000)
    cash_payout_fen: Mapping[str, int] = _map(
        cashier=50_000, manager=100_000, drawer_daily=300_000, min_float_left=10_000, float=50_000
    )
    cash_report_fen: int = 5_000_000
    """From here cash needs finance and an identity note (domain R-22)."""
    cross_year_needs_finance: bool = True
    """A refund of an earlier year's sale is the manager's and finance's together (domain §8.2)."""
    fraud: Mapping[str, int] = _map(**DEFAULTS)
    """Thresholds of the fraud checks (domain §6.2)."""
    opening_hours: str = ""
    """When the shop trades, as 08:00-22:00; empty says nothing (FR07)."""
    approval_minutes: int = 1_440
    """How long a refund may wait for its approval; after that it must be asked for anew (domain F25)."""
    batch_per_minute: Mapping[str, int] = _map()
    """Account or channel → refunds that a batch opens a minute; where nothing is said, the channel's own (capability)."""
    drawer_tolerance_fen: int = 200
    no_receipt_limit_fen: int = 20_000
    clock_drift_block_seconds: int = 120
    unmask_seconds: int = 60
    customer_page_days: int = 90
    """How long the customer's page stays after the last thing that happened to her refund."""
    acquirer_check_max_age_days: int = 180
    retention_years: Mapping[str, int] = _map(ACC_30Y=30, ACC_10Y=10, BIZ_5Y=5, SEC_5Y=5)

    def __post_init__(self) -> None:
        faults = [fault for name, check in _CHECKS.items() for fault in check(name, getattr(self, name))]
        faults = faults or list(_ladder(self))
        if faults:
            raise Invalid("rules_invalid", errors=faults)

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any]) -> Rules:
        """Rules with `given` over the defaults; inner tables are merged key by key. Raises Invalid."""
        given = {key: _without_retired(key, value) for key, value in given.items()}
        known = {each.name for each in fields(cls)}
        unknown = [FieldError((str(key),), "unknown_key") for key in given if key not in known]
        if unknown:
            raise Invalid("rules_invalid", errors=unknown)
        defaults = cls()
        merged = {key: _merged(getattr(defaults, key), value) for key, value in given.items()}
        if isinstance(days := merged.get("arrival_text_days"), Mapping):
            merged["arrival_text_days"] = {key: (n, n) if _is_count(n) else n for key, n in days.items()}
        return cls(**merged)

    def to_mapping(self) -> dict[str, Any]:
        """Everything as JSON knows it; `from_mapping` gives the same rules back."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}


RETIRED: Mapping[str, frozenset[str]] = {"fraud": frozenset({"fr24_off"})}
"""Entries that older versions and files still have, and that say nothing any more."""


def _without_retired(name: str, value: Any) -> Any:
    gone = RETIRED.get(name, frozenset())
    if not isinstance(value, Mapping) or not gone:
        return value
    return {key: inner for key, inner in value.items() if key not in gone}


def _merged(default: object, value: Any) -> Any:
    if isinstance(default, Mapping) and isinstance(value, Mapping):
        return {**default, **{_ALIASES.get(key, key): _frozen(inner) for key, inner in value.items()}}
    return _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


Check = Callable[[str, Any], Iterator[FieldError]]


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= COUNT_AT_MOST


def _is_days(value: object) -> bool:
    return isinstance(value, int) and _is_count(value) and value <= DAYS_AT_MOST


def _count(name: str, value: object) -> Iterator[FieldError]:
    if not _is_count(value):
        yield FieldError((name,), "not_a_whole_number")


def _positive(name: str, value: object) -> Iterator[FieldError]:
    if not _is_count(value) or value == 0:
        yield FieldError((name,), "not_a_whole_number")


def _days_or_none(name: str, value: object) -> Iterator[FieldError]:
    if value is not None and not _is_days(value):
        yield FieldError((name,), "not_a_whole_number")


def _flag(name: str, value: object) -> Iterator[FieldError]:
    if not isinstance(value, bool):
        yield FieldError((name,), "not_yes_or_no")


def _one_of(*allowed: str, code: str = "not_offered") -> Check:
    def check(name: str, value: object) -> Iterator[FieldError]:
        if value not in allowed:
            yield FieldError((name,), code, " ".join(allowed))

    return check


def _hour(name: str, value: object) -> Iterator[FieldError]:
    if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        yield FieldError((name,), "not_an_hour", "HH:MM")


def _day_of_year(name: str, value: object) -> Iterator[FieldError]:
    """A day that every year has; 29 February is none."""
    try:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{2}-[0-9]{2}", value):
            date.fromisoformat(f"2001-{value}")
            return
    except ValueError:
        pass  # said below, as for everything else that is no day
    yield FieldError((name,), "not_a_day_of_the_year", "MM-DD")


def _hours(name: str, value: object) -> Iterator[FieldError]:
    if value == "":
        return
    first, _, last = str(value).partition("-")
    for part in (first, last):
        yield from _hour(name, part)


def _table(good: Callable[[object], bool], *keys: str) -> Check:
    """A table whose values are all `good`; with `keys` no other key is known."""

    def check(name: str, value: object) -> Iterator[FieldError]:
        if not isinstance(value, Mapping):
            yield FieldError((name,), "not_a_table")
            return
        for key, inner in value.items():
            if keys and key not in keys:
                yield FieldError((name, str(key)), "unknown_key")
            elif not good(inner):
                yield FieldError((name, str(key)), "bad_value")

    return check


def _is_range(value: object) -> bool:
    return (
        isinstance(value, tuple) and len(value) == 2 and all(map(_is_count, value)) and value[0] <= value[1]
    )


def _is_rising(value: object) -> bool:
    if not isinstance(value, tuple) or not value or not all(map(_is_count, value)):
        return False
    return all(later > earlier for earlier, later in zip((0, *value), value, strict=False))


def _words(name: str, value: object) -> Iterator[FieldError]:
    if not isinstance(value, tuple) or not all(isinstance(word, str) for word in value):
        yield FieldError((name,), "not_a_list_of_words")


_CHECKS: Mapping[str, Check] = {
    "version": _count,
    "money_unit": _one_of("fen"),
    "timezone": _one_of("Asia/Shanghai"),
    "business_day_cutover": _hour,
    "tender_split": _one_of("PROPORTIONAL", "WATERFALL"),
    "waterfall_order": _words,
    "promotion_on_partial_return": _one_of("KEEP", "CLAWBACK"),
    # rounding up at the till has been fined repeatedly: it cannot be configured (domain R-13)
    "till_rounding": _one_of("DOWN_ONLY", "NONE", "JIAO_DOWN", "YUAN_DOWN", code="rounds_up"),
    "cash_refund_rounding": _one_of("EXACT", "UP_TO_JIAO"),
    "journal_style": _one_of("RED_CREDIT", "DEBIT"),
    "account_set": _one_of("small_enterprise", "small_scale", "enterprise"),
    "annual_report_date": _day_of_year,
    "promise_days": _days_or_none,
    "windows_by_reason": _table(_is_days, *REASONS),
    "windows_by_category": _table(_is_days),
    "exchange_days": _table(lambda days: days is None or _is_days(days)),
    "override_not_returnable": _flag,
    "kept_fees": kept_fees.faults,
    "kept_fee_waiver": _flag,
    "lpr_one_year_bp": interest.faults,
    "deposit_one_year_bp": interest.faults,
    "points_taken_back": _one_of("negative", "deduct"),
    "points_per_yuan": _positive,
    "single_operator_mode": _flag,
    "windows_days": _table(lambda days: days is None or _is_days(days)),
    "partial_refunds_max": _table(_is_count),
    "min_seconds_between_refunds_same_order": _table(_is_count),
    "arrival_text_days": _table(_is_range),
    "poll_seconds": _table(_is_rising),
    "due_days": _table(
        _is_count,
        "no_reason_refund",
        "hard_overdue",
        "prepaid_no_agreement",
        "prepaid_cooling_off",
        "red_invoice_confirm_hours",
    ),
    "approval_fen": _table(_is_count, "cashier", "manager", "manager_finance"),
    "cash_payout_fen": _table(_is_count, "cashier", "manager", "drawer_daily", "min_float_left", "float"),
    "cash_report_fen": _count,
    "cross_year_needs_finance": _flag,
    "fraud": _table(_is_count, *DEFAULTS),
    "opening_hours": _hours,
    "approval_minutes": _count,
    "batch_per_minute": _table(lambda n: _is_count(n) and n != 0),
    "drawer_tolerance_fen": _count,
    "no_receipt_limit_fen": _count,
    "clock_drift_block_seconds": _count,
    "unmask_seconds": _count,
    "customer_page_days": lambda name, value: _days_or_none(name, value if value is not None else -1),
    "acquirer_check_max_age_days": _count,
    "retention_years": _table(_is_count, "ACC_30Y", "ACC_10Y", "BIZ_5Y", "SEC_5Y"),
}


def _ladder(rules: Rules) -> Iterator[FieldError]:
    """Each step of a ladder stands above the one below; every step must be there."""
    ladders = (
        ("approval_fen", rules.approval_fen, ("cashier", "manager", "manager_finance")),
        ("cash_payout_fen", rules.cash_payout_fen, ("cashier", "manager")),
    )
    for name, table, steps in ladders:
        missing = [step for step in steps if step not in table]
        if missing:
            yield FieldError((name, missing[0]), "missing_step")
        elif any(table[low] > table[high] for low, high in zip(steps, steps[1:], strict=False)):
            yield FieldError((name,), "ladder_not_rising")
