"""A refund asked for: weighed, opened, counted, refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from sudapos.books import decisions, intake, ledger, remainders, remedies, requests, shops, staff
from sudapos.books.audit import AuditRecord
from sudapos.books.intake import ChargeDraft, LineDraft
from sudapos.books.ledger import Entry
from sudapos.books.legs import Leg
from sudapos.books.sales import Payment
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.cast import Shop, yuan


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def refusal_of(shop: Shop, request: requests.RefundRequest) -> Refusal:
    [opened] = requests.open([request], at=shop.at)
    assert opened.refund is None
    assert opened.refusal is not None
    return opened.refusal


def test_it_works(shop: Shop) -> None:
    sale = shop.sell("S-1")
    refund = shop.refund(sale, lines={1: 1})
    assert (refund.state, refund.total, refund.tax) == ("approved", 1999, 230)
    [leg] = refund.legs.all()
    assert (leg.channel, leg.route, leg.amount, leg.state) == ("cash", "cash", 1999, "accepted")
    assert Payment.objects.get(sale=sale).promised == 1999


def test_a_preview_changes_nothing(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    records = AuditRecord.objects.count()
    weighed = requests.preview(shop.ask(sale, lines={1: 2}), at=shop.at)
    assert (weighed.total, weighed.verdict.decision) == (3998, "allow")
    assert [(leg.channel, leg.route, leg.amount) for leg in weighed.plan.legs] == [
        ("wechatpay", "refund", 3998)
    ]
    assert Payment.objects.get().promised == 0
    assert AuditRecord.objects.count() == records


def test_the_same_key_and_content_give_the_same_refund(shop: Shop) -> None:
    sale = shop.sell()
    ask = shop.ask(sale, lines={1: 1}, key="once")
    [first], [second] = requests.open([ask], at=shop.at), requests.open([ask], at=shop.at)
    assert (first.replayed, second.replayed) == (False, True)
    assert first.refund is not None and second.refund is not None
    assert first.refund.pk == second.refund.pk
    assert Payment.objects.get().promised == 1999


def test_the_same_key_with_other_content_is_refused_loudly(shop: Shop) -> None:
    sale = shop.sell()
    requests.open([shop.ask(sale, lines={1: 1}, key="once")], at=shop.at)
    assert refusal_of(shop, shop.ask(sale, lines={1: 2}, key="once")).code == "idempotency_key_reused"


def test_no_more_comes_back_than_was_paid(shop: Shop) -> None:
    sale = shop.sell()
    shop.refund(sale, lines={1: 1})
    assert refusal_of(shop, shop.ask(sale, lines={1: 2})).code == "over_refund"
    shop.refund(sale)
    assert refusal_of(shop, shop.ask(sale, everything=True)).code == "over_refund"
    assert Payment.objects.get().promised == 5997


def test_two_requests_in_one_list_share_what_is_left(shop: Shop) -> None:
    sale = shop.sell()
    first, second = requests.open([shop.ask(sale, everything=True), shop.ask(sale, lines={1: 1})], at=shop.at)
    assert first.refund is not None and first.refund.total == 5997
    assert second.refusal is not None and second.refusal.code == "over_refund"


def test_an_expected_total_that_is_no_longer_true_stops_everything(shop: Shop) -> None:
    sale = shop.sell()
    refusal = refusal_of(shop, shop.ask(sale, lines={1: 1}, expected_total=2000))
    assert isinstance(refusal, Conflict)
    assert (refusal.code, refusal.facts) == ("total_changed", {"expected": 2000, "total": 1999})


def test_above_the_cashiers_limit_a_manager_is_asked_and_the_money_is_reserved(shop: Shop) -> None:
    sale = shop.sell(
        lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=yuan(399), vat_bp=1300)]
    )
    refund = shop.refund(sale)
    assert (refund.state, refund.needed) == ("awaiting", ["manager"])
    assert refund.legs.count() == 0
    assert balance("2241.01") == 0
    assert refusal_of(shop, shop.ask(sale, amount=1)).code == "over_refund"


def test_a_manager_approves_and_the_promise_is_booked(shop: Shop) -> None:
    sale = shop.sell(
        channel="alipay",
        lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=yuan(399), vat_bp=1300)],
    )
    refund = decisions.approve(shop.refund(sale).refund_no, operator=shop.m01, at=shop.at)
    assert (refund.state, refund.needed, refund.decided_by) == ("approved", [], "m01")
    assert balance("2241.01") == -39900
    assert [(e.recipe, e.business_no) for e in Entry.objects.order_by("id")] == [
        ("J02", sale.sale_no),
        ("J05a", refund.refund_no),
    ]


def test_a_rejected_refund_gives_its_reservation_back(shop: Shop) -> None:
    sale = shop.sell(lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=yuan(399))])
    refund = shop.refund(sale)
    decisions.reject(refund.refund_no, operator=shop.m01, note="商品有明显使用痕迹", at=shop.at)
    assert Payment.objects.get().promised == 0
    with pytest.raises(Conflict, match="not_awaiting"):
        decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    assert shop.refund(sale, lines={1: 1}).state == "awaiting"


def test_nobody_checks_what_she_made_and_a_cashier_checks_nothing(shop: Shop) -> None:
    sale = shop.sell(lines=[LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=yuan(399))])
    refund = shop.refund(sale, operator="m01")
    for operator, code in ((shop.m01, "maker_is_checker"), (shop.c02, "may_not"), (shop.a01, "may_not")):
        with pytest.raises(Forbidden, match=code):
            decisions.approve(refund.refund_no, operator=operator, at=shop.at)
    assert decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at).state == "approved"


def test_above_the_managers_limit_finance_gives_the_second_yes(shop: Shop) -> None:
    sale = shop.sell(
        channel="wechatpay", lines=[LineDraft(line_no=1, name="电视机", milli=1000, unit_price=yuan(2999))]
    )
    refund = shop.refund(sale)
    assert refund.needed == ["manager", "finance"]
    assert decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at).state == "awaiting"
    with pytest.raises(Forbidden, match="may_not"):
        decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    assert decisions.approve(refund.refund_no, operator=shop.f01, at=shop.at).state == "approved"


def test_cash_for_a_wallet_is_denied_and_the_denial_is_written_down(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    refusal = refusal_of(shop, shop.ask(sale, lines={1: 1}, route="cash"))
    assert refusal.code == "refund_denied"
    record = AuditRecord.objects.get(act="refund.refused")
    assert record.facts["reasons"][0] == "cash_for_non_cash"
    assert Payment.objects.get().promised == 0


def test_a_wallet_payment_without_an_account_cannot_be_sent_anywhere(shop: Shop) -> None:
    payment = intake.PaymentDraft(payment_no="P1", channel="wechatpay", amount=5997)
    sale = shop.sell(payments=[payment])
    refusal = refusal_of(shop, shop.ask(sale, everything=True))
    assert [r.code for r in refusal.facts["reasons"]][:1] == ["account_missing"]  # type: ignore[attr-defined]


def test_beyond_the_channels_window_the_way_is_a_transfer_with_two_approvals(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay", sold_at=shop.at - timedelta(days=370))
    refund = shop.refund(sale, lines={1: 1})
    assert refund.needed == ["manager", "finance"]
    assert refund.plan[0]["route"] == "transfer"


def test_a_service_charge_goes_back_with_its_lines_and_a_cover_fee_does_not(shop: Shop) -> None:
    lines = [
        LineDraft(line_no=1, name="红烧肉", milli=1000, unit_price=12000),
        LineDraft(line_no=2, name="清蒸鱼", milli=1000, unit_price=8000),
    ]
    charges = [
        ChargeDraft(kind="service", name="服务费", amount=2000, rate_bp=1000, follows_lines=True),
        ChargeDraft(kind="cover", name="餐位费", amount=800),
    ]
    sale = shop.sell(lines=lines, charges=charges)
    refund = shop.refund(sale, lines={2: 1})
    assert refund.total == 8800
    assert [(c.charge.name, c.amount) for c in refund.charges.all()] == [("服务费", 800)]


def test_what_a_note_tells_about_a_person_is_masked_before_it_is_saved(shop: Shop) -> None:
    refund = shop.refund(shop.sell(), lines={1: 1}, note="顾客电话 138-0013-8000")
    assert refund.note == "顾客电话 138****8000"


def statements(shop: Shop, count: int) -> int:
    sales = [shop.draft(channel="wechatpay" if n % 2 else "cash") for n in range(count)]
    intake.ingest(sales, by="test", at=shop.at)
    asks = [shop.ask(sale.sale_no, lines={1: 1}) for sale in sales]
    with CaptureQueriesContext(
        connection,
    ) as captured:
        opened = requests.open(asks, at=shop.at)
    assert [o.refusal for o in opened] == [None] * count
    return len(captured)


def test_one_refund_and_a_hundred_take_the_same_number_of_statements(shop: Shop) -> None:
    statements(shop, 2)  # the first calls of a process look things up once
    assert statements(shop, 2) == statements(shop, 100)
    assert Leg.objects.count() == 104


def test_a_hundred_sales_come_in_with_the_statements_of_one(shop: Shop) -> None:
    counts = []
    for count in (1, 100):
        drafts = [shop.draft() for _ in range(count)]
        with CaptureQueriesContext(connection) as captured:
            intake.ingest(drafts, by="test", at=shop.at)
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_what_is_left_is_read_in_a_fixed_number_of_statements(shop: Shop) -> None:
    counts = []
    for count in (1, 50):
        sales = [shop.sell() for _ in range(count)]
        for sale in sales:
            shop.refund(sale, lines={1: 1})
        with CaptureQueriesContext(connection) as captured:
            found = remainders.of(sales)
        counts.append(len(captured))
        assert {r.left.total for r in found.values()} == {3998}
    assert counts[0] == counts[1]


def test_a_person_of_one_store_does_nothing_in_another(shop: Shop) -> None:
    other = shops.Store.objects.get(code="S02")
    staff.hire("c09", "周小川", ["cashier"], at=shop.at, password=None, store_id=other.pk)
    sale = shop.sell()
    assert refusal_of(shop, shop.ask(sale, lines={1: 1}, operator="c09")).code == "other_store"
    leg = shop.refund(sale, lines={1: 1}).legs.get()
    with pytest.raises(Forbidden, match="other_store"):
        remedies.confirm(leg.leg_no, operator=staff.get("c09"), at=shop.at)


def test_a_text_without_room_is_named_before_the_database_is_asked(shop: Shop) -> None:
    draft = shop.draft(lines=[LineDraft(line_no=1, name="长" * 201, milli=1000, unit_price=100)])
    [taken] = intake.ingest([draft], by="test", at=shop.at)
    assert taken.refusal is not None
    assert [(e.loc, e.code) for e in taken.refusal.errors] == [(("lines", 0, "name"), "too_long")]


def test_posted_rows_are_never_edited_or_deleted_not_even_by_hand(shop: Shop) -> None:
    refund = shop.refund(shop.sell(), lines={1: 1})
    for query in (
        "UPDATE books_line SET amount = 1",
        "DELETE FROM books_entry",
        "UPDATE books_auditrecord SET by = 'nobody'",
        "DELETE FROM books_move",
        "TRUNCATE books_auditrecord CASCADE",
        f"UPDATE books_refund SET total = 1 WHERE id = {refund.pk}",
        "UPDATE books_leg SET amount = amount + 1",
        "DELETE FROM books_sale",
        "UPDATE books_saleline SET net = net - 1",
        "INSERT INTO books_line (entry_id, position, side, account, name, amount)"
        " SELECT id, 99, '借', '1001', 'x', 1 FROM books_entry LIMIT 1; SET CONSTRAINTS ALL IMMEDIATE",
        "UPDATE books_payment SET promised = amount + 1",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query)


def test_a_store_that_does_not_exist_is_refused(shop: Shop) -> None:
    assert refusal_of(shop, shop.ask(shop.sell(), lines={1: 1}, store="S99")).code == "store_not_found"
    assert Payment.objects.get().promised == 0


def test_the_daily_cash_cap_counts_what_the_same_list_takes(shop: Shop) -> None:
    lines = [LineDraft(line_no=1, name="茶叶", milli=1000, unit_price=yuan(190))]
    sales = [shop.sell(lines=lines) for _ in range(17)]
    opened = requests.open([shop.ask(sale, everything=True) for sale in sales], at=shop.at)
    states = [o.refund.state for o in opened if o.refund]
    assert states == ["approved"] * 15 + ["awaiting"] * 2  # 15 × 190 = 2850 of 3000 yuan


def test_a_card_number_gets_in_by_no_text(shop: Shop) -> None:
    line = LineDraft(line_no=1, name="卡4111111111111111", milli=1000, unit_price=100)
    fee = ChargeDraft(kind="fee", name="卡 4111 1111 1111 1111", amount=100)
    sale = shop.sell(lines=[line], charges=[fee])
    assert [sale.lines.get().name, sale.charges.get().name] == ["卡411111******1111", "卡 411111******1111"]


def test_a_refund_that_waits_is_found_by_the_channel_of_its_plan(shop: Shop) -> None:
    lines = [LineDraft(line_no=1, name="电饭煲", milli=1000, unit_price=yuan(399))]
    refund = shop.refund(shop.sell(channel="alipay", lines=lines))
    assert refund.state == "awaiting"
    for channel, found in (("alipay", [refund.refund_no]), ("cash", [])):
        assert [r.refund_no for r in decisions.find(decisions.Filter(channel=channel))] == found


def test_a_refund_cut_into_small_ones_is_asked_about_as_a_whole(shop: Shop) -> None:
    """FR05: one maker, one sale, 24 hours; the sum is the amount for approval."""

    line = LineDraft(line_no=1, name="雨伞", milli=10_000, unit_price=5000, unit="把")
    sale = shop.sell("S-CUT", lines=(line,), channel="wechatpay")

    def ask(operator: str = "c01") -> tuple[str, list[str]]:
        [opened] = requests.open([shop.ask(sale, lines={1: 2}, operator=operator)], at=shop.at)
        assert opened.refund is not None, opened.refusal
        found = [r["code"] for r in opened.refund.verdict["reasons"]]
        return opened.refund.state, [code for code in found if not code.startswith("ok_")]

    assert ask() == ("approved", ["original_route", "within_limit", "within_window"])
    shop.later(minutes=2)
    assert ask()[0] == "approved"  # 200.00 in all: the very limit
    shop.later(minutes=2)
    state, reasons = ask()
    assert state == "awaiting" and "split_refunds" in reasons and "within_limit" not in reasons
    shop.later(minutes=2)
    assert ask("c02")[0] == "approved"  # another maker cuts nothing
    shop.at += timedelta(hours=25)
    assert ask()[0] == "approved"


def test_a_list_is_no_way_round_it(shop: Shop) -> None:
    line = LineDraft(line_no=1, name="雨伞", milli=10_000, unit_price=5000, unit="把")
    sale = shop.sell("S-CUT2", lines=(line,))
    asked = [shop.ask(sale, lines={1: 2}) for _ in range(3)]
    states = [opened.refund.state for opened in requests.open(asked, at=shop.at) if opened.refund]
    assert states == ["approved", "approved", "awaiting"]


def test_a_shop_with_very_high_limits_opens_refunds_too(shop: Shop) -> None:
    """The sign of refunds just below the limit multiplies limits; they must not leave the database's small numbers."""
    limit = 100_000_000
    ladder = {"cashier": limit, "manager": limit, "manager_finance": limit}
    shops.Merchant.objects.update(rules={"approval_fen": ladder})
    assert shop.refund(shop.sell("S-1")).state == "approved"
