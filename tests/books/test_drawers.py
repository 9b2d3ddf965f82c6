"""Shifts and drawers: opened, counted blind, moved, handed over, closed; the journal's cash account is what was counted."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.db import IntegrityError, InternalError, connection, transaction

from sudapos.books import cashmoves, counts, drawers, ledger, outbox, remedies, requests, shifts, trial
from sudapos.books.alerts import Alert
from sudapos.books.cashmoves import Wish
from sudapos.books.counts import Money
from sudapos.books.drawers import Drawer, Shift
from sudapos.books.staff import Operator
from sudapos.core import journal
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.cast import Shop, yuan

FLOAT = yuan(500)


def fund(shop: Shop, amount: int = yuan(3000)) -> None:
    """Money for the safe, fetched from the bank."""
    wish = Wish(kind="from_bank", store="S01", amount=amount, key=f"bank-{amount}-{shop.later(seconds=1)}")
    cashmoves.move(wish, operator=shop.m01, at=shop.at)


def start(
    shop: Shop, till: str = "T1", who: str = "c01", *, counted: int = FLOAT, float_fen: int = FLOAT
) -> Shift:
    return shifts.open(
        "S01",
        till,
        Money(sum=counted),
        operator=getattr(shop, who),
        float_fen=float_fen,
        beside=shop.m01,
        at=shop.later(seconds=1),
    )


def holds(till: str, store: str = "S01") -> int:
    """The journal's word."""
    return sum(
        line.amount if line.side == "借" else -line.amount
        for line in ledger.Line.objects.filter(account="1001", entry__store=store, entry__till=till)
    )


def move(shop: Shop, kind: str, amount: int, who: str = "c01", **more: str) -> drawers.CashMove:
    beside = getattr(shop, more.pop("beside")) if "beside" in more else None
    wish = Wish(
        kind=kind,
        store="S01",
        amount=amount,
        key=more.pop("key", f"{kind}-{shop.later(seconds=1)}"),
        **{"till": "T1", **more},
    )
    return cashmoves.move(wish, operator=getattr(shop, who), beside=beside, at=shop.at)


@pytest.fixture
def kept(shop: Shop) -> Shop:
    """A store with 3000 in its safe and till T1 open with a float of 500."""
    fund(shop)
    start(shop)
    return shop


def test_a_float_comes_out_of_the_safe_and_the_count_agrees(kept: Shop) -> None:
    assert (holds("T1"), holds("SAFE")) == (FLOAT, yuan(2500))
    shift = Shift.objects.get()
    assert (shift.shift_no, shift.number, shift.is_open) == ("S01-T1-0001", 1, True)
    [count] = shift.counts.all()
    assert (count.counted, count.expected, count.state) == (FLOAT, FLOAT, "right")


def test_a_float_without_a_manager_is_refused(shop: Shop) -> None:
    fund(shop)
    with pytest.raises(Forbidden) as refused:
        shifts.open("S01", "T1", Money(sum=FLOAT), operator=shop.c01, float_fen=FLOAT, at=shop.at)
    assert refused.value.code == "cash_needs_manager"
    assert holds("T1") == 0


def test_what_the_journal_says_of_the_time_before_goes_to_the_safe(shop: Shop) -> None:
    shop.sell("S-1")
    assert holds("T1") == 5997
    start(shop, counted=0, float_fen=0)
    assert (holds("T1"), holds("SAFE")) == (0, 5997)


def test_one_drawer_has_one_open_shift(kept: Shop) -> None:
    with pytest.raises(Conflict) as refused:
        start(kept, who="c02", counted=FLOAT, float_fen=0)
    assert refused.value.code == "drawer_is_open" and refused.value.facts["operator"] == "c01"


