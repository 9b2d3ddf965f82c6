"""The deposits' page: taken once at the till, looked at, given back less what is proven and agreed (EX13), by two where limits ask."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from sudapos.books import deposits, endings, laid_by, staff
from sudapos.books.audit import AuditRecord
from sudapos.books.compensations import Compensation
from sudapos.books.deposits import Deposit, GiveBack
from sudapos.books.endings import Wish
from sudapos.books.ledger import Line
from sudapos.books.refunds import Refund
from sudapos.books.shops import Store
from sudapos.ops import closing
from tests.books.test_deposits import taking
from tests.cast import PASSWORD
from tests.web.conftest import field, said, text

AGREED = {"why": "烤盘摔坏", "evidence": "照片 3 张", "confirmed": "signed", "confirmed_by": "李小兰"}
PHOTO = b"\x89PNG\r\n\x1a\n" + b"broken pan"


@pytest.fixture(autouse=True)
def home(settings: Any, tmp_path: Path) -> Path:
    settings.HOME = tmp_path
    return tmp_path


def held(shop: Any, **changes: Any) -> Deposit:
    row, _ = deposits.take(taking(shop, **changes), operator=shop.c01, at=shop.at)
    return row


def test_a_deposit_is_taken_once_however_often_the_button_is_pressed(shop, person):
    browser = person("c01")
    form = {
        "key": field(browser.get("/deposits/"), "key"),
        "type": "DEPOSIT_YAJIN",
        "amount": "200.00",
        "purpose": "烤盘租借",
        "channel": "cash",
        "name": "李小兰",
        "phone": "13800138000",
    }
    first, again = browser.post("/deposits/", form), browser.post("/deposits/", form)
    assert first.status_code == again.status_code == 302
    assert first.headers["Location"] == again.headers["Location"]
    [row] = Deposit.objects.all()
    assert row.amount == 20_000
    page = browser.read(first.headers["Location"])
    assert "押金" in page and "¥200.00" in page and "李**" in page
    assert "13800138000" not in page
    assert "烤盘租借" in browser.read("/deposits/")
    assert Line.objects.filter(account="2241.03").count() == 1


def test_the_page_is_english_where_it_says_a_per_cent(shop, person):
    page = person("c01").read("/deposits/", lang="en")
    assert "At most 20% of a contract" in page
    assert "押金不是销售" not in page


def test_what_is_typed_wrongly_takes_nothing_and_says_so(shop, person):
    browser = person("c01")
    form = {
        "key": "k" * 32,
        "type": "EARNEST_DINGJIN",
        "amount": "200.00",
        "purpose": "订婚宴",
        "channel": "cash",
    }
    answer = browser.post("/deposits/", form)
    assert answer.status_code == 422
    assert said(answer) == "input_invalid"
    assert not Deposit.objects.exists()


def test_ex13_by_page_a_deduction_waits_for_evidence_and_the_customers_yes(shop, person):
    row = held(shop)
    browser, address = person("c01"), f"/deposits/{row.number}/"
    key = field(browser.get(address), "key")
    bare = {"key": key, "deduction": "42.00"}
    shown = browser.post(address, {**bare, "go": "preview"})
    assert "¥158.00" in text(shown) and "扣款还缺顾客的确认" in text(shown)
    refused = browser.post(address, {**bare, "go": "ask"})
    assert (refused.status_code, said(refused)) == (422, "deduction_needs_evidence")
    refused = browser.post(address, {**bare, "go": "ask", "why": "摔坏", "evidence": "照片"})
    assert (refused.status_code, said(refused)) == (422, "deduction_needs_consent")
    assert not Refund.objects.exists()
    shown = browser.post(address, {**bare, **AGREED, "go": "preview"})
    assert "退还 ¥158.00" in text(shown)
    form = {**bare, **AGREED, "go": "ask", "expected_total": field(shown, "expected_total")}
    made, again = browser.post(address, form), browser.post(address, form)
    assert made.status_code == again.status_code == 302
    refund = Refund.objects.get()
    assert (refund.total, refund.tax) == (15_800, 0)
    assert made.headers["Location"] == again.headers["Location"] == f"/refunds/{refund.refund_no}/"
    ending = GiveBack.objects.get()
    assert (ending.kept, ending.confirmed_by) == (4_200, "李**")
    page = browser.read(address)
    assert "扣下¥42.00" in page and "照片 3 张" in page
    assert "算一算退多少" not in page


def photo(name: str = "broken.png", content: bytes = PHOTO) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def carried(shown: Any) -> dict[str, str]:
    """What the page brings along of the file that was chosen before."""
    return {name: field(shown, name) for name in ("chosen", "chosen_name")}


def test_a_photo_is_chosen_once_and_proves_the_deduction_after_the_preview(shop, person, home):
    row = held(shop)
    browser, address = person("c01"), f"/deposits/{row.number}/"
    key = field(browser.get(address), "key")
    form = {"key": key, "deduction": "42.00", **AGREED, "evidence": ""}
    shown = browser.post(address, {**form, "go": "preview", "file": photo()})
    assert "已选好 broken.png，不用再选" in text(shown)
    assert not (home / "files").exists()
    again = browser.post(address, {**form, "go": "preview", **carried(shown)})
    ask = {**form, "go": "ask", **carried(again), "expected_total": field(again, "expected_total")}
    made, twice = browser.post(address, ask), browser.post(address, ask)
    assert made.status_code == twice.status_code == 302
    assert made.headers["Location"] == twice.headers["Location"]
    ending = GiveBack.objects.get()
    assert (ending.file_name, ending.kept) == ("broken.png", 4_200)
    assert browser.get(f"{address}files/{ending.file_digest}/").content == PHOTO


def test_the_file_of_a_press_that_was_refused_is_still_chosen(shop, person):
    row = held(shop)
    browser, address = person("c01"), f"/deposits/{row.number}/"
    form = {"key": "k", "deduction": "42.00", "go": "ask", "why": "摔坏", "confirmed": "", "file": photo()}
    refused = browser.post(address, form)
    assert said(refused) == "deduction_needs_consent"
    assert carried(refused)["chosen_name"] == "broken.png"


def test_another_choice_takes_the_place_of_the_first_and_none_leaves_none(shop, person, home):
    row = held(shop)
    browser, address = person("c01"), f"/deposits/{row.number}/"
    form = {"key": "k", "deduction": "42.00", **AGREED, "evidence": "", "go": "preview"}
    first = browser.post(address, {**form, "file": photo()})
    second = browser.post(address, {**form, **carried(first), "file": photo("bill.txt", b"fan 42.00")})
    assert carried(second)["chosen_name"] == "bill.txt"
    assert len(list((home / "laid-by").iterdir())) == 1
    stale = browser.post(address, {**form, **carried(first)})
    assert (stale.status_code, said(stale)) == (422, "file_choose_again")
    assert 'name="chosen"' not in stale.content.decode()
    without = browser.post(address, {**form, **carried(second), "unchosen": "1"})
    assert "扣款还缺原因和依据" in text(without) and 'name="chosen"' not in without.content.decode()


def test_nobody_proves_with_a_file_that_somebody_else_chose_or_for_another_deposit(shop, person):
    row, other = held(shop), held(shop, number="D-2")
    mine, theirs = person("c01"), person("c02")
    form = {"key": "k", "deduction": "42.00", **AGREED, "evidence": "", "go": "preview"}
    shown = mine.post(f"/deposits/{row.number}/", {**form, "file": photo()})
    for browser, number in ((theirs, row.number), (mine, other.number)):
        answer = browser.post(f"/deposits/{number}/", {**form, "go": "ask", **carried(shown)})
        assert (answer.status_code, said(answer)) == (422, "file_choose_again")
    assert not GiveBack.objects.exists()


def test_what_may_not_be_handed_in_is_refused_at_the_look_and_not_laid_by(shop, person, home):
    row = held(shop)
    address = f"/deposits/{row.number}/"
    page = photo("a.png", b"<html>")
    refused = person("c01").post(address, {"deduction": "42.00", "go": "preview", "file": page})
    assert (refused.status_code, said(refused)) == (422, "file_kind_refused")
    finance = person("f01").post(address, {"deduction": "42.00", "go": "preview", "file": photo()})
    assert (finance.status_code, said(finance)) == (403, "may_not")
    assert not (home / "laid-by").exists()


def test_what_was_chosen_and_forgotten_is_gone_after_a_day(shop, home):
    laid_by.lay("deposit D-1", "a.png", PHOTO, operator=shop.c01, at=shop.at)
    [path] = (home / "laid-by").iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert laid_by.sweep(at=shop.later(hours=23)) == 0
    laid_by.lay("deposit D-2", "b.png", PHOTO, operator=shop.c01, at=shop.at)
    assert (laid_by.sweep(at=shop.later(hours=1)), len(list((home / "laid-by").iterdir()))) == (1, 1)
    shop.later(hours=23)
    closing.Rounds(now=lambda: shop.at).turn()
    assert list((home / "laid-by").iterdir()) == []


def test_a_page_that_is_stale_asks_again_and_gives_nothing_back(shop, person):
    row = held(shop)
    browser, address = person("c01"), f"/deposits/{row.number}/"
    form = {"key": field(browser.get(address), "key"), "go": "ask", "expected_total": "19999"}
    answer = browser.post(address, form)
    assert (answer.status_code, said(answer)) == (409, "total_changed")
    assert not GiveBack.objects.exists()
    browser.post(address, {**form, "expected_total": "20000"})
    late = browser.post(address, {**form, "key": "another", "expected_total": "20000"})
    assert (late.status_code, said(late)) == (409, "deposit_ended")
    assert Refund.objects.count() == 1


def test_what_was_typed_after_the_look_is_looked_at_again(shop, person):
    """Neither keeps more than the button said nor gives back what the manager saw kept."""
    row = held(shop)
    browser, address = person("m01"), f"/deposits/{row.number}/"
    for seen, typed in (("42.00", "200.00"), ("200.00", "42.00"), ("42.00", "41.00")):
        shown = browser.post(address, {"deduction": seen, **AGREED, "go": "preview"})
        form = {"key": "k", **AGREED, "go": "ask", "expected_total": field(shown, "expected_total")}
        answer = browser.post(address, {**form, "deduction": typed})
        assert (answer.status_code, said(answer)) == (409, "total_changed"), (seen, typed)
    assert not GiveBack.objects.exists() and not Refund.objects.exists()
    kept = browser.post(address, {"deduction": "200.00", **AGREED, "go": "preview"})
    assert "按约不退，扣下 ¥200.00" in text(kept)
    form = {"key": "k", **AGREED, "go": "ask", "expected_total": field(kept, "expected_total")}
    assert browser.post(address, {**form, "deduction": "200.00"}).status_code == 302
    assert GiveBack.objects.get().kept == 20_000


def test_the_button_does_what_it_was_worked_out_for_or_the_page_works_it_out_again(shop, person):
    row = held(shop, kind="EARNEST_DINGJIN", price=200_000)
    browser, address = person("m01"), f"/deposits/{row.number}/"
    shown = browser.post(address, {"ending": "returned", "go": "preview"})
    seen = {"key": "k", "go": "ask", **{name: field(shown, name) for name in ("seen", "expected_total")}}
    again = browser.post(address, {**seen, "ending": "merchant_failed"})
    assert again.status_code == 200 and "另应赔付 ¥200.00" in text(again)
    assert "内容改过，已重新算" in text(again) and "内容改过" not in text(shown)
    assert not GiveBack.objects.exists() and not Refund.objects.exists()
    assert browser.post(address, {**seen, "ending": "returned"}).status_code == 302
    assert GiveBack.objects.get().ending == "returned"


def test_earnest_money_that_the_shop_owes_twice_says_what_is_on_top(shop, person):
    row = held(shop, kind="EARNEST_DINGJIN", price=200_000)
    browser, address = person("m01"), f"/deposits/{row.number}/"
    shown = text(browser.post(address, {"ending": "merchant_failed", "go": "preview"}))
    assert "另应赔付 ¥200.00" in shown
    assert "共退¥200.00" in shown
    browser.post(address, {"key": "k", "ending": "merchant_failed", "go": "ask", "expected_total": "20000"})
    [row] = Compensation.objects.all()
    page = text(browser.get(address))
    assert "定金双倍返还的另一半" in page and row.number in page and "等待审批" in page


def test_another_store_sees_nothing_of_it(shop, person):
    row = held(shop)
    there = Store.objects.get(code="S02")
    staff.hire("x01", "别店", ["manager"], at=shop.at, password=PASSWORD, store_id=there.pk)
    browser = person("x01")
    answer = browser.get(f"/deposits/{row.number}/")
    assert (answer.status_code, said(answer)) == (403, "other_store")
    assert row.number not in browser.read("/deposits/", state="all")


def test_the_photo_that_proved_a_deduction_is_seen_again_as_a_download_and_each_look_is_written_down(
    shop, person, home
):
    row = held(shop)
    wish = Wish(deduction=4_200, **{**AGREED, "evidence": ""}, file=("锅 13800138000.exe", PHOTO))
    made, _ = endings.give_back(row.number, wish, key="k", operator=shop.c01, at=shop.at)
    browser, address = person("c02"), f"/deposits/{row.number}/"
    page = browser.get(address).content.decode()
    link = f"{address}files/{made.file_digest}/"
    assert f'<a href="{link}">锅 138****8000.png</a>' in page
    assert not AuditRecord.objects.filter(act="deposit.file_opened").exists()
    answer = browser.get(link)
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, PHOTO, "image/png")
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    [look] = AuditRecord.objects.filter(act="deposit.file_opened")
    assert (look.by, look.subject, look.subject_no, look.store) == ("c02", "deposit", row.number, "S01")
    other = held(shop, number="D-2")
    for wrong in (f"/deposits/{other.number}/files/{made.file_digest}/", f"{address}files/{'0' * 64}/"):
        assert (browser.get(wrong).status_code, said(browser.get(wrong))) == (404, "file_lost")
    there = Store.objects.get(code="S02")
    staff.hire("x01", "别店", ["manager"], at=shop.at, password=PASSWORD, store_id=there.pk)
    refused = person("x01").get(link)
    assert (refused.status_code, said(refused)) == (403, "other_store")
    (home / "files" / made.file_digest[:2] / made.file_digest).write_bytes(b"another picture")
    assert said(browser.get(link)) == "file_lost"
    assert AuditRecord.objects.filter(act="deposit.file_opened").count() == 1


def test_a_deposits_number_at_the_counter_leads_to_its_page(shop, person):
    row = held(shop, number="D261124-77AB", phone="13800138000", contract_no="HT-2026-7")
    cashier, address = person("c01"), f"/deposits/{row.number}/"
    for q in (row.number, "77AB", "13800138000", "HT-2026-7", row.sale.payments.get().out_trade_no):
        answer = cashier.get("/counter/", {"q": q})
        assert (answer.status_code, answer.headers.get("Location")) == (302, address), q
    assert "没有找到这一单" in cashier.read("/counter/", q="AB")
    there = Store.objects.get(code="S02")
    staff.hire("x01", "别店", ["cashier"], at=shop.at, password=PASSWORD, store_id=there.pk)
    assert "没有找到这一单" in person("x01", seat="S02/T1").read("/counter/", q=row.number)


def test_a_number_that_leads_to_sales_and_deposits_shows_both(shop, person):
    held(shop, phone="13800138000")
    sale = shop.sell("S-1", phone="13800138000")
    browser = person("c01")
    page = browser.read("/counter/", q="13800138000")
    assert "1 单符合，选一单" in page and "S-1" in page and "押金 · 烤盘租借" in page
    assert browser.get("/counter/", {"q": "D-1"}).headers["Location"] == "/deposits/D-1/"
    assert browser.get("/counter/", {"q": sale.sale_no}).headers["Location"] == "/counter/S-1/"


def test_no_page_offers_a_deposit_as_a_sale_to_refund_exchange_or_print(shop, person):
    row = held(shop)
    browser, address = person("m01"), f"/deposits/{row.number}/"
    assert row.number not in browser.read("/counter/")
    for page in ("/counter/{}/", "/counter/{}/exchange/", "/till/{}/", "/receipt/{}/"):
        assert browser.get(page.format(row.number)).headers["Location"] == address, page
    ask = {"scope": "everything", "reason": "quality", "key": "k"}
    assert browser.post(f"/counter/{row.number}/", ask).headers["Location"] == address
    assert not Refund.objects.exists()
    refund = endings.give_back(row.number, Wish(), key="k", operator=shop.c01, at=shop.at)[0].refund
    page = browser.get(f"/refunds/{refund.refund_no}/").content.decode()
    assert f'<a href="{address}">{row.number}</a>' in page
    assert f"/counter/{row.number}/" not in page


def test_it_counts_towards_a_sale_after_a_look_at_what_is_left_to_take(shop, person):
    row = held(shop, kind="EARNEST_DINGJIN", price=100_000)
    browser, address = person("c01"), f"/deposits/{row.number}/count/"
    assert "抵作货款…" in text(browser.get(f"/deposits/{row.number}/"))
    form = {"name_0": "婚纱", "price_0": "1000.00", "quantity_0": "1", "vat_0": "1300", "channel": "cash"}
    shown = browser.post(address, {**form, "go": "preview"})
    assert "补收¥800.00" in text(shown) and "抵 ¥200.00，补收 ¥800.00" in text(shown)
    assert not GiveBack.objects.exists()
    told = {name: field(shown, name) for name in ("key", "sale_no", "expected_difference")}
    done = browser.post(address, {**form, **told, "go": "count"})
    page = text(browser.get(done["Location"]))
    assert "已抵作货款" in page and row.number in page and "换货完成" not in page
    assert "已抵作货款" in text(browser.get(f"/deposits/{row.number}/"))
    assert "抵作货款…" not in text(browser.get(f"/deposits/{row.number}/"))
    late = browser.post(address, {**form, **told, "go": "count", "key": "another"})
    assert (late.status_code, said(late)) == (409, "deposit_ended")


def test_a_deposit_above_the_price_is_not_counted_and_the_page_keeps_what_was_typed(shop, person):
    row = held(shop)
    form = {"name_0": "小蛋糕", "price_0": "15.00", "quantity_0": "1", "go": "preview"}
    answer = person("c01").post(f"/deposits/{row.number}/count/", form)
    assert (answer.status_code, said(answer)) == (422, "deposit_above_price")
    assert 'value="小蛋糕"' in answer.content.decode()


def test_the_customer_takes_a_receipt_home_that_says_what_it_is_for(shop, person):
    row = held(shop, kind="EARNEST_DINGJIN", price=200_000)
    browser = person("c01")
    assert f"/deposits/{row.number}/receipt/" in browser.get(f"/deposits/{row.number}/").content.decode()
    paper = text(browser.get(f"/deposits/{row.number}/receipt/?format=html"))
    assert "定金收据" in paper and "贰佰元整" in paper and "合同总价" in paper and "不是销售小票" in paper
    assert browser.get(f"/deposits/{row.number}/receipt/?format=pdf").content[:5] == b"%PDF-"
