"""Red invoices over the API."""

from __future__ import annotations

from sudapos.books import invoices
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem

BLUE, RED = "26332000000012345678", "26332000000087654321"


def opened(api: Caller, shop: Shop, sale_no: str = "S-1") -> str:
    shop.sell(sale_no, invoice_no=BLUE)
    api.refund(ask(sale_no))
    [task] = api.get(f"/invoices?q={sale_no}").json()["items"]
    return str(task["task_no"])


def test_a_task_is_listed_read_and_walked_to_its_end(api: Caller, shop: Shop):
    number = opened(api, shop)
    told = api.get(f"/invoices/{number}").json()
    assert (told["state"], told["reason_code"], told["blue_no"]) == ("blue_issued", "SALES_RETURN", BLUE)
    assert told["rates"] == [{"vat_bp": 1300, "net": 1769, "tax": 230, "amount": 1999}]
    assert told["lines"] == [{"name": "红枣酸奶", "vat_bp": 1300, "net": 1769, "tax": 230, "amount": 1999}]
    assert told["steps"] == ["request", "ask-buyer", "give-up"]
    assert api.post(f"/invoices/{number}/request", {"operator": "f01"}).json()["state"] == "red_requested"
    done = api.post(f"/invoices/{number}/issue", {"operator": "f01", "red_no": RED}).json()
    assert (done["state"], done["red_no"], done["steps"]) == ("red_issued", RED, [])
    assert [move["step"] for move in done["moves"]] == ["open", "request", "issue"]
    assert api.get("/invoices").json()["items"] == []
    assert [t["task_no"] for t in api.get("/invoices?state=red_issued").json()["items"]] == [number]


def test_a_form_that_lapsed_leads_to_its_follower(api: Caller, shop: Shop):
    number = opened(api, shop)
    api.post(f"/invoices/{number}/ask-buyer", {"operator": "f01", "form_no": "F-1", "special": True})
    invoices.lapse(at=shop.later(hours=73))
    told = api.get(f"/invoices/{number}").json()
    assert (told["state"], told["followed_by"]) == ("lapsed", number.replace("H1", "H2"))
    after = api.get(f"/invoices/{told['followed_by']}").json()
    assert (after["state"], after["follows"], after["special"]) == ("blue_issued", number, True)


def test_what_is_wrong_is_said_by_code(api: Caller, shop: Shop):
    number = opened(api, shop)
    path = f"/invoices/{number}"
    assert problem(api.post(f"{path}/issue", {"operator": "f01", "red_no": RED})) == (
        409,
        "invoice_step_refused",
    )
    assert problem(api.post(f"{path}/request", {"operator": "c01"})) == (403, "may_not")
    assert problem(api.get("/invoices/R0H1")) == (404, "invoice_not_found")
    wrong = api.post(f"{path}/request", {"operator": "f01", "reason_code": "WHY"})
    assert faults(wrong) == [(["reason_code"], "not_offered")]