def test_a_shift_of_sales_refunds_and_a_drop_closes_with_what_was_counted(kept: Shop) -> None:
    kept.sell("S-1")
    sale = kept.sell("S-2")
    refund = kept.refund(sale, lines={1: 1})
    [leg] = refund.legs.all()
    paid = remedies.confirm(leg.leg_no, operator=kept.c01, at=kept.later(minutes=1))
    shift = Shift.objects.get()
    assert paid.shift == shift
    move(kept, "drop", yuan(100))
    expected = FLOAT + 2 * 5997 - 1999 - yuan(100)
    assert holds("T1") == expected
    row = counts.count(shift.shift_no, Money(sum=expected), operator=kept.c01, at=kept.later(minutes=1))
    assert (row.expected, row.difference) == (expected, 0)
    report = shifts.close(shift.shift_no, operator=kept.c01, at=kept.later(minutes=1))
    assert report.slip["lines"] == {
        "sales": 11994,
        "refunds": -1999,
        "moved_in": FLOAT,
        "moved_out": -yuan(100),
        "counts": 0,
        "other": 0,
    }
    assert (report.kind, report.number, report.slip["counted"], report.slip["balance"]) == (
        "Z",
        1,
        expected,
        expected,
    )
    assert holds("T1") == expected == row.counted
    assert shifts.close(shift.shift_no, operator=kept.c01, at=kept.at) == report


def test_a_closed_shift_counts_nothing_and_opens_no_drawer(kept: Shop) -> None:
    number = end(kept, FLOAT).shift.shift_no
    for act in (
        lambda: counts.count(number, Money(sum=1), operator=kept.c01, at=kept.at),
        lambda: cashmoves.kick(number, operator=kept.c01, reason="换零钱", at=kept.at),
        lambda: shifts.take_x(number, operator=kept.c01, at=kept.at),
    ):
        with pytest.raises(Conflict) as refused:
            act()
        assert refused.value.code == "shift_closed"


def end(
    shop: Shop, counted: int, *, reason: str = "", to_safe: int = 0, who: str = "c01"
) -> shifts.DrawerReport:
    shift = Shift.objects.get(closed_at=None, drawer__code="T1")
    counts.count(shift.shift_no, Money(sum=counted), operator=getattr(shop, who), at=shop.later(minutes=1))
    return shifts.close(
        shift.shift_no, operator=getattr(shop, who), reason=reason, to_safe=to_safe, at=shop.later(minutes=1)
    )


def test_a_shift_is_not_closed_uncounted_nor_with_a_count_that_is_old(kept: Shop) -> None:
    number = Shift.objects.get().shift_no
    with pytest.raises(Refusal) as refused:
        shifts.close(number, operator=kept.c01, at=kept.at)
    assert refused.value.code == "count_needed"
    counts.count(number, Money(sum=FLOAT), operator=kept.c01, at=kept.at)
    kept.sell("S-1")
    with pytest.raises(Conflict) as stale:
        shifts.close(number, operator=kept.c01, at=kept.at)
    assert stale.value.code == "count_stale"


@pytest.mark.parametrize(
    ("off", "state", "how"), [(-200, "right", "loss"), (200, "right", "gain"), (0, "right", "")]
)
def test_the_tolerance_needs_no_reason_and_leaves_nothing_in_1901(
    kept: Shop, off: int, state: str, how: str
) -> None:
    report = end(kept, FLOAT + off)
    count = report.shift.counts.first()
    assert count is not None and (count.state, count.how) == (state, how)
    assert holds("T1") == FLOAT + off
    assert [b.amount for b in ledger.balances(business_nos=[count.count_no]) if b.account == "1901"] in (
        [],
        [0],
    )


@pytest.mark.parametrize("off", [-201, 201])
def test_above_the_tolerance_a_reason_is_needed(kept: Shop, off: int) -> None:
    with pytest.raises(Refusal) as refused:
        end(kept, FLOAT + off)
    assert refused.value.code == "count_reason_needed"


def waiting(shop: Shop, off: int) -> counts.Count:
    end(shop, FLOAT + off, reason="找零时可能多给了")
    [row] = counts.waiting()
    return row


