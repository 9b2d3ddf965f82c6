"""The refund's page offers what its channel can do with money that came back; a card's number never comes back to a page."""

from __future__ import annotations

from collections.abc import Callable

from tests.api.test_reissues import CARD, bounced
from tests.cast import Shop

from .conftest import Person, said


def test_a_manager_proposes_and_finance_registers(person: Callable[..., Person], shop: Shop) -> None:
    leg_no = bounced(shop)
    from sudapos.books.legs import Leg

    refund_no = Leg.objects.get(leg_no=leg_no).refund.refund_no
    where = f"/refunds/{refund_no}/"
    manager, finance = person("m01"), person("f01")
    assert "请渠道改退到其他账户" in manager.read(where)
    form = {"kind": "customer_card", "bank": "CMB", "card_number": CARD, "evidence": ""}
    refused = manager.post(f"{where}legs/{leg_no}/reissue/propose/", form)
    assert (refused.status_code, said(refused)) == (422, "evidence_needed")
    assert CARD not in refused.content.decode()
    done = manager.post(f"{where}legs/{leg_no}/reissue/propose/", form | {"evidence": "看过销户证明"})
    assert done.status_code == 302
    page = finance.read(where)
    assert "m01 提出改退：CMB 622588******0123（看过销户证明）" in page
    assert "核对并发送" in page and "核对并发送" not in manager.read(where)
    assert finance.post(f"{where}legs/{leg_no}/reissue/portal/", {"reference": "MCH-7"}).status_code == 302
    page = manager.read(where)
    assert "等渠道的结果" in page and "改为转账退回" not in page.replace("同名账户，改为转账退回", "")
