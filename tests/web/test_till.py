from __future__ import annotations

from sudapos.books.sales import Sale

from .conftest import field, said, text


def ring(browser, number, **changes):
    form = {"sale_no": number, "name_0": "红枣酸奶", "price_0": "19.99", "quantity_0": "2", "channel": "cash"}
    return browser.post("/till/", {**form, **changes})


def test_a_sale_is_rung_up_and_can_be_refunded_at_once(person):
    browser = person("c01")
    number = field(browser.get("/till/"), "sale_no")
    assert number.startswith("S01-T1-") and number.endswith("-0001")
    response = ring(browser, number, name_1="苹果", price_1="12.80", quantity_1="1.236", discount="1")
    assert response.headers["Location"] == f"/till/{number}/"
    sale = Sale.objects.get(sale_no=number)
    assert (sale.total, sale.order_discount, sale.operator, sale.till) == (
        3998 + 1582 - 100,
        100,
        "c01",
        "T1",
    )
    assert [(n.name, n.milli, n.weighed) for n in sale.lines.all()] == [
        ("红枣酸奶", 2000, False),
        ("苹果", 1236, True),
    ]
    page = browser.read(f"/till/{number}/")
    assert "¥54.80" in page and "退这一单" in page
    assert field(browser.get("/till/"), "sale_no").endswith("-0002")


def test_a_wallet_sale_keeps_the_numbers_that_a_refund_needs(person):
    browser = person("c01")
    ring(browser, "S01-T1-X", channel="wechatpay", out_trade_no="ORDER-1", channel_ref="4200001")
    payment = Sale.objects.get(sale_no="S01-T1-X").payments.get()
    assert (payment.channel, payment.account.name, payment.out_trade_no) == (
        "wechatpay",
        "demo-wechatpay",
        "ORDER-1",
    )


def test_a_double_press_is_one_sale(person):
    browser = person("c01")
    first, second = ring(browser, "S01-T1-X"), ring(browser, "S01-T1-X")
    assert first.headers["Location"] == second.headers["Location"] == "/till/S01-T1-X/"
    assert Sale.objects.count() == 1


def test_a_number_that_was_taken_meanwhile_gets_the_next_one(shop, person):
    browser = person("c02")
    ring(person("c01", seat="S01/T2"), "S01-T2-X")
    response = ring(browser, "S01-T2-X", price_0="5")
    assert said(response) == "number_reused"
    assert field(response, "sale_no") != "S01-T2-X"
    assert 'value="5"' in response.content.decode()


def test_what_was_typed_survives_a_bad_price(person):
    response = ring(person("c01"), "S01-T1-X", price_0="19.999", name_1="苹果", price_1="3")
    assert (response.status_code, said(response)) == (422, "amount_invalid")
    body = response.content.decode()
    assert 'value="19.999"' in body and 'value="苹果"' in body
    assert Sale.objects.count() == 0


def test_a_sale_of_nothing_is_refused(person):
    assert said(person("c01").post("/till/", {"channel": "cash"})) == "sale_of_nothing"


def test_without_a_till_there_is_nothing_to_ring_up_on(person):
    response = person("m01", seat="").get("/till/")
    assert said(response) == "till_needed"
    assert "请退出后选一个收银台再登录。" in text(response)


def test_finance_does_not_ring_up(person):
    assert person("f01").get("/till/").status_code == 403


def test_a_rate_of_vat_is_chosen_line_by_line_and_another_is_refused(person):
    browser = person("c01")
    page = browser.get("/till/").content.decode()
    assert all(f'<option value="{rate}">' in page for rate in (1300, 900, 600, 300, 100, 0))
    ring(browser, "S01-T1-X", vat_0="1300", name_1="鲜花", price_1="10.90", quantity_1="1", vat_1="900")
    assert [n.vat_bp for n in Sale.objects.get(sale_no="S01-T1-X").lines.all()] == [1300, 900]
    refused = ring(browser, "S01-T1-Y", vat_0="1700")
    assert (refused.status_code, said(refused)) == (422, "input_invalid")
    kept = ring(browser, "S01-T1-Y", vat_0="600", price_0="19.999").content.decode()
    assert '<option value="600" selected>' in kept
    assert Sale.objects.count() == 1
