"""A kept fee over the API: named in the preview and in the refund, waived with a note, published by a policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sudapos.books import policies, shops
from sudapos.books.intake import LineDraft
from tests.cast import Shop

from .conftest import Caller, ask

pytestmark = pytest.mark.django_db
ROWS = {"数码/no_reason": {"kind": "restocking", "bp": 500}}
KEPT = [{"line_no": 1, "kind": "restocking", "amount": 500, "code": "数码/no_reason"}]


def sold(shop: Shop, **more: Any) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "kept_fees": ROWS, **more}
    merchant.save(update_fields=["rules"])
    line = LineDraft(line_no=1, name="耳机", milli=1000, unit_price=10000, vat_bp=1300, category="数码")
    shop.sell("S-1", lines=(line,))


def wish(**more: Any) -> dict[str, Any]:
    return ask(lines=[{"line_no": 1, "quantity": "1"}], reason="no_reason", expected_total=None, **more)


def test_the_preview_and_the_refund_name_the_fee(shop: Shop, api: Caller) -> None:
    sold(shop)
    told = api.post("/refunds/preview", wish()).json()
    assert (told["total"], told["kept"]) == (9500, KEPT)
    [said] = [each for each in told["verdict"]["reasons"] if each["code"] == "fee_kept"]
    assert (said["weight"], said["message"]) == ("note", "手续费 ¥5.00，按购买时公示的规则")
    made = api.refund(wish()).json()
    assert (made["total"], made["kept"], made["deductions"]) == (9500, KEPT, KEPT)


def test_a_claim_of_the_law_keeps_nothing(shop: Shop, api: Caller) -> None:
    sold(shop)
    told = api.post("/refunds/preview", wish() | {"reason": "quality"}).json()
    assert (told["total"], told["kept"]) == (10000, [])


def test_a_waiver_needs_a_note_and_a_cashiers_a_manager(shop: Shop, api: Caller) -> None:
    sold(shop)
    wordless = api.post("/refunds/preview", wish(waive_fee=True))
    assert (wordless.status_code, wordless.json()["errors"][0]["loc"]) == (422, ["note"])
    told = api.post("/refunds/preview", wish(waive_fee=True, note="老顾客")).json()
    assert (told["total"], told["kept"], told["approvals"]) == (10000, [], ["manager"])
    own = api.post("/refunds/preview", wish(waive_fee=True, note="老顾客", operator="m01")).json()
    assert (own["total"], own["verdict"]["decision"]) == (10000, "allow")


def test_where_the_policy_forbids_a_waiver_it_is_denied_with_its_code(shop: Shop, api: Caller) -> None:
    sold(shop, kept_fee_waiver=False)
    answer = api.refund(wish(waive_fee=True, note="熟人", operator="m01"))
    assert (answer.status_code, answer.json()["code"]) == (422, "refund_denied")
    assert [each["code"] for each in answer.json()["reasons"]][0] == "fee_waiver_off"


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ({"*/quality": {"kind": "restocking", "bp": 1}}, "fee_forbidden"),
        ({"*": {"kind": "channel", "bp": 60}}, "bad_value"),
        ({"*": {"kind": "restocking", "bp": 10_001}}, "bad_value"),
        ({"*": {"kind": "restocking"}}, "bad_value"),
        ({"*": {"kind": "restocking", "unit_fen": -1}}, "bad_value"),
        ({"/no_reason": {"kind": "restocking", "bp": 1}}, "bad_value"),
        ([], "not_a_table"),
    ],
)
def test_a_row_that_may_not_be_is_refused(shop: Shop, api: Caller, rows: Any, code: str) -> None:
    answer = api.post("/policies", {"operator": "f01", "content": {"kept_fees": rows}})
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"][0]["code"] == code


def test_rows_travel_in_a_policys_file(shop: Shop) -> None:
    row = policies.propose({"kept_fees": ROWS}, operator=shop.f01, note="", at=shop.at)
    again = policies.read(policies.imported(json.dumps(policies.exported(row), ensure_ascii=False)))
    assert again.kept_fees == ROWS


def test_every_rule_that_spoke_is_in_the_verdict(shop: Shop, api: Caller) -> None:
    sold(shop)
    reasons = api.post("/refunds/preview", wish()).json()["verdict"]["reasons"]
    said = {each["code"]: each["message"] for each in reasons if each["weight"] == "note"}
    assert said["ok_promise"] == "第 0 天，“无理由退货天数”是 7 天"
    assert said["ok_cash"] == "现金 ¥95.00，在收银员付现限额 ¥500.00 以内"
    assert {"ok_paid", "ok_returnable", "ok_receipt", "ok_cash_day", "ok_same_year", "ok_alone"} <= set(said)
    assert "条舞弊规则都看过" in said["ok_fraud"]
    kept = api.refund(wish()).json()["verdict"]["reasons"]
    assert {each["code"] for each in kept} == {each["code"] for each in reasons}


def test_a_refund_that_is_asked_about_still_says_what_let_it_pass_and_what_would_have(
    shop: Shop, api: Caller
) -> None:
    sold(shop, approval_fen={"cashier": 5000, "manager": 200_000, "manager_finance": 2_000_000})
    reasons = api.post("/refunds/preview", wish()).json()["verdict"]["reasons"]
    assert reasons[0]["code"] == "over_cashier_limit"
    assert reasons[0]["would_allow"]["rule"] == "approval_fen.cashier"
    codes = [each["code"] for each in reasons]
    assert "ok_receipt" in codes and "ok_alone" not in codes
