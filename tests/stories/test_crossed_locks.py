"""Two customers whose cards, or two people whose drawers, cross: both are served, one after the other, and nobody waits in a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

import pytest
from django.db import OperationalError, connection, connections, models, transaction

from sudapos.books import (
    batch_decisions,
    batch_runs,
    batches,
    cards,
    cashmoves,
    decisions,
    drawers,
    exchanges,
    intake,
    remedies,
    requests,
    shifts,
)
from sudapos.books.batches import Ask, RefundBatch
from sudapos.books.cards import StoredCard
from sudapos.books.counts import Money
from sudapos.books.drafts import LineDraft, SaleDraft
from sudapos.books.drawers import Drawer
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Sale
from sudapos.core.refusal import Refusal
from sudapos.ops import verifying
from tests.books.test_batches import approved, tried
from tests.books.test_cards import by_card, card, holds, points
from tests.books.test_exchanges import swap
from tests.cast import Shop

from .test_one_decision import second_manager

Act = Callable[[], object]
LOOKS = 3_000
"""How often, a hundredth of a second apart, it is looked whether all wait."""

pytestmark = pytest.mark.usefixtures("committed")


def crossed(rows: Iterable[models.Model], *acts: Act) -> list[str]:
    """What each got. All rows are held until every act waits for one, so that whoever locks in two steps has taken the first.

    Each act runs on a connection of its own; two that then wait for each other are ended by the database: "deadlock".
    """
    got = ["" for _ in acts]

    def run(n: int, act: Act) -> None:
        try:
            act()
            got[n] = "done"
        except Refusal as refusal:
            got[n] = refusal.code
        except OperationalError as error:
            got[n] = "deadlock" if "deadlock" in str(error) else str(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    with transaction.atomic():
        for row in rows:
            type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
        for thread in threads:
            thread.start()
        all_wait = any(_waiting() == len(acts) for _ in range(LOOKS))
    for thread in threads:
        thread.join(timeout=60)
    assert all_wait, got
    return got


def _waiting() -> int:
    """How many connections of this database wait for a row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot(), pg_sleep(0.01)")
        cursor.execute(
            "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN"
            " (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        return int(cursor.fetchone()[0])


def held(*rows: StoredCard) -> list[int]:
    known = cards.held(row.pk for row in rows)
    return [known[row.pk].bonus for row in rows]


def sound() -> None:
    assert [finding for _, finding in verifying.run() if finding] == []


def coat(price: int) -> LineDraft:
    return LineDraft(line_no=1, name="外套", milli=1000, unit_price=price, vat_bp=1300)


@pytest.fixture
def first(shop: Shop) -> StoredCard:
    return points(shop, "P-0001", held=20_000)


@pytest.fixture
def second(shop: Shop) -> StoredCard:
    return points(shop, "P-0002", held=20_000)


def draft(shop: Shop, *, pays: str, earns: str, price: int = 5_000, earned: int = 50) -> SaleDraft:
    """Paid with points of one account, earning on another."""
    payments = (by_card(price, pays, "points"),) if pays else None
    more = {} if payments else {"channel": "wechatpay"}
    return shop.draft(
        lines=(coat(price),), payments=payments, points_earned=earned, points_account=earns, **more
    )


def sold(shop: Shop, one: SaleDraft) -> Sale:
    [taken] = intake.ingest([one], by="test", at=shop.at)
    assert taken.refusal is None, taken.refusal
    return Sale.objects.get(sale_no=one.sale_no)


def test_a_refund_to_a_card_that_takes_points_of_another_and_its_mirror(
    shop: Shop, first: StoredCard, second: StoredCard
) -> None:
    one = sold(shop, draft(shop, pays="P-0001", earns="P-0002"))
    other = sold(shop, draft(shop, pays="P-0002", earns="P-0001"))
    asked = [shop.ask(sale, everything=True) for sale in (one, other)]
    got = crossed(
        (first, second),
        lambda: requests.open(asked[:1], at=shop.at),
        lambda: requests.open(asked[1:], at=shop.at),
    )
    assert got == ["done", "done"]
    assert held(first, second) == [20_000, 20_000]
    assert [leg.state for leg in Leg.objects.all()] == ["settled", "settled"]
    sound()


def test_two_approvals_of_crossed_cards(shop: Shop, first: StoredCard, second: StoredCard) -> None:
    sales = [
        sold(shop, draft(shop, pays=pays, earns=earns))
        for pays, earns in (("P-0001", "P-0002"), ("P-0002", "P-0001"))
    ]
    waiting = [shop.refund(sale, receipt="lost", operator="m01") for sale in sales]
    assert {refund.state for refund in waiting} == {"awaiting"}
    m02, m03 = shop.m02, second_manager(shop)
    got = crossed(
        (first, second),
        lambda: decisions.approve(waiting[0].refund_no, operator=m02, at=shop.at),
        lambda: decisions.approve(waiting[1].refund_no, operator=m03, at=shop.at),
    )
    assert got == ["done", "done"]
    assert held(first, second) == [20_000, 20_000]
    sound()


def test_two_parts_of_one_card_payment_approved_at_once_leave_its_buckets_whole(shop: Shop) -> None:
    """What went back before is read when the card is held: each part is the rest of what the other left."""
    row = card(shop, paid=100, bonus=101)
    sale = shop.sell(lines=(coat(201),), payments=(by_card(201),))
    assert holds(row).total == 0
    waiting = [shop.refund(sale, amount=67, reason="goodwill").refund_no for _ in range(3)]
    m01, m02 = shop.m01, shop.m02
    got = crossed(
        (row,),
        lambda: decisions.approve(waiting[0], operator=m01, at=shop.at),
        lambda: decisions.approve(waiting[1], operator=m02, at=shop.at),
        lambda: decisions.approve(waiting[2], operator=m02, at=shop.at),
    )
    assert got == ["done", "done", "done"]
    assert (holds(row).principal, holds(row).bonus) == (100, 101)
    sound()


def test_a_sale_that_pays_with_one_account_and_earns_on_another_and_its_mirror(
    shop: Shop, first: StoredCard, second: StoredCard
) -> None:
    one = draft(shop, pays="P-0001", earns="P-0002")
    other = draft(shop, pays="P-0002", earns="P-0001")
    got = crossed(
        (first, second),
        lambda: intake.ingest([one], by="test", at=shop.at),
        lambda: intake.ingest([other], by="test", at=shop.at),
    )
    assert got == ["done", "done"]
    assert held(first, second) == [15_050, 15_050]
    sound()


def test_two_lists_of_sales_that_earn_in_opposite_orders(
    shop: Shop, first: StoredCard, second: StoredCard
) -> None:
    there = [draft(shop, pays="", earns=number) for number in ("P-0001", "P-0002")]
    back = [draft(shop, pays="", earns=number) for number in ("P-0002", "P-0001")]
    got = crossed(
        (first, second),
        lambda: intake.ingest(there, by="test", at=shop.at),
        lambda: intake.ingest(back, by="test", at=shop.at),
    )
    assert got == ["done", "done"]
    assert held(first, second) == [20_100, 20_100]
    sound()


def test_an_exchange_that_takes_points_of_one_account_and_is_paid_with_another_and_its_mirror(
    shop: Shop, first: StoredCard, second: StoredCard
) -> None:
    old = [sold(shop, draft(shop, pays="", earns=earns)) for earns in ("P-0001", "P-0002")]
    shop.later(minutes=2)
    swaps = [
        swap(shop, sale, 6_000, payment=by_card(0, number, "points"))
        for sale, number in zip(old, ("P-0002", "P-0001"), strict=True)
    ]
    got = crossed(
        (first, second),
        lambda: exchanges.open(swaps[0], at=shop.at),
        lambda: exchanges.open(swaps[1], at=shop.at),
    )
    assert got == ["done", "done"]
    assert held(first, second) == [19_000, 19_000]
    sound()


def test_two_batches_that_meet_the_same_cards_in_opposite_orders(
    shop: Shop, first: StoredCard, second: StoredCard
) -> None:
    """Each opens a small refund at once and a large one under its own approval, in one commit."""
    ready = [batch_of(shop, "P-0001", "P-0002"), batch_of(shop, "P-0002", "P-0001")]
    got = crossed(
        (first, second),
        lambda: batch_runs.turn(ready[0].batch_no, at=shop.at),
        lambda: batch_runs.turn(ready[1].batch_no, at=shop.at),
    )
    assert got == ["done", "done"]
    assert {refund.state for refund in Refund.objects.all()} == {"approved"} and Refund.objects.count() == 4
    assert held(first, second) == [20_000, 20_000]
    sound()


def batch_of(shop: Shop, small: str, large: str) -> RefundBatch:
    sales = [
        sold(shop, draft(shop, pays="", earns=small)),
        sold(shop, draft(shop, pays="", earns=large, price=100_000)),
    ]
    made = batches.draft(
        batches.Draft(kind="event", title="演出取消", asks=[Ask(sale_no=sale.sale_no) for sale in sales]),
        operator=shop.m01,
        at=shop.at,
    )
    ready = approved(shop, tried(shop, made), "m02")
    return batch_decisions.steer(ready.batch_no, "start", operator=shop.m02, at=shop.at)


def test_a_batch_and_a_leg_that_is_given_up_meanwhile_on_the_same_sale(shop: Shop, first: StoredCard) -> None:
    """Giving up takes the payment and then the account; so does the batch."""
    sale = sold(shop, draft(shop, pays="", earns="P-0001"))
    dropped = shop.refund(sale, amount=1_000).legs.get()
    shop.later(minutes=2)
    made = batches.draft(
        batches.Draft(kind="event", title="演出取消", asks=[Ask(sale_no=sale.sale_no)]),
        operator=shop.m01,
        at=shop.at,
    )
    ready = approved(shop, tried(shop, made), "m02")
    batch_decisions.steer(ready.batch_no, "start", operator=shop.m02, at=shop.at)
    m01 = shop.m01
    got = crossed(
        (sale.payments.get(), first),
        lambda: batch_runs.turn(ready.batch_no, at=shop.at),
        lambda: remedies.drop(dropped.leg_no, operator=m01, note="不退了", at=shop.at),
    )
    assert got == ["done", "done"]
    sound()


def test_two_drawers_that_give_each_other_cash(shop: Shop) -> None:
    for till, person in (("T1", shop.c01), ("T2", shop.c02)):
        shifts.open("S01", till, operator=person, money=Money(sum=0), at=shop.at)
    safe = Drawer.objects.get(code=drawers.law.SAFE)
    rows = list(Drawer.objects.exclude(pk=safe.pk).order_by("id"))
    wishes = [
        cashmoves.Wish(
            kind="pay_in", store="S01", till=row.code, amount=50_000, key=row.code, reason="备用金"
        )
        for row in rows
    ]
    for wish in wishes:
        cashmoves.move(wish, operator=shop.m01, at=shop.at)
    there, back = (
        cashmoves.Wish(kind="transfer", store="S01", till=one, other=two, amount=amount, key=f"{one}{two}")
        for one, two, amount in (("T1", "T2", 1_000), ("T2", "T1", 300))
    )
    c01, c02, m01, m02 = shop.c01, shop.c02, shop.m01, shop.m02
    got = crossed(
        rows,
        lambda: cashmoves.move(there, operator=c01, beside=m01, at=shop.at),
        lambda: cashmoves.move(back, operator=c02, beside=m02, at=shop.at),
    )
    assert got == ["done", "done"]
    assert [drawers.held(row) for row in rows] == [49_300, 50_700]
    sound()
