"""Points that were earned on a sale: on its account, taken back with its refunds, put back when those are undone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sudapos.books import (
    answers,
    cards,
    decisions,
    intake,
    ledger,
    moves,
    remainders,
    remedies,
    requests,
    shops,
)
from sudapos.books import vouchers as vouchers_of
from sudapos.books.audit import AuditRecord
from sudapos.books.cards import CardMove, StoredCard
from sudapos.books.intake import LineDraft
from sudapos.books.points import PointsEarned
from sudapos.books.points_back import PointsBack
from sudapos.books.sales import Sale
from sudapos.core.outcome import Refused
from sudapos.ops import verifying
from tests.books.test_cards import agreed, by_card, points
from tests.cast import Shop

pytestmark = pytest.mark.django_db


def earning(shop: Shop, *, earned: int = 100, total: int = 10_000, **told: Any) -> Sale:
    line = LineDraft(line_no=1, name="外套", milli=2000, unit_price=total // 2, vat_bp=1300)
    return shop.sell(
        lines=(line,), points_earned=earned, points_account="P-0001", **{"channel": "wechatpay", **told}
    )


def held(row: StoredCard) -> int:
    return cards.held([row.pk])[row.pk].bonus


def spend(shop: Shop, amount: int) -> None:
    line = LineDraft(line_no=1, name="糖", milli=1000, unit_price=amount, vat_bp=1300)
    shop.sell(lines=(line,), payments=(by_card(amount, "P-0001", "points"),))


def deducting(**more: Any) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "points_taken_back": "deduct", **more}
    merchant.save(update_fields=["rules"])


def sound() -> None:
    assert [finding for _, finding in verifying.run() if finding] == []


def test_a_sale_earns_points_once_on_its_account(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop)
    assert held(row) == 100
    [move] = CardMove.objects.filter(card=row)
    assert (move.kind, move.bonus, move.subject_no) == ("earn", 100, sale.sale_no)
    assert PointsEarned.objects.get().sale == sale


def test_an_account_that_is_missing_or_unknown_refuses_the_sale(shop: Shop) -> None:
    for account in ("", "P-9999"):
        draft = shop.draft("S-1", points_earned=5, points_account=account)
        [taken] = intake.ingest([draft], by="test", at=shop.at)
        assert taken.refusal is not None
        assert [fault.loc for fault in taken.refusal.errors] == [("points_account",)]


def test_half_the_money_takes_half_the_points_and_the_rest_clears_exactly(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop, earned=101)
    first = agreed(shop, shop.refund(sale, lines={1: 1}))
    assert (held(row), first.points_back.points) == (51, 50)
    shop.later(minutes=2)
    agreed(shop, shop.refund(sale, operator="c02"))
    assert held(row) == 0
    assert [m.kind for m in row.moves.order_by("id")] == ["earn", "take_back", "take_back"]
    assert AuditRecord.objects.filter(act="card.points_taken_back").count() == 2
    sound()


def test_spent_points_fall_below_nothing_and_fill_up_again(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop)
    spend(shop, 80)
    agreed(shop, shop.refund(sale))
    assert held(row) == -80
    earning(shop, earned=90, sale_no="S-NEXT")
    assert held(row) == 10
    sound()


def test_what_waits_takes_nothing_yet_and_a_rejected_one_never(shop: Shop) -> None:
    row = points(shop, held=5)
    sale = earning(shop, total=100_000)
    waits = shop.refund(sale)
    assert (waits.state, held(row)) == ("awaiting", 105)
    decisions.reject(waits.refund_no, operator=shop.m01, note="不符", at=shop.at)
    assert held(row) == 105
    again = agreed(shop, shop.refund(sale))
    assert (again.points_back.points, held(row)) == (100, 5)


def test_a_leg_that_comes_to_nothing_puts_the_points_back(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop)
    refund = agreed(shop, shop.refund(sale, lines={1: 1}))
    assert held(row) == 50
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Refused(code="INVALID_REQUEST"))], at=shop.at)
    remedies.drop(refund.legs.get().leg_no, operator=shop.f01, note="重来", at=shop.at)
    assert held(row) == 100
    assert row.moves.order_by("-id")[0].kind == "put_back"
    agreed(shop, shop.refund(sale, operator="c02"))
    assert held(row) == 0
    sound()


def test_deducting_takes_the_value_of_spent_points_out_of_the_refund_once(shop: Shop) -> None:
    deducting(points_per_yuan=10)
    row = points(shop)
    sale = earning(shop)
    spend(shop, 80)
    weighed = requests.preview(shop.ask(sale, everything=True), at=shop.at)
    assert (weighed.total, weighed.points.deducted, weighed.points.fen) == (9_200, 80, 800)
    refund = agreed(shop, shop.refund(sale))
    assert (refund.total, refund.fee, held(row)) == (9_200, 800, 0)
    # the rest is no rest: what paid for the points cannot be asked for again
    left = remainders.of([sale])[sale.pk].left
    assert left.total == 0
    balances = {b.account: b.amount for b in ledger.balances(business_nos=[refund.refund_no]) if b.amount}
    assert balances == {"5001": 8_850, "2221.01": 1_150 - 92, "5051": -708, "2241.01": -9_200}
    sound()


def test_a_deduction_that_was_dropped_is_worked_out_anew_and_not_as_a_fee(shop: Shop) -> None:
    deducting(points_per_yuan=10, kept_fees={"*": {"kind": "restocking", "bp": 1}})
    row = points(shop)
    sale = earning(shop)
    spend(shop, 80)
    refund = agreed(shop, shop.refund(sale, reason="quality"))
    shop.later(minutes=2)
    [order] = moves.claim(10, at=shop.at)
    answers.record([answers.Answer(order.attempt, Refused(code="INVALID_REQUEST"))], at=shop.at)
    remedies.drop(refund.legs.get().leg_no, operator=shop.f01, note="重来", at=shop.at)
    assert held(row) == 20
    weighed = requests.preview(shop.ask(sale, everything=True, reason="no_reason"), at=shop.at)
    assert (weighed.worth.fee - weighed.worth.points, weighed.worth.points) == (1, 800)
    sound()


def test_kindness_takes_no_points(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop)
    agreed(shop, shop.refund(sale, amount=1_000, reason="goodwill"))
    assert (held(row), PointsBack.objects.count()) == (100, 0)
    agreed(shop, shop.refund(sale, operator="c02"))
    assert held(row) == 10  # 90 % of the sale came back


def test_two_of_one_list_take_each_its_part(shop: Shop) -> None:
    row = points(shop)
    sale = earning(shop, earned=3)
    asked = [shop.ask(sale, lines={1: 1}, operator=who) for who in ("c01", "c02")]
    opened = requests.open(asked, at=shop.at)
    assert [each.refund.points_back.points for each in opened if each.refund] == [1, 2]
    assert held(row) >= 0


def test_the_voucher_and_the_verdict_say_so(shop: Shop) -> None:
    points(shop)
    refund = agreed(shop, shop.refund(earning(shop), lines={1: 1}))
    slip = vouchers_of.issue(refund.refund_no, at=shop.at).slip
    assert (slip["points_back"], slip["points_account"]) == (50, "****0001")
    assert "points_taken_back" in [reason["code"] for reason in refund.verdict["reasons"]]


def test_what_was_earned_and_taken_never_changes(shop: Shop) -> None:
    points(shop)
    agreed(shop, shop.refund(earning(shop), lines={1: 1}))
    for table in (PointsEarned, PointsBack):
        with pytest.raises(Exception, match="append-only|append"), transaction.atomic():
            table.objects.update(points=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        PointsEarned.objects.create(sale=earning(shop, sale_no="S-3", earned=1), account_id=1, points=0)


def test_a_fee_and_spent_points_of_two_payments_end_at_what_was_paid_whatever_comes_to_nothing(
    shop: Shop,
) -> None:
    deducting(points_per_yuan=30, kept_fees={"*": {"kind": "restocking", "bp": 500}})
    row = points(shop)
    parts = (shop.payment("S-TWO", "wechatpay", 6_001, "P1"), shop.payment("S-TWO", "cash", 3_999, "P2"))
    sale = earning(shop, sale_no="S-TWO", channel=None, payments=parts)
    spend(shop, 90)
    first = agreed(shop, shop.refund(sale, reason="no_reason"))
    # 5.00 of fee, and 90 of the 100 points are paid for at 30 to the yuan
    assert (first.total, first.fee, first.points_back.fen) == (9_200, 800, 300)
    assert held(row) == 0
    cash = first.legs.get(route="cash")
    remedies.drop(cash.leg_no, operator=shop.m01, note="顾客改天再来", at=shop.at)
    first = decisions.get(first.refund_no)
    left = remainders.of([sale])[sale.pk].left.total
    assert first.total - first.undone + first.fee - first.undone_fee + left == 10_000
    again = agreed(shop, shop.refund(sale, operator="c02", reason="no_reason"))
    assert remainders.of([sale])[sale.pk].left.total == 0
    stands = first.total - first.undone + again.total
    kept = first.fee - first.undone_fee + again.fee
    assert (stands + kept, sum(line.points for line in again.lines.all())) == (10_000, again.points_back.fen)
    # no fen more is kept than the fee of the whole and the value of the points that were spent
    assert kept == 800
    sound()
