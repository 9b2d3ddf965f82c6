"""Cards by API: opened, topped up once for each key, paid with, refunded to."""

from __future__ import annotations

from sudapos.books import staff
from tests.api.conftest import ask, problem

CARD = {"operator": "c01", "number": "600000000001", "store": "S01", "holder": "李小兰"}
TOP_UP = {"operator": "c01", "paid": 12_500, "bonus": 2_500, "channel": "transfer"}


def opened(api, **told):
    answer = api.post("/cards", {**CARD, **told})
    assert answer.status_code == 201, answer.content
    return answer.json()["card_ref"]


def sale(payments, price=30_000):
    return {
        "sale_no": "S-EX06",
        "store": "S01",
        "till": "T1",
        "operator": "c01",
        "sold_at": "2026-11-22T12:01:02+08:00",
        "lines": [{"line_no": 1, "name": "套餐", "quantity": "1", "unit_price": price, "vat_bp": 1300}],
        "payments": payments,
    }


def test_a_card_is_opened_topped_up_once_and_never_shows_its_number(api):
    ref = opened(api)
    first = api.post(f"/cards/{ref}/top-ups", TOP_UP, **{"Idempotency-Key": "t-1"})
    again = api.post(f"/cards/{ref}/top-ups", TOP_UP, **{"Idempotency-Key": "t-1"})
    assert (first.status_code, again.status_code, again["Idempotent-Replayed"]) == (201, 200, "true")
    shown = api.get(f"/cards/{ref}")
    assert "600000000001" not in shown.content.decode()
    told = shown.json()
    assert (told["principal"], told["bonus"], told["balance"]) == (12_500, 2_500, 15_000)
    assert [(each["kind"], each["principal"]) for each in told["moves"]] == [("top_up", 12_500)]
    assert [each["card_ref"] for each in api.get("/cards?q=0001").json()["items"]] == [ref]
    assert problem(api.post("/cards", CARD)) == (409, "card_known")
    assert problem(api.get("/cards/C000999")) == (404, "card_not_found")


def test_ex06_by_api_each_tender_gets_its_share_and_the_card_its_buckets(api):
    ref, own = opened(api), opened(api, number="P-0001", kind="points")
    api.post(f"/cards/{ref}/top-ups", TOP_UP, **{"Idempotency-Key": "t-1"})
    api.post(f"/cards/{own}/points", {"operator": "c01", "points": 1_000})
    answer = api.post(
        "/sales",
        sale(
            [
                {"payment_no": "P1", "channel": "points", "amount": 1_000, "card_no": "P-0001"},
                {
                    "payment_no": "P2",
                    "channel": "stored_value",
                    "amount": 15_000,
                    "card_no": "600000000001",
                    "principal": 12_500,
                    "bonus": 2_500,
                },
                {
                    "payment_no": "P3",
                    "channel": "wechatpay",
                    "account": "demo-wechatpay",
                    "amount": 14_000,
                    "out_trade_no": "EX06P3",
                },
            ]
        ),
    )
    assert answer.status_code == 201, answer.content
    made = api.refund(ask("S-EX06", lines=[], amount=9_999, expected_total=9_999)).json()
    assert {leg["channel"]: (leg["amount"], leg["state"]) for leg in made["legs"]} == {
        "points": (333, "settled"),
        "stored_value": (5_000, "settled"),
        "wechatpay": (4_666, "ready"),
    }
    held = api.get(f"/cards/{ref}").json()
    assert (held["principal"], held["bonus"]) == (4_167, 833)
    assert api.get(f"/cards/{own}").json()["bonus"] == 333


def test_a_card_that_is_unknown_or_short_refuses_the_sale(api):
    paid = {"payment_no": "P1", "channel": "stored_value", "amount": 30_000, "card_no": "600000000001"}
    assert problem(api.post("/sales", sale([paid])))[1] == "input_invalid"
    opened(api)
    assert problem(api.post("/sales", sale([paid]))) == (422, "card_short")


