from __future__ import annotations

from django.db import connection

from sudapos.books import audit


def test_the_log_is_found_by_refund_person_and_day(shop, person):
    refund = shop.refund(shop.sell())
    browser = person("a01")
    page = browser.read("/audit/", q=refund.refund_no)
    assert "申请退款" in page and "¥59.97" in page
    assert refund.refund_no in browser.read("/audit/", by="c01")
    assert "没有符合的记录" in browser.read("/audit/", by="c02")
    assert "没有符合的记录" in browser.read("/audit/", day="2020-01-01")


def test_the_chain_is_verified_on_request(shop, person):
    shop.refund(shop.sell())
    browser = person("a01")
    assert "还没有封存过" in browser.read("/audit/")
    audit.seal(at=shop.at)
    assert "未封存 0 条" in browser.read("/audit/")
    assert "链完整" in browser.read("/audit/", check="1")


def test_a_record_changed_behind_our_back_breaks_the_chain_on_the_page(shop, person):
    shop.refund(shop.sell())
    browser = person("a01")
    audit.seal(at=shop.at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE books_auditrecord SET by = 'someone' WHERE act = 'refund.opened'")
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert "链断了" in browser.read("/audit/", check="1")


def test_a_cashier_does_not_read_the_log(person):
    assert person("c01").get("/audit/").status_code == 403
