"""POST /batches and what follows: every step of a batch by machine."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sudapos.books import batch_runs
from sudapos.books.refunds import Refund
from tests.cast import Shop

from .conftest import Caller, faults, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1", channel="alipay")
    shop.sell("S-2", channel="wechatpay")
    shop.sell("S-3")


def draft(api: Caller, **changes: Any) -> Any:
    wanted = {"operator": "m01", "title": "酸奶召回", "kind": "recall", "search": {"sku": "6901"}, **changes}
    return api.post("/batches", wanted)


def steps(api: Caller, number: str, *names: str, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = api.get(f"/batches/{number}").json()
    for name in names:
        body: dict[str, Any] = {"operator": "m01" if name == "check" else "m02"}
        if name == "approve":
            body["fingerprint"] = told["fingerprint"]
        answer = api.post(f"/batches/{number}/{name}", body)
        assert answer.status_code == 200, answer.content
        told = answer.json()
    return told


def test_a_batch_by_machine_from_search_to_report(shop: Shop, api: Caller) -> None:
    made = draft(api)
    assert made.status_code == 201
    number = made.json()["batch_no"]
    tried = steps(api, number, "check")
    assert (tried["state"], tried["count"], tried["total"]) == ("checked", 3, 11994)
    assert (tried["needed"], tried["missing"]) == (["manager"], ["manager"])
    assert tried["outcomes"] == {"ready": {"count": 3, "total": 11994}}
    assert [(c["channel"], c["total"]) for c in tried["channels"]] == [
        ("alipay", 3998),
        ("cash", 3998),
        ("wechatpay", 3998),
    ]
    assert steps(api, number, "approve", "start")["state"] == "running"
    batch_runs.turn(number, at=shop.at)
    told = api.get(f"/batches/{number}").json()
    assert told["totals"] == {
        "done": {"count": 0, "total": 0},
        "pending": {"count": 3, "total": 11994},
        "failed": {"count": 0, "total": 0},
        "out": {"count": 0, "total": 0},
    }
    assert told["outcomes"]["customer"] == {"count": 1, "total": 3998}
    items = api.get(f"/batches/{number}/items?outcome=customer").json()["items"]
    assert [(i["sale_no"], i["outcome_word"]) for i in items] == [("S-3", "等顾客来取")]
    assert items[0]["refund_no"] == Refund.objects.get(sale__sale_no="S-3").refund_no
    assert steps(api, number, "pause")["state"] == "paused"
    assert steps(api, number, "resume")["state"] == "running"
    assert steps(api, number, "cancel")["state"] == "cancelled"
    report = api.get(f"/batches/{number}/report").content.decode("utf-8-sig").splitlines()
    assert report[0] == "序号,销售单号,退什么,原因,金额,结果,退款单号,退到,说明"
    assert report[1].startswith("1,S-1,第 1 行 ×2,质量问题,39.98,退款中,R")
    assert api.get(f"/batches/{number}/report?file=xlsx").content[:2] == b"PK"


def test_items_come_in_pages(api: Caller) -> None:
    number = draft(api).json()["batch_no"]
    first = api.get(f"/batches/{number}/items?limit=2").json()
    assert [i["item_no"] for i in first["items"]] == [1, 2]
    rest = api.get(f"/batches/{number}/items?limit=2&cursor={first['next_cursor']}").json()
    assert ([i["item_no"] for i in rest["items"]], rest["next_cursor"]) == ([3], None)
    listed = api.get("/batches?limit=1").json()
    assert ([b["batch_no"] for b in listed["items"]], listed["next_cursor"]) == ([number], None)


def test_items_may_be_listed_by_the_caller(api: Caller) -> None:
    items = [{"sale_no": "S-1", "amount": 600}, {"sale_no": "S-2", "lines": [{"line_no": 1, "quantity": 1}]}]
    made = draft(api, kind="file", search=None, items=items, reason="wrong_charge").json()
    tried = steps(api, made["batch_no"], "check")
    assert (tried["total"], tried["reason"]) == (600 + 1999, "wrong_charge")


def test_the_same_list_is_taken_once(api: Caller) -> None:
    def again() -> Any:
        return draft(api, kind="file", search=None, items=[{"sale_no": "S-1", "amount": 600}])

    first = again()
    assert problem(again()) == (409, "batch_file_known")
    api.post(f"/batches/{first.json()['batch_no']}/cancel", {"operator": "m01"})
    assert again().status_code == 201


def test_a_file_is_sent_as_it_is(api: Caller) -> None:
    content = b"sale_no,amount\nS-1,6.00\nS-2,six\n"
    answer = api.client.post(
        "/api/v1/batches/file",
        {
            "operator": "m01",
            "title": "差价",
            "reason": "wrong_charge",
            "file": SimpleUploadedFile("a.csv", content),
        },
        headers={"Authorization": f"Bearer {api.secret}"},
    )
    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert (told["count"], told["asked"]["problem_count"]) == (1, 1)
    assert told["asked"]["problems"][0]["code"] == "amount_invalid"


def test_taking_an_item_out_makes_the_approval_stale(api: Caller) -> None:
    number = draft(api).json()["batch_no"]
    seen = steps(api, number, "check")
    after = api.post(f"/batches/{number}/drop", {"operator": "m01", "items": [1]}).json()
    assert (after["count"], after["total"]) == (2, 7996)
    answer = api.post(f"/batches/{number}/approve", {"operator": "m02", "fingerprint": seen["fingerprint"]})
    assert problem(answer)[1] == "page_stale"


def test_what_is_wrong_is_said(api: Caller) -> None:
    assert problem(api.get("/batches/B0"))[1] == "batch_not_found"
    assert faults(draft(api, kind="party", search={"sku": "6901"})) == [(["kind"], "not_offered")]
    assert faults(draft(api, title=" ")) == [(["title"], "missing")]
    assert problem(draft(api, search={"sku": "none"}))[1] == "batch_empty"
    assert problem(draft(api, operator="c01"))[1] == "may_not"
    number = draft(api).json()["batch_no"]
    early = api.post(f"/batches/{number}/start", {"operator": "m02"})
    assert problem(early) == (409, "batch_state")
    assert "草稿" in early.json()["detail"]
    own = api.post(f"/batches/{number}/approve", {"operator": "m01", "fingerprint": "x"})
    assert problem(own)[1] == "batch_state"


def test_a_key_needs_the_acts(shop: Shop, api: Caller) -> None:
    from sudapos.books import staff

    number = draft(api).json()["batch_no"]
    _, secret = staff.create_key("looker", acts=["look_up"], at=shop.at)
    looker = Caller(secret)
    assert looker.get(f"/batches/{number}").status_code == 200
    assert draft(looker).status_code == 403
    assert looker.post(f"/batches/{number}/check", {"operator": "m01"}).status_code == 403
    assert looker.post(f"/batches/{number}/cancel", {"operator": "m01"}).status_code == 403
