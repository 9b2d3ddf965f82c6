"""EX15: a channel keeps 0.6 % of a sale and gives it back with two refunds, as its own statement says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from sudapos.books import fee_backs, ledger, staff
from sudapos.books.intake import LineDraft
from tests.api.conftest import Caller
from tests.cast import PASSWORD
from tests.web.conftest import text

from .conftest import Afternoon
from .test_statements import load


@pytest.mark.parametrize("channel", ["wechatpay", "alipay"])
def test_ex15_the_fee_of_98_comes_back_as_30_and_68(
    afternoon: Afternoon, tmp_path: Path, channel: str
) -> None:
    afternoon.fresh(channel)
    line = LineDraft(line_no=1, name="外套", milli=1000, unit_price=16_300, vat_bp=1300)
    sale = afternoon.sell(channel, f"EX15-{channel[:2].upper()}", lines=(line,))
    refunds = []
    for part in (4_983, 11_317):
        refunds.append(afternoon.shop.refund(sale, amount=part))
        afternoon.work_until_quiet()
        afternoon.sandbox.advance(90)
        afternoon.shop.later(minutes=2)
    assert fee_backs.of(refunds[0]) == []  # no statement has told the fee yet
    statement = load(afternoon, channel, tmp_path).statement
    statement.refresh_from_db()
    back = sorted(-row.fee for row in statement.lines.filter(kind="refund"))
    assert (statement.fee_charged, back, statement.fee_returned) == (98, [30, 68], 98)
    assert {b.account: b.amount for b in ledger.balances()}.get("5603", 0) == 0

    _, secret = staff.create_key("books", acts=["*"], at=afternoon.shop.at)
    told = Caller(secret).get(f"/statements/{statement.pk}").json()
    assert (told["fee_charged"], told["fee_returned"]) == (98, 98)
    browser = Client()
    browser.post("/sign-in/", {"code": "f01", "password": PASSWORD, "seat": ""})
    page = text(browser.get(f"/statements/{statement.pk}/"))
    assert "退还手续费（已入账）¥0.98" in page
    shown = [(row.charged, row.back, row.is_told) for refund in refunds for row in fee_backs.of(refund)]
    assert shown == [(98, 30, True), (98, 68, True)]
