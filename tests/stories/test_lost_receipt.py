"""A lost receipt from the first question to the voucher, by page and by machine; the paper that turns up later is worth nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from sudapos.books import decisions, requests, vouchers
from sudapos.books.lost import LostReceipt
from sudapos.books.sales import Sale
from sudapos.core.calendar import SHANGHAI
from tests.cast import PASSWORD, Shop
from tests.web.conftest import text


@pytest.fixture
def manager(shop: Shop) -> Client:
    browser = Client()
    browser.post("/sign-in/", {"code": "m01", "password": PASSWORD, "seat": "S01/T1"})
    return browser


def asked(shop: Shop, **changes: Any) -> dict[str, str]:
    local = shop.at.astimezone(SHANGHAI)
    told = {"store": "S01", "day": f"{local:%Y-%m-%d}", "paid_with": "wechatpay", "about": "59.97"}
    return told | {"kind1": "channel_bill", "reference1": "SLOST1P1"} | changes


def test_from_the_first_question_to_the_voucher(shop: Shop, manager: Client) -> None:
    sale = shop.sell("S-LOST-1", channel="wechatpay", sold_at=shop.at)
    shop.sell("S-LOST-2", channel="wechatpay", sold_at=shop.at)
    thin = manager.post("/lost/", asked(shop, kind1="item", reference1="6901"))
    page = text(thin)
    assert "符合 2 单" in page and "不要猜" in page and "证据还不够" in page and "S-LOST" not in page
    wrong = text(manager.post("/lost/", asked(shop, store="", paid_with="alipay", about="1.00")))
    assert "至少三个回答" in wrong and "S-LOST" not in wrong
    proven = manager.post("/lost/", asked(shop))
    assert proven.status_code == 302 and proven.headers["Location"].startswith(
        "/counter/S-LOST-1/?receipt=lost"
    )
    record = LostReceipt.objects.latest("id")
    assert (record.sale, record.candidates, record.fits) == (sale, 1, ["store", "day", "paid_with", "about"])
    assert [row.candidates for row in LostReceipt.objects.order_by("id")] == [2, 1, 1]
    with pytest.raises(DatabaseError), transaction.atomic():
        LostReceipt.objects.update(candidates=1)

    page = text(manager.get(proven.headers["Location"]))
    assert "S-LOST-1" in page
    refund = shop.refund(
        sale, lines={1: 1}, receipt="lost", operator="m01", evidence=(f"#{record.pk} channel_bill",)
    )
    assert (refund.state, refund.needed) == ("awaiting", ["manager"])
    assert not Sale.objects.get(pk=sale.pk).receipt_lost
    decisions.approve(refund.refund_no, operator=shop.m02, at=shop.at)
    assert Sale.objects.get(pk=sale.pk).receipt_lost
    assert vouchers.issue(refund.refund_no, at=shop.at).slip["receipt_lost"] is True

    [again] = requests.open([shop.ask(sale, lines={2: 1})], at=shop.at)
    assert again.refusal is not None and again.refusal.code == "refund_denied"
    assert [r.code for r in again.refusal.facts["reasons"]][0] == "receipt_was_lost"  # type: ignore[index]


def test_a_rejected_request_leaves_the_paper_its_worth(shop: Shop) -> None:
    sale = shop.sell("S-LOST-3", channel="wechatpay")
    refund = shop.refund(sale, lines={1: 1}, receipt="lost", operator="m01")
    decisions.reject(refund.refund_no, operator=shop.m02, note="证据不足", at=shop.at)
    assert shop.refund(sale, lines={1: 1}).state == "approved"


def test_a_cashier_has_no_right_to_it(shop: Shop) -> None:
    browser = Client()
    browser.post("/sign-in/", {"code": "c01", "password": PASSWORD, "seat": "S01/T1"})
    assert browser.get("/lost/").status_code == 403


def test_a_machine_asks_the_same(shop: Shop) -> None:
    from sudapos.books import staff

    shop.sell("S-LOST-4", channel="wechatpay", sold_at=shop.at)
    shop.sell("S-LOST-5", channel="wechatpay", sold_at=shop.at)
    _, secret = staff.create_key("till", acts=["*"], at=shop.at)
    call: Callable[..., Any] = lambda body: Client().post(  # noqa: E731
        "/api/v1/lost-receipts",
        body,
        content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )
    answers = {"store": "S01", "paid_with": "wechatpay", "about": 5997}
    body = {"operator": "m01", "answers": answers, "evidence": [{"kind": "item", "reference": "6901"}]}
    told = call(body).json()
    assert (told["candidates"], told["sale_no"]) == (2, None)
    assert [each["code"] for each in told["wanted"]] == ["one_more_fact", "evidence"]
    body["evidence"] = [{"kind": "channel_bill", "reference": "SLOST5P1"}]
    told = call(body).json()
    assert (told["candidates"], told["wanted"], told["sale_no"]) == (1, [], "S-LOST-5")
    body["evidence"] = [{"kind": "horoscope"}]
    assert call(body).status_code == 422
    body |= {"evidence": [], "answers": {}}
    assert [each["code"] for each in call(body).json()["wanted"]] == ["no_candidate"]
