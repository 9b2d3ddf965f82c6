"""Stored-value cards and points as tenders: what is paid with them comes back to them, bucket by bucket."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sudapos.books import cards, decisions, intake, ledger, top_ups, vouchers
from sudapos.books.cards import CardMove, Lot, StoredCard
from sudapos.books.intake import LineDraft, PaymentDraft
from sudapos.books.refunds import Refund
from sudapos.core.refusal import Conflict, Refusal
from sudapos.core.tenders import Parts
from sudapos.ops import verifying

MEAL = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=30000, vat_bp=1300)


def card(shop: Any, number: str = "6000 0000 0001", paid: int = 0, bonus: int = 0, **told: Any) -> StoredCard:
    row = top_ups.open_card(
        number, store="S01", operator=shop.c01, at=shop.at, **{"holder": "李小兰", **told}
    )
    if paid:
        top_ups.top_up(
            row.card_ref,
            paid=paid,
            bonus=bonus,
            channel="transfer",
            key=f"t-{number}",
            operator=shop.c01,
            at=shop.at,
        )
    return row


def points(shop: Any, number: str = "P-0001", held: int = 0) -> StoredCard:
    row = card(shop, number, kind="points")
    if held:
        top_ups.grant_points(row.card_ref, held, operator=shop.c01, at=shop.at)
    return row


def by_card(
    amount: int, number: str = "600000000001", channel: str = "stored_value", **told: Any
) -> PaymentDraft:
    return PaymentDraft(
        payment_no=told.pop("payment_no", "P9"), channel=channel, amount=amount, card_no=number, **told
    )


def holds(row: StoredCard) -> Parts:
    return cards.held([row.pk])[row.pk]


def balances(*numbers: str) -> dict[str, int]:
    return {b.account: b.amount for b in ledger.balances(business_nos=numbers) if b.amount}


def agreed(shop: Any, refund: Refund) -> Refund:
    """Approved by whoever it needs."""
    for code in ("m01", "f01"):
        if refund.state == "awaiting" and refund.needed:
            refund = decisions.approve(refund.refund_no, operator=getattr(shop, code), at=shop.at)
    return refund


def sound() -> None:
    assert [finding for _, finding in verifying.run() if finding] == []


def test_j17_a_card_is_topped_up_and_used_and_only_its_principal_makes_revenue(shop):
    row = card(shop, paid=100_000, bonus=20_000)
    assert balances(row.card_ref) == {"1002": 100_000, "2203.01": -100_000}
    meal = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=36_000, vat_bp=1300)
    sale = shop.sell(lines=(meal,), payments=(by_card(36_000),))
    assert holds(row) == Parts(70_000, 14_000)
    assert balances(sale.sale_no) == {"2203.01": 30_000, "5001": -26_549, "2221.01": -3_451}
    refund = agreed(shop, shop.refund(sale))
    leg = refund.legs.get()
    assert (leg.state, leg.route, leg.paid_amount) == ("settled", "refund", 36_000)
    assert holds(row) == Parts(100_000, 20_000)
    assert balances(sale.sale_no, refund.refund_no) == {}
    sound()


def test_ex06_points_card_and_wallet_share_a_refund_and_the_card_its_buckets(shop):
    row, own = card(shop, paid=12_500, bonus=2_500), points(shop, held=1_000)
    sale = shop.sell(
        lines=(MEAL,),
        payments=(
            by_card(1_000, "P-0001", "points", payment_no="P1"),
            by_card(15_000, payment_no="P2"),
            shop.payment("S-EX06", "wechatpay", 14_000, "P3"),
        ),
    )
    assert (holds(row), holds(own)) == (Parts(), Parts())
    refund = shop.refund(sale, amount=9_999)
    legs = {leg.channel: leg.amount for leg in refund.legs.all()}
    assert legs == {"points": 333, "stored_value": 5_000, "wechatpay": 4_666}
    assert (holds(row), holds(own)) == (Parts(4_167, 833), Parts(0, 333))
    sound()


def test_ex16_three_refunds_of_three_tenders_clear_each_to_the_fen(shop):
    row = card(shop, paid=1_389, bonus=278)
    lines = (LineDraft(line_no=1, name="套餐", milli=1000, unit_price=10_000, vat_bp=600),)
    sale = shop.sell(
        lines=lines,
        payments=(
            shop.payment("S-EX16", "alipay", 5_000, "P1"),
            shop.payment("S-EX16", "wechatpay", 3_333, "P2"),
            by_card(1_667, payment_no="P3"),
        ),
    )
    found = []
    for asked in (3_333, 3_333, 3_334):
        legs = shop.refund(sale, amount=asked, reason="quality").legs.order_by("payment_id")
        found.append([leg.amount for leg in legs])
        shop.later(minutes=2)
    assert found == [[1_666, 1_111, 556], [1_667, 1_111, 555], [1_667, 1_111, 556]]
    assert holds(row) == Parts(1_389, 278)
    sound()


def test_a_card_pays_no_more_than_it_holds(shop):
    row = card(shop, paid=10_000)
    draft = shop.draft(lines=(MEAL,), payments=(by_card(30_000),))
    [taken] = intake.ingest([draft], by="test", at=shop.at)
    assert taken.refusal is not None
    assert (taken.status, taken.refusal.code) == ("refused", "card_short")
    assert (taken.refusal.facts["held"], taken.refusal.facts["wanted"]) == (10_000, 30_000)
    with pytest.raises(IntegrityError, match="would hold"), transaction.atomic():
        CardMove.objects.create(card=row, kind="use", principal=-10_001, subject_no="x", at=shop.at)
    assert holds(row) == Parts(10_000, 0)


def test_two_sales_of_one_list_cannot_spend_the_same_money(shop):
    row = card(shop, paid=40_000)
    drafts = [shop.draft(lines=(MEAL,), payments=(by_card(30_000),)) for _ in range(2)]
    taken = intake.ingest(drafts, by="test", at=shop.at)
    assert [each.status for each in taken] == ["created", "refused"]
    assert holds(row) == Parts(10_000, 0)


def test_the_till_says_which_bucket_was_used(shop):
    row = card(shop, paid=50_000, bonus=10_000)
    shop.sell(lines=(MEAL,), payments=(by_card(30_000, principal=28_000, bonus=2_000),))
    assert holds(row) == Parts(22_000, 8_000)
    wrong = shop.draft(lines=(MEAL,), payments=(by_card(30_000, principal=1, bonus=2),))
    [taken] = intake.ingest([wrong], by="test", at=shop.at)
    assert taken.refusal is not None and taken.refusal.code == "card_parts_differ"


def test_a_card_is_found_by_digest_and_its_number_stands_nowhere(shop):
    row = card(shop, paid=10_000)
    assert [r.pk for r in cards.find("600000000001")] == [r.pk for r in cards.find("0001")] == [row.pk]
    assert (row.number_masked, row.holder_masked) == ("****0001", "李**")
    sale = shop.sell(
        lines=(LineDraft(line_no=1, name="茶", milli=1000, unit_price=500),), payments=(by_card(500),)
    )
    assert sale.payments.get().card_masked == "****0001"
    with pytest.raises(Conflict, match="card_known"):
        card(shop)


def test_a_card_holds_no_more_than_the_law_allows(shop):
    bearer = card(shop, "7000000001", holder="")
    for row, paid in ((bearer, 100_001), (card(shop), 500_001)):
        with pytest.raises(Refusal, match="card_over_limit"):
            top_ups.top_up(
                row.card_ref, paid=paid, bonus=0, channel="cash", key="k", operator=shop.c01, at=shop.at
            )


def test_a_repeated_top_up_is_one_top_up(shop):
    row = card(shop)
    told = {"paid": 10_000, "bonus": 0, "channel": "cash", "key": "k-1"}
    told |= {"operator": shop.c01, "at": shop.at}
    first, again = top_ups.top_up(row.card_ref, **told), top_ups.top_up(row.card_ref, **told)
    assert (first[1], again[1], first[0].pk) == (False, True, again[0].pk)
    assert (Lot.objects.count(), holds(row)) == (1, Parts(10_000, 0))
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        top_ups.top_up(row.card_ref, **{**told, "paid": 10_001})


def test_goodwill_to_a_card_leaves_revenue_alone(shop):
    row = card(shop, paid=100_000, bonus=20_000)
    sale = shop.sell(lines=(MEAL,), payments=(by_card(30_000),))
    refund = agreed(shop, shop.refund(sale, amount=1_200, reason="goodwill"))
    assert refund.state == "approved"
    assert balances(refund.refund_no) == {"2203.01": -1_000, "5601": 1_000}
    assert holds(row) == Parts(76_000, 15_200)
    sound()


def test_the_voucher_shows_the_card_masked_and_what_it_holds_after(shop):
    card(shop, paid=12_500, bonus=2_500)
    meal = LineDraft(line_no=1, name="套餐", milli=1000, unit_price=15_000, vat_bp=1300)
    sale = shop.sell(lines=(meal,), payments=(by_card(15_000),))
    refund = shop.refund(sale, amount=5_000)
    [tender] = vouchers.issue(refund.refund_no, at=shop.at).slip["tenders"]
    told = (tender["account_hint"], tender["balance_principal"], tender["balance_bonus"])
    assert told == ("****0001", 4_167, 833)
