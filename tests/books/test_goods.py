"""Goods that come back: their condition, their serial number, their cost, and what a later look finds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, transaction

from sudapos.books import decisions, goods, ledger, remedies, requests
from sudapos.books.audit import AuditRecord
from sudapos.books.drafts import content_digest
from sudapos.books.goods import GoodsMove, Which
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.refunds import Refund, RefundLine
from sudapos.books.requests import RequestLine
from sudapos.core.refusal import Conflict, NotFound, Refusal
from tests.cast import Shop


def line(**changes: object) -> LineDraft:
    told = {"line_no": 1, "name": "蓝牙耳机", "milli": 2000, "unit_price": 9000, "vat_bp": 1300, **changes}
    return LineDraft(**told)  # type: ignore[arg-type]


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def test_a_sale_with_costs_books_them_and_goods_on_the_shelf_take_them_back(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_cost=6000),))
    assert (balance("5401"), balance("1405")) == (12000, -12000)
    shop.refund(sale, lines=(RequestLine(line_no=1, milli=1000, restock=True),))
    assert (balance("5401"), balance("1405")) == (6000, -6000)
    [move] = goods.find(Which())
    assert (move.kind, move.condition, move.milli, move.cost, move.by) == (
        "received",
        "restock",
        1000,
        6000,
        "c01",
    )
    entry = Entry.objects.get(recipe="J07")
    assert entry.business_no == move.refund.refund_no


def test_goods_that_stayed_when_a_refund_came_to_nothing_are_not_received_again(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_price=5000, unit_cost=6000),), channel="wechatpay")
    back = (RequestLine(line_no=1, milli=1000, restock=True),)
    given_up = shop.refund(sale, lines=back)
    remedies.drop(given_up.legs.get().leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    assert (balance("5401"), balance("1405")) == (6000, -6000)
    shop.later(minutes=3)
    shop.refund(sale, lines=back)
    assert (balance("5401"), balance("1405")) == (6000, -6000)
    assert GoodsMove.objects.count() == 1
    shop.later(minutes=3)
    shop.refund(sale, lines=back)
    assert (balance("5401"), balance("1405")) == (0, 0)
    assert sum(move.milli for move in GoodsMove.objects.all()) == 2000


def test_goods_without_their_money_are_told_by_quantity(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_price=5000, milli=3000),), channel="wechatpay")

    def back(milli: int) -> Refund:
        shop.later(minutes=3)
        made = shop.refund(sale, lines=(RequestLine(line_no=1, milli=milli, restock=True),))
        if made.state == "awaiting":
            decisions.approve(made.refund_no, operator=shop.m02, at=shop.at)
        return made

    def told() -> list[tuple[int, int, int]]:
        left = goods.unpaid(goods.find(Which()))
        lines = RefundLine.objects.in_bulk(left)
        return [(lines[n].refund_id, left[n].milli, left[n].amount) for n in sorted(left)]

    lost = back(2000)
    assert told() == []
    remedies.drop(lost.legs.get().leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    assert told() == [(lost.pk, 2000, 10000)]
    one = back(1000)
    assert told() == [(lost.pk, 1000, 5000)]
    two = back(2000)
    assert told() == []
    assert sum(move.milli for move in GoodsMove.objects.all()) == 3000
    remedies.drop(two.legs.get().leg_no, operator=shop.m01, note="又改主意", at=shop.at)
    assert told() == [(lost.pk, 1000, 5000), (two.pk, 1000, 5000)]
    assert one.legs.get().state == "ready"


def test_a_refund_of_other_lines_leaves_what_stayed_of_this_one_told(shop: Shop) -> None:
    lines = (line(unit_price=5000, milli=1000), line(line_no=2, unit_price=3000, milli=1000))
    sale = shop.sell(lines=lines, channel="wechatpay")
    lost = shop.refund(sale, everything=True, goods="restock")
    remedies.drop(lost.legs.get().leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    shop.later(minutes=3)
    shop.refund(sale, lines=(RequestLine(line_no=1, milli=1000, restock=True),))
    [left] = goods.unpaid(goods.find(Which())).values()
    assert (left.milli, left.amount) == (1000, 3000)


def test_damaged_goods_wait_in_1901(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_cost=6000),))
    shop.refund(sale, lines=(RequestLine(line_no=1, milli=1000, goods="damaged"),))
    assert (balance("5401"), balance("1901"), balance("1405")) == (6000, 6000, -12000)


def test_without_a_cost_the_goods_are_counted_and_nothing_is_booked(shop: Shop) -> None:
    sale = shop.sell(lines=(line(),))
    shop.refund(sale, lines=(RequestLine(line_no=1, milli=1000, restock=True),))
    [move] = goods.find(Which())
    assert (move.condition, move.cost) == ("restock", None)
    assert not Entry.objects.filter(recipe__in=["J01c", "J07", "J07b"]).exists()


def test_the_cost_of_weighed_goods_in_parts_is_the_cost_of_all(shop: Shop) -> None:
    sale = shop.sell(lines=(line(milli=1236, unit_price=4590, unit="kg", unit_cost=3333),))
    assert balance("5401") == 4120
    for milli in (400, 400, 436):
        shop.refund(sale, lines=(RequestLine(line_no=1, milli=milli, restock=True),))
    assert (balance("5401"), balance("1405")) == (0, 0)
    assert [m.cost for m in reversed(goods.find(Which()))] == [1333, 1333, 1454]


def test_goods_that_wait_for_a_look_book_nothing_until_it_was_taken(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_cost=6000),))
    refund = shop.refund(sale, goods="inspect")
    assert balance("5401") == 12000
    [waiting] = goods.find(Which(open=True, store="S01"))
    judged = goods.judge(waiting.pk, "restock", operator=shop.m01, at=shop.at)
    assert (judged.kind, judged.condition, judged.cost) == ("judged", "restock", 12000)
    assert (balance("5401"), balance("1405")) == (0, 0)
    assert goods.find(Which(open=True)) == []
    assert AuditRecord.objects.filter(act="goods.judged", subject_no=refund.refund_no).count() == 1


def test_a_claim_says_why_goes_to_1901_and_leaves_the_refund_alone(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_cost=6000),))
    refund = shop.refund(sale, goods="inspect")
    [waiting] = goods.find(Which(open=True))
    with pytest.raises(Refusal, match="note_needed"):
        goods.judge(waiting.pk, "claim", operator=shop.c01, at=shop.at)
    goods.judge(waiting.pk, "claim", operator=shop.c01, note="机身进水", at=shop.at)
    assert balance("1901") == 12000
    again = decisions.get(refund.refund_no)
    assert (again.state, again.total, again.undone) == ("approved", 18000, 0)


def test_a_result_is_noted_once(shop: Shop) -> None:
    shop.refund(shop.sell(lines=(line(),)), goods="inspect")
    [waiting] = goods.find(Which(open=True))
    goods.judge(waiting.pk, "damaged", operator=shop.c01, at=shop.at)
    with pytest.raises(Conflict, match="goods_judged"):
        goods.judge(waiting.pk, "restock", operator=shop.m01, at=shop.at)
    with pytest.raises(NotFound, match="goods_not_found"):
        goods.judge(waiting.pk + 99, "restock", operator=shop.m01, at=shop.at)


def test_the_database_keeps_moves_of_goods_as_they_are(shop: Shop) -> None:
    shop.refund(shop.sell(lines=(line(),)), goods="damaged")
    with pytest.raises(DatabaseError), transaction.atomic():
        GoodsMove.objects.update(condition="restock")
    with pytest.raises(DatabaseError), transaction.atomic():
        GoodsMove.objects.all().delete()


def test_goods_are_counted_when_the_refund_is_approved_and_not_before(shop: Shop) -> None:
    sale = shop.sell(lines=(line(unit_price=30000, unit_cost=6000),))
    refund = shop.refund(sale, goods="restock")
    assert (refund.state, goods.find(Which())) == ("awaiting", [])
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    assert [move.cost for move in goods.find(Which())] == [12000]


def test_money_without_goods_moves_no_goods(shop: Shop) -> None:
    shop.refund(shop.sell(lines=(line(),)), lines={1: 1})
    assert goods.find(Which()) == []


def codes(shop: Shop, sale_no: str, **told: object) -> list[str]:
    weighed = requests.preview(shop.ask(sale_no, **told), at=shop.at)
    return [r.code for r in weighed.verdict.reasons if r.code.startswith("serial")]


def test_a_serialised_article_comes_back_with_its_own_serial_number_only(shop: Shop) -> None:
    shop.sell("S-1", lines=(line(milli=1000, serial="BT26110777"),))
    assert codes(shop, "S-1", everything=True) == ["serial_needed"]
    unread = requests.preview(shop.ask("S-1", everything=True), at=shop.at).verdict
    assert (unread.decision, unread.approvals) == ("refer", ("manager",))
    assert codes(shop, "S-1", everything=True, serials=("BT26110778",)) == ["serial_differs"]
    assert codes(shop, "S-1", lines=(RequestLine(line_no=1, milli=1000, serial="bt26110777"),)) == []
    refused = requests.open([shop.ask("S-1", everything=True, serials=("BT26110778",))], at=shop.at)[0]
    assert refused.refusal is not None and refused.refusal.code == "refund_denied"
    refund = shop.refund("S-1", serials=("BT26110777",), goods="restock")
    assert [row.serial for row in refund.lines.all()] == ["BT26110777"]


@pytest.mark.parametrize("reason", ["not_delivered", "wrong_charge", "duplicate_charge", "goodwill"])
def test_no_serial_number_is_asked_for_where_no_goods_come_back(shop: Shop, reason: str) -> None:
    shop.sell("S-1", lines=(line(milli=1000, serial="BT26110777"),))
    assert codes(shop, "S-1", everything=True, reason=reason) == []


def test_a_sale_told_before_costs_were_known_is_still_the_same_sale(shop: Shop) -> None:
    draft = shop.draft("S-1", lines=(line(),), sold_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert content_digest(draft) == "4d94b466d7bea0ead2e3e9020d2d6892c7092477a2edf350ba1a6b5614b9c8d2"
