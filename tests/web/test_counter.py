from __future__ import annotations

from datetime import timedelta

from sudapos.books import staff
from sudapos.books.intake import LineDraft
from sudapos.books.shops import Store
from tests.cast import PASSWORD


def where(response) -> str:
    assert response.status_code == 302, response.status_code
    return response.headers["Location"]


def test_a_scanned_number_goes_straight_to_its_sale(shop, person):
    shop.sell("S01-T1-20261124-0001")
    browser = person("c01")
    assert where(browser.get("/counter/?q=S01-T1-20261124-0001")) == "/counter/S01-T1-20261124-0001/"
    assert where(browser.get("/counter/?q=4-0001")) == "/counter/S01-T1-20261124-0001/"


def test_the_channels_number_finds_the_sale(shop, person):
    shop.sell("S01-T1-0001", channel="wechatpay")
    assert where(person("c01").get("/counter/?q=S01T10001P1")) == "/counter/S01-T1-0001/"


def test_an_amount_and_a_day_in_one_field_find_the_sale(shop, person):
    shop.at = shop.at.replace(hour=4)
    sale = shop.sell()
    shop.sell(sold_at=shop.at - timedelta(days=3))
    day = f"{sale.sold_at:%m-%d}"
    assert where(person("c01").get(f"/counter/?q=59.97 {day}")) == f"/counter/{sale.sale_no}/"


def test_several_hits_are_rows_to_choose_from(shop, person):
    first, second = shop.sell(), shop.sell()
    page = person("c01").read("/counter/", q="59.97")
    assert "2 单符合，选一单" in page
    assert first.sale_no in page and second.sale_no in page and "红枣酸奶、全麦面包" in page


def test_no_hit_says_what_else_to_try(shop, person):
    page = person("c01").read("/counter/", q="NOWHERE-123")
    assert "没有找到这一单" in page and "19.99 11-24" in page


def test_a_scanned_voucher_shows_the_refund_as_it_is_now(shop, person):
    refund = shop.refund(shop.sell())
    assert where(person("c01").get(f"/counter/?q={refund.refund_no}")) == f"/refunds/{refund.refund_no}/"


def test_without_a_receipt_facts_find_the_sale_and_the_form_knows(shop, person):
    line = LineDraft(line_no=1, sku="SKU-7", name="耳机", milli=1000, unit_price=15900, serial="SN-42")
    sale = shop.sell(lines=(line,))
    shop.sell()
    assert where(person("m01").get("/counter/?serial=SN-42")) == f"/counter/{sale.sale_no}/?receipt=lost"
    assert where(person("c01").get("/counter/?serial=SN-42")) == f"/counter/{sale.sale_no}/"


def test_an_amount_that_is_none_is_refused_where_it_was_typed(shop, person):
    response = person("c01").get("/counter/?amount=12.345")
    assert response.status_code == 422
    assert 'value="12.345"' in response.content.decode()


def test_the_tills_latest_sales_are_offered_before_anything_is_typed(shop, person):
    here, elsewhere = shop.sell(), shop.sell(till="T2")
    page = person("c01").read("/counter/")
    assert here.sale_no in page and elsewhere.sale_no not in page


def test_a_person_of_one_store_finds_no_other_stores_sales(shop, person):
    own = Store.objects.get(code="S02")
    staff.hire("c09", "周九", ["cashier"], at=shop.at, password=PASSWORD, store_id=own.pk)
    sale = shop.sell("S01-T1-9999")
    browser = person("c09", seat="S02/T1")
    assert "没有找到这一单" in browser.read("/counter/", q=sale.sale_no)
    assert "这张单属于门店 一号店" in browser.read(f"/counter/{sale.sale_no}/", status=403)


def test_whoever_may_not_refund_has_no_counter(person):
    for code in ("f01", "a01", "admin"):
        assert "谁可以做什么" in person(code).read("/counter/", status=403)