def test_ex14a_by_api_a_card_is_handed_back_by_two_people(api, shop):
    staff.hire("s01", "孙客服", ["cs"], at=shop.at, password="pass-word-1")
    ref = opened(api)
    paid = {"operator": "c01", "paid": 100_000, "bonus": 20_000, "channel": "transfer"}
    api.post(f"/cards/{ref}/top-ups", paid, **{"Idempotency-Key": "t-1"})
    used = {"payment_no": "P1", "channel": "stored_value", "amount": 36_000, "card_no": "600000000001"}
    assert api.post("/sales", sale([used], 36_000)).status_code == 201
    terms = {"cause": "MERCHANT", "rescinded_on": "2026-11-01", "experienced": True}
    worth = api.post(f"/cards/{ref}/hand-backs/preview", terms).json()
    assert (worth["consumed_value"], worth["principal_refund"], worth["rule"]) == (30_000, 70_000, "art_18")
    assert worth["newest_rates"]["to_confirm"] is True
    hers = {"operator": "s01", "person": "李小兰", "payee": "李小兰", "id_number": "11010519491231002X"}
    body = {**terms, **hers, "account": "6222021234567890"}
    made = api.post(f"/cards/{ref}/hand-backs", body, **{"Idempotency-Key": "h-1"})
    assert made.status_code == 201, made.content
    assert "11010519491231002X" not in made.content.decode()
    number = made.json()["number"]
    assert api.post(f"/cards/{ref}/hand-backs", body, **{"Idempotency-Key": "h-1"}).json()["number"] == number
    assert problem(api.post(f"/hand-backs/{number}/pay", {"operator": "s01", "reference": "B"}))[0] == 403
    assert made.json()["held"] == ["FR22"]
    pay = {"operator": "m01", "reference": "B"}
    assert problem(api.post(f"/hand-backs/{number}/pay", pay)) == (422, "hand_back_held")
    assert problem(api.get(f"/hand-backs/{number}/voucher")) == (404, "hand_back_not_paid")
    done = api.post(f"/hand-backs/{number}/pay", {**pay, "note": "已核对充值单"}).json()
    slip = api.get(f"/hand-backs/{number}/voucher").json()
    assert (slip["card_masked"], slip["principal"], slip["interest"]) == (
        "****0001",
        70_000,
        done["interest"],
    )
    assert (slip["after_principal"], slip["after_bonus"]) == (0, 0)
    assert "储值卡退款凭证" in api.get(f"/hand-backs/{number}/voucher?format=html").content.decode()
    assert problem(api.get(f"/hand-backs/{number}/voucher?format=doc"))[1] == "format_not_offered"
    paper = api.get(f"/hand-backs/{number}/voucher?format=pdf&width=58&lang=en")
    assert (paper.headers["Content-Type"], paper.content[:5]) == ("application/pdf", b"%PDF-")
    prints = f"/hand-backs/{number}/voucher/prints"
    first = api.post(prints, {"operator": "m01"})
    assert (first.status_code, first.json()["copy_no"], first.json()["drawer"]) == (201, 1, None)
    assert problem(api.post(prints, {"operator": "m01"})) == (422, "reprint_reason_needed")
    second = api.post(prints, {"operator": "m01", "reason": "lost"}).json()
    assert (second["reprint"], second["reason"]) == (True, "lost")
    assert [one["reason"] for one in api.get(f"/hand-backs/{number}/voucher").json()["prints"]][0] == ""
    assert "重印" in api.get(f"/hand-backs/{number}/voucher?format=html").content.decode()
    assert (done["state"], done["principal_refund"], done["checker"]) == ("paid", 70_000, "m01")
    assert api.get(f"/cards/{ref}").json()["balance"] == 0
    again = api.post(f"/hand-backs/{number}/reject", {"operator": "m02", "note": "x"})
    assert problem(again) == (409, "hand_back_decided")
