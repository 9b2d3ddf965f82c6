"""GET /alerts and its close."""

from __future__ import annotations

from tests.cast import Shop

from .conftest import Caller, problem


def test_alerts_are_listed_and_closed_by_a_person(shop: Shop, api: Caller) -> None:
    for number in range(3):
        refund = shop.refund(shop.sell(f"S-{number}"), lines={1: 1})
    [row] = api.get("/alerts?rule=FR08").json()["items"]
    assert (row["rule"], row["action"], row["subject_no"], row["overdue"]) == (
        "FR08",
        "alert",
        refund.refund_no,
        False,
    )
    assert row["facts"]["late_cash_today"] == 2
    assert problem(api.post(f"/alerts/{row['id']}/close", {"operator": "m01", "note": "x"})) == (
        403,
        "may_not",
    )
    done = api.post(f"/alerts/{row['id']}/close", {"operator": "a01", "note": "看过"})
    assert (done.status_code, done.json()["closed_by"], done.json()["reason"]) == (200, "a01", "看过")
    assert problem(api.post(f"/alerts/{row['id']}/close", {"operator": "a01", "note": "x"})) == (
        409,
        "alert_closed",
    )
    assert problem(api.post("/alerts/999999/close", {"operator": "a01", "note": "x"})) == (
        404,
        "alert_not_found",
    )
    assert api.get("/alerts").json()["items"] == []
