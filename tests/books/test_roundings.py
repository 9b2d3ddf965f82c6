"""Cash refunds in whole jiao: what leaves the drawer, what the journal says, and how the surplus is evened out (EX04)."""

from __future__ import annotations

import pytest

from sudapos.books import decisions, ledger, remainders, remedies, requests, shops, vouchers
from sudapos.books.intake import LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.sales import Payment, Sale
from sudapos.core.lifecycle import Progress
from sudapos.core.refusal import Refusal
from sudapos.ops import verifying
from tests.cast import Shop

pytestmark = pytest.mark.django_db


def in_jiao() -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "cash_refund_rounding": "UP_TO_JIAO"}
    merchant.save(update_fields=["rules"])


def ex04(shop: Shop, **changes: object) -> Sale:
    in_jiao()
    lines = tuple(
        LineDraft(line_no=no, name=f"货 {no}", milli=1000, unit_price=price, vat_bp=1300)
        for no, price in ((1, 8888), (2, 3549))
    )
    return shop.sell(lines=lines, rounding_off=7, **changes)


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def sound() -> bool:
    return all(finding is None for _, finding in verifying.run())


def pay(shop: Shop, refund) -> None:
    for leg in refund.legs.all():
        remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)


def postings(refund_no: str, recipe: str) -> list[tuple[str, str, int]]:
    [entry] = Entry.objects.filter(business_no=refund_no, recipe=recipe)
    return [(line.side, line.account, line.amount) for line in entry.lines.order_by("position")]


def test_ex04_by_the_books_from_the_counter_to_the_journal(shop: Shop) -> None:
    sale = ex04(shop)
    first = shop.refund(sale, lines={2: 1})
    [leg] = first.legs.all()
    assert (first.total, leg.amount, leg.rounding, leg.owed) == (3547, 3550, 3, 3547)
    assert sound()
    pay(shop, first)
    second = shop.refund(sale, lines={1: 1})
    [leg] = second.legs.all()
    assert (second.total, leg.amount, leg.rounding) == (8883, 8880, -3)
    pay(shop, second)
    assert postings(first.refund_no, "J20a") == [
        ("借", "2241.01", 3547),
        ("借", "2241.04", 3),
        ("贷", "1001", 3550),
    ]
    assert postings(second.refund_no, "J20b") == [
        ("借", "2241.01", 8883),
        ("贷", "1001", 8880),
        ("贷", "2241.04", 3),
    ]
    assert (balance("1001"), balance("2241.01"), balance("2241.04")) == (0, 0, 0)
    assert Payment.objects.get(sale=sale).promised == 12430
    assert sound()


def test_cash_never_takes_more_than_the_payment_has_left(shop: Shop) -> None:
    in_jiao()
    lines = (
        LineDraft(line_no=1, name="货", milli=1000, unit_price=3547),
        LineDraft(line_no=2, name="一分钱换购", milli=1000, unit_price=1),
    )
    sale = shop.sell(lines=lines)
    first = shop.refund(sale, lines={1: 1})
    assert [leg.amount for leg in first.legs.all()] == [3548]
    last = shop.refund(sale, lines={2: 1})
    assert (last.total, last.legs.count()) == (1, 0)
    assert decisions.progress_of(last) is Progress.DONE
    assert [row.pk for row in decisions.find(decisions.Filter(progress="done"))] == [last.pk]
    assert postings(last.refund_no, "J20b") == [("借", "2241.01", 1), ("贷", "2241.04", 1)]
    pay(shop, first)
    assert (balance("2241.01"), balance("2241.04"), balance("1001")) == (0, 0, 0)
    assert sound()
    assert vouchers.issue(last.refund_no, at=shop.at).slip["tenders"][0]["paid_amount"] == 0


def test_a_refund_that_is_given_up_takes_its_rounding_along(shop: Shop) -> None:
    sale = ex04(shop)
    first = shop.refund(sale, lines={2: 1})
    [leg] = first.legs.all()
    remedies.drop(leg.leg_no, operator=shop.m01, note="顾客改了主意", at=shop.at)
    first.refresh_from_db()
    assert (first.undone, Payment.objects.get(sale=sale).promised, balance("2241.01")) == (3547, 0, 0)
    again = shop.refund(sale, lines={2: 1})
    assert [(leg.amount, leg.rounding) for leg in again.legs.all()] == [(3550, 3)]
    assert sound()


def test_the_surplus_is_still_known_when_the_next_refund_goes_by_transfer(shop: Shop) -> None:
    sale = ex04(shop)
    pay(shop, shop.refund(sale, lines={2: 1}))
    waiting = shop.refund(sale, lines={1: 1}, route="transfer")
    assert [(step["amount"], step["rounding"]) for step in waiting.plan] == [(8880, -3)]
    decisions.approve(waiting.refund_no, operator=shop.m01, at=shop.at)
    done = decisions.approve(waiting.refund_no, operator=shop.f01, at=shop.at)
    [leg] = done.legs.all()
    remedies.confirm(leg.leg_no, operator=shop.f01, reference="B1", at=shop.at)
    assert postings(done.refund_no, "J20b") == [
        ("借", "2241.01", 8883),
        ("贷", "1002", 8880),
        ("贷", "2241.04", 3),
    ]
    assert (balance("2241.01"), balance("2241.04")) == (0, 0)
    assert sound()


def test_two_refunds_of_one_list_know_of_each_other(shop: Shop) -> None:
    sale = ex04(shop)
    asks = [shop.ask(sale, lines={2: 1}), shop.ask(sale, lines={1: 1})]
    made = [opened.refund for opened in requests.open(asks, at=shop.at)]
    assert [step["rounding"] for refund in made if refund for step in refund.plan] == [3, -3]
    assert remainders.of([sale])[sale.pk].tenders[0].surplus == 0


def test_the_voucher_shows_what_was_owed_what_was_paid_and_the_odd_fen(shop: Shop) -> None:
    first = shop.refund(ex04(shop), lines={2: 1})
    [tender] = vouchers.issue(first.refund_no, at=shop.at).slip["tenders"]
    assert (tender["amount"], tender["paid_amount"]) == (3547, 3550)


def test_exact_is_still_the_default(shop: Shop) -> None:
    lines = (LineDraft(line_no=1, name="货", milli=1000, unit_price=3547),)
    [leg] = shop.refund(shop.sell(lines=lines)).legs.all()
    assert (leg.amount, leg.rounding) == (3547, 0)


def test_nothing_more_comes_back_after_everything_has(shop: Shop) -> None:
    sale = ex04(shop)
    for no in (2, 1):
        shop.refund(sale, lines={no: 1})
    [opened] = requests.open([shop.ask(sale, everything=True)], at=shop.at)
    assert isinstance(opened.refusal, Refusal)
    assert opened.refusal.code == "over_refund"
