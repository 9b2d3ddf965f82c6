"""GET /journal and /journal/balances."""

from __future__ import annotations

import pytest

from tests.cast import Shop

from .conftest import Caller, faults, problem


def test_journal_and_balances(shop: Shop, api: Caller) -> None:
    refund = shop.refund(shop.sell("S-1"), lines={1: 1})
    told = api.get(f"/journal?business_no={refund.refund_no}").json()["items"]
    assert [entry["recipe"] for entry in told] == ["J05a"]
    assert told[0]["lines"] == [
        {"side": "贷", "account": "5001", "name": "主营业务收入", "amount": -1769},
        {"side": "贷", "account": "2221.01", "name": "应交增值税-销项", "amount": -230},
        {"side": "贷", "account": "2241.01", "name": "应退客户款", "amount": 1999},
    ]
    balances = api.get("/journal/balances").json()
    assert balances["off"] == 0
    assert {b["account"]: b["balance"] for b in balances["items"]}["2241.01"] == -1999
    table = api.get("/journal?format=generic_csv").content.decode("utf-8-sig").splitlines()
    assert table[0].startswith("凭证日期,凭证字") and len(table) == 1 + 3 + 3
    assert problem(api.get("/journal?format=kingdee_simple")) == (422, "format_not_offered")


@pytest.mark.parametrize(
    "form", ["kingdee_simple", "kingdee_kis_excel", "yonyou_tplus", "yonyou_u8_txt", "pdf"]
)
def test_a_form_that_is_not_offered_says_so(api: Caller, form: str) -> None:
    answer = api.get(f"/journal?format={form}")
    assert problem(answer) == (422, "format_not_offered")
    assert answer.json()["hint"] == "请使用 json, generic_csv"


def test_days_narrow_the_journal_and_include_both_ends(shop: Shop, api: Caller) -> None:
    sale = shop.sell("S-1")
    day = sale.business_date.isoformat()
    assert len(api.get(f"/journal?from={day}&to={day}").json()["items"]) == 1
    assert api.get("/journal?to=2001-01-01").json() == {"items": [], "next_cursor": None}
    assert faults(api.get("/journal?from=yesterday")) == [(["from"], "wrong_type")]
    assert faults(api.get("/journal/balances?at=x")) == [(["at"], "wrong_type")]
