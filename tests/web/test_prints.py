from __future__ import annotations

from sudapos.books.audit import AuditRecord
from sudapos.books.vouchers import PrintCopy, Voucher

from .conftest import said, text


def printed(shop, browser):
    refund = shop.refund(shop.sell(channel="wechatpay"))
    address = f"/refunds/{refund.refund_no}/voucher/"
    response = browser.post(address)
    assert response.headers["Location"] == f"{address}?width=80&lang=zh&now=1"
    return refund, address


def test_looking_at_the_print_page_prints_and_fixes_nothing(shop, person):
    refund = shop.refund(shop.sell())
    assert "还没有打印过" in person("c01").read(f"/refunds/{refund.refund_no}/voucher/")
    assert Voucher.objects.count() == 0


def test_the_first_copy_is_counted_before_the_printer_opens(shop, person):
    browser = person("c01")
    _, address = printed(shop, browser)
    response = browser.get(f"{address}?now=1")
    assert "data-print" in response.content.decode()
    assert "已打印 1 次" in text(response)
    assert [(c.copy_no, c.operator.code) for c in PrintCopy.objects.all()] == [(1, "c01")]


def test_opening_the_page_again_later_does_not_print(shop, person):
    browser = person("c01")
    _, address = printed(shop, browser)
    assert "data-print" not in browser.get(address).content.decode()


def test_a_second_copy_needs_a_reason_and_is_marked(shop, person):
    browser = person("c01")
    _, address = printed(shop, browser)
    assert said(browser.post(address)) == "reprint_reason_needed"
    assert said(browser.post(address, {"reason": "because"})) == "reprint_reason_needed"
    assert PrintCopy.objects.count() == 1
    browser.post(address, {"reason": "lost"})
    assert [(c.copy_no, c.reason) for c in PrintCopy.objects.all()] == [(1, ""), (2, "lost")]
    assert "顾客遗失" in browser.read(address)
    assert "重印" in text(browser.get(f"{address}?format=html"))
    assert AuditRecord.objects.filter(act="voucher.reprinted").count() == 1


def test_the_paper_comes_in_every_format_width_and_language(shop, person):
    browser = person("c01")
    refund, address = printed(shop, browser)
    kinds = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "png": "image/png"}
    for form, kind in kinds.items():
        response = browser.get(f"{address}?format={form}&width=58&lang=en")
        assert (response.status_code, response.headers["Content-Type"]) == (200, kind)
    assert browser.get(f"{address}?format=pdf").content.startswith(b"%PDF")
    assert browser.get(f"{address}?format=png").content.startswith(b"\x89PNG")
    assert browser.get(f"{address}?format=escpos").content[:1] == b"\x1b"
    assert refund.refund_no in text(browser.get(f"{address}?format=html"))
    assert "退款台" not in browser.read("/refunds/") and 'lang="zh-CN"' in browser.get("/").content.decode()


def test_the_paper_may_stand_in_our_own_frame_only(shop, person):
    browser = person("c01")
    _, address = printed(shop, browser)
    assert browser.get(f"{address}?format=html").headers["X-Frame-Options"] == "SAMEORIGIN"


def test_nothing_is_printed_before_the_approval(shop, person):
    refund = shop.refund(shop.sell(), reason="goodwill")
    response = person("c01").post(f"/refunds/{refund.refund_no}/voucher/")
    assert said(response) == "voucher_not_ready"
    assert PrintCopy.objects.count() == 0
