"""What is owed beyond the price, by machines: previewed, asked for under a key, agreed, paid, and its receipt."""

from __future__ import annotations

from tests.api.conftest import Caller
from tests.cast import Shop

WISH = {"operator": "c01", "kind": "deceived", "price": 5997, "why": "以次充好", "evidence": "投诉 118"}


def ask(api: Caller, key: str = "K-1", **changes: object):
    return api.post("/sales/S-1/compensations", WISH | changes, **{"Idempotency-Key": key})


def test_from_the_question_to_the_receipt(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    assert api.post("/sales/S-1/compensations/preview", WISH | {"evidence": ""}).json() == {"amount": 50_000}
    made = ask(api)
    row = made.json()
    assert (made.status_code, row["amount"], row["state"], row["price"]) == (201, 50_000, "awaiting", 5_997)
    again = ask(api)
    assert (again.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", row)
    address = f"/compensations/{row['number']}"
    assert api.get(f"{address}/receipt").json()["code"] == "compensation_not_paid"
    own = api.post(f"{address}/approve", {"operator": "c01"})
    assert (own.status_code, own.json()["code"]) == (403, "maker_is_checker")
    assert api.post(f"{address}/approve", {"operator": "m01"}).json()["state"] == "approved"
    told = {"operator": "f01", "channel": "transfer", "person": "李小兰"}
    assert api.post(f"{address}/pay", told).json()["code"] == "compensation_reference_needed"
    paid = api.post(f"{address}/pay", told | {"reference": "B-9"}).json()
    assert (paid["state"], paid["reference"], paid["person"], paid["payer"]) == ("paid", "B-9", "李**", "f01")
    twice = api.post(f"{address}/pay", told | {"reference": "B-9"})
    assert (twice.status_code, twice.json()["code"]) == (409, "compensation_decided")
    slip = api.get(f"{address}/receipt").json()
    assert (slip["amount"], slip["sale_no"], slip["kind"]) == (50_000, "S-1", "deceived")
    html = api.get(f"{address}/receipt?format=html&lang=en").content.decode()
    assert "COMPENSATION RECEIPT" in html and "¥500.00" in html and "not a refund" in html
    assert api.get(f"{address}/receipt?format=png").content[:4] == b"\x89PNG"
    assert api.get(address).json() == paid
    assert [each["number"] for each in api.get("/compensations?state=paid").json()["items"]] == [
        row["number"]
    ]
    assert api.get("/compensations").json()["items"] == []


def test_what_is_wrong_is_named_and_nothing_is_made(shop: Shop, api: Caller) -> None:
    shop.sell("S-1")
    for change, loc in (
        ({"kind": "revenge"}, ["kind"]),
        ({"price": 5_998}, ["price"]),
        ({"evidence": ""}, ["evidence"]),
        ({"kind": "agreed"}, ["amount"]),
    ):
        answer = ask(api, **change)
        told = answer.json()
        assert (answer.status_code, told["code"], told["errors"][0]["loc"]) == (422, "input_invalid", loc)
    assert api.get("/compensations?state=all").json()["items"] == []
    wrong = api.get("/compensations?state=lost").json()
    assert (wrong["code"], wrong["errors"][0]["loc"]) == ("input_invalid", ["state"])
