"""对账 for people: hand in a file, look at what differs, end it; a day stays open until everything is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sudapos.books import findings, shops
from sudapos.books.findings import Finding
from sudapos.books.shops import Account
from sudapos.books.statements import Statement
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import demo_statements
from tests.cast import Shop

from .conftest import Person, said, text

HEAD = "类型,商户订单号,平台流水号,退款单号,退款流水号,金额(分),手续费(分),时间,商户号\r\n"


@pytest.fixture
def lakala(shop: Shop) -> Account:
    row = shops.put_account("demo-lakala", "lakala", {}, at=shop.at - timedelta(days=9))
    demo_statements.put({"demo-lakala": "lakala"}, by="test", at=shop.at)
    Account.objects.exclude(pk=row.pk).update(created_at=shop.at + timedelta(days=1))
    return row


def yesterday(shop: Shop) -> str:
    return f"{(shop.at - timedelta(days=1)).astimezone(SHANGHAI).date()}"


def hand_in(person: Person, shop: Shop, *rows: str):
    content = HEAD + "".join(f"{each},{yesterday(shop)} 12:00:00,1\r\n" for each in rows)
    file = SimpleUploadedFile("拉卡拉.csv", content.encode("utf-8-sig"), "text/csv")
    return person.post("/statements/load/", {"account": "demo-lakala", "date": yesterday(shop), "file": file})


def test_a_file_is_handed_in_and_its_difference_is_ended(
    person: Callable[..., Person], shop: Shop, lakala: Account
) -> None:
    finance = person("f01")
    sent = hand_in(finance, shop, "消费,STRAY7,,,,3000,0")
    assert sent.status_code == 302
    page = text(finance.get(sent.headers["Location"]))
    assert "已读入并匹配" in page and "只有渠道有" in page
    again = hand_in(finance, shop, "消费,STRAY7,,,,3000,0")
    assert "什么都没有变" in text(finance.get(again.headers["Location"]))
    assert Statement.objects.count() == 1
    [row] = Finding.objects.all()
    desk = finance.read("/")
    assert row.finding_no in desk and "渠道收了款，我们没有销售单" in desk
    assert row.finding_no not in person("c01").read("/")
    place = f"/findings/{row.finding_no}/"
    page = finance.read(place)
    assert "负责人 财务" in page and "系统匹配" in page and "settled" not in page
    assert "渠道收了款，我们没有销售单" in page and "挂账会记：借 1122.06 拉卡拉待结算 30.00" in page
    silent = finance.post(f"{place}close/", {"cause": "given_back", "note": ""})
    assert (silent.status_code, said(silent)) == (422, "note_needed")
    finance.post(f"{place}take/", {"note": "我去问门店"})
    finance.post(f"{place}suspend/", {"note": "等门店回话"})
    finance.post(f"{place}close/", {"cause": "given_back", "note": "顾客付了两次，已退"})
    page = finance.read(place)
    assert "已了结" in page and "顾客付了两次，已退" in page and "负责人 f01" in page
    assert [step.act for step in findings.get(row.finding_no).steps.all()] == [
        "opened",
        "taken",
        "suspended",
        "closed",
    ]
    late = finance.post(f"{place}note/", {"note": "再说一句"})
    assert (late.status_code, said(late)) == (409, "finding_closed")


def test_who_may_only_look_may_not_act(person: Callable[..., Person], shop: Shop, lakala: Account) -> None:
    hand_in(person("f01"), shop, "消费,STRAY8,,,,3000,0")
    number = Finding.objects.get().finding_no
    for code in ("m01", "a01"):
        looking = person(code)
        assert "怎么处理" not in looking.read(f"/findings/{number}/")
        assert looking.post(f"/findings/{number}/suspend/", {}).status_code == 403
        assert hand_in(looking, shop, "消费,X,,,,1,0").status_code == 403
    assert person("c01").get("/statements/").status_code == 403


def test_a_day_is_ended_on_its_page(person: Callable[..., Person], shop: Shop, lakala: Account) -> None:
    from sudapos.books.intake import PaymentDraft

    paid = PaymentDraft(
        payment_no="P1", channel="lakala", amount=5997, account="demo-lakala", out_trade_no="WEBDAY1"
    )
    shop.sell("WEB-DAY-1", sold_at=shop.at - timedelta(days=1), payments=[paid])
    finance, day = person("f01"), yesterday(shop)
    assert "demo-lakala · 缺" in finance.read("/statements/")
    tried = finance.post(f"/days/{day}/end/")
    assert "缺 demo-lakala 的对账单（要人工下载）" in text(tried) and "未日结" in text(tried)
    hand_in(finance, shop, "消费,WEBDAY1,,,,5997,36")
    done = text(finance.post(f"/days/{day}/end/"))
    assert "这一天已经结了" in done and "拉卡拉 待结算¥59.61" in done
    assert "已日结" in finance.read("/days/")
    month = finance.post("/days/lock/", {"month": day[:7], "sure": "1"})
    assert (month.status_code, said(month)) == (422, "month_not_over")
    assert said(finance.post("/days/lock/", {"month": day[:7]})) == "tick_first"
    assert person("m01").post(f"/days/{day}/end/").status_code == 403


def test_what_cannot_be_read_is_said_in_the_pages_language(
    person: Callable[..., Person], shop: Shop, lakala: Account
) -> None:
    finance = person("f01")
    sent = finance.post("/statements/load/", {"account": "demo-lakala", "date": yesterday(shop)})
    assert (sent.status_code, said(sent)) == (422, "statement_file_missing")
    finance.get("/?lang=en")
    wrong = finance.post(
        "/statements/load/",
        {
            "account": "demo-lakala",
            "date": yesterday(shop),
            "file": SimpleUploadedFile("x.csv", b"a,b\r\n1,2\r\n"),
        },
    )
    assert said(wrong) == "statement_unreadable"
    assert "The file cannot be read: the file has no column" in text(wrong)
    bank = finance.post("/statements/bank/", {"file": SimpleUploadedFile("b.csv", b"a,b\r\n1,2\r\n")})
    assert said(bank) == "bank_columns_unknown"


def test_the_banks_file_shows_what_came_in(
    person: Callable[..., Person], shop: Shop, lakala: Account
) -> None:
    finance = person("f01")
    hand_in(finance, shop, "消费,STRAY9,,,,5000,30")
    content = f"记账日期,对方户名,贷方发生额,流水号\r\n{yesterday(shop)},,49.70,Z1\r\n"
    sent = finance.post("/statements/bank/", {"file": SimpleUploadedFile("b.csv", content.encode("gb18030"))})
    assert "入账 1 笔" in text(sent) and "¥49.70" in text(sent)


def test_a_day_without_its_file_waits_on_finances_desk(
    person: Callable[..., Person], shop: Shop, lakala: Account
) -> None:
    from sudapos.books import days

    on = (shop.at - timedelta(days=1)).astimezone(SHANGHAI).date()
    assert days.nag(on, [{"account": "demo-lakala", "why": "no_statement"}], today=on, at=shop.at)
    assert not days.nag(on, [{"account": "demo-lakala", "why": "no_statement"}], today=on, at=shop.at)
    assert f"缺对账单 {on} · demo-lakala" in person("f01").read("/").replace("缺对账单", "缺对账单 ").replace(
        "  ", " "
    )
