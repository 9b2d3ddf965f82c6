"""Signs of fraud are written down with the refund that showed them, and never shown at the till."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from sudapos.books import alerts, decisions, intake, requests, shifts, shops, vouchers
from sudapos.books.alerts import Alert
from sudapos.books.audit import AuditRecord
from sudapos.books.counts import Money
from sudapos.books.intake import LineDraft
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from tests.cast import Shop


def rules(shop: Shop, **changes: Any) -> None:
    merchant = shops.merchant()
    merchant.rules = merchant.rules | changes
    merchant.save()


def seen() -> list[tuple[str, str, int]]:
    return [(row.rule, row.subject_no, row.times) for row in Alert.objects.order_by("id")]


def one(price: int) -> tuple[LineDraft, ...]:
    return (LineDraft(line_no=1, sku="1", name="茶叶", milli=1000, unit_price=price, unit="件", vat_bp=1300),)


def test_an_ordinary_day_shows_nothing(shop: Shop) -> None:
    for _ in range(2):
        shop.refund(shop.sell(), lines={1: 1})
    assert seen() == []


def test_the_third_refund_just_below_the_limit_alerts_and_the_maker_reads_nothing_of_it(shop: Shop) -> None:
    for number in range(3):
        refund = shop.refund(shop.sell(f"S-{number}", lines=one(19_500), channel="wechatpay"))
    assert [(rule, no) for rule, no, _ in seen()] == [("FR06", refund.refund_no)]
    assert "fr06" not in str(refund.verdict) and "FR06" not in str(refund.verdict)
    assert refund.state == "approved"


def test_without_shifts_cash_that_goes_back_long_after_the_sale_is_counted_by_day(shop: Shop) -> None:
    for number in range(3):
        shop.refund(shop.sell(f"S-{number}"), lines={1: 1})  # sold ten minutes ago
    assert [rule for rule, _, _ in seen()] == ["FR08"]


def test_late_cash_is_counted_from_the_beginning_of_the_makers_shift(shop: Shop) -> None:
    for number in range(2):
        shop.refund(shop.sell(f"S-{number}"), lines={1: 1})
    shop.later(minutes=1)
    shifts.open("S01", "T2", Money(sum=0), operator=shop.c01, at=shop.at)
    shop.later(minutes=1)
    for number in range(2, 4):
        shop.refund(shop.sell(f"S-{number}"), lines={1: 1})
    assert seen() == []
    shop.refund(shop.sell("S-4"), lines={1: 1})
    assert [rule for rule, _, _ in seen()] == ["FR08"]


def test_a_receipt_whose_money_is_back_is_an_alert_when_it_is_shown_again(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    shop.refund(sale)
    for _ in range(2):
        [opened] = requests.open([shop.ask(sale, everything=True)], at=shop.at)
        assert opened.refusal is not None and opened.refusal.code == "over_refund"
    assert seen() == [("FR11", sale.sale_no, 2)]


def test_a_receipt_refused_at_one_store_is_blocked_at_another_with_a_sentence(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    [first] = requests.open([shop.ask(sale, amount=99_999_999, store="S02", till="T1")], at=shop.at)
    assert first.refusal is not None
    [second] = requests.open([shop.ask(sale, lines={1: 1})], at=shop.at)
    assert second.refusal is not None and second.refusal.code == "refund_denied"
    assert [reason.code for reason in second.refusal.facts["reasons"]][0] == "fr11"  # type: ignore[index]
    assert ("FR11", sale.sale_no, 1) in seen()
    shop.later(hours=25)
    assert shop.refund(sale, lines={1: 1}).state == "approved"


def test_outside_opening_hours_a_manager_agrees_and_the_money_stays_reserved(shop: Shop) -> None:
    from sudapos.core.calendar import SHANGHAI

    sale = shop.sell(channel="wechatpay")
    local = shop.at.astimezone(SHANGHAI)
    first = (local + timedelta(hours=3)).strftime("%H:%M")
    last = (local + timedelta(hours=8)).strftime("%H:%M")
    rules(shop, opening_hours=f"{first}-{last}")
    refund = shop.refund(sale, lines={1: 1})
    assert (refund.state, refund.verdict["reasons"][0]["code"], refund.needed) == (
        "awaiting",
        "fr07",
        ["manager"],
    )
    sale.payments.get().refresh_from_db()
    assert sale.payments.get().promised == refund.total
    assert decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at).state == "approved"


def test_one_checker_for_everything_is_seen_at_the_tenth(shop: Shop) -> None:
    rules(shop, fraud={"fr12_count": 3})
    for number in range(3):
        refund = shop.refund(shop.sell(f"S-{number}", channel="wechatpay"), reason="goodwill")
        decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    assert ("FR12", "c01+m01", 1) in seen()


def test_a_customer_who_returns_often_is_seen_by_her_digest_alone(shop: Shop) -> None:
    for number in range(3):
        draft = shop.draft(f"S-{number}", channel="wechatpay", phone="13800138000")
        assert intake.ingest([draft], by="test", at=shop.at)[0].status == "created"
        refund = shop.refund(f"S-{number}", lines={1: 1})
    row = Alert.objects.get(rule="FR14")
    assert row.subject_no == refund.refund_no and "138" not in str(row.facts)


def test_a_refund_right_after_a_reprint_is_seen(shop: Shop) -> None:
    sale = shop.sell(channel="wechatpay")
    refund = shop.refund(sale, lines={1: 1})
    vouchers.issue(refund.refund_no, at=shop.at)
    for _ in range(2):
        vouchers.record_print(refund.refund_no, operator=shop.m01, reason="customer_lost", at=shop.at)
    shop.later(minutes=3)
    shop.refund(sale, lines={2: 1})
    assert "FR18" in [rule for rule, _, _ in seen()]


def test_somebody_else_closes_an_alert_once_with_a_reason(shop: Shop) -> None:
    for number in range(3):
        shop.refund(shop.sell(f"S-{number}"), lines={1: 1})
    row = Alert.objects.get()
    with pytest.raises(Forbidden):
        alerts.close(row.pk, reason="看过", operator=shop.m01, at=shop.at)
    with pytest.raises(Refusal, match="note_needed"):
        alerts.close(row.pk, reason=" ", operator=shop.a01, at=shop.at)
    assert not alerts.overdue(row, at=shop.at + timedelta(hours=4))
    assert alerts.overdue(row, at=shop.at + timedelta(hours=4, seconds=1))
    alerts.close(row.pk, reason="都是早上买错的，已核对监控", operator=shop.a01, at=shop.at)
    with pytest.raises(Conflict, match="alert_closed"):
        alerts.close(row.pk, reason="再看", operator=shop.a01, at=shop.at)
    assert AuditRecord.objects.filter(act="alert.closed", by="a01").count() == 1
    assert [a.pk for a in alerts.find(operator=shop.a01, state="closed")] == [row.pk]
    with pytest.raises(DatabaseError), transaction.atomic():
        Alert.objects.filter(pk=row.pk).update(facts={})
    with pytest.raises(Forbidden):
        alerts.find(operator=shop.c01)
