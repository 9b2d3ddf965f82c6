from __future__ import annotations

import re

from sudapos.books import shops
from sudapos.books.intake import ChargeDraft, LineDraft, PromotionDraft
from sudapos.books.refunds import Refund

from .conftest import field, said, text

YOGHURT = {
    "scope": "lines",
    "line": "1",
    "qty_1": "1",
    "reason": "quality",
    "route": "original",
    "receipt": "present",
}


def ask(browser, sale, **changes):
    form = {**YOGHURT, "key": "k-1", "expected_total": "1999", **changes}
    return browser.post(f"/counter/{sale.sale_no}/", form)


def preview(browser, sale, **changes):
    return browser.post(
        f"/counter/{sale.sale_no}/preview/", {**YOGHURT, **changes}, headers={"HX-Request": "true"}
    )


def test_the_sale_shows_what_is_left_of_every_line(shop, person):
    sale = shop.sell(channel="wechatpay")
    shop.refund(sale, lines={1: 1})
    page = person("c01").read(f"/counter/{sale.sale_no}/")
    assert "买 2件 · 可退 1件" in page
    assert "这一单退过" in page and "还能退 ¥39.98" in page
    assert "已付款" in page


def test_the_preview_tells_amount_way_and_arrival_and_changes_nothing(shop, person):
    sale = shop.sell(channel="wechatpay")
    response = preview(person("c01"), sale)
    assert "退款 ¥19.99 到微信" in text(response)
    assert "原路退回 微信支付" in text(response) and "今天到账，一般几分钟" in text(response)
    assert field(response, "expected_total") == "1999"
    assert Refund.objects.count() == 0


def test_without_a_reason_there_is_an_amount_but_no_button_to_press(shop, person):
    response = preview(person("c01"), shop.sell(channel="wechatpay"), reason="")
    assert "¥19.99" in text(response)
    assert re.search(r'<button[^>]*id="go" disabled>先选退款原因', response.content.decode())


def test_cash_is_named_on_the_button(shop, person):
    assert "退现金 ¥19.99" in text(preview(person("c01"), shop.sell()))


def test_what_needs_a_manager_says_so_before_it_is_submitted(shop, person):
    page = text(preview(person("c01"), shop.sell(channel="wechatpay"), reason="goodwill"))
    assert "提交 ¥19.99 给店长审批" in page


def test_what_policy_forbids_cannot_be_pressed_and_says_why(shop, person):
    line = LineDraft(line_no=1, name="临期牛奶", milli=1000, unit_price=500, returnable=False)
    response = preview(person("c01"), shop.sell(lines=(line,)), reason="no_reason")
    assert re.search(r'<button[^>]*id="go" disabled>按规定不能退', response.content.decode())
    assert "why-2" in response.content.decode()


def test_a_refund_opens_and_the_page_moves_on_to_it(shop, person):
    sale = shop.sell(channel="wechatpay")
    response = ask(person("c01"), sale, note="封口漏了", restock="1")
    refund = Refund.objects.get()
    assert response.headers["Location"] == f"/refunds/{refund.refund_no}/"
    assert (refund.total, refund.operator.code, refund.till, refund.note) == (1999, "c01", "T1", "封口漏了")
    assert [(line.milli, line.restock) for line in refund.lines.all()] == [(1000, True)]


