"""Reports for machines."""

from __future__ import annotations

from tests.cast import Shop


def test_a_report_is_told_in_fen_and_basis_points(shop: Shop, api) -> None:
    shop.sell("S-1", channel="wechatpay")
    shop.refund("S-1", lines={1: 1})
    told = api.get("/reports/rate?by=channel").json()
    assert told["items"] == [
        {"key": "wechatpay", "sales": 1, "sold": 5997, "refunds": 1, "refunded": 1999, "rate": 3333}
    ]
    assert told["total"] == {"sales": 1, "sold": 5997, "refunds": 1, "refunded": 1999, "rate": 3333}
    assert told["columns"][2] == {"code": "sold", "kind": "money"}


def test_reports_are_listed_with_their_splits(shop: Shop, api) -> None:
    items = {one["code"]: one for one in api.get("/reports").json()["items"]}
    assert items["reasons"]["by"] == ["reason"] and items["rate"]["name"] == "退款率"


def test_wrong_days_and_names_are_refused(shop: Shop, api) -> None:
    assert api.get("/reports/rate?from=2026-11-02&to=2026-11-01").status_code == 422
    assert api.get("/reports/rate?by=nonsense").status_code == 404
    assert api.get("/reports/nonsense").status_code == 404
