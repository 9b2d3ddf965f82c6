"""批量退款 on the pages: every step without scripts."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from sudapos.books import batch_runs
from sudapos.books.batches import RefundBatch
from tests.cast import Shop

from .conftest import Person, field, said, text

HAN = re.compile("[\u4e00-\u9fff]+")
Arrive = Callable[..., Person]


@pytest.fixture(autouse=True)
def sold(shop: Shop) -> None:
    shop.sell("S-1", channel="alipay")
    shop.sell("S-2", channel="wechatpay")
    shop.sell("S-3")


def found(maker: Person, **typed: str) -> HttpResponse:
    wanted = {"kind": "recall", "title": "酸奶召回", "sku": "6901", **typed}
    response = maker.post("/batches/new/", wanted)
    return maker.get(response["Location"]) if response.status_code == 302 else response


def address() -> str:
    return f"/batches/{RefundBatch.objects.get().batch_no}/"


def test_a_recall_from_search_to_report(shop: Shop, person: Arrive) -> None:
    maker, checker = person("m01"), person("m02")
    page = found(maker)
    told = text(page)
    assert "¥119.94" in told and "共 3 单" in told and "还要这些人复核：店长" in told
    assert "支付宝 原路退回" in told and "其中 1 笔要人来办" in told
    assert "由您复核" not in told and "请另一个人复核" in told
    assert "批次等我复核" in checker.read("/") and "批次等我复核" not in maker.read("/")
    theirs = checker.get(address())
    assert "同意退 3 单 ¥119.94" in text(theirs)
    checker.post(f"{address()}approve/", {"fingerprint": field(theirs, "fingerprint"), "note": "可以"})
    assert "开始退 ¥119.94" in checker.read(address())
    checker.post(f"{address()}start/")
    batch = RefundBatch.objects.get()
    batch_runs.turn(batch.batch_no, at=shop.at)
    told = checker.read(address())
    assert "等顾客来取 1" in told and "退款中 2" in told and "暂停" in told
    checker.post(f"{address()}pause/")
    assert "已经开出的退款继续走完" in maker.read(address())
    maker.post(f"{address()}resume/")
    only = maker.read(address(), outcome="customer")
    assert "S-3" in only and "S-1" not in only
    report = maker.read(f"{address()}report/")
    assert "S-1" in report and "等顾客来取" in report
    csv = maker.get(f"{address()}report/", {"file": "csv"}).content.decode("utf-8-sig")
    assert csv.splitlines()[3].startswith("3,S-3,第 1 行 ×2,质量问题,39.98,等顾客来取,R")
    assert maker.get(f"{address()}report/", {"file": "xlsx"}).content[:2] == b"PK"
    assert "酸奶召回" in maker.read("/batches/")


def test_taking_out_makes_the_page_of_the_checker_stale(person: Arrive) -> None:
    maker, checker = person("m01"), person("m02")
    found(maker)
    seen = field(checker.get(address()), "fingerprint")
    maker.post(f"{address()}drop/", {"item": ["1"]})
    assert "共 2 单" in maker.read(address())
    refused = checker.post(f"{address()}approve/", {"fingerprint": seen})
    assert (refused.status_code, said(refused)) == (409, "page_stale")


def test_a_no_is_said_with_its_reason(person: Arrive) -> None:
    maker, checker = person("m01"), person("m02")
    found(maker)
    seen = field(checker.get(address()), "fingerprint")
    assert said(checker.post(f"{address()}reject/", {"fingerprint": seen})) == "note_needed"
    checker.post(f"{address()}reject/", {"fingerprint": seen, "note": "先别退"})
    assert "草稿" in maker.read(address())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"sku": ""}, "input_invalid"),
        ({"sku": "none"}, "batch_empty"),
        ({"kind": "price", "charged": "19.99", "right": "x"}, "amount_invalid"),
        ({"kind": "price", "charged": "19.99", "right": "19.99"}, "input_invalid"),
    ],
)
def test_what_was_typed_stays_when_it_is_refused(person: Arrive, typed: dict[str, str], code: str) -> None:
    page = found(person("m01"), **typed)
    assert (page.status_code, said(page)) == (422, code)
    assert field(page, "title") == "酸奶召回"
    assert not RefundBatch.objects.exists()


def test_a_wrong_price_by_page(person: Arrive) -> None:
    told = text(found(person("m01"), kind="price", charged="19.99", right="13.99"))
    assert "¥36.00" in told and "退差价 ¥12.00" in told


def test_a_file_tells_the_rows_that_it_could_not_read(person: Arrive) -> None:
    maker = person("m01")
    file = SimpleUploadedFile("退款.csv", "销售单号,金额\nS-1,6.00\nS-2,六\n".encode())
    response = maker.post("/batches/new/", {"title": "差价", "reason": "wrong_charge", "file": file})
    told = maker.read(response["Location"])
    assert "¥6.00" in told and "文件里 1 行没有读入" in told and "第 3 行" in told


def test_live_answers_only_what_changed(shop: Shop, person: Arrive) -> None:
    maker, checker = person("m01"), person("m02")
    found(maker)
    seen = field(checker.get(address()), "fingerprint")
    checker.post(f"{address()}approve/", {"fingerprint": seen})
    checker.post(f"{address()}start/")
    part = maker.get(f"{address()}live/")
    stamp = part.content.decode().split("?seen=")[1].split('"')[0]
    assert maker.get(f"{address()}live/", {"seen": stamp}).status_code == 204
    batch_runs.turn(RefundBatch.objects.get().batch_no, at=shop.at)
    assert maker.get(f"{address()}live/", {"seen": stamp}).status_code == 200


@pytest.mark.parametrize(
    ("code", "makes", "sees"), [("c01", 403, 403), ("f01", 403, 200), ("a01", 403, 200), ("admin", 403, 403)]
)
def test_who_sees_and_who_makes(person: Arrive, code: str, makes: int, sees: int) -> None:
    found(person("m01"))
    somebody = person(code)
    assert somebody.get("/batches/new/").status_code == makes
    assert somebody.get("/batches/").status_code == sees
    assert somebody.get(address()).status_code == sees
    assert somebody.post(f"{address()}cancel/").status_code in (302, 403)


def test_english_pages_hold_no_chinese_of_ours(person: Arrive) -> None:
    maker = person("m01")
    found(maker, title="Recall")
    maker.cookies["lang"] = "en"
    for page in ("/batches/", "/batches/new/", address(), f"{address()}report/"):
        told = re.sub("[一二]号店|韩梅梅|韩|中文", "", maker.read(page))
        assert HAN.findall(told) == [], page