def test_a_double_press_is_one_refund(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    first, second = ask(browser, sale), ask(browser, sale)
    assert Refund.objects.count() == 1
    assert first.headers["Location"] == second.headers["Location"]


def test_every_opened_form_has_a_key_of_its_own(shop, person):
    sale, browser = shop.sell(), person("c01")
    keys = {field(browser.get(f"/counter/{sale.sale_no}/"), "key") for _ in range(3)}
    assert len(keys) == 3


def test_the_same_form_with_other_content_is_refused_and_may_be_sent_again(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    ask(browser, sale)
    response = ask(browser, sale, line="2", qty_2="1")
    assert said(response) == "idempotency_key_reused"
    assert field(response, "key") != "k-1"
    assert Refund.objects.count() == 1


def test_an_amount_that_changed_meanwhile_is_shown_before_anything_happens(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    response = ask(browser, sale, expected_total="1800")
    assert (response.status_code, said(response)) == (409, "total_changed")
    assert field(response, "expected_total") == "1999"
    assert Refund.objects.count() == 0


def test_everything_typed_survives_a_refusal(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    response = ask(
        browser, sale, qty_1="7", note="顾客很急", reason="wrong_charge", restock="1", expected_total=""
    )
    assert response.status_code == 422
    body = response.content.decode()
    assert 'value="7"' in body and 'value="顾客很急"' in body
    assert re.search(r'name="reason" value="wrong_charge" checked', body)
    assert re.search(r'name="line" value="1"[^>]* checked', body)
    assert re.search(r'name="goods" value="restock" checked', body)
    assert field(response, "key") == "k-1"


def test_too_many_pieces_are_told_in_pieces(shop, person):
    response = preview(person("c01"), shop.sell(), qty_1="7")
    assert "这一行最多还能退 2。" in text(response) and "还不能退" in text(response)
    half = preview(person("c01"), shop.sell(), qty_1="1.5")
    assert "按件销售的数量必须是整数" in text(half)


def test_nothing_picked_and_no_reason_are_said_in_words(shop, person):
    sale, browser = shop.sell(), person("c01")
    response = browser.post(f"/counter/{sale.sale_no}/", {"scope": "lines", "reason": "quality", "key": "k"})
    assert "还没有选要退的商品。" in text(response)
    assert "还没有选退款原因。" in text(ask(browser, sale, reason=""))


def test_money_without_goods_takes_an_amount_and_refuses_a_bad_one(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    bad = ask(browser, sale, scope="amount", amount="五块", expected_total="")
    assert (bad.status_code, said(bad)) == (422, "amount_invalid")
    assert 'value="五块"' in bad.content.decode()
    good = ask(browser, sale, scope="amount", amount="¥5.50", reason="wrong_charge", expected_total="550")
    assert good.status_code == 302
    assert Refund.objects.get().total == 550


def test_everything_includes_the_charges(shop, person):
    sale = shop.sell(charges=[ChargeDraft(kind="packing", name="打包盒", amount=200)])
    response = ask(person("c01"), sale, scope="everything", expected_total="6197")
    assert response.status_code == 302
    assert Refund.objects.get().total == 6197


def test_a_weighed_line_comes_back_by_weight(shop, person):
    line = LineDraft(line_no=1, name="苹果", milli=1236, unit_price=1280, unit="kg")
    sale = shop.sell(lines=(line,), payments=(shop.payment("S-W", "cash", 1582),), sale_no="S-W")
    page = text(preview(person("c01"), sale, qty_1="0.618"))
    assert "苹果 ×0.618¥7.91" in page


def test_a_cashier_cannot_refund_without_a_receipt(shop, person):
    sale = shop.sell()
    browser = person("c01")
    assert "没有小票的，请店长或客服登录办理。" in browser.read(f"/counter/{sale.sale_no}/")
    response = ask(browser, sale, receipt="lost")
    assert (response.status_code, said(response)) == (403, "may_not")
    assert Refund.objects.count() == 0


def test_a_manager_may_and_her_evidence_is_kept(shop, person):
    sale = shop.sell()
    ask(person("m01"), sale, receipt="lost", evidence="手机账单尾号 8812")
    refund = Refund.objects.get()
    assert (refund.state, refund.receipt, refund.evidence) == ("awaiting", "lost", ["手机账单尾号 8812"])


def test_without_scripts_the_page_works_the_amount_out_itself(shop, person):
    sale, browser = shop.sell(channel="wechatpay"), person("c01")
    response = browser.post(f"/counter/{sale.sale_no}/", {**YOGHURT, "act": "work_out"})
    assert response.status_code == 200
    assert "退款 ¥19.99 到微信" in text(response)
    assert Refund.objects.count() == 0


def test_a_link_cannot_bring_a_key_along(shop, person):
    sale = shop.sell()
    assert field(person("c01").get(f"/counter/{sale.sale_no}/?key=mine"), "key") != "mine"


def test_a_strange_sale_is_a_clear_page(person):
    response = person("c01").get("/counter/S99-NOPE/")
    assert (response.status_code, said(response)) == (404, "sale_not_found")


def test_a_post_without_the_forms_token_is_refused(shop):
    from .conftest import Person

    response = Person(enforce_csrf_checks=True).post("/sign-in/", {"code": "c01"})
    assert (response.status_code, said(response)) == (403, "form_expired")


def test_the_sale_page_asks_the_database_a_fixed_number_of_questions(
    shop, person, django_assert_max_num_queries
):
    lines = tuple(LineDraft(line_no=n, name=f"商品 {n}", milli=2000, unit_price=100) for n in range(1, 31))
    sale, browser = shop.sell(lines=lines), person("c01")
    with django_assert_max_num_queries(15):
        browser.get(f"/counter/{sale.sale_no}/")


def test_cash_in_whole_jiao_is_told_before_it_is_paid(shop, person):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "cash_refund_rounding": "UP_TO_JIAO"}
    merchant.save(update_fields=["rules"])
    page = text(preview(person("c01"), shop.sell()))
    assert "实付现金 ¥20.00，其中尾差 ¥0.01" in page and "退现金 ¥20.00" in page and "共退¥19.99" in page


def test_a_promotion_that_is_missed_is_named_with_what_it_takes_back(shop, person):
    merchant = shops.merchant()
    merchant.rules = {**merchant.rules, "promotion_on_partial_return": "CLAWBACK"}
    merchant.save(update_fields=["rules"])
    terms = (PromotionDraft(code="满50减10", threshold=5000, discount=1000),)
    sale = shop.sell(channel="wechatpay", order_discount=1000, promotions=terms)
    page = text(preview(person("c01"), sale, reason="no_reason"))
    assert "其中已扣 不再满足的优惠 满50减10−¥6.67" in page and "共退¥9.99" in page
