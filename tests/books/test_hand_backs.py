"""退卡 in the books: one asks, another pays, to the holder alone, and the journal clears the card."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from sudapos.books import hand_backs, staff
from sudapos.books.alerts import Alert
from sudapos.books.hand_backs import HandBack, Wish
from sudapos.books.intake import LineDraft
from sudapos.core.refusal import Conflict, Forbidden, Refusal
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


def test_fr22_a_top_up_of_yesterday_asked_back_today_is_looked_at(shop):
    row = card(shop, paid=100_000, bonus=20_000)
    shop.later(hours=23)
    asked, _ = hand_backs.ask(row.card_ref, wish(shop), key="h", operator=clerk(shop), at=shop.at)
    assert (asked.rule, asked.principal_refund) == ("cooling_off", 100_000)
    assert [(a.rule, a.subject_no) for a in Alert.objects.all()] == [("FR22", row.card_ref)]
