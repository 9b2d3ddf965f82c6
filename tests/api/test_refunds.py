"""/refunds, its decisions, its timeline, its legs, its voucher."""

from __future__ import annotations

from typing import Any

import pytest

from sudapos.books import ledger
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment
from tests.cast import Shop

from .conftest import Caller, problem


def ask(sale_no: str = "S-1", **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "sale_no": sale_no,
        "lines": [{"line_no": 1, "quantity": "1", "restock": True}],
        "charges": [],
        "everything": False,
        "amount": None,
        "reason": "quality",
        "note": "",
        "receipt": "present",
        "evidence": [],
        "route": "original",
        "legs": None,
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "expected_total": 1999,
    }
    return {**body, **changes}


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


def test_preview_answers_the_shape_of_the_interface(api: Caller) -> None:
    told = api.post("/refunds/preview", ask()).json()
    assert told["total"] == 1999
    assert told["lines"] == [{"line_no": 1, "name": "红枣酸奶", "quantity": "1", "amount": 1999, "tax": 230}]
    [leg] = told["legs"]
    assert (leg["payment_no"], leg["channel"], leg["route"], leg["amount"]) == ("P1", "cash", "cash", 1999)
    assert told["verdict"]["decision"] == "allow"
    assert {"code", "weight", "message"} <= set(told["verdict"]["reasons"][0])
    assert told["approvals"] == []
    assert Refund.objects.count() == 0


def test_a_refund_is_created_once_per_key(api: Caller) -> None:
    first = api.refund(ask(), key="one")
    assert first.status_code == 201
    again = api.refund(ask(), key="one")
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["refund_no"] == first.json()["refund_no"]
    other = api.refund(ask(expected_total=None, lines=[{"line_no": 1, "quantity": "2"}]), key="one")
    assert problem(other) == (422, "idempotency_key_reused")
    assert Refund.objects.count() == 1


def test_a_refund_has_the_shape_of_the_interface(api: Caller) -> None:
    told = api.refund(ask()).json()
    wanted = "refund_no sale_no state progress total lines charges reason verdict approvals legs voucher created_at operator"
    assert set(wanted.split()) <= set(told)
    assert (told["state"], told["progress"], told["operator"]) == ("approved", "moving", "c01")
    [leg] = told["legs"]
    wanted = "leg_no payment_no channel route amount state arrives_by channel_refund_ref received_account attempts error"
    assert set(wanted.split()) <= set(leg)
    assert leg["state"] == "accepted"


def test_the_key_header_is_needed(api: Caller) -> None:
    assert problem(api.post("/refunds", ask())) == (422, "idempotency_key_missing")
    assert problem(api.refund(ask(), key="x" * 65)) == (422, "idempotency_key_missing")


def test_another_total_than_the_screen_showed_is_a_conflict(api: Caller) -> None:
    answer = api.refund(ask(expected_total=2000))
    assert problem(answer) == (409, "total_changed")
    assert "¥20.00" in answer.json()["detail"] and "¥19.99" in answer.json()["detail"]


def test_asking_for_more_than_is_left(api: Caller) -> None:
    answer = api.refund(ask(expected_total=None, lines=[{"line_no": 1, "quantity": "3"}]))
    assert problem(answer) == (422, "over_refund")


def test_denied_by_policy_is_told_with_reasons_and_recorded(shop: Shop, api: Caller) -> None:
    shop.sell("S-W", channel="wechatpay")
    answer = api.refund(ask("S-W", route="cash"))
    assert problem(answer) == (422, "refund_denied")
    assert answer.json()["reasons"][0]["code"] == "cash_for_non_cash"
    assert AuditRecord.objects.filter(act="refund.refused", subject_no="S-W").count() == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"everything": True}, "ask_one_way"),
        ({"lines": []}, "ask_one_way"),
        ({"reason": "because"}, "input_invalid"),
        ({"route": "pigeon"}, "unknown_route"),
        ({"lines": [{"line_no": 9, "quantity": "1"}]}, "input_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "0.5"}]}, "input_invalid"),
        ({"lines": [{"line_no": 1, "quantity": "-1"}]}, "input_invalid"),
        ({"operator": "nobody"}, "operator_not_found"),
        ({"amount": 1.5, "lines": []}, "input_invalid"),
        ({"unheard": 1}, "input_invalid"),
    ],
)
def test_what_is_wrong_with_a_request_is_named(api: Caller, change: dict[str, Any], code: str) -> None:
    answer = api.refund(ask(**{"expected_total": None, **change}))
    assert problem(answer) == (422, code)
    assert Refund.objects.count() == 0


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


