"""A restocking fee, from the published rule to the last fen: two returns, what is left, a leg that comes to nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sudapos.books import corrections, decisions, policies, remainders, remedies, requests, shops, vat
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from sudapos.core import calendar
from sudapos.core.refusal import Invalid, Refusal
from sudapos.ops import verifying
from tests.cast import Shop

pytestmark = pytest.mark.django_db
FIVE = {"数码": {"kind": "restocking", "bp": 500}}


def published(rows: object = FIVE, **more: object) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "kept_fees": rows, **more}
    merchant.save(update_fields=["rules"])


def bought(shop: Shop, **more: object) -> Sale:
    """Three headphones at 100.00 and a loaf at 20.00: 200.00 by WeChat, the rest in cash."""
    lines = (
        LineDraft(
            line_no=1, name="耳机", milli=3000, unit_price=10000, unit="副", vat_bp=1300, category="数码"
        ),
        LineDraft(line_no=2, name="面包", milli=1000, unit_price=2000, unit="个", vat_bp=1300),
    )
    number = f"S01-T1-K{Sale.objects.count():03d}"
    paid = (shop.payment(number, "wechatpay", 20000, "P1"), shop.payment(number, "cash", 12000, "P2"))
    return shop.sell(number, lines=lines, payments=paid, **more)


def lines(refund: Refund, recipe: str) -> list[tuple[str, str, int]]:
    entry = Entry.objects.get(business_no=refund.refund_no, recipe=recipe)
    return [(x.side, x.account, x.amount) for x in entry.lines.order_by("position")]


def left(sale: Sale) -> remainders.Remainder:
    return remainders.of([sale])[sale.pk]


def all_holds(shop: Shop) -> None:
    assert [finding for _, finding in verifying.run() if finding is not None] == []
    day = calendar.business_date(shop.at, cutover="04:00")
    assert vat.report(day - timedelta(days=40), day).off == 0


def test_a_return_keeps_the_published_fee_in_any_number_of_steps(shop: Shop) -> None:
    published()
    sale = bought(shop)
    first = shop.refund(sale, lines={1: 1}, reason="no_reason")
    assert (first.total, first.fee, first.tax, first.fee_tax) == (9500, 500, 1150 - 58, 58)
    assert first.deductions == [{"kind": "restocking", "line_no": 1, "amount": 500, "code": "数码"}]
    assert [(leg.channel, leg.amount, leg.fee) for leg in first.legs.all()] == [
        ("wechatpay", 5938, 313),
        ("cash", 3562, 187),
    ]
    assert lines(first, "J30a") == [
        ("贷", "5001", -8850),
        ("贷", "2221.01", -1150),
        ("贷", "5051", 442),
        ("贷", "2221.01", 58),
        ("贷", "2241.01", 9500),
    ]
    second = shop.refund(sale, lines={1: 1, 2: 1}, reason="no_reason")
    assert (second.total, second.fee) == (11500, 500)
    rest = shop.refund(sale, everything=True, reason="other")
    assert (rest.total, rest.fee) == (9500, 500)
    made = [first, second, rest]
    assert sum(r.total + r.fee for r in made) == 32000
    assert sum(r.tax + r.fee_tax for r in made) == 3451 + 230
    assert left(sale).left.total == 0
    with pytest.raises(AssertionError, match="over_refund"):
        shop.refund(sale, everything=True, reason="no_reason")
    # what was kept stays with the shop: the payments give back no more than 305.00
    assert sum(p.promised for p in Payment.objects.filter(sale=sale)) == 30500
    all_holds(shop)


def test_a_leg_that_comes_to_nothing_gives_its_share_of_the_fee_up(shop: Shop) -> None:
    published()
    sale = bought(shop)
    refund = shop.refund(sale, lines={1: 2}, reason="no_reason")
    wechat, cash = refund.legs.all()
    assert (refund.total, refund.fee) == (19000, 1000)
    assert [(x.amount, x.fee, x.fee_tax) for x in (wechat, cash)] == [(11875, 625, 72), (7125, 375, 43)]
    remedies.drop(wechat.leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    assert lines(refund, "J30e") == [
        ("贷", "5001", 11062),
        ("贷", "2221.01", 1438),
        ("贷", "5051", -553),
        ("贷", "2221.01", -72),
        ("贷", "2241.01", -11875),
    ]
    line = left(sale).sold.lines[0]
    assert (line.back_amount, line.fee, line.fee_due) == (7125 + 375, 375, 625)
    again = shop.refund(sale, everything=True, reason="no_reason")
    # 118.75 with 6.25 kept again, the third piece with 5.00, and the loaf
    assert (again.total, again.fee) == (11875 + 9500 + 2000, 625 + 500)
    assert left(sale).left.total == 0
    refund.refresh_from_db()
    kept = refund.fee - refund.undone_fee + again.fee
    assert (refund.total - refund.undone + again.total, kept) == (32000 - 1500, 1500)
    all_holds(shop)


def test_both_legs_dropped_leave_the_sale_as_it_was(shop: Shop) -> None:
    published()
    sale = bought(shop)
    refund = shop.refund(sale, lines={1: 2}, reason="no_reason")
    for leg in refund.legs.all():
        remedies.drop(leg.leg_no, operator=shop.m01, note="不退了", at=shop.at)
    assert left(sale).left.total == 32000
    assert left(sale).sold.lines[0].fee_due == 0
    assert shop.refund(sale, lines={1: 2}, reason="no_reason").fee == 1000
    all_holds(shop)


@pytest.mark.parametrize("reason", ["quality", "wrong_charge", "duplicate_charge", "not_delivered"])
def test_a_claim_of_the_law_brings_all_that_was_paid(shop: Shop, reason: str) -> None:
    published({"*": {"kind": "restocking", "bp": 500}})
    refund = shop.refund(bought(shop), lines={1: 1}, reason=reason)
    assert (refund.total, refund.fee, refund.deductions) == (10000, 0, [])


def test_a_buyer_from_afar_keeps_her_right_whole(shop: Shop) -> None:
    published()
    assert shop.refund(bought(shop, mode="online"), lines={1: 1}, reason="no_reason").fee == 0


def test_only_what_was_published_on_the_day_of_the_sale_is_kept(shop: Shop) -> None:
    before = bought(shop, sold_at=shop.at - timedelta(days=2))
    shop.later(days=1)
    content = policies.current().content | {"kept_fees": FIVE}
    row = policies.propose(content, operator=shop.m01, note="", at=shop.at)
    policies.activate(row.number, operator=shop.f01, at=shop.at)
    shop.later(days=2)
    after = bought(shop)
    old = shop.refund(before, lines={1: 1}, reason="no_reason")
    new = shop.refund(after, lines={1: 1}, reason="no_reason")
    assert (old.fee, new.fee) == (0, 500)
    assert (old.verdict["policy"]["sale"], new.verdict["policy"]["sale"]) == (1, row.number)


def test_a_manager_lets_the_fee_go_with_a_note(shop: Shop) -> None:
    published()
    sale = bought(shop)
    with pytest.raises(Invalid, match="input_invalid"):
        requests.preview(
            shop.ask(sale, lines={1: 1}, reason="no_reason", operator="m01", waive_fee=True), at=shop.at
        )
    refund = shop.refund(
        sale, lines={1: 1}, reason="no_reason", operator="m01", waive_fee=True, note="老顾客"
    )
    assert (refund.state, refund.total, refund.fee) == ("approved", 10000, 0)
    assert [r["facts"] for r in refund.verdict["reasons"] if r["code"] == "fee_waived"] == [{"amount": 500}]
    told = AuditRecord.objects.get(act="refund.opened", subject_no=refund.refund_no)
    assert "fee_waived" in told.facts["reasons"]


def test_a_cashier_asks_a_manager_to_let_it_go(shop: Shop) -> None:
    published()
    refund = shop.refund(bought(shop), lines={1: 1}, reason="no_reason", waive_fee=True, note="顾客生病")
    assert (refund.state, refund.needed, refund.fee) == ("awaiting", ["manager"], 0)
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    refund.refresh_from_db()
    assert (refund.state, refund.total) == ("approved", 10000)


def test_where_the_policy_says_no_nobody_lets_a_fee_go(shop: Shop) -> None:
    published(kept_fee_waiver=False)
    [opened] = requests.open(
        [
            shop.ask(
                bought(shop), lines={1: 1}, reason="no_reason", operator="m01", waive_fee=True, note="熟人"
            )
        ],
        at=shop.at,
    )
    assert isinstance(opened.refusal, Refusal)
    assert opened.refusal.code == "refund_denied"
    reasons = opened.refusal.facts["reasons"]
    assert isinstance(reasons, tuple)
    assert reasons[0].code == "fee_waiver_off"


def test_an_altered_fee_is_seen_before_it_is_approved(shop: Shop) -> None:
    published()
    refund = shop.refund(bought(shop), lines={1: 1}, reason="no_reason", receipt="lost", operator="m01")
    assert refund.state == "awaiting"
    refund.lines.update(fee_tax=1)
    with pytest.raises(Refusal, match="refund_altered"):
        decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)


def test_small_returns_in_any_order_and_drops_never_lose_a_fen(shop: Shop) -> None:
    published({"*": {"kind": "restocking", "bp": 333, "unit_fen": 7}})
    sale = bought(shop)
    for no, dropped in ((2, False), (1, True), (1, False), (1, True)):
        refund = shop.refund(sale, lines={no: 1}, reason="no_reason")
        if refund.needed:
            refund = decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
        if dropped:
            leg = refund.legs.order_by("id")[0]
            remedies.drop(leg.leg_no, operator=shop.m02, note="没退成", at=shop.at)
    if left(sale).left.total:
        shop.refund(sale, everything=True, reason="other")
    assert left(sale).left.total == 0
    rows = Refund.objects.filter(sale=sale)
    got = sum(r.total - r.undone for r in rows)
    kept = sum(r.fee - r.undone_fee for r in rows)
    assert (got + kept, kept) == (32000, 30000 * 333 // 10000 + 21 + 2000 * 333 // 10000 + 7)
    taxes = sum(r.tax - r.undone_tax + r.fee_tax - r.undone_fee_tax for r in rows)
    assert taxes == 3451 + 230
    all_holds(shop)


def test_a_correction_collects_the_money_and_leaves_the_fee_where_it_is_booked(shop: Shop) -> None:
    published()
    line = LineDraft(line_no=1, name="耳机", milli=1000, unit_price=10000, vat_bp=1300, category="数码")
    refund = shop.refund(shop.sell(lines=(line,)), everything=True, reason="no_reason")
    remedies.confirm(refund.legs.get().leg_no, operator=shop.c01, at=shop.at)
    corrections.open(
        refund.refund_no, amount=9500, why="退错了人", operator=shop.m01, at=shop.at, key="wrong-1"
    )
    assert lines(refund, "J26a") == [("借", "1221.03", 9500), ("贷", "5001", 8408), ("贷", "2221.01", 1092)]
    fees = Entry.objects.filter(lines__account="5051", business_no=refund.refund_no)
    assert [entry.recipe for entry in fees] == ["J30a"]
    all_holds(shop)
