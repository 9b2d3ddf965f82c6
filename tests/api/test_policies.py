"""The policy over the API: proposed, tried, decided by another, and told with each verdict."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sudapos.books import staff
from sudapos.core.authority import Act
from tests.cast import Shop

from .conftest import Caller, ask, problem


def content(api: Caller, **changes: Any) -> dict[str, Any]:
    kept: dict[str, Any] = api.get("/policies/1").json()["content"]
    return kept | changes


def propose(api: Caller, **changes: Any) -> Any:
    return api.post("/policies", {"operator": "f01", "content": content(api, **changes), "note": "旺季"})


def test_a_version_is_proposed_and_approved_by_another(shop: Shop, api: Caller) -> None:
    made = propose(api, promise_days=15)
    assert made.status_code == 201
    told = made.json()
    assert (told["number"], told["state"], told["base"], told["note"]) == (2, "proposed", 1, "旺季")
    assert told["changes"] == [{"entry": "promise_days", "word": "无理由退货天数", "before": 7, "after": 15}]
    assert problem(api.post("/policies/2/approve", {"operator": "f01"})) == (403, "policy_maker_is_checker")
    assert problem(api.post("/policies/2/approve", {"operator": "c01"})) == (403, "may_not")
    done = api.post("/policies/2/approve", {"operator": "admin", "note": "好"}).json()
    assert (done["state"], done["decided_by"], done["changes"]) == ("active", "admin", [])
    assert problem(api.post("/policies/2/reject", {"operator": "f02", "note": "x"})) == (
        409,
        "policy_decided",
    )
    items = api.get("/policies").json()["items"]
    assert [(each["number"], each["state"]) for each in items] == [(2, "active"), (1, "retired")]


def test_a_file_goes_out_and_comes_back(shop: Shop, api: Caller) -> None:
    file = api.get("/policies/1").json()["file"]
    file["content"]["no_receipt_limit_fen"] = 100
    made = api.post("/policies", {"operator": "m01", "content": file["content"], "base": 1})
    assert made.status_code == 201
    api.post("/policies/2/approve", {"operator": "f01"})
    stale = api.post("/policies", {"operator": "m01", "content": file["content"], "base": 1})
    assert problem(stale) == (409, "policy_stale")


def test_each_wrong_entry_is_named(shop: Shop, api: Caller) -> None:
    answer = propose(api, promise_days=-1, windows_by_reason={"mood": 3}, till_rounding="UP")
    assert problem(answer) == (422, "rules_invalid")
    assert [(each["loc"], each["code"]) for each in answer.json()["errors"]] == [
        (["till_rounding"], "rounds_up"),
        (["promise_days"], "not_a_whole_number"),
        (["windows_by_reason", "mood"], "unknown_key"),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"windows_by_category": {"a\u0000b": 1}},
        {"windows_by_category": {f"类别{n}": 1 for n in range(9000)}},
        {"waterfall_order": ["\u0000"]},
    ],
)
def test_what_cannot_be_kept_is_refused(shop: Shop, api: Caller, changes: dict[str, Any]) -> None:
    assert problem(propose(api, **changes)) == (422, "policy_file_wrong")


def test_a_lone_surrogate_is_refused(shop: Shop, api: Caller) -> None:
    body = json.dumps({"operator": "f01", "content": {"windows_by_category": {"\ud800": 1}}})
    assert api.post("/policies", body).status_code in (400, 422)


def test_a_draft_is_tried_on_last_weeks_refunds(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell())
    ladder = {"cashier": 5996, "manager": 200_000, "manager_finance": 2_000_000}
    told = api.post("/policies/preview", {"content": content(api, approval_fen=ladder)}).json()
    assert (told["looked_at"], told["is_cut"]) == (1, False)
    [other] = told["otherwise"]
    assert (other["refund_no"], other["before"]["decision"], other["after"]["decision"]) == (
        refund.refund_no,
        "allow",
        "refer",
    )
    assert other["after"]["approvals"] == ["manager"]
    assert api.get("/policies").json()["items"][0]["number"] == 1


@pytest.mark.parametrize(("lang", "word"), [("zh", "审批限额（收银员）"), ("en", "Approval limit (cashier)")])
def test_a_verdict_tells_its_versions_and_what_would_have_allowed_it(
    shop: Shop, api: Caller, lang: str, word: str
) -> None:
    shop.sell("S-1", lines=tuple(shop.draft().lines)[:1])
    ladder = {"cashier": 1000, "manager": 200_000, "manager_finance": 2_000_000}
    propose(api, approval_fen=ladder)
    api.post("/policies/2/approve", {"operator": "f02"})
    api.lang = lang
    shown = api.post("/refunds/preview", ask()).json()["verdict"]
    kept = api.refund(ask()).json()["verdict"]
    for verdict in (shown, kept):
        assert verdict["policy"] == {"sale": 1, "now": 2}
        first = verdict["reasons"][0]
        assert (first["code"], first["would_allow"]["rule"], first["would_allow"]["wanted"]) == (
            "over_cashier_limit",
            "approval_fen.cashier",
            1999,
        )
        assert word in first["would_allow"]["message"] and "19.99" in first["would_allow"]["message"]
        assert verdict["reasons"][-1]["would_allow"] is None


def test_keys_and_numbers(shop: Shop, api: Caller) -> None:
    assert problem(api.get("/policies/9")) == (404, "policy_not_found")
    assert problem(api.get("/policies/x")) == (404, "policy_not_found")
    propose(api, promise_days=15)
    _, secret = staff.create_key("narrow", acts=[Act.SEE_POLICY], at=shop.at)
    narrow = Caller(secret)
    assert narrow.get("/policies").status_code == 200
    for path in ("/policies/2/approve", "/policies/2/reject"):
        assert problem(narrow.post(path, {"operator": "admin", "note": "x"})) == (403, "may_not")
    assert problem(propose(narrow)) == (403, "may_not")
    _, secret = staff.create_key("applier", acts=[Act.APPLY_POLICY], at=shop.at)
    assert Caller(secret).post("/policies/2/approve", {"operator": "admin"}).status_code == 200
