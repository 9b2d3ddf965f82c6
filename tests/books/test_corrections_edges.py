"""A correction at its edges: `verify` holds, what is on its way waits, what waits is withdrawn, goodwill stays a cost."""

from __future__ import annotations

import pytest

from sudapos.books import corrections, decisions, ledger, remedies
from sudapos.books.legs import Leg
from sudapos.core.refusal import Refusal
from sudapos.ops import verifying

from .test_corrections import entries, paid, wrong


def ok():
    assert [fault for _, fault in verifying.run() if fault] == [] and ledger.trial_balance_off() == 0


def test_verify_holds_after_each_step(shop):
    refund = paid(shop)
    row = wrong(shop, refund)
    ok()
    corrections.collect(row.correction_no, channel="transfer", reference="B", operator=shop.f01, at=shop.at)
    ok()


def test_waits_while_on_its_way(shop):
    refund = shop.refund(shop.sell("S-1", channel="wechatpay"))
    for state in ("sending", "accepted", "in_doubt"):
        Leg.objects.filter(refund=refund).update(state=state)
        with pytest.raises(Refusal, match="correction_waits"):
            wrong(shop, refund, amount=5997)
    Leg.objects.filter(refund=refund).update(state="ready")
    row = wrong(shop, refund, amount=5997)
    ok()
    assert row.state == "undone"


def test_awaiting_is_withdrawn(shop):
    refund = shop.refund(
        shop.sell("S-1", channel="wechatpay"), receipt="lost", operator="m01", evidence=("x",)
    )
    row = wrong(shop, refund, amount=5997)
    ok()
    refund.refresh_from_db()
    assert (row.state, refund.state) == ("undone", "withdrawn")


def test_goodwill(shop):
    refund = shop.refund(shop.sell("S-1"), amount=500, reason="goodwill", operator="m01")
    if refund.state == "awaiting":
        refund = decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    for leg in refund.legs.all():
        remedies.confirm(leg.leg_no, operator=shop.c01, at=shop.at)
    row = wrong(shop, refund, amount=500)
    assert entries(refund)[-1] == ("J26g", [("借", "1221.03", 500), ("借", "5601", -500)]) and row.tax == 0
    ok()
