"""Exchanges: two documents, the difference paid or paid back, and no fen made or lost however long the chain."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sudapos.books import decisions, exchanges, intake, ledger, moves, requests, shops
from sudapos.books.audit import AuditRecord
from sudapos.books.exchanges import Exchange, Given, Swap
from sudapos.books.intake import LineDraft, PaymentDraft
from sudapos.books.legs import Leg
from sudapos.books.refunds import Refund
from sudapos.books.sales import Payment, Sale
from sudapos.core.money import share
from sudapos.core.refusal import Conflict, Forbidden, Refusal
from sudapos.ops import verifying
from tests.cast import Shop

CASH = PaymentDraft(payment_no="P1", channel="cash", amount=0)


def line(price: int, **changes: object) -> LineDraft:
    told = {"line_no": 1, "name": "保温杯", "milli": 1000, "unit_price": price, "vat_bp": 1300, **changes}
    return LineDraft(**told)  # type: ignore[arg-type]


def swap(shop: Shop, sale: Sale | str, price: int, **changes: object) -> Swap:
    number = changes.pop("sale_no", f"NEW-{next(shop._numbers)}")
    asked: dict[str, object] = {"payment": CASH, **changes}
    back = {
        name: asked.pop(name)
        for name in ("key", "reason", "operator", "lines", "goods", "amount")
        if name in asked
    }
    if not {"lines", "amount"} & set(back):
        back["everything"] = True
    return Swap(back=shop.ask(sale, **back), given=Given(sale_no=str(number), lines=(line(price),)), **asked)  # type: ignore[arg-type]


def balance(account: str) -> int:
    return {b.account: b.amount for b in ledger.balances()}.get(account, 0)


def test_ex18_an_exchange_upwards_is_two_documents_and_thirty_yuan(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    asked = swap(shop, old, 12900, sale_no="NEW")
    shown = exchanges.preview(asked, at=shop.at)
    assert (shown.weighed.total, shown.price, shown.difference) == (9900, 12900, 3000)
    row = exchanges.open(asked, at=shop.at).exchange
    assert (row.state, row.difference, row.exchange_no) == ("done", 3000, f"X{row.refund.refund_no[1:]}")
    refund, new = decisions.get(row.refund.refund_no), Sale.objects.get(sale_no="NEW")
    assert (refund.total, refund.state, str(decisions.progress_of(refund))) == (9900, "approved", "done")
    assert [(leg.route, leg.amount, leg.state) for leg in refund.legs.all()] == [
        ("exchange", 9900, "settled")
    ]
    assert new.total == 12900
    assert [(p.channel, p.amount) for p in new.payments.order_by("id")] == [
        ("exchange", 9900),
        ("cash", 3000),
    ]
    assert (balance("2241.01"), balance("2241.05"), balance("1122.01"), balance("1001")) == (0, 0, 9900, 3000)
    assert balance("5001") + balance("2221.01") == -12900


def test_an_even_exchange_moves_no_money_at_all(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    row = exchanges.open(swap(shop, old, 9900, payment=None), at=shop.at).exchange
    assert (row.state, row.difference) == ("done", 0)
    assert moves.claim(10, at=shop.later(minutes=5)) == []
    assert (balance("2241.01"), balance("2241.05"), balance("1122.01")) == (0, 0, 9900)


def test_an_exchange_downwards_gives_the_difference_back_where_it_came_from(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(12900),), channel="wechatpay")
    row = exchanges.open(swap(shop, old, 9900, payment=None), at=shop.at).exchange
    assert (row.state, row.difference) == ("done", -3000)
    legs = [(leg.route, leg.amount, leg.state) for leg in row.refund.legs.order_by("id")]
    assert legs == [("exchange", 9900, "settled"), ("refund", 3000, "ready")]
    [order] = moves.claim(10, at=shop.later(minutes=5))
    assert (order.amount, order.out_trade_no) == (3000, "OLDP1")
    assert (balance("2241.01"), balance("2241.05")) == (-3000, 0)


def test_what_was_carried_over_goes_back_to_the_payment_that_was_made(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    exchanges.open(swap(shop, old, 12900, sale_no="NEW"), at=shop.at)
    shop.later(days=1)
    refund = shop.refund("NEW")
    legs = {leg.channel: leg for leg in refund.legs.all()}
    assert (legs["wechatpay"].amount, legs["wechatpay"].route, legs["cash"].amount) == (9900, "refund", 3000)
    [order] = moves.claim(10, at=shop.later(minutes=5))
    assert (order.channel, order.account, order.out_trade_no, order.amount, order.paid_amount) == (
        "wechatpay",
        "demo-wechatpay",
        "OLDP1",
        9900,
        9900,
    )
    refused = requests.open([shop.ask("OLD", everything=True)], at=shop.at)[0].refusal
    assert refused is not None and refused.code == "over_refund"


def test_the_channels_window_runs_from_the_day_of_the_real_payment(shop: Shop) -> None:
    today = shop.at
    shop.later(days=-360)
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    shop.at = today
    row = exchanges.open(swap(shop, old, 9900, sale_no="NEW", payment=None), at=shop.at).exchange
    for role in list(decisions.get(row.refund.refund_no).needed):
        decisions.approve(
            row.refund.refund_no, operator={"manager": shop.m01, "finance": shop.f01}[role], at=shop.at
        )
    exchanges.finish(row.exchange_no, operator=shop.c01, at=shop.at)
    shop.later(days=10)
    weighed = requests.preview(shop.ask("NEW", everything=True), at=shop.at)
    assert [leg.route for leg in weighed.plan.legs] == ["transfer"]
    assert "window_closed" in [reason.code for reason in weighed.verdict.reasons]


def test_several_payments_are_carried_each_with_its_share(shop: Shop) -> None:
    payments = (shop.payment("OLD", "wechatpay", 6000), shop.payment("OLD", "cash", 6900, "P2"))
    old = shop.sell("OLD", lines=(line(12900),), payments=payments)
    row = exchanges.open(swap(shop, old, 9900, payment=None), at=shop.at).exchange
    assert row.sale is not None
    carried = [(p.origin.channel, p.amount) for p in row.sale.payments.order_by("id") if p.origin]
    assert carried == list(zip(("wechatpay", "cash"), share(9900, [6000, 6900]), strict=True))
    back = [(leg.route, leg.amount) for leg in row.refund.legs.order_by("id") if leg.route != "exchange"]
    assert back == [("refund", 6000 - carried[0][1]), ("cash", 6900 - carried[1][1])]


def test_an_exchange_that_needs_a_manager_waits_with_nothing_half_done(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(30000),), channel="wechatpay")
    entries = ledger.Entry.objects.count()
    row = exchanges.open(swap(shop, old, 35000, sale_no="NEW"), at=shop.at).exchange
    assert (row.state, row.refund.needed) == ("waiting", ["manager"])
    with pytest.raises(Conflict, match="exchange_waits"):
        exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.at)
    decisions.approve(row.refund.refund_no, operator=shop.m01, at=shop.at)
    again = exchanges.get(row.exchange_no)
    assert (again.state, again.refund.state, again.refund.legs.count()) == ("ready", "awaiting", 0)
    assert not Sale.objects.filter(sale_no="NEW").exists()
    assert ledger.Entry.objects.count() == entries
    done = exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.at)
    assert (done.state, done.sale and done.sale.total) == ("done", 35000)
    assert (
        exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.at).sale_id == done.sale_id
    )
    assert (balance("2241.01"), balance("2241.05")) == (0, 0)


def test_an_exchange_that_is_rejected_or_withdrawn_is_closed_and_its_money_free(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(30000),), channel="wechatpay")
    row = exchanges.open(swap(shop, old, 35000), at=shop.at).exchange
    decisions.reject(row.refund.refund_no, operator=shop.m01, note="包装已毁", at=shop.at)
    assert exchanges.get(row.exchange_no).state == "closed"
    with pytest.raises(Conflict, match="exchange_closed"):
        exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.at)
    assert Payment.objects.get().promised == 0


def test_an_approved_exchange_that_waited_too_long_is_asked_for_anew(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(30000),), channel="wechatpay")
    row = exchanges.open(swap(shop, old, 35000), at=shop.at).exchange
    decisions.approve(row.refund.refund_no, operator=shop.m01, at=shop.at)
    with pytest.raises(Conflict, match="approval_expired"):
        exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.later(days=1, minutes=1))
    decisions.withdraw(row.refund.refund_no, operator=shop.c01, at=shop.at)
    assert Payment.objects.get().promised == 0


def test_an_exchange_upwards_without_a_payment_waits_for_it(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    row = exchanges.open(swap(shop, old, 12900, payment=None), at=shop.at).exchange
    assert row.state == "ready"
    with pytest.raises(Refusal, match="payment_needed"):
        exchanges.finish(row.exchange_no, operator=shop.c01, at=shop.at)
    assert Leg.objects.count() == 0
    assert exchanges.finish(row.exchange_no, operator=shop.c01, payment=CASH, at=shop.at).state == "done"


def test_a_new_sale_that_cannot_be_leaves_no_refund_behind(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    shop.sell("TAKEN")
    with pytest.raises(Conflict, match="number_reused"):
        exchanges.open(swap(shop, old, 12900, sale_no="TAKEN"), at=shop.at)
    assert (Refund.objects.count(), Exchange.objects.count()) == (0, 0)
    assert Payment.objects.get(sale=old).promised == 0


def test_the_same_key_is_the_same_exchange_and_other_content_is_refused(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay")
    asked = swap(shop, old, 12900, key="once", sale_no="NEW")
    first, second = (exchanges.open(asked, at=shop.at) for _ in range(2))
    assert (first.replayed, second.replayed) == (False, True)
    assert first.exchange.pk == second.exchange.pk
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        exchanges.open(replace(asked, given=Given(sale_no="NEW", lines=(line(100),))), at=shop.at)
    assert Sale.objects.filter(sale_no="NEW").count() == 1


def test_a_difference_that_is_not_the_one_on_the_screen_stops_everything(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),))
    with pytest.raises(Conflict, match="difference_changed"):
        exchanges.open(swap(shop, old, 12900, expected_difference=2000), at=shop.at)
    assert Refund.objects.count() == 0


def test_a_denied_exchange_is_kept_in_the_audit_log(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900, returnable=False),))
    with pytest.raises(Refusal, match="refund_denied"):
        exchanges.open(swap(shop, old, 12900, reason="no_reason"), at=shop.at)
    assert AuditRecord.objects.filter(act="refund.refused", subject_no="OLD").count() == 1


@pytest.mark.parametrize(("days", "codes"), [(15, []), (16, ["exchange_over"])])
def test_fifteen_days_to_exchange_whatever_returns_have(shop: Shop, days: int, codes: list[str]) -> None:
    today = shop.at
    shop.later(days=-days)
    old = shop.sell("OLD", lines=(line(9900),), channel="wechatpay", sold_at=shop.at)
    shop.at = today
    shown = exchanges.preview(swap(shop, old, 9900, reason="no_reason"), at=shop.at)
    found = [r.code for r in shown.weighed.verdict.reasons]
    assert [code for code in found if code in ("exchange_over", "promise_over")] == codes


def test_a_category_has_its_own_days_to_exchange(shop: Shop) -> None:
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "exchange_days": {"生鲜": 1}}
    merchant.save()
    today = shop.at
    shop.later(days=-2)
    old = shop.sell("OLD", lines=(line(900, category="生鲜"),), sold_at=shop.at)
    shop.at = today
    shown = exchanges.preview(swap(shop, old, 900), at=shop.at)
    over = [dict(r.facts) for r in shown.weighed.verdict.reasons if r.code == "exchange_over"]
    assert over == [{"days": 2, "allowed": 1, "rule": "exchange_days.生鲜"}]


def test_nobody_outside_may_pay_with_money_that_an_exchange_carries(shop: Shop) -> None:
    payment = PaymentDraft(payment_no="P1", channel="exchange", amount=9900)
    [taken] = intake.ingest(
        [shop.draft("S-1", lines=(line(9900),), payments=(payment,))], by="test", at=shop.at
    )
    assert taken.refusal is not None and [e.code for e in taken.refusal.errors] == ["unknown_channel"]


def test_a_person_of_another_store_does_not_finish_an_exchange(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),))
    row = exchanges.open(swap(shop, old, 12900, payment=None), at=shop.at).exchange
    other = shop.c02
    other.store = shops.Store.objects.get(code="S02")
    other.save()
    with pytest.raises(Forbidden, match="other_store"):
        exchanges.finish(row.exchange_no, operator=other, payment=CASH, at=shop.at)


def test_the_database_keeps_exchanges_and_origins_as_they_are(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(9900),))
    exchanges.open(swap(shop, old, 12900), at=shop.at)
    for change in (
        lambda: Exchange.objects.update(price=1),
        lambda: Exchange.objects.update(sale=None, finished_at=None),
        lambda: Payment.objects.filter(channel="exchange").update(origin=None, channel="cash"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_verify_finds_nothing_after_an_exchange_and_a_refund_of_what_went_out(shop: Shop) -> None:
    old = shop.sell("OLD", lines=(line(12900),), channel="wechatpay")
    exchanges.open(swap(shop, old, 9900, payment=None, sale_no="NEW"), at=shop.at)
    shop.later(days=1)
    shop.refund("NEW")
    assert {check: broken for check, broken in verifying.run() if broken} == {}


PRICES = st.integers(1, 15000)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tenders=st.lists(PRICES, min_size=1, max_size=3), prices=st.lists(PRICES, max_size=5))
def test_chains_of_exchanges_never_make_or_lose_a_fen(
    shop: Shop, tenders: list[int], prices: list[int]
) -> None:
    """Whatever was exchanged for whatever, in the end everything goes back to the payments that were really made."""
    channels = ("wechatpay", "alipay", "cash")
    with transaction.atomic():
        ladder = {"cashier": 10**6, "manager": 10**6, "manager_finance": 10**6}
        limits = {"cashier": 10**6, "manager": 10**6, "drawer_daily": 10**7}
        merchant = shops.merchant()
        merchant.rules = {**merchant.rules, "approval_fen": ladder, "cash_payout_fen": limits, "fraud": {}}
        merchant.save()
        payments = [shop.payment("OLD", channels[n], amount, f"P{n}") for n, amount in enumerate(tenders)]
        sale = shop.sell("OLD", lines=(line(sum(tenders)),), payments=tuple(payments))
        for number, price in enumerate(prices):
            row = exchanges.open(
                swap(shop, sale, price, sale_no=f"NEW-{number}"), at=shop.later(minutes=2)
            ).exchange
            assert row.state == "done", row.refund.verdict
            assert row.sale is not None
            sale = row.sale
            assert sum(p.amount for p in sale.payments.all()) == sale.total == price
            assert balance("2241.05") == 0
        [opened] = requests.open([shop.ask(sale, everything=True)], at=shop.later(minutes=2))
        assert opened.refund is not None, opened.refusal
        paid = {p.pk: p.amount for p in Payment.objects.filter(origin=None)}
        back = dict.fromkeys(paid, 0)
        for leg in Leg.objects.exclude(route="exchange").select_related("payment__origin"):
            assert leg.channel == leg.payment.source.channel
            back[leg.payment.source.pk] += leg.amount
        assert back == paid
        assert -balance("2241.01") == sum(paid.values())
        assert (balance("2241.05"), balance("5001"), balance("2221.01")) == (0, 0, 0)
        transaction.set_rollback(True)
