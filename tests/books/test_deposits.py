"""押金, 定金 and 订金 in the books: taken and never revenue, given back once over the way they came, less what is proven and agreed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sudapos.books import (
    answers,
    corrections,
    decisions,
    deposits,
    endings,
    ledger,
    lookup,
    moves,
    remedies,
    reports,
    requests,
    retention,
    shops,
    staff,
    vat,
    vouchers,
)
from sudapos.books.answers import Answer
from sudapos.books.audit import AuditRecord
from sudapos.books.compensations import Compensation
from sudapos.books.deposits import Deposit, GiveBack, Taking
from sudapos.books.endings import Wish
from sudapos.books.ledger import Line
from sudapos.books.outbox import Message
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from sudapos.core import calendar, letters
from sudapos.core.outcome import Settled
from sudapos.core.refusal import Conflict, Forbidden, Invalid, NotFound, Refusal
from sudapos.ops import verifying
from tests.cast import Shop

AGREED = {"why": "烤盘摔坏", "evidence": "损坏照片 3 张", "confirmed": "signed", "confirmed_by": "李小兰"}


def taking(
    shop: Shop, number: str = "D-1", *, channel: str = "wechatpay", amount: int = 20_000, **changes: Any
) -> Taking:
    told = {
        "number": number,
        "store": "S01",
        "till": "T1",
        "kind": "DEPOSIT_YAJIN",
        "amount": amount,
        "purpose": "烤盘租借",
        "payment": shop.payment(number, channel, amount),
        "taken_at": shop.at,
    }
    return Taking(**{**told, **changes})


def take(shop: Shop, number: str = "D-1", **changes: Any) -> Deposit:
    row, again = deposits.take(taking(shop, number, **changes), operator=shop.c01, at=shop.at)
    assert not again
    return row


def end(shop: Shop, number: str = "D-1", *, key: str = "k-1", operator: Any = None, **wish: Any) -> GiveBack:
    made, _ = endings.give_back(number, Wish(**wish), key=key, operator=operator or shop.c01, at=shop.at)
    return made


def booked(number: str) -> list[tuple[str, str, str, int]]:
    rows = Line.objects.filter(entry__business_no=number).order_by("entry_id", "position")
    return [(row.entry.recipe, row.side, row.account, row.amount) for row in rows.select_related("entry")]


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def sound() -> None:
    assert [found for _, found in verifying.run() if found] == []


def settle(shop: Shop, refund: Refund) -> None:
    """The channel says yes, or a person hands the cash over."""
    [leg] = refund.legs.all()
    if leg.route in ("cash", "transfer"):
        remedies.confirm(leg.leg_no, operator=shop.c01, reference="B-1", at=shop.at)
        return
    for order in moves.claim(10, at=shop.later(minutes=5)):
        answers.record([Answer(order.attempt, Settled())], at=shop.at)


def test_a_deposit_is_owed_and_no_sale(shop: Shop) -> None:
    row = take(shop, phone="13800138000", name="李小兰")
    assert (row.state, row.amount, row.kind, row.sale.kind) == ("held", 20_000, "DEPOSIT_YAJIN", "deposit")
    assert booked("D-1") == [("J18a", "借", "1122.01", 20_000), ("J18a", "贷", "2241.03", 20_000)]
    assert (row.sale.phone_masked, row.sale.name_masked) == ("138****8000", "李**")
    day = calendar.business_date(shop.at)
    [rate] = reports.table("rate", "day", reports.Which(since=day, until=day)).rows
    assert rate[1:] == (0, 0, 0, 0, None)
    assert vat.report(day, day).rates == []
    assert AuditRecord.objects.filter(act="deposit.taken", subject_no="D-1").count() == 1
    assert lookup.find(lookup.Search(q="D-1")) == []
    sound()


def test_ex13_a_deposit_less_the_damage_is_booked_as_the_sheet_says(shop: Shop) -> None:
    take(shop)
    made = end(shop, deduction=4_200, **AGREED)
    refund = decisions.get(made.refund.refund_no)
    assert (refund.total, refund.tax, refund.state) == (15_800, 0, "approved")
    assert [(leg.channel, leg.route, leg.amount, leg.tax) for leg in refund.legs.all()] == [
        ("wechatpay", "refund", 15_800, 0)
    ]
    assert booked(refund.refund_no) == [
        ("J18c", "借", "2241.03", 20_000),
        ("J18c", "贷", "2241.01", 15_800),
        ("J18c", "贷", "5301", 4_200),
    ]
    settle(shop, refund)
    assert booked(refund.refund_no)[3:] == [
        ("J05b", "借", "2241.01", 15_800),
        ("J05b", "贷", "1122.01", 15_800),
    ]
    assert (balance("2241.03"), balance("2241.01"), balance("1122.01"), balance("5301")) == (
        0,
        0,
        4_200,
        -4_200,
    )
    assert balance("5001") == balance("2221.01") == 0
    assert deposits.get("D-1").state == "returned"
    sound()


def test_a_cash_deposit_goes_back_whole_out_of_the_drawer(shop: Shop) -> None:
    take(shop, channel="cash")
    assert balance("1001") == 20_000
    refund = decisions.get(end(shop).refund.refund_no)
    settle(shop, refund)
    assert (balance("1001"), balance("2241.03"), balance("2241.01"), balance("5301")) == (0, 0, 0, 0)
    sound()


@pytest.mark.parametrize(
    ("missing", "code"),
    [
        ({"evidence": ""}, "deduction_needs_evidence"),
        ({"why": " "}, "deduction_needs_evidence"),
        ({"confirmed": ""}, "deduction_needs_consent"),
        ({"confirmed": "guessed"}, "deduction_needs_consent"),
        ({"confirmed_by": ""}, "deduction_needs_consent"),
    ],
)
def test_r09_a_deduction_without_evidence_or_without_the_customers_yes_is_blocked(
    shop: Shop, missing: dict[str, str], code: str
) -> None:
    take(shop)
    with pytest.raises(Refusal, match=code):
        end(shop, deduction=4_200, **{**AGREED, **missing})
    assert not Refund.objects.exists() and deposits.get("D-1").state == "held"
    shown = endings.preview(
        "D-1", Wish(deduction=4_200, **{**AGREED, **missing}), operator=shop.c01, at=shop.at
    )
    assert shown.wanted == [code.removeprefix("deduction_needs_")]


def test_the_database_keeps_nothing_without_proof_and_edits_no_ending(shop: Shop) -> None:
    made = end_of(shop)
    with pytest.raises(IntegrityError, match="what_is_kept_is_proven_and_agreed"), transaction.atomic():
        GiveBack.objects.create(
            deposit=made.deposit, key="x", ending="returned", kept=1, operator=shop.c01, at=shop.at
        )
    for table in ("books_giveback", "books_deposit"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")


def end_of(shop: Shop, **wish: Any) -> GiveBack:
    take(shop)
    return end(shop, deduction=4_200, **AGREED, **wish)


def test_it_goes_back_once(shop: Shop) -> None:
    made = end_of(shop)
    again, seen = endings.give_back(
        "D-1", Wish(deduction=4_200, **AGREED), key="k-1", operator=shop.c01, at=shop.at
    )
    assert seen and again.pk == made.pk
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        end(shop, key="k-1")
    with pytest.raises(Conflict, match="deposit_ended"):
        end(shop, key="k-2")
    with pytest.raises(Conflict, match="deposit_ended"):
        endings.preview("D-1", Wish(), operator=shop.c01, at=shop.at)
    assert Refund.objects.count() == 1
    assert Payment.objects.get(sale__sale_no="D-1").promised == 15_800


def test_no_ordinary_refund_reaches_a_deposit_and_no_deposit_a_sale(shop: Shop) -> None:
    take(shop)
    sale = shop.sell("S-1")
    for asked in (shop.ask("D-1", everything=True), shop.ask("D-1", amount=100, reason="goodwill")):
        [opened] = requests.open([asked], at=shop.at)
        assert opened.refusal is not None and opened.refusal.code == "deposit_goes_back_apart"
    [opened] = requests.open([shop.ask(sale, everything=True, reason="deposit")], at=shop.at)
    assert opened.refusal is not None and opened.refusal.code == "input_invalid"
    with pytest.raises(NotFound, match="deposit_not_found"):
        end(shop, "S-1")


def test_the_ladder_the_checker_and_the_store_are_those_of_refunds(shop: Shop) -> None:
    take(shop, amount=30_000)
    made = end(shop)
    assert (made.refund.state, made.refund.needed) == ("awaiting", ["manager"])
    assert deposits.get("D-1").state == "waiting"
    with pytest.raises(Forbidden, match="maker_is_checker|may_not"):
        decisions.approve(made.refund.refund_no, operator=shop.c01, at=shop.at)
    decisions.reject(made.refund.refund_no, operator=shop.m01, note="顾客还在用", at=shop.at)
    assert deposits.get("D-1").state == "held"
    second = end(shop, key="k-2")
    approved = decisions.approve(second.refund.refund_no, operator=shop.m01, at=shop.at)
    settle(shop, approved)
    assert deposits.get("D-1").state == "returned"
    other = shops.stores(["S02"])["S02"].pk
    stranger = staff.hire("c09", "吴二店", ["cashier"], store_id=other, at=shop.at, password="pass-word-1")
    take(shop, "D-2")
    with pytest.raises(Forbidden, match="other_store"):
        end(shop, "D-2", key="k-3", operator=stranger)
    with pytest.raises(Forbidden, match="other_store"):
        deposits.take(taking(shop, "D-3"), operator=stranger, at=shop.at)
    sound()


def test_what_is_given_up_is_a_deposit_again_with_what_was_to_be_kept(shop: Shop) -> None:
    take(shop, channel="cash")
    made = end(shop, deduction=4_200, **AGREED)
    [leg] = made.refund.legs.all()
    remedies.drop(leg.leg_no, operator=shop.m01, note="顾客没有来取", at=shop.at)
    assert (balance("2241.03"), balance("2241.01"), balance("5301"), balance("1001")) == (
        -20_000,
        0,
        0,
        20_000,
    )
    assert deposits.get("D-1").state == "held"
    second = end(shop, key="k-2").refund  # both together are above the cashier's limit (FR05)
    assert second.needed == ["manager"]
    settle(shop, decisions.approve(second.refund_no, operator=shop.m01, at=shop.at))
    assert (balance("2241.03"), balance("1001")) == (0, 0)
    sound()


def test_a_repeat_of_the_number_changes_nothing_and_another_content_is_refused(shop: Shop) -> None:
    take(shop)
    shop.later(minutes=1)
    row, again = deposits.take(taking(shop), operator=shop.c01, at=shop.at)
    assert again and row.number == "D-1" and Deposit.objects.count() == 1
    with pytest.raises(Conflict, match="number_reused"):
        deposits.take(taking(shop, purpose="别的"), operator=shop.c01, at=shop.at)
    shop.sell("S-1")
    with pytest.raises(Conflict, match="number_reused"):
        deposits.take(taking(shop, "S-1"), operator=shop.c01, at=shop.at)
    assert balance("2241.03") == -20_000


def test_what_is_wrong_with_a_deposit_is_said_by_field(shop: Shop) -> None:
    for changes, loc in (
        ({"kind": "GIFT"}, ("type",)),
        ({"purpose": ""}, ("purpose",)),
        ({"amount": 0}, ("amount",)),
        ({"kind": "EARNEST_DINGJIN"}, ("contract_price",)),
        ({"kind": "EARNEST_DINGJIN", "price": 19_999}, ("contract_price",)),
        ({"channel": "stored_value"}, ("payment", "channel")),
        ({"store": "S99"}, ("store",)),
    ):
        with pytest.raises(Invalid) as caught:
            take(shop, **changes)
        assert [error.loc for error in caught.value.errors] == [loc]
    with pytest.raises(Forbidden, match="may_not"):
        deposits.take(taking(shop), operator=shop.a01, at=shop.at)
    assert not Sale.objects.exists()


def test_the_voucher_says_taken_kept_and_given_back(shop: Shop) -> None:
    made = end_of(shop)
    slip = vouchers.issue(made.refund.refund_no, at=shop.at).slip
    assert (slip["kind"], slip["sale"]["paid"], slip["total"]) == ("deposit_voucher", 20_000, 15_800)
    assert [(line["name"], line["amount"]) for line in slip["lines"]] == [("押金 · 烤盘租借", 20_000)]
    assert slip["deductions"] == [{"kind": "deposit", "amount": 4_200, "name": ""}]


def test_a_deposit_refund_is_not_corrected_as_if_it_had_been_revenue(shop: Shop) -> None:
    take(shop, channel="cash")
    refund = decisions.get(end(shop).refund.refund_no)
    settle(shop, refund)
    with pytest.raises(Refusal, match="deposit_not_corrected"):
        corrections.open(refund.refund_no, amount=100, why="多退", operator=shop.m01, at=shop.at, key="c-1")


def test_an_old_deposit_is_still_the_customers(shop: Shop) -> None:
    """Neither the shop's thirty days for cash nor the turn of the year asks anybody: it was never revenue."""
    take(shop, channel="cash", taken_at=shop.at)
    shop.later(days=400)
    assert end(shop).refund.state == "approved"