def explain(shop: Shop, row: counts.Count, who: str, how: str) -> counts.Count:
    return counts.explain(
        row.count_no, how=how, note="查过监控", operator=getattr(shop, who), at=shop.later(minutes=1)
    )


@pytest.mark.parametrize(
    ("off", "how", "account"), [(-1200, "cashier", "1221.02"), (-1200, "loss", "5711"), (800, "gain", "5301")]
)
def test_a_difference_waits_in_1901_and_a_manager_says_what_it_comes_to(
    kept: Shop, off: int, how: str, account: str
) -> None:
    row = waiting(kept, off)
    told = {b.account: b.amount for b in ledger.balances(business_nos=[row.count_no])}
    assert told == {"1001": off, "1901": -off}
    assert explain(kept, row, "m01", how).state == "explained"
    told = {b.account: b.amount for b in ledger.balances(business_nos=[row.count_no])}
    assert told == {"1001": off, "1901": 0, account: -off}
    assert counts.waiting() == []


def test_above_fifty_yuan_a_manager_and_finance_must_say_the_same(kept: Shop) -> None:
    row = waiting(kept, -5001)
    assert explain(kept, row, "m01", "loss").state == "waiting"
    with pytest.raises(Conflict) as refused:
        explain(kept, row, "f01", "cashier")
    assert refused.value.code == "count_other_end"
    with pytest.raises(Forbidden):
        explain(kept, row, "m02", "loss")  # a second manager is no finance
    assert explain(kept, row, "f01", "loss").state == "explained"


def test_exactly_fifty_yuan_needs_the_manager_alone(kept: Shop) -> None:
    assert explain(kept, waiting(kept, -5000), "m01", "loss").state == "explained"


def test_nobody_explains_her_own_drawer(kept: Shop) -> None:
    end(kept, FLOAT)
    start(kept, who="m01", counted=FLOAT, float_fen=0)
    end(kept, FLOAT - 1200, reason="不知道", who="m01")
    [row] = counts.waiting()
    with pytest.raises(Forbidden) as refused:
        explain(kept, row, "m01", "loss")
    assert refused.value.code == "maker_is_checker"
    with pytest.raises(Forbidden):
        explain(kept, row, "c02", "loss")
    assert explain(kept, row, "m02", "loss").state == "explained"


