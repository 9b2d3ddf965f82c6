"""GET /audit and /audit/verify."""

from __future__ import annotations

from sudapos.books import audit
from tests.cast import Shop

from .conftest import Caller


def test_the_audit_log_is_read_and_its_chain_verified(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})
    told = api.get(f"/audit?subject=refund&subject_no={refund.refund_no}").json()["items"]
    assert [r["act"] for r in told][-1] in ("refund.opened", "leg.accepted")
    audit.seal(at=shop.at)
    verdict = api.get("/audit/verify").json()
    assert (verdict["holds"], verdict["break"]) == (True, None)
    assert verdict["sealed_until"] > 0
