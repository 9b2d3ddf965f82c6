"""Deposits by API: taken once for each number, previewed, given back once for each key, refused in sentences."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sudapos.books import staff
from sudapos.books.audit import AuditRecord
from sudapos.core import money
from tests.api.conftest import Caller, problem

DEPOSIT = {
    "deposit_no": "D-1",
    "store": "S01",
    "till": "T1",
    "operator": "c01",
    "type": "DEPOSIT_YAJIN",
    "amount": 20_000,
    "purpose": "烤盘租借",
    "payment": {"channel": "wechatpay", "account": "demo-wechatpay", "out_trade_no": "D1P1"},
    "customer": {"phone": "13800138000", "name": "李小兰"},
}
BACK = {"operator": "c01", "store": "S01", "till": "T1"}
AGREED = {
    "deduction": 4_200,
    "why": "烤盘摔坏",
    "evidence": "照片",
    "confirmed": "signed",
    "confirmed_by": "李小兰",
}


def take(api: Caller, **changes: Any) -> dict[str, Any]:
    answer = api.post("/deposits", {**DEPOSIT, **changes})
    assert answer.status_code == 201, answer.content
    told: dict[str, Any] = answer.json()
    return told


def back(api: Caller, key: str = "k-1", number: str = "D-1", **changes: Any) -> Any:
    return api.post(f"/deposits/{number}/give-back", {**BACK, **changes}, **{"Idempotency-Key": key})


def test_a_deposit_is_taken_once_and_shows_nobodys_number(api: Caller) -> None:
    told = take(api)
    assert (told["state"], told["type"], told["amount"]) == ("held", "DEPOSIT_YAJIN", 20_000)
    assert told["customer"] == {"phone": "138****8000", "name": "李**"}
    assert api.post("/deposits", DEPOSIT).status_code == 200
    assert problem(api.post("/deposits", {**DEPOSIT, "amount": 1})) == (409, "number_reused")
    assert [row["deposit_no"] for row in api.get("/deposits").json()["items"]] == ["D-1"]
    assert api.get("/deposits?state=ended").json()["items"] == []
    assert api.get("/sales?q=D-1").json()["items"] == []
    assert problem(api.get("/deposits/D-9")) == (404, "deposit_not_found")


def test_ex13_by_api_to_the_fen(api: Caller) -> None:
    take(api)
    shown = api.post("/deposits/D-1/give-back/preview", {**BACK, **AGREED}).json()
    assert (shown["taken"], shown["kept"], shown["returned"], shown["wanted"]) == (20_000, 4_200, 15_800, [])
    assert (shown["refund"]["total"], shown["refund"]["tax"]) == (15_800, 0)
    [leg] = shown["refund"]["legs"]
    assert (leg["channel"], leg["route"], leg["amount"]) == ("wechatpay", "refund", 15_800)
    made = back(api, **AGREED, expected_total=15_800)
    assert made.status_code == 201, made.content
    told = made.json()
    assert told["state"] == "moving"
    [ending] = told["endings"]
    assert (ending["returned"], ending["kept"], ending["confirmed_by"]) == (15_800, 4_200, "李**")
    again = back(api, **AGREED, expected_total=15_800)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    assert again.json()["refund_no"] == told["refund_no"]
    refund = api.get(f"/refunds/{told['refund_no']}").json()
    assert (refund["total"], refund["reason"], refund["sale_no"]) == (15_800, "deposit", "D-1")
    lines = {
        (line["side"], line["account"]): line["amount"]
        for entry in api.get("/journal?format=json").json()["items"]
        if entry["business_no"] == told["refund_no"]
        for line in entry["lines"]
    }
    assert lines == {("借", "2241.03"): 20_000, ("贷", "2241.01"): 15_800, ("贷", "5301"): 4_200}
    assert problem(back(api, "k-2")) == (409, "deposit_ended")


@pytest.mark.parametrize(
    ("missing", "code"),
    [({"evidence": ""}, "deduction_needs_evidence"), ({"confirmed_by": ""}, "deduction_needs_consent")],
)
def test_r09_a_deduction_is_blocked_with_a_sentence_in_both_languages(
    api: Caller, missing: dict[str, str], code: str
) -> None:
    take(api)
    for lang in ("zh", "en"):
        api.lang = lang
        refused = back(api, **{**AGREED, **missing})
        assert problem(refused) == (422, code)
        assert money.show(4_200) in refused.json()["detail"]
    assert api.get("/deposits/D-1").json()["state"] == "held"


def test_a_photo_is_evidence_seen_again_and_what_is_no_base64_is_refused(
    api: Caller, settings: Any, tmp_path: Any
) -> None:
    settings.HOME = tmp_path
    take(api)
    picture = base64.b64encode(b"\x89PNG\r\n\x1a\nbroken pan").decode()
    bad = back(api, **{**AGREED, "evidence": "", "file": {"name": "p.png", "content": "&&&"}})
    assert problem(bad) == (422, "input_invalid")
    made = back(api, **{**AGREED, "evidence": "", "file": {"name": "p.png", "content": picture}})
    assert made.status_code == 201, made.content
    [ending] = made.json()["endings"]
    assert ending["file_name"] == "p.png"
    path = f"/deposits/D-1/files/{ending['file_digest']}"
    answer = api.get(f"{path}?operator=f01")
    assert (answer.content, answer["Content-Type"]) == (base64.b64decode(picture), "image/png")
    assert answer["Content-Disposition"] == 'attachment; filename="p.png"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    [look] = AuditRecord.objects.filter(act="deposit.file_opened")
    assert (look.by, look.subject_no) == ("f01", "D-1")
    assert problem(api.get(path)) == (422, "input_invalid")
    assert problem(api.get(f"/deposits/D-1/files/{'0' * 64}?operator=f01")) == (404, "file_lost")
    assert problem(api.get(f"{path}?operator=admin")) == (403, "may_not")
    assert AuditRecord.objects.filter(act="deposit.file_opened").count() == 1


def test_the_refunds_door_does_not_give_a_deposit_back(api: Caller) -> None:
    take(api)
    body = {"sale_no": "D-1", "everything": True, "reason": "other", "operator": "c01", "store": "S01"}
    assert problem(api.refund(body)) == (422, "deposit_goes_back_apart")
    assert problem(api.post("/refunds", {**body, "keep": 0}, **{"Idempotency-Key": "x"})) == (
        422,
        "input_invalid",
    )


def test_a_key_needs_the_right_acts(shop, api: Caller) -> None:
    take(api)
    _, secret = staff.create_key("looker", acts=["look_up"], at=shop.at)
    looker = Caller(secret)
    assert looker.get("/deposits").status_code == 200
    assert problem(looker.post("/deposits", DEPOSIT)) == (403, "may_not")
    assert problem(back(looker)) == (403, "may_not")


def test_earnest_money_counts_towards_a_sale(api: Caller) -> None:
    take(api, deposit_no="D-E", type="EARNEST_DINGJIN", contract_price=100_000)
    line = {"line_no": 1, "name": "婚纱", "quantity": "1", "unit_price": 100_000, "vat_bp": 1300}
    body = {"operator": "m01", "till": "T1", "given": {"sale_no": "S-E", "lines": [line]}}
    told = api.post("/deposits/D-E/count/preview", body).json()
    assert (told["price"], told["difference"], told["refund"]["total"]) == (100_000, 80_000, 20_000)
    body |= {"payment": {"channel": "cash"}, "expected_difference": 80_000}
    made = api.post("/deposits/D-E/count", body, **{"Idempotency-Key": "e-1"})
    row = made.json()
    assert (made.status_code, row["state"], row["sale_no"], row["difference"]) == (201, "done", "S-E", 80_000)
    again = api.post("/deposits/D-E/count", body, **{"Idempotency-Key": "e-1"})
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", row)
    seen = api.get("/deposits/D-E").json()
    assert (seen["state"], [each["ending"] for each in seen["endings"]]) == ("applied", ["applied"])
    assert api.get(f"/refunds/{row['refund_no']}").json()["legs"][0]["route"] == "exchange"
    sale = api.get("/sales/S-E").json()
    assert sorted((p["channel"], p["amount"]) for p in sale["payments"]) == [
        ("cash", 80_000),
        ("exchange", 20_000),
    ]


def test_its_receipt_in_every_form_and_in_english(api: Caller) -> None:
    take(api, deposit_no="D-R")
    told = api.get("/deposits/D-R/receipt").json()
    assert (told["number"], told["kind"]) == ("D-R", "DEPOSIT_YAJIN")
    html = api.get("/deposits/D-R/receipt?format=html&lang=en").content.decode()
    assert "RECEIPT FOR DEPOSIT" in html and "no sale and no invoice" in html
    starts = {"pdf": b"%PDF-", "png": b"\x89PNG"}
    for form, start in starts.items():
        assert api.get(f"/deposits/D-R/receipt?format={form}").content.startswith(start)
    assert len(api.get("/deposits/D-R/receipt?format=escpos").content) > 200
    assert api.get("/deposits/D-R/receipt?format=gif").status_code == 422
