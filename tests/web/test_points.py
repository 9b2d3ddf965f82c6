"""Points at the counter: the preview says what is taken back, the refund and the paper say what was."""

from __future__ import annotations

from sudapos.books import policies
from tests.books.test_points import deducting, earning, held, points, spend
from tests.web.conftest import field, text

FORM = {"scope": "all", "reason": "quality", "receipt": "present", "route": "original"}


def test_the_preview_the_refund_and_the_voucher_name_the_points(shop, person):
    row = points(shop)
    sale = earning(shop)
    browser = person("c01")
    address = f"/counter/{sale.sale_no}/"
    form = {**FORM, "scope": "amount", "amount": "50.00"}
    shown = text(browser.post(f"{address}preview/", form))
    assert "扣回积分 ****0001−50" in shown
    assert "扣回这笔消费所得的 50 积分（账户 ****0001），扣后余 50" in shown
    made = browser.post(
        address, {**form, "key": field(browser.get(address), "key"), "expected_total": "5000"}
    )
    where = made.headers["Location"]
    assert "扣回积分 ****0001−50" in browser.read(where)
    assert held(row) == 50
    browser.post(f"{where}voucher/")
    assert "扣回积分50" in text(browser.get(f"{where}voucher/?format=html&lang=zh")).replace(" ", "")
    assert "扣回所得积分" in person("m01").read(f"/cards/{row.card_ref}/")


def test_spent_points_are_deducted_and_said_before_anybody_confirms(shop, person):
    deducting(points_per_yuan=10)
    points(shop)
    sale = earning(shop)
    spend(shop, 80)
    form = {**FORM, "scope": "amount", "amount": "100.00"}
    shown = text(person("c01").post(f"/counter/{sale.sale_no}/preview/", form))
    assert "已花掉的积分−¥8.00" in shown and "共退¥92.00" in shown
    assert "已花掉的 80 积分从退款里扣 ¥8.00" in shown


def test_the_policy_offers_the_choice(shop, person):
    page = person("f01").read("/settings/policy/new/")
    assert "已花掉的所得积分" in page and "从退款里扣" in page and "账户记为负" in page
    assert policies.Terms.read().now.points_per_yuan == 100
