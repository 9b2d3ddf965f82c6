"""A refund whose account is closed: sent to the customer's own card by the channel, or back to us and on by transfer."""

from __future__ import annotations

import logging
from io import StringIO

import pytest
from django.apps import apps

from sudapos.books import reissues, remedies
from sudapos.books.legs import Attempt
from sudapos.books.refunds import Refund
from sudapos.books.reissues import Reissue
from sudapos.core.outcome import Accepted, Refused, Unknown
from sudapos.core.refusal import Conflict, Forbidden, Invalid, Refusal
from sudapos.ops import reissuing

from .conftest import Afternoon
from .test_money_moves_once import balance
from .test_ways_out import PAID, PROMISED, RESENT, entries, told

CARD = "6225880000000123"
"""Its check digit is wrong: nobody has it."""
HOLDER = "王小丽"
RETURNED = ("J03", [("借", "1002", 5997), ("贷", "1122.01", 5997)])


def abnormal(afternoon: Afternoon, sale_no: str) -> Refund:
    afternoon.sandbox.fault("wechatpay", "refund", "closed_account", times=1)
    refund = afternoon.shop.refund(afternoon.sell("wechatpay", sale_no))
    afternoon.work_until_quiet(hours=1)
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code, afternoon.times_paid(refund)) == ("bounced", "account_closed", 0)
    return refund


def propose(afternoon: Afternoon, refund: Refund, **changes: str) -> Reissue:
    wish = {"kind": "customer_card", "bank": "CMB", "card_number": CARD, "evidence": "看过销户证明和新卡"}
    leg_no, shop = afternoon.leg(refund).leg_no, afternoon.shop
    return reissues.propose(leg_no, operator=shop.m01, at=shop.at, **(wish | changes))


def send(afternoon: Afternoon, refund: Refund, card: str = CARD, who: str = "f01") -> object:
    shop = afternoon.shop
    leg_no = afternoon.leg(refund).leg_no
    return reissuing.send(
        leg_no, card_number=card, holder=HOLDER, operator=getattr(shop, who), now=lambda: shop.at
    )


def ask(afternoon: Afternoon, refund: Refund) -> None:
    """The channel's clock and ours go on, and the channel is asked."""
    afternoon.sandbox.advance(120)
    afternoon.shop.later(seconds=120)
    afternoon.work(turns=2)


def everything_stored() -> str:
    """Every row of every table as text."""
    return "\n".join(str(row) for model in apps.get_models() for row in model.objects.values())


def test_an_abnormal_refund_goes_to_the_customers_own_card_and_its_number_is_kept_nowhere(
    afternoon: Afternoon, capfd: pytest.CaptureFixture[str]
) -> None:
    log = StringIO()
    logging.getLogger().addHandler(handler := logging.StreamHandler(log))
    refund = abnormal(afternoon, "S-ELSE-1")
    number = afternoon.leg(refund).leg_no
    assert propose(afternoon, refund).masked == "622588******0123"
    assert isinstance(send(afternoon, refund), Accepted)
    assert afternoon.leg(refund).state == "bounced"
    with pytest.raises(Conflict, match="reissue_under_way"):
        remedies.retry(number, operator=afternoon.shop.m01, route="transfer", note="x", at=afternoon.shop.at)
    ask(afternoon, refund)
    leg = afternoon.leg(refund)
    assert (leg.state, leg.leg_no, leg.received_account) == ("settled", number, "CMB借记卡0123")
    assert afternoon.times_paid(refund) == 1
    assert entries(refund) == [PROMISED, PAID]
    assert balance("2241.01") == 0
    assert told(refund) == ["leg.bounced"]
    logging.getLogger().removeHandler(handler)
    out = capfd.readouterr()
    for place in (everything_stored(), log.getvalue(), out.out, out.err):
        assert CARD not in place and HOLDER not in place


def test_two_people_are_needed_and_neither_asked_for_the_refund(afternoon: Afternoon) -> None:
    refund = abnormal(afternoon, "S-ELSE-2")
    shop, leg_no = afternoon.shop, afternoon.leg(refund).leg_no
    for wrong in ({"evidence": " "}, {"kind": "moon"}):
        with pytest.raises(Refusal):
            propose(afternoon, refund, **wrong)
    for wrong in ({"bank": "XYZ"}, {"card_number": "12 34"}):
        with pytest.raises(Invalid):
            propose(afternoon, refund, **wrong)
    with pytest.raises(Forbidden):
        send_as = {"kind": "customer_card", "bank": "CMB", "card_number": CARD, "evidence": "x"}
        reissues.propose(leg_no, operator=shop.c01, at=shop.at, **send_as)
    with pytest.raises(Conflict):
        send(afternoon, refund)
    propose(afternoon, refund)
    with pytest.raises(Conflict, match="reissue_under_way"):
        propose(afternoon, refund)
    with pytest.raises(Forbidden):
        send(afternoon, refund, who="m01")
    with pytest.raises(Refusal, match="card_differs"):
        send(afternoon, refund, card="6225880000000124")
    assert Attempt.objects.filter(verb="reissue").count() == 0