def test_what_was_counted_moved_and_reported_stays_by_trigger(kept: Shop) -> None:
    end(kept, FLOAT)
    for statement in (
        "UPDATE books_count SET counted = counted + 1",
        "UPDATE books_cashmove SET amount = amount + 1",
        "DELETE FROM books_cashmove",
        "UPDATE books_shift SET closed_at = NULL",
        "UPDATE books_shift SET number = 7",
        "DELETE FROM books_drawer",
        "UPDATE books_drawerreport SET slip = '{}'",
    ):
        with (
            pytest.raises((IntegrityError, InternalError)),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_a_hand_over_closes_one_shift_and_begins_the_next_with_the_same_cash(kept: Shop) -> None:
    first = Shift.objects.get()
    kept.sell("S-1")
    counts.count(first.shift_no, Money(sum=FLOAT + 5997 - 1200), operator=kept.c01, at=kept.later(minutes=1))
    report, second = shifts.hand_over(
        first.shift_no, operator=kept.c01, to=kept.c02, reason="少了 12 元", at=kept.later(minutes=1)
    )
    assert (report.kind, report.number, second.number, second.operator) == ("Z", 1, 2, kept.c02)
    assert holds("T1") == FLOAT + 5997 - 1200 == second.counts.get().counted
    with pytest.raises(Forbidden) as refused:
        counts.count(second.shift_no, Money(sum=1), operator=kept.c01, at=kept.at)
    assert refused.value.code == "drawer_of_another"


def test_the_hand_over_list_names_what_is_open(kept: Shop) -> None:
    waits = kept.refund(kept.sell("S-1"))
    asked = kept.refund(kept.sell("S-2"), reason="goodwill")
    listed = shifts.left_over(Drawer.objects.get(code="T1"))
    assert listed == {
        "refunds": [waits.refund_no, asked.refund_no],
        "cash": [waits.refund_no],
        "vouchers": [waits.refund_no],
    }


def test_z_numbers_of_a_till_have_no_gaps(kept: Shop) -> None:
    numbers = [end(kept, FLOAT).number]
    for _ in range(3):
        start(kept, counted=FLOAT, float_fen=0)
        numbers.append(end(kept, FLOAT).number)
    assert numbers == [1, 2, 3, 4]


def test_at_the_end_of_the_day_the_cash_goes_into_the_safe(kept: Shop) -> None:
    report = end(kept, FLOAT, to_safe=FLOAT)
    assert (holds("T1"), holds("SAFE"), report.slip["balance"]) == (0, yuan(3000), 0)


# ── paying a refund ──


def short_of_cash(shop: Shop) -> str:
    """A cash refund of 59.97 that T1, opened with 100, cannot pay without touching its change."""
    sale = shop.sell("S-1", till="T2")
    refund = shop.refund(sale, till="T1")
    [leg] = refund.legs.all()
    return leg.leg_no


@pytest.fixture
def poor(shop: Shop) -> Shop:
    fund(shop)
    start(shop, counted=yuan(100), float_fen=yuan(100))
    return shop


def test_a_drawer_that_cannot_pay_says_what_it_has_and_the_world_hears_it(poor: Shop) -> None:
    number = short_of_cash(poor)
    for _ in range(2):
        with pytest.raises(Refusal) as refused:
            remedies.confirm(number, operator=poor.c01, at=poor.at)
        assert refused.value.code == "drawer_short" and refused.value.hint == "pay_at_another_till"
        assert {k: refused.value.facts[k] for k in ("held", "wanted", "missing")} == {
            "held": 0,
            "wanted": 5997,
            "missing": 5997,
        }
    [message] = outbox.Message.objects.filter(event="drawer.short")
    assert (message.subject_no, message.facts["missing"]) == (number, 5997)
    assert holds("T1") == yuan(100)


def test_the_safe_tops_it_up_and_it_pays(poor: Shop) -> None:
    number = short_of_cash(poor)
    with pytest.raises(Forbidden):
        move(poor, "top_up", 5997)
    move(poor, "top_up", 5997, beside="m01")
    assert remedies.confirm(number, operator=poor.c01, at=poor.at).state == "settled"
    assert (holds("T1"), holds("SAFE")) == (yuan(100), yuan(3000) - yuan(100) - 5997)


def test_another_drawer_gives_it_with_a_transfer_document(poor: Shop) -> None:
    start(poor, "T2", "c02")
    number = short_of_cash(poor)
    moved = move(poor, "transfer", 5997, "c02", till="T2", other="T1")
    assert moved.source is not None and moved.target is not None
    assert (moved.source.code, moved.target.code) == ("T2", "T1")
    assert remedies.confirm(number, operator=poor.c01, at=poor.at).state == "settled"


def test_or_another_drawer_pays_and_the_refund_is_its_shifts(poor: Shop) -> None:
    other = start(poor, "T2", "c02")
    number = short_of_cash(poor)
    paid = remedies.confirm(number, operator=poor.c02, till="T2", at=poor.at)
    assert paid.shift == other
    assert (holds("T1"), holds("T2")) == (yuan(100), FLOAT + 5997 - 5997)


def test_or_the_customer_agrees_to_a_bank_transfer(poor: Shop) -> None:
    number = short_of_cash(poor)
    with pytest.raises(Forbidden):
        remedies.pay_by_transfer(number, operator=poor.c01, consent="同意", at=poor.at)
    with pytest.raises(Refusal) as refused:
        remedies.pay_by_transfer(number, operator=poor.m01, consent=" ", at=poor.at)
    assert refused.value.code == "consent_needed"
    leg = remedies.pay_by_transfer(number, operator=poor.m01, consent="顾客王女士当面同意", at=poor.at)
    assert (leg.route, leg.state, leg.leg_no != number) == ("transfer", "accepted", True)
    done = remedies.confirm(leg.leg_no, operator=poor.f01, reference="B-1", at=poor.at)
    assert done.state == "settled" and done.shift is None
    assert {b.account: b.amount for b in ledger.balances()}["2241.01"] == 0


def test_a_rounded_refund_that_goes_by_bank_leaves_no_drawer(poor: Shop) -> None:
    from sudapos.books import shops

    shops.Merchant.objects.update(rules={"cash_refund_rounding": "UP_TO_JIAO"})
    [leg] = poor.refund(poor.sell("S-1", till="T2"), till="T1", lines={1: 1}).legs.all()
    assert (leg.amount, leg.rounding) == (2000, 1)
    leg = remedies.pay_by_transfer(leg.leg_no, operator=poor.m01, consent="同意", at=poor.at)
    remedies.confirm(leg.leg_no, operator=poor.f01, reference="B-1", at=poor.at)
    told = {b.account: b.amount for b in ledger.balances(business_nos=[leg.refund.refund_no])}
    assert (told["2241.01"], told["1002"], told["2241.04"], "1001" in told) == (0, -2000, 1, False)
    assert holds("T1") == yuan(100)


def test_the_outlook_names_the_ways_that_are_open(poor: Shop) -> None:
    from sudapos.books.legs import Leg
    from sudapos.core.rules import Rules

    number = short_of_cash(poor)
    leg = Leg.objects.select_related("refund__store").get(leg_no=number)
    seen = drawers.outlook(leg, till="T1", rules=Rules())
    assert seen is not None and (seen.missing, seen.ways) == (5997, ("from_safe", "by_transfer", "wait"))
    start(poor, "T2", "c02")
    seen = drawers.outlook(leg, till="T1", rules=Rules())
    assert seen is not None and seen.ways == ("other_drawer", "from_safe", "by_transfer", "wait")
    move(poor, "top_up", 5997, beside="m01")
    assert drawers.outlook(leg, till="T1", rules=Rules()) is None


def test_who_was_promised_first_is_paid_first(poor: Shop) -> None:
    first = short_of_cash(poor)
    [leg] = poor.refund(poor.sell("S-9", till="T2"), till="T1").legs.all()
    move(poor, "top_up", 5997, beside="m01")
    with pytest.raises(Refusal) as refused:
        remedies.confirm(leg.leg_no, operator=poor.c01, at=poor.at)
    assert (refused.value.code, refused.value.facts["missing"]) == ("drawer_short", 5997)
    assert remedies.confirm(first, operator=poor.c01, at=poor.at).state == "settled"


def test_no_cash_without_an_open_shift_once_drawers_are_kept(kept: Shop) -> None:
    refund = kept.refund(kept.sell("S-1"))
    [leg] = refund.legs.all()
    end(kept, FLOAT + 5997)
    with pytest.raises(Refusal) as refused:
        remedies.confirm(leg.leg_no, operator=kept.c01, at=kept.at)
    assert refused.value.code == "drawer_closed"
    with pytest.raises(Refusal):
        remedies.confirm(leg.leg_no, operator=kept.c01, till="T9", at=kept.at)


def test_a_store_without_drawers_pays_as_before(kept: Shop) -> None:
    refund = kept.refund(kept.sell("S-1", store="S02"), store="S02")
    [leg] = refund.legs.all()
    assert remedies.confirm(leg.leg_no, operator=kept.c01, at=kept.at).shift is None


def test_another_cashier_does_not_pay_out_of_this_drawer_but_a_manager_may(kept: Shop) -> None:
    refund = kept.refund(kept.sell("S-1"))
    [leg] = refund.legs.all()
    with pytest.raises(Forbidden) as refused:
        remedies.confirm(leg.leg_no, operator=kept.c02, at=kept.at)
    assert refused.value.code == "drawer_of_another"
    assert remedies.confirm(leg.leg_no, operator=kept.m01, at=kept.at).state == "settled"


def test_the_database_itself_lets_no_drawer_go_below_nothing(kept: Shop) -> None:
    draft = journal.draft("J25a", "X-1", amount=FLOAT + 1)
    with pytest.raises(IntegrityError, match="would hold -1 fen"), transaction.atomic():
        ledger.post([ledger.Posted(draft, kept.at.date(), "S01", "T1")], at=kept.at)


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run acts on connections of their own; answers what came of each."""
    from django.db import connections

    results: list[object] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(place: int, act: Callable[[], object]) -> None:
        gate.wait()
        try:
            results[place] = act()
        except Refusal as refusal:
            results[place] = refusal.code
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_people_cannot_take_the_same_cash_at_once(committed: None, shop: Shop) -> None:
    fund(shop)
    start(shop, counted=yuan(100), float_fen=yuan(100))
    who: Operator = shop.c01
    takes = [
        lambda n=n: cashmoves.move(
            Wish(kind="drop", store="S01", till="T1", amount=yuan(60), key=f"k{n}"), operator=who, at=shop.at
        )
        for n in range(2)
    ]
    results = at_once(*takes)
    assert results.count("drawer_empty") == 1
    assert holds("T1") == yuan(40)


# ── moves and kicks ──


def test_the_same_key_moves_cash_once(kept: Shop) -> None:
    one = move(kept, "drop", yuan(100), key="k")
    assert move(kept, "drop", yuan(100), key="k") == one
    with pytest.raises(Refusal) as refused:
        move(kept, "drop", yuan(200), key="k")
    assert refused.value.code == "idempotency_key_reused"
    assert holds("T1") == FLOAT - yuan(100)


def test_a_purchase_is_the_cashiers_until_the_receipt_is_there(kept: Shop) -> None:
    with pytest.raises(Refusal) as refused:
        move(kept, "pay_out", yuan(20))
    assert refused.value.code == "cash_reason_needed"
    move(kept, "pay_out", yuan(20), reason="买打印纸")
    move(kept, "pay_in", yuan(5), reason="找回")
    told = {b.account: b.amount for b in ledger.balances()}
    assert (told["1221.02"], holds("T1"), told["1012.09"]) == (yuan(15), FLOAT - yuan(15), 0)


def test_a_purchase_above_a_persons_limit_needs_a_manager_and_has_an_end(kept: Shop) -> None:
    move(kept, "top_up", yuan(2000), beside="m01")
    with pytest.raises(Forbidden):
        move(kept, "pay_out", 50_001, reason="维修")
    move(kept, "pay_out", 50_001, reason="维修", beside="m01")
    with pytest.raises(Refusal) as refused:
        move(kept, "pay_out", 100_001, "m01", reason="维修")
    assert refused.value.code == "pay_out_too_large"


def test_more_than_is_there_does_not_move(kept: Shop) -> None:
    with pytest.raises(Refusal) as refused:
        move(kept, "drop", FLOAT + 1)
    assert (refused.value.code, refused.value.facts["held"]) == ("drawer_empty", FLOAT)


def test_the_safe_and_the_bank_are_the_managers(kept: Shop) -> None:
    with pytest.raises(Forbidden):
        move(kept, "to_bank", yuan(100), till="SAFE")
    move(kept, "to_bank", yuan(100), "m01", till="SAFE")
    assert holds("SAFE") == yuan(2400)


def test_the_cash_report_of_the_books_shows_the_safe_beside_the_tills(kept: Shop) -> None:
    day = Shift.objects.get().business_date
    assert [(row.till, row.closing) for row in trial.cash(day)] == [("SAFE", yuan(2500)), ("T1", FLOAT)]


def test_a_drawer_opened_right_after_a_void_is_looked_into(kept: Shop) -> None:
    number = Shift.objects.get().shift_no
    cashmoves.kick(number, operator=kept.c01, reason="换零钱", at=kept.at)
    assert not Alert.objects.filter(rule="FR23").exists()
    [leg] = kept.refund(kept.sell("S-1")).legs.all()
    remedies.confirm(leg.leg_no, operator=kept.c01, at=kept.at)
    kept.later(seconds=301)
    cashmoves.kick(number, operator=kept.c01, reason="换零钱", at=kept.at)
    assert not Alert.objects.filter(rule="FR23").exists()
    [leg] = kept.refund(kept.sell("S-2")).legs.all()
    remedies.confirm(leg.leg_no, operator=kept.c01, at=kept.at)
    cashmoves.kick(number, operator=kept.c01, reason="换零钱", at=kept.later(seconds=300))
    [alert] = Alert.objects.filter(rule="FR23")
    assert (alert.operator, alert.facts) == ("c01", {"drawer_opened_after_void": 300})


def test_a_cashier_sees_no_cash_in_an_x_report_before_she_counts(kept: Shop) -> None:
    number = Shift.objects.get().shift_no
    blind = shifts.take_x(number, operator=kept.c01, at=kept.at)
    assert "balance" not in blind.slip and "lines" not in blind.slip
    assert shifts.take_x(number, operator=kept.m01, at=kept.at).slip["balance"] == FLOAT
    counts.count(number, Money(sum=FLOAT), operator=kept.c01, at=kept.at)
    third = shifts.take_x(number, operator=kept.c01, at=kept.at)
    assert (third.number, third.slip["balance"]) == (3, FLOAT)


def test_notes_and_coins_add_up_and_counterfeit_money_is_short() -> None:
    money = Money(notes={10_000: 4, 5_000: 1, 10: 5}, sum=yuan(3), false_notes=10_000)
    assert money.counted == yuan(453.5)
    with pytest.raises(Refusal):
        _ = Money(notes={333: 1}).counted


def test_a_bars_night_belongs_to_the_day_on_which_it_began(shop: Shop) -> None:
    from datetime import date, datetime

    from sudapos.core.calendar import SHANGHAI

    shop.at = datetime(2026, 11, 29, 3, 30, tzinfo=SHANGHAI)
    start(shop, counted=0, float_fen=0)
    assert Shift.objects.get().business_date == date(2026, 11, 28)
    assert [s.shift_no for s in shifts.open_on(date(2026, 11, 28))] == ["S01-T1-0001"]
    assert shifts.open_on(date(2026, 11, 27)) == []


def test_requests_never_lock_drawers(kept: Shop) -> None:
    """Opening a refund only promises; the drawer is asked when the cash leaves."""
    kept.sell("S-1")
    [opened] = requests.open([kept.ask("S-1", everything=True)], at=kept.at)
    assert opened.refusal is None and holds("T1") == FLOAT + 5997


def test_the_preview_says_that_the_drawer_is_short_and_the_refund_is_taken_all_the_same(poor: Shop) -> None:
    sale = poor.sell("S-1", till="T2")
    weighed = requests.preview(poor.ask(sale, till="T1", everything=True), at=poor.at)
    [reason] = [each for each in weighed.verdict.reasons if each.code == "drawer_short"]
    assert (weighed.verdict.decision, reason.facts["missing"]) == ("allow", 5997)
    assert poor.refund(sale, till="T1").state == "approved"


def test_a_refund_at_a_till_whose_shift_is_closed_waits_for_a_manager(kept: Shop) -> None:
    """FR07: the shift is over, somebody should look."""

    def codes() -> list[str]:
        weighed = requests.preview(kept.ask("S-1", everything=True), at=kept.at)
        return [reason.code for reason in weighed.verdict.reasons]

    kept.sell("S-1", channel="wechatpay")
    assert "fr07" not in codes()
    end(kept, FLOAT)
    assert "fr07" in codes()
