"""提醒: managers look at their own store's, the auditor closes; the till sees nothing."""

from __future__ import annotations

from collections.abc import Callable

from sudapos.books.alerts import Alert
from tests.cast import Shop

from .conftest import Person, said


def test_an_alert_is_looked_at_and_closed_with_a_reason(person: Callable[..., Person], shop: Shop) -> None:
    for number in range(3):
        refund = shop.refund(shop.sell(f"S-{number}"), lines={1: 1})
    row = Alert.objects.get()
    page = person("m01").read("/alerts/")
    assert "现金退款都不是当场发生" in page and refund.refund_no in page and "也可能：" in page
    assert "了结" not in page.replace("未了结", "")
    assert person("m01").post(f"/alerts/{row.pk}/close/", {"reason": "x"}).status_code == 403
    auditor = person("a01")
    silent = auditor.post(f"/alerts/{row.pk}/close/", {"reason": ""})
    assert (silent.status_code, said(silent)) == (422, "note_needed")
    assert auditor.post(f"/alerts/{row.pk}/close/", {"reason": "核对了监控"}).status_code == 302
    assert "没有要看的提醒" in auditor.read("/alerts/")
    assert "核对了监控" in auditor.read("/alerts/", state="closed")
    assert "Cash refunds long after the sale" in auditor.read("/alerts/", state="all", lang="en")
    cashier = person("c01")
    assert cashier.get("/alerts/").status_code == 403
    assert "现金退款都不是当场发生" not in cashier.read(f"/refunds/{refund.refund_no}/")