def test_money_that_goes_back_to_the_merchant_is_still_owed_and_leaves_by_transfer(
    afternoon: Afternoon,
) -> None:
    refund = abnormal(afternoon, "S-ELSE-3")
    shop = afternoon.shop
    number = afternoon.leg(refund).leg_no
    propose(afternoon, refund, kind="merchant_card", bank="", card_number="")
    assert isinstance(send(afternoon, refund, card=""), Accepted)
    ask(afternoon, refund)
    leg = afternoon.leg(refund)
    assert (leg.state, leg.error_code) == ("bounced", "returned_to_merchant")
    assert (entries(refund), balance("2241.01")) == ([PROMISED, RETURNED], -5997)
    shop.later(days=1)
    afternoon.work(turns=2)
    assert entries(refund) == [PROMISED, RETURNED]
    remedies.retry(number, operator=shop.m01, route="transfer", note="同名账户已核实", at=shop.at)
    moved = afternoon.leg(refund).leg_no
    with pytest.raises(Forbidden):
        remedies.confirm(moved, operator=shop.m01, reference="BANK-9", at=shop.at)
    remedies.confirm(moved, operator=shop.f01, reference="BANK-9", at=shop.at)
    assert entries(refund) == [PROMISED, RETURNED, RESENT]
    assert (balance("2241.01"), balance("1122.01"), balance("1002")) == (0, 0, 0)
    assert (afternoon.leg(refund).state, afternoon.sandbox.times_paid(number)) == ("settled", 0)
    assert told(refund) == ["leg.bounced"]


def test_a_card_that_does_not_take_it_either_opens_the_way_by_transfer(afternoon: Afternoon) -> None:
    refund = abnormal(afternoon, "S-ELSE-4")
    propose(afternoon, refund)
    afternoon.sandbox.fault("wechatpay", "reissue", "closed_account", times=1)
    assert isinstance(send(afternoon, refund), Accepted)
    ask(afternoon, refund)
    leg = afternoon.leg(refund)
    assert (leg.state, reissues.under_way(leg)) == ("bounced", False)
    remedies.retry(leg.leg_no, operator=afternoon.shop.m01, route="transfer", note="x", at=afternoon.shop.at)
    assert (entries(refund), told(refund)) == ([PROMISED], ["leg.bounced"])


@pytest.mark.parametrize("fault", ["hang_after", "error_500_after", "bad_signature"])
def test_a_lost_answer_keeps_every_other_way_shut_until_the_channel_tells(
    afternoon: Afternoon, fault: str
) -> None:
    refund = abnormal(afternoon, f"S-ELSE-5-{fault}")
    propose(afternoon, refund)
    afternoon.fault("wechatpay", "reissue", fault)
    assert isinstance(send(afternoon, refund), Unknown)
    assert reissues.under_way(afternoon.leg(refund))
    ask(afternoon, refund)
    assert (afternoon.leg(refund).state, afternoon.times_paid(refund)) == ("settled", 1)
    assert entries(refund) == [PROMISED, PAID]


def test_what_was_done_in_the_portal_is_registered_and_found_by_asking(afternoon: Afternoon) -> None:
    refund = abnormal(afternoon, "S-ELSE-6")
    shop, leg_no = afternoon.shop, afternoon.leg(refund).leg_no
    propose(afternoon, refund)
    with pytest.raises(Refusal, match="evidence_needed"):
        reissues.portal(leg_no, reference=" ", operator=shop.f01, at=shop.at)
    reissues.portal(leg_no, reference="MCH-20261129-7", operator=shop.f01, at=shop.at)
    assert reissues.under_way(afternoon.leg(refund))
    ask(afternoon, refund)
    assert not reissues.under_way(afternoon.leg(refund))  # the channel says that it is still with it
    assert Attempt.objects.filter(verb="reissue").count() == 0


def test_a_channel_that_refuses_leaves_everything_as_it_was(afternoon: Afternoon) -> None:
    refund = abnormal(afternoon, "S-ELSE-7")
    propose(afternoon, refund)
    leg = afternoon.leg(refund)
    type(leg).objects.filter(pk=leg.pk).update(channel_refund_ref="50300000000000000000")
    assert send(afternoon, refund) == Refused(code="RESOURCE_NOT_EXISTS", message="退款单不存在")
    assert (afternoon.leg(refund).state, reissues.under_way(afternoon.leg(refund))) == ("bounced", False)
    assert entries(refund) == [PROMISED]