def test_the_world_hears_that_a_deposit_was_taken(shop: Shop) -> None:
    take(shop)
    [message] = Message.objects.filter(subject="deposit")
    assert (message.event, message.subject_no, message.facts) == (
        "deposit.taken",
        "D-1",
        {"total": 20_000, "kind": "DEPOSIT_YAJIN"},
    )


def test_the_world_hears_of_every_ending_and_of_none_that_was_refused(shop: Shop) -> None:
    take(shop)
    with pytest.raises(Refusal, match="deduction_needs_evidence"):
        end(shop, deduction=4_200)
    told = Message.objects.filter(event="deposit.ended").order_by("id")
    assert not told.exists()
    refund = end(shop, deduction=4_200, **AGREED).refund
    facts = {"kind": "DEPOSIT_YAJIN", "ending": "returned", "total": 20_000, "compensation": 0}
    first = facts | {"returned": 15_800, "kept": 4_200, "refund_no": refund.refund_no}
    [message] = told
    assert (message.subject, message.subject_no, message.store, message.facts) == (
        "deposit",
        "D-1",
        "S01",
        first,
    )
    said = letters.Told(message.event, message.subject, message.subject_no, message.facts)
    assert letters.sentence(said, "zh") == "押金或定金 D-1 了结：收过 ¥200.00，扣下 ¥42.00"
    assert letters.sentence(said, "en") == "Deposit D-1 has ended: ¥200.00 was taken, ¥42.00 is kept"
    end(shop, deduction=4_200, **AGREED)  # the same key again
    assert told.count() == 1
    [leg] = refund.legs.all()
    remedies.drop(leg.leg_no, operator=shop.m01, note="顾客没有来取", at=shop.at)
    end(shop, key="k-2", operator=shop.m01, deduction=20_000, **AGREED)
    assert [each.facts for each in told.all()] == [first, facts | {"returned": 0, "kept": 20_000}]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    amount=st.integers(1, 19_999),
    tries=st.lists(
        st.tuples(st.integers(0, 20_500), st.sampled_from(["settle", "drop", "leave"])), max_size=4
    ),
)
def test_never_more_than_was_taken_goes_back_whatever_is_tried(
    shop: Shop, amount: int, tries: list[tuple[int, str]]
) -> None:
    number = f"D-{next(shop._numbers)}"
    before = {code: balance(code) for code in ("1001", "2241.01", "2241.03", "5301")}
    take(shop, number, channel="cash", amount=amount)
    for deduction, then in tries:
        try:
            made = end(shop, number, key=f"k-{next(shop._numbers)}", deduction=deduction, **AGREED)
        except Refusal:
            continue
        if made.refund is not None and made.refund.needed:  # the day has paid out much cash
            decisions.approve(made.refund.refund_no, operator=shop.m01, at=shop.at)
        leg = made.refund.legs.first() if made.refund else None
        if leg is not None and then == "settle":
            remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)
        elif leg is not None and then == "drop":
            remedies.drop(leg.leg_no, operator=shop.m01, note="放弃", at=shop.at)
    moved = {code: balance(code) - old for code, old in before.items()}
    live = deposits.get(number).live
    kept = live.kept if live else 0
    paid = amount - kept - (moved["1001"] - kept)
    assert 0 <= moved["1001"] <= amount and moved["5301"] == -kept
    assert moved["2241.03"] == (0 if live else -amount)
    assert moved["1001"] + moved["2241.01"] + moved["2241.03"] + moved["5301"] == 0
    assert paid in (0, amount - kept)
    sound()


