"""GET /refunds/{refund_no}/voucher and POST …/voucher/prints."""

from __future__ import annotations

import pytest

from sudapos.books.intake import LineDraft
from tests.cast import Shop

from .conftest import Caller, ask, faults, problem


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1")


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


def test_a_form_that_is_not_offered_is_refused(api: Caller) -> None:
    number = api.refund(ask()).json()["refund_no"]
    assert problem(api.get(f"/refunds/{number}/voucher?format=docx")) == (422, "format_not_offered")
    assert faults(api.get(f"/refunds/{number}/voucher?lang=fr")) == [(["lang"], "out_of_range")]
    assert faults(api.get(f"/refunds/{number}/voucher?width=70")) == [(["width"], "out_of_range")]
    assert problem(api.get("/refunds/R0/voucher")) == (404, "refund_not_found")
