"""Which role may do which act: the permission matrix of domain §8.2 as one table; maker is never checker.

The matrix keeps the letters of the sheet; each act names its row and the letter that it needs. Amounts: fen.
Whether two acts were done by the same *person* is checked by the books, which know operators.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import NamedTuple

from .rules import Rules


class Role(StrEnum):
    CASHIER = "cashier"
    CS = "cs"
    MANAGER = "manager"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"
    OWNER = "owner"


ROLES: tuple[str, ...] = tuple(Role)

_COLUMNS = (Role.CASHIER, Role.CS, Role.MANAGER, Role.FINANCE, Role.AUDITOR, Role.ADMIN, Role.OWNER)

# M make · A approve · V view · P propose · * within limits · † with a reason, audited · o own shift or store.
# The owner is the third step of the ladder and sees what approvers see; the sheet leaves her column to us.
_ROWS = """
find_sale            V    V    V    V    V    -    V
ring_up              M    -    M    -    -    -    -
refund               M*   M    M    -    -    -    -
refund_no_receipt    -    M†   M†   -    -    -    -
void                 M*   -    MA   -    -    -    -
approve              -    -    A    -    -    -    -
approve_high         -    -    A    A    -    -    A
pay_cash             M*   -    M    -    -    -    -
submit               auto auto auto M    -    -    -
stuck_refunds        -    V    V    M    V    -    V
transfer             -    -    A    MA   V    -    V
statements           -    -    V    M    V    -    V
journal              -    -    -    M    V    -    V
invoices             -    V    V    M    V    -    V
prepaid_refund       -    M    A    A*   V    -    -
reprint              M†o  M†   M†   M†   V    -    -
unmask               -    M†   M†   M†   M†   -    -
alerts               -    -    Vo   V    VM   -    V
policy               -    -    P    PA*  V    M    A
people               -    -    Po   -    V    MA   A
audit_log            -    -    Vo   V    V    Vo   V
backup               -    -    -    -    V    M    -
drawer               M*   -    MA   A    V    -    V
reports              -    -    V    V    V    -    V
settings             -    -    V    V    V    M    V
"""

MATRIX: Mapping[str, Mapping[str, str]] = {
    row: dict(zip(_COLUMNS, cells, strict=True))
    for row, *cells in (line.split() for line in _ROWS.strip().splitlines())
}
"""Row → role → cell, as written above."""


class Act(StrEnum):
    """A permission; the names are stable, because API keys are made of them."""

    LOOK_UP = "look_up"
    SELL = "sell"
    MAKE_REFUND = "make_refund"
    MAKE_REFUND_WITHOUT_RECEIPT = "make_refund_without_receipt"
    VOID = "void"
    APPROVE = "approve"
    APPROVE_HIGH = "approve_high"
    PAY_CASH = "pay_cash"
    SUBMIT = "submit"
    SEE_STUCK = "see_stuck"
    RETRY_LEG = "retry_leg"
    DROP_LEG = "drop_leg"
    SETTLE_BY_HAND = "settle_by_hand"
    MAKE_TRANSFER = "make_transfer"
    APPROVE_TRANSFER = "approve_transfer"
    SEE_STATEMENTS = "see_statements"
    LOAD_STATEMENT = "load_statement"
    CLOSE_FINDING = "close_finding"
    SEE_JOURNAL = "see_journal"
    EXPORT_JOURNAL = "export_journal"
    CLOSE_PERIOD = "close_period"
    SEE_INVOICES = "see_invoices"
    WORK_INVOICES = "work_invoices"
    MAKE_PREPAID_REFUND = "make_prepaid_refund"
    APPROVE_PREPAID_REFUND = "approve_prepaid_refund"
    REPRINT = "reprint"
    UNMASK = "unmask"
    SEE_ALERTS = "see_alerts"
    CLOSE_ALERT = "close_alert"
    SEE_POLICY = "see_policy"
    PROPOSE_POLICY = "propose_policy"
    APPROVE_POLICY = "approve_policy"
    APPLY_POLICY = "apply_policy"
    SEE_PEOPLE = "see_people"
    PROPOSE_PEOPLE = "propose_people"
    CHANGE_PEOPLE = "change_people"
    APPROVE_PEOPLE = "approve_people"
    SEE_AUDIT = "see_audit"
    SEE_BACKUP = "see_backup"
    BACKUP = "backup"
    WORK_DRAWER = "work_drawer"
    SEE_DRAWERS = "see_drawers"
    APPROVE_DRAWER = "approve_drawer"
    SEE_REPORTS = "see_reports"
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"


class Need(NamedTuple):
    """The matrix row and the letter in it that an act stands for; V is part of every other letter."""

    row: str
    letter: str


NEEDS: Mapping[Act, Need] = {
    Act.LOOK_UP: Need("find_sale", "V"),
    Act.SELL: Need("ring_up", "M"),
    Act.MAKE_REFUND: Need("refund", "M"),
    Act.MAKE_REFUND_WITHOUT_RECEIPT: Need("refund_no_receipt", "M"),
    Act.VOID: Need("void", "M"),
    Act.APPROVE: Need("approve", "A"),
    Act.APPROVE_HIGH: Need("approve_high", "A"),
    Act.PAY_CASH: Need("pay_cash", "M"),
    Act.SUBMIT: Need("submit", "M"),
    Act.SEE_STUCK: Need("stuck_refunds", "V"),
    Act.RETRY_LEG: Need("stuck_refunds", "M"),
    Act.DROP_LEG: Need("stuck_refunds", "M"),
    Act.SETTLE_BY_HAND: Need("stuck_refunds", "M"),
    Act.MAKE_TRANSFER: Need("transfer", "M"),
    Act.APPROVE_TRANSFER: Need("transfer", "A"),
    Act.SEE_STATEMENTS: Need("statements", "V"),
    Act.LOAD_STATEMENT: Need("statements", "M"),
    Act.CLOSE_FINDING: Need("statements", "M"),
    Act.SEE_JOURNAL: Need("journal", "V"),
    Act.EXPORT_JOURNAL: Need("journal", "M"),
    Act.CLOSE_PERIOD: Need("journal", "M"),
    Act.SEE_INVOICES: Need("invoices", "V"),
    Act.WORK_INVOICES: Need("invoices", "M"),
    Act.MAKE_PREPAID_REFUND: Need("prepaid_refund", "M"),
    Act.APPROVE_PREPAID_REFUND: Need("prepaid_refund", "A"),
    Act.REPRINT: Need("reprint", "M"),
    Act.UNMASK: Need("unmask", "M"),
    Act.SEE_ALERTS: Need("alerts", "V"),
    Act.CLOSE_ALERT: Need("alerts", "M"),
    Act.SEE_POLICY: Need("policy", "V"),
    Act.PROPOSE_POLICY: Need("policy", "P"),
    Act.APPROVE_POLICY: Need("policy", "A"),
    Act.APPLY_POLICY: Need("policy", "M"),
    Act.SEE_PEOPLE: Need("people", "V"),
    Act.PROPOSE_PEOPLE: Need("people", "P"),
    Act.CHANGE_PEOPLE: Need("people", "M"),
    Act.APPROVE_PEOPLE: Need("people", "A"),
    Act.SEE_AUDIT: Need("audit_log", "V"),
    Act.SEE_BACKUP: Need("backup", "V"),
    Act.BACKUP: Need("backup", "M"),
    Act.WORK_DRAWER: Need("drawer", "M"),
    Act.SEE_DRAWERS: Need("drawer", "V"),
    Act.APPROVE_DRAWER: Need("drawer", "A"),
    Act.SEE_REPORTS: Need("reports", "V"),
    Act.SEE_SETTINGS: Need("settings", "V"),
    Act.CHANGE_SETTINGS: Need("settings", "M"),
}

ALL_ACTS: tuple[str, ...] = tuple(Act)
"""For API keys: each key carries some of these."""

MONEY_ACTS = frozenset(
    {
        Act.SELL,
        Act.MAKE_REFUND,
        Act.MAKE_REFUND_WITHOUT_RECEIPT,
        Act.VOID,
        Act.APPROVE,
        Act.APPROVE_HIGH,
        Act.PAY_CASH,
        Act.SUBMIT,
        Act.RETRY_LEG,
        Act.DROP_LEG,
        Act.SETTLE_BY_HAND,
        Act.MAKE_TRANSFER,
        Act.APPROVE_TRANSFER,
        Act.CLOSE_FINDING,
        Act.MAKE_PREPAID_REFUND,
        Act.APPROVE_PREPAID_REFUND,
        Act.WORK_DRAWER,
        Act.APPROVE_DRAWER,
    }
)
"""Whoever may do one of these can move money, or say that it moved."""

_HANDS_OFF = frozenset({Role.ADMIN, Role.AUDITOR})
"""Roles that keep their bearer from money whatever else she is: INV-07, domain §8.1."""

_MONEY_ROLES = (Role.CASHIER, Role.CS, Role.MANAGER, Role.FINANCE, Role.OWNER)


def may(roles: Collection[str], act: Act | str) -> bool:
    """Whether one of `roles` is given `act`. Raises ValueError for an act that does not exist."""
    wanted = Act(act)
    if wanted in MONEY_ACTS and any(role in _HANDS_OFF for role in roles):
        return False
    need = NEEDS[wanted]
    return any(_grants(MATRIX[need.row].get(role, "-"), need.letter) for role in roles)


def _grants(cell: str, letter: str) -> bool:
    if cell in ("-", "auto"):
        # auto: the worker submits what was approved; nobody at the counter presses anything
        return False
    return letter == "V" or letter in cell


def may_approve(roles: Collection[str], needed: str, amount: int, rules: Rules) -> bool:
    """Whether a person with `roles` may give the approval that the verdict asks from the role `needed`.

    A manager alone approves up to the store's limit; above it her approval is the first of two (domain §8.2).
    """
    if needed not in roles:
        return False
    alone = needed == Role.MANAGER and amount <= rules.approval_fen["manager"]
    return may(roles, Act.APPROVE if alone else Act.APPROVE_HIGH)


def acts_of(roles: Collection[str]) -> tuple[str, ...]:
    """Every act that `roles` give, in the order of the list."""
    return tuple(act for act in Act if may(roles, act))


def conflicts(roles: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of roles that one person must not hold together (domain §8.1).

    Cashier with manager is no such pair: they exclude each other on one refund only, which the books check.
    """
    held = set(roles)
    pairs = [(Role.FINANCE, Role.CASHIER)]
    pairs += [(Role.ADMIN, role) for role in _MONEY_ROLES]
    pairs += [(Role.AUDITOR, role) for role in Role if role is not Role.AUDITOR]
    return tuple((one, other) for one, other in pairs if one in held and other in held)
