"""Shifts and drawers for machines."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest

from tests.api.conftest import Caller, ask, problem
from tests.cast import Shop


def opened(api: Caller, till: str = "T1", who: str = "c01", **more: Any) -> str:
    body = {
        "store": "S01",
        "till": till,
        "operator": who,
        "sum": 50_000,
        "float": 50_000,
        "approver": "m01",
        **more,
    }
    answer = api.post("/shifts", body)
    assert answer.status_code == 201, answer.content
    return str(answer.json()["shift_no"])


@pytest.fixture
def funded(shop: Shop, api: Caller) -> Caller:
    """3000 yuan in the safe."""
    moved = move(api, kind="from_bank", amount=300_000, operator="m01")
    assert (moved["from"], moved["to"], moved["amount"]) == (None, "SAFE", 300_000)
    return api


def move(api: Caller, *, key: str = "", **body: Any) -> dict[str, Any]:
    answer = api.post(
        "/cash-moves",
        {"store": "S01", **body},
        **{"Idempotency-Key": key or f"m-{sorted(body.items())}"[:64]},
    )
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_day_of_one_drawer(shop: Shop, funded: Caller) -> None:
    api = funded
    number = opened(api)
    shop.sell("S-1")
    refund = api.refund(ask()).json()
    leg = refund["legs"][0]["leg_no"]
    assert api.post(f"/legs/{leg}/confirm", {"operator": "c01"}).status_code == 200
    [row] = [each for each in api.get("/drawers?store=S01").json()["items"] if each["till"] == "T1"]
    assert (row["held"], row["free"], row["shift_no"], row["operator"]) == (53_998, 43_998, number, "c01")
    count = api.post(
        f"/shifts/{number}/counts", {"operator": "c01", "notes": {"10000": 5}, "sum": 2_798}
    ).json()
    assert (count["counted"], count["expected"], count["difference"], count["needs"]) == (
        52_798,
        53_998,
        -1_200,
        ["manager"],
    )
    refused = api.post(f"/shifts/{number}/close", {"operator": "c01"})
    assert problem(refused) == (422, "count_reason_needed")
    z = api.post(f"/shifts/{number}/close", {"operator": "c01", "reason": "找零", "to_safe": 2_798}).json()
    assert (z["kind"], z["number"], z["slip"]["balance"]) == ("Z", 1, 50_000)
    [waits] = api.get("/counts").json()["items"]
    done = api.post(
        f"/counts/{waits['count_no']}/explain", {"operator": "m01", "how": "cashier", "note": "本人认可"}
    )
    assert (done.json()["state"], done.json()["how"]) == ("explained", "cashier")
    whole = api.get(f"/shifts/{number}").json()
    assert (whole["state"], len(whole["counts"]), whole["left_over"]["cash"]) == ("closed", 2, [])
    [line] = [b for b in api.get("/journal/balances").json()["items"] if b["account"] == "1001"]
    assert line["balance"] == 52_798 + 300_000 - 50_000


def test_a_drawer_that_is_short_is_a_problem_with_a_way_out(shop: Shop, funded: Caller) -> None:
    api = funded
    opened(api, sum=10_000, float=10_000)
    shop.sell("S-1", till="T2")
    leg = api.refund(ask()).json()["legs"][0]["leg_no"]
    refused = api.post(f"/legs/{leg}/confirm", {"operator": "c01"})
    assert problem(refused) == (422, "drawer_short")
    assert "¥19.99" in refused.json()["detail"] and refused.json()["hint"]
    move(api, kind="top_up", till="T1", amount=1_999, operator="c01", approver="m01")
    assert api.post(f"/legs/{leg}/confirm", {"operator": "c01"}).json()["progress"] == "done"


def test_the_customer_may_take_a_transfer_instead(shop: Shop, funded: Caller) -> None:
    api = funded
    opened(api, sum=10_000, float=10_000)
    shop.sell("S-1", till="T2")
    leg = api.refund(ask()).json()["legs"][0]["leg_no"]
    assert problem(api.post(f"/legs/{leg}/by-transfer", {"operator": "m01"})) == (422, "consent_needed")
    told = api.post(f"/legs/{leg}/by-transfer", {"operator": "m01", "note": "当面同意"}).json()
    assert [each["route"] for each in told["legs"]] == ["transfer"]


def test_one_key_moves_cash_once(funded: Caller) -> None:
    opened(funded)
    body = {"kind": "drop", "till": "T1", "amount": 10_000, "operator": "c01"}
    assert move(funded, key="k", **body) == move(funded, key="k", **body)
    missing = funded.post("/cash-moves", {"store": "S01", **body})
    assert problem(missing) == (422, "idempotency_key_missing")


def test_a_shift_is_handed_over(funded: Caller) -> None:
    number = opened(funded)
    funded.post(f"/shifts/{number}/counts", {"operator": "c01", "sum": 50_000})
    told = funded.post(f"/shifts/{number}/hand-over", {"operator": "c01", "to": "c02"}).json()
    assert (told["report"]["kind"], told["shift"]["operator"], told["shift"]["shift_no"]) == (
        "Z",
        "c02",
        "S01-T1-0002",
    )
    assert [s["state"] for s in funded.get("/shifts").json()["items"]] == ["open", "closed"]


def test_an_x_report_and_a_kick(funded: Caller) -> None:
    number = opened(funded)
    x = funded.post(f"/shifts/{number}/x", {"operator": "m01"})
    assert (x.status_code, x.json()["kind"], x.json()["slip"]["balance"]) == (201, "X", 50_000)
    assert problem(funded.post(f"/shifts/{number}/kicks", {"operator": "c01"})) == (422, "cash_reason_needed")
    kicked = funded.post(f"/shifts/{number}/kicks", {"operator": "c01", "reason": "换零钱"})
    assert (kicked.status_code, b64decode(kicked.json()["escpos"])) == (201, b"\x1b@\x1bp\x0022")


def test_what_is_unknown_is_refused_by_name(funded: Caller) -> None:
    assert problem(funded.post("/shifts", {"store": "S01", "till": "T9", "operator": "c01"})) == (
        404,
        "till_not_found",
    )
    assert problem(funded.get("/shifts/S01-T1-0009")) == (404, "shift_not_found")
    number = opened(funded)
    wrong = funded.post(f"/shifts/{number}/counts", {"operator": "c01", "notes": {"333": 1}})
    assert problem(wrong) == (422, "input_invalid")


def test_the_first_copy_of_a_cash_refund_opens_the_drawer_and_no_reprint_does(
    shop: Shop, funded: Caller
) -> None:
    shop.sell("S-1")
    number = funded.refund(ask()).json()["refund_no"]
    first = funded.post(f"/refunds/{number}/voucher/prints", {"operator": "c01"})
    assert (first.status_code, b64decode(first.json()["drawer"])) == (201, b"\x1b@\x1bp\x0022")
    again = funded.post(f"/refunds/{number}/voucher/prints", {"operator": "m01", "reason": "paper_jam"})
    assert (again.status_code, again.json()["copy_no"], again.json()["drawer"]) == (201, 2, None)


@pytest.mark.parametrize(
    ("form", "begins"), [("escpos", b"\x1b@"), ("png", b"\x89PNG"), ("pdf", b"%PDF"), ("html", b"<!")]
)
def test_a_report_is_figures_or_paper(funded: Caller, form: str, begins: bytes) -> None:
    number = opened(funded)
    assert problem(funded.get(f"/shifts/{number}/report")) == (404, "report_not_found")
    funded.post(f"/shifts/{number}/x", {"operator": "m01"})
    funded.post(f"/shifts/{number}/counts", {"operator": "c01", "sum": 50_000})
    z = funded.post(f"/shifts/{number}/close", {"operator": "c01"}).json()
    assert funded.get(f"/shifts/{number}/report").json() == z
    assert funded.get(f"/shifts/{number}/report?kind=X&number=1").json()["kind"] == "X"
    paper = funded.get(f"/shifts/{number}/report?format={form}&width=58")
    assert paper.status_code == 200 and paper.content.lstrip().startswith(begins)
    assert problem(funded.get(f"/shifts/{number}/report?format=docx")) == (422, "format_not_offered")
