"""POST /refunds/{refund_no}/approve, reject and withdraw."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books.intake import LineDraft
from sudapos.books.sales import Payment
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem


def test_a_refund_above_the_limit_waits_and_is_approved_by_a_manager(shop: Shop, api: Caller) -> None:
    shop.sell("S-2", lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=39900)])
    told = api.refund(ask("S-2", expected_total=39900)).json()
    assert (told["state"], told["progress"], told["legs"]) == ("awaiting", "waiting", [])
    path = f"/refunds/{told['refund_no']}/approve"
    assert problem(api.post(path, {"operator": "c01", "note": ""})) == (403, "maker_is_checker")
    assert problem(api.post(path, {"operator": "c02", "note": ""})) == (403, "may_not")
    stale = {"operator": "m01", "note": "", "fingerprint": "0" * 64}
    assert problem(api.post(path, stale)) == (409, "page_stale")
    done = api.post(path, {"operator": "m01", "note": "看过商品"})
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert problem(api.post(path, {"operator": "m02", "note": ""})) == (409, "not_awaiting")


def test_reject_and_withdraw(shop: Shop, api: Caller) -> None:
    shop.sell("S-2", lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=39900)])
    number = api.refund(ask("S-2", expected_total=39900)).json()["refund_no"]
    assert problem(api.post(f"/refunds/{number}/reject", {"operator": "m01", "note": ""})) == (
        422,
        "note_needed",
    )
    assert (
        api.post(f"/refunds/{number}/reject", {"operator": "m01", "note": "已使用"}).json()["state"]
        == "rejected"
    )
    number = api.refund(ask("S-2", expected_total=39900)).json()["refund_no"]
    told = api.post(f"/refunds/{number}/withdraw", {"operator": "c01", "note": "顾客改变主意"}).json()
    assert (told["state"], told["progress"]) == ("withdrawn", "closed")
    assert Payment.objects.get(sale__sale_no="S-2").promised == 0


@pytest.mark.parametrize("act", ["approve", "reject", "withdraw"])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ({"note": ""}, (["operator"], "missing")),
        ({"operator": "", "note": ""}, (["operator"], "empty")),
        ({"operator": None, "note": ""}, (["operator"], "wrong_type")),
        ({"operator": "m01", "remark": ""}, (["remark"], "unknown_field")),
    ],
)
def test_a_decision_names_its_operator(
    api: Caller, act: str, body: Any, fault: tuple[list[str], str]
) -> None:
    assert fault in faults(api.post(f"/refunds/R1/{act}", body))


def test_deciding_what_does_not_exist(api: Caller) -> None:
    for act in ("approve", "withdraw"):
        assert problem(api.post(f"/refunds/R0/{act}", {"operator": "m01"})) == (404, "refund_not_found")
    assert problem(api.post("/refunds/R0/forget", {"operator": "m01"})) == (404, "path_unknown")
    assert problem(api.post("/refunds/R0/approve", {"operator": "zz"})) == (422, "operator_not_found")


def test_an_approval_is_for_one_refund_and_counts_once(shop: Shop, api: Caller) -> None:
    shop.sell("S-1", channel="wechatpay")
    shop.sell("S-2", channel="wechatpay")
    first = api.refund(ask("S-1", reason="goodwill")).json()
    second = api.refund(ask("S-2", reason="goodwill")).json()
    yes = {"operator": "m01", "fingerprint": first["fingerprint"]}
    carried = api.post(f"/refunds/{second['refund_no']}/approve", yes)
    assert problem(carried) == (409, "page_stale")
    assert api.post(f"/refunds/{first['refund_no']}/approve", yes).status_code == 200
    assert problem(api.post(f"/refunds/{first['refund_no']}/approve", yes)) == (409, "not_awaiting")
    other = {"operator": "m02", "note": "我也看过", "fingerprint": first["fingerprint"]}
    assert problem(api.post(f"/refunds/{first['refund_no']}/reject", other)) == (409, "not_awaiting")
    assert api.get(f"/refunds/{second['refund_no']}").json()["state"] == "awaiting"
    assert len(api.get(f"/refunds/{first['refund_no']}").json()["approvals"]) == 1
