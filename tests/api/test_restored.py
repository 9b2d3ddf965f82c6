"""A shop from a backup over the API."""

from __future__ import annotations

from sudapos.books import restores
from tests.cast import Shop

from .conftest import Caller, ask, problem


def test_every_refund_is_refused_in_both_languages_until_the_opening(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    cash = shop.refund(shop.sell("S-2")).legs.get().leg_no
    restores.begin({"taken_at": shop.at.isoformat()}, by="cli", at=shop.at)
    refused = api.refund(ask())
    assert problem(refused) == (422, "shop_restored")
    assert refused.json()["detail"] == "数据刚从备份恢复，和渠道核对完之前不能退款"
    api.lang = "en"
    told = api.post("/refunds/preview", ask())
    assert problem(told) == (422, "shop_restored")
    assert told.json()["hint"] == "The administrator reconciles, then runs sudapos restore --reopen"
    assert problem(api.post(f"/legs/{cash}/confirm", {"operator": "c01"})) == (422, "shop_restored")
    assert api.get("/refunds").status_code == 200
    restores.reopen(even_so="drill", by="cli", at=shop.at)
    assert api.refund(ask()).status_code == 201