@pytest.mark.parametrize(
    ("taken", "wish"),
    [
        ({"kind": "EARNEST_DINGJIN", "price": 100_000}, {"ending": "customer_failed"}),
        ({}, {"deduction": 20_000}),
    ],
    ids=["定金", "押金"],
)
def test_what_is_kept_whole_is_booked_and_a_cashier_does_not_keep_it_alone(
    shop: Shop, taken: dict[str, Any], wish: dict[str, Any]
) -> None:
    take(shop, **taken)
    with pytest.raises(Forbidden, match="may_not"):
        end(shop, **wish, **AGREED)
    made = end(shop, operator=shop.m01, **wish, **AGREED)
    assert made.refund is None and deposits.get("D-1").state == "kept"
    assert booked("D-1")[2:] == [("J18f", "借", "2241.03", 20_000), ("J18f", "贷", "5301", 20_000)]
    assert balance("2241.03") == 0
    sound()


def test_of_earnest_money_a_fifth_of_the_price_is_kept_and_the_rest_goes_back(shop: Shop) -> None:
    take(shop, kind="EARNEST_DINGJIN", price=60_000)
    made = end(shop, ending="customer_failed", **AGREED)
    assert (made.kept, made.refund.total) == (12_000, 8_000)
    sound()


@pytest.mark.parametrize(
    ("keys", "counted"), [([f"p-{n}" for n in range(4)], 1), (["same"] * 4, 4)], ids=["four keys", "one key"]
)
def test_four_at_once_make_one_refund(committed: None, shop: Shop, keys: list[str], counted: int) -> None:
    take(shop, channel="cash")
    cashier, at = shop.c01, shop.at

    def go(key: str) -> str:
        try:
            made, _ = endings.give_back("D-1", Wish(), key=key, operator=cashier, at=at)
            return str(made.pk)
        except Conflict as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(go, keys))
    [refund] = Refund.objects.all()
    assert said.count(str(refund.deposit_ending.pk)) == counted
    assert Payment.objects.get(sale__sale_no="D-1").promised == 20_000


def test_what_is_kept_counts_towards_the_limits(shop: Shop) -> None:
    take(shop, amount=30_000)
    made = end(shop, deduction=29_000, **AGREED)
    assert made.refund is not None
    assert (made.refund.total, made.refund.state, made.refund.needed) == (1_000, "awaiting", ["manager"])


def test_the_second_half_that_the_shop_owes_is_named_before_it_is_asked_for(shop: Shop) -> None:
    take(shop, kind="EARNEST_DINGJIN", price=100_000)
    shown = endings.preview("D-1", Wish(ending="merchant_failed"), operator=shop.m01, at=shop.at)
    assert (shown.settled.back, shown.settled.compensation) == (20_000, 20_000)
    assert not GiveBack.objects.exists() and not Compensation.objects.exists()


def test_whose_deposit_is_held_is_not_forgotten_however_long_it_lies(shop: Shop) -> None:
    take(shop, name="李小兰", phone="13800138000")
    later = shop.at + timedelta(days=6 * 366)
    assert retention.purge(at=later, dry_run=True, by="a01").contacts == 0
    shop.sell("S-OLD", name="李小兰", phone="13800138000")
    assert retention.purge(at=later, dry_run=True, by="a01").contacts == 1
