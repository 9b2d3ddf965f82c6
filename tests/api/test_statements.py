"""Statements and findings for machines: uploaded, matched, explained, the day ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sudapos.books import shops
from sudapos.books.intake import PaymentDraft
from sudapos.core.calendar import SHANGHAI
from sudapos.ops import demo_statements
from tests.cast import Shop


def row(kind: str, order: str, amount: int, *, back: str = "", at: str = "12:00:00", day: str = "") -> str:
    return f"{kind},{order},,{back},,{amount},0,{day} {at},1\r\n"


HEAD = "类型,商户订单号,平台流水号,退款单号,退款流水号,金额(分),手续费(分),时间,商户号\r\n"


@pytest.fixture
def upload(api: Any, shop: Shop) -> Any:
    """Send a list of `demo-lakala` for yesterday."""
    account = shops.put_account("demo-lakala", "lakala", {}, at=shop.at - timedelta(days=9))
    demo_statements.put({"demo-lakala": "lakala"}, by="test", at=shop.at)
    day = (shop.at - timedelta(days=1)).astimezone(SHANGHAI).date()
    assert account.pk

    def send(*rows: str, **changes: Any) -> Any:
        text = HEAD + "".join(each.replace(", ", f",{day} ") for each in rows)
        file = SimpleUploadedFile("拉卡拉.csv", text.encode("utf-8-sig"), "text/csv")
        return api.upload("/statements", {"account": "demo-lakala", "date": f"{day}", "file": file} | changes)

    send.day = day  # type: ignore[attr-defined]
    return send


def test_a_file_is_taken_in_and_told_as_same_when_it_comes_again(upload: Any, api: Any) -> None:
    first = upload(row("消费", "STRAY1", 3000))
    assert first.status_code == 200, first.content
    told = first.json()
    assert (told["status"], told["rows"], told["sums"]["sale"]["amount"]) == ("new", 1, 3000)
    [found] = told["findings"]
    assert (found["kind"], found["difference"], found["state"]) == ("unknown_payment", 3000, "open")
    assert [(n["side"], n["account"], n["amount"]) for n in found["proposed"]] == [
        ("借", "1122.06", 3000),
        ("贷", "2241.09", 3000),
    ]
    again = upload(row("消费", "STRAY1", 3000)).json()
    assert (again["status"], again["findings"], again["id"]) == ("same", [], told["id"])
    assert api.get(f"/statements/{told['id']}").json()["classes"]["only_theirs"]["count"] == 1
    assert [f["finding_no"] for f in api.get("/findings?state=open").json()["items"]] == [found["finding_no"]]


def test_a_finding_is_closed_with_a_cause_and_its_history_stays(upload: Any, api: Any) -> None:
    [found] = upload(row("消费", "STRAY2", 3000)).json()["findings"]
    number = found["finding_no"]
    wrong = api.post(f"/findings/{number}/close", {"operator": "f01", "cause": "written_off", "note": "x"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cause_not_offered")
    silent = api.post(f"/findings/{number}/close", {"operator": "f01", "cause": "given_back", "note": " "})
    assert silent.json()["code"] == "note_needed"
    cashier = api.post(f"/findings/{number}/close", {"operator": "c01", "cause": "given_back", "note": "x"})
    assert cashier.status_code == 403
    done = api.post(
        f"/findings/{number}/close", {"operator": "f01", "cause": "given_back", "note": "顾客重复付款，已退"}
    )
    assert done.status_code == 200, done.content
    assert [step["act"] for step in done.json()["history"]] == ["opened", "suspended", "closed"]
    assert done.json()["history"][-1]["entry"]["recipe"] == "J14b"
    again = api.post(f"/findings/{number}/close", {"operator": "f01", "cause": "given_back", "note": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "finding_closed")


def test_what_is_not_a_statement_is_refused_in_plain_words(upload: Any, api: Any) -> None:
    file = SimpleUploadedFile("x.csv", b"a,b\r\n1,2\r\n")
    answer = upload(file=file)
    assert (answer.status_code, answer.json()["code"]) == (422, "statement_unreadable")
    assert "它有：a, b" in answer.json()["detail"]
    assert api.upload("/statements", {"account": "nobody", "file": file}).status_code == 404
    assert api.get("/statements?date=yesterday").status_code == 422


def test_a_day_stays_open_without_its_statement_and_closes_with_it(upload: Any, api: Any, shop: Shop) -> None:
    from sudapos.books.shops import Account

    Account.objects.exclude(name="demo-lakala").update(created_at=shop.at + timedelta(days=1))
    shop.sell(
        "API-DAY-1",
        sold_at=shop.at - timedelta(days=1),
        payments=[
            PaymentDraft(
                payment_no="P1", channel="lakala", amount=5997, account="demo-lakala", out_trade_no="APIDAY1"
            )
        ],
    )
    day = upload.day
    open_ = api.post(f"/days/{day}/close", {"operator": "f01"}).json()
    assert (open_["state"], open_["missing"]) == (
        "open",
        [{"account": "demo-lakala", "channel": "lakala", "why": "no_statement"}],
    )
    assert upload(row("消费", "APIDAY1", 5997)).json()["findings"] == []
    done = api.post(f"/days/{day}/close", {"operator": "f01"}).json()
    assert (done["state"], done["missing"], done["report"]["sales"]) == (
        "closed",
        [],
        {"count": 1, "amount": 5997},
    )
    assert done["report"]["clearing"] == {"lakala": 5997}
    assert api.get(f"/days/{day}").json()["closed_by"] == "f01"
    assert api.post(f"/days/{day}/close", {"operator": "c01"}).status_code == 403
    today = shop.at.astimezone(SHANGHAI).date()
    early = api.post(f"/days/{today}/close", {"operator": "f01"})
    assert (early.status_code, early.json()["code"]) == (422, "day_not_over")
