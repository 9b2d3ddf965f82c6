"""A shop from a backup, seen from the counter."""

from __future__ import annotations

from sudapos.books import restores

from .conftest import text

SAID = "数据刚从备份恢复，和渠道核对完之前不能退款"


def test_the_counter_says_in_one_sentence_why_nothing_is_refunded(shop, person):
    sale = shop.sell()
    restores.begin({"taken_at": shop.at.isoformat()}, by="cli", at=shop.at)
    browser = person("c01")
    form = {"scope": "amount", "amount": "19.99", "reason": "quality", "key": "k-1", "receipt": "present"}
    assert SAID in text(browser.post(f"/counter/{sale.sale_no}/preview/", form))
    asked = browser.post(f"/counter/{sale.sale_no}/", {**form, "expected_total": "1999"})
    assert SAID in text(asked) and "sudapos restore --reopen" in text(asked)
    assert not sale.refunds.exists()


def test_everybodys_desk_says_so_until_the_shop_is_opened(shop, person):
    restores.begin({"taken_at": shop.at.isoformat()}, by="cli", at=shop.at)
    assert SAID in person("m01").read("/") and SAID in person("a01").read("/")
    restores.reopen(even_so="演练", by="cli", at=shop.at)
    assert SAID not in person("m01").read("/")
