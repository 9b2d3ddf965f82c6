"""Goods at the counter: the serial number is scanned, weighed goods come back by weight, the returns area is worked off."""

from __future__ import annotations

from sudapos.books import remedies
from sudapos.books.goods import GoodsMove
from sudapos.books.intake import LineDraft
from sudapos.books.refunds import Refund
from tests.web.conftest import said, text

EARPHONES = LineDraft(line_no=1, name="蓝牙耳机", milli=1000, unit_price=9000, serial="BT26110777")
MEAT = LineDraft(line_no=1, name="牛腩", milli=1236, unit_price=4590, unit="kg")


def post(browser, sale, **typed):
    form = {"scope": "lines", "line": "1", "reason": "quality", "key": "k-1", "receipt": "present", **typed}
    return browser.post(f"/counter/{sale.sale_no}/", form)


def test_the_page_asks_for_the_serial_number_and_refuses_another(shop, person):
    sale, browser = shop.sell(lines=(EARPHONES,)), person("c01")
    assert "扫序列号" in browser.read(f"/counter/{sale.sale_no}/")
    shown = browser.post(
        f"/counter/{sale.sale_no}/preview/", {"line": "1", "qty_1": "1", "reason": "quality"}
    )
    assert "“蓝牙耳机”按序列号卖出，还没有扫到序列号" in text(shown)
    assert "请店长看过商品再批" in text(shown)
    wrong = post(browser, sale, qty_1="1", serial_1="BT00000000")
    assert said(wrong) == "refund_denied"
    assert 'value="BT00000000"' in wrong.content.decode()
    assert "扫到的序列号 BT00000000 不是这一单卖出的“蓝牙耳机”" in text(wrong)
    right = post(browser, sale, qty_1="1", serial_1="bt26110777", goods="restock")
    assert right.status_code == 302
    assert [row.serial for row in Refund.objects.get().lines.all()] == ["BT26110777"]


def test_ex10_weighed_goods_come_back_in_two_parts_to_the_fen(shop, person):
    sale, browser = shop.sell(lines=(MEAT,), payments=(shop.payment("S", "cash", 5673),)), person("c01")
    for key, grams in (("k-1", "0.400"), ("k-2", "0.836")):
        assert post(browser, sale, qty_1=grams, key=key).status_code == 302
    assert [refund.total for refund in Refund.objects.order_by("id")] == [1835, 3838]
    assert "已经退完" in browser.read(f"/counter/{sale.sale_no}/")


def test_what_waits_for_a_look_is_worked_off_in_the_returns_area(shop, person):
    sale, browser = shop.sell(lines=(EARPHONES,)), person("c01")
    post(browser, sale, qty_1="1", serial_1="BT26110777", goods="inspect")
    move = GoodsMove.objects.get()
    assert "等待检查1" in browser.read("/goods/")
    nothing_said = browser.post(f"/goods/{move.pk}/judge/", {"result": "claim"})
    assert said(nothing_said) == "note_needed"
    done = browser.post(f"/goods/{move.pk}/judge/", {"result": "claim", "note": "机身进水"})
    assert done.status_code == 302
    page = browser.read("/goods/")
    assert "等待检查0" in page and "不符，另行索赔" in page and "机身进水" in page
    assert "没有成本价，不结转成本" in page


def test_a_person_of_another_store_does_not_judge_goods(shop, person):
    from sudapos.books.shops import Store

    sale, browser = shop.sell(lines=(EARPHONES,)), person("c01")
    post(browser, sale, qty_1="1", serial_1="BT26110777", goods="inspect")
    operator = shop.c02
    operator.store = Store.objects.get(code="S02")
    operator.save()
    refused = person("c02", seat="S02/T1").post(
        f"/goods/{GoodsMove.objects.get().pk}/judge/", {"result": "damaged"}
    )
    assert (refused.status_code, said(refused)) == (403, "other_store")


def test_goods_that_came_back_while_their_money_did_not_wait_for_a_person(shop, person):
    sale, browser = shop.sell(lines=(MEAT,), channel="wechatpay"), person("c01")
    post(browser, sale, qty_1="1.236", goods="restock")
    refund = Refund.objects.get()
    place = f"/refunds/{refund.refund_no}/"
    assert "货已收回，款未退" not in browser.read("/goods/") + browser.read(place)
    remedies.drop(refund.legs.get().leg_no, operator=shop.m01, note="顾客改主意", at=shop.at)
    assert "货已收回，款未退 ¥56.73" in browser.read("/goods/")
    assert "货已收回，款未退（¥56.73）：请把货还给顾客，或者重新退款。" in browser.read(place)
    shop.later(minutes=3)
    post(browser, sale, qty_1="1.236", goods="restock", key="k-2")
    assert Refund.objects.count() == 2
    assert "货已收回，款未退" not in browser.read("/goods/") + browser.read(place)
