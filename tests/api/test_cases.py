"""Cases over the API."""

from __future__ import annotations

from django.core.files.uploadedfile import SimpleUploadedFile

from tests.cast import Shop

from .conftest import Caller, ask, problem


def test_a_case_is_walked_from_the_first_word_to_the_last(api: Caller, shop: Shop, settings, tmp_path):
    settings.HOME = tmp_path
    shop.sell("S-1")
    number = api.refund(ask()).json()["refund_no"]
    opened = api.post(f"/refunds/{number}/cases", {"operator": "c01", "text": "没收到"})
    assert opened.status_code == 201
    path = f"/cases/{opened.json()['case_no']}"
    api.post(f"{path}/notes", {"operator": "f01", "text": "渠道已受理"})
    assert api.post(f"{path}/take", {"operator": "m01"}).json()["owner"] == "m01"
    given = {"operator": "m01", "file": SimpleUploadedFile("bill.txt", b"4200002811")}
    file = api.upload(f"{path}/files", given)
    assert (file.status_code, file.json()["name"]) == (201, "bill.txt")
    got = api.get(f"{path}/files/{file.json()['digest']}?operator=m01")
    assert got.content == b"4200002811"
    done = api.post(f"{path}/close", {"operator": "m01", "text": "到账了"}).json()
    assert (done["state"], done["reason"], [n["by"] for n in done["notes"]]) == ("closed", "到账了", ["f01"])
    assert api.get("/cases").json()["items"] == []
    [listed] = api.get(f"/cases?state=all&refund_no={number}").json()["items"]
    assert listed["refund_no"] == number


def test_what_is_wrong_is_said_by_code(api: Caller, shop: Shop):
    shop.sell("S-1")
    number = api.refund(ask()).json()["refund_no"]
    path = f"/refunds/{number}/cases"
    assert problem(api.post(path, {"operator": "a01", "text": "x"})) == (403, "may_not")
    assert problem(api.post(path, {"operator": "c01", "text": ""})) == (422, "case_text_needed")
    assert problem(api.get("/cases/K0")) == (404, "case_not_found")