def test_cash_is_confirmed_and_the_books_follow(api: Caller) -> None:
    leg_no = api.refund(ask()).json()["legs"][0]["leg_no"]
    told = api.post(f"/legs/{leg_no}/confirm", {"operator": "c01"}).json()
    assert (told["progress"], told["legs"][0]["state"]) == ("done", "settled")
    assert {b.account: b.amount for b in ledger.balances()}["1001"] == 5997 - 1999
    assert problem(api.post(f"/legs/{leg_no}/drop", {"operator": "f01"})) == (409, "illegal_move")
    assert problem(api.post("/legs/NONE/confirm", {"operator": "c01"})) == (404, "leg_not_found")


def test_a_batch_is_never_all_or_nothing(shop: Shop, api: Caller) -> None:
    shop.sell("S-2")
    items = [
        {**ask("S-1"), "idempotency_key": "a"},
        {**ask("S-2", expected_total=1), "idempotency_key": "b"},
        {**ask("NOPE"), "idempotency_key": "c"},
        {**ask("S-2"), "idempotency_key": "d", "wrong": 1},
        {**ask("S-2"), "idempotency_key": "e"},
    ]
    results = api.post("/refunds/batch", {"items": items}).json()["results"]
    codes = [r["problem"]["code"] if "problem" in r else r["status"] for r in results]
    assert codes == ["created", "total_changed", "sale_not_found", "input_invalid", "created"]
    again = api.post("/refunds/batch", {"items": items}).json()["results"]
    assert [again[0]["status"], again[4]["status"]] == ["replayed", "replayed"]


def test_the_timeline_tells_who_did_what(api: Caller) -> None:
    told = api.refund(ask()).json()
    api.post(f"/legs/{told['legs'][0]['leg_no']}/confirm", {"operator": "c01"})
    steps = api.get(f"/refunds/{told['refund_no']}/timeline").json()["items"]
    assert [s["code"] for s in steps if s["kind"] == "move"] == ["send", "accept", "settle"]
    assert steps[0]["by"] == "c01"


def test_refunds_are_listed_and_narrowed(shop: Shop, api: Caller) -> None:
    api.refund(ask())
    for query, count in (
        ("", 1),
        ("?state=approved", 1),
        ("?state=awaiting", 0),
        ("?progress=moving", 1),
        ("?progress=done", 0),
        ("?channel=cash&store=S01", 1),
        ("?channel=alipay", 0),
        ("?from=2020-01-01&to=2020-01-02", 0),
    ):
        assert len(api.get(f"/refunds{query}").json()["items"]) == count, query
    assert problem(api.get("/refunds?progress=sideways")) == (422, "input_invalid")
    assert problem(api.get("/refunds/R0")) == (404, "refund_not_found")


@pytest.mark.parametrize(
    ("format", "start"),
    [("html", b"<!doctype html>"), ("pdf", b"%PDF"), ("png", b"\x89PNG"), ("escpos", b"\x1b@")],
)
def test_the_voucher_comes_in_every_form(api: Caller, format: str, start: bytes) -> None:
    number = api.refund(ask()).json()["refund_no"]
    for lang in ("zh", "en"):
        answer = api.get(f"/refunds/{number}/voucher?format={format}&lang={lang}")
        assert answer.status_code == 200
        assert answer.content.lower().startswith(start.lower())


def test_copies_are_counted_and_marked(api: Caller) -> None:
    number = api.refund(ask()).json()["refund_no"]
    prints = f"/refunds/{number}/voucher/prints"
    first = api.post(prints, {"reason": ""}).json()
    assert (first["copy_no"], first["reprint"]) == (1, False)
    assert "重印" not in api.get(f"/refunds/{number}/voucher?format=html").content.decode()
    assert problem(api.post(prints, {"reason": ""})) == (422, "reprint_reason_needed")
    second = api.post(prints, {"reason": "打印机故障", "operator": "c01"}).json()
    assert (second["copy_no"], second["reprint"]) == (2, True)
    assert "重印" in api.get(f"/refunds/{number}/voucher?format=html").content.decode()
    told = api.get(f"/refunds/{number}/voucher").json()
    assert [c["copy_no"] for c in told["prints"]] == [1, 2]


def test_a_voucher_stays_as_it_was_taken(api: Caller) -> None:
    told = api.refund(ask()).json()
    before = api.get(f"/refunds/{told['refund_no']}/voucher").json()["slip"]
    api.post(f"/legs/{told['legs'][0]['leg_no']}/confirm", {"operator": "c01"})
    assert api.get(f"/refunds/{told['refund_no']}/voucher").json()["slip"] == before


def test_a_refund_that_waits_has_no_voucher(shop: Shop, api: Caller) -> None:
    shop.sell("S-2", lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=39900)])
    number = api.refund(ask("S-2", expected_total=39900)).json()["refund_no"]
    assert problem(api.get(f"/refunds/{number}/voucher")) == (422, "voucher_not_ready")
