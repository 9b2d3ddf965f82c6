"""A shop from a backup, seen from the counter."""

from __future__ import annotations

from sudapos.books import restores

SAID = "数据刚从备份恢复，和渠道核对完之前不能退款"


def test_the_counter_says_in_one_sentence_why_nothing_is_refunded(shop, person):
    sale = shop.sell()
    restores.begin({"taken_at": shop.at.isoformat()}, by="cli", at=shop.at)
    browser = person("c01")
    page = browser.post(f"/counter/{sale.sale_no}/preview/", {"line-1": "1", "reason": "quality"})
    assert SAID in page.content.decode()
