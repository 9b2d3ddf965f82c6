"""退卡 in the books: one asks, another pays, to the holder alone, and the journal clears the card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from sudapos.books import (
    deliveries,
    hand_back_prints,
    hand_backs,
    recipients,
    shifts,
    shops,
    staff,
    top_ups,
    waiting,
)
from sudapos.books.alerts import Alert
from sudapos.books.audit import AuditRecord
from sudapos.books.counts import Money
from sudapos.books.hand_back_prints import HandBackCopy
from sudapos.books.hand_backs import HandBack, Wish
from sudapos.books.intake import LineDraft
from sudapos.books.outbox import EVENTS, Message
from sudapos.books.recipients import Wish as RecipientWish
from sudapos.core.refusal import Conflict, Forbidden, NotFound, Refusal
from sudapos.core.tenders import Parts
from tests.books.test_cards import balances, by_card, card, holds, sound

ID = "11010519491231002X"


def clerk(shop: Any):
    return staff.hire("s01", "孙客服", ["cs"], at=shop.at, password="pass-word-1")


def wish(shop: Any, **changes: Any) -> Wish:
    told = {
        "cause": "MERCHANT",
        "rescinded_on": hand_backs._day(shop.at),
        "person": "李小兰",
        "payee": "李小兰",
    }
    return Wish(**{**told, "id_number": ID, "account": "6222021234567890", **changes})


def spent(shop: Any, face: int, *, days: int = 30):
    row = card(shop, paid=100_000, bonus=20_000)
    shop.later(days=days)
    line = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=face, vat_bp=1300)
    shop.sell(lines=(line,), payments=(by_card(face),))
    return row


@pytest.mark.parametrize(
    ("cause", "face", "back", "booked"),
    [
        ("MERCHANT", 36_000, 70_000, {"2203.01": 70_000, "1002": -70_000}),
        ("CONSUMER", 36_000, 64_000, {"2203.01": 70_000, "1002": -64_000, "5301": -6_000}),
        ("CONSUMER", 110_000, 0, {"2203.01": 8_333, "5301": -8_333}),
    ],
    ids=["EX14a", "EX14b", "EX14c"],
)
def test_ex14_a_card_is_handed_back_and_the_books_are_clear(shop, cause, face, back, booked):
    row, maker = spent(shop, face), clerk(shop)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop, cause=cause), key="h-1", operator=maker, at=shop.at)
    assert (asked.principal_refund, asked.interest) == (back, 0)
    paid = hand_backs.pay(asked.number, operator=shop.m01, reference="BANK-1", at=shop.at)
    assert (paid.state, holds(row)) == ("paid", Parts())
    assert balances(asked.number) == booked
    sound()


def test_interest_runs_until_it_is_paid_and_is_our_cost(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    since = hand_backs._day(shop.at) - timedelta(days=90)
    asked, _ = hand_backs.ask(
        row.card_ref, wish(shop, rescinded_on=since), key="h", operator=maker, at=shop.at
    )
    assert asked.interest == 525
    shop.later(days=2)
    paid = hand_backs.pay(asked.number, operator=shop.m01, reference="B", at=shop.at)
    assert paid.interest == 537
    assert balances(asked.number) == {"2203.01": 70_000, "5603": 537, "1002": -70_537}
    sound()


def test_maker_is_never_checker_and_a_cashier_makes_none(shop):
    row = spent(shop, 36_000)
    with pytest.raises(Forbidden, match="may_not"):
        hand_backs.ask(row.card_ref, wish(shop), key="h", operator=shop.c01, at=shop.at)
    both = staff.hire("s02", "两职", ["cs", "manager"], at=shop.at, password="pass-word-1")
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=both, at=shop.at)
    with pytest.raises(Forbidden, match="maker_is_checker"):
        hand_backs.pay(asked.number, operator=both, reference="B", at=shop.at)
    with pytest.raises(Refusal, match="transfer_reference_needed"):
        hand_backs.pay(asked.number, operator=shop.m01, at=shop.at)


def test_a_card_that_moved_since_is_asked_for_anew(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=maker, at=shop.at)
    shop.sell(lines=(LineDraft(line_no=1, name="茶", milli=1000, unit_price=600),), payments=(by_card(600),))
    with pytest.raises(Conflict, match="hand_back_stale"):
        hand_backs.pay(asked.number, operator=shop.m01, reference="B", at=shop.at)
    with pytest.raises(Conflict, match="hand_back_open"):
        hand_backs.ask(row.card_ref, wish(shop), key="h2", operator=maker, at=shop.at)
    hand_backs.reject(asked.number, operator=shop.m01, note="卡又用过", at=shop.at)
    again, _ = hand_backs.ask(row.card_ref, wish(shop), key="h2", operator=maker, at=shop.at)
    assert again.principal_refund == 69_500


def test_third_parties_are_refused_and_nothing_is_kept(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    with pytest.raises(Refusal, match="payee_not_holder"):
        hand_backs.ask(row.card_ref, wish(shop, payee="王五"), key="h", operator=maker, at=shop.at)
    assert not HandBack.objects.exists()


def test_the_identity_number_is_sealed_shown_masked_and_forgotten(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=maker, at=shop.at)
    assert (asked.id_masked, asked.account_masked) == ("1****************X", "****7890")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, account, person FROM books_handback")
        assert not any(plain in cell for cell in cursor.fetchone() for plain in (ID, "7890", "李"))
    assert hand_backs.forget(shop.later(days=1)) == 0
    hand_backs.pay(asked.number, operator=shop.m01, reference="B", at=shop.at)
    assert hand_backs.forget(shop.later(days=1)) == 1
    kept = hand_backs.get(asked.number)
    assert (kept.id_number, kept.id_masked, kept.account, kept.person_masked) == ("", "", "", "")
    assert kept.principal_refund == 70_000


def held_of(shop, account="6222021234567890", *, age=200_000, payer="", channel="card", payout="transfer"):
    row = card(shop)
    told = {"paid": 10_000, "bonus": 0, "channel": channel, "payer": payer}
    top_ups.top_up(row.card_ref, **told, key="t", operator=shop.c01, at=shop.at)
    shop.later(seconds=age)
    asked, _ = hand_backs.ask(
        row.card_ref, wish(shop, account=account, payout=payout), key="h", operator=clerk(shop), at=shop.at
    )
    return asked


@pytest.mark.parametrize(("age", "held"), [(86_400, []), (86_399, ["FR22"])])
def test_fr22_a_top_up_holds_its_hand_back_for_a_day(shop, age, held):
    asked = held_of(shop, age=age)
    assert asked.held == held
    assert [(a.rule, a.subject_no) for a in Alert.objects.all()] == [
        (rule, asked.card.card_ref) for rule in held
    ]


def test_fr22_the_limit_is_the_policys(shop):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "fraud": {"fr22_within": 60}}
    merchant.save(update_fields=["rules"])
    assert held_of(shop, age=60).held == []


@pytest.mark.parametrize(
    ("payer", "channel", "payout", "held"),
    [
        ("6222021234567890", "card", "transfer", []),
        ("", "card", "transfer", []),
        ("6222029999997890", "card", "transfer", ["FR22"]),
        ("oOpenId1", "wechatpay", "transfer", ["FR22"]),
        ("6222021234567890", "card", "cash", ["FR22"]),
    ],
    ids=["same card", "payer unknown", "other card", "a wallet", "in cash"],
)
def test_fr22_money_that_came_by_one_and_goes_to_another_is_held(shop, payer, channel, payout, held):
    assert held_of(shop, payer=payer, channel=channel, payout=payout).held == held


def test_what_is_held_is_paid_only_with_a_word_on_what_was_verified(shop):
    asked = held_of(shop, age=60)
    with pytest.raises(Refusal, match="hand_back_held"):
        hand_backs.pay(asked.number, operator=shop.m01, reference="B", at=shop.at)
    paid = hand_backs.pay(
        asked.number, operator=shop.m01, reference="B", note="核对了充值单和身份证", at=shop.at
    )
    assert (paid.state, paid.decision_note) == ("paid", "核对了充值单和身份证")
    sound()


def test_a_repeat_with_any_other_content_is_refused(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    first, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=maker, at=shop.at)
    assert hand_backs.ask(row.card_ref, wish(shop), key="h", operator=maker, at=shop.at) == (first, True)
    for other in (
        {"account": "6222021234567891"},
        {"experienced": True},
        {"note": "x"},
        {"cause": "CONSUMER"},
    ):
        with pytest.raises(Refusal, match="idempotency_key_reused"):
            hand_backs.ask(row.card_ref, wish(shop, **other), key="h", operator=maker, at=shop.at)


def test_the_voucher_is_taken_when_it_is_paid_and_the_world_hears_once(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=maker, at=shop.at)
    assert asked.slip == {}
    paid = hand_backs.pay(asked.number, operator=shop.m01, reference="B-1", at=shop.at)
    slip = paid.slip
    assert (slip["card_masked"], slip["principal"], slip["interest"], slip["person"]) == (
        "****0001",
        70_000,
        0,
        "李**",
    )
    assert (slip["after_principal"], slip["after_bonus"], slip["reference"]) == (0, 0, "B-1")
    assert ID not in str(slip) and "6222021234567890" not in str(slip)
    [told] = Message.objects.filter(event="card.handed_back")
    assert (told.subject_no, told.facts["amount"]) == (row.card_ref, 70_000)
    with pytest.raises(Exception, match="append"), transaction.atomic():
        HandBack.objects.update(slip={"a": 1})


def test_cash_is_paid_from_the_drawer_of_the_shift_that_pays_it(shop):
    row, maker = card(shop, paid=9_000), clerk(shop)
    shop.later(days=30)
    asked, _ = hand_backs.ask(
        row.card_ref, wish(shop, payout="cash", account="", till="T1"), key="h", operator=maker, at=shop.at
    )
    shifts.open("S01", "T2", Money(sum=0), operator=shop.c02, at=shop.at)
    with pytest.raises(Refusal, match="drawer_closed"):
        hand_backs.pay(asked.number, operator=shop.m01, at=shop.at)
    with pytest.raises(Refusal, match="drawer_short"):
        hand_backs.pay(asked.number, operator=shop.m01, till="T2", at=shop.at)
    shop.sell(till="T2", lines=(LineDraft(line_no=1, name="茶", milli=1000, unit_price=200_000),))
    paid = hand_backs.pay(asked.number, operator=shop.m01, till="T2", at=shop.at)
    assert (paid.till, paid.shift.drawer.code, paid.shift.operator) == ("T2", "T2", shop.c02)
    sound()


def test_a_rate_that_is_corrected_counts_for_cards_that_were_topped_up_before(shop):
    row, maker = spent(shop, 36_000), clerk(shop)
    since = hand_backs._day(shop.at) - timedelta(days=90)
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "lpr_one_year_bp": {"2025-12-20": 600}}
    merchant.save(update_fields=["rules"])
    asked, _ = hand_backs.ask(
        row.card_ref, wish(shop, rescinded_on=since), key="h", operator=maker, at=shop.at
    )
    assert asked.interest == 1_050
    assert hand_backs.newest_rates()[0] == "2025-12-20 6.00 %"


def handed_back(shop: Any, **changes: Any) -> HandBack:
    row = spent(shop, 36_000)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop, **changes), key="h", operator=clerk(shop), at=shop.at)
    return hand_backs.pay(asked.number, operator=shop.m01, reference="B", note="已核对", at=shop.at)


def test_copies_of_the_voucher_are_counted_and_a_reprint_needs_a_reason_and_the_right(shop):
    row = handed_back(shop)
    first = hand_back_prints.record_print(row.number, operator=shop.c01, at=shop.at)
    assert (first.copy_no, first.reason) == (1, "")
    with pytest.raises(Refusal, match="reprint_reason_needed"):
        hand_back_prints.record_print(row.number, operator=shop.m01, reason=" ", at=shop.at)
    with pytest.raises(Forbidden, match="may_not"):
        hand_back_prints.record_print(row.number, operator=shop.a01, reason="lost", at=shop.at)
    second = hand_back_prints.record_print(row.number, operator=shop.m01, reason="lost", at=shop.at)
    assert (second.copy_no, [c.copy_no for c in hand_back_prints.copies(row)]) == (2, [1, 2])
    told = AuditRecord.objects.filter(act__startswith="card.voucher").order_by("id")
    assert [(act.act, act.facts["copy_no"], act.facts["reason"]) for act in told] == [
        ("card.voucher_printed", 1, ""),
        ("card.voucher_reprinted", 2, "lost"),
    ]
    with pytest.raises(Exception, match="append-only|append"), transaction.atomic():
        HandBackCopy.objects.update(copy_no=9)


def test_what_is_not_paid_has_no_voucher(shop):
    row = spent(shop, 36_000)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=clerk(shop), at=shop.at)
    with pytest.raises(NotFound, match="hand_back_not_paid"):
        hand_back_prints.record_print(asked.number, operator=shop.m01, at=shop.at)


def test_one_that_waits_is_told_and_told_again_until_somebody_decides(shop):
    """As a refund that waits: at once to one address, after an hour to another, and to nobody once it is decided."""
    for name, minutes in (("desk", 0), ("owner", 60), ("late", 120)):
        recipients.put(
            RecipientWish(
                name=name,
                address=f"json://{name}.example/h",
                events=("card.hand_back_waits",),
                group_minutes=0,
                escalate_minutes=minutes,
            ),
            known=frozenset(EVENTS),
            operator=shop.admin,
            at=shop.at,
        )
    row = spent(shop, 36_000)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=clerk(shop), at=shop.at)
    hand_backs.ask(row.card_ref, wish(shop), key="h", operator=staff.get("s01"), at=shop.at)
    [message] = Message.objects.filter(event="card.hand_back_waits")
    assert (message.subject, message.subject_no, message.store) == ("hand_back", asked.number, "S01")
    assert message.facts["amount"] == asked.total and "李小兰" not in str(message.facts)
    assert told_now(shop) == ["desk"]
    shop.later(minutes=61)
    assert told_now(shop) == ["owner"]
    hand_backs.reject(asked.number, operator=shop.m01, note="不符", at=shop.at)
    shop.later(minutes=61)
    assert told_now(shop) == []
    assert deliveries.Delivery.objects.get(recipient__name="late").state == "moot"


def told_now(shop: Any) -> list[str]:
    letters = deliveries.claim(at=shop.at)
    for letter in letters:
        deliveries.sent(letter, at=shop.at)
    return [letter.recipient.name for letter in letters]


def test_it_stands_on_the_desk_of_those_who_may_decide_it_and_on_nobody_elses(shop):
    row = spent(shop, 36_000)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=clerk(shop), at=shop.at)
    for code, there in (("m01", True), ("f01", True), ("s01", False), ("c01", False), ("a01", False)):
        kinds = {section.kind: section for section in waiting.desk(staff.get(code), at=shop.at)}
        assert ("hand_back" in kinds) is there, code
        if there:
            [thing] = kinds["hand_back"].things
            assert (thing.no, thing.amount) == (asked.number, asked.total)
    hand_backs.pay(asked.number, operator=shop.m01, reference="B", note="已核对", at=shop.at)
    assert "hand_back" not in {section.kind for section in waiting.desk(shop.m01, at=shop.at)}
