"""The permission matrix cell by cell, and what no combination of roles may do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sudapos.core import authority
from sudapos.core.authority import ALL_ACTS, MONEY_ACTS, ROLES, Act
from sudapos.core.policy import Rules

RULES = Rules()

# Each act: who may do it. C cashier, S customer service, M manager, F finance, U auditor, A admin, O owner.
ALLOWED = {
    "look_up": "CSMFUO",
    "sell": "CM",
    "make_refund": "CSM",
    "make_refund_without_receipt": "SM",
    "void": "CM",
    "approve": "M",
    "approve_high": "MFO",
    "pay_cash": "CM",
    "submit": "F",
    "see_stuck": "SMFUO",
    "retry_leg": "F",
    "drop_leg": "F",
    "settle_by_hand": "F",
    "make_transfer": "F",
    "approve_transfer": "MF",
    "see_statements": "MFUO",
    "load_statement": "F",
    "close_finding": "F",
    "see_journal": "FUO",
    "export_journal": "F",
    "close_period": "F",
    "see_invoices": "SMFUO",
    "work_invoices": "F",
    "make_prepaid_refund": "S",
    "approve_prepaid_refund": "MF",
    "reprint": "CSMF",
    "unmask": "SMFU",
    "see_alerts": "MFUO",
    "close_alert": "U",
    "see_policy": "MFUAO",
    "propose_policy": "MF",
    "approve_policy": "FO",
    "apply_policy": "A",
    "see_people": "MUAO",
    "propose_people": "M",
    "change_people": "A",
    "approve_people": "AO",
    "see_audit": "MFUAO",
    "see_backup": "UA",
    "backup": "A",
    "work_drawer": "CM",
    "see_drawers": "CMFUO",
    "approve_drawer": "MF",
    "see_reports": "MFUO",
    "see_settings": "MFUAO",
    "change_settings": "A",
}
LETTERS = dict(zip("CSMFUAO", ROLES, strict=True))
CELLS = [(letter, act) for act in ALLOWED for letter in LETTERS]


@pytest.mark.parametrize(("letter", "act"), CELLS, ids=[f"{LETTERS[letter]}-{act}" for letter, act in CELLS])
def test_each_role_may_do_what_the_matrix_says_and_nothing_else(letter, act):
    assert authority.may({LETTERS[letter]}, act) is (letter in ALLOWED[act])


def test_every_act_is_in_the_matrix_and_in_this_table():
    assert list(ALLOWED) == list(ALL_ACTS) == [act.value for act in Act]
    assert set(authority.NEEDS) == set(Act)
    assert {need.row for need in authority.NEEDS.values()} == set(authority.MATRIX)


def test_the_roles_are_those_of_the_sheet_and_the_owner():
    assert ROLES == ("cashier", "cs", "manager", "finance", "auditor", "admin", "owner")


def test_an_act_that_does_not_exist_is_a_mistake_and_not_a_no():
    with pytest.raises(ValueError, match="fly"):
        authority.may({"owner"}, "fly")


def test_nobody_and_strangers_may_do_nothing():
    assert authority.acts_of(()) == authority.acts_of({"burglar"}) == ()


def test_two_roles_add_up():
    both = set(authority.acts_of({"cashier", "cs"}))
    assert both == set(authority.acts_of({"cashier"})) | set(authority.acts_of({"cs"}))


@given(roles=st.frozensets(st.sampled_from(ROLES)), act=st.sampled_from(sorted(MONEY_ACTS)))
def test_an_administrator_or_auditor_never_moves_money_whatever_else_she_is_inv07(roles, act):
    assert not authority.may(roles | {"admin"}, act)
    assert not authority.may(roles | {"auditor"}, act)


@given(roles=st.frozensets(st.sampled_from(ROLES)))
def test_whoever_approves_or_pays_holds_a_role_that_does_so_by_itself(roles):
    for act in Act:
        if authority.may(roles, act):
            assert any(authority.may({role}, act) for role in roles)


@given(roles=st.frozensets(st.sampled_from(ROLES)), amount=st.integers(1, 10_000_000))
def test_another_destination_takes_two_roles_that_no_cashier_has_inv06(roles, amount):
    for needed in ("manager", "finance"):
        granted = authority.may_approve(roles, needed, amount, RULES)
        assert granted is (needed in roles and not roles & {"admin", "auditor"})
    assert not authority.may_approve({"cashier"}, "manager", amount, RULES)


@pytest.mark.parametrize(
    ("roles", "needed", "amount", "granted"),
    [
        ({"manager"}, "manager", 200_000, True),
        ({"manager"}, "manager", 200_001, True),  # the first of two; finance is asked as well
        ({"finance"}, "manager", 100, False),
        ({"finance"}, "finance", 100, True),
        ({"manager"}, "finance", 100, False),
        ({"owner"}, "owner", 9_000_000, True),
        ({"owner"}, "manager", 100, False),
        ({"cashier"}, "cashier", 100, False),
        ({"cs"}, "manager", 100, False),
        ({"manager", "admin"}, "manager", 100, False),
    ],
)
def test_an_approval_is_given_by_the_role_that_is_asked(roles, needed, amount, granted):
    assert authority.may_approve(roles, needed, amount, RULES) is granted


@pytest.mark.parametrize(
    ("roles", "pairs"),
    [
        ({"cashier", "manager"}, ()),
        ({"manager", "finance", "owner"}, ()),
        ({"finance", "cashier"}, (("finance", "cashier"),)),
        ({"admin", "manager"}, (("admin", "manager"),)),
        ({"admin", "owner"}, (("admin", "owner"),)),
        ({"auditor", "admin"}, (("auditor", "admin"),)),
        (
            {"auditor", "finance", "cashier"},
            (("finance", "cashier"), ("auditor", "cashier"), ("auditor", "finance")),
        ),
    ],
)
def test_some_roles_do_not_belong_in_one_hand(roles, pairs):
    assert authority.conflicts(roles) == pairs


@pytest.mark.parametrize("role", ROLES)
def test_one_role_alone_is_no_conflict(role):
    assert authority.conflicts({role}) == ()


SHEET = """
Look up sale (masked)                    | V   | V   | V   | V   | V  | -  | find_sale
Create refund request with receipt       | M*  | M   | M   | -   | -  | -  | refund
Create refund without receipt            | -   | M†  | M†  | -   | -  | -  | refund_no_receipt
Void same shift/batch                    | M*  | -   | MA  | -   | -  | -  | void
Approve ≤ store limit                    | -   | -   | A   | -   | -  | -  | approve
Approve above limit / other destination  | -   | -   | A   | A   | -  | -  | approve_high
Pay out cash                             | M*  | -   | M   | -   | -  | -  | pay_cash
Submit to channel                        | auto| auto| auto| M   | -  | -  | submit
Handle ABNORMAL / BOUNCED / UNKNOWN      | -   | V   | V   | M   | V  | -  | stuck_refunds
Offline bank transfer refund             | -   | -   | A   | MA  | V  | -  | transfer
Import statements, reconcile, suspense   | -   | -   | V   | M   | V  | -  | statements
Close period, export vouchers            | -   | -   | -   | M   | V  | -  | journal
Red invoice task                         | -   | V   | V   | M   | V  | -  | invoices
Prepaid card refund (ID data)            | -   | M   | A   | A*  | V  | -  | prepaid_refund
Reprint voucher                          | M†o | M†  | M†  | M†  | V  | -  | reprint
Unmask personal data                     | -   | M†  | M†  | M†  | M† | -  | unmask
Fraud alerts                             | -   | -   | Vo  | V   | VM | -  | alerts
Policy: windows, limits, reasons         | -   | -   | P   | PA* | V  | M  | policy
Users and roles                          | -   | -   | Po  | -   | V  | MA | people
Audit log                                | -   | -   | Vo  | V   | V  | Vo | audit_log
Backup/restore                           | -   | -   | -   | -   | V  | M  | backup
"""
"""Domain §8.2 as printed; the last word is our row for it."""
SHEET_CELLS = [
    (row.strip(), role, cell.strip(), ours.strip())
    for row, *cells, ours in (line.split("|") for line in SHEET.strip().splitlines())
    for role, cell in zip(ROLES[:6], cells, strict=True)
]


@pytest.mark.parametrize(
    ("row", "role", "cell", "ours"), SHEET_CELLS, ids=[f"{row}-{role}" for row, role, _, _ in SHEET_CELLS]
)
def test_each_cell_of_the_sheet_gives_its_letters_and_no_others(row, role, cell, ours):
    assert authority.MATRIX[ours][role] == cell
    given = {
        need.letter
        for act, need in authority.NEEDS.items()
        if need.row == ours and authority.may({role}, act)
    }
    offered = {need.letter for need in authority.NEEDS.values() if need.row == ours}
    wanted = set() if cell in ("-", "auto") else {"V", *(set(cell) & set("MAP"))}
    assert given == wanted & offered
