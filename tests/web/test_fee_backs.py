"""EX15 on a refund's page: what the channel gives back of its fee, an estimate until the statement says; not for the counter."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sudapos.books import decisions, fee_backs, remedies, shops, staff
from sudapos.books.intake import LineDraft
from sudapos.books.refunds import Refund
from sudapos.books.statements import Statement, StatementLine
from sudapos.core import calendar
from tests.api.conftest import Caller, problem
from tests.books.test_cards import agreed
from tests.cast import Shop

from .conftest import text


def stated(shop: Shop, *rows: tuple[str, str, int, int], current: bool = True) -> Statement:
    """A statement of WeChat Pay with these rows: kind, number, amount, fee."""
    account = shops.accounts(["demo-wechatpay"])["demo-wechatpay"]
    day = calendar.business_date(shop.at) - timedelta(days=Statement.objects.count())
    made = Statement.objects.create(
        account=account,
        day=day,
        version=1,
        current=current,
        digest="0" * 64,
        file_name="bill.csv",
        format="wechatpay",
        origin="upload",
        loaded_at=shop.at,
        loaded_by="test",
    )
    for line, (kind, number, amount, fee) in enumerate(rows, 1):
        StatementLine.objects.create(
            statement=made, line=line, kind=kind, number=number, amount=amount, fee=fee
        )
    return made


@pytest.fixture
def refunds(shop: Shop) -> list[Refund]:
    """163.00 by WeChat Pay; 49.83 and 113.17 of it go back."""
    line = LineDraft(line_no=1, name="外套", milli=1000, unit_price=16_300, vat_bp=1300)
    sale = shop.sell("EX15", lines=(line,), channel="wechatpay")
    made = [agreed(shop, shop.refund(sale, amount=4_983))]
    shop.later(minutes=2)
    return [*made, agreed(shop, shop.refund(sale, amount=11_317))]


def shown(refund: Refund) -> list[tuple[int, int, bool]]:
    return [(row.charged, row.back, row.is_told) for row in fee_backs.of(refund)]


def test_ex15_finance_sees_30_and_68_of_98_and_the_counter_nothing(shop, person, refunds):
    assert shown(refunds[0]) == []  # nobody has told what the channel kept
    stated(shop, ("sale", "EX15P1", 16_300, 98), current=False)
    assert shown(refunds[0]) == []  # a version that another took the place of does not count
    stated(shop, ("sale", "EX15P1", 16_300, 98))
    assert [shown(refund) for refund in refunds] == [[(98, 30, False)], [(98, 68, False)]]
    where = f"/refunds/{refunds[0].refund_no}/"
    page = text(person("f01").get(where))
    assert "渠道手续费退回" in page and "收款时扣¥0.98" in page.replace("扣 ¥", "扣¥")
    assert "¥0.30估计" in page.replace(" ", "") and "以渠道对账单为准" in page
    for code in ("m01", "a01"):
        assert "渠道手续费退回" in person(code).read(where)
    assert "手续费退回" not in person("c01").read(where)


def test_the_statements_own_figure_takes_the_place_of_the_estimate_and_the_rest_follows_it(
    shop, person, refunds
):
    first = refunds[0].legs.get().leg_no
    stated(shop, ("sale", "EX15P1", 16_300, 98), ("refund", first, 4_983, -29))
    assert [shown(refund) for refund in refunds] == [[(98, 29, True)], [(98, 69, False)]]
    assert "估计" not in person("f01").read(f"/refunds/{refunds[0].refund_no}/")


def test_a_leg_that_came_to_nothing_brings_no_fee_back(shop, refunds):
    stated(shop, ("sale", "EX15P1", 16_300, 98))
    remedies.drop(refunds[0].legs.get().leg_no, operator=shop.m01, note="不退了", at=shop.at)
    assert [shown(decisions.get(refund.refund_no)) for refund in refunds] == [[], [(98, 68, False)]]


def test_over_the_api_with_the_right_to_see_statements(shop, refunds):
    stated(shop, ("sale", "EX15P1", 16_300, 98))
    _, secret = staff.create_key("books", acts=["see_statements"], at=shop.at)
    [row] = Caller(secret).get(f"/refunds/{refunds[1].refund_no}/channel-fees").json()["items"]
    assert (row["fee_charged"], row["fee_returned"], row["is_estimate"]) == (98, 68, True)
    _, other = staff.create_key("till", acts=["look_up"], at=shop.at)
    assert problem(Caller(other).get(f"/refunds/{refunds[1].refund_no}/channel-fees"))[0] == 403
