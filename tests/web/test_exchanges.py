"""An exchange at the counter: one page, one confirmation, two papers."""

from __future__ import annotations

import re

import pytest

from sudapos.books import decisions
from sudapos.books.exchanges import Exchange
from sudapos.books.intake import LineDraft
from sudapos.books.sales import Sale
from tests.books.test_cards import by_card, card, points
from tests.web.conftest import field, said, text


def cup(price: int) -> LineDraft:
    return LineDraft(line_no=1, name="保温杯", milli=1000, unit_price=price, vat_bp=1300)


def typed(price: str = "129.00", **changes):
    form = {
        "key": "k-1",
        "scope": "lines",
        "line": "1",
        "qty_1": "1",
        "reason": "wrong_item",
        "goods": "restock",
        "name_0": "大保温杯",
        "price_0": price,
        "quantity_0": "1",
        "channel": "cash",
    }
    return {**form, **changes}


def test_ex18_from_the_sale_to_both_papers(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    browser = person("c01")
    assert "换货" in browser.read("/counter/OLD/")
    shown = browser.post("/counter/OLD/exchange/preview/", typed())
    assert "退货价值¥99.00" in text(shown).replace(" ", "") and "补收¥30.00" in text(shown).replace(" ", "")
    assert "换货，补收 ¥30.00" in text(shown)
    assert field(shown, "expected_difference") == "3000"
    done = browser.post("/counter/OLD/exchange/", typed(expected_difference="3000"))
    row = Exchange.objects.get()
    assert done.headers["Location"] == f"/exchanges/{row.exchange_no}/"
    page = browser.read(f"/exchanges/{row.exchange_no}/")
    assert row.refund.refund_no in page and row.sale.sale_no in page and "换货完成" in page
    receipt = text(browser.get(f"/receipt/{row.sale.sale_no}/", {"format": "html"}))
    assert row.refund.refund_no in receipt and row.exchange_no in receipt and "换货抵付" in receipt
    browser.post(f"/refunds/{row.refund.refund_no}/voucher/")
    voucher = text(browser.get(f"/refunds/{row.refund.refund_no}/voucher/", {"format": "html"}))
    assert row.sale.sale_no in voucher and row.exchange_no in voucher and "抵付换货" in voucher


def test_a_cheaper_article_and_an_equal_one_say_so_on_the_button(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    browser = person("c01")
    assert "换货，退 ¥19.00 到微信" in text(browser.post("/counter/OLD/exchange/preview/", typed("80")))
    assert "等价换货" in text(browser.post("/counter/OLD/exchange/preview/", typed("99")))


def test_everything_typed_survives_a_difference_that_changed(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    refused = person("c01").post("/counter/OLD/exchange/", typed(expected_difference="2000", note="要大的"))
    assert (refused.status_code, said(refused)) == (409, "difference_changed")
    body = refused.content.decode()
    assert 'value="大保温杯"' in body and 'value="129.00"' in body and 'value="要大的"' in body
    assert field(refused, "expected_difference") == "3000"
    assert Exchange.objects.count() == 0


def test_a_double_press_is_one_exchange(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    browser = person("c01")
    number = field(browser.get("/counter/OLD/exchange/"), "sale_no")
    first, second = (browser.post("/counter/OLD/exchange/", typed(sale_no=number)) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Exchange.objects.count() == 1


def test_an_exchange_that_waits_is_finished_after_the_managers_yes(shop, person):
    shop.sell("OLD", lines=(cup(30000),), channel="wechatpay")
    browser = person("c01")
    assert "提交换货给店长审批" in text(browser.post("/counter/OLD/exchange/preview/", typed("350")))
    browser.post("/counter/OLD/exchange/", typed("350"))
    row = Exchange.objects.get()
    assert "货和钱都还没有动" in browser.read(f"/exchanges/{row.exchange_no}/")
    decisions.approve(row.refund.refund_no, operator=shop.m01, at=shop.at)
    assert "已批准，等收银台完成换货" in browser.read(f"/refunds/{row.refund.refund_no}/")
    assert "完成换货，补收 ¥50.00" in browser.read(f"/exchanges/{row.exchange_no}/")
    shop.sell(row.given["sale_no"])  # meanwhile the till has used the number
    done = browser.post(f"/exchanges/{row.exchange_no}/finish/", {"channel": "cash"})
    assert done.status_code == 302
    row.refresh_from_db()
    assert row.sale.total == 35000 and Sale.objects.count() == 3


def test_the_page_speaks_english(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    browser = person("c01")
    browser.get("/counter/OLD/exchange/", {"lang": "en"})
    shown = text(browser.post("/counter/OLD/exchange/preview/", typed()))
    assert "Exchange, collect ¥30.00" in shown
    assert not re.search("[\u4e00-\u9fff]", shown.replace("保温杯", "").replace("大", ""))


def test_labels_and_receipts_are_papers_for_the_printer(shop, person):
    sale = shop.sell("OLD", lines=(cup(9900),))
    shop.refund(sale, goods="damaged")
    browser = person("c01")
    from sudapos.books.goods import GoodsMove

    move = GoodsMove.objects.get()
    label = text(browser.get(f"/goods/{move.pk}/label/", {"format": "html"}))
    assert "退货标签" in label and "破损，待处理" in label and move.refund.refund_no in label
    for address in (f"/goods/{move.pk}/label/", "/receipt/OLD/"):
        assert browser.get(address, {"format": "escpos"}).content.startswith(b"\x1b@")
        assert browser.get(address, {"format": "png"}).content.startswith(b"\x89PNG")
        assert browser.get(address).status_code == 200


@pytest.mark.parametrize("channel", ["stored_value", "points"])
def test_what_a_card_or_points_paid_is_not_exchanged(shop, person, channel):
    if channel == "points":
        points(shop, held=9_900)
    else:
        card(shop, paid=9_900)
    number = "P-0001" if channel == "points" else "600000000001"
    shop.sell("OLD", lines=(cup(9900),), payments=(by_card(9_900, number, channel),))
    refused = person("c01").post("/counter/OLD/exchange/", typed(expected_difference="3000"))
    assert (refused.status_code, said(refused)) == (422, "exchange_of_stored_value")
    assert Exchange.objects.count() == 0 and not Sale.objects.exclude(sale_no="OLD").exists()


def test_the_article_that_goes_out_carries_its_rate_of_vat(shop, person):
    shop.sell("OLD", lines=(cup(9900),), channel="wechatpay")
    browser = person("c01")
    assert '<option value="1300">' in browser.get("/counter/OLD/exchange/").content.decode()
    browser.post("/counter/OLD/exchange/", typed(vat_0="1300", expected_difference="3000"))
    assert [line.vat_bp for line in Exchange.objects.get().sale.lines.all()] == [1300]
