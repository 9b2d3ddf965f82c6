"""Where and when a refund is made: boundaries of stores, caps of drawers, days of the books."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sudapos.books import decisions, moves, requests, shops, staff, vouchers
from sudapos.books.audit import AuditRecord, through
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.staff import Operator
from sudapos.core import calendar
from sudapos.core.refusal import Forbidden
from tests.cast import Shop


def one(price: int, **more: object) -> list[LineDraft]:
    return [LineDraft(line_no=1, name="茶叶", milli=1000, unit_price=price, **more)]  # type: ignore[arg-type]


def hire(shop: Shop, code: str, role: str, store: str) -> Operator:
    where = shops.Store.objects.get(code=store)
    staff.hire(code, "周", [role], at=shop.at, password=None, store_id=where.pk)
    return staff.get(code)


def test_a_cashier_of_one_store_makes_no_refund_in_another(shop: Shop) -> None:
    hire(shop, "c09", "cashier", "S01")
    [opened] = requests.open(
        [shop.ask(shop.sell(), everything=True, operator="c09", store="S02")], at=shop.at
    )
    assert opened.refusal is not None and opened.refusal.code == "other_store"


def test_a_manager_of_another_store_prints_no_voucher(shop: Shop) -> None:
    other = hire(shop, "m09", "manager", "S02")
    refund = shop.refund(shop.sell())
    with pytest.raises(Forbidden):
        vouchers.record_print(refund.refund_no, operator=other, reason="补打", at=shop.at)


@pytest.mark.parametrize("where", [{"till": "T1"}, {"till": "T-{n}"}, {"till": "T{n}", "store": "S02"}])
def test_a_drawers_daily_cap_holds_whatever_till_is_named(shop: Shop, where: dict[str, str]) -> None:
    paid = 0
    for n in range(20):
        named = {key: value.format(n=n + 10) for key, value in where.items()}
        refund = shop.refund(shop.sell(lines=one(20_000)), **named)
        if refund.state != "approved":
            break
        paid += refund.total
    assert paid <= 300_000 and refund.state == "awaiting"
    assert "cash_daily_cap" in {r["code"] for r in refund.verdict["reasons"]}


def test_cash_that_still_waits_for_a_checker_counts_for_the_drawer(shop: Shop) -> None:
    for _ in range(4):
        assert shop.refund(shop.sell(lines=one(70_000))).state == "awaiting"
    refund = shop.refund(shop.sell(lines=one(20_000)))
    assert refund.state == "approved"
    refund = shop.refund(shop.sell(lines=one(10_000)))
    assert refund.state == "awaiting"


def test_a_promise_is_booked_on_the_day_it_is_made(shop: Shop) -> None:
    refund = shop.refund(shop.sell(lines=one(39_900)))
    assert refund.state == "awaiting"
    shop.at = calendar.day_began(shop.at) + timedelta(
        days=1, minutes=5
    )  # the next trading day, before it has run out
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    entry = Entry.objects.get(recipe="J05a")
    assert entry.business_date == calendar.business_date(shop.at) != refund.business_date


def test_the_configured_cut_over_decides_the_day_of_every_entry(shop: Shop) -> None:
    merchant = shops.merchant()
    merchant.rules = {"business_day_cutover": "06:00"}
    merchant.save()
    local = shop.at.astimezone(calendar.SHANGHAI)
    shop.at = local.replace(hour=5, minute=30) + timedelta(days=1)
    refund = shop.refund(shop.sell())
    assert Entry.objects.get(business_no=refund.refund_no).business_date == local.date()


def test_goods_that_cannot_come_back_do_not_come_back_as_an_amount(shop: Shop) -> None:
    sale = shop.sell(lines=one(10_000, returnable=False))
    refund = shop.refund(sale, amount=10_000, reason="quality")
    assert refund.state == "awaiting"
    assert "not_returnable" in {r["code"] for r in refund.verdict["reasons"]}


def test_a_refund_that_was_rejected_leaves_no_tax_behind(shop: Shop) -> None:
    sale = shop.sell(lines=one(10_000, vat_bp=100))
    first = shop.refund(sale, amount=50, reason="no_reason")
    assert first.state == "awaiting"
    shop.refund(sale, amount=10, reason="quality")
    decisions.reject(first.refund_no, operator=shop.m01, note="不同意", at=shop.at)
    third = shop.refund(sale, amount=10, reason="quality")
    assert third.tax >= 0


def test_a_refund_that_waited_keeps_the_channels_pause(shop: Shop) -> None:
    lines = [
        LineDraft(line_no=k, name="茶", milli=1000, unit_price=price) for k, price in ((1, 39_900), (2, 1000))
    ]
    sale = shop.sell("S-P", channel="wechatpay", lines=lines)
    waiting = shop.refund(sale, lines={1: 1})
    shop.refund(sale, lines={2: 1}, operator="c02")
    [order] = moves.claim(10, at=shop.later(seconds=1))
    decisions.approve(waiting.refund_no, operator=shop.m01, at=shop.later(seconds=1))
    assert moves.claim(10, at=shop.later(seconds=30)) == []
    assert [o.amount for o in moves.claim(10, at=shop.later(seconds=40)) if o.verb == "refund"] == [39_900]
    assert order.amount == 1000


def test_what_waits_is_found_behind_hundreds_that_others_must_decide(shop: Shop) -> None:
    boss = hire(shop, "m08", "manager", "S02")
    for _ in range(3):
        shop.refund(shop.sell(lines=one(39_900)))
    mine = shop.refund(shop.sell(lines=one(39_900)), store="S02")
    assert [r.refund_no for r in decisions.waiting_for(boss, limit=1)] == [mine.refund_no]


def test_every_act_of_a_request_names_the_key_it_came_with(shop: Shop) -> None:
    token = through.set("till-7")
    try:
        refund = shop.refund(shop.sell(lines=one(39_900)))
        decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    finally:
        through.reset(token)
    rows = AuditRecord.objects.filter(subject_no=refund.refund_no)
    assert rows.count() >= 2 and all(row.facts["api_key"] == "till-7" for row in rows)
