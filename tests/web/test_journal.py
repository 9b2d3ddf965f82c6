from __future__ import annotations

from sudapos.books import staff
from sudapos.books.shops import Merchant, Store
from tests.cast import PASSWORD


def test_a_refund_shows_every_entry_with_debit_and_credit(shop, person):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    page = person("f01").read("/journal/", q=refund.refund_no)
    assert "¥59.97" in page and "2241.01" in page
    debit, credit = page.split("本页合计")[1].split()[0].split("¥")[1:3]
    assert debit == credit


def test_a_day_shows_its_entries_and_the_balances_up_to_it(shop, person):
    sale = shop.sell()
    page = person("f01").read("/journal/")
    assert sale.sale_no in page and "科目余额" in page and "1001" in page
    assert "这一天没有分录" in person("f01").read("/journal/", day="2020-01-01")


def test_a_person_of_one_store_sees_its_entries_only(shop, person):
    own = Store.objects.get(code="S02")
    staff.hire("f09", "郑九", ["finance"], at=shop.at, password=PASSWORD, store_id=own.pk)
    sale = shop.sell()
    page = person("f09").read("/journal/", q=sale.sale_no)
    assert "这个单据号没有分录" in page and "¥" not in page


def test_a_cashier_does_not_read_the_books(person):
    assert person("c01").get("/journal/").status_code == 403


def test_the_journal_asks_a_fixed_number_of_questions(shop, person, django_assert_max_num_queries):
    for _ in range(8):
        shop.sell()
    browser = person("f01")
    with django_assert_max_num_queries(13):
        browser.get("/journal/")


def test_an_entry_shows_its_till_and_the_file_that_it_left_in(shop, person):
    sale = shop.sell(till="T2")
    browser = person("f01")
    assert "S01 · T2" in browser.read("/journal/", q=sale.sale_no)
    assert "已导出" not in browser.read("/journal/", q=sale.sale_no)
    day = sale.business_date.isoformat()
    taken = browser.post(f"/journal/exports/?from={day}&to={day}&profile=generic_csv")
    assert taken.status_code == 200
    assert f"已导出 #{taken['Sudapos-Batch']}" in browser.read("/journal/", q=sale.sale_no)


def test_the_journal_speaks_in_the_merchants_codes_and_style(shop, person):
    refund = shop.refund(shop.sell(), lines={1: 1})
    Merchant.objects.update(rules={"journal_style": "DEBIT", "account_set": "enterprise"})
    page = person("f01").read("/journal/", q=refund.refund_no)
    assert "6001 主营业务收入" in page and "5001" not in page and "−" not in page.split("这一单的余额")[0]
