"""A bounced payment of a refund that was corrected: what is set off is said first, then the rest goes out (F04, F23)."""

from __future__ import annotations

from typing import Any

from sudapos.books import decisions, links, set_offs
from sudapos.core.customer import Told
from tests.books.test_set_offs import WHOLE, bounced
from tests.web.conftest import said, text


def test_finance_sets_it_off_and_the_rest_waits_to_be_paid(shop: Any, person: Any) -> None:
    refund, row, order = bounced(shop, 3998)
    here = f"/refunds/{refund.refund_no}/"
    manager, finance = person("m02"), person("f01")
    seen = manager.read(here)
    shown = finance.get(f"/corrections/{row.correction_no}/").content.decode()
    assert shown.count("button primary") == 1 and "去退款单抵销" in shown
    assert "请财务先抵销错退的 ¥39.98，余下的再付给顾客。" in seen
    assert "先抵销，余下 ¥19.99 再付给顾客" in seen and "改为转账退回" not in seen
    address = f"{here}legs/{order.number}/set-off/"
    refused = manager.post(address, {"amount": "3998"})
    assert (refused.status_code, said(refused)) == (403, "may_not")
    assert "抵销错退 ¥39.98，余下 ¥19.99" in finance.read(here)
    stale = finance.post(address, {"amount": "3997"})
    assert (stale.status_code, said(stale)) == (409, "set_off_changed")
    assert finance.post(address, {"amount": "3998"}).status_code == 302
    done = text(finance.get(here))
    assert "已抵销" in done and "已从退票抵销" in done and "改为转账退回" in done
    assert "f01 从退票中抵销错退 ¥39.98" in done and "确认已付给顾客" not in done and "放弃这一笔" not in done
    assert "请渠道改退到其他账户" not in done
    rest = refund.legs.get(state="bounced")
    assert finance.post(f"{here}legs/{rest.leg_no}/transfer/", {"note": "同名账户"}).status_code == 302
    row.refresh_from_db()
    assert row.state == "set_off"


def test_the_customer_sees_what_reaches_her(shop: Any) -> None:
    refund, _, order = bounced(shop, 3998)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    page = links.page_of(decisions.get(refund.refund_no), at=shop.at)
    assert (page.amount, page.told, [part.amount for part in page.parts]) == (1999, Told.TROUBLE, [1999])


def test_where_all_of_it_was_wrong_nothing_is_said_to_have_arrived(shop: Any, person: Any) -> None:
    refund, _, order = bounced(shop, WHOLE)
    set_offs.set_off(order.number, operator=shop.f01, at=shop.at)
    page = links.page_of(decisions.get(refund.refund_no), at=shop.at)
    assert (page.amount, page.told, page.parts) == (0, Told.CLOSED, ())
    seen = person("f01").read(f"/refunds/{refund.refund_no}/")
    assert "整笔都是错退，已从退票中抵销" in seen and "已退款" not in seen
