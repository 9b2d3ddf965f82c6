"""The same afternoon over every channel that is connected: a part back, an answer lost, a void where there is one."""

from __future__ import annotations

import pytest

from sudapos.books import decisions, remedies, terminals, vouchers
from sudapos.books.refunds import Refund
from sudapos.core import capability
from sudapos.core.lifecycle import Progress
from sudapos.core.refusal import NotFound
from sudapos.ops import contracts
from sudapos.ops import terminals as at_terminals
from tests import leaks

from .conftest import Afternoon

VOIDING = [name for name in contracts.CONNECTED if capability.get(name).void != "none"]
NUMBERED = [name for name in contracts.CONNECTED if name != "card"]


def went_back(afternoon: Afternoon, refund: Refund) -> list[tuple[int, int]]:
    """(fen, times paid) of everything that the channel gave back on the sale's payment."""
    [payment] = refund.sale.payments.all()
    rows = afternoon.sandbox.ledger(order_no=payment.out_trade_no)
    return [(row["amount"], row["times_paid"]) for row in rows if row["kind"] != "sale"]


@pytest.mark.parametrize("channel", contracts.CONNECTED)
def test_a_part_comes_back_and_the_rest_stays(afternoon: Afternoon, channel: str) -> None:
    refund = afternoon.shop.refund(afternoon.sell(channel, f"S-{channel}-1"), lines={1: 1})
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled", afternoon.leg(refund).error_code
    assert decisions.progress_of(afternoon.again(refund)) is Progress.DONE
    assert went_back(afternoon, refund) == [(1999, 1)]


@pytest.mark.parametrize("channel", NUMBERED)
def test_a_lost_answer_is_asked_about_and_nothing_is_paid_twice(afternoon: Afternoon, channel: str) -> None:
    afternoon.fault(channel, "refund", "hang_after")
    refund = afternoon.shop.refund(afternoon.sell(channel, f"S-{channel}-2"), lines={1: 1})
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled"
    assert went_back(afternoon, refund) == [(1999, 1)]


@pytest.mark.parametrize("channel", VOIDING)
def test_a_whole_sale_of_today_is_voided(afternoon: Afternoon, channel: str) -> None:
    sale = afternoon.sell(channel, f"S-{channel}-3")
    if channel == "card":  # the terminal must have signed on to know which batch is open
        at_terminals.sign_on("demo-card", now=lambda: afternoon.shop.at)
    refund = afternoon.shop.refund(sale)
    assert afternoon.leg(refund).route == "void"
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled", afternoon.leg(refund).error_code
    assert went_back(afternoon, refund) == [(5997, 1)]


def test_a_card_refund_without_an_answer_stays_in_doubt(afternoon: Afternoon) -> None:
    afternoon.fault("card", "refund", "hang_after")
    refund = afternoon.shop.refund(afternoon.sell("card", "S-C4"), lines={1: 1})
    afternoon.work_until_quiet(hours=2)
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code, leg.sent) == ("in_doubt", "no_question", 1)
    assert went_back(afternoon, refund) == [(1999, 1)]


def test_a_void_whose_answer_was_lost_is_reversed_and_becomes_a_refund(afternoon: Afternoon) -> None:
    at_terminals.sign_on("demo-card", now=lambda: afternoon.shop.at)
    refund = afternoon.shop.refund(afternoon.sell("card", "S-C5"))
    afternoon.fault("card", "void", "hang_after")
    afternoon.work_until_quiet()
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code) == ("failed", "reversed")
    remedies.retry(
        leg.leg_no, operator=afternoon.shop.m01, route="refund", at=afternoon.shop.later(minutes=1)
    )
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled"
    assert sorted(went_back(afternoon, refund)) == [(5997, 0), (5997, 1)]


def test_the_voucher_of_a_card_refund_shows_what_a_terminals_slip_shows(afternoon: Afternoon) -> None:
    refund = afternoon.shop.refund(afternoon.sell("card", "S-C6"), lines={1: 1})
    afternoon.work_until_quiet()
    slip = vouchers.issue(refund.refund_no, at=afternoon.shop.at).slip
    assert slip["kind"] == "card_refund_slip"
    [tender] = slip["tenders"]
    record = terminals.slips([afternoon.leg(refund).leg_no])[afternoon.leg(refund).leg_no]
    config = afternoon.sandbox.config(afternoon.terminal)
    [payment] = refund.sale.payments.all()
    shown = {
        "merchant_no": config["merchant_no"],
        "terminal_no": config["terminal_no"],
        "batch_no": record.batch_no,
        "trace_no": record.trace_no,
        "reference_no": record.reference_no,
        "original_trace_no": payment.trace_no,
        "original_reference_no": payment.channel_ref,
        "account_hint": "622848******2576",
    }
    assert {name: tender[name] for name in shown} == shown
    assert len(record.reference_no) == 12


def test_a_sale_at_the_terminal_is_kept_and_its_batch_is_settled(afternoon: Afternoon) -> None:
    now = lambda: afternoon.shop.at  # noqa: E731
    outcome, place = at_terminals.sell(
        "demo-card", "P-STORY-7", 4200, at_terminals.Card(pan="6222021234567894", expiry="3012"), now=now
    )
    assert type(outcome).__name__ == "Settled"
    assert (place.card_masked, place.amount, len(place.reference_no)) == ("622202******7894", 4200, 12)
    terminal, rows = at_terminals.shown("demo-card")
    assert (terminal.batch_no, rows[-1].number, rows[-1].state) == (place.batch_no, "P-STORY-7", "approved")
    whole = leaks.dump()
    assert "6222021234567894" not in whole and leaks.cards(whole) == []
    balance = at_terminals.settle("demo-card", by="cli", now=now)
    assert balance.batch_no == place.batch_no
    assert at_terminals.sign_on("demo-card", now=now).batch_no != place.batch_no
    with pytest.raises(NotFound):
        at_terminals.shown("demo-alipay")


def test_shouqianba_checks_in_and_refunds_with_the_key_of_the_day(afternoon: Afternoon) -> None:
    from sudapos.books import shops

    before = shops.accounts(["demo-shouqianba"])["demo-shouqianba"].config["terminal_key"]
    contracts.check_in("demo-shouqianba", by="cli", at=afternoon.shop.at)
    after = shops.accounts(["demo-shouqianba"])["demo-shouqianba"].config["terminal_key"]
    assert before != after
    refund = afternoon.shop.refund(afternoon.sell("shouqianba", "S-Q8"), lines={1: 1})
    afternoon.work_until_quiet()
    assert afternoon.leg(refund).state == "settled"
