"""Reports on a page: table, picture, filters in the address, file and paper."""

from __future__ import annotations

import csv
import io
import json
import re

from sudapos.books import decisions
from sudapos.core import calendar
from sudapos.core.reports import REPORTS
from tests.cast import Shop


def trade(shop: Shop) -> None:
    shop.sell("S-1")
    shop.sell("S-2", channel="wechatpay")
    shop.refund("S-2", lines={1: 1})


def test_every_report_opens_by_every_split_in_both_languages(shop: Shop, person) -> None:
    trade(shop)
    her = person("f01")
    for lang in ("zh", "en"):
        her.cookies["lang"] = lang
        for code, shape in REPORTS.items():
            for by in shape.by:
                her.read(f"/reports/{code}/", by=by)


def test_the_table_says_what_the_picture_draws(shop: Shop, person) -> None:
    trade(shop)
    page = person("f01").get("/reports/rate/", {"by": "channel"}).content.decode()
    told = json.loads(re.search(r'id="picture-told" type="application/json">(.*?)</script>', page)[1])
    assert told["labels"] == ["现金", "微信支付"]
    assert [set_["values"] for set_ in told["sets"]] == [[0.0, 19.99], [0.0, 33.33]]
    assert told["sets"][0]["said"] == ["¥0.00", "¥19.99"]
    assert "退款金额最高：微信支付，¥19.99" in page
    assert re.search(r'<figure class="[^"]*picture" hidden>', page), "without scripts the table is all"


def test_a_report_is_a_file_with_the_same_figures(shop: Shop, person) -> None:
    trade(shop)
    answer = person("f01").get("/reports/rate/", {"by": "channel", "file": "csv"})
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows == [
        ["渠道", "销售笔数", "销售金额", "退款笔数", "退款金额", "占比"],
        ["现金", "1", "59.97", "0", "0.00", "0.00"],
        ["微信支付", "1", "59.97", "1", "19.99", "33.33"],
    ]
    sheet = person("f01").get("/reports/goods/", {"file": "xlsx"})
    assert sheet.content[:2] == b"PK"


def test_an_empty_report_says_so(shop: Shop, person) -> None:
    text = person("f01").read("/reports/reasons/")
    assert "这段时间没有数据" in text


def test_a_manager_sees_her_own_store_only(shop: Shop, person) -> None:
    trade(shop)
    shop.sell("S-3", store="S02", channel="alipay")
    from sudapos.books.shops import Store
    from sudapos.books.staff import Operator

    Operator.objects.filter(code="m02").update(store=Store.objects.get(code="S02"))
    her = person("m02", seat="S02/T1")
    text = her.read("/reports/rate/", by="channel", store="S01")
    assert "支付宝" in text and "1,199.40" not in text
    rows = her.get("/reports/rate/", {"by": "store", "store": "S01", "file": "csv"}).content.decode(
        "utf-8-sig"
    )
    assert "S02" in rows and "S01" not in rows


def test_a_cashier_sees_no_reports(shop: Shop, person) -> None:
    assert person("c01").get("/reports/").status_code == 403


def test_one_page_a_day_has_figures_reasons_goods_and_what_waits(shop: Shop, person) -> None:
    trade(shop)
    refund = shop.refund("S-1", reason="goodwill", everything=False, amount=500)
    assert refund.state == "awaiting"
    text = person("m01").read("/reports/day/")
    for told in ("¥19.99", "¥119.94", "16.67 %", "质量问题", "红枣酸奶", "等我审批", "R"):
        assert told in text, told
    decisions.approve(refund.refund_no, operator=shop.m01, at=shop.at)
    assert "¥24.99" in person("m01").read("/reports/day/")


def test_another_day_is_a_step_away_and_tomorrow_is_none(shop: Shop, person) -> None:
    today = calendar.business_date(shop.at)
    her = person("f01")
    assert f"{today}" in her.read("/reports/day/", day="2999-01-01")
    assert "等着处理" not in her.read("/reports/day/", day="2026-01-01")


def test_what_there_is_not_is_a_page_of_its_own(shop: Shop, person) -> None:
    assert "没有这张报表" in person("f01").read("/reports/nonsense/", status=404)
